/** What we send to the identity provider: sign-in requests, logout requests and logout responses. */
import { hash, randomBytes, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { SamlSettings } from '../../model/saml.ts'
import { escapeText, markup } from './canonical.ts'
import { privateKeyOf } from './keys.ts'
import {
  bindings,
  digestSha256,
  envelopedSignature,
  exclusiveC14n,
  nameIdFormats,
  namespaces,
  rsaSha256,
  statusSuccess,
} from './names.ts'
import { base64Of, type KeyPair, type ServiceProvider } from './service-provider.ts'
import { writeInstant } from './time.ts'

/** 160 bits, as SAML core §1.3.4 asks; the underscore makes it an NCName. */
export function newRequestId(): string {
  return `_${randomBytes(20).toString('hex')}`
}

export type RedirectMessage = { kind: 'redirect'; url: string }
export type PostMessage = { kind: 'post'; action: string; fields: Record<string, string> }

type Sender = { serviceProvider: ServiceProvider; settings: SamlSettings; id: string; now: number }

/** SAML core §3.4.1. A login hint tells the identity provider whom we expect (LM-23). */
export function authnRequest(
  options: Sender & { relayState: string; loginHint?: string; forceAuthn?: boolean },
): RedirectMessage | PostMessage {
  const { serviceProvider, settings, relayState, loginHint } = options
  const signing = settings.signAuthnRequests ? serviceProvider.signing : undefined
  const destination = withLoginHint(settings.ssoUrl, loginHint)
  if (settings.ssoBinding === 'redirect') {
    const message = { SAMLRequest: authnRequestXml(options, '') }
    return { kind: 'redirect', url: redirectUrl(destination, message, relayState, signing) }
  }
  const unsigned = authnRequestXml(options, '')
  const xml = signing
    ? authnRequestXml(options, envelopedSignatureOver(unsigned, options.id, signing))
    : unsigned
  const fields = { SAMLRequest: Buffer.from(xml).toString('base64'), RelayState: relayState }
  return { kind: 'post', action: destination, fields }
}

function authnRequestXml(
  options: Sender & { loginHint?: string; forceAuthn?: boolean },
  signature: string,
): string {
  const { serviceProvider, settings, id, now, loginHint, forceAuthn } = options
  const format = settings.emailFrom === 'nameId' ? nameIdFormats.emailAddress : undefined
  return markup(
    'samlp:AuthnRequest',
    {
      'xmlns:samlp': namespaces.samlp,
      AssertionConsumerServiceURL: serviceProvider.acsUrl,
      Destination: settings.ssoUrl,
      ForceAuthn: forceAuthn ? 'true' : undefined,
      ID: id,
      IssueInstant: writeInstant(now),
      ProtocolBinding: bindings.post,
      Version: '2.0',
    },
    issuer(serviceProvider),
    signature,
    loginHint !== undefined && !isEntra(settings) ? subject(loginHint) : '',
    format ? markup('samlp:NameIDPolicy', { AllowCreate: 'true', Format: format }) : '',
  )
}

/**
 * Entra ID answers a request that names a subject with an error and takes the hint from the query
 * (Microsoft, "Single sign-on SAML protocol", section AuthnRequest, Subject).
 */
function isEntra({ ssoUrl, idpEntityId }: SamlSettings): boolean {
  return (
    idpEntityId.startsWith('https://sts.windows.net/') ||
    /^https:\/\/login\.(?:microsoftonline\.(?:com|us)|partner\.microsoftonline\.cn)\//.test(ssoUrl)
  )
}

function subject(loginHint: string): string {
  const nameId = markup(
    'saml:NameID',
    { Format: nameIdFormats.emailAddress },
    escapeText(loginHint),
  )
  return markup('saml:Subject', { 'xmlns:saml': namespaces.saml }, nameId)
}

/** Not part of the signature: providers that know `login_hint` read it, the others pass it by. */
function withLoginHint(url: string, loginHint: string | undefined): string {
  return loginHint === undefined
    ? url
    : addQuery(url, `login_hint=${encodeURIComponent(loginHint)}`)
}

/** SAML core §3.7.1 */
export function logoutRequest(
  options: Sender & {
    nameId: string
    nameIdFormat?: string
    sessionIndex?: string
    relayState?: string
  },
): RedirectMessage {
  const { serviceProvider, settings, id, now, nameId, nameIdFormat, sessionIndex } = options
  const destination = logoutUrl(settings)
  const xml = markup(
    'samlp:LogoutRequest',
    {
      'xmlns:samlp': namespaces.samlp,
      Destination: destination,
      ID: id,
      IssueInstant: writeInstant(now),
      Version: '2.0',
    },
    issuer(serviceProvider),
    markup(
      'saml:NameID',
      { 'xmlns:saml': namespaces.saml, Format: nameIdFormat },
      escapeText(nameId),
    ),
    sessionIndex === undefined ? '' : markup('samlp:SessionIndex', {}, escapeText(sessionIndex)),
  )
  const { signing } = serviceProvider
  const url = redirectUrl(destination, { SAMLRequest: xml }, options.relayState, signing)
  return { kind: 'redirect', url }
}

/** SAML core §3.7.2 */
export function logoutResponse(
  options: Sender & { inResponseTo: string; success: boolean; relayState?: string },
): RedirectMessage {
  const { serviceProvider, settings, id, now, inResponseTo, success } = options
  const destination = logoutUrl(settings)
  const status = success ? statusSuccess : 'urn:oasis:names:tc:SAML:2.0:status:Responder'
  const xml = markup(
    'samlp:LogoutResponse',
    {
      'xmlns:samlp': namespaces.samlp,
      Destination: destination,
      ID: id,
      InResponseTo: inResponseTo,
      IssueInstant: writeInstant(now),
      Version: '2.0',
    },
    issuer(serviceProvider),
    markup('samlp:Status', {}, markup('samlp:StatusCode', { Value: status })),
  )
  const { signing } = serviceProvider
  const url = redirectUrl(destination, { SAMLResponse: xml }, options.relayState, signing)
  return { kind: 'redirect', url }
}

/** Whoever starts a logout has looked whether the identity provider offers one. */
function logoutUrl({ sloUrl }: SamlSettings): string {
  if (sloUrl === undefined) throw new Error('The identity provider has no logout URL.')
  return sloUrl
}

function issuer({ entityId }: ServiceProvider): string {
  return markup('saml:Issuer', { 'xmlns:saml': namespaces.saml }, escapeText(entityId))
}

/** SAML bindings §3.4.4.1: the signature is over the query string exactly as it is sent. */
function redirectUrl(
  destination: string,
  message: { SAMLRequest: string } | { SAMLResponse: string },
  relayState: string | undefined,
  signing: KeyPair | undefined,
): string {
  const query = Object.entries(message).map(([name, xml]) => parameter(name, deflate(xml)))
  if (relayState !== undefined) query.push(parameter('RelayState', relayState))
  if (signing) {
    query.push(parameter('SigAlg', rsaSha256))
    const value = sign('sha256', Buffer.from(query.join('&')), privateKeyOf(signing.privateKeyPem))
    query.push(parameter('Signature', value.toString('base64')))
  }
  return addQuery(destination, query.join('&'))
}

function parameter(name: string, value: string): string {
  return `${name}=${encodeURIComponent(value)}`
}

function deflate(xml: string): string {
  return deflateRawSync(xml).toString('base64')
}

function addQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}

