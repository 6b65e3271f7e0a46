/**
 * A SAML identity provider for tests: builds, signs and encrypts any response, legal or hostile.
 *
 * It shares no code with the service provider that it tests. Canonical forms come from libxml2's own
 * canonicaliser over the parsed tree, signatures and ciphers from `node:crypto`, certificates from
 * the few lines of DER at the end.
 */
import {
  constants,
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  randomUUID,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm'
import type { IdpCertificate, SamlSettings } from '../src/model/saml.ts'

export type TestKey = { privateKeyPem: string; certificatePem: string }
export type KeyKind = 'rsa2048' | 'rsa3072' | 'rsa1024' | 'p256' | 'p384' | 'secp256k1' | 'dsa'

const xmldsig = 'http://www.w3.org/2000/09/xmldsig#'
const more = 'http://www.w3.org/2001/04/xmldsig-more#'

export const algorithms = {
  rsaSha1: `${xmldsig}rsa-sha1`,
  rsaMd5: `${more}rsa-md5`,
  rsaRipemd160: `${more}rsa-ripemd160`,
  rsaSha256: `${more}rsa-sha256`,
  rsaSha384: `${more}rsa-sha384`,
  rsaSha512: `${more}rsa-sha512`,
  ecdsaSha256: `${more}ecdsa-sha256`,
  ecdsaSha384: `${more}ecdsa-sha384`,
  dsaSha256: 'http://www.w3.org/2009/xmldsig11#dsa-sha256',
  hmacSha256: `${more}hmac-sha256`,
  sha1: `${xmldsig}sha1`,
  md5: `${more}md5`,
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha384: `${more}sha384`,
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
  enveloped: `${xmldsig}enveloped-signature`,
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  exclusiveWithComments: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
  inclusive: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  inclusiveWithComments: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments',
  aes128Cbc: 'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
  aes256Cbc: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
  tripleDesCbc: 'http://www.w3.org/2001/04/xmlenc#tripledes-cbc',
  aes128Gcm: 'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  aes256Gcm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  oaepMgf1p: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
  oaep: 'http://www.w3.org/2009/xmlenc11#rsa-oaep',
  rsa15: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5',
} as const

export const formats = {
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  entity: 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity',
} as const

const samlp = 'urn:oasis:names:tc:SAML:2.0:protocol'
const saml = 'urn:oasis:names:tc:SAML:2.0:assertion'
const success = 'urn:oasis:names:tc:SAML:2.0:status:Success'
const minute = 60_000

export type SignOptions = {
  key?: TestKey
  signatureMethod?: string
  digestMethod?: string
  /** Canonicalisation of the element and of SignedInfo. */
  c14n?: string
  inclusivePrefixes?: string
  /** What stands inside `ds:KeyInfo`; false for no KeyInfo at all. Default: the certificate. */
  keyInfo?: string | false
  /** The prefix of XML Signature elements, empty for the default namespace. */
  prefix?: string
  // From here on: ways to get it wrong.
  referenceUri?: string
  transforms?: string
  extraReferences?: string
  digestValue?: (right: string) => string
  signatureValue?: (right: string) => string
  /** Changes SignedInfo before it is signed. */
  signedInfo?: (xml: string) => string
  /** Changes the whole Signature element after signing. */
  signature?: (xml: string) => string
  /** Puts the Signature somewhere else than behind the Issuer. */
  place?: (xml: string, signature: string) => string
}

export type EncryptOptions = {
  certificatePem: string
  cipher?: string
  keyTransport?: string
  oaepDigest?: 'sha1' | 'sha256'
  mgf?: 'sha1' | 'sha256'
  keyBeside?: boolean
  /** Changes the plaintext, the ciphertext, or the EncryptedAssertion element. */
  plaintext?: (xml: string) => string | Buffer
  ciphertext?: (bytes: Buffer) => Buffer
  element?: (xml: string) => string
}

export type Attributes = Record<string, string | string[]> | [string, string | string[]][]

export type ResponseOptions = {
  sp: { entityId: string; acsUrl: string }
  now: number
  inResponseTo?: string | undefined
  nameId?: string | false
  nameIdFormat?: string | false
  attributes?: Attributes

  /** What is signed; `assertion` by default, as Entra ID does. */
  sign?: 'assertion' | 'response' | 'both' | 'none'
  signing?: SignOptions
  responseSigning?: SignOptions
  encrypt?: EncryptOptions

  responseId?: string
  assertionId?: string
  issuer?: string
  responseIssuer?: string | false
  assertionIssuer?: string | false
  issuerFormat?: string
  destination?: string | false
  recipient?: string | false
  audience?: string | string[] | false
  responseInResponseTo?: string | false
  confirmationInResponseTo?: string | false
  confirmationMethod?: string
  version?: string
  assertionVersion?: string
  issueInstant?: string
  notBefore?: string | false
  notOnOrAfter?: string | false
  confirmationNotOnOrAfter?: string | false
  authnInstant?: string
  sessionIndex?: string | false
  sessionNotOnOrAfter?: string
  nameIdAttributes?: string

  /** Whole elements instead of the usual ones. */
  statusXml?: string
  subjectXml?: string
  nameIdXml?: string
  conditionsXml?: string
  extraConditions?: string
  authnStatementXml?: string
  attributeStatementXml?: string
  extraAssertionXml?: string
  extensionsXml?: string

  /** The prefixes of the two namespaces; an empty one makes it the default namespace. */
  prefixes?: { samlp: string; saml: string }
  rootAttributes?: string

  /** Changes the assertion or the document before signing, or the document after it. */
  assertion?: (xml: string) => string
  beforeSigning?: (xml: string) => string
  afterSigning?: (xml: string) => string
}

export type ParsedAuthnRequest = {
  id: string
  acsUrl: string
  issuer: string
  destination: string
  relayState: string
  loginHint?: string
  subject?: string
  nameIdFormat?: string
  forceAuthn: boolean
  /** By the certificate handed in; undefined when none was. */
  signed?: boolean
  xml: string
}

export type IdentityProvider = ReturnType<typeof createIdentityProvider>

export function createIdentityProvider({
  entityId = `https://idp-${randomUUID().slice(0, 8)}.example/metadata`,
  key = createTestKey(),
  ssoUrl = 'https://idp.example/saml/sso',
  sloUrl = 'https://idp.example/saml/slo',
}: {
  entityId?: string
  key?: TestKey
  ssoUrl?: string
  sloUrl?: string
} = {}) {
  const respondXml = (options: ResponseOptions) =>
    responseXml({ issuer: entityId, ...options }, key)
  return {
    entityId,
    ssoUrl,
    sloUrl,
    key,
    certificatePem: key.certificatePem,
    metadataXml: idpMetadataXml({ entityId, ssoUrl, sloUrl, certificates: [key.certificatePem] }),
    /** What an organisation would store about this identity provider. */
    settings: (overrides: Partial<SamlSettings> = {}): SamlSettings => ({
      idpEntityId: entityId,
      ssoUrl,
      ssoBinding: 'redirect',
      sloUrl,
      certificates: [certificateFacts(key.certificatePem)],
      signAuthnRequests: true,
      allowIdpInitiated: false,
      emailFrom: 'nameId',
      attributes: { firstName: 'firstName', lastName: 'lastName' },
      ...overrides,
    }),
    /** The `SAMLResponse` form field. */
    respond: (options: ResponseOptions) => base64(respondXml(options)),
    respondXml,
    parseAuthnRequest,
    parseAuthnRequestForm,
    logoutRequest: (options: Omit<LogoutOptions, 'issuer' | 'key'> & Partial<LogoutOptions>) =>
      logoutMessage('SAMLRequest', { issuer: entityId, key, ...options }),
    logoutResponse: (options: Omit<LogoutOptions, 'issuer' | 'key'> & Partial<LogoutOptions>) =>
      logoutMessage('SAMLResponse', { issuer: entityId, key, ...options }),
  }
}

export function base64(xml: string | Buffer): string {
  return Buffer.from(xml as string).toString('base64')
}

export function newId(): string {
  return `_${randomUUID()}`
}

export function instant(at: number): string {
  return new Date(at).toISOString()
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function attr(name: string, value: string | false | undefined): string {
  return value === false || value === undefined ? '' : ` ${name}="${escapeXml(value)}"`
}

/** The document as text, signed and encrypted as asked. */
export function responseXml(options: ResponseOptions & { issuer: string }, key: TestKey): string {
  const { prefixes = { samlp: 'samlp', saml: 'saml' }, now, sp } = options
  const p = (name: string) => (prefixes.samlp ? `${prefixes.samlp}:${name}` : name)
  const responseId = options.responseId ?? newId()
  const assertionId = options.assertionId ?? newId()
  const what = options.sign ?? 'assertion'
  const before = options.beforeSigning ?? same
  const after = options.afterSigning ?? same

  const assertion = (options.assertion ?? same)(assertionXml(options, assertionId))
  const issuer = options.responseIssuer ?? options.issuer
  const head = [
    `<${p('Response')} xmlns${prefixes.samlp ? `:${prefixes.samlp}` : ''}="${samlp}"`,
    attr('ID', responseId),
    attr('Version', options.version ?? '2.0'),
    attr('IssueInstant', options.issueInstant ?? instant(now)),
    attr('Destination', options.destination ?? sp.acsUrl),
    attr('InResponseTo', options.responseInResponseTo ?? options.inResponseTo),
    options.rootAttributes ?? '',
    '>',
    issuer === false ? '' : issuerXml(options, issuer),
    options.extensionsXml ?? '',
    options.statusXml ??
      `<${p('Status')}><${p('StatusCode')} Value="${success}"/></${p('Status')}>`,
  ].join('')
  const tail = `</${p('Response')}>`

  let xml = before(`${head}${assertion}${tail}`)
  if (what === 'assertion' || what === 'both') {
    xml = signXml(xml, assertionId, { key, ...options.signing })
  }
  if (options.encrypt) xml = encryptAssertion(xml, options.encrypt)
  if (what === 'response' || what === 'both') {
    const signing = options.responseSigning ?? (what === 'response' ? options.signing : undefined)
    xml = signXml(xml, responseId, { key, ...signing })
  }
  return after(xml)
}

function same(xml: string): string {
  return xml
}

function issuerXml(options: ResponseOptions, issuer: string): string {
  const s = options.prefixes?.saml ?? 'saml'
  const name = s ? `${s}:Issuer` : 'Issuer'
  const declaration = `xmlns${s ? `:${s}` : ''}="${saml}"`
  const format = attr('Format', options.issuerFormat)
  return `<${name} ${declaration}${format}>${escapeXml(issuer)}</${name}>`
}

/** The unsigned assertion, which declares its own namespace. */
export function assertionXml(
  options: ResponseOptions & { issuer: string },
  assertionId: string,
): string {
  const { sp, now } = options
  const prefix = options.prefixes?.saml ?? 'saml'
  const s = (name: string) => (prefix ? `${prefix}:${name}` : name)
  const issuer = options.assertionIssuer ?? options.issuer
  const audiences = [options.audience ?? sp.entityId].flat()
  const notOnOrAfter = options.notOnOrAfter ?? instant(now + 5 * minute)
  const format = options.nameIdFormat ?? formats.emailAddress
  const nameId =
    options.nameIdXml ??
    (options.nameId === false
      ? ''
      : `<${s('NameID')}${attr('Format', format)}${options.nameIdAttributes ?? ''}>${escapeXml(
          options.nameId ?? 'ada@acme.example',
        )}</${s('NameID')}>`)
  const subject =
    options.subjectXml ??
    [
      `<${s('Subject')}>${nameId}`,
      `<${s('SubjectConfirmation')}${attr('Method', options.confirmationMethod ?? 'urn:oasis:names:tc:SAML:2.0:cm:bearer')}>`,
      `<${s('SubjectConfirmationData')}`,
      attr('InResponseTo', options.confirmationInResponseTo ?? options.inResponseTo),
      attr('NotOnOrAfter', options.confirmationNotOnOrAfter ?? notOnOrAfter),
      attr('Recipient', options.recipient ?? sp.acsUrl),
      `/></${s('SubjectConfirmation')}></${s('Subject')}>`,
    ].join('')
  const restriction =
    options.audience === false
      ? ''
      : `<${s('AudienceRestriction')}>${audiences
          .map((one) => `<${s('Audience')}>${escapeXml(String(one))}</${s('Audience')}>`)
          .join('')}</${s('AudienceRestriction')}>`
  const conditions =
    options.conditionsXml ??
    [
      `<${s('Conditions')}`,
      attr('NotBefore', options.notBefore ?? instant(now - 5 * minute)),
      attr('NotOnOrAfter', notOnOrAfter),
      `>${restriction}${options.extraConditions ?? ''}</${s('Conditions')}>`,
    ].join('')
  const authn =
    options.authnStatementXml ??
    [
      `<${s('AuthnStatement')}`,
      attr('AuthnInstant', options.authnInstant ?? instant(now)),
      attr('SessionIndex', options.sessionIndex ?? assertionId),
      attr('SessionNotOnOrAfter', options.sessionNotOnOrAfter),
      `><${s('AuthnContext')}><${s('AuthnContextClassRef')}>`,
      'urn:oasis:names:tc:SAML:2.0:ac:classes:Password',
      `</${s('AuthnContextClassRef')}></${s('AuthnContext')}></${s('AuthnStatement')}>`,
    ].join('')
  return [
    `<${s('Assertion')} xmlns${prefix ? `:${prefix}` : ''}="${saml}"`,
    attr('ID', assertionId),
    attr('IssueInstant', options.issueInstant ?? instant(now)),
    attr('Version', options.assertionVersion ?? '2.0'),
    '>',
    issuer === false
      ? ''
      : `<${s('Issuer')}${attr('Format', options.issuerFormat)}>${escapeXml(issuer)}</${s('Issuer')}>`,
    subject,
    conditions,
    authn,
    options.attributeStatementXml ?? attributeStatementXml(options.attributes ?? {}, s),
    options.extraAssertionXml ?? '',
    `</${s('Assertion')}>`,
  ].join('')
}

function attributeStatementXml(attributes: Attributes, s: (name: string) => string): string {
  const entries = Array.isArray(attributes) ? attributes : Object.entries(attributes)
  if (entries.length === 0) return ''
  const written = entries.map(([name, values]) => {
    const texts = [values]
      .flat()
      .map((value) => `<${s('AttributeValue')}>${escapeXml(value)}</${s('AttributeValue')}>`)
    return `<${s('Attribute')}${attr('Name', name)}>${texts.join('')}</${s('Attribute')}>`
  })
  return `<${s('AttributeStatement')}>${written.join('')}</${s('AttributeStatement')}>`
}

/** Signs the element with this ID and puts the signature behind its Issuer. */
export function signXml(xml: string, id: string, options: SignOptions & { key: TestKey }): string {
  const prefix = options.prefix ?? 'ds'
  const d = (name: string) => (prefix ? `${prefix}:${name}` : name)
  const declaration = ` xmlns${prefix ? `:${prefix}` : ''}="${xmldsig}"`
  const c14n = options.c14n ?? algorithms.exclusive
  const method = options.signatureMethod ?? algorithmFor(options.key)
  const digestMethod = options.digestMethod ?? algorithms.sha256
  const list = options.inclusivePrefixes
  const inclusive =
    list === undefined
      ? ''
      : `<ec:InclusiveNamespaces xmlns:ec="${algorithms.exclusive}" PrefixList="${list}"/>`

  const covered = canonical(xml, `//*[@ID='${id}']`, c14n, list)
  const digest = createHash(digestName(digestMethod)).update(covered).digest('base64')
  const transforms =
    options.transforms ??
    [
      `<${d('Transform')} Algorithm="${algorithms.enveloped}"/>`,
      `<${d('Transform')} Algorithm="${c14n}">${inclusive}</${d('Transform')}>`,
    ].join('')
  const signedInfo = [
    `<${d('SignedInfo')}>`,
    `<${d('CanonicalizationMethod')} Algorithm="${c14n}">${inclusive}</${d('CanonicalizationMethod')}>`,
    `<${d('SignatureMethod')} Algorithm="${method}"/>`,
    `<${d('Reference')} URI="${options.referenceUri ?? `#${id}`}">`,
    `<${d('Transforms')}>${transforms}</${d('Transforms')}>`,
    `<${d('DigestMethod')} Algorithm="${digestMethod}"/>`,
    `<${d('DigestValue')}>${(options.digestValue ?? same)(digest)}</${d('DigestValue')}>`,
    `</${d('Reference')}>${options.extraReferences ?? ''}</${d('SignedInfo')}>`,
  ].join('')
  const keyInfo =
    options.keyInfo === false
      ? ''
      : `<${d('KeyInfo')}>${options.keyInfo ?? x509DataXml([options.key.certificatePem], d)}</${d('KeyInfo')}>`
  const signature = (value: string) =>
    [
      `<${d('Signature')}${declaration}>`,
      (options.signedInfo ?? same)(signedInfo),
      `<${d('SignatureValue')}>${value}</${d('SignatureValue')}>`,
      `${keyInfo}</${d('Signature')}>`,
    ].join('')

  const place = options.place ?? ((xml, signature) => behindIssuer(xml, id, signature))
  const marker = `signature-of-${id}`
  const bytes = canonical(
    place(xml, signature(marker)),
    `//*[local-name()='Signature'][*[local-name()='SignatureValue']='${marker}']/*[local-name()='SignedInfo']`,
    c14n,
    list,
  )
  const value = signatureValue(bytes, method, options.key)
  return place(xml, (options.signature ?? same)(signature((options.signatureValue ?? same)(value))))
}

export function behindIssuer(xml: string, id: string, signature: string): string {
  const element = xml.search(new RegExp(`\\sID\\s*=\\s*["']${id}["']`))
  const rest = xml.slice(element)
  const issuer = /<\/(?:[\w-]+:)?Issuer\s*>/.exec(rest)
  const at =
    issuer && rest.slice(0, issuer.index).search(/<(?:[\w-]+:)?(?:Subject|Status)\b/) < 0
      ? element + issuer.index + issuer[0].length
      : element + rest.indexOf('>') + 1
  return xml.slice(0, at) + signature + xml.slice(at)
}

export function x509DataXml(
  certificatePems: string[],
  d: (name: string) => string = (name) => `ds:${name}`,
): string {
  const certificates = certificatePems.map(
    (pem) => `<${d('X509Certificate')}>${pemBody(pem)}</${d('X509Certificate')}>`,
  )
  return `<${d('X509Data')}>${certificates.join('')}</${d('X509Data')}>`
}

export function pemBody(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s/g, '')
}

/** The canonical form of one element by libxml2, in the context of its document. */
export function canonical(xml: string, xpath: string, c14n: string, prefixList?: string): string {
  const document = XmlDocument.fromString(xml.replace(/^\uFEFF/, ''))
  try {
    const element = document.get(xpath) as XmlElement | null
    if (!element) throw new Error(`Nothing at ${xpath}`)
    const inclusive = c14n.startsWith(algorithms.inclusive)
    return element.canonicalizeToString({
      mode: inclusive ? XmlC14NMode.XML_C14N_1_0 : XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
      withComments: c14n.endsWith('WithComments'),
      ...(prefixList ? { inclusiveNamespacePrefixes: prefixList.trim().split(/\s+/) } : {}),
    })
  } finally {
    document.dispose()
  }
}

function algorithmFor(key: TestKey): string {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(key.privateKeyPem)
  if (asymmetricKeyType === 'dsa') return algorithms.dsaSha256
  if (asymmetricKeyType !== 'ec') return algorithms.rsaSha256
  return asymmetricKeyDetails?.namedCurve === 'secp384r1'
    ? algorithms.ecdsaSha384
    : algorithms.ecdsaSha256
}

function digestName(uri: string): string {
  const name = /(sha1|sha256|sha384|sha512|md5|ripemd160)$/.exec(uri)?.[1]
  return name ?? 'sha256'
}

function signatureValue(bytes: string, method: string, key: TestKey): string {
  const privateKey = createPrivateKey(key.privateKeyPem)
  const data = Buffer.from(bytes)
  return sign(digestName(method), data, {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64')
}

/** Replaces the assertion by an EncryptedAssertion, as XML Encryption 1.1 has it. */
export function encryptAssertion(xml: string, options: EncryptOptions): string {
  const assertion = /<((?:[\w-]+:)?Assertion)\b[\s\S]*<\/\1\s*>/.exec(xml)
  if (!assertion) throw new Error('No assertion to encrypt')
  const element = encryptedAssertionXml(assertion[0], options)
  return xml.replace(assertion[0], () => element)
}

export function encryptedAssertionXml(assertion: string, options: EncryptOptions): string {
  const cipher = options.cipher ?? algorithms.aes256Cbc
  const transport = options.keyTransport ?? algorithms.oaepMgf1p
  const plaintext = Buffer.from((options.plaintext ?? same)(assertion) as string)
  const key = randomBytes(cipher.includes('128') ? 16 : cipher.includes('triple') ? 24 : 32)
  const bytes = encryptBytes(plaintext, key, cipher)
  const content = (options.ciphertext ?? ((all) => all))(bytes).toString('base64')
  const oaepDigest = options.oaepDigest ?? 'sha1'
  const mgf = transport === algorithms.oaep ? (options.mgf ?? oaepDigest) : 'sha1'
  const wrapped = wrapKey(key, options.certificatePem, transport, oaepDigest, mgf)

  const digestUri = oaepDigest === 'sha1' ? algorithms.sha1 : algorithms.sha256
  const mgfXml =
    transport === algorithms.oaep
      ? `<xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1${mgf}"/>`
      : ''
  const keyId = `_key${randomUUID()}`
  const keyXml = [
    `<xenc:EncryptedKey Id="${keyId}" xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">`,
    `<xenc:EncryptionMethod Algorithm="${transport}">`,
    transport === algorithms.rsa15
      ? ''
      : `<ds:DigestMethod xmlns:ds="${xmldsig}" Algorithm="${digestUri}"/>${mgfXml}`,
    '</xenc:EncryptionMethod>',
    `<xenc:CipherData><xenc:CipherValue>${wrapped.toString('base64')}</xenc:CipherValue></xenc:CipherData>`,
    '</xenc:EncryptedKey>',
  ].join('')
  const inside = options.keyBeside
    ? `<ds:RetrievalMethod Type="http://www.w3.org/2001/04/xmlenc#EncryptedKey" URI="#${keyId}"/>`
    : keyXml
  const element = [
    `<saml:EncryptedAssertion xmlns:saml="${saml}">`,
    '<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element">',
    `<xenc:EncryptionMethod Algorithm="${cipher}"/>`,
    `<ds:KeyInfo xmlns:ds="${xmldsig}">${inside}</ds:KeyInfo>`,
    `<xenc:CipherData><xenc:CipherValue>${content}</xenc:CipherValue></xenc:CipherData>`,
    '</xenc:EncryptedData>',
    options.keyBeside ? keyXml : '',
    '</saml:EncryptedAssertion>',
  ].join('')
  return (options.element ?? same)(element)
}

function encryptBytes(plaintext: Buffer, key: Buffer, cipher: string): Buffer {
  if (cipher.endsWith('gcm')) {
    const iv = randomBytes(12)
    const made = createCipheriv(`aes-${key.length * 8}-gcm` as 'aes-256-gcm', key, iv)
    return Buffer.concat([iv, made.update(plaintext), made.final(), made.getAuthTag()])
  }
  const block = cipher.includes('triple') ? 8 : 16
  const name = block === 8 ? 'des-ede3-cbc' : `aes-${key.length * 8}-cbc`
  const iv = randomBytes(block)
  const made = createCipheriv(name, key, iv)
  return Buffer.concat([iv, made.update(plaintext), made.final()])
}

function wrapKey(
  key: Buffer,
  certificatePem: string,
  transport: string,
  digest: 'sha1' | 'sha256',
  mgf: 'sha1' | 'sha256',
): Buffer {
  const publicKey = new X509Certificate(certificatePem).publicKey
  if (transport === algorithms.rsa15) {
    return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key)
  }
  if (digest === mgf) return publicEncrypt({ key: publicKey, oaepHash: digest }, key)
  const size = (publicKey.asymmetricKeyDetails?.modulusLength ?? 2048) / 8
  const encoded = oaepEncode(key, size, digest, mgf)
  return publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, encoded)
}

/** RFC 8017 §7.1.1, for the combinations of hashes that OpenSSL's interface does not offer. */
function oaepEncode(message: Buffer, size: number, digest: string, mgf: string): Buffer {
  const labelHash = createHash(digest).digest()
  const length = labelHash.length
  const padding = Buffer.alloc(size - message.length - 2 * length - 2)
  const block = Buffer.concat([labelHash, padding, Buffer.from([1]), message])
  const seed = randomBytes(length)
  const maskedBlock = xor(block, mask(seed, block.length, mgf))
  return Buffer.concat([Buffer.from([0]), xor(seed, mask(maskedBlock, length, mgf)), maskedBlock])
}

function mask(seed: Buffer, length: number, hash: string): Buffer {
  let out = Buffer.alloc(0)
  for (let counter = 0; out.length < length; counter += 1) {
    const suffix = Buffer.from([0, 0, 0, counter])
    const block = createHash(hash).update(seed).update(suffix).digest()
    out = Buffer.concat([out, block])
  }
  return out.subarray(0, length)
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ other[at]!))
}

