import { describe, expect, test } from 'vitest'
import { createScimOrganisation, scimError, sorted } from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

const akadmin = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  externalId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90',
  userName: 'akadmin',
  name: { formatted: 'Jens Admin', givenName: 'Jens', familyName: 'Admin' },
  displayName: 'Jens Admin',
  photos: [],
  locale: null,
  active: true,
  emails: [{ value: 'jens@acme.test', type: 'other', primary: true }],
}

const headers = { 'user-agent': 'goauthentik.io/2026.2' }
const groupSchemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']

async function connect() {
  const acme = await createScimOrganisation()
  const authentik = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  const create = async (path: string, body: object): Promise<string> => {
    const made = await authentik('POST', path, body)
    expect(made).toMatchObject({ status: 201 })
    return made.body.id
  }
  const change = (group: string, ...Operations: object[]) =>
    authentik('PATCH', `/Groups/${group}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations,
    })
  return { acme, authentik, create, change }
}

async function withGroup(people: number) {
  const { acme, authentik, create, change } = await connect()
  const ids: string[] = []
  for (let at = 0; at < people; at += 1) {
    const address = `person-${at}@acme.test`
    const emails = [{ value: address, type: 'other', primary: true }]
    ids.push(
      await create('/Users', { ...akadmin, userName: address, externalId: `uid-${at}`, emails }),
    )
  }
  const group = await create('/Groups', {
    schemas: groupSchemas,
    externalId: '9f8e7d6c-0000-4000-8000-000000000001',
    displayName: 'authentik Admins',
  })
  return { acme, authentik, change, ids, group }
}

test('authentik reads first what the service can do, and how much at a time', async () => {
  const { authentik } = await connect()

  const config = await authentik('GET', '/ServiceProviderConfig')

  expect(config).toMatchObject({
    status: 200,
    body: {
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 200 },
    },
  })
})

describe('authentik writes a person', () => {
  test('with nulls and empty lists, which are no values', async () => {
    const { authentik, create } = await connect()

    const id = await create('/Users', akadmin)
    const { body } = await authentik('GET', `/Users/${id}`)

    expect(body).toMatchObject({ userName: 'akadmin', emails: akadmin.emails })
    for (const name of ['photos', 'locale']) expect(body).not.toHaveProperty(name)
  })

  test('by PUT, whatever changed', async () => {
    const { authentik, create } = await connect()
    const id = await create('/Users', akadmin)

    const changed = await authentik('PUT', `/Users/${id}`, { ...akadmin, id, active: false })

    expect(changed).toMatchObject({ status: 200, body: { id, active: false } })
  })

  test('by PUT of somebody who is gone: 404, and nobody is made', async () => {
    const { acme, authentik, create } = await connect()
    const id = await create('/Users', akadmin)
    await authentik('DELETE', `/Users/${id}`)

    const gone = await authentik('PUT', `/Users/${id}`, akadmin)

    expect(gone).toMatchObject(scimError(404))
    expect(await acme.find('userName eq "akadmin"')).toEqual([])
  })
})

test('authentik walks through everyone by startIndex alone', async () => {
  const { authentik, ids } = await withGroup(5)

  const seen: string[] = []
  for (let total = 1; seen.length < total; ) {
    const page = await authentik('GET', `/Users?startIndex=${seen.length + 1}`)
    total = page.body.totalResults
    seen.push(...page.body.Resources.map(({ id }: { id: string }) => id))
  }

  expect(sorted(...seen)).toEqual(sorted(...ids))
})

describe('authentik updates a group', () => {
  test('by replace without a path, repeating schemas, id and externalId', async () => {
    const { authentik, change, group } = await withGroup(0)

    const changed = await change(group, {
      op: 'replace',
      value: {
        schemas: groupSchemas,
        id: group,
        externalId: '9f8e7d6c-0000-4000-8000-000000000001',
        displayName: 'Admins',
      },
    })

    expect(changed.status).toBe(204)
    expect((await authentik('GET', `/Groups/${group}`)).body).toMatchObject({
      displayName: 'Admins',
      externalId: '9f8e7d6c-0000-4000-8000-000000000001',
    })
  })

  test('by one add operation for every member', async () => {
    const { acme, change, ids, group } = await withGroup(4)

    const operations = ids.map((id) => ({ op: 'add', path: 'members', value: [{ value: id }] }))
    const changed = await change(group, ...operations)

    expect(changed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual(sorted(...ids))
  })

  test('by removal with a list of values, and the others stay', async () => {
    const { acme, change, ids, group } = await withGroup(3)
    const value = (id: string | undefined) => [{ value: id }]
    await change(group, ...ids.map((id) => ({ op: 'add', path: 'members', value: value(id) })))

    const removed = await change(
      group,
      { op: 'remove', path: 'members', value: value(ids[0]) },
      { op: 'remove', path: 'members', value: value(ids[2]) },
    )

    expect(removed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([ids[1]])
  })

  test('by a thousand operations at a time, and not by more', async () => {
    const { change, ids, group } = await withGroup(1)
    const operations = (count: number) =>
      Array.from({ length: count }, () => ({
        op: 'add',
        path: 'members',
        value: [{ value: ids[0] }],
      }))

    const most = await change(group, ...operations(1000))
    const more = await change(group, ...operations(1001))

    expect(most.status).toBe(204)
    expect(more.status).toBe(400)
  })

  test('and reads who is in it, to compare', async () => {
    const { authentik, change, ids, group } = await withGroup(2)
    await change(
      group,
      ...ids.map((id) => ({ op: 'add', path: 'members', value: [{ value: id }] })),
    )

    const { body } = await authentik('GET', `/Groups/${group}`)

    const values = body.members.map(({ value }: { value: string }) => value)
    expect(sorted(...values)).toEqual(sorted(...ids))
  })

  test('and reads that nobody is in it: of a list that is not there it would take no notice', async () => {
    const { authentik, group } = await withGroup(0)

    const made = await authentik('POST', '/Groups', { schemas: groupSchemas, displayName: 'Empty' })
    const read = await authentik('GET', `/Groups/${group}`)
    const listed = await authentik('GET', '/Groups')
    const named = await authentik('GET', `/Groups/${group}?attributes=displayName`)

    expect(made.body.members).toEqual([])
    expect(read.body.members).toEqual([])
    expect(listed.body.Resources).toMatchObject([{ members: [] }, { members: [] }])
    expect(named.body).not.toHaveProperty('members')
  })
})

test('a short cycle of authentik is recorded event by event', async () => {
  const { acme, authentik, create, change } = await connect()
  const id = await create('/Users', akadmin)
  const group = await create('/Groups', {
    schemas: groupSchemas,
    displayName: 'Admins',
    externalId: 'g',
  })

  await change(group, { op: 'add', path: 'members', value: [{ value: id }] })
  await change(group, { op: 'remove', path: 'members', value: [{ value: id }] })
  await authentik('DELETE', `/Groups/${group}`)
  await authentik('DELETE', `/Users/${id}`)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'group.created',
    'group.member_added',
    'group.member_removed',
    'group.deleted',
    'user.deleted',
  ])
})

test.each([0, 2])(
  'the simulated authentik brings its directory, and a year of it (every %d. write times out)',
  async (timeoutEvery) => {
    const { acme } = await connect()
    const { exchange } = acme
    const directory = sampleDirectory()
    const idp = simulatedScimClient('authentik', { directory, exchange, timeoutEvery })

    await idp.testConnection()
    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  },
)
