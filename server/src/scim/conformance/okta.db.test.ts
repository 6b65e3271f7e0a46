import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  type ScimOrganisation,
  scimError,
  sorted,
} from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

const isaac = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName: 'isaac.brock@acme.test',
  name: { givenName: 'Isaac', familyName: 'Brock' },
  emails: [{ primary: true, value: 'isaac.brock@acme.test', type: 'work' }],
  displayName: 'Isaac Brock',
  locale: 'en-US',
  externalId: '00ujl29u0le5T6Aj10h7',
  groups: [],
  password: '1mz050nq',
  active: true,
}

const eric = {
  ...isaac,
  userName: 'eric.judy@acme.test',
  name: { givenName: 'Eric', familyName: 'Judy' },
  emails: [{ primary: true, value: 'eric.judy@acme.test', type: 'work' }],
  displayName: 'Eric Judy',
  externalId: '00ujl29u0le5T6Aj10h8',
}

const patchSchemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp']
const groupSchemas = ['urn:ietf:params:scim:schemas:core:2.0:Group']
const headers = {
  accept: 'application/scim+json',
  'accept-charset': 'utf-8',
  'content-type': 'application/scim+json; charset=utf-8',
  'user-agent': 'Okta SCIM Client 1.0.0',
}

async function connect(wish = {}) {
  const acme = await createScimOrganisation(wish)
  const okta = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  return { acme, okta }
}

async function create(acme: ScimOrganisation, path: string, body: object): Promise<string> {
  const made = await acme.scim('POST', path, body, headers)
  expect(made).toMatchObject({ status: 201 })
  return made.body.id
}

describe('Okta tests its credentials', () => {
  test('by a page of two people', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)

    const page = await okta('GET', '/Users?startIndex=1&count=2')

    expect(page).toMatchObject({
      status: 200,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
        totalResults: 1,
        startIndex: 1,
        itemsPerPage: 1,
        Resources: [{ id }],
      },
    })
  })

  test('with a wrong one, and reads why in the body', async () => {
    const { acme } = await connect()

    const refused = await acme.scim('GET', '/Users?startIndex=1&count=2', undefined, {
      ...headers,
      authorization: 'Bearer uss_wrong',
    })

    expect(refused).toMatchObject(scimError(401, undefined, /./))
  })

  test('and is told in the body when nobody has the id', async () => {
    const { okta } = await connect()

    const missing = await okta('GET', '/Users/00000000-0000-7000-8000-000000000000')

    expect(missing).toMatchObject(scimError(404, undefined, /./))
  })

  test.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])(
    'and that %s takes no POST',
    async (path) => {
      const { okta } = await connect()

      expect(await okta('POST', path, {})).toMatchObject(scimError(405))
    },
  )
})

describe('Okta finds a person', () => {
  test('whose userName it writes in upper case', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)

    const found = await okta(
      'GET',
      '/Users?filter=userName%20eq%20%22ISAAC.BROCK%40ACME.TEST%22&startIndex=1&count=100',
    )

    expect(found).toMatchObject({ status: 200, body: { totalResults: 1, Resources: [{ id }] } })
  })

  test('that is not there: 200 and an empty list', async () => {
    const { okta } = await connect()

    const found = await okta(
      'GET',
      '/Users?filter=userName%20eq%20%22nobody%40acme.test%22&startIndex=1&count=100',
    )

    expect(found).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } })
  })

  test('who is in the organisation already, and whom it had not made', async () => {
    const { acme, okta } = await connect()

    const found = await okta(
      'GET',
      `/Users?filter=userName%20eq%20%22${encodeURIComponent(acme.manager.email)}%22&startIndex=1&count=100`,
    )

    expect(found.body.Resources).toMatchObject([{ id: acme.manager.id, active: true }])
  })
})