export function idpMetadataXml(options: {
  entityId: string
  ssoUrl: string
  sloUrl?: string
  certificates: string[]
  validUntil?: string
}): string {
  const keys = options.certificates.map(
    (pem) =>
      `<KeyDescriptor use="signing"><KeyInfo xmlns="${xmldsig}"><X509Data><X509Certificate>${pemBody(pem)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`,
  )
  const binding = 'urn:oasis:names:tc:SAML:2.0:bindings'
  const endpoint = (name: string, kind: string, url: string) =>
    `<${name} Binding="${binding}:${kind}" Location="${escapeXml(url)}"/>`
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"${attr('entityID', options.entityId)}${attr('validUntil', options.validUntil)}>`,
    `<IDPSSODescriptor protocolSupportEnumeration="${samlp}">`,
    ...keys,
    options.sloUrl ? endpoint('SingleLogoutService', 'HTTP-Redirect', options.sloUrl) : '',
    endpoint('SingleSignOnService', 'HTTP-Redirect', options.ssoUrl),
    endpoint('SingleSignOnService', 'HTTP-POST', options.ssoUrl),
    '</IDPSSODescriptor></EntityDescriptor>',
  ].join('')
}

/** Reads what the service provider put into the redirect to the sign-on URL. */
export function parseAuthnRequest(url: string, certificatePem?: string): ParsedAuthnRequest {
  const { searchParams, search } = new URL(url)
  const xml = inflateRawSync(
    Buffer.from(searchParams.get('SAMLRequest') ?? '', 'base64'),
  ).toString()
  const loginHint = searchParams.get('login_hint')
  const signed = certificatePem ? verifyQuery(search, certificatePem) : undefined
  return {
    ...readAuthnRequest(xml),
    relayState: searchParams.get('RelayState') ?? '',
    ...(loginHint === null ? {} : { loginHint }),
    ...(signed === undefined ? {} : { signed }),
  }
}

