import { describe, expect, test } from 'vitest'
import { createAuthenticator, type Misdeed } from '../../testing/authenticator.ts'
import type { TestOrganisation } from '../../testing/organisation.ts'
import {
  ada,
  byPassword,
  enrolTotp,
  me,
  nextCode,
  prove,
  withPassword,
  withTicket,
  wrong,
} from '../../testing/second-factor.ts'

const refused = { status: 400, body: { code: 'request.invalid' } }
const keys = '/second-factor/passkeys'
type Device = ReturnType<typeof createAuthenticator>

const deviceOf = (acme: TestOrganisation) => createAuthenticator(acme.usher.config.baseUrl)

async function askToMake(acme: TestOrganisation, session = acme.session) {
  return (await me(acme, 'POST', `${keys}/options`, undefined, session)).body.options
}

async function add(acme: TestOrganisation, device: Device, session = acme.session) {
  const passkey = device.make(await askToMake(acme, session))
  return me(acme, 'POST', keys, { label: 'Laptop', passkey }, session)
}

async function withPasskey() {
  const acme = await byPassword()
  const device = deviceOf(acme)
  const added = await add(acme, device)
  return { acme, device, recoveryCodes: added.body.recoveryCodes as string[] }
}

async function askToProve(acme: TestOrganisation, ticket: string) {
  return (await withTicket(acme, ticket, 'POST', 'second-factor/passkey')).body.options
}

async function signIn(acme: TestOrganisation, device: Device, misdeed?: Misdeed) {
  const { ticket } = await withPassword(acme)
  const options = await askToProve(acme, ticket)
  return prove(acme, ticket, { passkey: device.prove(options, misdeed) })
}