describe('Okta creates a person', () => {
  test('with password, locale and groups: [], and the password is nowhere to be read', async () => {
    const { acme, okta } = await connect()

    const made = await okta('POST', '/Users', isaac)
    const read = await okta('GET', `/Users/${made.body.id}`)

    expect(made).toMatchObject({
      status: 201,
      body: {
        userName: isaac.userName,
        locale: 'en-US',
        externalId: isaac.externalId,
        active: true,
      },
    })
    expect(made.headers.location).toBe(`${acme.baseUrl}/Users/${made.body.id}`)
    for (const { text } of [made, read]) {
      expect(text).not.toContain('1mz050nq')
      expect(text).not.toContain('password')
    }
    expect(JSON.stringify(await acme.events())).not.toContain('1mz050nq')
  })

  test('twice: the second time is a conflict', async () => {
    const { acme, okta } = await connect()
    await create(acme, '/Users', isaac)

    const second = await okta('POST', '/Users', isaac)

    expect(second).toMatchObject(scimError(409, 'uniqueness', /./))
  })

  test('who is in the organisation already, and is given that person’s id', async () => {
    const { acme, okta } = await connect()

    const adopted = await okta('POST', '/Users', {
      ...isaac,
      userName: acme.manager.email,
      emails: [{ primary: true, value: acme.manager.email, type: 'work' }],
    })

    expect(adopted).toMatchObject({ status: 201, body: { id: acme.manager.id } })
    expect((await acme.api('GET', `/users/${acme.manager.id}`)).body).toMatchObject({
      email: acme.manager.email,
      managedBy: 'scim',
      roles: expect.arrayContaining(['ROLE_MANAGER']),
    })
    expect(await acme.eventNames()).toContain('user.adopted')
  })

  test('who is in the organisation already, in vain while existing users are not provisioned', async () => {
    const { acme, okta } = await connect({ provisionExistingUsers: false })

    const refused = await okta('POST', '/Users', { ...isaac, userName: acme.manager.email })
    const found = await acme.find(`userName eq "${acme.manager.email}"`)

    expect(refused).toMatchObject(scimError(409, 'uniqueness'))
    expect(found).toEqual([])
    expect(await acme.eventNames()).toEqual(['adoption.queued'])
  })
})

describe('Okta changes a person', () => {
  test('of an application from the wizard, by PUT of everything', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', { ...isaac, title: 'Singer' })

    const changed = await okta('PUT', `/Users/${id}`, {
      ...isaac,
      id,
      displayName: 'I. Brock',
      name: { givenName: 'I.', familyName: 'Brock' },
      meta: { resourceType: 'User' },
    })

    expect(changed).toMatchObject({
      status: 200,
      body: { id, displayName: 'I. Brock', active: true },
    })
    expect(changed.body).not.toHaveProperty('title')
  })

  test('of an application from the catalogue, by PATCH without a path', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)

    const changed = await okta('PATCH', `/Users/${id}`, {
      schemas: patchSchemas,
      Operations: [
        {
          op: 'replace',
          value: {
            name: { givenName: 'I.' },
            title: 'Singer',
            emails: [{ primary: true, value: 'ib@acme.test', type: 'work' }],
            [enterpriseSchema]: { department: 'Music' },
          },
        },
      ],
    })

    expect(changed).toMatchObject({
      status: 200,
      body: {
        name: { givenName: 'I.', familyName: 'Brock' },
        title: 'Singer',
        emails: [{ value: 'ib@acme.test' }],
        [enterpriseSchema]: { department: 'Music' },
      },
    })
  })

  test('SC-9, SC-30: whose password it syncs, alone in vain, with the rest so that the rest is done', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)

    const alone = await okta('PATCH', `/Users/${id}`, {
      schemas: patchSchemas,
      Operations: [{ op: 'replace', value: { password: 'new-Secret-9' } }],
    })
    const beside = await okta('PATCH', `/Users/${id}`, {
      schemas: patchSchemas,
      Operations: [{ op: 'replace', value: { password: 'new-Secret-9', title: 'Head' } }],
    })

    expect(alone).toMatchObject(scimError(400, 'mutability'))
    expect(beside).toMatchObject({ status: 200, body: { title: 'Head' } })
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.changed'])
    await acme.usher.provisioningLog.flush()
    const [{ id: entry }] = (await acme.api('GET', '/provisioning-log?method=PATCH')).body.items
    const { text } = await acme.api('GET', `/provisioning-log/${entry}`)
    expect(text).toContain('password was ignored')
    for (const said of [alone.text, beside.text, text]) expect(said).not.toContain('new-Secret-9')
  })
})