/** The same for the POST binding. */
export function parseAuthnRequestForm(
  fields: Record<string, string>,
  certificatePem?: string,
): ParsedAuthnRequest {
  const xml = Buffer.from(fields.SAMLRequest ?? '', 'base64').toString()
  const request = { ...readAuthnRequest(xml), relayState: fields.RelayState ?? '' }
  return certificatePem ? { ...request, signed: verifyXml(xml, certificatePem) } : request
}

function readAuthnRequest(xml: string): Omit<ParsedAuthnRequest, 'relayState'> {
  const document = XmlDocument.fromString(xml)
  try {
    const root = document.root
    const text = (name: string) => document.get(`//*[local-name()='${name}']`)?.content
    const policy = document.get("//*[local-name()='NameIDPolicy']") as XmlElement | null
    const format = policy?.attr('Format')?.value
    const subject = text('NameID')
    return {
      id: root.attr('ID')?.value ?? '',
      acsUrl: root.attr('AssertionConsumerServiceURL')?.value ?? '',
      destination: root.attr('Destination')?.value ?? '',
      issuer: text('Issuer') ?? '',
      forceAuthn: root.attr('ForceAuthn')?.value === 'true',
      ...(subject === undefined ? {} : { subject }),
      ...(format === undefined ? {} : { nameIdFormat: format }),
      xml,
    }
  } finally {
    document.dispose()
  }
}

