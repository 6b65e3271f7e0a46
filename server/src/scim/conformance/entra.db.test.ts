import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  type ScimOrganisation,
  scimError,
  sorted,
} from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

/** As Entra ID sends somebody with every attribute that it maps at first. */
const ada = {
  schemas: [
    'urn:ietf:params:scim:schemas:core:2.0:User',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  ],
  externalId: '58342554-38d6-4ec8-948c-50044d0a33fd',
  userName: 'Ada.Lovelace@acme.test',
  active: true,
  displayName: 'Ada Lovelace',
  title: 'Head of Engineering',
  preferredLanguage: 'en-GB',
  emails: [{ primary: true, type: 'work', value: 'ada@acme.test' }],
  phoneNumbers: [
    { type: 'work', value: '555-1234;ext=203' },
    { type: 'mobile', value: '+44 (0)7700 900001' },
  ],
  addresses: [{ type: 'work', primary: true, formatted: '12 St James’s Square', country: 'GB' }],
  name: { formatted: 'Ada Lovelace', familyName: 'Lovelace', givenName: 'Ada' },
  roles: [],
  meta: { resourceType: 'User' },
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': {
    employeeNumber: '1001',
    department: 'Engineering',
  },
}

const zoe = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  externalId: '00aa00aa-bb11-cc22-dd33-44ee44ee44ee',
  userName: 'zoe@acme.test',
  active: true,
  displayName: "Zoë O'Brien-Müller",
  name: { formatted: "Zoë O'Brien-Müller", familyName: "O'Brien-Müller", givenName: 'Zoë' },
  meta: { resourceType: 'User' },
}

const engineers = {
  schemas: [
    'urn:ietf:params:scim:schemas:core:2.0:Group',
    'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group',
  ],
  externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
  displayName: 'Engineers',
  members: [],
  meta: { resourceType: 'Group' },
}

function patchOf(...operations: object[]) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: operations,
  }
}

async function create(acme: ScimOrganisation, path: string, body: object): Promise<string> {
  const made = await acme.scim('POST', path, body)
  expect(made).toMatchObject({ status: 201 })
  return made.body.id
}

/** Adds one member as Entra ID does. */
function add(acme: ScimOrganisation, groupId: string, id: string) {
  const operation = { op: 'Add', path: 'members', value: [{ $ref: null, value: id }] }
  return acme.scim('PATCH', `/Groups/${groupId}`, patchOf(operation))
}

describe('Entra ID tests the connection', () => {
  test('by somebody who cannot be there: 200 with an empty list', async () => {
    const acme = await createScimOrganisation()

    const nobody = await acme.scim(
      'GET',
      '/Users?filter=userName+eq+%22dfca3ab5-8ab7-4d0c-a1c7-a1b2c3d4e5f6%22',
    )

    expect(nobody).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } })
  })

  test('by a group that cannot be there: 200 with an empty list', async () => {
    const acme = await createScimOrganisation()

    const nothing = await acme.scim(
      'GET',
      '/Groups?excludedAttributes=members&filter=displayName+eq+%22dfca3ab5-8ab7-4d0c%22',
    )

    expect(nothing).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } })
  })

  test('with a wrong secret, and is told so', async () => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim('GET', '/Users?filter=userName+eq+%22x%22', undefined, {
      authorization: 'Bearer uss_wrong',
    })

    expect(refused).toMatchObject(scimError(401))
  })

  test('with the mark of its newer requests in the address, which nobody minds', async () => {
    const acme = await createScimOrganisation()

    const marked = await acme.scim('GET', '/Users?aadOptscim062020&filter=userName+eq+%22nobody%22')

    expect(marked).toMatchObject({ status: 200, body: { totalResults: 0 } })
  })
})

