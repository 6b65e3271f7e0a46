import { createHash, verify, X509Certificate } from 'node:crypto'
import { XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { federationMetadata } from './metadata.ts'
import { peopleOf } from './people.ts'
import { type Answer, type SigningKey, signedResponse } from './response.ts'
import { simulatedTenant } from './tenant.ts'

const organisationId = '01890a5d-ac96-774b-bcce-b302099a8057'
const now = Date.parse('2026-03-01T12:00:00Z')
const namespaces = {
  p: 'urn:oasis:names:tc:SAML:2.0:protocol',
  a: 'urn:oasis:names:tc:SAML:2.0:assertion',
  d: 'http://www.w3.org/2000/09/xmldsig#',
}

async function newKey(): Promise<SigningKey> {
  const made = await generate([{ name: 'commonName', value: 'Simulated Entra ID' }])
  return { privateKeyPem: made.private, certificatePem: made.cert }
}

function answerFor(lastName: string, changes: Partial<Answer> = {}): Answer {
  const person = peopleOf(organisationId, 'acme.test', []).find((one) => one.lastName === lastName)
  return {
    organisationId,
    person: person!,
    audience: 'https://usher.test/saml/acme/metadata',
    acsUrl: 'https://usher.test/saml/acme/acs',
    requestId: '_request-1',
    plainClaims: true,
    signing: 'assertion',
    ...changes,
  }
}

/** Checks the signature below `parent` the long way: another parser, another canonicaliser. */
function verifies(xml: string, parent: string, key: SigningKey): boolean {
  using whole = XmlDocument.fromString(xml)
  const signature = `${parent}/d:Signature`
  const read = (path: string) => whole.get(`${signature}/${path}`, namespaces)?.content ?? ''
  const signedInfo = canonical(whole, `${signature}/d:SignedInfo`)
  const value = Buffer.from(read('d:SignatureValue'), 'base64')
  const { publicKey } = new X509Certificate(key.certificatePem)

  using bare = XmlDocument.fromString(xml)
  bare.get(signature, namespaces)?.remove()
  const digest = createHash('sha256').update(canonical(bare, parent)).digest('base64')
  const id = whole.get(`${parent}/@ID`, namespaces)?.content
  const reference = whole.get(`${signature}/d:SignedInfo/d:Reference/@URI`, namespaces)?.content
  return (
    reference === `#${id}` &&
    digest === read('d:SignedInfo/d:Reference/d:DigestValue') &&
    verify('sha256', Buffer.from(signedInfo), publicKey, value)
  )
}

function canonical(document: XmlDocument, path: string): string {
  const node = document.get(path, namespaces)
  return node?.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 }) ?? ''
}

function claimsIn(xml: string): Record<string, string> {
  using document = XmlDocument.fromString(xml)
  const attributes = document.find('//a:Attribute', namespaces) as XmlElement[]
  return Object.fromEntries(attributes.map((one) => [one.attr('Name')?.value, one.content]))
}

const response = '/p:Response'
const assertion = '/p:Response/a:Assertion'