export function verifyQuery(search: string, certificatePem: string): boolean {
  const parts = search.replace(/^\?/, '').split('&')
  const named = (name: string) => parts.find((part) => part.startsWith(`${name}=`))
  const signature = named('Signature')
  if (!signature || !named('SigAlg')) return false
  const octets = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg'].map(named).filter(Boolean)
  const value = Buffer.from(decodeURIComponent(signature.slice('Signature='.length)), 'base64')
  const key = createPublicKey(certificatePem)
  return verify('sha256', Buffer.from(octets.join('&')), key, value)
}

/** Verifies the one enveloped RSA-SHA256 signature of a message, by libxml2's canonicaliser. */
export function verifyXml(xml: string, certificatePem: string): boolean {
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0]
  const value = /<ds:SignatureValue>([^<]*)</.exec(xml)?.[1]
  const digest = /<ds:DigestValue>([^<]*)</.exec(xml)?.[1]
  if (!signature || !value || !digest) return false
  const covered = canonical(xml.replace(signature, ''), '/*', algorithms.exclusive)
  const signedInfo = canonical(xml, "//*[local-name()='SignedInfo']", algorithms.exclusive)
  const key = createPublicKey(certificatePem)
  return (
    createHash('sha256').update(covered).digest('base64') === digest &&
    verify('sha256', Buffer.from(signedInfo), key, Buffer.from(value, 'base64'))
  )
}

