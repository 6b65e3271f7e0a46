import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { type SimpleSamlPhp, startSimpleSamlPhp } from './simplesamlphp.ts'

let idp: SimpleSamlPhp
beforeAll(async () => {
  idp = await startSimpleSamlPhp()
})
afterAll(() => idp.stop())

const acsUrl = 'http://127.0.0.1:9/saml/acs'

/** A service provider of other hands, so that the identity provider is proved apart from Usher. */
function someServiceProvider(entityId: string, changes: Partial<SamlConfig> = {}): SAML {
  return new SAML({
    callbackUrl: acsUrl,
    issuer: entityId,
    audience: entityId,
    entryPoint: `${idp.url}/saml2/idp/SSOService.php`,
    idpCert: idp.certificatePem,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: true,
    validateInResponseTo: ValidateInResponseTo.never,
    ...changes,
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
    signingCertificates: [idp.certificatePem],
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
    encryptionCertificate: idp.certificatePem,
  })

  const start = await someServiceProvider('urn:sp:sealed').getAuthorizeUrlAsync('', undefined, {})
  const { samlResponse } = await idp.signIn(start, 'ada', 'ada')

  const xml = Buffer.from(samlResponse, 'base64').toString()
  expect(xml).toContain('<saml:EncryptedAssertion>')
  expect(xml).not.toContain('Lovelace')
})

test('in a real browser someone signs in and, by a signed request, out everywhere', async () => {
  const visited = await listenForVisits()
  const key = await generate([{ name: 'commonName', value: 'Some service provider' }])
  const [entityId, sloUrl] = ['urn:sp:browser', `${visited.url}/slo`]
  const acsUrl = `${visited.url}/acs`
  idp.addServiceProvider({
    entityId,
    acsUrl,
    sloUrl,
    signingCertificates: [key.cert],
    requireSignedRequests: true,
  })
  const sp = someServiceProvider(entityId, {
    callbackUrl: acsUrl,
    logoutUrl: `${idp.url}/saml2/idp/SingleLogoutService.php`,
    privateKey: key.private,
    signatureAlgorithm: 'sha256',
  })
  await using browser = await openBrowser()
  const page = await browser.newPage()

  await page.goto(await sp.getAuthorizeUrlAsync('', undefined, {}))
  await page.fill('input[name=username]', 'grace')
  await page.fill('input[name=password]', 'grace')
  await page.keyboard.press('Enter')
  await page.waitForURL(acsUrl)
  const SAMLResponse =
    visited.bodies.map((body) => new URLSearchParams(body).get('SAMLResponse')).find(Boolean) ?? ''
  const { profile } = await sp.validatePostResponseAsync({ SAMLResponse })
  await page.goto(await sp.getLogoutUrlAsync(profile!, '', {}))
  await page.waitForURL(`${sloUrl}?**`)
  const query = new URL(page.url()).search.slice(1)
  const { loggedOut } = await sp.validateRedirectAsync(
    Object.fromEntries(new URLSearchParams(query)),
    query,
  )
  await page.goto(await sp.getAuthorizeUrlAsync('', undefined, {}))

  expect(profile?.nameID).toBe('grace@acme.test')
  expect(loggedOut).toBe(true)
  expect(await page.isVisible('input[name=password]')).toBe(true)
  visited.close()
})

async function listenForVisits() {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      response.end('arrived')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, bodies, close: () => server.close() }
}
