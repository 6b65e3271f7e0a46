import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oidcBrowser, withOpenId } from '../../testing/openid-organisation.ts'
import { createOpenIdProvider, type OpenIdProvider } from '../../testing/openid-provider.ts'
import { createOrganisation, startUsher, type Wish } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const url = '/identity/login-method'
const callback = '/oidc/google/callback'

let google: OpenIdProvider
beforeAll(async () => {
  google = await createOpenIdProvider({ clientId: 'installation', clientSecret: 'of Google' })
  const { issuer, clientId, clientSecret } = google
  await startUsher({ google: { issuer, clientId, clientSecret } })
})
afterAll(() => google.close())

async function createGoogleOrganisation(wish: Wish = {}) {
  const acme = await createOrganisation({ method: 'google', ...wish })
  return withOpenId(acme, google, oidcBrowser(acme, callback))
}

/** Somebody who was here before the organisation signed in with Google. */
async function bringOver(
  acme: Awaited<ReturnType<typeof createGoogleOrganisation>>,
  person: typeof ada,
) {
  await acme.api('POST', '/users', { ...person, roles: ['ROLE_USER'] })
  await acme.store(
    `update users set joined_by = 'self_service', last_sign_in_at = 1, pending_reason = 'method_changed' where org_id = '${acme.id}' and email_folded = '${person.email}'`,
  )
}

async function find(
  acme: { people(): Promise<{ email: string; status: string }[]> },
  email: string,
) {
  return (await acme.people()).find((user) => user.email === email)
}

describe('choosing Google', () => {
  test('LM-11: needs a test by the manager, bound to the required domain', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const own = withOpenId(acme, google, oidcBrowser(acme, callback))
    const settings = { workspaceDomain: `${acme.slug}.test` }
    const said = { claims: { hd: `${acme.slug}.test` } }

    const early = await own.api('PUT', url, { method: 'google', google: settings })
    const { id: testId, test } = await own.testOidc({ google: settings }, said)
    const other = await own.api('PUT', url, { method: 'google', google: {}, testId })
    const saved = await own.api('PUT', url, { method: 'google', google: settings, testId })

    expect(early).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(test).toMatchObject({ state: 'succeeded', resolved: { isYou: true } })
    expect(test.startUrl).toContain(`/oidc/${acme.id}/start?test=`)
    expect(other).toMatchObject({ status: 409, body: { code: 'login_method.test_stale' } })
    expect(saved).toMatchObject({
      status: 200,
      body: {
        method: 'google',
        googleAvailable: true,
        google: {
          workspaceDomain: `${acme.slug}.test`,
          redirectUri: `https://usher.example${callback}`,
        },
      },
    })
    expect(await own.eventNames()).toEqual([
      'connection.tested',
      'user.linked',
      'connection.changed',
      'login_method.changed',
    ])
    expect((await own.signInOidc(acme.manager, said)).status).toBe(303)
  })

  test('LM-11: a change of the required domain is tested like the first choice', async () => {
    const acme = await createGoogleOrganisation()

    const refused = await acme.api('PUT', url, {
      method: 'google',
      google: { workspaceDomain: 'acme.test' },
    })
    const same = await acme.api('PUT', url, { method: 'google', google: {} })

    expect(refused).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
    expect(same.status).toBe(200)
  })

  test('LM-32: a required domain that is no domain is refused beside its field', async () => {
    const acme = await createOrganisation({ method: 'password' })

    const refused = await acme.api('POST', `${url}/tests`, {
      google: { workspaceDomain: 'not a domain' },
    })

    expect(refused).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/google/workspaceDomain', code: 'domain' }] },
    })
  })
})