describe('SE-11: adding a passkey', () => {
  test('asks the device to verify its owner, brings recovery codes, and is recorded and told', async () => {
    const acme = await byPassword()
    const device = deviceOf(acme)

    const options = await askToMake(acme)
    const added = await me(acme, 'POST', keys, { label: 'Laptop', passkey: device.make(options) })

    expect(options).toMatchObject({
      rp: { id: 'usher.example' },
      user: { name: acme.manager.email, displayName: 'Ana Ruiz' },
      authenticatorSelection: { userVerification: 'required' },
      attestation: 'none',
      excludeCredentials: [],
    })
    expect(added.status).toBe(201)
    expect(added.body.recoveryCodes).toHaveLength(10)
    expect((await me(acme, 'GET', '/second-factor')).body.passkeys).toMatchObject([
      { id: device.id, label: 'Laptop', lastUsedAt: null, backedUp: false },
    ])
    const [event] = await acme.events()
    expect(event).toMatchObject({
      type: 'second_factor.added',
      data: { factor: 'passkey', label: 'Laptop' },
    })
    expect(await acme.events()).toHaveLength(1)
    expect(await acme.mails()).toHaveLength(1)
  })

  test.each<[string, Misdeed]>([
    ['another site', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['a device that verified nobody', { unverified: true }],
    ['a challenge that was not asked', { challenge: 'bm9ib2R5IGFza2VkIHRoaXM' }],
    ['a signature for something else', { type: 'webauthn.get' }],
  ])('takes nothing from %s', async (_, misdeed) => {
    const acme = await byPassword()

    const passkey = deviceOf(acme).make(await askToMake(acme), misdeed)
    const answer = await me(acme, 'POST', keys, { label: 'Laptop', passkey })

    expect(answer).toMatchObject(refused)
    expect(await acme.events()).toEqual([])
  })

  test('a challenge works once, for five minutes, and for the person who was asked', async () => {
    const acme = await byPassword()
    const { session } = await acme.join(ada)
    const once = await askToMake(acme)
    const others = await askToMake(acme, session)
    const late = await askToMake(acme)
    const send = (options: { challenge: string }) =>
      me(acme, 'POST', keys, { label: 'Laptop', passkey: deviceOf(acme).make(options) })

    const answers = [await send(once), await send(once), await send(others)]
    acme.usher.clock.advance(5 * 60_000 + 1)
    answers.push(await send(late))

    expect(answers.map(({ status }) => status)).toEqual([201, 400, 400, 400])
  })

  test('nobody adds a passkey that is somebody’s already', async () => {
    const { acme, device } = await withPasskey()
    const { session } = await acme.join(ada)

    expect(await add(acme, device, session)).toMatchObject(refused)
    expect((await askToMake(acme)).excludeCredentials).toMatchObject([{ id: device.id }])
  })

  test('SE-6: needs a sign-in of the last ten minutes, as does removing one', async () => {
    const { acme, device } = await withPasskey()
    const again = deviceOf(acme).make(await askToMake(acme))
    acme.usher.clock.advance(11 * 60_000)

    const answers = [
      await me(acme, 'POST', `${keys}/options`),
      await me(acme, 'POST', keys, { label: 'Laptop', passkey: again }),
      await me(acme, 'DELETE', `${keys}/${device.id}`),
    ]

    expect(answers.map(({ body }) => body.code)).toEqual([
      'auth.reauth_required',
      'auth.reauth_required',
      'auth.reauth_required',
    ])
  })
})

describe('SE-11: signing in with a passkey', () => {
  test('opens a session and says when it was used last', async () => {
    const { acme, device } = await withPasskey()
    const first = await withPassword(acme)

    const options = await askToProve(acme, first.ticket)
    const done = await prove(acme, first.ticket, { passkey: device.prove(options) })

    expect(first.body).toMatchObject({ step: 'second_factor', ways: ['passkey', 'recovery_code'] })
    expect(options).toMatchObject({
      rpId: 'usher.example',
      userVerification: 'required',
      allowCredentials: [{ id: device.id, transports: ['internal'] }],
    })
    expect(done.session).toBeTruthy()
    const { passkeys } = (await me(acme, 'GET', '/second-factor')).body
    expect(passkeys[0].lastUsedAt).toBeGreaterThan(0)
    expect((await acme.events('auth.succeeded'))[0]?.data).toEqual({
      method: 'password',
      factor: 'passkey',
    })
  })

  test.each<[string, Misdeed]>([
    ['another site', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['a device that verified nobody', { unverified: true }],
    ['a challenge that was not asked', { challenge: 'bm9ib2R5IGFza2VkIHRoaXM' }],
    ['the making of a passkey', { type: 'webauthn.create' }],
    ['another key', { forged: true }],
    ['a copy of the device, whose counter is behind', { counter: 1 }],
  ])('takes nothing from %s', async (_, misdeed) => {
    const { acme, device } = await withPasskey()

    expect(await signIn(acme, device, misdeed)).toMatchObject(wrong)
    expect(await acme.eventNames()).toEqual(['second_factor.added', 'auth.failed'])
  })

  test('a device that does not count signs in again and again', async () => {
    const acme = await byPassword()
    const device = deviceOf(acme)
    const passkey = device.make(await askToMake(acme), { counter: 0 })
    await me(acme, 'POST', keys, { label: 'Phone', passkey })

    const answers = [
      await signIn(acme, device, { counter: 0 }),
      await signIn(acme, device, { counter: 0 }),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })

  test('an answer is heard once, also when it is sent twice at once', async () => {
    const { acme, device } = await withPasskey()
    const one = await withPassword(acme)
    const two = await withPassword(acme)
    const passkey = device.prove(await askToProve(acme, one.ticket))

    const both = await Promise.all([
      prove(acme, one.ticket, { passkey }),
      prove(acme, two.ticket, { passkey }),
    ])

    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401])
  })

  test('somebody else’s passkey proves nothing', async () => {
    const { acme } = await withPasskey()
    const { session } = await acme.join(ada)
    const hers = deviceOf(acme)
    await add(acme, hers, session)

    expect(await signIn(acme, hers)).toMatchObject(wrong)
  })

  test('goes beside an authenticator app; the recovery codes are the first factor’s', async () => {
    const { acme, device, recoveryCodes } = await withPasskey()
    const { secret, recoveryCodes: more } = await enrolTotp(acme)
    const { ticket, body } = await withPassword(acme)

    const byApp = await prove(acme, ticket, { totp: nextCode(acme, secret) })
    const removed = await me(acme, 'DELETE', `${keys}/${device.id}`)
    const { body: after } = await withPassword(acme)

    expect(body.ways).toEqual(['passkey', 'totp', 'recovery_code'])
    expect([more, byApp.status, removed.status]).toEqual([null, 200, 204])
    expect(after.ways).toEqual(['totp', 'recovery_code'])
    expect(recoveryCodes).toHaveLength(10)
    expect(await acme.eventNames()).toEqual([
      'second_factor.added',
      'second_factor.added',
      'auth.succeeded',
      'second_factor.removed',
    ])
  })

  test('nobody removes another person’s passkey', async () => {
    const { acme, device } = await withPasskey()
    const { session } = await acme.join(ada)

    const answer = await me(acme, 'DELETE', `${keys}/${device.id}`, undefined, session)

    expect(answer.status).toBe(404)
    expect((await signIn(acme, device)).status).toBe(200)
  })

  test('goes with a reset by a manager', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada)
    await add(acme, deviceOf(acme), session)

    await acme.api('DELETE', `/users/${id}/second-factor`)

    expect((await withPassword(acme, ada.email)).session).toBeTruthy()
  })
})
