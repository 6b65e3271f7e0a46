import { describe, expect, test } from 'vitest'
import {
  certificateFacts,
  createIdentityProvider,
  createTestKey,
} from '../../testing/identity-provider.ts'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'

const url = '/identity/login-method'
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const minute = 60_000
const day = 86_400_000

async function methodOf(acme: TestOrganisation) {
  return (await acme.api('GET', url)).body.method
}

/** An organisation that signs in by password and is one Save away from SSO. */
async function readyForSso() {
  const acme = await createOrganisation({ method: 'password' })
  await acme.proveEmergency()
  const { id: testId } = await acme.testSignIn()
  return { acme, testId }
}

describe('choosing', () => {
  test.each([
    ['a list', ['password', 'sso']],
    ['a list of one', ['password']],
    ['an unknown value', 'magic_link'],
    ['null', null],
    ['nothing', undefined],
    ['another letter case', 'Password'],
  ])('LM-1: %s is no login method', async (_, method) => {
    const acme = await createOrganisation()

    const refused = await acme.api('PUT', url, { method })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(await methodOf(acme)).toBeNull()
    expect(await acme.eventNames()).toEqual([])
  })

  test('LM-2: a method once set can change but never return to null', async () => {
    const acme = await createOrganisation()
    expect(await methodOf(acme)).toBeNull()

    const chosen = await acme.api('PUT', url, { method: 'password' })
    const undone = await acme.api('PUT', url, { method: null })

    expect(chosen).toMatchObject({ status: 200, body: { method: 'password' } })
    expect(undone.status).toBe(400)
    expect(await methodOf(acme)).toBe('password')
    expect(await acme.eventNames()).toEqual(['login_method.changed'])
  })

  test('LM-3: while no method is set the first manager signs in with the set-up password', async () => {
    const acme = await createOrganisation()

    const signedIn = await acme.signInByPassword(acme.manager.email, acme.manager.password)

    expect(signedIn.status).toBe(200)
    expect(signedIn.session).toBeDefined()
    expect(await acme.eventNames()).toEqual(['auth.succeeded'])
  })

  test('LM-3, LM-12: choosing the password that people have already takes nothing from anyone', async () => {
    const acme = await createOrganisation()
    const other = await acme.signInByPassword(acme.manager.email, acme.manager.password)

    const preview = await acme.api('POST', `${url}/preview`, { method: 'password' })
    await acme.api('PUT', url, { method: 'password' })

    expect(preview.body).toMatchObject({ becomePending: 0, sessionsToEnd: 0, linksToHandOver: 0 })
    expect((await acme.people()).map((one) => one.status)).toEqual(['active'])
    const again = await acme.api('GET', '/users', undefined, { session: other.session ?? '' })
    expect(again.status).toBe(200)
  })

  test('LM-4: while no method is set nobody can be added', async () => {
    const acme = await createOrganisation()
    const before = await acme.rows()

    const refused = await acme.api('POST', '/users', bob)

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.not_set' } })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual([])
  })

  test.each(['portal', 'sso_jit', 'scim', 'ldap'])(
    'LM-5: while no method is set the source cannot become %s',
    async (source) => {
      const acme = await createOrganisation()

      const refused = await acme.api('PUT', '/identity/provisioning', { source })

      expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.not_set' } })
      expect((await acme.api('GET', '/identity/provisioning')).body).toMatchObject({
        source: 'portal',
        configurable: false,
      })
    },
  )

  test.each([
    ['methods', ['password', 'google']],
    ['multipleLogin', true],
    ['legacy', true],
  ])('LM-6: no field %s brings several methods back', async (field, value) => {
    const acme = await createOrganisation()

    const refused = await acme.api('PUT', url, { method: 'password', [field]: value })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(await methodOf(acme)).toBeNull()
  })

  test.each([
    [undefined, { method: null, showPassword: true, connectionName: null, startUrl: null }],
    ['password', { method: 'password', showPassword: true, connectionName: null, startUrl: null }],
    ['google', { method: 'google', showPassword: false, connectionName: 'Google' }],
    ['sso', { method: 'sso', showPassword: false, connectionName: 'Entra ID' }],
  ] as const)('LM-7: the sign-in page shows only what %s needs', async (method, shown) => {
    const acme = await createOrganisation(method ? { method } : {})

    const page = await acme.send('GET', `/api/v1/sign-in/${acme.slug}`)

    expect(page).toMatchObject({ status: 200, body: shown })
    expect(page.body.organisation).toEqual({ name: 'Acme', slug: acme.slug })
  })

  test('LM-9: settings of another method are not accepted', async () => {
    const acme = await createOrganisation()

    const refused = await acme.api('PUT', url, { method: 'password', saml: acme.samlInput })

    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer: '/saml' }] },
    })
    expect(await methodOf(acme)).toBeNull()
  })
})