describe('signing in with Google', () => {
  test('LM-7: the sign-in page leads to Google, by the one redirect URI of the installation', async () => {
    const acme = await createGoogleOrganisation()

    const page = await acme.send('GET', `/api/v1/sign-in/${acme.slug}`)
    const left = await acme.leave()

    expect(page.body).toMatchObject({
      method: 'google',
      showPassword: false,
      connectionName: 'Google',
      startUrl: `https://usher.example/oidc/${acme.id}/start`,
    })
    const asked = new URL(left.location).searchParams
    expect(asked.get('client_id')).toBe('installation')
    expect(asked.get('redirect_uri')).toBe(`https://usher.example${callback}`)
    expect(asked.get('code_challenge_method')).toBe('S256')
  })

  test('MU-8, LM-32: a created person comes in with the matching account, and its subject is the key from then on', async () => {
    const acme = await createGoogleOrganisation()
    await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })

    const arrived = await acme.signInOidc(ada)
    const renamed = await acme.signInOidc(
      { ...ada, email: 'ada.king@acme.test' },
      { claims: { sub: `sub-of-${ada.email}` } },
    )

    expect([arrived.status, renamed.status]).toEqual([303, 303])
    expect(await find(acme, 'ada.king@acme.test')).toMatchObject({
      status: 'active',
      managedBy: 'portal',
      firstName: 'Ada',
    })
    expect(await acme.events('auth.succeeded')).toMatchObject([
      { data: { method: 'google', idp: google.issuer } },
      { data: { method: 'google' } },
    ])
  })

  test('LM-32: an unknown person is refused, without account and session', async () => {
    const acme = await createGoogleOrganisation()
    const before = await acme.rows()

    const refused = await acme.signInOidc(ada)

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({
      code: 'google.user_unknown',
      method: 'google',
      email: ada.email,
    })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test.each([
    ['says that it is not verified', false],
    ['says nothing of it', undefined],
    ['says so in other words', 'perhaps'],
  ])('LM-35: an address of which Google %s is refused', async (_, email_verified) => {
    const acme = await createGoogleOrganisation()
    await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })

    const refused = await acme.signInOidc(ada, { claims: { email_verified } })

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'oidc.email_unverified' })
    expect(await find(acme, ada.email)).toMatchObject({ status: 'pending' })
  })

  test.each([
    ['another Workspace', { hd: 'evil.example' }],
    ['no Workspace', {}],
    ['a Workspace that is no text', { hd: ['acme.test'] }],
  ])('LM-32: where a Workspace is required, an account of %s is refused', async (_, claims) => {
    const acme = await createGoogleOrganisation()
    await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })
    await acme.store(`update organisations set google_domain = 'acme.test' where id = '${acme.id}'`)

    const refused = await acme.signInOidc(ada, { claims })
    const attempt = await acme.lastAttempt()
    const own = await acme.signInOidc(ada, { claims: { hd: 'ACME.test' } })

    expect(refused.status).toBe(403)
    expect(attempt).toMatchObject({ code: 'google.user_unknown', expected: 'acme.test' })
    expect(own.status).toBe(303)
    expect(new URL((await acme.leave()).location).searchParams.get('hd')).toBe('acme.test')
  })

  test('LM-12: whoever was here before comes in where Google runs the mailbox', async () => {
    const acme = await createGoogleOrganisation({ verifiedDomains: [] })
    const grace = { ...ada, email: `grace.${acme.slug}@gmail.com` }
    await bringOver(acme, ada)
    await bringOver(acme, grace)

    const workspace = await acme.signInOidc(ada, { claims: { hd: 'acme.test' } })
    const gmail = await acme.signInOidc(grace)

    expect([workspace.status, gmail.status]).toEqual([303, 303])
  })

  test('JI-19: an address that Google verified once but does not run waits for a manager', async () => {
    const acme = await createGoogleOrganisation({ verifiedDomains: [] })
    await bringOver(acme, ada)

    const refused = await acme.signInOidc(ada)

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.adoption_pending' })
  })

  test('LM-34: a deactivated person is refused', async () => {
    const acme = await createGoogleOrganisation()
    const { body } = await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })
    await acme.api('PUT', `/users/${body.id}/disable`)

    const refused = await acme.signInOidc(ada)

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'user.deactivated' })
  })

  test('MU-8, IN-8: links are completed by an account with their address and no other', async () => {
    const acme = await createGoogleOrganisation({ verifiedDomains: [] })
    const created = await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })
    const activation = await acme.api('POST', `/users/${created.body.id}/activation-link`)
    const invited = await acme.api('POST', '/invitations', { emails: ['bob@acme.test'] })
    const eve = { ...ada, email: 'eve@acme.test' }
    const outcomes: unknown[] = []

    for (const [kind, link, person] of [
      ['activations', activation.body.activationLink, ada],
      ['invitations', invited.body.items[0].link, { ...ada, email: 'bob@acme.test' }],
    ]) {
      const token = String(link).split('/').at(-1)
      const { body } = await acme.send('GET', `/api/v1/${kind}/${token}`)
      const { search } = new URL(body.startUrl)
      const wrong = await acme.leave(search)
      const mismatch = await acme.comeBack(acme.consent(wrong, eve), wrong)
      const { code } = await acme.lastAttempt()
      const right = await acme.leave(search)
      const done = await acme.comeBack(acme.consent(right, person), right)
      outcomes.push([body.completes, mismatch.status, code, done.status])
    }

    expect(outcomes).toEqual([
      ['google', 403, 'activation.email_mismatch', 303],
      ['google', 403, 'invitation.email_mismatch', 303],
    ])
    expect(await find(acme, 'eve@acme.test')).toBeUndefined()
  })

  test('LM-8: Google opens nothing while it is not the login method', async () => {
    const acme = await createGoogleOrganisation()
    const left = await acme.leave()
    const query = acme.consent(left, acme.manager)
    await acme.store(`update organisations set login_method = 'password' where id = '${acme.id}'`)

    const refused = await acme.comeBack(query, left)

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'login_method.disabled' })
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test('LM-31: a state without a start, of another organisation or of none is refused', async () => {
    const acme = await createGoogleOrganisation()
    const other = await createGoogleOrganisation()
    const left = await acme.leave()
    const query = acme.consent(left, acme.manager)
    const [, secret] = (query.get('state') ?? '').split('.')

    const moved = await other.comeBack(
      new URLSearchParams({ code: 'a', state: `${other.id}.${secret}` }),
      left,
    )
    const nowhere = await acme.comeBack('code=a&state=b', left)
    const none = await acme.comeBack('code=a', left)

    expect(moved.status).toBe(403)
    expect(await other.lastAttempt()).toMatchObject({ code: 'oidc.state_mismatch' })
    expect([nowhere.status, none.status]).toEqual([404, 404])
    expect(await acme.eventNames()).toEqual([])
  })

  test('PV-6: OIDC JIT is not for Google', async () => {
    const acme = await createGoogleOrganisation()

    const refused = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })

    expect(refused).toMatchObject({ status: 409, body: { code: 'provisioning.sso_required' } })
  })
})