describe('Entra ID creates somebody', () => {
  test('and reads every value back as it was sent', async () => {
    const acme = await createScimOrganisation()

    const id = await create(acme, '/Users', ada)
    const read = await acme.scim('GET', `/Users/${id}`)

    const { roles: _, meta: __, ...sent } = ada
    expect(read).toMatchObject({ status: 200, body: sent })
    expect(read.body.phoneNumbers).toEqual(ada.phoneNumbers)
  })

  test('with "active" as the text "True"', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', { ...ada, active: 'True' })

    expect(made).toMatchObject({ status: 201, body: { active: true } })
  })

  test('who has no mailbox, so that the user name is the address', async () => {
    const acme = await createScimOrganisation()

    await create(acme, '/Users', zoe)

    expect((await acme.people()).map(({ email }) => email)).toContain('zoe@acme.test')
  })

  test('who is a guest, with #EXT# in the user name', async () => {
    const acme = await createScimOrganisation()
    const userName = 'kim_partner.example#EXT#@acme.onmicrosoft.example'
    const emails = [{ primary: true, type: 'work', value: 'kim@partner.example' }]

    const id = await create(acme, '/Users', { ...zoe, userName, emails })

    expect(await acme.find(`userName eq "${userName}"`)).toEqual([id])
  })

  test('once: the same again is a conflict of uniqueness', async () => {
    const acme = await createScimOrganisation()
    await create(acme, '/Users', ada)

    const again = await acme.scim('POST', '/Users', ada)

    expect(again).toMatchObject(scimError(409, 'uniqueness'))
  })
})

describe('Entra ID finds somebody', () => {
  test.each([
    ['the user name', 'userName eq "ADA.LOVELACE@ACME.TEST"'],
    ['the object id', 'externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd"'],
    ['the work address', 'emails[type eq "work"].value eq "ada@acme.test"'],
    [
      'two of them',
      'userName eq "ada.lovelace@acme.test" and externalId eq "58342554-38d6-4ec8-948c-50044d0a33fd"',
    ],
  ])('by %s', async (_, filter) => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    await create(acme, '/Users', zoe)

    expect(await acme.find(filter)).toEqual([id])
  })

  test('who is disabled: still there, with active false', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf({ op: 'Replace', path: 'active', value: 'False' }),
    )

    const found = await acme.scim('GET', '/Users?filter=userName+eq+%22ada.lovelace@acme.test%22')
    const read = await acme.scim('GET', `/Users/${id}`)

    expect(found.body.Resources).toMatchObject([{ id, active: false }])
    expect(read).toMatchObject({ status: 200, body: { id, active: false } })
  })
})

