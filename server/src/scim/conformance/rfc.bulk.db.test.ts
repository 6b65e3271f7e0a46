/** RFC 7644 §3.7. */
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  errorSchema,
  groupSchema,
  patchSchema,
  type ScimOrganisation,
  scimError,
  userSchema,
} from '../../../testing/scim.ts'

const bulkSchema = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest'

type Operation = {
  method: string
  path: string
  bulkId?: string
  data?: object
  version?: string
}

function bulk(acme: ScimOrganisation, operations: Operation[], more = {}) {
  return acme.scim('POST', '/Bulk', { schemas: [bulkSchema], ...more, Operations: operations })
}

function person(bulkId: string, data: object = {}): Operation {
  const user = { schemas: [userSchema], userName: `${bulkId}@acme.test`, ...data }
  return { method: 'POST', path: '/Users', bulkId, data: user }
}

function group(bulkId: string, ...members: string[]): Operation {
  const data = {
    schemas: [groupSchema],
    displayName: bulkId,
    members: members.map((value) => ({ value })),
  }
  return { method: 'POST', path: '/Groups', bulkId, data }
}

const statuses = (body: { Operations: { status: string }[] }) =>
  body.Operations.map(({ status }) => status)

const idIn = (location: string) => location.split('/').at(-1) ?? ''

