import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SimpleSamlPhp, startSimpleSamlPhp } from './simplesamlphp.ts'

let idp: SimpleSamlPhp
beforeAll(async () => {
  idp = await startSimpleSamlPhp()
})
afterAll(() => idp.stop())

const acsUrl = 'http://127.0.0.1:9/saml/acs'

/** A service provider of other hands, so that the identity provider is proved apart from Usher. */
function someServiceProvider(entityId: string): SAML {
  return new SAML({
    callbackUrl: acsUrl,
    issuer: entityId,
    audience: entityId,
    entryPoint: `${idp.url}/saml2/idp/SSOService.php`,
    idpCert: idp.certificatePem,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.never,
  })
}

test('the identity provider describes itself', async () => {
  const metadata = await idp.metadataXml()

  expect(metadata).toContain(`entityID="${idp.entityId}"`)
  expect(metadata).toContain(`Location="${idp.url}/saml2/idp/SSOService.php"`)
  expect(metadata).toContain(`Location="${idp.url}/saml2/idp/SingleLogoutService.php"`)
})

test('whoever fills in its form comes back with a signed response', async () => {
  idp.addServiceProvider({ entityId: 'urn:sp:one', acsUrl })
  const sp = someServiceProvider('urn:sp:one')

  const start = await sp.getAuthorizeUrlAsync('return-path', undefined, {})
  const answer = await idp.signIn(start, 'ada', 'ada')
  const { profile } = await sp.validatePostResponseAsync({ SAMLResponse: answer.samlResponse })

  expect(answer).toMatchObject({ action: acsUrl, relayState: 'return-path' })
  expect(profile).toMatchObject({
    issuer: idp.entityId,
    nameID: 'ada@acme.test',
    nameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    email: 'ada@acme.test',
    firstName: 'Ada',
    lastName: 'Lovelace',
  })
})

test('names arrive as they are written, and what is empty does not arrive', async () => {
  idp.addServiceProvider({ entityId: 'urn:sp:two', acsUrl })
  const sp = someServiceProvider('urn:sp:two')

  const profiles = []
  for (const who of ['zoe', 'mono']) {
    const start = await sp.getAuthorizeUrlAsync('', undefined, {})
    const { samlResponse } = await idp.signIn(start, who, who)
    profiles.push((await sp.validatePostResponseAsync({ SAMLResponse: samlResponse })).profile)
  }

  expect(profiles[0]).toMatchObject({ firstName: 'Zoë', lastName: "O'Brien-Müller" })
  expect(profiles[1]).toMatchObject({ lastName: 'Mononym' })
  expect(profiles[1]).not.toHaveProperty('firstName')
})

test('a wrong password, an unknown service provider and an unsigned request get no response', async () => {
  idp.addServiceProvider({ entityId: 'urn:sp:three', acsUrl })
  idp.addServiceProvider({
    entityId: 'urn:sp:strict',
    acsUrl,
    certificates: [idp.certificatePem],
    requireSignedRequests: true,
  })
  const startAs = (entityId: string) =>
    someServiceProvider(entityId).getAuthorizeUrlAsync('', undefined, {})

  await expect(idp.signIn(await startAs('urn:sp:three'), 'ada', 'wrong')).rejects.toThrow(
    'No response but',
  )
  await expect(idp.signIn(await startAs('urn:sp:unknown'), 'ada', 'ada')).rejects.toThrow(
    'Unable to locate metadata',
  )
  await expect(idp.signIn(await startAs('urn:sp:strict'), 'ada', 'ada')).rejects.toThrow(
    /[Ss]ignature/,
  )
})

test('an assertion can be encrypted for the service provider', async () => {
  idp.addServiceProvider({
    entityId: 'urn:sp:sealed',
    acsUrl,
    certificates: [idp.certificatePem],
    encryptAssertion: true,
  })

  const start = await someServiceProvider('urn:sp:sealed').getAuthorizeUrlAsync('', undefined, {})
  const { samlResponse } = await idp.signIn(start, 'ada', 'ada')

  const xml = Buffer.from(samlResponse, 'base64').toString()
  expect(xml).toContain('<saml:EncryptedAssertion>')
  expect(xml).not.toContain('Lovelace')
})
