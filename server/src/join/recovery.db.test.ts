import { expect, test } from 'vitest'
import { environmentOf, runUsher } from '../../testing/command.ts'
import { createMailbox } from '../../testing/mailbox.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { issueRecovery } from '../directory/index.ts'

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
  const link = acme.usher.store.read
    .selectFrom('links')
    .select('expires_at')
    .where('org_id', '=', acme.id)
    .where('kind', '=', 'recovery')
    .where('used_at', 'is', null)
  const { expires_at } = await link.executeTakeFirstOrThrow()
  expect(Math.abs(expires_at - acme.usher.clock.now() - hour)).toBeLessThan(60_000)
  // The command has the machine's clock, which nobody turns.
  await acme.usher.store.write((db) =>
    db
      .updateTable('links')
      .set({ expires_at: acme.usher.clock.now() - 1 })
      .where('org_id', '=', acme.id)
      .execute(),
  )
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

test('of several who open one link at the same moment one gets in', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { open } = await recover(acme)

  const answers = await Promise.all(Array.from({ length: 10 }, () => open()))

  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array(9).fill(410)])
  expect(await acme.events('recovery.used')).toHaveLength(1)
})

test.each(['user', 'root', 'api_key', 'system'] as const)(
  'is made by the operator alone, and not by %s',
  async (kind) => {
    const acme = await createOrganisation({ method: 'password' })
    const actor = { ...acme.operator, kind, roles: ['ROLE_MANAGER' as const] }

    await expect(acme.usher.directory.change(actor, issueRecovery)).rejects.toMatchObject({
      refusal: { code: 'auth.forbidden' },
    })
    expect(await acme.eventNames()).toEqual([])
  },
)
