import { deflateRawSync } from 'node:zlib'
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import fastify from 'fastify'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import { type DemoOptions, demoRoutes } from './routes.ts'

const organisationId = '01890a5d-ac96-774b-bcce-b302099a8057'
const baseUrl = 'https://usher.test'
const acsUrl = `${baseUrl}/saml/acme/acs`
const signInPath = `/demo/entra/${organisationId}/saml2`

async function newSimulator(changes: Partial<DemoOptions> = {}) {
  const made = await generate([{ name: 'commonName', value: 'Simulated Entra ID' }])
  const key = { privateKeyPem: made.private, certificatePem: made.cert }
  const app = fastify()
  await app.register(demoRoutes, {
    enabled: true,
    baseUrl,
    now: () => Date.now(),
    keys: async (id: string) => (id === organisationId ? key : undefined),
    ...changes,
  })

  const open = async (samlRequest: string, relayState = '') => {
    const query = new URLSearchParams({ SAMLRequest: samlRequest, RelayState: relayState })
    return app.inject(`${signInPath}?${query}`)
  }
  const choose = async (name: string, fields: Record<string, string>) => {
    const page = await open(fields.SAMLRequest ?? '')
    const person = personNamed(page.body, name)
    const form = new URLSearchParams({ person, plainClaims: 'on', ...fields })
    return app.inject({
      method: 'POST',
      url: `${signInPath}/sign-in`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: form.toString(),
    })
  }
  return { app, key, open, choose }
}

function personNamed(page: string, name: string): string {
  const tile = page.split('<li>').find((one) => one.includes(`<strong>${name}</strong>`))
  return /value="([^"]+)"/.exec(tile ?? '')?.[1] ?? ''
}