describe('Okta deactivates a person', () => {
  test('by PATCH without a path, and reactivates them the same way', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)
    const set = (active: boolean) =>
      okta('PATCH', `/Users/${id}`, {
        schemas: patchSchemas,
        Operations: [{ op: 'replace', value: { active } }],
      })

    const off = await set(false)
    const on = await set(true)

    expect(off).toMatchObject({ status: 200, body: { active: false } })
    expect(on).toMatchObject({ status: 200, body: { active: true } })
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.deactivated', 'user.enabled'])
  })

  test('by PUT', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)

    const off = await okta('PUT', `/Users/${id}`, { ...isaac, id, active: false })

    expect(off).toMatchObject({ status: 200, body: { active: false } })
    expect(await okta('GET', `/Users/${id}`)).toMatchObject({
      status: 200,
      body: { active: false },
    })
  })

  test('and never deletes one, so that the same userName finds the same person', async () => {
    const { acme, okta } = await connect()
    const id = await create(acme, '/Users', isaac)
    await okta('PUT', `/Users/${id}`, { ...isaac, id, active: false })

    expect(await acme.find('userName eq "isaac.brock@acme.test"')).toEqual([id])
  })

  test('but not the last working manager', async () => {
    const { acme, okta } = await connect()
    const { id } = acme.manager

    const refused = await okta('PATCH', `/Users/${id}`, {
      schemas: patchSchemas,
      Operations: [{ op: 'replace', value: { active: false } }],
    })

    expect(refused).toMatchObject(scimError(409, undefined, /^manager\.last_working/))
    expect((await acme.api('GET', `/users/${id}`)).body.status).toBe('active')
  })
})