describe('LM-8: the server enforces the method', () => {
  test('a password is refused under SSO even when it is right, and the attempt is audited', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const refused = await acme.signInByPassword(acme.manager.email, acme.manager.password)

    expect(refused).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
    expect(refused.session).toBeUndefined()
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test('a stranger under SSO is told exactly the same', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const known = await acme.signInByPassword(acme.manager.email, acme.manager.password)
    const unknown = await acme.signInByPassword('nobody@acme.test', 'Something-else-8')

    expect(unknown.status).toBe(known.status)
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...known.body, requestId: '' })
  })

  test.each([undefined, 'password', 'google'] as const)(
    'a good SAML response opens nothing while the method is %s',
    async (method) => {
      const acme = await createOrganisation(method ? { method } : {})
      const before = await acme.rows()
      const response = acme.respondTo({ requestId: '_any' }, ada)

      const refused = await acme.postResponse(response, { browser: 'any' })

      expect(refused.status).toBe(403)
      expect(refused.session).toBeUndefined()
      expect(await acme.lastAttempt()).toMatchObject({ code: 'login_method.disabled' })
      expect(await acme.rows()).toEqual(before)
      expect(await acme.eventNames()).toEqual(['auth.failed'])
    },
  )

  test.each([undefined, 'password', 'google'] as const)(
    'single sign-on cannot be started while the method is %s',
    async (method) => {
      const acme = await createOrganisation(method ? { method } : {})

      expect((await acme.startSso()).status).toBe(403)
    },
  )

  test('a link that was sent while passwords were the method sets no password under SSO', async () => {
    const { acme, testId } = await readyForSso()
    const created = await acme.api('POST', '/users', bob)
    const link = await acme.api('POST', `/users/${created.body.id}/activation-link`)
    const token = link.body.activationLink.split('/').at(-1)
    await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })
    const begun = (await acme.events()).length

    const refused = await acme.send('POST', `/api/v1/activations/${token}`, {
      password: managerPassword,
    })

    const failure = { code: 'login_method.disabled', method: 'activation' }
    expect(refused).toMatchObject({ status: 403, body: { code: failure.code } })
    expect(await acme.lastAttempt()).toMatchObject({ ...failure, email: bob.email })
    expect((await acme.events()).slice(begun)).toMatchObject([
      { type: 'auth.failed', result: 'failure', subject: bob.email, data: failure },
    ])
  })
})

