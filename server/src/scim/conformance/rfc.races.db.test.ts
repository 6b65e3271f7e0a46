/** What two do at the same moment ends as if one had come after the other. */
import { expect, test } from 'vitest'
import { createScimOrganisation, groupSchema, sorted, userSchema } from '../../../testing/scim.ts'

const statusesOf = (answers: { status: number }[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b)

const off = { op: 'replace', path: 'active', value: false }

test.each([
  ['deactivated', 'PATCH'],
  ['deleted', 'DELETE'],
])('of three managers who are all %s at once, one stays', async (_, method) => {
  const acme = await createScimOrganisation({ syncRoles: true })
  const roles = [{ value: 'ROLE_MANAGER' }]
  const others = [
    await acme.user({ userName: 'm1@acme.test', roles }),
    await acme.user({ userName: 'm2@acme.test', roles }),
  ]
  // Whoever vouches for a manager has let them sign in.
  for (const email of ['m1@acme.test', 'm2@acme.test'])
    expect((await acme.signIn({ email })).status).toBe(303)

  const answers = await Promise.all(
    [acme.manager.id, ...others].map((id) =>
      method === 'PATCH' ? acme.patch(`/Users/${id}`, off) : acme.scim('DELETE', `/Users/${id}`),
    ),
  )

  const done = method === 'PATCH' ? 200 : 204
  expect(statusesOf(answers)).toEqual([done, done, 409])
  const refused = answers.find(({ status }) => status === 409)
  expect(refused?.body.detail).toMatch(/^manager\.last_working/)
})

test('of twenty groups of one name made at once, one is made', async () => {
  const acme = await createScimOrganisation()
  const body = { schemas: [groupSchema], displayName: 'Engines' }

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => acme.scim('POST', '/Groups', body)),
  )

  expect(statusesOf(answers)).toEqual([201, ...Array(19).fill(409)])
  expect(await acme.eventNames()).toEqual(['group.created'])
})

test('of two groups renamed to one name at once, one is', async () => {
  const acme = await createScimOrganisation()
  const groups = [await acme.group('One'), await acme.group('Two')]
  const rename = { op: 'replace', path: 'displayName', value: 'Three' }

  const answers = await Promise.all(groups.map((id) => acme.patch(`/Groups/${id}`, rename)))

  expect(statusesOf(answers)).toEqual([204, 409])
})

test('of two people renamed to one userName at once, one is', async () => {
  const acme = await createScimOrganisation()
  const people = [
    await acme.user({ userName: 'a', emails: [{ value: 'a@acme.test', primary: true }] }),
    await acme.user({ userName: 'b', emails: [{ value: 'b@acme.test', primary: true }] }),
  ]
  const rename = { op: 'replace', path: 'userName', value: 'c' }

  const answers = await Promise.all(people.map((id) => acme.patch(`/Users/${id}`, rename)))

  expect(statusesOf(answers)).toEqual([200, 409])
})

test('somebody who is here already and is sent ten times at once is adopted once', async () => {
  const acme = await createScimOrganisation()
  const body = { schemas: [userSchema], userName: acme.manager.email }

  const answers = await Promise.all(
    Array.from({ length: 10 }, () => acme.scim('POST', '/Users', body)),
  )

  expect(statusesOf(answers)).toEqual([201, ...Array(9).fill(409)])
  expect((await acme.eventNames()).filter((name) => name === 'user.adopted')).toHaveLength(1)
})

test('somebody who is changed and deleted at once is deleted', async () => {
  const acme = await createScimOrganisation()
  const id = await acme.user({ userName: 'ada@acme.test' })
  const path = `/Users/${id}`

  const [deleted, ...changed] = await Promise.all([
    acme.scim('DELETE', path),
    ...['A', 'B', 'C'].map((value) => acme.patch(path, { op: 'replace', path: 'title', value })),
  ])

  expect(deleted?.status).toBe(204)
  for (const { status } of changed) expect([200, 404]).toContain(status)
  expect((await acme.scim('GET', path)).status).toBe(404)
})

test('somebody who is deleted five times at once is deleted once', async () => {
  const acme = await createScimOrganisation()
  const id = await acme.user({ userName: 'ada@acme.test' })

  const answers = await Promise.all(
    Array.from({ length: 5 }, () => acme.scim('DELETE', `/Users/${id}`)),
  )

  expect(statusesOf(answers)).toEqual([204, 404, 404, 404, 404])
  expect(await acme.eventNames()).toEqual(['user.joined', 'user.deleted'])
})

test('somebody who is put by two who read the same version is put by one', async () => {
  const acme = await createScimOrganisation()
  const path = `/Users/${await acme.user({ userName: 'ada@acme.test' })}`
  const { headers } = await acme.scim('GET', path)
  const put = (title: string) =>
    acme.scim(
      'PUT',
      path,
      { schemas: [userSchema], userName: 'ada@acme.test', title },
      { 'if-match': String(headers.etag) },
    )

  const answers = await Promise.all([put('A'), put('B'), put('C')])

  expect(statusesOf(answers)).toEqual([200, 412, 412])
})

test('a group that is filled, emptied and deleted by many at once leaves nothing half done', async () => {
  const acme = await createScimOrganisation()
  const people: string[] = []
  for (let at = 0; at < 10; at += 1) people.push(await acme.user({ userName: `p${at}@acme.test` }))
  const group = await acme.group('Engines', ...people.slice(0, 5))
  const members = (ids: string[]) => ids.map((value) => ({ value }))

  const answers = await Promise.all([
    acme.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: members(people) }),
    acme.patch(`/Groups/${group}`, { op: 'remove', path: 'members' }),
    acme.scim('PUT', `/Groups/${group}`, {
      schemas: [groupSchema],
      displayName: 'Engines',
      members: members(people.slice(5)),
    }),
    acme.scim('DELETE', `/Users/${people[0]}`),
    acme.scim('DELETE', `/Users/${people[9]}`),
  ])

  for (const { status, text } of answers) expect([200, 204, 400], text).toContain(status)
  const allowed = [[], people.slice(1, 9), people.slice(5, 9)].map((ids) => sorted(...ids))
  expect(allowed).toContainEqual(await acme.membersOf(group))
})

test('a thousand people who come in ten bulk requests at once all come, and once', async () => {
  const acme = await createScimOrganisation()
  const request = (first: number) => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: Array.from({ length: 100 }, (_, index) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `b${index}`,
      data: { schemas: [userSchema], userName: `p${first + index}@acme.test` },
    })),
  })

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) => acme.scim('POST', '/Bulk', request(at * 100))),
  )

  const made = answers.flatMap(({ body }) =>
    body.Operations.map(({ status }: { status: string }) => status),
  )
  expect(new Set(made)).toEqual(new Set(['201']))
  expect((await acme.scim('GET', '/Users?count=0')).body.totalResults).toBe(1000)
})
