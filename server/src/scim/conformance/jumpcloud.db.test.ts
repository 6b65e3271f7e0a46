import { describe, expect, test } from 'vitest'
import { createScimOrganisation, scimError, sorted } from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

const tester = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  externalId: '5f0c1f1f1f1f1f1f1f1f1f1f',
  userName: 'jumpcloud-test@acme.test',
  name: { givenName: 'JumpCloud', familyName: 'Test', formatted: 'JumpCloud Test' },
  displayName: 'JumpCloud Test',
  emails: [{ value: 'jumpcloud-test@acme.test', type: 'work', primary: true }],
  active: true,
}

const headers = { 'user-agent': 'JumpCloud/1.0' }

async function connect() {
  const acme = await createScimOrganisation()
  const jumpcloud = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  const create = async (path: string, body: object): Promise<string> => {
    const made = await jumpcloud('POST', path, body)
    expect(made).toMatchObject({ status: 201 })
    return made.body.id
  }
  return { acme, jumpcloud, create }
}

describe('JumpCloud activates', () => {
  test('by making somebody, changing, suspending and removing them', async () => {
    const { acme, jumpcloud } = await connect()

    const before = await jumpcloud(
      'GET',
      '/Users?filter=userName%20eq%20%22jumpcloud-test%40acme.test%22',
    )
    const made = await jumpcloud('POST', '/Users', tester)
    const path = `/Users/${made.body.id}`
    const changed = await jumpcloud('PUT', path, { ...tester, displayName: 'Changed' })
    const suspended = await jumpcloud('PUT', path, { ...tester, active: false })
    const removed = await jumpcloud('DELETE', path)

    const statuses = [before, made, changed, suspended, removed].map(({ status }) => status)
    expect(statuses).toEqual([200, 201, 200, 200, 204])
    expect(await jumpcloud('GET', path)).toMatchObject(scimError(404))
    expect((await acme.people()).map(({ email }) => email)).toEqual([acme.manager.email])
  })

  test('again, with the same person who comes back as the one they were', async () => {
    const { jumpcloud, create } = await connect()
    const id = await create('/Users', tester)
    await jumpcloud('DELETE', `/Users/${id}`)

    const again = await jumpcloud('POST', '/Users', tester)

    expect(again).toMatchObject({ status: 201, body: { id, active: true } })
  })
})

describe('JumpCloud manages a group', () => {
  async function withGroup() {
    const { acme, jumpcloud, create } = await connect()
    const people = [
      await create('/Users', tester),
      await create('/Users', { ...tester, userName: 'b@acme.test', externalId: 'b', emails: [] }),
      await create('/Users', { ...tester, userName: 'c@acme.test', externalId: 'c', emails: [] }),
    ] as const
    const group = await create('/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Everyone',
      externalId: '5f0c1f1f1f1f1f1f1f1f1f20',
    })
    const change = (operation: object) =>
      jumpcloud('PATCH', `/Groups/${group}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [operation],
      })
    return { acme, people, group, change }
  }

  test('by a list of members to add', async () => {
    const { acme, people, group, change } = await withGroup()

    const value = people.map((id) => ({ value: id }))
    const added = await change({ op: 'add', path: 'members', value })

    expect(added.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual(sorted(...people))
  })

  test('by a list of members to remove, and nobody else goes', async () => {
    const { acme, people, group, change } = await withGroup()
    await change({ op: 'add', path: 'members', value: people.map((id) => ({ value: id })) })

    const removed = await change({ op: 'remove', path: 'members', value: [{ value: people[0] }] })

    expect(removed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual(sorted(people[1], people[2]))
  })

  test('by a list with nobody to remove, and nobody goes', async () => {
    const { acme, people, group, change } = await withGroup()
    await change({ op: 'add', path: 'members', value: [{ value: people[0] }] })

    await change({ op: 'remove', path: 'members', value: [] })

    expect(await acme.membersOf(group)).toEqual([people[0]])
  })

  test('by removing who is not in it, which is no error', async () => {
    const { acme, people, group, change } = await withGroup()
    await change({ op: 'add', path: 'members', value: [{ value: people[0] }] })

    const removed = await change({ op: 'remove', path: 'members', value: [{ value: people[2] }] })

    expect(removed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([people[0]])
  })
})

test('a short cycle of JumpCloud is recorded event by event', async () => {
  const { acme, jumpcloud, create } = await connect()
  const id = await create('/Users', tester)

  await jumpcloud('PUT', `/Users/${id}`, { ...tester, displayName: 'Changed' })
  await jumpcloud('PUT', `/Users/${id}`, { ...tester, displayName: 'Changed', active: false })
  await jumpcloud('DELETE', `/Users/${id}`)
  await jumpcloud('POST', '/Users', tester)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'user.changed',
    'user.deactivated',
    'user.deleted',
    'user.restored',
  ])
})

test.each([0, 2])(
  'the simulated JumpCloud brings its directory, and a year of it (every %d. write times out)',
  async (timeoutEvery) => {
    const { acme } = await connect()
    const { exchange } = acme
    const directory = sampleDirectory()
    const idp = simulatedScimClient('jumpcloud', { directory, exchange, timeoutEvery })

    await idp.testConnection()
    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  },
)
