import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }

test('JI-3, JI-10, JI-12: the first single sign-on of an unknown person creates the account and signs them in', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })

  const arrived = await acme.signIn(ada)

  expect(arrived).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
  const me = await acme.send('GET', '/api/v1/me', undefined, {
    cookie: `usher_session=${arrived.session}`,
  })
  expect(me.body.user).toMatchObject({
    email: ada.email,
    firstName: 'Ada',
    lastName: 'Lovelace',
    managedBy: 'sso_jit',
    roles: ['ROLE_USER'],
  })
  const details = (await acme.api('GET', `/users/${me.body.user.id}`)).body
  expect(details).toMatchObject({
    status: 'active',
    joinedBy: 'sso_jit',
    groups: [{ name: 'Default' }],
    pools: [{ poolName: 'Default', roles: ['ROLE_USER'] }],
  })
  expect(await acme.eventNames()).toEqual(['user.joined', 'auth.succeeded'])
})

test('JI-22: twenty simultaneous first sign-ins of one person make one user, and all succeed', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })

  const arrivals = await Promise.all(Array.from({ length: 20 }, () => acme.signIn(ada)))

  expect(arrivals.map((one) => one.status)).toEqual(Array(20).fill(303))
  expect((await acme.people()).filter((user) => user.email === ada.email)).toHaveLength(1)
  expect(await acme.events('user.joined')).toHaveLength(1)
  expect(await acme.events('auth.succeeded')).toHaveLength(20)
})

test('JI-24: a deactivated person is refused, not made anew, and nothing else is written', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
  await acme.signIn(ada)
  const [user] = (await acme.people()).filter((one) => one.email === ada.email)
  expect((await acme.api('PUT', `/users/${user?.id}/disable`)).status).toBe(204)
  const before = await acme.rows()

  const refused = await acme.signIn(ada)

  expect(refused.status).toBe(403)
  expect(refused.session).toBeUndefined()
  expect(await acme.rows()).toEqual(before)
  expect(await acme.lastAttempt()).toMatchObject({
    code: 'user.deactivated',
    email: ada.email,
    result: 'failure',
  })
  expect((await acme.eventNames()).slice(-2)).toEqual(['user.deactivated', 'auth.failed'])
})
