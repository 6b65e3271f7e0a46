import { describe, expect, test } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  oneTimeCode,
  startUsher,
  type TestOrganisation,
} from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const password = { method: 'password' } as const
const jit = { method: 'sso', source: 'sso_jit' } as const
const minute = 60_000
const hour = 60 * minute

async function opens(acme: TestOrganisation, session: string | undefined) {
  const me = await acme.send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
  return me.status === 200
}

async function cookiesOf(acme: TestOrganisation) {
  const started = await acme.send('GET', `/saml/${acme.id}/start`)
  const arrived = await acme.signIn(ada)
  const cookies = [started, arrived].flatMap((one) => [one.headers['set-cookie'] ?? []].flat())
  return cookies.map((cookie) => cookie.split('; '))
}

describe('SE-1: a session ends', () => {
  test('after sixty minutes without use', async () => {
    const acme = await createOrganisation(password)

    acme.usher.clock.advance(59 * minute)
    const used = await opens(acme, acme.session)
    acme.usher.clock.advance(59 * minute)
    const usedAgain = await opens(acme, acme.session)
    acme.usher.clock.advance(61 * minute)
    const idle = await opens(acme, acme.session)

    expect([used, usedAgain, idle]).toEqual([true, true, false])
  })

  test('after twelve hours, however busy it is', async () => {
    const acme = await createOrganisation(password)
    const seen: boolean[] = []

    for (let half = 1; half <= 24; half += 1) {
      acme.usher.clock.advance(hour / 2)
      seen.push(await opens(acme, acme.session))
    }

    expect(seen).toEqual([...Array(23).fill(true), false])
  })

  test('at the end that the identity provider set', async () => {
    const acme = await createOrganisation(jit)
    const until = new Date(acme.usher.clock.now() + 10 * minute).toISOString()
    const { session } = await acme.signIn(ada, { sessionNotOnOrAfter: until })

    const early = await opens(acme, session)
    acme.usher.clock.advance(10 * minute + 1_000)

    expect([early, await opens(acme, session)]).toEqual([true, false])
  })

  test('when its person signs out, and only that one', async () => {
    const acme = await createOrganisation(password)
    const { session = '' } = await acme.signInByPassword(acme.manager.email, managerPassword)

    const out = await acme.send('POST', '/api/v1/sign-out', undefined, {
      cookie: `usher_session=${session}`,
      'x-csrf-token': await acme.csrfOf(session),
    })

    expect(out.status).toBe(200)
    expect(await opens(acme, session)).toBe(false)
    expect(await opens(acme, acme.session)).toBe(true)
    expect(await acme.eventNames()).toEqual(['auth.succeeded', 'auth.signed_out'])
  })

  test('when a manager ends it', async () => {
    const acme = await createOrganisation(password)
    const { id, session } = await acme.join(bob)
    const { items } = (await acme.api('GET', `/users/${id}/sessions`)).body

    await acme.api('DELETE', `/users/${id}/sessions/${items[0].id}`)

    expect(await opens(acme, session)).toBe(false)
  })
})

describe('SE-2: a session', () => {
  test('is bound to its organisation: the same secret under another id opens nothing', async () => {
    const [acme, other] = [await createOrganisation(password), await createOrganisation(password)]
    const secret = acme.session.split('.')[1]

    expect(await opens(other, `${other.id}.${secret}`)).toBe(false)
    expect(await opens(acme, acme.session)).toBe(true)
  })

  test('is a fresh one at every sign-in, and travels in a Secure, HttpOnly, SameSite cookie', async () => {
    const acme = await createOrganisation(jit)

    const cookies = await cookiesOf(acme)

    const named = (name: string) => cookies.filter(([pair]) => pair?.startsWith(`${name}=`))
    expect(named('usher_session')).toHaveLength(1)
    expect(named('usher_browser').length).toBeGreaterThan(0)
    for (const cookie of cookies) {
      expect(cookie).toContain('HttpOnly')
      expect(cookie).toContain('Secure')
      expect(cookie.join(';')).toMatch(/SameSite=(Lax|None)/)
      expect(cookie.join(';')).not.toContain('Domain=')
    }
    const [first, second] = [await acme.signIn(ada), await acme.signIn(ada)]
    expect(first.session).not.toBe(second.session)
  })

  test('SE-7: stands in the database as a hash', async () => {
    const acme = await createOrganisation(password)
    const rows = await acme.usher.store.read
      .selectFrom('sessions')
      .selectAll()
      .where('org_id', '=', acme.id)
      .execute()

    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(acme.session.split('.')[1])
  })

  test.each(['', 'x', '.', 'null.null', `${'0'.repeat(36)}.x`, "' or 1=1 --"])(
    'is not opened by the cookie %j',
    async (cookie) => {
      const acme = await createOrganisation(password)

      expect(await opens(acme, encodeURIComponent(cookie))).toBe(false)
    },
  )
})

