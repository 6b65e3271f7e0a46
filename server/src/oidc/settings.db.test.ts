import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oidcBrowser, oidcInputOf, withOpenId } from '../../testing/openid-organisation.ts'
import { createOpenIdProvider, type OpenIdProvider } from '../../testing/openid-provider.ts'
import { createOrganisation } from '../../testing/organisation.ts'
import { keepOidcKey, keepSpKey } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'

const url = '/identity/login-method'
const minute = 60_000

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await createOpenIdProvider()
})
afterAll(() => provider.close())

/** An organisation that signs in by password, with a proved emergency account and this provider at hand. */
async function ready(at = provider) {
  const acme = withOpenId(await createOrganisation({ method: 'password' }), at)
  await acme.proveEmergency()
  return acme
}

async function connected() {
  const acme = await ready()
  const oidc = oidcInputOf(provider)
  const { id: testId } = await acme.testOidc({ oidc })
  const saved = await acme.api('PUT', url, { method: 'sso', oidc, testId })
  expect(saved.status).toBe(200)
  return { acme, oidc }
}

describe('connecting a provider', () => {
  test('LM-15, LM-16, LM-30: a test that lets the manager in is what saving asks for', async () => {
    const acme = await ready()
    const oidc = oidcInputOf(provider)

    const early = await acme.api('PUT', url, { method: 'sso', oidc })
    const { id: testId, page, test } = await acme.testOidc({ oidc })
    const saved = await acme.api('PUT', url, { method: 'sso', oidc, testId })

    expect(early).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(page.text).toContain('The test sign-in worked')
    expect(page).toMatchObject({ session: undefined })
    expect(test).toMatchObject({
      state: 'succeeded',
      code: null,
      resolved: { email: acme.manager.email, subject: `sub-of-${acme.manager.email}`, isYou: true },
    })
    expect(test.checks.map((check: { ok: boolean }) => check.ok)).not.toContain(false)
    expect(test.checks).toContainEqual({
      rule: 'The ID token is meant for this client',
      ok: true,
      expected: 'usher',
      received: 'usher',
    })
    expect(test.claims).toContainEqual({ name: 'email', values: [acme.manager.email] })
    expect(saved).toMatchObject({
      status: 200,
      body: {
        method: 'sso',
        saml: null,
        oidc: { issuer: provider.issuer, clientId: 'usher', clientSecretSet: true },
      },
    })
    expect(await acme.eventNames()).toEqual([
      'break_glass.created',
      'break_glass.used',
      'connection.tested',
      'connection.changed',
      'user.linked',
      'login_method.changed',
    ])
    expect((await acme.signInOidc(acme.manager)).status).toBe(303)
  })

  test('LM-30: the redirect URI is the organisation’s own, and reading it enables nothing', async () => {
    const acme = await createOrganisation()

    const { body } = await acme.api('GET', url)

    const base = `https://usher.example/oidc/${acme.id}`
    expect(body.relyingParty).toEqual({
      redirectUri: `${base}/callback`,
      jwksUrl: `${base}/jwks`,
    })
    expect(body).toMatchObject({ method: null, oidc: null })
    expect(await acme.eventNames()).toEqual([])
  })

  test('LM-30: the secret is never answered, recorded or stored as it was typed', async () => {
    const { acme } = await connected()

    const { text } = await acme.api('GET', url)

    const { rows } = await acme.storedConnection()
    const kept = text + JSON.stringify([await acme.events(), rows])
    expect(kept).not.toContain(provider.clientSecret)
    expect(kept).not.toContain(JSON.stringify(provider.clientSecret).slice(1, -1))
  })

  test('LM-17: left out, the secret stays and the settings are the same, so that no test is needed', async () => {
    const { acme, oidc } = await connected()
    const { clientSecret: _, ...without } = oidc

    const same = await acme.api('PUT', url, { method: 'sso', oidc: without })
    const typed = await acme.api('PUT', url, { method: 'sso', oidc })

    expect(same).toMatchObject({ status: 200, body: { oidc: { clientSecretSet: true } } })
    expect(typed.status).toBe(200)
    expect((await acme.signInOidc(acme.manager)).status).toBe(303)
  })

  test.each([
    ['the secret', { clientSecret: 'another' }],
    ['the client', { clientId: 'another' }],
    ['client authentication', { clientAuth: 'client_secret_post' }],
    ['the claim of the e-mail', { emailClaim: 'mail' }],
    ['the stable subject', { subjectClaim: 'oid' }],
    ['the claim of a name', { attributes: { firstName: 'first', lastName: 'lastName' } }],
  ])('LM-17: %s that differs from the test makes it stale', async (_, change) => {
    const acme = await ready()
    const oidc = oidcInputOf(provider)
    const { id: testId } = await acme.testOidc({ oidc })

    const refused = await acme.api('PUT', url, {
      method: 'sso',
      oidc: { ...oidc, ...change },
      testId,
    })

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_stale' } })
    expect((await acme.api('GET', url)).body).toMatchObject({ method: 'password', oidc: null })
  })

  test('LM-16: a test as somebody else, a failed one and an old one save nothing', async () => {
    const acme = await ready()
    const oidc = oidcInputOf(provider)
    const other = await acme.testOidc({ oidc }, {}, { email: 'bob@acme.test' })
    const failed = await acme.testOidc({ oidc }, { claims: { nonce: 'another' } })
    const old = await acme.testOidc({ oidc })
    acme.usher.clock.advance(5 * minute)
    const answers = [
      await acme.api('PUT', url, { method: 'sso', oidc, testId: other.id }),
      await acme.api('PUT', url, { method: 'sso', oidc, testId: failed.id }),
    ]
    acme.usher.clock.advance(26 * minute)
    const session = (await acme.signInByPassword(acme.manager.email, acme.manager.password)).session
    answers.push(
      await acme.api(
        'PUT',
        url,
        { method: 'sso', oidc, testId: old.id },
        { session: session ?? '' },
      ),
    )

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(3).fill([409, 'login_method.test_required']),
    )
    expect(other.test.resolved).toMatchObject({ email: 'bob@acme.test', isYou: false })
    expect(failed.test).toMatchObject({ state: 'failed', code: 'oidc.nonce_mismatch' })
    expect(failed.test.checks.at(-1)).toMatchObject({ ok: false, received: 'another' })
    expect(failed.page.text).toContain('found a problem')
  })

  test('LM-15: a test opens no session, creates nobody, and is another manager’s business only', async () => {
    const acme = await ready()
    const before = await acme.rows()

    const { id } = await acme.testOidc(
      { oidc: oidcInputOf(provider) },
      {},
      { email: 'x@acme.test' },
    )
    const elsewhere = await oidcBrowser(acme).leave(`?test=${id}`)

    expect(await acme.rows()).toEqual(before)
    expect(elsewhere.status).toBe(401)
  })

  test('LM-15: a test of a provider that is down tells the manager so', async () => {
    const down = await createOpenIdProvider()
    const acme = await ready(down)
    const started = await acme.api('POST', `${url}/tests`, { oidc: oidcInputOf(down) })
    down.fail({ discovery: 500 })
    acme.usher.clock.advance(11 * minute)
    const session = (await acme.signInByPassword(acme.manager.email, acme.manager.password)).session

    await acme.leave(`?test=${started.body.id}`, acme.session)

    const test = await acme.api('GET', `${url}/tests/${started.body.id}`, undefined, {
      session: session ?? '',
    })
    expect(test.body).toMatchObject({ state: 'failed', code: 'oidc.provider_refused' })
    await down.close()
  })

  test('LM-32: without a client of the installation Google can be neither tested nor chosen', async () => {
    const acme = await ready()

    const answers = [
      await acme.api('POST', `${url}/tests`, { google: {} }),
      await acme.api('PUT', url, { method: 'google' }),
    ]

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(2).fill([409, 'login_method.google_unavailable']),
    )
  })

  test('LM-19: SAML and OIDC in one body are two connections', async () => {
    const acme = await ready()
    const both = { saml: acme.samlInput, oidc: oidcInputOf(provider) }

    const saved = await acme.api('PUT', url, { method: 'sso', ...both })
    const tested = await acme.api('POST', `${url}/tests`, both)

    expect([saved, tested].map(({ status, body }) => [status, body.code])).toEqual(
      Array(2).fill([409, 'idm.connection_exists']),
    )
  })

  test('LM-19: changing from SAML to OIDC replaces the one connection, after its own test', async () => {
    const acme = withOpenId(await createOrganisation({ method: 'sso' }), provider)
    await acme.proveEmergency()
    const oidc = oidcInputOf(provider)

    const early = await acme.api('PUT', url, { method: 'sso', oidc })
    const { id: testId } = await acme.testOidc({ oidc })
    const saved = await acme.api('PUT', url, { method: 'sso', oidc, testId })

    expect(early).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(saved).toMatchObject({ status: 200, body: { saml: null, oidc: { clientId: 'usher' } } })
    expect((await acme.storedConnection()).rows).toHaveLength(1)
    expect((await acme.signInOidc(acme.manager)).status).toBe(303)
    expect((await acme.signIn(acme.manager)).status).toBe(403)
  })

  test.each([
    ['under password', { method: 'password' }, '/oidc'],
    ['under google', { method: 'google' }, '/oidc'],
  ])('LM-9: %s OIDC settings are not accepted', async (_, body, pointer) => {
    const acme = await ready()

    const refused = await acme.api('PUT', url, { ...body, oidc: oidcInputOf(provider) })

    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer, code: 'not_accepted' }] },
    })
  })
})

