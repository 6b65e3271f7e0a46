import { expect, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { createMailbox } from '../../testing/mailbox.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const hour = 3_600_000

async function recover(acme: TestOrganisation) {
  const made = await runUsher(
    ['recover', '--organisation', acme.slug, '--json'],
    environmentOf(acme.usher.config),
  )
  const token = String(made.json.url).split('/').at(-1) ?? ''
  const open = (from: string = token) =>
    acme.usher.app.inject({
      method: 'POST',
      url: `/api/v1/recoveries/${from}`,
      headers: { 'sec-fetch-site': 'same-origin' },
    })
  return { made, token, open }
}

test('OP-5: the operator’s link opens a session of a manager, which can make an emergency account', async () => {
  const mailbox = await createMailbox()
  const acme = await createOrganisation({ method: 'sso', mailbox })
  const { made, open } = await recover(acme)

  const opened = await open()
  const session = opened.cookies.find(({ name }) => name === 'usher_session')?.value ?? ''
  const me = await acme.send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
  const account = await acme.api(
    'POST',
    '/break-glass-accounts',
    { email: 'emergency@acme.test', password: 'Correct-horse-7' },
    { session },
  )

  expect(made).toMatchObject({ code: 0, json: { organisation: acme.slug } })
  expect(opened.json()).toEqual({ returnTo: `/o/${acme.slug}` })
  expect(me.body).toMatchObject({
    user: { roles: ['ROLE_MANAGER'], firstName: 'Operator', lastName: 'recovers' },
    session: { method: 'recovery' },
  })
  expect(me.body.session.expiresAt - acme.usher.clock.now()).toBeLessThanOrEqual(hour)
  expect(account.status).toBe(201)
  expect(await acme.events()).toMatchObject([
    { type: 'recovery.issued', actor_kind: 'operator' },
    { type: 'recovery.used', actor_kind: 'operator' },
    { type: 'break_glass.created', actor: 'Operator (recovery)' },
  ])
  await acme.deliverMail()
  const told = await mailbox.next(acme.manager.email)
  expect(told.text).toContain('The operator of this installation')
  await mailbox.close()
})

test('works once, for an hour, until a newer one is made, and for nothing else', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const first = await recover(acme)
  const second = await recover(acme)
  const gone = { code: 'activation.expired' }

  expect((await first.open()).json()).toMatchObject(gone)
  expect((await acme.send('GET', `/api/v1/activations/${second.token}`)).body).toMatchObject(gone)
  const chosen = { password: 'Correct-horse-7' }
  expect(
    (await acme.send('POST', `/api/v1/activations/${second.token}`, chosen)).body,
  ).toMatchObject(gone)
  expect((await second.open()).statusCode).toBe(200)
  expect((await second.open()).json()).toMatchObject(gone)
  expect((await second.open('nonsense')).json()).toMatchObject(gone)

  const late = await recover(acme)
  acme.usher.clock.advance(hour + 1)
  expect((await late.open()).json()).toMatchObject(gone)
})

test('another link of the organisation opens no manager’s session', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const made = await acme.api('POST', '/users', {
    email: 'ada@acme.test',
    firstName: 'Ada',
    lastName: 'Lovelace',
  })
  const token = await acme.activationToken(made.body.id)
  const { open } = await recover(acme)

  expect((await open(token)).json()).toMatchObject({ code: 'activation.expired' })
  expect((await acme.send('GET', `/api/v1/activations/${token}`)).status).toBe(200)
})