describe('switching', () => {
  test('LM-11: leaving SSO needs a password of one’s own', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const refused = await acme.api('PUT', url, { method: 'password' })

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(await methodOf(acme)).toBe('sso')
    expect(await acme.eventNames()).toEqual([])
  })

  test('LM-32: without a Google client the choice is refused', async () => {
    const acme = await createOrganisation()

    const refused = await acme.api('PUT', url, { method: 'google' })

    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'login_method.google_unavailable' },
    })
  })

  test('LM-10: the preview counts who is affected and changes nothing', async () => {
    const { acme } = await readyForSso()
    const stranger = await acme.join({ ...bob, email: 'bob@elsewhere.test' })
    const before = await acme.rows()
    const happened = await acme.eventNames()

    const preview = await acme.api('POST', `${url}/preview`, { method: 'sso' })

    expect(preview).toMatchObject({
      status: 200,
      body: {
        total: 2,
        withoutCredential: 2,
        unverifiedDomain: 2,
        sessionsToEnd: 1,
        becomePending: 1,
      },
    })
    expect(preview.body.examples.unverifiedDomain).toContainEqual({
      id: stranger.id,
      email: 'bob@elsewhere.test',
    })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(happened)
    expect(await methodOf(acme)).toBe('password')
  })

  test('LM-12, LM-13: on Save everyone else is Pending with a mail, and their sessions end', async () => {
    const { acme, testId } = await readyForSso()
    const { id, session } = await acme.join(bob, ['ROLE_VIEWER'])
    const before = (await acme.api('GET', `/users/${id}`)).body
    const mails = (await acme.mails()).length

    const saved = await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })

    expect(saved).toMatchObject({ status: 200, body: { method: 'sso' } })
    const after = (await acme.api('GET', `/users/${id}`)).body
    expect(after).toMatchObject({ status: 'pending', pendingReason: 'method_changed' })
    expect({ ...after, ...ignored }).toEqual({ ...before, ...ignored })
    expect((await acme.mails()).slice(mails)).toEqual([
      { template: 'method_changed', recipient: bob.email },
    ])
    const theirs = await acme.api('GET', `/users/${id}`, undefined, { session })
    expect(theirs).toMatchObject({ status: 401, body: { code: 'auth.required' } })
    expect((await acme.api('GET', `/users/${acme.manager.id}`)).body.status).toBe('active')
    expect((await acme.eventNames()).slice(-3)).toEqual([
      'connection.changed',
      'user.linked',
      'login_method.changed',
    ])
  })

  test('LM-12, LM-13: the first sign-in by the new method completes them under the same id', async () => {
    const { acme, testId } = await readyForSso()
    const { id } = await acme.join(bob, ['ROLE_VIEWER'])
    await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })

    const old = await acme.signInByPassword(bob.email, managerPassword)
    const arrived = await acme.signIn(bob)

    expect(old).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
    expect(arrived.status).toBe(303)
    expect((await acme.api('GET', `/users/${id}`)).body).toMatchObject({
      status: 'active',
      pendingReason: null,
      roles: ['ROLE_VIEWER'],
      joinedBy: 'created',
    })
  })

  test('LM-14: SSO cannot be left while SAML JIT is the source', async () => {
    const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })

    const refused = await acme.api('PUT', url, { method: 'password' })

    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'login_method.provisioning_active' },
    })
    expect(refused.body.detail).toContain('SAML JIT')
    expect(await methodOf(acme)).toBe('sso')
  })

  test('GE-5: a Save on settings that somebody changed meanwhile is refused and changes nothing', async () => {
    const { acme, testId } = await readyForSso()
    const seen = String((await acme.api('GET', url)).headers.etag)
    const provisioning = '/identity/provisioning'
    await acme.api('PUT', provisioning, { source: 'portal', selfService: { enabled: false } })
    const happened = await acme.eventNames()

    const refused = await acme.api(
      'PUT',
      url,
      { method: 'sso', saml: acme.samlInput, testId },
      { headers: { 'if-match': seen } },
    )

    expect(refused).toMatchObject({ status: 412, body: { code: 'request.stale' } })
    expect((await acme.api('GET', url)).body).toMatchObject({ method: 'password', saml: null })
    expect(await acme.eventNames()).toEqual(happened)
  })

  test('GE-5: of two managers who save at once on the same version, one wins', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const headers = { 'if-match': String((await acme.api('GET', url)).headers.etag) }
    const wish = { source: 'portal', selfService: { enabled: false } }

    const answers = await Promise.all(
      [1, 2].map(() => acme.api('PUT', '/identity/provisioning', wish, { headers })),
    )

    expect(answers.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 412])
    expect(await acme.eventNames()).toEqual(['provisioning.changed'])
  })
})

/** What a switch may change on a person. */
const ignored = { status: 0, pendingReason: 0, updatedAt: 0, updatedBy: 0, version: 0, mail: null }

