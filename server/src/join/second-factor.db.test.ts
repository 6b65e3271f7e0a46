import { describe, expect, test } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  oneTimeCode,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import {
  ada,
  byPassword,
  enrolTotp,
  me,
  nextCode,
  over,
  prove,
  withPassword,
  withTicket,
  wrong,
} from '../../testing/second-factor.ts'

const minute = 60_000

async function withFactor() {
  const acme = await byPassword()
  return { acme, ...(await enrolTotp(acme)) }
}

const rowsOf = async (acme: TestOrganisation, table: 'totp_factors' | 'recovery_codes') =>
  acme.usher.store.read.selectFrom(table).selectAll().where('org_id', '=', acme.id).execute()

describe('SE-11: setting up a second factor', () => {
  test('brings ten recovery codes, shown once, and is recorded and told by mail', async () => {
    const acme = await byPassword()

    const { recoveryCodes } = await enrolTotp(acme)

    expect(new Set(recoveryCodes).size).toBe(10)
    expect(recoveryCodes[0]).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/)
    expect((await me(acme, 'GET', '/second-factor')).body).toEqual({
      isPossible: true,
      isRequired: false,
      totpSince: expect.any(Number),
      passkeys: [],
      recoveryCodesLeft: 10,
    })
    expect(await acme.eventNames()).toEqual(['second_factor.added'])
    expect(await acme.mails()).toEqual([
      { template: 'security_notice', recipient: acme.manager.email },
    ])
  })

  test('counts only once a code from the app has come back', async () => {
    const acme = await byPassword()
    const started = await me(acme, 'POST', '/second-factor/totp')
    const { enrolment, secret } = started.body
    const right = oneTimeCode(secret, acme.usher.clock.now())
    const other = right === '000000' ? '000001' : '000000'

    const refused = await me(acme, 'PUT', '/second-factor/totp', { enrolment, code: other })

    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer: '/code', code: 'wrong' }] },
    })
    expect((await me(acme, 'GET', '/second-factor')).body.totpSince).toBeNull()
    expect((await withPassword(acme)).session).toBeTruthy()
    expect(await acme.eventNames()).toEqual(['auth.succeeded'])
  })

  test('takes no secret that was made for somebody else, made up, or is older than a quarter of an hour', async () => {
    const acme = await byPassword()
    const { session } = await acme.join(ada)
    const { body } = await me(acme, 'POST', '/second-factor/totp')
    const answer = (as: string, enrolment: string) =>
      me(
        acme,
        'PUT',
        '/second-factor/totp',
        { enrolment, code: oneTimeCode(body.secret, acme.usher.clock.now()) },
        as,
      )

    const others = await answer(session, body.enrolment)
    const madeUp = await answer(acme.session, 'v1.aaaa.bbbb')
    acme.usher.clock.advance(16 * minute)
    await withPassword(acme)
    const { session: fresh = '' } = await withPassword(acme)
    const late = await answer(fresh, body.enrolment)

    expect([others.status, madeUp.status, late.status]).toEqual([400, 400, 400])
  })

  test('SE-6: needs a sign-in of the last ten minutes, as do removing it and new codes', async () => {
    const { acme, secret } = await withFactor()
    acme.usher.clock.advance(11 * minute)

    const refused = [
      await me(acme, 'POST', '/second-factor/totp'),
      await me(acme, 'PUT', '/second-factor/totp', { enrolment: 'x', code: '123456' }),
      await me(acme, 'DELETE', '/second-factor/totp'),
      await me(acme, 'POST', '/second-factor/recovery-codes'),
      await acme.api('DELETE', `/users/${acme.manager.id}/second-factor`),
    ]

    expect(refused.map((one) => one.body.code)).toEqual(Array(5).fill('auth.reauth_required'))
    expect(secret).toHaveLength(32)
  })

  test('stores the secret sealed and the codes as hashes', async () => {
    const { acme, secret, recoveryCodes } = await withFactor()

    const stored = JSON.stringify([
      await rowsOf(acme, 'totp_factors'),
      await rowsOf(acme, 'recovery_codes'),
      await acme.events(),
    ])

    expect(stored).toContain('v1.')
    for (const plain of [
      secret,
      ...recoveryCodes.flatMap((code) => [code, code.replaceAll('-', '')]),
    ]) {
      expect(stored).not.toContain(plain)
    }
  })

  test('belongs to the password: under SSO there is none', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const refused = await me(acme, 'POST', '/second-factor/totp')

    expect(refused).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
    expect((await me(acme, 'GET', '/second-factor')).body.isPossible).toBe(false)
  })
})