describe('the stored secret', () => {
  test('is never taken to another provider', async () => {
    const evil = await createOpenIdProvider()
    const { acme, oidc } = await connected()
    const { clientSecret: _, ...without } = oidc

    const moved = await acme.api('POST', `${url}/tests`, {
      oidc: { ...without, discoveryUrl: evil.discoveryUrl },
    })

    expect(moved).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/oidc/clientSecret', code: 'required' }] },
    })
    expect(evil.asked.token).toBe(0)
    await evil.close()
  })

  test('has to be entered the first time', async () => {
    const acme = await ready()
    const { clientSecret: _, ...without } = oidcInputOf(provider)

    const refused = await acme.api('POST', `${url}/tests`, { oidc: without })

    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/oidc/clientSecret', code: 'required' }] },
    })
  })
})

describe('a discovery URL', () => {
  test('may also be the issuer that it belongs to', async () => {
    const acme = await ready()

    const { test } = await acme.testOidc({
      oidc: { ...oidcInputOf(provider), discoveryUrl: `${provider.issuer}/` },
    })

    expect(test.state).toBe('succeeded')
  })

  test.each([
    ['loopback', 'http://127.0.0.1:9/', 'url.not_allowed'],
    ['a cloud’s metadata', 'http://169.254.169.254/', 'url.not_allowed'],
    ['a private network', 'https://10.0.0.1/', 'url.not_allowed'],
    ['plain http in public', 'http://93.184.215.14/', 'url.not_allowed'],
    ['another scheme', 'file:///etc/passwd', 'request.invalid'],
  ])('SE-8: of %s is not read', async (_, discoveryUrl, code) => {
    const acme = await ready()

    const refused = await acme.api('POST', `${url}/tests`, {
      oidc: { ...oidcInputOf(provider), discoveryUrl },
    })

    expect(refused).toMatchObject({ status: 400, body: { code } })
  })

  const unusable: [string, Record<string, unknown>, string][] = [
    ['of another issuer', { issuer: 'https://evil.example' }, 'of another issuer'],
    [
      'of every tenant of Microsoft',
      { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      'Use the one of your own',
    ],
    ['without a token endpoint', { token_endpoint: undefined }, 'token_endpoint'],
    ['without the code flow', { response_types_supported: ['id_token'] }, 'no code flow'],
    ['without S256', { code_challenge_methods_supported: ['plain'] }, 'PKCE'],
    [
      'that signs with shared secrets only',
      { id_token_signing_alg_values_supported: ['HS256', 'none'] },
      'who signed',
    ],
    [
      'that knows another client authentication',
      { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      'It knows private_key_jwt',
    ],
    ['with endpoints of another scheme', { token_endpoint: 'ftp://a.example' }, 'token_endpoint'],
  ]
  test.each(unusable)('LM-30: of a document %s is refused in words', async (_, metadata, words) => {
    const odd = await createOpenIdProvider({ metadata })
    const acme = await ready(odd)

    const refused = await acme.api('POST', `${url}/tests`, { oidc: oidcInputOf(odd) })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(refused.body.detail).toContain(words)
    await odd.close()
  })

  test('SE-8: that redirects to a private address leads nowhere', async () => {
    const acme = await ready()
    const moved = await createOpenIdProvider()
    moved.fail({ discovery: 302 })

    const refused = await acme.api('POST', `${url}/tests`, { oidc: oidcInputOf(moved) })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    await moved.close()
  })
})

test('the published key set is the organisation’s own, stays the same and holds no private part', async () => {
  const acme = await createOrganisation()
  const other = await createOrganisation()
  const keys = (id: string) => acme.send('GET', `/oidc/${id}/jwks`)

  const [first, second] = await Promise.all([keys(acme.id), keys(acme.id)])
  const elsewhere = await keys(other.id)

  expect(first.body).toEqual(second.body)
  expect(Object.keys(first.body.keys[0]).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  expect(elsewhere.body.keys[0].n).not.toBe(first.body.keys[0].n)
  expect(await acme.eventNames()).toEqual([])
})

test('of keys that are made at the same moment one counts, whichever protocol they are for', async () => {
  const acme = await createOrganisation()
  await acme.store(`delete from sp_keys where org_id = '${acme.id}'`)
  const each = Array.from({ length: 8 }, (_, at) => `${at}`)
  const { directory } = acme.usher

  const oidc = await Promise.all(
    each.map((privateKey) =>
      directory.change(acme.operator, (write) =>
        keepOidcKey(write, { id: newId(), privateKey, publicKey: '{}' }),
      ),
    ),
  )
  const saml = await Promise.all(
    each.map((privateKey) =>
      directory.change(acme.operator, (write) => keepSpKey(write, { privateKey, certificate: '' })),
    ),
  )

  expect(saml.flat()).toHaveLength(each.length)
  expect([
    new Set(oidc.map(({ id }) => id)).size,
    new Set(saml.flat().map(({ id }) => id)).size,
  ]).toEqual([1, 1])
})