describe('enforcing SSO', () => {
  test('LM-15: a test sign-in shows every claim and check, and signs nobody in', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const before = await acme.rows()

    const { page, test: tested } = await acme.testSignIn({ as: { ...ada, email: 'ada@acme.test' } })

    expect(page).toMatchObject({ status: 200, session: undefined })
    expect(tested).toMatchObject({
      state: 'succeeded',
      resolved: { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', isYou: false },
    })
    expect(tested.claims).toContainEqual({ name: 'firstName', values: ['Ada'] })
    expect(tested.checks.length).toBeGreaterThan(5)
    expect(await acme.rows()).toEqual(before)
    expect(await methodOf(acme)).toBe('password')
    expect(await acme.eventNames()).toEqual(['connection.tested'])
  })

  test('LM-15: a failed test tells the expected and the received value, and what to change', async () => {
    const acme = await createOrganisation({ method: 'password' })

    const { test: tested } = await acme.testSignIn({
      changes: { audience: 'https://elsewhere.example/' },
    })

    expect(tested).toMatchObject({ state: 'failed', code: 'saml.audience_mismatch' })
    expect(tested.remedy).not.toBe('')
    const failed = tested.checks.filter((check: { ok: boolean }) => !check.ok)
    expect(failed).toMatchObject([
      { expected: acme.sp.entityId, received: 'https://elsewhere.example/' },
    ])
  })

  test('LM-15: another person of the organisation can neither run nor see the test', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const { session } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
    const started = await acme.api('POST', `${url}/tests`, { saml: acme.samlInput })

    const seen = await acme.api('GET', `${url}/tests/${started.body.id}`, undefined, { session })
    const run = await acme.startSso(`?test=${started.body.id}`, session)
    const anonymous = await acme.startSso(`?test=${started.body.id}`, '')

    expect(seen.status).toBe(404)
    expect(run.status).toBe(404)
    expect(anonymous.status).toBe(401)
  })

  test('LM-16: after a good test the settings are saved, and the manager is known by them', async () => {
    const { acme, testId } = await readyForSso()

    const saved = await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })

    expect(saved.status).toBe(200)
    const details = (await acme.api('GET', `/users/${acme.manager.id}`)).body
    expect(details.identities).toMatchObject([
      { issuer: acme.idp.entityId, subject: acme.manager.email },
    ])
    expect((await acme.signIn(acme.manager)).status).toBe(303)
  })

  test.each([
    ['no test', async () => undefined],
    ['a test of nobody', async () => '01900000-0000-7000-8000-000000000000'],
    [
      'a failed test',
      async (acme: TestOrganisation) => (await acme.testSignIn({ changes: { sign: 'none' } })).id,
    ],
    [
      'a test that was started and never finished',
      async (acme: TestOrganisation) =>
        (await acme.api('POST', `${url}/tests`, { saml: acme.samlInput })).body.id,
    ],
    [
      'a test that signed in as somebody else',
      async (acme: TestOrganisation) => (await acme.testSignIn({ as: ada })).id,
    ],
    [
      'a test by another manager',
      async (acme: TestOrganisation) => {
        const { session } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
        return (await acme.testSignIn({ session, as: bob })).id
      },
    ],
    [
      'a test older than thirty minutes',
      async (acme: TestOrganisation) => {
        const { id } = await acme.testSignIn()
        acme.usher.clock.advance(30 * minute + 1_000)
        return id
      },
    ],
  ])('LM-16: %s does not open SSO', async (_, prepare) => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.proveEmergency()
    const testId = await prepare(acme)
    const { session } = await acme.signInByPassword(acme.manager.email, acme.manager.password)
    const happened = await acme.eventNames()

    const refused = await acme.api(
      'PUT',
      url,
      { method: 'sso', saml: acme.samlInput, ...(testId && { testId }) },
      { session: session ?? '' },
    )

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(await methodOf(acme)).toBe('password')
    expect(await acme.eventNames()).toEqual(happened)
  })

  test.each([
    ['one certificate more', (acme: TestOrganisation) => withCertificate(acme)],
    [
      'IdP-initiated sign-in allowed',
      (acme: TestOrganisation) => ({ ...acme.samlInput, allowIdpInitiated: true }),
    ],
    [
      'another claim for the first name',
      (acme: TestOrganisation) => ({
        ...acme.samlInput,
        attributes: { firstName: 'given', lastName: 'lastName' },
      }),
    ],
    [
      'the e-mail from a claim',
      (acme: TestOrganisation) => ({ ...acme.samlInput, emailFrom: { claim: 'mail' } }),
    ],
    [
      'requests not signed',
      (acme: TestOrganisation) => ({ ...acme.samlInput, signAuthnRequests: false }),
    ],
    [
      'another name on the sign-in page',
      (acme: TestOrganisation) => ({ ...acme.samlInput, connectionName: 'Google' }),
    ],
    [
      'another kind of identity provider',
      (acme: TestOrganisation) => ({ ...acme.samlInput, provider: 'okta' }),
    ],
    [
      'names kept as they were at first',
      (acme: TestOrganisation) => ({
        ...acme.samlInput,
        refresh: { firstName: 'first_sign_in', lastName: 'first_sign_in' },
      }),
    ],
  ])('LM-17: with %s the test is stale and the old settings stay live', async (_, change) => {
    const { acme, testId } = await readyForSso()

    const refused = await acme.api('PUT', url, { method: 'sso', saml: change(acme), testId })

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_stale' } })
    expect((await acme.api('GET', url)).body).toMatchObject({ method: 'password', saml: null })
  })

  test('LM-16, LM-17: live SSO settings change only with a test, and stay in force until then', async () => {
    const { acme, testId } = await readyForSso()
    await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })
    const saml = withCertificate(acme)

    const refused = await acme.api('PUT', url, { method: 'sso', saml })
    const stale = await acme.api('PUT', url, { method: 'sso', saml, testId })
    const live = (await acme.api('GET', url)).body.saml
    const tested = await acme.testSignIn({ saml })
    const saved = await acme.api('PUT', url, { method: 'sso', saml, testId: tested.id })

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(stale).toMatchObject({ status: 409, body: { code: 'login_method.test_stale' } })
    expect(live.certificates).toHaveLength(1)
    expect(saved.status).toBe(200)
    expect(saved.body.saml.certificates).toHaveLength(2)
    expect((await acme.events('login_method.changed')).length).toBe(1)
  })

  test('LM-18: SSO needs an emergency account', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const { id: testId } = await acme.testSignIn()

    const refused = await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })

    expect(refused).toMatchObject({ status: 409, body: { code: 'break_glass.required' } })
  })

  test('LM-18: an emergency account that never signed in proves nothing', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.createEmergency()
    const { id: testId } = await acme.testSignIn()

    const refused = await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, testId })

    expect(refused).toMatchObject({ status: 409, body: { code: 'break_glass.unproven' } })
  })

  test('LM-18, SE-14: after ninety days without a drill the account counts as unproven', async () => {
    const acme = await createOrganisation({ method: 'password' })
    await acme.proveEmergency()
    acme.usher.clock.advance(90 * day + minute)
    const { session = '' } = await acme.signInByPassword(acme.manager.email, acme.manager.password)
    const { id: testId } = await acme.testSignIn({ session })

    const refused = await acme.api(
      'PUT',
      url,
      { method: 'sso', saml: acme.samlInput, testId },
      { session },
    )

    expect(refused).toMatchObject({ status: 409, body: { code: 'break_glass.unproven' } })
  })

  test('LM-19: one connection, SAML or OIDC, never two', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const oidc = { discoveryUrl: 'https://idp.example', clientId: 'a', clientSecret: 'b' }

    const both = await acme.api('PUT', url, { method: 'sso', saml: acme.samlInput, oidc })

    expect(both).toMatchObject({ status: 409, body: { code: 'idm.connection_exists' } })
    expect(await methodOf(acme)).toBe('password')
  })
})

