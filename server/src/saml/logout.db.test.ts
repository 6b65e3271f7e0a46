import { describe, expect, test } from 'vitest'
import { createTestKey } from '../../testing/identity-provider.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const sessionIndex = '_session-1'
const strangeKey = createTestKey()

async function signedIn() {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
  const { session = '' } = await acme.signIn(ada, { sessionIndex })
  return { acme, session }
}

/** Whether the session still opens anything. */
async function opens(acme: TestOrganisation, session: string) {
  const me = await acme.send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
  return me.status === 200
}

type Logout = Parameters<TestOrganisation['idp']['logoutRequest']>[0]

function logoutOf(acme: TestOrganisation, changes: Partial<Logout> = {}) {
  const now = acme.usher.clock.now()
  const asked = { sloUrl: acme.sp.sloUrl, now, nameId: ada.email, sessionIndex, ...changes }
  return acme.idp.logoutRequest(asked)
}

const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }

async function bring(
  acme: TestOrganisation,
  binding: 'redirect' | 'post',
  message: { rawQuery: string; samlMessage: string; field: string },
) {
  const path = `/saml/${acme.id}/slo`
  if (binding === 'redirect') return acme.send('GET', `${path}?${message.rawQuery}`)
  const body = new URLSearchParams({ [message.field]: message.samlMessage }).toString()
  return acme.send('POST', path, body, form)
}

describe.each(['redirect', 'post'] as const)(
  'LM-25: a logout of the identity provider by %s',
  (binding) => {
    test('ends the session that it names and is answered', async () => {
      const { acme, session } = await signedIn()

      const answered = await bring(acme, binding, logoutOf(acme))

      expect(answered.status).toBe(303)
      expect(String(answered.headers.location)).toMatch(
        /^https:\/\/idp\.example\/saml\/slo\?SAMLResponse=/,
      )
      expect(await opens(acme, session)).toBe(false)
      expect(await acme.eventNames()).toEqual(['user.joined', 'auth.succeeded', 'auth.signed_out'])
    })

    test('ends nothing when it comes again, by either way, until its time has passed', async () => {
      const { acme } = await signedIn()
      const message = logoutOf(acme)
      await bring(acme, binding, message)
      const { session: since = '' } = await acme.signIn(ada, { sessionIndex })

      const again = await bring(acme, binding, message)
      const code = (await acme.lastAttempt()).code
      const otherWay = await bring(acme, binding === 'post' ? 'redirect' : 'post', message)
      const names = await acme.eventNames()
      acme.usher.clock.advance(7 * 60_000)
      const late = await bring(acme, binding, message)

      expect([again.status, otherWay.status, late.status]).toEqual([403, 403, 403])
      expect(code).toBe('saml.replayed')
      expect(await acme.lastAttempt()).toMatchObject({ code: 'saml.expired' })
      expect(await opens(acme, since)).toBe(true)
      expect(names.slice(3)).toEqual(['auth.succeeded', 'auth.failed', 'auth.failed'])
    })

    test('leaves other people and other sessions of the person alone', async () => {
      const { acme, session } = await signedIn()
      const second = await acme.signIn(ada, { sessionIndex: '_session-2' })
      const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
      const other = await acme.signIn(bob, { sessionIndex })

      await bring(acme, binding, logoutOf(acme))

      expect(await opens(acme, session)).toBe(false)
      expect(await opens(acme, second.session ?? '')).toBe(true)
      expect(await opens(acme, other.session ?? '')).toBe(true)
      expect(await opens(acme, acme.session)).toBe(true)
    })

    test.each<[string, Partial<Logout>, string, number]>([
      ['not signed', { signed: false }, 'saml.logout_unsigned', 400],
      ['signed by a strange key', { signing: { key: strangeKey } }, 'saml.logout_unsigned', 400],
      [
        'of another identity provider',
        { issuer: 'https://evil.example/' },
        'saml.issuer_mismatch',
        403,
      ],
    ])('%s ends nothing', async (_, changes, code, status) => {
      const { acme, session } = await signedIn()
      const before = await acme.rows()

      const refused = await bring(acme, binding, logoutOf(acme, changes))

      expect(refused.status).toBe(status)
      expect(await acme.lastAttempt()).toMatchObject({ code, method: 'saml logout' })
      expect(await opens(acme, session)).toBe(true)
      expect(await acme.rows()).toEqual(before)
      expect((await acme.eventNames()).slice(2)).toEqual(['auth.failed'])
    })

    test('addressed to another organisation ends nothing in either', async () => {
      const { acme, session } = await signedIn()
      const other = await createOrganisation({ method: 'sso', source: 'sso_jit', idp: acme.idp })
      const theirs = await other.signIn(ada, { sessionIndex })

      const refused = await bring(other, binding, logoutOf(acme))

      expect(refused.status).toBe(403)
      expect(await other.lastAttempt()).toMatchObject({ code: 'saml.destination_mismatch' })
      expect(await opens(other, theirs.session ?? '')).toBe(true)
      expect(await opens(acme, session)).toBe(true)
    })
  },
)

test('LM-25: signing out here leads to the identity provider, and its answer leads back', async () => {
  const { acme, session } = await signedIn()
  const csrf = await acme.csrfOf(session)
  const left = await acme.send('POST', '/api/v1/sign-out', undefined, {
    cookie: `usher_session=${session}`,
    'x-csrf-token': csrf,
  })
  const asked = new URL(left.body.redirect)
  const browser = /usher_browser=([^;]+)/.exec(String(left.headers['set-cookie']))?.[1] ?? ''
  const answer = acme.idp.logoutResponse({
    sloUrl: acme.sp.sloUrl,
    now: acme.usher.clock.now(),
    inResponseTo: asked.searchParams.get('RelayState') ?? '',
  })

  const back = await acme.send('GET', `/saml/${acme.id}/slo?${answer.rawQuery}`, undefined, {
    cookie: `usher_browser=${browser}`,
  })
  const again = await acme.send('GET', `/saml/${acme.id}/slo?${answer.rawQuery}`, undefined, {
    cookie: `usher_browser=${browser}`,
  })

  expect(asked.origin + asked.pathname).toBe(acme.idp.sloUrl)
  expect(await opens(acme, session)).toBe(false)
  expect(back).toMatchObject({ status: 303 })
  expect(back.headers.location).toBe(`/login/${acme.slug}?signedOut=1`)
  expect(again.status).toBe(403)
  expect((await acme.eventNames()).slice(2)).toEqual(['auth.signed_out', 'auth.failed'])
})