describe('SE-4: signing in by password', () => {
  test('answers alike for a wrong password, an unknown person and no address at all', async () => {
    const acme = await createOrganisation(password)
    await acme.api('POST', '/users', ada)
    const tries = [acme.manager.email, 'nobody@acme.test', ada.email, 'not an address']

    const answers = await Promise.all(
      tries.map((email) => acme.signInByPassword(email, 'Wrong-horse-7')),
    )

    const [first] = answers
    expect(first).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
    for (const answer of answers) {
      expect({ ...answer.body, requestId: '' }).toEqual({ ...first?.body, requestId: '' })
      expect(answer.session).toBeUndefined()
    }
    expect(await acme.events('auth.failed')).toHaveLength(4)
  })

  test('a person of another organisation is a stranger here', async () => {
    const [acme, other] = [await createOrganisation(password), await createOrganisation(password)]

    const refused = await acme.signInByPassword(other.manager.email, managerPassword)

    expect(refused).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
    expect(await other.eventNames()).toEqual([])
  })

  test('takes the address in any letter case and leads back to a path of the portal only', async () => {
    const acme = await createOrganisation(password)
    const url = `/api/v1/sign-in/${acme.slug}/password`
    const body = { email: acme.manager.email.toUpperCase(), password: managerPassword }

    const places = await Promise.all(
      ['/o/x/settings', 'https://evil.example', '//evil.example', '/\\evil.example'].map(
        async (returnTo) => (await acme.send('POST', url, { ...body, returnTo })).body.returnTo,
      ),
    )

    const home = `/o/${acme.slug}`
    expect(places).toEqual(['/o/x/settings', home, home, home])
  })

  test('SE-5: is not taken from the page of another site', async () => {
    const acme = await createOrganisation(password)

    const refused = await acme.send(
      'POST',
      `/api/v1/sign-in/${acme.slug}/password`,
      { email: acme.manager.email, password: managerPassword },
      { origin: 'https://evil.example' },
    )

    expect(refused).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
    expect(await acme.eventNames()).toEqual([])
  })
})

describe('SE-6: a sensitive act needs a sign-in within ten minutes', () => {
  const acts: [string, string, string, ((acme: TestOrganisation) => object) | undefined][] = [
    ['the login method', 'PUT', '/identity/login-method', () => ({ method: 'password' })],
    ['the source', 'PUT', '/identity/provisioning', () => ({ source: 'portal' })],
    [
      'an emergency account',
      'POST',
      '/break-glass-accounts',
      () => ({ email: 'emergency@acme.test', password: managerPassword }),
    ],
    ['its removal', 'DELETE', '/break-glass-accounts/{emergency}', undefined],
    ['a deletion', 'DELETE', '/users/{user}', undefined],
  ]

  test.each(acts)('%s', async (_, method, template, body) => {
    const acme = await createOrganisation(password)
    const emergency = await acme.createEmergency()
    const user = (await acme.api('POST', '/users', ada)).body.id
    await acme.api('PUT', `/users/${user}/disable`)
    const path = template.replace('{emergency}', emergency.id).replace('{user}', user)
    acme.usher.clock.advance(10 * minute + 1_000)
    const before = await acme.rows()

    const stale = await acme.api(method, path, body?.(acme))
    const after = await acme.rows()
    const { session = '' } = await acme.signInByPassword(acme.manager.email, managerPassword)
    const fresh = await acme.api(method, path, body?.(acme), { session })

    expect(stale).toMatchObject({ status: 403, body: { code: 'auth.reauth_required' } })
    expect(after).toEqual(before)
    expect(fresh.status).toBeLessThan(300)
  })

  test('everyday acts do not', async () => {
    const acme = await createOrganisation(password)
    acme.usher.clock.advance(11 * minute)

    expect((await acme.api('POST', '/users', ada)).status).toBe(201)
  })
})