describe('Entra ID changes somebody', () => {
  test.each([
    [{ op: 'Replace', path: 'active', value: 'False' }, { active: false }],
    [{ op: 'Replace', path: 'active', value: 'false' }, { active: false }],
    [{ op: 'Replace', path: 'active', value: false }, { active: false }],
    [{ op: 'Add', path: 'nickName', value: 'Countess' }, { nickName: 'Countess' }],
    [{ op: 'Replace', path: 'displayName', value: 'A. Lovelace' }, { displayName: 'A. Lovelace' }],
    [
      { op: 'Replace', path: 'name.givenName', value: 'Augusta' },
      { name: { givenName: 'Augusta', familyName: 'Lovelace' } },
    ],
    [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'countess@acme.test' },
      { emails: [{ type: 'work', primary: true, value: 'countess@acme.test' }] },
    ],
    [
      { op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 425 555 0100' },
      {
        phoneNumbers: [
          { type: 'work', value: '555-1234;ext=203' },
          { type: 'mobile', value: '+1 425 555 0100' },
        ],
      },
    ],
    [
      { op: 'Add', path: `${enterpriseSchema}:division`, value: 'Analytics' },
      { [enterpriseSchema]: { division: 'Analytics', department: 'Engineering' } },
    ],
    [
      { op: 'Replace', path: `${enterpriseSchema}:department`, value: 'Computing' },
      { [enterpriseSchema]: { department: 'Computing', employeeNumber: '1001' } },
    ],
  ])('by %j', async (operation, shown) => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)

    const changed = await acme.scim('PATCH', `/Users/${id}`, patchOf(operation))

    expect(changed).toMatchObject({ status: 200, body: { id, ...shown } })
    expect((await acme.scim('GET', `/Users/${id}`)).body).toMatchObject(shown)
  })

  test.each([
    [
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'z@acme.test' },
      { emails: [{ type: 'work', value: 'z@acme.test' }] },
    ],
    [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'z@acme.test' },
      { emails: [{ type: 'work', value: 'z@acme.test' }] },
    ],
    [
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+34 600' },
      { phoneNumbers: [{ type: 'mobile', value: '+34 600' }] },
    ],
    [
      { op: 'Add', path: 'addresses[type eq "work"].formatted', value: 'Plaza Mayor 1' },
      { addresses: [{ type: 'work', formatted: 'Plaza Mayor 1' }] },
    ],
  ])('who has none of the kind, by %j', async (operation, shown) => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)

    const changed = await acme.scim('PATCH', `/Users/${id}`, patchOf(operation))

    expect(changed).toMatchObject({ status: 200, body: shown })
  })

  test('in several ways at once, or in none', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)

    const both = await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf(
        { op: 'Replace', path: 'title', value: 'CTO' },
        { op: 'Add', path: 'emails[type eq "home"].value', value: 'ada@home.example' },
      ),
    )
    const neither = await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf(
        { op: 'Replace', path: 'title', value: 'CEO' },
        { op: 'Replace', path: 'noSuchAttribute', value: 'x' },
      ),
    )

    expect(both).toMatchObject({ status: 200, body: { title: 'CTO' } })
    expect(neither).toMatchObject(scimError(400, 'invalidPath'))
    expect((await acme.scim('GET', `/Users/${id}`)).body).toMatchObject({ title: 'CTO' })
  })

  test('with the flag: without a path, with dotted names, paths and URNs as names', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)

    const changed = await acme.scim(
      'PATCH',
      `/Users/${id}?aadOptscim062020`,
      patchOf({
        op: 'replace',
        value: {
          displayName: 'Augusta King',
          'name.familyName': 'King',
          'emails[type eq "work"].value': 'king@acme.test',
          [`${enterpriseSchema}:employeeNumber`]: '2002',
          [enterpriseSchema]: { costCenter: '77' },
        },
      }),
    )

    expect(changed).toMatchObject({
      status: 200,
      body: {
        displayName: 'Augusta King',
        name: { familyName: 'King', givenName: 'Ada' },
        emails: [{ type: 'work', value: 'king@acme.test' }],
        [enterpriseSchema]: { employeeNumber: '2002', costCenter: '77', department: 'Engineering' },
      },
    })
  })

  test('whose attribute is emptied, by Remove', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)

    const changed = await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf({ op: 'Remove', path: 'title' }),
    )

    expect(changed.status).toBe(200)
    expect(changed.body).not.toHaveProperty('title')
  })

  test('with "False", and all sessions end at once', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    const { session } = await acme.signIn({ email: 'ada@acme.test' })
    const me = () =>
      acme.send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
    const before = await me()

    await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf({ op: 'Replace', path: 'active', value: 'False' }),
    )

    expect(before.status).toBe(200)
    expect((await me()).status).toBe(401)
  })
})