/**
 * An enveloped signature over a document that is in canonical form already, because `markup` wrote
 * it; SignedInfo declares the namespace it uses, as exclusive canonicalisation would.
 */
function envelopedSignatureOver(canonical: string, id: string, signing: KeyPair): string {
  const digest = hash('sha256', canonical, 'base64')
  const signedInfo = (declaration: Record<string, string>) =>
    markup(
      'ds:SignedInfo',
      declaration,
      markup('ds:CanonicalizationMethod', { Algorithm: exclusiveC14n }),
      markup('ds:SignatureMethod', { Algorithm: rsaSha256 }),
      markup(
        'ds:Reference',
        { URI: `#${id}` },
        markup(
          'ds:Transforms',
          {},
          markup('ds:Transform', { Algorithm: envelopedSignature }),
          markup('ds:Transform', { Algorithm: exclusiveC14n }),
        ),
        markup('ds:DigestMethod', { Algorithm: digestSha256 }),
        markup('ds:DigestValue', {}, digest),
      ),
    )
  const bytes = Buffer.from(signedInfo({ 'xmlns:ds': namespaces.ds }))
  const certificate = markup('ds:X509Certificate', {}, base64Of(signing.certificatePem))
  return markup(
    'ds:Signature',
    { 'xmlns:ds': namespaces.ds },
    signedInfo({}),
    markup(
      'ds:SignatureValue',
      {},
      sign('sha256', bytes, privateKeyOf(signing.privateKeyPem)).toString('base64'),
    ),
    markup('ds:KeyInfo', {}, markup('ds:X509Data', {}, certificate)),
  )
}
