import { createHash, randomUUID, sign as rawSign } from 'node:crypto'
import { element, text, type Xml } from './canonical-xml.ts'
import type { Person } from './people.ts'
import { simulatedTenant } from './tenant.ts'

export type SigningKey = { privateKeyPem: string; certificatePem: string }

/** Entra's "Signing Option" of an application. */
export type SigningOption = 'assertion' | 'response' | 'both'

export type Answer = {
  organisationId: string
  person: Person
  /** The request's issuer, which is what the assertion is meant for. */
  audience: string
  acsUrl: string
  requestId: string
  /** Whether the administrator has added the claims firstName and lastName. */
  plainClaims: boolean
  signing: SigningOption
}

const saml = 'urn:oasis:names:tc:SAML:2.0'
const signatures = 'http://www.w3.org/2000/09/xmldsig#'
const canonical = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const identity = 'http://schemas.microsoft.com/identity/claims'
const profile = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

const minute = 60_000

/** The response that Entra ID would post for this person. */
export function signedResponse(answer: Answer, key: SigningKey, now: number): string {
  const children = [
    issuerOf(answer, { xmlns: `${saml}:assertion` }),
    element('samlp:Status', {}, element('samlp:StatusCode', { Value: `${saml}:status:Success` })),
    assertion(answer, key, now),
  ]
  const attributes = {
    'xmlns:samlp': `${saml}:protocol`,
    ID: newXmlId(),
    Version: '2.0',
    IssueInstant: instant(now),
    Destination: answer.acsUrl,
    InResponseTo: answer.requestId,
  }
  const wanted = answer.signing !== 'assertion' ? key : undefined
  return perhapsSigned('samlp:Response', attributes, children, wanted).xml
}

function assertion(answer: Answer, key: SigningKey, now: number): Xml {
  const id = newXmlId()
  const expires = instant(now + 60 * minute)
  const children = [
    issuerOf(answer, {}),
    subject(answer, expires),
    element(
      'Conditions',
      { NotBefore: instant(now - 5 * minute), NotOnOrAfter: expires },
      element('AudienceRestriction', {}, element('Audience', {}, text(answer.audience))),
    ),
    element('AttributeStatement', {}, ...claims(answer)),
    element(
      'AuthnStatement',
      { AuthnInstant: instant(now), SessionIndex: id },
      element(
        'AuthnContext',
        {},
        element('AuthnContextClassRef', {}, text(`${saml}:ac:classes:Password`)),
      ),
    ),
  ]
  const attributes = {
    xmlns: `${saml}:assertion`,
    ID: id,
    Version: '2.0',
    IssueInstant: instant(now),
  }
  const wanted = answer.signing !== 'response' ? key : undefined
  return perhapsSigned('Assertion', attributes, children, wanted)
}

function issuerOf({ organisationId }: Answer, attributes: Record<string, string>): Xml {
  return element('Issuer', attributes, text(simulatedTenant(organisationId).entityId))
}

function subject({ person, acsUrl, requestId }: Answer, expires: string): Xml {
  const format = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
  return element(
    'Subject',
    {},
    element('NameID', { Format: format }, text(person.userPrincipalName)),
    element(
      'SubjectConfirmation',
      { Method: `${saml}:cm:bearer` },
      element('SubjectConfirmationData', {
        InResponseTo: requestId,
        NotOnOrAfter: expires,
        Recipient: acsUrl,
      }),
    ),
  )
}

/** An attribute that is empty on the directory user is left out altogether, as Entra does. */
function claims({ organisationId, person, plainClaims }: Answer): Xml[] {
  const values: [string, string][] = [
    [`${identity}/tenantid`, simulatedTenant(organisationId).id],
    [`${identity}/objectidentifier`, person.objectId],
    [`${identity}/displayname`, person.displayName],
    [`${profile}/givenname`, person.firstName],
    [`${profile}/surname`, person.lastName],
    [`${profile}/emailaddress`, person.email],
    [`${profile}/name`, person.userPrincipalName],
  ]
  if (plainClaims) values.push(['firstName', person.firstName], ['lastName', person.lastName])
  return values
    .filter(([, value]) => value !== '')
    .map(([name, value]) =>
      element('Attribute', { Name: name }, element('AttributeValue', {}, text(value))),
    )
}

/** With a key, the signature stands where the schema wants it: after the issuer, the first child. */
function perhapsSigned(
  name: string,
  attributes: Record<string, string> & { ID: string },
  children: Xml[],
  key: SigningKey | undefined,
): Xml {
  const unsigned = element(name, attributes, ...children)
  if (!key) return unsigned
  const signature = signatureOver(unsigned, attributes.ID, key)
  return element(name, attributes, ...children.toSpliced(1, 0, signature))
}

function signatureOver(what: Xml, id: string, key: SigningKey): Xml {
  const algorithm = (name: string, uri: string) => element(name, { Algorithm: uri })
  const digest = createHash('sha256').update(what.xml).digest('base64')
  const signedInfo = (attributes: Record<string, string>) =>
    element(
      'SignedInfo',
      attributes,
      algorithm('CanonicalizationMethod', canonical),
      algorithm('SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'),
      element(
        'Reference',
        { URI: `#${id}` },
        element(
          'Transforms',
          {},
          algorithm('Transform', `${signatures}enveloped-signature`),
          algorithm('Transform', canonical),
        ),
        algorithm('DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha256'),
        element('DigestValue', {}, text(digest)),
      ),
    )

  // Canonicalised by itself, SignedInfo carries the namespace that in place it inherits.
  const signed = Buffer.from(signedInfo({ xmlns: signatures }).xml)
  const value = rawSign('sha256', signed, key.privateKeyPem).toString('base64')
  return element(
    'Signature',
    { xmlns: signatures },
    signedInfo({}),
    element('SignatureValue', {}, text(value)),
    keyInfo(key.certificatePem),
  )
}

export function keyInfo(certificatePem: string, attributes: Record<string, string> = {}): Xml {
  const base64 = certificatePem.replace(/-----[^-]+-----|\s/g, '')
  return element(
    'KeyInfo',
    attributes,
    element('X509Data', {}, element('X509Certificate', {}, text(base64))),
  )
}

function newXmlId(): string {
  return `_${randomUUID()}`
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