describe('Okta pushes a group', () => {
  async function withGroup() {
    const { acme, okta } = await connect()
    const [first, second] = [
      await create(acme, '/Users', isaac),
      await create(acme, '/Users', eric),
    ]
    const group = await create(acme, '/Groups', {
      schemas: groupSchemas,
      displayName: 'Modest Mouse',
      members: [{ value: first, display: isaac.userName }],
    })
    const change = (...Operations: object[]) =>
      okta('PATCH', `/Groups/${group}`, { schemas: patchSchemas, Operations })
    return { acme, okta, first, second, group, change }
  }

  test('with its members', async () => {
    const { acme, first, group } = await withGroup()

    expect(await acme.membersOf(group)).toEqual([first])
    expect((await acme.scim('GET', `/Users/${first}`)).body.groups).toEqual(
      expect.arrayContaining([expect.objectContaining({ value: group, display: 'Modest Mouse' })]),
    )
  })

  test('after it looked for it by name', async () => {
    const { okta, group } = await withGroup()

    const found = await okta(
      'GET',
      '/Groups?filter=displayName%20eq%20%22Modest%20Mouse%22&startIndex=1&count=100',
    )

    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id: group }] })
  })

  test('and renames it without a path, repeating its id', async () => {
    const { okta, group, change } = await withGroup()

    const renamed = await change({
      op: 'replace',
      value: { id: group, displayName: 'Ugly Casanova' },
    })

    expect(renamed.status).toBe(204)
    expect((await okta('GET', `/Groups/${group}`)).body.displayName).toBe('Ugly Casanova')
  })

  test('and may not give it another id', async () => {
    const { change } = await withGroup()

    const refused = await change({ op: 'replace', value: { id: 'another', displayName: 'X' } })

    expect(refused).toMatchObject(scimError(400, 'mutability'))
  })

  test('by replacing all members', async () => {
    const { acme, second, group, change } = await withGroup()

    const replaced = await change({
      op: 'replace',
      path: 'members',
      value: [{ value: second, display: eric.userName }],
    })

    expect(replaced.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([second])
  })

  test('by removing one and adding another in one request', async () => {
    const { acme, first, second, group, change } = await withGroup()

    const changed = await change(
      { op: 'remove', path: `members[value eq "${first}"]` },
      { op: 'add', path: 'members', value: [{ value: second, display: eric.userName }] },
    )

    expect(changed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([second])
  })

  test('that is empty: replace members [] empties it', async () => {
    const { acme, group, change } = await withGroup()

    const emptied = await change({ op: 'replace', path: 'members', value: [] })

    expect(emptied.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([])
  })

  test('that was empty all along, "now": it stays as it is, without an event', async () => {
    const { acme, okta } = await connect()
    const group = await create(acme, '/Groups', {
      schemas: groupSchemas,
      displayName: 'Nobody',
      members: [],
    })

    const pushed = await okta('PATCH', `/Groups/${group}`, {
      schemas: patchSchemas,
      Operations: [{ op: 'replace', path: 'members', value: [] }],
    })

    expect(pushed.status).toBe(204)
    expect(await acme.eventNames()).toEqual(['group.created'])
  })

  test('of an application from the wizard, by PUT of the whole group', async () => {
    const { acme, okta, first, second, group } = await withGroup()

    const put = await okta('PUT', `/Groups/${group}`, {
      schemas: groupSchemas,
      id: group,
      displayName: 'Modest Mouse',
      members: [
        { value: first, display: isaac.userName },
        { value: second, display: eric.userName },
      ],
    })

    expect(put).toMatchObject({ status: 200, body: { id: group, displayName: 'Modest Mouse' } })
    expect(await acme.membersOf(group)).toEqual(sorted(first, second))
  })

  test('by PUT without members, which leaves nobody in it', async () => {
    const { acme, okta, group } = await withGroup()

    const put = await okta('PUT', `/Groups/${group}`, {
      schemas: groupSchemas,
      displayName: 'Modest Mouse',
    })

    expect(put.status).toBe(200)
    expect(await acme.membersOf(group)).toEqual([])
  })

  test('and unlinks it with deletion', async () => {
    const { acme, okta, first, group } = await withGroup()

    const deleted = await okta('DELETE', `/Groups/${group}`)

    expect(deleted).toMatchObject({ status: 204, text: '' })
    expect((await acme.scim('GET', `/Users/${first}`)).status).toBe(200)
  })

  test('in vain while groups are not synced', async () => {
    const { okta } = await connect({ syncGroups: false })

    const refused = await okta('POST', '/Groups', {
      schemas: groupSchemas,
      displayName: 'X',
      members: [],
    })

    expect(refused).toMatchObject(scimError(403, undefined, /^scim\.group_sync_off/))
  })
})

test('a short cycle of Okta is recorded event by event', async () => {
  const { acme, okta } = await connect()
  const id = await create(acme, '/Users', isaac)
  const group = await create(acme, '/Groups', {
    schemas: groupSchemas,
    displayName: 'Band',
    members: [],
  })
  const change = (...Operations: object[]) =>
    okta('PATCH', `/Groups/${group}`, { schemas: patchSchemas, Operations })

  await change({ op: 'replace', path: 'members', value: [{ value: id, display: isaac.userName }] })
  await change({ op: 'replace', path: 'members', value: [{ value: id, display: isaac.userName }] })
  await change({ op: 'replace', value: { id: group, displayName: 'Trio' } })
  await change({ op: 'replace', path: 'members', value: [] })
  await okta('PUT', `/Users/${id}`, { ...isaac, id })
  await okta('PUT', `/Users/${id}`, { ...isaac, id, active: false })
  await okta('DELETE', `/Groups/${group}`)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'group.created',
    'group.member_added',
    'group.changed',
    'group.member_removed',
    'user.deactivated',
    'group.deleted',
  ])
})

describe.each([{ application: 'catalogue' }, { application: 'wizard' }] as const)('%j', (kind) => {
  test.each([0, 2])(
    'the simulated Okta brings its directory, and a year of it (every %d. write times out)',
    async (timeoutEvery) => {
      const { acme } = await connect()
      const directory = sampleDirectory()
      const { exchange } = acme
      const idp = simulatedScimClient('okta', { directory, exchange, timeoutEvery, ...kind })

      await idp.testConnection()
      await idp.initialCycle()
      await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

      expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
      await acme.expectOutcome(idp.outcome())
    },
  )
})