describe('Entra ID sets a manager', () => {
  test.each([
    [
      'the bare id',
      (id: string) => ({ op: 'Add', path: `${enterpriseSchema}:manager`, value: id }),
    ],
    [
      'an object',
      (id: string) => ({
        op: 'Add',
        path: `${enterpriseSchema}:manager`,
        value: { $ref: `../Users/${id}`, value: id },
      }),
    ],
    [
      'the path of its value',
      (id: string) => ({ op: 'Replace', path: `${enterpriseSchema}:manager.value`, value: id }),
    ],
    [
      'no path at all',
      (id: string) => ({ op: 'replace', value: { [`${enterpriseSchema}:manager`]: id } }),
    ],
  ])('as %s', async (_, operation) => {
    const acme = await createScimOrganisation()
    const boss = await create(acme, '/Users', ada)
    const id = await create(acme, '/Users', zoe)

    const changed = await acme.scim('PATCH', `/Users/${id}`, patchOf(operation(boss)))

    expect(changed).toMatchObject({
      status: 200,
      body: { [enterpriseSchema]: { manager: { value: boss } } },
    })
    expect(changed.body.schemas).toContain(enterpriseSchema)
  })

  test.each([
    [{ op: 'Replace', path: `${enterpriseSchema}:manager`, value: { value: '' } }],
    [{ op: 'Replace', path: `${enterpriseSchema}:manager`, value: '' }],
    [{ op: 'Remove', path: `${enterpriseSchema}:manager` }],
  ])('to nobody by %j', async (operation) => {
    const acme = await createScimOrganisation()
    const boss = await create(acme, '/Users', ada)
    const id = await create(acme, '/Users', zoe)
    const manager = `${enterpriseSchema}:manager`
    await acme.scim('PATCH', `/Users/${id}`, patchOf({ op: 'Add', path: manager, value: boss }))

    const cleared = await acme.scim('PATCH', `/Users/${id}`, patchOf(operation))

    expect(cleared.status).toBe(200)
    expect(cleared.body[enterpriseSchema]?.manager).toBeUndefined()
  })

  test('whom nobody knows: it is kept', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)
    const manager = { op: 'Add', path: `${enterpriseSchema}:manager`, value: 'unknown-manager' }

    const kept = await acme.scim('PATCH', `/Users/${id}`, patchOf(manager))

    expect(kept).toMatchObject({
      status: 200,
      body: { [enterpriseSchema]: { manager: { value: 'unknown-manager' } } },
    })
  })
})

describe('Entra ID gives a role', () => {
  const viewer = { op: 'Add', path: 'roles[primary eq "True"].value', value: 'ROLE_VIEWER' }

  test('by roles[primary eq "True"].value while roles are synced', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await create(acme, '/Users', zoe)

    const changed = await acme.scim('PATCH', `/Users/${id}`, patchOf(viewer))

    expect(changed.status).toBe(200)
    expect((await acme.api('GET', `/users/${id}`)).body.roles).toContain('ROLE_VIEWER')
  })

  test('and is refused while they are not', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)

    const refused = await acme.scim('PATCH', `/Users/${id}`, patchOf(viewer))

    expect(refused).toMatchObject(scimError(400, 'mutability'))
  })

  test.each(['ROLE_ROOT', 'ROLE_NOBODY_KNOWS'])('%s, which is no value', async (value) => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await create(acme, '/Users', zoe)

    const refused = await acme.scim('PATCH', `/Users/${id}`, patchOf({ ...viewer, value }))

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
    expect((await acme.api('GET', `/users/${id}`)).body.roles).toEqual(['ROLE_USER'])
  })
})

