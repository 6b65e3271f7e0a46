import { expect, test } from 'vitest'
import {
  chooseEmail,
  enterpriseSchema,
  groupResource,
  groupSchema,
  type JsonObject,
  memberIds,
  readResource,
  userResource,
  userSchema,
} from './index.ts'

const type = userResource({ syncRoles: true })
const read = (body: JsonObject, as = type) => readResource(as, body)

test('attribute names are read in any case, and come out in the spelling of the schema', () => {
  const { resource, notes } = read({
    SCHEMAS: [userSchema],
    USERNAME: 'ada',
    Name: { GIVENNAME: 'Ada' },
    Emails: [{ VALUE: 'ada@acme.example', Type: 'work' }],
    [enterpriseSchema.toUpperCase()]: { EmployeeNumber: '7' },
  })

  expect(resource).toEqual({
    schemas: [userSchema, enterpriseSchema],
    userName: 'ada',
    name: { givenName: 'Ada' },
    emails: [{ value: 'ada@acme.example', type: 'work' }],
    [enterpriseSchema]: { employeeNumber: '7' },
  })
  expect(notes).toEqual([])
})

test('Okta sends password, locale and an empty list of groups', () => {
  const { resource, notes } = read({
    userName: 'ada',
    password: 't1meMa$heen',
    locale: 'en-US',
    groups: [],
  })

  expect(resource).toEqual({ schemas: [userSchema], userName: 'ada', locale: 'en-US' })
  expect(notes).toEqual(['password was ignored; people sign in at the identity provider.'])
})

test.each<[string, JsonObject, object]>([
  ['Entra ID sends active as text', { active: 'True' }, { active: true }],
  ['null is unassigned', { title: null, name: null, emails: null }, {}],
  ['an extension that is null has no attributes', { [enterpriseSchema]: null }, {}],
  ['an extension that is an empty text has none either', { [enterpriseSchema]: '' }, {}],
  ['an empty list is unassigned', { emails: [] }, {}],
  ['OneLogin sends empty texts', { title: '', name: { givenName: '' } }, {}],
  [
    'an address without value is none',
    { emails: [{ type: 'work', value: '', primary: true }] },
    {},
  ],
  [
    'id, meta and groups are the server’s',
    { id: 'x', meta: { created: 'x' }, groups: [{ value: 'g' }] },
    {},
  ],
  [
    'references are worked out here',
    { [enterpriseSchema]: { manager: { value: 'm', $ref: 'x', displayName: 'y' } } },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { manager: { value: 'm' } } },
  ],
  ['core attributes nested under their URN', { [userSchema]: { title: 'x' } }, { title: 'x' }],
  [
    'equal values count once',
    { emails: [{ value: 'a' }, { value: 'a' }] },
    { emails: [{ value: 'a' }] },
  ],
  ['one value without a list', { emails: { value: 'a' } }, { emails: [{ value: 'a' }] }],
])('%s', (_, body, expected) => {
  expect(read({ userName: 'ada', ...body }).resource).toEqual({
    schemas: [userSchema],
    userName: 'ada',
    ...expected,
  })
})

test('what is not known is ignored and noted', () => {
  const { resource, notes } = read({
    schemas: ['urn:scim:schemas:core:1.0'],
    userName: 'ada',
    shoeSize: 7,
    name: { nick: 'x', givenName: 'Ada' },
    'urn:example:custom': { a: 1 },
  })

  expect(resource).toEqual({ schemas: [userSchema], userName: 'ada', name: { givenName: 'Ada' } })
  expect(notes).toEqual([
    '"urn:scim:schemas:core:1.0" is not a schema of User; it was ignored.',
    'User has no attribute "shoeSize"; it was ignored.',
    'name has no sub-attribute "nick"; it was ignored.',
    'User has no attribute "urn:example:custom"; it was ignored.',
  ])
})

test('a body with a thousand unknown attributes leaves fifty notes', () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]))

  expect(read({ userName: 'ada', ...many }).notes).toHaveLength(50)
})

test.each<[string, string, JsonObject]>([
  ['invalidValue', 'userName is missing', {}],
  ['invalidValue', 'userName is missing', { userName: '' }],
  ['invalidValue', 'which is string', { userName: 7 }],
  ['invalidValue', 'which is boolean', { userName: 'a', active: 'yes' }],
  ['invalidValue', 'which is boolean', { userName: 'a', active: 1 }],
  ['invalidValue', 'name, which is complex', { userName: 'a', name: 'Ada' }],
  ['invalidValue', 'emails.value, which is string', { userName: 'a', emails: [{ value: {} }] }],
  [
    'invalidValue',
    'more than one primary',
    {
      userName: 'a',
      emails: [
        { value: 'a', primary: true },
        { value: 'b', primary: 'true' },
      ],
    },
  ],
  ['invalidValue', 'must hold an object', { userName: 'a', [enterpriseSchema]: 'x' }],
  [
    'invalidValue',
    'more than 250',
    { userName: 'a', emails: Array.from({ length: 251 }, (_, n) => ({ value: `${n}` })) },
  ],
  [
    'invalidSyntax',
    'title is there twice',
    { userName: 'a', title: 'x', [userSchema]: { title: 'y' } },
  ],
])('%s: %s', (scimType, why, body) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({ status: 400, scimType, detail: expect.stringContaining(why) }),
  )
})

test('while Sync roles is off, roles in POST and PUT are ignored', () => {
  const body = { userName: 'ada', roles: [{ value: 'ROLE_MANAGER' }] }

  expect(read(body).resource.roles).toEqual([{ value: 'ROLE_MANAGER' }])
  expect(read(body, userResource({ syncRoles: false })).resource.roles).toBeUndefined()
})

test('Entra ID creates a group with a schema of its own; members are named by id', () => {
  const { resource, notes } = readResource(groupResource, {
    schemas: [
      groupSchema,
      'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group',
    ],
    displayName: 'Guides',
    externalId: 'e-1',
    members: [{ value: 'a', $ref: '../Users/a', display: 'Ada' }, 'b', { value: 'a' }],
  })

  expect(resource).toMatchObject({ displayName: 'Guides', externalId: 'e-1' })
  expect(memberIds(resource)).toEqual(['a', 'b'])
  expect(notes).toHaveLength(1)
})

test.each<[string, JsonObject, string]>([
  [
    'the primary',
    {
      emails: [
        { value: 'w@a.example', type: 'work' },
        { value: 'p@a.example', primary: true },
      ],
    },
    'p@a.example',
  ],
  [
    'else the work one',
    {
      emails: [
        { value: 'h@a.example', type: 'home' },
        { value: 'w@a.example', type: 'Work' },
      ],
    },
    'w@a.example',
  ],
  [
    'else the userName',
    { emails: [{ value: 'h@a.example', type: 'home' }], userName: 'u@a.example' },
    'u@a.example',
  ],
  [
    'a primary without address does not count',
    {
      emails: [
        { type: 'home', primary: true },
        { value: 'w@a.example', type: 'work' },
      ],
    },
    'w@a.example',
  ],
])('the e-mail is chosen: %s', (_, resource, email) => {
  expect(chooseEmail(resource)).toBe(email)
})

test.each<JsonObject>([
  {},
  { userName: 'ada' },
  { userName: 'ada@localhost', emails: [] },
  { userName: 'u@a.example', emails: [{ value: 'nonsense', primary: true }] },
])('without an e-mail address there is no person: %j', (resource) => {
  expect(() => chooseEmail(resource)).toThrow(
    expect.objectContaining({ status: 400, scimType: 'invalidValue' }),
  )
})