describe('a response of the simulated Entra ID', () => {
  test.each([
    ['assertion', [assertion], [response]],
    ['response', [response], [assertion]],
    ['both', [response, assertion], []],
  ] as const)('signs the %s when that is the signing option', async (signing, signed, bare) => {
    const key = await newKey()

    const xml = signedResponse(answerFor('Lovelace', { signing }), key, now)

    for (const parent of signed) expect(verifies(xml, parent, key)).toBe(true)
    for (const parent of bare) expect(verifies(xml, parent, key)).toBe(false)
  })

  test('no longer verifies once a letter of it has changed, or with another key', async () => {
    const key = await newKey()

    const xml = signedResponse(answerFor('Lovelace'), key, now)

    expect(verifies(xml.replaceAll('Lovelace', 'Lovelacf'), assertion, key)).toBe(false)
    expect(verifies(xml, assertion, await newKey())).toBe(false)
  })

  test('is written in its canonical form, whatever the names contain', async () => {
    const key = await newKey()
    const hostile = `]]>&"'<b>\r\n\t\u0000\ud800 Zoë 🦉`
    const { person } = answerFor('Lovelace')
    const odd = { ...person, firstName: hostile, lastName: '</Assertion>', displayName: '"' }

    const xml = signedResponse(
      answerFor('Lovelace', {
        person: odd,
        signing: 'both',
        acsUrl: 'https://usher.test/?a=1&b="',
      }),
      key,
      now,
    )

    using document = XmlDocument.fromString(xml)
    expect(canonical(document, response)).toBe(xml)
    expect(verifies(xml, assertion, key)).toBe(true)
    expect(claimsIn(xml).lastName).toBe('</Assertion>')
    expect(claimsIn(xml).firstName).toBe(`]]>&"'<b>\r\n\t\ufffd Zoë 🦉`)
  })

  test('carries the claims under the names that Entra ID gives them', async () => {
    const xml = signedResponse(answerFor('Lovelace'), await newKey(), now)

    expect(claimsIn(xml)).toEqual({
      'http://schemas.microsoft.com/identity/claims/tenantid': simulatedTenant(organisationId).id,
      'http://schemas.microsoft.com/identity/claims/objectidentifier': expect.any(String),
      'http://schemas.microsoft.com/identity/claims/displayname': 'Ada Lovelace',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname': 'Ada',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname': 'Lovelace',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress':
        'ada.lovelace@acme.test',
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name': 'ada.lovelace@acme.test',
      firstName: 'Ada',
      lastName: 'Lovelace',
    })
  })

  test('has no first-name claim of any name for someone without one', async () => {
    const xml = signedResponse(answerFor('Sukarno'), await newKey(), now)

    const names = Object.keys(claimsIn(xml))
    expect(names.filter((name) => /firstName|givenname/.test(name))).toEqual([])
    expect(names).toContain('lastName')
  })

  test('leaves firstName and lastName out until the administrator adds them', async () => {
    const xml = signedResponse(answerFor('Lovelace', { plainClaims: false }), await newKey(), now)

    expect(claimsIn(xml)).not.toHaveProperty('firstName')
  })

  test('is addressed to the request, the audience and the address that asked', async () => {
    const xml = signedResponse(answerFor('Partner'), await newKey(), now)

    using document = XmlDocument.fromString(xml)
    const at = (path: string) => document.get(path, namespaces)?.content
    const confirmation = `${assertion}/a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData`
    expect(at(`${response}/@Destination`)).toBe('https://usher.test/saml/acme/acs')
    expect(at(`${response}/@InResponseTo`)).toBe('_request-1')
    expect(at(`${confirmation}/@Recipient`)).toBe('https://usher.test/saml/acme/acs')
    expect(at(`${confirmation}/@InResponseTo`)).toBe('_request-1')
    expect(at('//a:Audience')).toBe('https://usher.test/saml/acme/metadata')
    expect(at(`${assertion}/a:Issuer`)).toBe(simulatedTenant(organisationId).entityId)
    expect(at('//a:NameID')).toBe('kim_partner.example#EXT#@acme.test')
    expect(at('//a:Conditions/@NotOnOrAfter')).toBe('2026-03-01T13:00:00.000Z')
  })
})

test('the federation metadata names the tenant, the certificate and where to sign in', async () => {
  const { certificatePem } = await newKey()

  const xml = federationMetadata(organisationId, 'https://usher.test/in?a=1&b=2', certificatePem)

  using document = XmlDocument.fromString(xml)
  const all = {
    m: 'urn:oasis:names:tc:SAML:2.0:metadata',
    d: 'http://www.w3.org/2000/09/xmldsig#',
  }
  const at = (path: string) => document.get(path, all)?.content
  expect(at('/m:EntityDescriptor/@entityID')).toMatch(
    /^https:\/\/sts\.windows\.net\/[0-9a-f-]{36}\/$/,
  )
  expect(at('//m:SingleSignOnService/@Location')).toBe('https://usher.test/in?a=1&b=2')
  expect(new X509Certificate(certificatePem).raw.toString('base64')).toBe(
    at('//m:KeyDescriptor/d:KeyInfo/d:X509Data/d:X509Certificate'),
  )
})

test('every organisation has a tenant of its own, the same one at every start', () => {
  const other = '01890a5d-ac96-774b-bcce-b302099a8058'

  expect(simulatedTenant(organisationId)).toEqual(simulatedTenant(organisationId))
  expect(simulatedTenant(organisationId)).not.toEqual(simulatedTenant(other))
})