describe('Entra ID deletes somebody', () => {
  const inBin = `6c5a2a4c0d3b4f0e9a1b2c3d4e5f6a7b${zoe.userName}`

  test('first into the bin, under a name with 32 characters in front, and the address stays', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)

    const binned = await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf(
        { op: 'Replace', path: 'active', value: 'False' },
        { op: 'Replace', path: 'userName', value: inBin },
      ),
    )

    expect(binned).toMatchObject({ status: 200, body: { userName: inBin, active: false } })
    const people = (await acme.people()).filter((one) => one.id === id)
    expect(people).toMatchObject([{ email: 'zoe@acme.test', status: 'deactivated' }])
  })

  test('and restores them, undoing the name', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)
    const name = (active: string, userName: string) =>
      patchOf(
        { op: 'Replace', path: 'active', value: active },
        { op: 'Replace', path: 'userName', value: userName },
      )
    await acme.scim('PATCH', `/Users/${id}`, name('False', inBin))

    const restored = await acme.scim('PATCH', `/Users/${id}`, name('True', zoe.userName))

    expect(restored).toMatchObject({ status: 200, body: { userName: zoe.userName, active: true } })
    expect((await acme.people()).filter((one) => one.id === id)).toMatchObject([
      { email: 'zoe@acme.test', status: 'active' },
    ])
    expect(await acme.find('userName sw "6c5a"')).toEqual([])
  })

  test('and makes no second person of who comes back as new', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)
    await acme.scim(
      'PATCH',
      `/Users/${id}`,
      patchOf(
        { op: 'Replace', path: 'active', value: 'False' },
        { op: 'Replace', path: 'userName', value: inBin },
      ),
    )

    const back = await acme.scim('POST', '/Users', zoe)

    expect(back).toMatchObject({ status: 201, body: { id, userName: zoe.userName, active: true } })
  })

  test('and keeps them out when they come back as new and disabled', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)
    await acme.patch(`/Users/${id}`, { op: 'Replace', path: 'userName', value: inBin })

    const back = await acme.scim('POST', '/Users', { ...zoe, active: false })

    expect(back).toMatchObject({ status: 201, body: { id, userName: zoe.userName, active: false } })
  })

  test('then for good: 204, then 404, and the name is free', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)

    const deleted = await acme.scim('DELETE', `/Users/${id}`)

    expect(deleted).toMatchObject({ status: 204, text: '' })
    expect(await acme.scim('GET', `/Users/${id}`)).toMatchObject(scimError(404))
    expect(await acme.scim('DELETE', `/Users/${id}`)).toMatchObject(scimError(404))
    expect(await acme.find('userName eq "zoe@acme.test"')).toEqual([])
  })

  test('and hires them again: the same id, and the groups they had', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', zoe)
    const group = await create(acme, '/Groups', engineers)
    await add(acme, group, id)
    await acme.scim('DELETE', `/Users/${id}`)

    const back = await acme.scim('POST', '/Users', zoe)

    expect(back).toMatchObject({ status: 201, body: { id, active: true } })
    expect(await acme.membersOf(group)).toEqual([id])
  })
})

describe('Entra ID pushes a group', () => {
  test('empty, with a schema of its own that nobody minds', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Groups', engineers)

    expect(made).toMatchObject({
      status: 201,
      body: { displayName: 'Engineers', externalId: engineers.externalId },
    })
    expect(made.body.schemas).toEqual(['urn:ietf:params:scim:schemas:core:2.0:Group'])
  })

  test('of a name that is taken: a conflict of uniqueness', async () => {
    const acme = await createScimOrganisation()
    await create(acme, '/Groups', engineers)

    const second = await acme.scim('POST', '/Groups', { ...engineers, externalId: 'another' })

    expect(second).toMatchObject(scimError(409, 'uniqueness'))
  })

  test('and reads it without its members', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    const group = await create(acme, '/Groups', engineers)
    await add(acme, group, id)

    const read = await acme.scim('GET', `/Groups/${group}?excludedAttributes=members`)
    const listed = await acme.scim(
      'GET',
      '/Groups?excludedAttributes=members&filter=displayName+eq+%22engineers%22',
    )

    expect(read).toMatchObject({ status: 200, body: { id: group, displayName: 'Engineers' } })
    expect(read.body).not.toHaveProperty('members')
    expect(listed.body.Resources).toMatchObject([{ id: group }])
    expect(listed.body.Resources[0]).not.toHaveProperty('members')
  })

  test('one member at a time, and is answered without a body', async () => {
    const acme = await createScimOrganisation()
    const [first, second] = [await create(acme, '/Users', ada), await create(acme, '/Users', zoe)]
    const group = await create(acme, '/Groups', engineers)

    const answers = [await add(acme, group, first), await add(acme, group, second)]

    expect(answers).toMatchObject([
      { status: 204, text: '' },
      { status: 204, text: '' },
    ])
    expect(await acme.membersOf(group)).toEqual(sorted(first, second))
  })

  test('and the same member twice, which changes nothing', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    const group = await create(acme, '/Groups', engineers)
    await add(acme, group, id)
    const before = await acme.scim('GET', `/Groups/${group}`)

    const again = await add(acme, group, id)

    expect(again.status).toBe(204)
    const after = await acme.scim('GET', `/Groups/${group}`)
    expect(after.body).toEqual(before.body)
  })

  test.each([
    [
      'a list of values',
      (id: string) => ({ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }),
    ],
    ['a filter', (id: string) => ({ op: 'remove', path: `members[value eq "${id}"]` })],
  ])('and removes one member by %s, leaving the others', async (_, operation) => {
    const acme = await createScimOrganisation()
    const [first, second] = [await create(acme, '/Users', ada), await create(acme, '/Users', zoe)]
    const group = await create(acme, '/Groups', engineers)
    await add(acme, group, first)
    await add(acme, group, second)

    const removed = await acme.scim('PATCH', `/Groups/${group}`, patchOf(operation(first)))

    expect(removed.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([second])
  })

  test('and renames it', async () => {
    const acme = await createScimOrganisation()
    const group = await create(acme, '/Groups', engineers)

    const renamed = await acme.scim(
      'PATCH',
      `/Groups/${group}`,
      patchOf({ op: 'Replace', path: 'displayName', value: 'Builders' }),
    )

    expect(renamed.status).toBe(204)
    expect((await acme.scim('GET', `/Groups/${group}`)).body.displayName).toBe('Builders')
  })

  test('inside a group, whose people count as members too', async () => {
    const acme = await createScimOrganisation()
    const id = await create(acme, '/Users', ada)
    const inner = await create(acme, '/Groups', engineers)
    const outer = await create(acme, '/Groups', {
      ...engineers,
      displayName: 'All',
      externalId: 'all',
    })
    await add(acme, inner, id)

    const nested = await add(acme, outer, inner)

    expect(nested.status).toBe(204)
    expect((await acme.scim('GET', `/Groups/${outer}`)).body.members).toMatchObject([
      { value: inner, type: 'Group' },
    ])
    expect((await acme.scim('GET', `/Users/${id}`)).body.groups).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ value: inner, type: 'direct' }),
        expect.objectContaining({ value: outer, type: 'indirect' }),
      ]),
    )
  })

  test('and deletes it', async () => {
    const acme = await createScimOrganisation()
    const group = await create(acme, '/Groups', engineers)

    const deleted = await acme.scim('DELETE', `/Groups/${group}`)

    expect(deleted.status).toBe(204)
    expect(await acme.scim('GET', `/Groups/${group}`)).toMatchObject(scimError(404))
  })
})

