import { expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const fresh = 'Another-horse-8'

const forget = (acme: TestOrganisation, email: string) =>
  acme.send('POST', `/api/v1/sign-in/${acme.slug}/reset`, { email })

const signIn = (acme: TestOrganisation, password: string) =>
  acme.send('POST', `/api/v1/sign-in/${acme.slug}/password`, {
    email: acme.manager.email,
    password,
  })

test('LM-37: a forgotten password is answered alike for known and unknown addresses, and only the owner is mailed', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const before = await acme.rows()

  const known = await forget(acme, acme.manager.email)
  const unknown = await forget(acme, 'nobody@acme.test')

  expect([known.status, known.text]).toEqual([202, unknown.text])
  expect(unknown.status).toBe(202)
  expect(await acme.rows()).toEqual({ ...before, outbox: (before.outbox ?? 0) + 1 })
  expect(await acme.eventNames()).toEqual([])
})

test('LM-37, EM-6: a reset link works once within 60 minutes and ends every other session', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const made = await acme.api('POST', `/users/${acme.manager.id}/reset-link`)
  const token = made.body.resetLink.split('/reset/')[1]

  const opened = await acme.send('GET', `/api/v1/activations/${token}`)
  const used = await acme.send('POST', `/api/v1/activations/${token}`, { password: fresh })
  const again = await acme.send('POST', `/api/v1/activations/${token}`, { password: fresh })

  expect(opened.body).toMatchObject({ kind: 'reset', email: acme.manager.email })
  expect(used.status).toBe(200)
  expect(again).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
  expect((await acme.api('GET', '/users')).status).toBe(401)
  expect((await signIn(acme, acme.manager.password)).body.code).toBe('auth.invalid_credentials')
  expect((await signIn(acme, fresh)).status).toBe(200)
  expect(await acme.eventNames()).toEqual([
    'activation.issued',
    'user.password_set',
    'auth.succeeded',
    'auth.failed',
    'auth.succeeded',
  ])
})

test('LM-37: a reset link is dead after 60 minutes', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const made = await acme.api('POST', `/users/${acme.manager.id}/reset-link`)
  const token = made.body.resetLink.split('/reset/')[1]

  acme.usher.clock.advance(61 * 60_000)

  const late = await acme.send('POST', `/api/v1/activations/${token}`, { password: fresh })
  expect(late).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
})

test('LM-8, LM-37: under SSO nobody resets a password', async () => {
  const acme = await createOrganisation({ method: 'sso' })

  const forgotten = await forget(acme, acme.manager.email)
  const handedOver = await acme.api('POST', `/users/${acme.manager.id}/reset-link`)

  for (const refused of [forgotten, handedOver]) {
    expect(refused).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
  }
  expect(await acme.lastAttempt()).toMatchObject({
    code: 'login_method.disabled',
    method: 'reset',
    email: acme.manager.email,
  })
  expect(await acme.eventNames()).toEqual(['auth.failed'])
})