describe('emergency access', () => {
  test.each([undefined, 'password', 'google', 'sso'] as const)(
    'SE-12: opens while the login method is %s, as a manager',
    async (method) => {
      const acme = await createOrganisation(method ? { method } : {})

      const { session } = await acme.proveEmergency()

      const list = await acme.api('GET', '/users', undefined, { session })
      expect(list.status).toBe(200)
      const me = await acme.send('GET', '/api/v1/me', undefined, {
        cookie: `usher_session=${session}`,
      })
      expect(me.body.user).toMatchObject({ roles: ['ROLE_MANAGER'], breakGlass: true })
    },
  )

  test('SE-12: needs password and code together, each alone is not enough', async () => {
    const acme = await createOrganisation(password)
    const account = await acme.createEmergency()
    const code = oneTimeCode(account.secret, acme.usher.clock.now())
    const otherCode = code === '000000' ? '111111' : '000000'

    const refused = [
      await acme.signInEmergency(account, { password: 'Wrong-horse-7' }),
      await acme.signInEmergency(account, { code: otherCode }),
      await acme.signInEmergency({ ...account, email: 'nobody@acme.test' }),
      await acme.signInEmergency({ ...account, email: acme.manager.email }),
    ]

    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
      expect(answer.session).toBeUndefined()
      expect(answer.body.detail).toBe(refused[0]?.body.detail)
    }
    expect((await acme.eventNames()).slice(1)).toEqual(Array(4).fill('auth.failed'))
  })

  test('SE-12: a code works once, and no older one after it', async () => {
    const acme = await createOrganisation(password)
    const account = await acme.createEmergency()
    const older = oneTimeCode(account.secret, acme.usher.clock.now() - 30_000)

    const first = await acme.signInEmergency(account)
    const second = await acme.signInEmergency(account)
    const third = await acme.signInEmergency(account, { code: older })
    acme.usher.clock.advance(61_000)
    const later = await acme.signInEmergency(account)

    expect([first, second, third, later].map((one) => one.status)).toEqual([200, 401, 401, 200])
  })

  test('SE-12: of two with one code at the same moment, one comes in', async () => {
    const acme = await createOrganisation(password)
    const account = await acme.createEmergency()

    const both = await Promise.all([1, 2].map(() => acme.signInEmergency(account)))

    expect(both.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 401])
  })

  test('SE-12: an emergency account opens neither another organisation nor the usual sign-in', async () => {
    const [acme, other] = [await createOrganisation(password), await createOrganisation(password)]
    const account = await acme.createEmergency()

    const elsewhere = await other.signInEmergency(account)
    const usual = await acme.signInByPassword(account.email, managerPassword)

    expect([elsewhere.status, usual.status]).toEqual([401, 401])
  })

  test('SE-13: it is no person: not counted, listed or found, and made before a method is set', async () => {
    const acme = await createOrganisation()

    const account = await acme.createEmergency()

    expect((await acme.api('GET', '/users')).body.total).toBe(1)
    expect((await acme.api('GET', '/users?search=emergency')).body.items).toEqual([])
    expect((await acme.api('GET', `/users/${account.id}`)).status).toBe(404)
    expect((await acme.api('PUT', `/users/${account.id}/disable`)).status).toBe(404)
  })

  test('SE-13: its use opens at most sixty minutes and alerts every manager by mail and audit', async () => {
    const acme = await createOrganisation(password)
    await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
    await acme.join(ada)
    const mails = (await acme.mails()).length

    const { session } = await acme.proveEmergency()
    const early = await opens(acme, session)
    acme.usher.clock.advance(50 * minute)
    const busy = await opens(acme, session)
    acme.usher.clock.advance(11 * minute)

    expect([early, busy, await opens(acme, session)]).toEqual([true, true, false])
    const alerts = (await acme.mails()).slice(mails)
    expect(alerts.map((mail) => mail.template)).toEqual(['break_glass_used', 'break_glass_used'])
    expect(alerts.map((mail) => mail.recipient).sort()).toEqual([acme.manager.email, bob.email])
    expect(await acme.events('break_glass.used')).toMatchObject([{ emergency: 1 }])
  })

  test('SE-14: while SSO is in force the last proved account stays, and others may go', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const proved = await acme.proveEmergency()
    const second = await acme.createEmergency()

    const refused = await acme.api('DELETE', `/break-glass-accounts/${proved.id}`)
    const other = await acme.api('DELETE', `/break-glass-accounts/${second.id}`)

    expect(refused).toMatchObject({ status: 409, body: { code: 'break_glass.last' } })
    expect(other.status).toBe(204)
    expect(await opens(acme, proved.session)).toBe(true)
  })

  test('SE-14: of two removals at once while SSO is in force, one account stays', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const accounts = [await acme.proveEmergency(), await acme.proveEmergency()]

    const answers = await Promise.all(
      accounts.map(({ id }) => acme.api('DELETE', `/break-glass-accounts/${id}`)),
    )

    expect(answers.map((one) => one.status).sort((a, b) => a - b)).toEqual([204, 409])
  })

  test('a removed account is out at once, session and all', async () => {
    const acme = await createOrganisation(password)
    const account = await acme.proveEmergency()

    const removed = await acme.api('DELETE', `/break-glass-accounts/${account.id}`)
    acme.usher.clock.advance(61_000)

    expect(removed.status).toBe(204)
    expect(await opens(acme, account.session)).toBe(false)
    expect((await acme.signInEmergency(account)).status).toBe(401)
  })

  test('LM-36: its password keeps the same rule', async () => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('POST', '/break-glass-accounts', {
      email: 'emergency@acme.test',
      password: 'short',
    })

    expect(refused).toMatchObject({ status: 400, body: { code: 'password.too_weak' } })
    expect(await acme.eventNames()).toEqual([])
  })
})