test('Entra ID finds no null in the schemas', async () => {
  const acme = await createScimOrganisation()

  const schemas = await acme.scim('GET', '/Schemas')

  expect(schemas.status).toBe(200)
  expect(schemas.text).not.toContain('null')
})

test('a short cycle of Entra ID is recorded event by event', async () => {
  const acme = await createScimOrganisation()
  const id = await create(acme, '/Users', ada)
  const group = await create(acme, '/Groups', engineers)
  const user = (...operations: object[]) =>
    acme.scim('PATCH', `/Users/${id}`, patchOf(...operations))

  await add(acme, group, id)
  await user({ op: 'Replace', path: 'title', value: 'CTO' })
  await user({ op: 'Replace', path: 'title', value: 'CTO' })
  await user({ op: 'Replace', path: 'active', value: 'False' })
  await user({ op: 'Replace', path: 'active', value: 'True' })
  await acme.scim('DELETE', `/Users/${id}`)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'group.created',
    'group.member_added',
    'user.changed',
    'user.deactivated',
    'user.enabled',
    'user.deleted',
  ])
})

describe.each([{ aadOptscim062020: false }, { aadOptscim062020: true }])('with %j', (flag) => {
  test('the simulated Entra ID brings its directory, and a year of it, without an error', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const directory = sampleDirectory('contoso.example')
    const idp = simulatedScimClient('entra', { directory, exchange: acme.exchange, ...flag })

    await idp.testConnection()
    await idp.initialCycle()
    for (const { changes } of sampleYear('contoso.example')) await idp.incrementalCycle(changes)

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  })

  test('the simulated Entra ID repeats what timed out, and nothing is there twice', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const idp = simulatedScimClient('entra', {
      directory: sampleDirectory(),
      exchange: acme.exchange,
      timeoutEvery: 2,
      ...flag,
    })

    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  })
})