function withCertificate(acme: TestOrganisation) {
  return {
    connectionName: 'Entra ID',
    provider: 'entra',
    idpEntityId: acme.idp.entityId,
    ssoUrl: acme.idp.ssoUrl,
    sloUrl: acme.idp.sloUrl,
    certificates: [acme.idp.certificatePem, nextKey.certificatePem],
  }
}

const nextKey = createTestKey()

describe('SAML settings', () => {
  test('LM-20: the values to copy are the organisation’s own, and reading them enables nothing', async () => {
    const acme = await createOrganisation()

    const { body } = await acme.api('GET', url)
    const metadata = await acme.send('GET', `/saml/${acme.id}/metadata`)

    expect(body.serviceProvider).toMatchObject({
      acsUrl: acme.sp.acsUrl,
      entityId: acme.sp.entityId,
      metadataUrl: acme.sp.entityId,
    })
    expect(metadata.status).toBe(200)
    expect(metadata.text).toContain(`entityID="${acme.sp.entityId}"`)
    expect(await methodOf(acme)).toBeNull()
    expect(await acme.eventNames()).toEqual([])
  })

  test.each([
    [
      'no certificate',
      { idpEntityId: 'urn:idp', ssoUrl: 'https://idp.example/sso' },
      'saml.certificate_required',
    ],
    ['metadata that is no XML', { metadataXml: 'hello' }, 'saml.metadata_invalid'],
    ['metadata of something else', { metadataXml: '<html/>' }, 'saml.metadata_invalid'],
    ['no entity ID', { ssoUrl: 'https://idp.example/sso', certificates: [] }, 'request.invalid'],
    ['nothing at all', {}, 'request.invalid'],
  ])('LM-21: %s is refused', async (_, saml, code) => {
    const acme = await createOrganisation({ method: 'password' })

    const refused = await acme.api('PUT', url, { method: 'sso', saml })

    expect(refused).toMatchObject({ status: 400, body: { code } })
    expect(await methodOf(acme)).toBe('password')
  })

  test.each([
    ['the present one', undefined],
    ['the next one', nextKey],
  ])('LM-22: with two certificates a signature by %s passes', async (_, key) => {
    const idp = createIdentityProvider()
    const two = await createOrganisation({
      method: 'sso',
      source: 'sso_jit',
      idp,
      settings: () => ({
        certificates: [idp.key, nextKey].map((one) => certificateFacts(one.certificatePem)),
      }),
    })

    const arrived = await two.signIn(ada, key ? { signing: { key } } : {})

    expect(arrived.status).toBe(303)
    const shown = (await two.api('GET', url)).body.saml.certificates
    expect(shown).toHaveLength(2)
    for (const one of shown) {
      expect(one.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
      expect(one.notAfter).toBeGreaterThan(two.usher.clock.now())
    }
  })

  test('LM-23: the request is signed, names this organisation and carries the e-mail as hint', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const { request } = await acme.startSso('?loginHint=ada%40acme.test')

    expect(request).toMatchObject({
      issuer: acme.sp.entityId,
      destination: acme.idp.ssoUrl,
      signed: true,
      loginHint: 'ada@acme.test',
    })
  })

  test('LM-24: an unsolicited response is refused unless IdP-initiated sign-in is allowed', async () => {
    const closed = await createOrganisation({ method: 'sso', source: 'sso_jit' })
    const open = await createOrganisation({
      method: 'sso',
      source: 'sso_jit',
      saml: { allowIdpInitiated: true },
    })

    const answers = await Promise.all(
      [closed, open].map((acme) =>
        acme.postResponse(acme.respondTo({ requestId: '' }, ada, { inResponseTo: undefined }), {
          browser: '',
        }),
      ),
    )

    expect(answers.map((one) => one.status)).toEqual([403, 303])
    expect(await closed.lastAttempt()).toMatchObject({ code: 'saml.unsolicited' })
    expect(await closed.eventNames()).toEqual(['auth.failed'])
    expect(await open.eventNames()).toEqual(['user.joined', 'auth.succeeded'])
  })

  test('LM-28: the person sees a reference, the manager the code, the values and the remedy, once', async () => {
    const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })

    const refused = await acme.signIn(ada, { audience: 'https://elsewhere.example/' })

    const attempt = await acme.lastAttempt()
    expect(refused.status).toBe(403)
    expect(refused.text).toContain(attempt.reference)
    for (const told of ['saml.', 'audience', 'elsewhere', ada.email]) {
      expect(refused.text).not.toContain(told)
    }
    expect(attempt).toMatchObject({
      result: 'failure',
      code: 'saml.audience_mismatch',
      expected: acme.sp.entityId,
      received: 'https://elsewhere.example/',
    })
    expect(attempt.rule).toMatch(/service provider/)
    expect(attempt.remedy).toMatch(/\w/)
    expect(attempt.idpScreen).toMatch(/\w/)
    expect(attempt.redactedXml).toContain('AudienceRestriction')
    expect(attempt.redactedXml).not.toMatch(/<ds:SignatureValue>[^<]{20}/)
    expect(await acme.events()).toMatchObject([
      {
        type: 'auth.failed',
        result: 'failure',
        data: { code: 'saml.audience_mismatch', reference: attempt.reference },
      },
    ])
    const found = await acme.api('GET', `/sign-in-log?search=${attempt.reference.toLowerCase()}`)
    expect(found.body.items).toHaveLength(1)
  })

  test('LM-28: a test whose answer belongs to no open test is in the log like any other attempt', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const started = await acme.api('POST', `${url}/tests`, { saml: acme.samlInput })
    const left = await acme.startSso(`?test=${started.body.id}`)

    const refused = await acme.postResponse(acme.respondTo({ requestId: '_other' }, ada), left)

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({
      code: 'saml.in_response_to_mismatch',
      test: true,
    })
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test('LM-29: the e-mail comes from a claim when the settings say so', async () => {
    const acme = await createOrganisation({
      method: 'sso',
      source: 'sso_jit',
      saml: { emailFrom: { claim: 'mail' } },
    })

    const arrived = await acme.signIn(ada, {
      nameId: 'S-1-5-21-4711',
      nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      attributes: { firstName: 'Ada', lastName: 'Lovelace', mail: 'ada@acme.test' },
    })

    expect(arrived.status).toBe(303)
    expect((await acme.people()).map((one) => one.email)).toContain('ada@acme.test')
  })
})