describe('SE-8: the server fetches nothing from private addresses', () => {
  test.each([
    'http://127.0.0.1:9/metadata',
    'http://localhost:9/metadata',
    'http://[::1]:9/metadata',
    'http://10.0.0.1/metadata',
    'http://192.168.1.1/metadata',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:127.0.0.1]/metadata',
    'http://[fd00::1]/metadata',
    'http://0.0.0.0/metadata',
    'http://2130706433/metadata',
    'http://0x7f.1/metadata',
    'http://user:secret@idp.example/metadata',
  ])('%s', async (metadataUrl) => {
    const acme = await createOrganisation(password)
    const url = '/identity/login-method'
    const saml = { connectionName: 'IdP', metadataUrl }

    const answers = [
      await acme.api('POST', `${url}/metadata`, { metadataUrl }),
      await acme.api('POST', `${url}/tests`, { saml }),
      await acme.api('PUT', url, { method: 'sso', saml }),
    ]

    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 400, body: { code: 'url.not_allowed' } })
    }
    expect(await acme.eventNames()).toEqual([])
  })

  test.each([
    'file:///etc/passwd',
    'gopher://x/',
    'ftp://idp.example/',
    'javascript:1',
    'metadata',
  ])('%s is no address of metadata', async (metadataUrl) => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('POST', '/identity/login-method/metadata', { metadataUrl })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })
})

describe('answers', () => {
  test('SE-9: every answer forbids framing, foreign sources and sniffing', async () => {
    const acme = await createOrganisation(jit)
    const pages = [
      await acme.send('GET', `/login/${acme.slug}`),
      await acme.send('GET', '/api/v1/setup'),
      await acme.send('GET', '/healthz'),
      await acme.send('GET', '/nowhere'),
      await acme.api('GET', '/users'),
      await acme.signIn(ada, { sign: 'none' }),
      await acme.send('GET', `/saml/${acme.id}/metadata`),
    ]

    for (const { headers } of pages) {
      const policy = String(headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).toContain("base-uri 'none'")
      expect(policy).not.toMatch(/unsafe|\*|https:\/\/(?!usher\.example)/)
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['strict-transport-security']).toMatch(/max-age=\d{7}/)
      expect(headers['referrer-policy']).toBe('same-origin')
    }
  })

  test('SE-9: what a stranger sends never runs as markup on the refusal page', async () => {
    const acme = await createOrganisation(jit)
    const evil = '<script>alert(1)</script>'

    const refused = await acme.signIn(ada, { audience: evil, issuer: evil })

    expect(refused.status).toBe(403)
    expect(refused.text).not.toContain('alert(1)')
  })

  test('GE-1, GE-2: refusals are problems with a stable code and the id of the request', async () => {
    const acme = await createOrganisation(password)

    const answers = [
      await acme.send('GET', '/nowhere'),
      await acme.send('GET', '/api/v1/me'),
      await acme.api('GET', '/users?size=x'),
      await acme.api('GET', '/users/not-an-id'),
      await acme.send('POST', '/api/v1/setup', 'not json', { 'content-type': 'application/json' }),
    ]

    expect(answers.map((one) => [one.status, one.body.code])).toEqual([
      [404, 'resource.not_found'],
      [401, 'auth.required'],
      [400, 'request.invalid'],
      [404, 'resource.not_found'],
      [400, 'request.invalid'],
    ])
    for (const { body, headers } of answers) {
      expect(headers['content-type']).toMatch(/^application\/problem\+json/)
      expect(body).toMatchObject({
        type: `urn:usher:problem:${body.code}`,
        title: expect.any(String),
        detail: expect.any(String),
        requestId: expect.any(String),
      })
    }
  })

  test('GE-7: a slug that nobody has is answered like any other unknown address', async () => {
    const usher = await startUsher()

    const answer = await usher.app.inject({ url: '/api/v1/sign-in/nobody-here' })

    expect(answer.statusCode).toBe(404)
    expect(answer.json().code).toBe('resource.not_found')
  })
})
