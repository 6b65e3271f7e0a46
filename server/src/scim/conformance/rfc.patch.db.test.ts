/** RFC 7644 §3.5.2, and what real servers got wrong about it. */
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  patchSchema,
  scimError,
  sorted,
  userSchema,
} from '../../../testing/scim.ts'

const ada = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'ada@acme.test',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  displayName: 'Ada Lovelace',
  title: 'Engineer',
  active: true,
  emails: [
    { value: 'ada@acme.test', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  phoneNumbers: [{ value: '1', type: 'work' }],
  [enterpriseSchema]: { department: 'Engines' },
}

async function withAda(wish = {}) {
  const acme = await createScimOrganisation(wish)
  const path = `/Users/${await acme.user(ada)}`
  return {
    acme,
    path,
    patch: (...operations: object[]) => acme.patch(path, ...operations),
    read: async () => (await acme.scim('GET', path)).body,
  }
}

const work = ada.emails[0]
const home = ada.emails[1]
const attributes: Record<string, unknown> = ada

describe('a PATCH of a person', () => {
  test.each<[object, Record<string, unknown>]>([
    // add
    [{ op: 'add', path: 'nickName', value: 'Countess' }, { nickName: 'Countess' }],
    [{ op: 'add', path: 'title', value: 'CTO' }, { title: 'CTO' }],
    [
      { op: 'add', path: 'phoneNumbers', value: [{ value: '2', type: 'mobile' }] },
      {
        phoneNumbers: [
          { value: '1', type: 'work' },
          { value: '2', type: 'mobile' },
        ],
      },
    ],
    [
      { op: 'add', path: 'phoneNumbers', value: { value: '1', type: 'work' } },
      { phoneNumbers: ada.phoneNumbers },
    ],
    [
      { op: 'add', path: 'name', value: { middleName: 'King' } },
      { name: { ...ada.name, middleName: 'King' } },
    ],
    [
      { op: 'add', value: { title: 'CTO', nickName: 'Countess' } },
      { title: 'CTO', nickName: 'Countess' },
    ],
    [
      { op: 'add', value: { phoneNumbers: [{ value: '2', type: 'fax' }] } },
      {
        phoneNumbers: [
          { value: '1', type: 'work' },
          { value: '2', type: 'fax' },
        ],
      },
    ],
    [
      { op: 'add', path: 'emails[type eq "home"].display', value: 'At home' },
      { emails: [work, { ...home, display: 'At home' }] },
    ],
    // replace
    [{ op: 'replace', path: 'nickName', value: 'Countess' }, { nickName: 'Countess' }],
    [
      { op: 'replace', path: 'name', value: { givenName: 'Augusta' } },
      { name: { givenName: 'Augusta', familyName: 'Lovelace' } },
    ],
    [
      { op: 'replace', path: 'name.familyName', value: 'King' },
      { name: { givenName: 'Ada', familyName: 'King' } },
    ],
    [
      { op: 'replace', path: 'phoneNumbers', value: [{ value: '9', type: 'home' }] },
      { phoneNumbers: [{ value: '9', type: 'home' }] },
    ],
    [
      { op: 'replace', value: { phoneNumbers: [{ value: '9', type: 'home' }] } },
      { phoneNumbers: [{ value: '9', type: 'home' }] },
    ],
    [
      { op: 'replace', path: 'emails[type eq "home"].value', value: 'a@h.example' },
      { emails: [work, { ...home, value: 'a@h.example' }] },
    ],
    [
      { op: 'replace', path: 'emails[type eq "home"]', value: { value: 'a@h.example' } },
      { emails: [work, { type: 'home', value: 'a@h.example' }] },
    ],
    [
      { op: 'replace', path: 'emails.display', value: 'Ada' },
      {
        emails: [
          { ...work, display: 'Ada' },
          { ...home, display: 'Ada' },
        ],
      },
    ],
    [
      { op: 'replace', path: `${enterpriseSchema}:department`, value: 'Looms' },
      { [enterpriseSchema]: { department: 'Looms' } },
    ],
    [
      { op: 'replace', path: enterpriseSchema, value: { costCenter: '7' } },
      { [enterpriseSchema]: { department: 'Engines', costCenter: '7' } },
    ],
    [{ op: 'replace', path: `${userSchema}:title`, value: 'CTO' }, { title: 'CTO' }],
    [{ op: 'replace', path: 'title', value: null }, { title: undefined }],
    [{ op: 'replace', path: 'phoneNumbers', value: [] }, { phoneNumbers: undefined }],
    // remove
    [{ op: 'remove', path: 'title' }, { title: undefined }],
    [{ op: 'remove', path: 'name.givenName' }, { name: { familyName: 'Lovelace' } }],
    [{ op: 'remove', path: 'phoneNumbers' }, { phoneNumbers: undefined }],
    [{ op: 'remove', path: 'emails[type eq "home"]' }, { emails: [work] }],
    [{ op: 'remove', path: 'emails[value ew "home.example"]' }, { emails: [work] }],
    [
      { op: 'remove', path: enterpriseSchema },
      { [enterpriseSchema]: undefined, schemas: [userSchema] },
    ],
    [
      { op: 'remove', path: `${enterpriseSchema}:department` },
      { [enterpriseSchema]: undefined, schemas: [userSchema] },
    ],
    // any case
    [{ OP: 'RePlAcE', PATH: 'TITLE', VALUE: 'CTO' }, { title: 'CTO' }],
    // one primary
    [
      { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    [
      {
        op: 'add',
        path: 'emails',
        value: [{ value: 'n@acme.test', type: 'other', primary: true }],
      },
      {
        emails: [
          { ...work, primary: false },
          home,
          { value: 'n@acme.test', type: 'other', primary: true },
        ],
      },
    ],
  ])('with %j answers 200 with the whole person', async (operation, expected) => {
    const { patch, read } = await withAda()

    const answer = await patch(operation)

    expect(answer.status, answer.text).toBe(200)
    const { meta: _, id: __, ...shown } = answer.body
    for (const [name, value] of Object.entries({ ...attributes, ...expected }))
      expect(shown[name], name).toEqual(value)
    expect(await read()).toEqual(answer.body)
  })

  test('names an extension in schemas once it has something', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ userName: 'bob@acme.test' })

    const { body } = await acme.patch(`/Users/${id}`, {
      op: 'add',
      path: `${enterpriseSchema}:costCenter`,
      value: '7',
    })

    expect(body).toMatchObject({
      schemas: [userSchema, enterpriseSchema],
      [enterpriseSchema]: { costCenter: '7' },
    })
  })

  test.each<[object, string]>([
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'remove', path: '' }, 'noTarget'],
    [{ op: 'replace', path: 'emails[value sw "zzz"].display', value: 'x' }, 'noTarget'],
    [{ op: 'remove', path: 'userName' }, 'mutability'],
    [{ op: 'remove', path: 'id' }, 'mutability'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'meta.created', value: '2001-01-01T00:00:00Z' }, 'mutability'],
    [{ op: 'add', path: 'groups', value: [{ value: 'x' }] }, 'mutability'],
    [{ op: 'replace', path: 'roles', value: [{ value: 'ROLE_MANAGER' }] }, 'mutability'],
    [{ op: 'replace', path: 'password', value: 'Correct-horse-9' }, 'mutability'],
    [{ op: 'replace', path: 'shoeSize', value: '38' }, 'invalidPath'],
    [{ op: 'replace', path: 'name.shoeSize', value: '38' }, 'invalidPath'],
    [{ op: 'replace', path: 'emails[type eq "work".value', value: 'x@acme.test' }, 'invalidPath'],
    [
      { op: 'replace', path: 'emails[shoeSize eq "38"].value', value: 'x@acme.test' },
      'invalidPath',
    ],
    [{ op: 'replace', value: { shoeSize: 38 } }, 'invalidPath'],
    [{ op: 'replace', path: 'title' }, 'invalidValue'],
    [{ op: 'add', value: 'x' }, 'invalidValue'],
    [{ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: '' }, 'invalidValue'],
    [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'no address' }, 'invalidValue'],
    [
      {
        op: 'add',
        path: 'emails',
        value: [
          { value: 'x@acme.test', primary: true },
          { value: 'y@acme.test', primary: true },
        ],
      },
      'invalidValue',
    ],
    [{ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ op: 'replace', path: 7, value: 'x' }, 'invalidSyntax'],
  ])('with %j is %s, and changes nothing', async (operation, scimType) => {
    const { acme, patch, read } = await withAda()
    const before = await read()

    const refused = await patch({ op: 'replace', path: 'nickName', value: 'X' }, operation)

    expect(refused).toMatchObject(scimError(400, scimType, /./))
    expect(await read()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test.each([
    ['no operations', { schemas: [patchSchema] }],
    ['an empty list', { schemas: [patchSchema], Operations: [] }],
    ['operations that are none', { schemas: [patchSchema], Operations: ['replace'] }],
    ['another schema', { schemas: [userSchema], Operations: [{ op: 'remove', path: 'title' }] }],
  ])('with %s is invalidSyntax', async (_, body) => {
    const { acme, path } = await withAda()

    expect(await acme.scim('PATCH', path, body)).toMatchObject(scimError(400, 'invalidSyntax'))
  })

  test('carries out its operations in order', async () => {
    const { patch } = await withAda()

    const { body } = await patch(
      { op: 'remove', path: 'phoneNumbers' },
      { op: 'add', path: 'phoneNumbers', value: [{ value: '2' }] },
      { op: 'replace', path: 'title', value: 'A' },
      { op: 'replace', path: 'title', value: 'B' },
    )

    expect(body).toMatchObject({ title: 'B', phoneNumbers: [{ value: '2' }] })
  })

  test('by several at once, an attribute each, loses none', async () => {
    const { acme, path, read } = await withAda()
    const names = ['nickName', 'userType', 'locale', 'timezone', 'preferredLanguage', 'profileUrl']

    await Promise.all(names.map((name) => acme.patch(path, { op: 'add', path: name, value: name })))

    expect(await read()).toMatchObject(Object.fromEntries(names.map((name) => [name, name])))
  })

  test('that adds what is there moves neither version nor lastModified', async () => {
    const { acme, patch, read } = await withAda()
    const before = await read()
    acme.usher.clock.advance(5000)

    await patch({ op: 'add', path: 'emails', value: [{ value: 'ada@home.example', type: 'home' }] })

    expect(await read()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('that removes active leaves it unassigned, and the person as they were', async () => {
    const { acme, path, patch } = await withAda()

    const removed = await patch({ op: 'remove', path: 'active' })

    expect(removed.status).toBe(200)
    expect(removed.body).not.toHaveProperty('active')
    const id = path.split('/').at(-1)
    expect((await acme.api('GET', `/users/${id}`)).body.status).toBe('active')
    expect(await acme.find('active ne true')).toEqual([])
  })

  test('that takes away the only address in reach is refused', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({
      userName: 'ada',
      emails: [{ value: 'ada@acme.test', primary: true }],
    })

    const refused = await acme.patch(`/Users/${id}`, { op: 'remove', path: 'emails' })

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
  })

  test('to a userName that is taken is 409', async () => {
    const { acme, patch } = await withAda()
    await acme.user({ userName: 'bob@acme.test' })

    const refused = await patch({ op: 'replace', path: 'userName', value: 'BOB@ACME.TEST' })

    expect(refused).toMatchObject(scimError(409, 'uniqueness'))
  })

  test('of nobody is 404', async () => {
    const acme = await createScimOrganisation()

    const missing = await acme.patch('/Users/00000000-0000-7000-8000-000000000000', {
      op: 'replace',
      path: 'title',
      value: 'x',
    })

    expect(missing).toMatchObject(scimError(404))
  })

  test.each(['ROLE_ROOT', 'ROLE_UNHEARD_OF'])('to the role %s is invalidValue', async (value) => {
    const { patch } = await withAda({ syncRoles: true })

    const refused = await patch({ op: 'replace', path: 'roles', value: [{ value }] })

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
  })

  test('to other roles is recorded as given and taken', async () => {
    const { acme, patch } = await withAda({ syncRoles: true })

    await patch({ op: 'replace', path: 'roles', value: [{ value: 'ROLE_VIEWER' }] })

    expect(await acme.eventNames()).toEqual([
      'user.joined',
      'user.role_granted',
      'user.role_revoked',
    ])
  })

  test.each([
    ['remove of all', { op: 'remove', path: 'roles' }],
    ['remove of the one', { op: 'remove', path: 'roles[value eq "ROLE_VIEWER"]' }],
    ['replace by none', { op: 'replace', path: 'roles', value: [] }],
    ['replace without a path', { op: 'replace', value: { roles: [] } }],
  ])('that takes roles away (%s) leaves the role that everybody has', async (_, operation) => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await acme.user({ ...ada, roles: [{ value: 'ROLE_VIEWER' }] })

    const answer = await acme.patch(`/Users/${id}`, operation)

    expect(answer.status).toBe(200)
    expect((await acme.api('GET', `/users/${id}`)).body.roles).toEqual(['ROLE_USER'])
  })

  test('that adds a role takes none away', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await acme.user({ ...ada, roles: [{ value: 'ROLE_VIEWER' }] })

    await acme.patch(`/Users/${id}`, {
      op: 'add',
      path: 'roles',
      value: [{ value: 'ROLE_MANAGER' }],
    })

    const { roles } = (await acme.api('GET', `/users/${id}`)).body
    expect(roles.toSorted()).toEqual(['ROLE_MANAGER', 'ROLE_VIEWER'])
  })

  test('that demotes the last working manager is 409', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const path = `/Users/${acme.manager.id}`
    await acme.patch(path, { op: 'replace', path: 'title', value: 'Boss' })

    const refused = await acme.patch(path, {
      op: 'replace',
      path: 'roles',
      value: [{ value: 'ROLE_USER' }],
    })

    expect(refused).toMatchObject(scimError(409, undefined, /^manager\.last_working/))
  })
})