export type LogoutOptions = {
  issuer: string
  key: TestKey
  /** Where the message goes: the service provider's single logout URL. */
  sloUrl: string
  now: number
  nameId?: string
  nameIdFormat?: string
  sessionIndex?: string | string[]
  inResponseTo?: string
  status?: string
  id?: string
  destination?: string | false
  issueInstant?: string
  notOnOrAfter?: string
  relayState?: string
  signed?: boolean
  signing?: SignOptions
  xml?: (xml: string) => string
  afterSigning?: (xml: string) => string
}

export type LogoutSent = {
  id: string
  /** For the redirect binding. */
  url: string
  rawQuery: string
  /** For the POST binding. */
  field: 'SAMLRequest' | 'SAMLResponse'
  samlMessage: string
  xml: string
}

function logoutMessage(field: 'SAMLRequest' | 'SAMLResponse', options: LogoutOptions): LogoutSent {
  const id = options.id ?? newId()
  const isRequest = field === 'SAMLRequest'
  const name = isRequest ? 'LogoutRequest' : 'LogoutResponse'
  const indexes = [options.sessionIndex ?? []].flat()
  const body = isRequest
    ? [
        `<saml:NameID${attr('Format', options.nameIdFormat ?? formats.emailAddress)}>${escapeXml(options.nameId ?? 'ada@acme.example')}</saml:NameID>`,
        ...indexes.map((index) => `<samlp:SessionIndex>${escapeXml(index)}</samlp:SessionIndex>`),
      ].join('')
    : `<samlp:Status><samlp:StatusCode Value="${options.status ?? success}"/></samlp:Status>`
  const plain = (options.xml ?? same)(
    [
      `<samlp:${name} xmlns:samlp="${samlp}" xmlns:saml="${saml}" ID="${id}" Version="2.0"`,
      attr('IssueInstant', options.issueInstant ?? instant(options.now)),
      attr('Destination', options.destination ?? options.sloUrl),
      attr('InResponseTo', options.inResponseTo),
      attr('NotOnOrAfter', options.notOnOrAfter),
      `><saml:Issuer>${escapeXml(options.issuer)}</saml:Issuer>${body}</samlp:${name}>`,
    ].join(''),
  )
  const { key } = options
  const isSigned = options.signed ?? true
  const signed = isSigned ? signXml(plain, id, { key, ...options.signing }) : plain
  const query = [`${field}=${encodeURIComponent(deflateRawSync(plain).toString('base64'))}`]
  if (options.relayState !== undefined) {
    query.push(`RelayState=${encodeURIComponent(options.relayState)}`)
  }
  if (isSigned) {
    const algorithm = options.signing?.signatureMethod ?? algorithmFor(key)
    query.push(`SigAlg=${encodeURIComponent(algorithm)}`)
    const value = signatureValue(query.join('&'), algorithm, options.signing?.key ?? key)
    query.push(`Signature=${encodeURIComponent(value)}`)
  }
  const rawQuery = query.join('&')
  const xml = (options.afterSigning ?? same)(signed)
  return {
    id,
    url: `${options.sloUrl}?${rawQuery}`,
    rawQuery,
    field,
    samlMessage: base64(xml),
    xml,
  }
}