describe('SE-11: signing in with a second factor', () => {
  test('gives no session for the password, then one for the code', async () => {
    const { acme, secret } = await withFactor()

    const first = await withPassword(acme)
    const half = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_sign_in=${first.ticket}; usher_session=${first.ticket}`,
    })
    const second = await prove(acme, first.ticket, { totp: nextCode(acme, secret) })

    expect(first).toMatchObject({
      status: 200,
      session: undefined,
      body: { step: 'second_factor', ways: ['totp', 'recovery_code'] },
    })
    expect(half.status).toBe(401)
    expect(second).toMatchObject({ status: 200, body: { returnTo: `/o/${acme.slug}` } })
    expect((await me(acme, 'GET', '', undefined, second.session)).status).toBe(200)
    const [succeeded] = await acme.events('auth.succeeded')
    expect(succeeded?.data).toEqual({ method: 'password', factor: 'totp' })
    expect(await acme.eventNames()).toEqual(['second_factor.added', 'auth.succeeded'])
  })

  test('returns to the page that asked for it, and follows no other site', async () => {
    const { acme, secret } = await withFactor()
    const path = `/api/v1/sign-in/${acme.slug}/password`
    const credentials = { email: acme.manager.email, password: managerPassword }
    const returns = []

    for (const returnTo of [`/o/${acme.slug}/settings/audit`, '//evil.example']) {
      const first = await acme.send('POST', path, { ...credentials, returnTo })
      const ticket = /usher_sign_in=([^;]+)/.exec(String(first.headers['set-cookie']))?.[1] ?? ''
      const second = await prove(acme, ticket, { totp: nextCode(acme, secret) })
      returns.push(second.body.returnTo)
    }

    expect(returns).toEqual([`/o/${acme.slug}/settings/audit`, `/o/${acme.slug}`])
  })

  test('tells nobody without the password that there is a second factor', async () => {
    const { acme } = await withFactor()

    const wrongPassword = await withPassword(acme, acme.manager.email, 'Not-the-password-1')
    const nobody = await withPassword(acme, 'nobody@acme.test', 'Not-the-password-1')

    const said = ({ status, body }: typeof nobody) => ({ status, ...body, requestId: '' })
    expect(said(wrongPassword)).toEqual(said(nobody))
    expect(wrongPassword.ticket).toBe('')
  })

  test('a code works once, also by another ticket and when it is sent twice at once', async () => {
    const { acme, secret } = await withFactor()
    const tickets = [await withPassword(acme), await withPassword(acme), await withPassword(acme)]
    const [one = '', two = '', three = ''] = tickets.map(({ ticket }) => ticket)
    const code = nextCode(acme, secret)

    const atOnce = await Promise.all([
      prove(acme, one, { totp: code }),
      prove(acme, two, { totp: code }),
    ])
    const later = await prove(acme, three, { totp: code })

    expect(atOnce.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
    expect(later).toMatchObject(wrong)
    expect((await acme.eventNames()).toSorted()).toEqual([
      'auth.failed',
      'auth.failed',
      'auth.succeeded',
      'second_factor.added',
    ])
  })

  test('takes the code before and the code after, and none further away', async () => {
    const { acme, secret } = await withFactor()
    const codeAt = (steps: number) => oneTimeCode(secret, acme.usher.clock.now() + steps * 30_000)
    acme.usher.clock.advance(5 * 30_000)
    const { ticket } = await withPassword(acme)

    const tooOld = await prove(acme, ticket, { totp: codeAt(-2) })
    const tooNew = await prove(acme, ticket, { totp: codeAt(2) })
    const before = await prove(acme, ticket, { totp: codeAt(-1) })
    const again = await withPassword(acme)
    const after = await prove(acme, again.ticket, { totp: codeAt(1) })

    expect([tooOld.status, tooNew.status, before.status, after.status]).toEqual([
      401, 401, 200, 200,
    ])
  })

  test('a code from before the latest one is refused, though its time is not over', async () => {
    const { acme, secret } = await withFactor()
    acme.usher.clock.advance(5 * 30_000)
    const now = acme.usher.clock.now()
    const first = await withPassword(acme)
    await prove(acme, first.ticket, { totp: oneTimeCode(secret, now) })
    const second = await withPassword(acme)

    const older = await prove(acme, second.ticket, { totp: oneTimeCode(secret, now - 30_000) })

    expect(older).toMatchObject(wrong)
  })

  test('the code that set it up does not sign in', async () => {
    const acme = await byPassword()
    const { body } = await me(acme, 'POST', '/second-factor/totp')
    const code = oneTimeCode(body.secret, acme.usher.clock.now())
    await me(acme, 'PUT', '/second-factor/totp', { enrolment: body.enrolment, code })
    const { ticket } = await withPassword(acme)

    expect(await prove(acme, ticket, { totp: code })).toMatchObject(wrong)
  })

  test('a ticket takes five tries, and the owner hears that somebody has the password', async () => {
    const { acme, secret } = await withFactor()
    const { ticket } = await withPassword(acme)
    const right = nextCode(acme, secret)
    const other = right === '000000' ? '111111' : '000000'
    const tries = []

    for (let one = 0; one < 5; one += 1) tries.push(await prove(acme, ticket, { totp: other }))
    const after = await prove(acme, ticket, { totp: right })

    expect(tries.map(({ status }) => status)).toEqual(Array(5).fill(401))
    expect(after).toMatchObject(over)
    expect(await acme.eventNames()).toEqual([
      'second_factor.added',
      ...Array(5).fill('auth.failed'),
    ])
    expect((await acme.events('auth.failed'))[0]?.data).toMatchObject({
      code: 'auth.invalid_credentials',
      rule: 'second factor',
    })
    expect(await acme.mails()).toHaveLength(2)
    const again = await withPassword(acme)
    expect((await prove(acme, again.ticket, { totp: right })).status).toBe(200)
  })

  test('many tries at once are no more than five', async () => {
    const { acme, secret } = await withFactor()
    const { ticket } = await withPassword(acme)
    const right = nextCode(acme, secret)
    const guesses = Array.from({ length: 12 }, (_, one) => String(100_000 + one))

    const answers = await Promise.all(
      guesses.filter((guess) => guess !== right).map((totp) => prove(acme, ticket, { totp })),
    )

    const codes = answers.map(({ body }) => body.code)
    expect(codes.filter((code) => code === 'auth.invalid_credentials')).toHaveLength(5)
    expect(await acme.events('auth.failed')).toHaveLength(5)
  })

  test('a ticket lives five minutes, opens one session, and none of another organisation', async () => {
    const { acme, secret } = await withFactor()
    const other = await withFactor()
    const late = await withPassword(acme)
    acme.usher.clock.advance(5 * minute + 1)
    const expired = await prove(acme, late.ticket, { totp: nextCode(acme, secret) })

    const { ticket } = await withPassword(acme)
    const elsewhere = await prove(other.acme, ticket, { totp: nextCode(acme, secret) })
    const used = await prove(acme, ticket, { totp: nextCode(acme, secret) })
    const again = await prove(acme, ticket, { totp: nextCode(acme, secret) })
    const none = await prove(acme, '', { totp: nextCode(acme, secret) })
    const madeUp = await prove(acme, `${acme.id}.made-up`, { totp: nextCode(acme, secret) })

    expect([expired, elsewhere, again, none, madeUp]).toMatchObject(Array(5).fill(over))
    expect(used.status).toBe(200)
  })

  test('one ticket used twice at once opens one session', async () => {
    const { acme, recoveryCodes } = await withFactor()
    const [one = '', two = ''] = recoveryCodes
    const { ticket } = await withPassword(acme)

    const both = await Promise.all([
      prove(acme, ticket, { recoveryCode: one }),
      prove(acme, ticket, { recoveryCode: two }),
    ])

    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
    expect(both.filter(({ session }) => session)).toHaveLength(1)
  })

  test('the page finds out again where a sign-in stands', async () => {
    const { acme } = await withFactor()
    const { ticket, body } = await withPassword(acme)

    const step = await withTicket(acme, ticket, 'GET', 'step')

    expect(step).toMatchObject({ status: 200, body: { step: 'second_factor', ways: body.ways } })
    expect(await withTicket(acme, '', 'GET', 'step')).toMatchObject(over)
  })

  test('SE-5: another site cannot send a code', async () => {
    const { acme, secret } = await withFactor()
    const { ticket } = await withPassword(acme)

    const forged = await acme.send(
      'POST',
      `/api/v1/sign-in/${acme.slug}/second-factor`,
      { totp: nextCode(acme, secret) },
      { cookie: `usher_sign_in=${ticket}`, origin: 'https://evil.example' },
    )

    expect(forged).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
  })

  test('US-11: whoever is deactivated meanwhile is let in by no code', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada)
    const { secret } = await enrolTotp(acme, session)
    const { ticket } = await withPassword(acme, ada.email)

    await acme.api('PUT', `/users/${id}/disable`)

    const refused = await prove(acme, ticket, { totp: nextCode(acme, secret) })
    expect(refused).toMatchObject(over)
  })

  test('LM-37: a reset link replaces the password and not the second factor, and ends what is half done', async () => {
    const { acme, secret } = await withFactor()
    const half = await withPassword(acme)
    const made = await acme.api('POST', `/users/${acme.manager.id}/reset-link`)
    const token = String(made.body.resetLink).split('/').at(-1)

    const reset = await acme.send('POST', `/api/v1/activations/${token}`, {
      password: 'Another-horse-8',
    })

    const ticket = /usher_sign_in=([^;]+)/.exec(String(reset.headers['set-cookie']))?.[1] ?? ''
    expect(reset).toMatchObject({ status: 200, body: { step: 'second_factor' } })
    expect(await prove(acme, half.ticket, { totp: nextCode(acme, secret) })).toMatchObject(over)
    expect((await prove(acme, ticket, { totp: nextCode(acme, secret) })).status).toBe(200)
  })
})

describe('SE-11: recovery codes', () => {
  test('open once each, however they are typed, and the owner hears of it', async () => {
    const { acme, recoveryCodes } = await withFactor()
    const [code = ''] = recoveryCodes
    const first = await withPassword(acme)
    const second = await withPassword(acme)

    const used = await prove(acme, first.ticket, {
      recoveryCode: ` ${code.toUpperCase().replaceAll('-', ' ')}`,
    })
    const again = await prove(acme, second.ticket, { recoveryCode: code })

    expect(used.status).toBe(200)
    expect(again).toMatchObject(wrong)
    expect((await me(acme, 'GET', '/second-factor')).body.recoveryCodesLeft).toBe(9)
    expect(await acme.mails()).toHaveLength(2)
    expect((await acme.events('auth.succeeded'))[0]?.data).toEqual({
      method: 'password',
      factor: 'recovery_code',
    })
  })

  test('of two sign-ins with one code at the same time one succeeds', async () => {
    const { acme, recoveryCodes } = await withFactor()
    const [code = ''] = recoveryCodes
    const tickets = [await withPassword(acme), await withPassword(acme)]

    const both = await Promise.all(
      tickets.map(({ ticket }) => prove(acme, ticket, { recoveryCode: code })),
    )

    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('are replaced together', async () => {
    const { acme, recoveryCodes } = await withFactor()

    const made = await me(acme, 'POST', '/second-factor/recovery-codes')

    const [fresh] = made.body.recoveryCodes
    const { ticket } = await withPassword(acme)
    expect(await prove(acme, ticket, { recoveryCode: recoveryCodes[0] })).toMatchObject(wrong)
    expect((await prove(acme, ticket, { recoveryCode: fresh })).status).toBe(200)
    expect(await acme.eventNames()).toEqual([
      'second_factor.added',
      'recovery_codes.made',
      'auth.failed',
      'auth.succeeded',
    ])
  })

  test("are nobody else's", async () => {
    const acme = await byPassword()
    const { session } = await acme.join(ada)
    await enrolTotp(acme, session)
    const { recoveryCodes } = await enrolTotp(acme)
    const { ticket } = await withPassword(acme, ada.email)

    expect(await prove(acme, ticket, { recoveryCode: recoveryCodes[0] })).toMatchObject(wrong)
  })

  test('go with the factor', async () => {
    const { acme, recoveryCodes } = await withFactor()

    await me(acme, 'DELETE', '/second-factor/totp')

    expect((await withPassword(acme)).session).toBeTruthy()
    expect(await rowsOf(acme, 'recovery_codes')).toEqual([])
    expect(await acme.eventNames()).toEqual([
      'second_factor.added',
      'second_factor.removed',
      'auth.succeeded',
    ])
    expect(recoveryCodes).toHaveLength(10)
  })
})

describe('SE-11: a lost second factor', () => {
  test('is taken away by a manager, which is recorded and told, and ends what is half done', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada)
    const { secret } = await enrolTotp(acme, session)
    const half = await withPassword(acme, ada.email)

    const reset = await acme.api('DELETE', `/users/${id}/second-factor`)

    expect(reset.status).toBe(204)
    expect(await prove(acme, half.ticket, { totp: nextCode(acme, secret) })).toMatchObject(over)
    expect((await withPassword(acme, ada.email)).session).toBeTruthy()
    const [event] = await acme.events('second_factor.reset')
    expect(event).toMatchObject({
      actor: 'Ana Ruiz',
      subject: ada.email,
      before: { totp: true, passkeys: [], recoveryCodesLeft: 10 },
    })
    expect(await acme.mails()).toEqual(
      ['activation', 'security_notice', 'security_notice'].map((template) => ({
        template,
        recipient: ada.email,
      })),
    )
  })

  test('MU-11: a key that may write people takes no factor from a manager', async () => {
    const { acme } = await withFactor()
    const key = await acme.apiKey(['users:write'])

    const refused = await acme.byKey(key, 'DELETE', `/users/${acme.manager.id}/second-factor`)

    expect(refused).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
  })

  test('is none of the business of people without rights, nor of other organisations', async () => {
    const { acme } = await withFactor()
    const { session } = await acme.join(ada)
    const other = await byPassword()
    const path = `/users/${acme.manager.id}/second-factor`

    const byPerson = await acme.api('DELETE', path, undefined, { session })
    const seen = await acme.api('GET', path, undefined, { session })
    const byOther = await acme.api('DELETE', path, undefined, { session: other.session })
    const inOther = await other.api('DELETE', path)

    expect([byPerson.status, seen.status, byOther.status, inOther.status]).toEqual([
      403, 403, 404, 404,
    ])
    expect((await me(acme, 'GET', '/second-factor')).body.totpSince).not.toBeNull()
  })
})

test('LM-13: leaving the password leaves no secret, no code and no half sign-in behind', async () => {
  const { acme, secret } = await withFactor()
  await acme.proveEmergency()
  const { ticket } = await withPassword(acme)
  const { id: testId } = await acme.testSignIn()

  const body = { method: 'sso', saml: acme.samlInput, testId }
  const saved = await acme.api('PUT', '/identity/login-method', body)

  expect(saved.status).toBe(200)
  expect(await rowsOf(acme, 'totp_factors')).toEqual([])
  expect(await rowsOf(acme, 'recovery_codes')).toEqual([])
  expect(await prove(acme, ticket, { totp: nextCode(acme, secret) })).toMatchObject(over)
})