describe('a PATCH of a group', () => {
  async function withGroup() {
    const acme = await createScimOrganisation()
    const people: string[] = []
    for (const name of ['a', 'b', 'c'])
      people.push(await acme.user({ userName: `${name}@acme.test` }))
    const [a = '', b = '', c = ''] = people
    const path = `/Groups/${await acme.group('Engines', a, b)}`
    return { acme, a, b, c, path, id: path.split('/').at(-1) ?? '' }
  }

  type People = { a: string; b: string; c: string }

  test.each<[string, (people: People) => object[], (people: People) => string[]]>([
    [
      'adds one',
      ({ c }) => [{ op: 'add', path: 'members', value: [{ value: c }] }],
      ({ a, b, c }) => [a, b, c],
    ],
    [
      'adds one that is no list',
      ({ c }) => [{ op: 'add', path: 'members', value: { value: c } }],
      ({ a, b, c }) => [a, b, c],
    ],
    [
      'adds one without a path',
      ({ c }) => [{ op: 'add', value: { members: [{ value: c }] } }],
      ({ a, b, c }) => [a, b, c],
    ],
    [
      'adds who is there',
      ({ a }) => [{ op: 'add', path: 'members', value: [{ value: a }] }],
      ({ a, b }) => [a, b],
    ],
    [
      'adds one by filter',
      ({ c }) => [{ op: 'add', path: `members[value eq "${c}"]`, value: { value: c } }],
      ({ a, b, c }) => [a, b, c],
    ],
    [
      'removes one by filter, and clears nobody else',
      ({ a }) => [{ op: 'remove', path: `members[value eq "${a}"]` }],
      ({ b }) => [b],
    ],
    [
      'removes two by filter',
      ({ a, b }) => [{ op: 'remove', path: `members[value eq "${a}" or value eq "${b}"]` }],
      () => [],
    ],
    [
      'removes one by value',
      ({ a }) => [{ op: 'remove', path: 'members', value: [{ value: a }] }],
      ({ b }) => [b],
    ],
    [
      'removes who is not there',
      ({ c }) => [{ op: 'remove', path: `members[value eq "${c}"]` }],
      ({ a, b }) => [a, b],
    ],
    ['removes everybody', () => [{ op: 'remove', path: 'members' }], () => []],
    [
      'replaces everybody',
      ({ c }) => [{ op: 'replace', path: 'members', value: [{ value: c }] }],
      ({ c }) => [c],
    ],
    [
      'replaces everybody without a path',
      ({ c }) => [{ op: 'replace', value: { members: [{ value: c }] } }],
      ({ c }) => [c],
    ],
    [
      'adds and removes in order',
      ({ a, c }) => [
        { op: 'add', path: 'members', value: [{ value: c }] },
        { op: 'remove', path: `members[value eq "${c}"]` },
        { op: 'remove', path: `members[value eq "${a}"]` },
        { op: 'add', path: 'members', value: [{ value: a }] },
      ],
      ({ a, b }) => [a, b],
    ],
  ])('%s: 204 without a body', async (_, operations, expected) => {
    const { acme, path, id, ...people } = await withGroup()

    const answer = await acme.patch(path, ...operations(people))

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(await acme.membersOf(id)).toEqual(sorted(...expected(people)))
  })

  test('answers 200 with the group when attributes are asked for', async () => {
    const { acme, c, path, id } = await withGroup()

    const answer = await acme.patch(`${path}?attributes=displayName`, {
      op: 'add',
      path: 'members',
      value: [{ value: c }],
    })

    expect(answer).toMatchObject({ status: 200, body: { id, displayName: 'Engines' } })
    expect(answer.body).not.toHaveProperty('members')
  })

  test.each<[object, string]>([
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'remove', path: 'displayName' }, 'mutability'],
    [{ op: 'replace', path: 'id', value: 'x' }, 'mutability'],
    [{ op: 'replace', path: 'displayName', value: '' }, 'invalidValue'],
    [{ op: 'replace', path: 'shoeSize', value: 1 }, 'invalidPath'],
    [{ op: 'add', path: 'members', value: [{ display: 'nobody' }] }, 'invalidValue'],
    [{ op: 'add', path: 'members', value: [{ value: 'nobody' }] }, 'invalidValue'],
    [{ op: 'remove', path: 'members[display eq "a"]' }, 'invalidPath'],
  ])('with %j is %s, and changes nothing', async (operation, scimType) => {
    const { acme, a, b, c, path, id } = await withGroup()
    const before = await acme.eventNames()

    const refused = await acme.patch(
      path,
      { op: 'add', path: 'members', value: [{ value: c }] },
      operation,
    )

    expect(refused).toMatchObject(scimError(400, scimType, /./))
    expect(await acme.membersOf(id)).toEqual(sorted(a, b))
    expect(await acme.eventNames()).toEqual(before)
  })

  test('by fifty at once, one member each, loses nobody', async () => {
    const acme = await createScimOrganisation()
    const people: string[] = []
    for (let at = 0; at < 50; at += 1)
      people.push(await acme.user({ userName: `p${at}@acme.test` }))
    const group = await acme.group('Everyone')

    const answers = await Promise.all(
      people.map((value) =>
        acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value }] }),
      ),
    )

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(await acme.membersOf(group)).toEqual(sorted(...people))
    expect(await acme.events()).toHaveLength(101)
  })

  test('by adds and removals at once ends with exactly who should be there', async () => {
    const acme = await createScimOrganisation()
    const people: string[] = []
    for (let at = 0; at < 20; at += 1)
      people.push(await acme.user({ userName: `p${at}@acme.test` }))
    const group = await acme.group('Everyone', ...people.slice(0, 10))
    const change = (operation: object) => acme.patch(`/Groups/${group}`, operation)

    await Promise.all([
      ...people
        .slice(0, 10)
        .map((id) => change({ op: 'remove', path: `members[value eq "${id}"]` })),
      ...people
        .slice(10)
        .map((value) => change({ op: 'add', path: 'members', value: [{ value }] })),
    ])

    expect(await acme.membersOf(group)).toEqual(sorted(...people.slice(10)))
  })
})
