import { describe, expect, test } from 'vitest'
import { createAuthenticator } from '../../testing/authenticator.ts'
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
} from '../../testing/second-factor.ts'

const settings = '/identity/login-method'

const require = (acme: TestOrganisation, requireSecondFactor = true, headers = {}) =>
  acme.api('PUT', settings, { method: 'password', password: { requireSecondFactor } }, { headers })

/** Between password and session, as the sign-in page does it. */
async function enrolAtSignIn(acme: TestOrganisation, ticket: string) {
  const started = await withTicket(acme, ticket, 'POST', 'enrolment/totp')
  const { enrolment, secret } = started.body
  const code = oneTimeCode(secret, acme.usher.clock.now())
  return { secret, ...(await withTicket(acme, ticket, 'POST', 'enrolment', { enrolment, code })) }
}

describe('SE-11: "Require a second factor"', () => {
  test('is off, is saved with the version that was read, and is recorded', async () => {
    const acme = await byPassword()
    const before = await acme.api('GET', settings)
    const etag = String(before.headers.etag)

    const saved = await require(acme, true, { 'if-match': etag })
    const stale = await require(acme, false, { 'if-match': etag })
    const again = await acme.api('PUT', settings, { method: 'password' })

    expect(before.body.password).toEqual({ requireSecondFactor: false })
    expect(saved.body.password).toEqual({ requireSecondFactor: true })
    expect(stale).toMatchObject({ status: 412, body: { code: 'request.stale' } })
    expect(again.body.password).toEqual({ requireSecondFactor: true })
    expect(await acme.events()).toMatchObject([
      {
        type: 'second_factor.requirement_changed',
        before: { required: false },
        after: { required: true },
      },
    ])
  })

  test('LM-9: belongs to the password and is not accepted with another method', async () => {
    const acme = await byPassword()

    const refused = await acme.api('PUT', settings, {
      method: 'sso',
      saml: acme.samlInput,
      password: { requireSecondFactor: true },
    })

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })

  test('leads whoever has none through enrolment, and gives no session before', async () => {
    const acme = await byPassword()
    await require(acme)

    const first = await withPassword(acme)
    const half = await prove(acme, first.ticket, { totp: '123456' })
    const enrolled = await enrolAtSignIn(acme, first.ticket)
    const again = await withPassword(acme)
    const proved = await prove(acme, again.ticket, { totp: nextCode(acme, enrolled.secret) })

    expect(first).toMatchObject({ session: undefined, body: { step: 'enrolment', ways: [] } })
    expect(half).toMatchObject(over)
    expect(enrolled).toMatchObject({ status: 200, body: { returnTo: `/o/${acme.slug}` } })
    expect(enrolled.body.recoveryCodes).toHaveLength(10)
    expect((await me(acme, 'GET', '', undefined, enrolled.session)).status).toBe(200)
    expect(again.body.step).toBe('second_factor')
    expect(proved.status).toBe(200)
    expect(await acme.eventNames()).toEqual([
      'second_factor.requirement_changed',
      'second_factor.added',
      'auth.succeeded',
      'auth.succeeded',
    ])
  })

  test('is met by a passkey as well', async () => {
    const acme = await byPassword()
    await require(acme)
    const { ticket } = await withPassword(acme)
    const device = createAuthenticator(acme.usher.config.baseUrl)

    const asked = await withTicket(acme, ticket, 'POST', 'enrolment/passkey')
    const passkey = device.make(asked.body.options)
    const done = await withTicket(acme, ticket, 'POST', 'enrolment', { label: 'Laptop', passkey })

    expect(done.body.recoveryCodes).toHaveLength(10)
    expect(done.session).toBeTruthy()
  })

  test('holds for whoever comes by an activation link', async () => {
    const acme = await byPassword()
    await require(acme)
    const { body: made } = await acme.api('POST', '/users', ada)
    const { body } = await acme.api('POST', `/users/${made.id}/activation-link`)
    const path = `/api/v1/activations/${body.activationLink.split('/').at(-1)}`

    const activated = await acme.send('POST', path, { password: managerPassword })
    const ticket = /usher_sign_in=([^;]+)/.exec(String(activated.headers['set-cookie']))?.[1] ?? ''
    const pending = (await acme.api('GET', `/users/${made.id}`)).body.status
    const enrolled = await enrolAtSignIn(acme, ticket)

    expect(activated.body).toMatchObject({ step: 'enrolment' })
    expect(pending).toBe('pending')
    expect(enrolled.session).toBeTruthy()
    expect((await acme.api('GET', `/users/${made.id}`)).body.status).toBe('active')
  })

  test('nobody enrols by the ticket who has a factor already, nor twice at once', async () => {
    const acme = await byPassword()
    await enrolTotp(acme)
    await acme.join(ada)
    await require(acme)
    const { ticket } = await withPassword(acme)
    const hers = await withPassword(acme, ada.email)

    const refused = await withTicket(acme, ticket, 'POST', 'enrolment/totp')
    const both = await Promise.all([
      enrolAtSignIn(acme, hers.ticket),
      enrolAtSignIn(acme, hers.ticket),
    ])

    expect(refused).toMatchObject(over)
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('keeps the last factor; another one may take its place', async () => {
    const acme = await byPassword()
    await enrolTotp(acme)
    await require(acme)

    const kept = await me(acme, 'DELETE', '/second-factor/totp')
    await require(acme, false)
    const removed = await me(acme, 'DELETE', '/second-factor/totp')

    expect(kept).toMatchObject({ status: 409, body: { code: 'second_factor.required' } })
    expect(removed.status).toBe(204)
  })

  test('a person whose factor a manager reset sets up a new one at the next sign-in', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada)
    await enrolTotp(acme, session)
    await require(acme)

    await acme.api('DELETE', `/users/${id}/second-factor`)

    expect((await withPassword(acme, ada.email)).body).toMatchObject({ step: 'enrolment' })
  })
})

