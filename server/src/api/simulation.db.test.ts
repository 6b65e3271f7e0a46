import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { createScimOrganisation } from '../../testing/scim.ts'

const path = '/simulation'

async function finished(acme: Pick<TestOrganisation, 'api'>) {
  for (let tries = 0; tries < 300; tries += 1) {
    const { body } = await acme.api('GET', path)
    if (!body.run.running) return body.run
    await wait(50)
  }
  throw new Error('The simulation did not come to its end.')
}

test('BY-10: a simulated Entra ID brings people and groups, and then what happens to them, one thing at a time', async () => {
  const acme = await createScimOrganisation()
  const before = await acme.api('GET', path)

  const started = await acme.api('POST', path, { act: 'start', provider: 'entra' })
  const initial = await finished(acme)
  const next = await acme.api('POST', path, { act: 'next' })
  const married = await finished(acme)

  expect(before.body.run).toBeNull()
  expect(before.body.providers).toContainEqual({ name: 'google', label: 'Google Workspace' })
  expect([started.status, next.status]).toEqual([202, 202])
  expect(started.body.run).toMatchObject({ label: 'Microsoft Entra ID', running: true })
  expect(initial).toMatchObject({
    phases: ['Connection test and initial cycle'],
    next: 'Mia Schmidt marries and changes her name',
    remaining: 18,
    fault: null,
  })
  const created = initial.calls.find(({ title }: { title: string }) => title.startsWith('Create'))
  expect(created).toMatchObject({ method: 'POST', status: 201, asExpected: true, phase: 0 })
  expect(created.meaning).toMatch(/^Created /)
  const { body: details } = await acme.api('GET', `${path}/calls/${created.number}`)
  expect(JSON.parse(details.request)).toMatchObject({ userName: expect.any(String) })
  expect(JSON.parse(details.response)).toMatchObject({ id: expect.any(String) })
  expect(married.calls.at(-1)).toMatchObject({ phase: 1, status: 200 })
  const { body: people } = await acme.api('GET', '/users?managedBy=scim&size=50')
  const names = people.items.map((one: { lastName: string }) => one.lastName)
  expect(names).toEqual(expect.arrayContaining(['Lovelace', 'Weber', "O'Brien-Müller"]))
  expect(names).not.toContain('Schmidt')
})

test('a run has a token of its own that is gone with it, and all its calls stand in the log', async () => {
  const acme = await createScimOrganisation()

  await acme.api('POST', path, { act: 'start', provider: 'google' })
  const { calls } = await finished(acme)

  const { body: tokens } = await acme.api('GET', '/identity/scim/tokens')
  expect(tokens.items.map(({ label }: { label: string }) => label)).toEqual(['Tests'])
  const events = await acme.events()
  expect(events.filter(({ type }) => type === 'scim_token.revoked')).toHaveLength(1)
  await acme.usher.provisioningLog.flush()
  const { body: log } = await acme.api('GET', '/provisioning-log?size=200')
  expect(log.items).toHaveLength(calls.length)
  expect(log.items[0].credential).toBe('Simulated identity provider')
})

test('one run at a time; an unknown provider and another source are refused', async () => {
  const acme = await createScimOrganisation()
  const jit = await createOrganisation({ method: 'sso', source: 'sso_jit' })

  const [first, second] = await Promise.all([
    acme.api('POST', path, { act: 'start', provider: 'google' }),
    acme.api('POST', path, { act: 'start', provider: 'google' }),
  ])
  await finished(acme)
  const unknown = await acme.api('POST', path, { act: 'start', provider: 'constructor' })
  const nothingYet = await jit.api('POST', path, { act: 'next' })
  const elsewhere = await jit.api('POST', path, { act: 'start', provider: 'okta' })

  expect([first.status, second.status].toSorted((a, b) => a - b)).toEqual([202, 412])
  expect(unknown.body).toMatchObject({ status: 400, errors: [{ pointer: '/provider' }] })
  expect(nothingYet.body.code).toBe('request.stale')
  expect(elsewhere.body.code).toBe('provisioning.method_conflict')
  expect((await jit.api('GET', path)).body.run).toBeNull()
})

test('a viewer may watch and not begin; whoever has no role in settings may neither', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const wish = { act: 'start', provider: 'google' }
  const user = await acme.join({ email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' })
  const eve = { email: 'eve@acme.test', firstName: 'Eve', lastName: 'Hill' }
  const reader = await acme.join(eve, ['ROLE_VIEWER'])

  const watched = await acme.api('GET', path, undefined, { session: reader.session })
  const begun = await acme.api('POST', path, wish, { session: reader.session })
  const peeked = await acme.api('GET', path, undefined, { session: user.session })
  const forged = await acme.api('POST', path, wish, { headers: { 'x-csrf-token': 'x' } })

  expect([watched.status, begun.status, peeked.status]).toEqual([200, 403, 403])
  expect(forged.body.code).toBe('auth.csrf')
  expect((await acme.api('GET', path)).body.run).toBeNull()
})