// Keys and certificates

const day = 24 * 60 * minute

/** A key and a self-signed certificate; valid from yesterday for three years unless told. */
export function createTestKey({
  kind = 'rsa2048',
  notBefore = Date.now() - day,
  notAfter = Date.now() + 1095 * day,
  commonName = 'Test identity provider',
}: {
  kind?: KeyKind
  notBefore?: number
  notAfter?: number
  commonName?: string
} = {}): TestKey {
  const { privateKey, publicKey } = generate(kind)
  return {
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificatePem: selfSigned(privateKey, publicKey, { commonName, notBefore, notAfter }),
  }
}

function generate(kind: KeyKind): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (kind) {
    case 'rsa1024':
    case 'rsa2048':
    case 'rsa3072':
      return generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) })
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    case 'p384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    case 'secp256k1':
      return generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
    case 'dsa':
      return generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })
  }
}

/** What the settings store about a certificate. */
export function certificateFacts(pem: string): IdpCertificate {
  const certificate = new X509Certificate(pem)
  return {
    pem,
    fingerprint: certificate.fingerprint256,
    subject: certificate.subject,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
  }
}

/** RFC 5280 §4.1, the smallest certificate there is. */
function selfSigned(
  privateKey: KeyObject,
  publicKey: KeyObject,
  facts: { commonName: string; notBefore: number; notAfter: number },
): string {
  const type = privateKey.asymmetricKeyType
  const algorithm =
    type === 'ec'
      ? sequence(oid('1.2.840.10045.4.3.2'))
      : type === 'dsa'
        ? sequence(oid('2.16.840.1.101.3.4.3.2'))
        : sequence(oid('1.2.840.113549.1.1.11'), der(0x05))
  const name = sequence(
    der(0x31, sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(facts.commonName)))),
  )
  const serial = randomBytes(16)
  serial[0] = 0x40 | (serial[0]! & 0x3f)
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    name,
    sequence(generalizedTime(facts.notBefore), generalizedTime(facts.notAfter)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  )
  const value = sign('sha256', toBeSigned, privateKey)
  const bytes = sequence(toBeSigned, algorithm, der(0x03, Buffer.from([0]), value))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const size = body.length
  const length =
    size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, Math.floor(size / 256), size % 256]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

function sequence(...content: Buffer[]): Buffer {
  return der(0x30, ...content)
}

function generalizedTime(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x18, Buffer.from(text))
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const groups = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80)
    bytes.push(...groups)
  }
  return der(0x06, Buffer.from(bytes))
}