describe('people who may not come in', () => {
  test('LM-33: an unknown e-mail is refused while the source is the portal', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const before = await acme.rows()

    const refused = await acme.signIn(ada)

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({ code: 'sso.user_unknown' })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test('LM-34: a deactivated person is refused under the password, and nothing is written', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const { id } = await acme.join(bob)
    await acme.api('PUT', `/users/${id}/disable`)
    const before = await acme.rows()

    const refused = await acme.signInByPassword(bob.email, managerPassword)

    expect(refused).toMatchObject({ status: 403, body: { code: 'user.deactivated' } })
    expect(refused.session).toBeUndefined()
    expect(await acme.rows()).toEqual(before)
    expect((await acme.eventNames()).slice(-2)).toEqual(['user.deactivated', 'auth.failed'])
  })

  test.each(['password', 'sso'] as const)(
    'LM-34: a person on hold is refused under %s',
    async (method) => {
      const acme = await createOrganisation({ method })
      const { id } = await acme.join(bob)
      await acme.store(`update users set held = 1 where id = '${id}'`)
      const before = await acme.rows()

      const refused =
        method === 'sso'
          ? await acme.signIn(bob)
          : await acme.signInByPassword(bob.email, managerPassword)

      expect(refused).toMatchObject({ status: 403, session: undefined })
      expect(await acme.lastAttempt()).toMatchObject({ code: 'user.deactivated' })
      expect(await acme.rows()).toEqual(before)
    },
  )

  test('LM-35: a right password with an unproved address opens nothing', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const { id } = await acme.join(bob)
    await acme.store(`update users set email_verified_at = null where id = '${id}'`)

    const refused = await acme.signInByPassword(bob.email, managerPassword)
    const wrong = await acme.signInByPassword(bob.email, 'Wrong-horse-7')

    expect(refused).toMatchObject({ status: 403, body: { code: 'email.not_verified' } })
    expect(refused.session).toBeUndefined()
    expect(wrong).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
  })

  test.each([
    ['Ab1-xyz', ['length']],
    [`Ab1-${'x'.repeat(125)}`, ['length']],
    ['lowercaseonly', ['classes']],
    ['lowercase-and-hyphen', ['classes']],
    ['Password1', ['leaked']],
    ['qwerty', ['length', 'classes', 'leaked']],
  ])('LM-36: the password %s breaks %j', async (password, faults) => {
    const acme = await createOrganisation({ method: 'password' })
    const created = await acme.api('POST', '/users', bob)
    const link = await acme.api('POST', `/users/${created.body.id}/activation-link`)
    const token = link.body.activationLink.split('/').at(-1)

    const refused = await acme.send('POST', `/api/v1/activations/${token}`, { password })
    const after = await acme.send('POST', `/api/v1/activations/${token}`, {
      password: managerPassword,
    })

    expect(refused).toMatchObject({ status: 400, body: { code: 'password.too_weak' } })
    expect(refused.body.errors.map((one: { code: string }) => one.code)).toEqual(faults)
    expect(refused.text).not.toContain(password)
    expect(after.status).toBe(200)
  })

  test.each([
    ['POST', '/users', { ...bob, password: 'Correct-horse-7' }],
    ['PATCH', '/users/self', { password: 'Correct-horse-7' }],
  ])('LM-38: a manager sets no password by %s %s', async (method, path, body) => {
    // Nothing listens there: what counts is that the organisation sends its mail.
    const acme = await createOrganisation({ method: 'password', mailbox: { port: 9 } })

    const refused = await acme.api(method, path.replace('self', acme.manager.id), body)

    expect(refused).toMatchObject({ status: 400, body: { code: 'user.password_not_allowed' } })
    expect(await acme.eventNames()).toEqual([])
  })
})