function requestFor(acs: string, changes: (xml: string) => string = (xml) => xml): string {
  const xml = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_abc" Version="2.0" IssueInstant="2026-03-01T12:00:00Z" AssertionConsumerServiceURL="${acs}"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">urn:usher:acme</saml:Issuer></samlp:AuthnRequest>`
  return deflateRawSync(changes(xml)).toString('base64')
}

function hiddenField(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? ''
}

test('a service provider of other hands accepts what the simulator posts', async () => {
  const { key, choose } = await newSimulator()
  const sp = new SAML({
    callbackUrl: acsUrl,
    issuer: 'urn:usher:acme',
    entryPoint: `${baseUrl}${signInPath}`,
    idpCert: key.certificatePem,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.always,
  })

  const start = new URL(await sp.getAuthorizeUrlAsync('state-1', undefined, {}))
  const page = await choose('Zoë O&#39;Brien-Müller', Object.fromEntries(start.searchParams))
  const SAMLResponse = hiddenField(page.body, 'SAMLResponse')
  const { profile } = await sp.validatePostResponseAsync({ SAMLResponse })

  expect(page.statusCode).toBe(200)
  expect(page.body).toContain(`action="${acsUrl}"`)
  expect(hiddenField(page.body, 'RelayState')).toBe('state-1')
  expect(profile).toMatchObject({
    nameID: 'zoe.obrienmuller@contoso.example',
    firstName: 'Zoë',
    lastName: "O'Brien-Müller",
  })
})

describe('Entra ID turns people away before Usher hears of them', () => {
  test.each([
    ['Lena Novak', 'AADSTS50057'],
    ['Omar Haddad', 'AADSTS50105'],
  ])('%s with %s', async (name, code) => {
    const { choose } = await newSimulator()

    const refused = await choose(name, { SAMLRequest: requestFor(acsUrl) })

    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain(code)
    expect(refused.body).not.toContain('SAMLResponse')
  })

  test('someone who does not exist with AADSTS50034', async () => {
    const { choose } = await newSimulator()

    const refused = await choose('Nobody', { SAMLRequest: requestFor(acsUrl), person: 'x' })

    expect(refused.statusCode).toBe(400)
    expect(refused.body).toContain('AADSTS50034')
  })
})

describe('a request that does not come from this Usher is refused', () => {
  test.each([
    ['another host', requestFor('https://evil.test/saml/acme/acs'), 'AADSTS50011'],
    ['a host that begins alike', requestFor('https://usher.test.evil.test/acs'), 'AADSTS50011'],
    ['credentials in the address', requestFor('https://usher.test@evil.test/'), 'AADSTS50011'],
    ['another scheme', requestFor('http://usher.test/saml/acme/acs'), 'AADSTS50011'],
    ['a script', requestFor('javascript:alert(1)'), 'AADSTS50011'],
    ['no address', requestFor(''), 'AADSTS50011'],
    ['no request', '', 'AADSTS750054'],
    ['no deflation', Buffer.from('<AuthnRequest/>').toString('base64'), 'AADSTS75005'],
    [
      'a bomb',
      deflateRawSync('<AuthnRequest '.padEnd(10_000_000)).toString('base64'),
      'AADSTS75005',
    ],
    ['a document type', requestFor(acsUrl, (xml) => `<!DOCTYPE a>${xml}`), 'AADSTS75005'],
    [
      'a LogoutRequest',
      requestFor(acsUrl, (xml) => xml.replaceAll('Authn', 'Logout')),
      'AADSTS75005',
    ],
    ['no issuer', requestFor(acsUrl, (xml) => xml.replace('urn:usher:acme', '')), 'AADSTS75005'],
    ['another version', requestFor(acsUrl, (xml) => xml.replace('2.0"', '1.1"')), 'AADSTS75005'],
  ])('%s', async (_what, samlRequest, code) => {
    const { open, choose } = await newSimulator()

    const page = await open(samlRequest)
    const posted = await choose('Ada Lovelace', { SAMLRequest: samlRequest })

    expect(page.statusCode).toBe(400)
    expect(page.body).toContain(code)
    expect(posted.statusCode).toBe(400)
    expect(posted.body).not.toContain('SAMLResponse')
  })
})

test('whatever is sent is shown as text, never as markup', async () => {
  const { open, choose } = await newSimulator({
    people: async () => [{ email: '"><i>@acme.test', firstName: '<script>', lastName: "'&" }],
  })
  const hostile = '"><script>alert(1)</script>'

  const pages = [
    await open(requestFor(acsUrl), hostile),
    await open(requestFor('https://&lt;script>/'.replace('>', '&gt;'))),
    await choose('Ada Lovelace', { SAMLRequest: requestFor(acsUrl), RelayState: hostile }),
  ]

  for (const page of pages) {
    const ours = page.body.replace('<script src="/demo/entra/post.js" defer></script>', '')
    expect(ours).not.toMatch(/<script|<i>|onerror/i)
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self' https://usher.test; frame-ancestors 'none'; base-uri 'none'",
    )
  }
  expect(pages[0]?.body).toContain('&lt;script&gt; &#39;&amp;')
})

test('a manager of the organisation can be chosen, and stands first', async () => {
  const ana = { email: 'ana@acme.test', firstName: 'Ana', lastName: 'Ruiz', note: 'You' }
  const { open, choose } = await newSimulator({ people: async () => [ana] })

  const page = await open(requestFor(acsUrl))
  const answer = await choose('Ana Ruiz', { SAMLRequest: requestFor(acsUrl) })

  expect(page.body.indexOf('Ana Ruiz')).toBeLessThan(page.body.indexOf('Ada Lovelace'))
  const xml = Buffer.from(hiddenField(answer.body, 'SAMLResponse'), 'base64').toString()
  expect(xml).toContain('>ana@acme.test</NameID>')
})

test('there is no script or style but from Usher itself', async () => {
  const { app, open } = await newSimulator()

  const page = await open(requestFor(acsUrl))
  const script = await app.inject('/demo/entra/post.js')
  const style = await app.inject('/demo/entra/style.css')

  expect(page.body).not.toMatch(/ style=| on\w+=|https?:\/\//)
  expect(script.headers['content-type']).toContain('text/javascript')
  expect(style.headers['content-type']).toContain('text/css')
})

test('the metadata is served for organisations that have a simulator, and only those', async () => {
  const { app } = await newSimulator()
  const other = organisationId.replace('8057', '8058')

  const served = await app.inject(`/demo/entra/${organisationId}/metadata`)
  const unknown = await app.inject(`/demo/entra/${other}/metadata`)
  const nonsense = await app.inject('/demo/entra/..%2f/metadata')

  expect(served.headers['content-type']).toContain('application/samlmetadata+xml')
  expect(served.body).toContain(`Location="${baseUrl}${signInPath}"`)
  expect([unknown.statusCode, nonsense.statusCode]).toEqual([404, 404])
})

test('in production, unless asked for, there is no simulator at all', async () => {
  const { app } = await newSimulator({ enabled: false })

  const metadata = await app.inject(`/demo/entra/${organisationId}/metadata`)
  const style = await app.inject('/demo/entra/style.css')

  expect([metadata.statusCode, style.statusCode]).toEqual([404, 404])
})