describe('EM-5: without mail a manager sets a first password', () => {
  const given = 'First-given-5'
  const own = 'Own-and-better-6'
  const create = (acme: TestOrganisation, password: unknown = given) =>
    acme.api('POST', '/users', { ...ada, password })
  const choose = (acme: TestOrganisation, ticket: string, password: string) =>
    withTicket(acme, ticket, 'POST', 'new-password', { password })

  test('which opens nothing but the choice of another', async () => {
    const acme = await byPassword()
    const created = await create(acme)

    const first = await withPassword(acme, ada.email, given)
    const done = await choose(acme, first.ticket, own)
    const old = await withPassword(acme, ada.email, given)
    const fresh = await withPassword(acme, ada.email, own)

    expect(created).toMatchObject({ status: 201, body: { status: 'pending' } })
    expect(created.text).not.toContain(given)
    expect(first).toMatchObject({ session: undefined, body: { step: 'new_password' } })
    expect(done.session).toBeTruthy()
    expect(old).toMatchObject({ status: 401 })
    expect(fresh.session).toBeTruthy()
    expect((await acme.api('GET', `/users/${created.body.id}`)).body.status).toBe('active')
    expect(await acme.eventNames()).toEqual([
      'user.joined',
      'user.password_set',
      'user.password_set',
      'user.activated',
      'auth.succeeded',
      'auth.failed',
      'auth.succeeded',
    ])
    expect(await acme.mails()).toEqual([])
  })

  test('which cannot be kept, and the new one meets the rule', async () => {
    const acme = await byPassword()
    await create(acme)
    const { ticket } = await withPassword(acme, ada.email, given)

    const same = await choose(acme, ticket, given)
    const weak = await choose(acme, ticket, 'short')

    expect(same).toMatchObject({ status: 400, body: { code: 'password.too_weak' } })
    expect(same.body.errors[0]).toMatchObject({ pointer: '/password', code: 'same' })
    expect(weak).toMatchObject({ status: 400, body: { code: 'password.too_weak' } })
    expect((await withPassword(acme, ada.email, given)).body.step).toBe('new_password')
  })

  test('a ticket from before the choice opens nothing after it', async () => {
    const acme = await byPassword()
    await create(acme)
    const one = await withPassword(acme, ada.email, given)
    const two = await withPassword(acme, ada.email, given)

    const both = await Promise.all([
      choose(acme, one.ticket, own),
      choose(acme, two.ticket, 'Somebody-else-7'),
    ])

    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('and then a second factor where one is required', async () => {
    const acme = await byPassword()
    await require(acme)
    await create(acme)
    const { ticket } = await withPassword(acme, ada.email, given)

    const chosen = await choose(acme, ticket, own)
    const enrolled = await enrolAtSignIn(acme, ticket)

    expect(chosen).toMatchObject({ session: undefined, body: { step: 'enrolment' } })
    expect(enrolled.session).toBeTruthy()
  })

  test('a link chosen over it is as good', async () => {
    const acme = await byPassword()
    const { body: made } = await create(acme)
    const { body } = await acme.api('POST', `/users/${made.id}/activation-link`)
    const path = `/api/v1/activations/${body.activationLink.split('/').at(-1)}`

    expect((await acme.send('POST', path, { password: own })).body.returnTo).toBeTruthy()
    expect((await withPassword(acme, ada.email, own)).session).toBeTruthy()
  })

  test('that meets the rule, is a text, and only where people sign in by password', async () => {
    const acme = await byPassword()
    const sso = await createOrganisation({ method: 'sso' })

    const answers = [await create(acme, 'short'), await create(acme, 7), await create(sso)]

    expect(answers.map(({ body }) => body.code)).toEqual([
      'password.too_weak',
      'request.invalid',
      'user.password_not_allowed',
    ])
    expect(await acme.events()).toEqual([])
  })
})