describe('a bulk request', () => {
  test('makes, changes, replaces and deletes, each answered in its place', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ userName: 'old@acme.test' })
    const leaver = await acme.user({ userName: 'leaver@acme.test' })

    const answer = await bulk(acme, [
      person('qwerty'),
      {
        method: 'PATCH',
        path: `/Users/${id}`,
        data: { schemas: [patchSchema], Operations: [{ op: 'add', path: 'title', value: 'CTO' }] },
      },
      {
        method: 'PUT',
        path: `/Users/${id}`,
        data: { schemas: [userSchema], userName: 'new@acme.test' },
      },
      { method: 'DELETE', path: `/Users/${leaver}` },
    ])

    expect(answer).toMatchObject({
      status: 200,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
        Operations: [
          { method: 'POST', bulkId: 'qwerty', status: '201' },
          { method: 'PATCH', location: `${acme.baseUrl}/Users/${id}`, status: '200' },
          { method: 'PUT', location: `${acme.baseUrl}/Users/${id}`, status: '200' },
          { method: 'DELETE', status: '204' },
        ],
      },
    })
    const [made] = answer.body.Operations
    expect(made.location).toMatch(new RegExp(`^${acme.baseUrl}/Users/`))
    expect(made.version).toMatch(/"/)
    expect((await acme.scim('GET', `/Users/${id}`)).body.userName).toBe('new@acme.test')
  })

  test('names what it makes itself by bulkId', async () => {
    const acme = await createScimOrganisation()

    const { body } = await bulk(acme, [person('ada'), group('engines', 'bulkId:ada')])

    expect(statuses(body)).toEqual(['201', '201'])
    const [ada, engines] = body.Operations.map(({ location }: { location: string }) =>
      idIn(location),
    )
    expect(await acme.membersOf(engines)).toEqual([ada])
  })

  test('names what comes later in it', async () => {
    const acme = await createScimOrganisation()

    const { body } = await bulk(acme, [group('engines', 'bulkId:ada'), person('ada')])

    expect(statuses(body)).toEqual(['201', '201'])
    const [engines, ada] = body.Operations.map(({ location }: { location: string }) =>
      idIn(location),
    )
    expect(await acme.membersOf(engines)).toEqual([ada])
  })

  test('names what it made in a path', async () => {
    const acme = await createScimOrganisation()

    const { body } = await bulk(acme, [
      person('ada'),
      {
        method: 'PATCH',
        path: '/Users/bulkId:ada',
        data: { schemas: [patchSchema], Operations: [{ op: 'add', path: 'title', value: 'CTO' }] },
      },
    ])

    expect(statuses(body)).toEqual(['201', '200'])
    expect(await acme.find('title eq "CTO"')).toHaveLength(1)
  })

  test('with two that wait for each other: 409 for both, and the rest is done', async () => {
    const acme = await createScimOrganisation()

    const { body } = await bulk(acme, [
      group('a', 'bulkId:b'),
      group('b', 'bulkId:a'),
      person('ada'),
    ])

    expect(statuses(body)).toEqual(['409', '409', '201'])
    expect(body.Operations[0].response).toMatchObject({ schemas: [errorSchema], status: '409' })
  })

  test('fails one operation at a time, and tells why', async () => {
    const acme = await createScimOrganisation()

    const { status, body } = await bulk(acme, [
      person('ada'),
      person('ada-again', { userName: 'ADA@acme.test' }),
      person('nameless', { userName: '' }),
      { method: 'POST', path: '/Users', data: { userName: 'no-id@acme.test' } },
      { method: 'DELETE', path: '/Users/00000000-0000-7000-8000-000000000000' },
      { method: 'POST', path: '/Printers', bulkId: 'p', data: {} },
      { method: 'GET', path: '/Users/x' },
      group('engines', 'bulkId:nobody'),
      group('motors', 'bulkId:nameless'),
      person('bob'),
    ])

    expect(status).toBe(200)
    expect(statuses(body)).toEqual([
      '201',
      '409',
      '400',
      '400',
      '404',
      '400',
      '400',
      '400',
      '400',
      '201',
    ])
    for (const { status: one, response } of body.Operations.filter(
      ({ status: text }: { status: string }) => Number(text) >= 400,
    ))
      expect(response).toMatchObject({
        schemas: [errorSchema],
        status: one,
        detail: expect.any(String),
      })
    expect(body.Operations[1].response.scimType).toBe('uniqueness')
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.joined'])
  })

  test('says where what it meant is, done or refused, but for a POST that failed', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ userName: 'eve@acme.test' })
    const nobody = '00000000-0000-7000-8000-000000000000'
    const patch = { schemas: [patchSchema], Operations: [{ op: 'x' }] }

    const { body } = await bulk(acme, [
      { method: 'PATCH', path: `/Users/${id}`, data: patch },
      { method: 'PUT', path: `/users/${id}` },
      { method: 'DELETE', path: `/Users/${id}`, version: 'W/"99"' },
      { method: 'DELETE', path: `/Groups/${nobody}` },
      person('ada', { userName: '' }),
      person('bob'),
      { method: 'DELETE', path: '/Users/bulkId:bob' },
    ])

    expect(statuses(body)).toEqual(['400', '400', '412', '404', '400', '201', '204'])
    const [, , , , failed, made, gone] = body.Operations
    expect(body.Operations.slice(0, 4).map((one: { location: string }) => one.location)).toEqual([
      ...Array.from({ length: 3 }, () => `${acme.baseUrl}/Users/${id}`),
      `${acme.baseUrl}/Groups/${nobody}`,
    ])
    expect(failed).not.toHaveProperty('location')
    expect(gone.location).toBe(made.location)
  })

  test('stops after so many errors as it says', async () => {
    const acme = await createScimOrganisation()

    const { body } = await bulk(
      acme,
      [person('a'), person('b', { userName: '' }), person('c', { userName: '' }), person('d')],
      { failOnErrors: 2 },
    )

    expect(statuses(body)).toEqual(['201', '400', '400'])
    expect(await acme.find('userName eq "d@acme.test"')).toEqual([])
  })

  test('holds an operation to the version it names', async () => {
    const acme = await createScimOrganisation()
    const path = `/Users/${await acme.user({ userName: 'ada@acme.test' })}`
    const { headers } = await acme.scim('GET', path)
    const version = String(headers.etag)
    const data = { schemas: [userSchema], userName: 'ada@acme.test', title: 'CTO' }

    const { body } = await bulk(acme, [
      { method: 'PUT', path, version, data },
      { method: 'PUT', path, version, data: { ...data, title: 'CEO' } },
    ])

    expect(statuses(body)).toEqual(['200', '412'])
  })

  test('of a thousand operations is carried out, and one of more is 413 and names the limit', async () => {
    const acme = await createScimOrganisation()
    const operations = (count: number) =>
      Array.from({ length: count }, () => ({
        method: 'DELETE',
        path: '/Users/00000000-0000-7000-8000-000000000000',
      }))

    const most = await bulk(acme, operations(1000))
    const more = await bulk(acme, operations(1001))

    expect(most.status).toBe(200)
    expect(most.body.Operations).toHaveLength(1000)
    expect(more).toMatchObject(scimError(413, undefined, /1000\b/))
  })

  test('of more than 1 MiB is 413 and names the limit', async () => {
    const acme = await createScimOrganisation()

    const refused = await bulk(acme, [person('ada', { nickName: 'x'.repeat(1_048_576) })])

    expect(refused).toMatchObject(scimError(413, undefined, /1048576/))
    expect(await acme.events()).toEqual([])
  })

  test.each([
    ['no schema', { Operations: [] }],
    ['no operations', { schemas: [bulkSchema] }],
    ['a limit of errors that is none', { schemas: [bulkSchema], Operations: [], failOnErrors: 0 }],
  ])('with %s is invalidSyntax', async (_, body) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('POST', '/Bulk', body)).toMatchObject(scimError(400, 'invalidSyntax'))
  })

  test('brings a whole company, with people who report to each other', async () => {
    const acme = await createScimOrganisation()
    const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const operations = Array.from({ length: 300 }, (_, index) =>
      person(`p${index}`, index === 0 ? {} : { [manager]: { manager: { value: 'bulkId:p0' } } }),
    )

    const { body } = await bulk(acme, operations)

    expect(new Set(statuses(body))).toEqual(new Set(['201']))
    const boss = idIn(body.Operations[0].location)
    const { body: found } = await acme.scim(
      'GET',
      `/Users?count=0&filter=${encodeURIComponent(`${manager}:manager.value eq "${boss}"`)}`,
    )
    expect(found.totalResults).toBe(299)
  })
})
