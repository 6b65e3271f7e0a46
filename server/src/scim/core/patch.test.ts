import { expect, test } from 'vitest'
import { applyPatch } from './apply.ts'
import { ScimError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { enterpriseSchema, patchSchema, userSchema } from './names.ts'
import { parsePatch } from './patch.ts'
import { userResource } from './schema.ts'

const type = userResource({ syncRoles: true })
const portalRoles = userResource({ syncRoles: false })

const ada = {
  schemas: [userSchema],
  userName: 'ada@acme.example',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  active: true,
  emails: [
    { type: 'work', value: 'ada@acme.example', primary: true },
    { type: 'home', value: 'ada@home.example' },
  ],
  phoneNumbers: [{ type: 'mobile', value: '+44 20 7946 0000' }],
}

function patch(operations: unknown, { resource = ada as JsonObject, as = type } = {}) {
  const body = { schemas: [patchSchema], Operations: operations } as JsonObject
  const { operations: read } = parsePatch({ type: as, id: 'u-1' }, body)
  return applyPatch(as, resource, read)
}

function refusal(act: () => unknown): ScimError {
  try {
    act()
  } catch (error) {
    if (error instanceof ScimError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

const [work, home] = ada.emails

test.each<[string, unknown, object]>([
  [
    'Entra ID deactivates with text',
    { op: 'Replace', path: 'active', value: 'False' },
    { active: false },
  ],
  [
    'Entra ID deactivates without path',
    { op: 'replace', value: { active: 'fALSE' } },
    { active: false },
  ],
  ['Okta deactivates without path', { op: 'replace', value: { active: false } }, { active: false }],
  [
    'a single operation may stand without a list',
    { OP: 'REPLACE', Path: 'ACTIVE', VALUE: false },
    { active: false },
  ],
  ['removing active leaves it unassigned', { op: 'remove', path: 'active' }, { active: undefined }],
  [
    'null unassigns',
    { op: 'replace', path: 'phoneNumbers', value: null },
    { phoneNumbers: undefined },
  ],
  [
    'null unassigns what has parts',
    { op: 'replace', path: 'name', value: null },
    { name: undefined },
  ],
  [
    'an empty list unassigns',
    { op: 'replace', path: 'phoneNumbers', value: [] },
    { phoneNumbers: undefined },
  ],
  ['adding an empty list adds nothing', { op: 'add', path: 'phoneNumbers', value: [] }, {}],
  [
    'OneLogin clears with an empty text',
    { op: 'replace', path: 'name.givenName', value: '' },
    { name: { familyName: 'Lovelace' } },
  ],
  [
    'replacing a complex value keeps the parts that are not named',
    { op: 'replace', path: 'name', value: { givenName: 'Augusta' } },
    { name: { givenName: 'Augusta', familyName: 'Lovelace' } },
  ],
  [
    'a part that is null goes',
    { op: 'replace', path: 'name', value: { givenName: null } },
    { name: { familyName: 'Lovelace' } },
  ],
  [
    'a complex value whose parts all go is unassigned',
    [
      { op: 'remove', path: 'name.givenName' },
      { op: 'remove', path: 'name.familyName' },
    ],
    { name: undefined },
  ],
  [
    'Entra ID sends dotted names without path',
    { op: 'Replace', value: { 'name.givenName': 'Augusta', displayName: 'A' } },
    { name: { givenName: 'Augusta', familyName: 'Lovelace' }, displayName: 'A' },
  ],
  [
    'Entra ID sends URNs as names without path',
    { op: 'Replace', value: { [`${enterpriseSchema}:employeeNumber`]: '42' } },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { employeeNumber: '42' } },
  ],
  [
    'Entra ID sends paths as names without path',
    { op: 'add', value: { 'emails[type eq "work"].value': 'a@acme.example' } },
    { emails: [{ ...work, value: 'a@acme.example' }, home] },
  ],
  [
    'an extension comes as object',
    {
      op: 'add',
      value: { [enterpriseSchema]: { department: 'Maths', manager: { value: 'm-1' } } },
    },
    {
      schemas: [userSchema, enterpriseSchema],
      [enterpriseSchema]: { department: 'Maths', manager: { value: 'm-1' } },
    },
  ],
  [
    'an extension comes by its URN as path',
    { op: 'add', path: enterpriseSchema, value: { department: 'Maths' } },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { department: 'Maths' } },
  ],
  [
    'core attributes come nested under their URN',
    { op: 'replace', value: { [userSchema]: { displayName: 'A' } } },
    { displayName: 'A' },
  ],
  [
    'a core attribute by URN',
    { op: 'replace', path: `${userSchema}:name.familyName`, value: 'King' },
    { name: { givenName: 'Ada', familyName: 'King' } },
  ],
  [
    'Entra ID sends the manager as text',
    { op: 'Add', path: `${enterpriseSchema}:manager`, value: 'm-1' },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { manager: { value: 'm-1' } } },
  ],
  [
    'Entra ID sends the manager as object',
    { op: 'Add', path: `${enterpriseSchema}:manager`, value: { value: 'm-1', $ref: null } },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { manager: { value: 'm-1' } } },
  ],
  [
    'the manager by sub-attribute',
    { op: 'Add', path: `${enterpriseSchema}:manager.value`, value: 'm-1' },
    { schemas: [userSchema, enterpriseSchema], [enterpriseSchema]: { manager: { value: 'm-1' } } },
  ],
  [
    'Entra ID clears the manager with an empty value',
    [
      { op: 'Add', path: `${enterpriseSchema}:manager`, value: 'm-1' },
      { op: 'Replace', path: `${enterpriseSchema}:manager`, value: { value: '' } },
    ],
    {},
  ],
  [
    'removing the URN of an extension removes its attributes',
    [
      { op: 'add', path: `${enterpriseSchema}:division`, value: 'x' },
      { op: 'remove', path: enterpriseSchema },
    ],
    {},
  ],
  [
    'Entra ID changes the work address',
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'a@acme.example' },
    { emails: [{ ...work, value: 'a@acme.example' }, home] },
  ],
  [
    'Entra ID adds a mobile number that is not there',
    [
      { op: 'Remove', path: 'phoneNumbers' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
    ],
    { phoneNumbers: [{ type: 'mobile', value: '1' }] },
  ],
  [
    'Entra ID replaces a value that is not there',
    { op: 'Replace', path: 'phoneNumbers[type eq "work"].value', value: '1' },
    { phoneNumbers: [...ada.phoneNumbers, { type: 'work', value: '1' }] },
  ],
  [
    'Entra ID adds an address to a person without any',
    { op: 'Add', path: 'addresses[type eq "work"].formatted', value: '1 St' },
    { addresses: [{ type: 'work', formatted: '1 St' }] },
  ],
  [
    'Entra ID sets the single role',
    { op: 'Add', path: 'roles[primary eq "True"].value', value: 'ROLE_MANAGER' },
    { roles: [{ primary: true, value: 'ROLE_MANAGER' }] },
  ],
  [
    'Entra ID changes the single role',
    [
      { op: 'Add', path: 'roles', value: [{ primary: 'True', value: 'ROLE_USER' }] },
      { op: 'Replace', path: 'roles[primary eq "True"].value', value: 'ROLE_MANAGER' },
    ],
    { roles: [{ primary: true, value: 'ROLE_MANAGER' }] },
  ],
  [
    'roles come as bare text',
    { op: 'add', path: 'roles', value: ['ROLE_USER'] },
    { roles: [{ value: 'ROLE_USER' }] },
  ],
  [
    'a home address may be made primary, and the work one is it no more',
    { op: 'replace', path: 'emails[type eq "home"].primary', value: true },
    {
      emails: [
        { ...work, primary: false },
        { ...home, primary: true },
      ],
    },
  ],
  [
    'removing a value by path removes its entry',
    { op: 'remove', path: 'emails[type eq "work"].value' },
    { emails: [home] },
  ],
  [
    'removing chosen values leaves the others',
    { op: 'remove', path: 'emails[type eq "home"]' },
    { emails: [work] },
  ],
  [
    'removing what is not there changes nothing',
    { op: 'remove', path: 'emails[type eq "other"]' },
    {},
  ],
  [
    'removing without conditions removes all',
    { op: 'remove', path: 'emails' },
    { emails: undefined },
  ],
  [
    'JumpCloud removes by value',
    { op: 'remove', path: 'emails', value: [{ value: 'ADA@home.example' }] },
    { emails: [work] },
  ],
  ['removing by an empty list removes nothing', { op: 'remove', path: 'emails', value: [] }, {}],
  [
    'adding appends',
    { op: 'add', path: 'emails', value: [{ value: 'x@y.example', type: 'other' }] },
    { emails: [work, home, { value: 'x@y.example', type: 'other' }] },
  ],
  [
    'adding one value without a list appends',
    { op: 'add', path: 'emails', value: { value: 'x@y.example' } },
    { emails: [work, home, { value: 'x@y.example' }] },
  ],
  [
    'adding what is there adds nothing',
    { op: 'add', path: 'emails', value: [{ value: 'ada@home.example', type: 'home' }] },
    {},
  ],
  [
    'adding what is there with more to say adds to it',
    { op: 'add', path: 'emails', value: [{ value: 'ada@home.example', display: 'Private' }] },
    { emails: [work, { ...home, display: 'Private' }] },
  ],
  [
    'schemas that the person has are named, which asks for nothing',
    { op: 'add', path: 'schemas', value: [userSchema, enterpriseSchema] },
    {},
  ],
  [
    'the schema that the person has is named as text, which asks for nothing',
    { op: 'add', path: 'schemas', value: userSchema },
    {},
  ],
  [
    'an address that nobody has is made primary, which is tolerated and marks nothing',
    { op: 'replace', path: 'emails[type eq "other"].primary', value: true },
    {},
  ],
  [
    'an address is added under its type',
    { op: 'add', path: 'emails[type eq "other"]', value: { value: 'o@acme.example' } },
    { emails: [work, home, { type: 'other', value: 'o@acme.example' }] },
  ],
  [
    'adding a primary value clears the other',
    { op: 'add', path: 'emails', value: [{ value: 'n@y.example', primary: true }] },
    { emails: [{ ...work, primary: false }, home, { value: 'n@y.example', primary: true }] },
  ],
  [
    'replacing without path replaces whole lists',
    { op: 'replace', value: { emails: [{ value: 'n@y.example' }] } },
    { emails: [{ value: 'n@y.example' }] },
  ],
  [
    'replacing chosen values keeps what the path says of them',
    { op: 'replace', path: 'emails[type eq "work"]', value: { value: 'n@y.example' } },
    { emails: [{ type: 'work', value: 'n@y.example' }, home] },
  ],
  [
    'adding to chosen values keeps the rest of them',
    { op: 'add', path: 'emails[type eq "work"]', value: { display: 'W' } },
    { emails: [{ ...work, display: 'W' }, home] },
  ],
  [
    'every match changes',
    { op: 'replace', path: 'emails[value co "ada"].display', value: 'A' },
    {
      emails: [
        { ...work, display: 'A' },
        { ...home, display: 'A' },
      ],
    },
  ],
  [
    'a sub-attribute without conditions changes in all values',
    { op: 'replace', path: 'emails.display', value: 'A' },
    {
      emails: [
        { ...work, display: 'A' },
        { ...home, display: 'A' },
      ],
    },
  ],
  [
    'operations work in order',
    [
      { op: 'add', path: 'title', value: 'a' },
      { op: 'remove', path: 'title' },
      { op: 'add', path: 'title', value: 'b' },
    ],
    { title: 'b' },
  ],
  [
    'Okta repeats the own id',
    { op: 'replace', value: { id: 'u-1', displayName: 'A' } },
    { displayName: 'A' },
  ],
  [
    'authentik repeats schemas',
    { op: 'replace', value: { schemas: [userSchema], externalId: '7' } },
    { externalId: '7' },
  ],
  [
    'values come back as sent',
    { op: 'replace', path: 'phoneNumbers[type eq "mobile"].value', value: 'tel:(020) 1' },
    { phoneNumbers: [{ type: 'mobile', value: 'tel:(020) 1' }] },
  ],
])('%s', (_, operations, change) => {
  const before = structuredClone(ada)

  const { resource, changed } = patch(operations)

  const expected = JSON.parse(JSON.stringify({ ...ada, ...change }))
  expect(JSON.parse(JSON.stringify(resource))).toEqual(expected)
  expect(changed).toBe(JSON.stringify(sorted(expected)) !== JSON.stringify(sorted(ada)))
  expect(ada).toEqual(before)
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return entries
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)])
}

test.each<[string, string, unknown]>([
  ['invalidSyntax', '"Operations" must hold', []],
  ['invalidSyntax', 'must be an object', ['x']],
  ['invalidSyntax', '"op" must be', { op: 'move', path: 'title', value: 'x' }],
  ['invalidSyntax', '"op" must be', { path: 'title', value: 'x' }],
  ['invalidSyntax', '"path" must be text', { op: 'add', path: 7, value: 'x' }],
  [
    'invalidSyntax',
    'more than 1000',
    Array.from({ length: 1001 }, () => ({ op: 'remove', path: 'title' })),
  ],
  ['mutability', 'follow from', { op: 'replace', path: 'schemas', value: ['urn:foo'] }],
  ['mutability', 'follow from', { op: 'replace', path: 'schemas', value: [] }],
  ['mutability', 'follow from', { op: 'remove', path: 'schemas' }],
  ['noTarget', 'must say in "path"', { op: 'remove' }],
  ['noTarget', 'must say in "path"', { op: 'remove', path: '', value: { title: 'x' } }],
  ['invalidPath', 'no such attribute', { op: 'replace', path: 'shoeSize', value: 7 }],
  ['invalidPath', 'no such attribute', { op: 'replace', value: { active: true, shoeSize: 7 } }],
  ['invalidPath', 'no such attribute', { op: 'replace', path: 'urn:x:y:2.0:User:shoe', value: 7 }],
  [
    'invalidPath',
    'no such attribute',
    { op: 'replace', path: 'shoes[type eq "work"].value', value: 7 },
  ],
  [
    'invalidPath',
    '"0" is not an attribute of emails',
    { op: 'replace', path: 'emails[0].value', value: 'x' },
  ],
  ['invalidPath', '"]" is missing', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }],
  [
    'invalidPath',
    'not a sub-attribute',
    { op: 'replace', path: 'emails[type eq "work"]value', value: 'x' },
  ],
  [
    'invalidPath',
    'not a sub-attribute',
    { op: 'replace', path: 'emails[type eq "work"].shoe', value: 'x' },
  ],
  [
    'invalidPath',
    'needs quotation marks',
    { op: 'replace', path: 'emails[type eq work].value', value: 'x' },
  ],
  [
    'invalidPath',
    'no values to choose from',
    { op: 'replace', path: 'name[givenName eq "x"]', value: {} },
  ],
  ['invalidPath', 'no such attribute', { op: 'replace', path: '__proto__', value: {} }],
  ['invalidPath', 'no such attribute', { op: 'replace', path: 'name.constructor', value: {} }],
  [
    'noTarget',
    'meets the conditions',
    { op: 'replace', path: 'emails[type ne "work" and type ne "home"].value', value: 'x' },
  ],
  [
    'noTarget',
    'meets the conditions',
    { op: 'replace', path: 'emails[value eq "x"].value', value: 'y' },
  ],
  ['mutability', 'id is u-1', { op: 'replace', value: { id: 'u-2' } }],
  ['mutability', 'read-only', { op: 'replace', path: 'id', value: 'u-2' }],
  ['mutability', 'read-only', { op: 'replace', path: 'meta.created', value: 'x' }],
  ['mutability', 'read-only', { op: 'add', path: 'groups', value: [{ value: 'g' }] }],
  [
    'mutability',
    'read-only',
    { op: 'add', path: `${enterpriseSchema}:manager.displayName`, value: 'x' },
  ],
  ['mutability', 'required', { op: 'remove', path: 'userName' }],
  ['mutability', 'not kept here', { op: 'replace', path: 'password', value: 'x' }],
  ['mutability', 'not kept here', { op: 'replace', value: { password: 'x' } }],
  ['mutability', 'core attributes', { op: 'remove', path: userSchema }],
  ['invalidValue', 'required', { op: 'replace', path: 'userName', value: null }],
  ['invalidValue', 'required', { op: 'replace', value: { userName: '' } }],
  ['invalidValue', 'no "value"', { op: 'replace', path: 'title' }],
  ['invalidValue', 'needs an object', { op: 'replace', value: 'x' }],
  ['invalidValue', 'which is boolean', { op: 'replace', path: 'active', value: 'yes' }],
  ['invalidValue', 'which is string', { op: 'replace', path: 'title', value: 7 }],
  ['invalidValue', 'which is string', { op: 'replace', path: 'title', value: ['x'] }],
  ['invalidValue', 'is not a value for name', { op: 'replace', path: 'name', value: 'Ada' }],
  ['invalidValue', 'nothing for name', { op: 'replace', path: 'name', value: { shoe: 1 } }],
  [
    'invalidValue',
    'more than one primary',
    {
      op: 'add',
      path: 'emails',
      value: [
        { value: 'a', primary: true },
        { value: 'b', primary: true },
      ],
    },
  ],
  ['invalidValue', 'two primary values', { op: 'replace', path: 'emails.primary', value: true }],
  [
    'invalidValue',
    'one value at a time',
    { op: 'add', path: 'emails[type eq "work"]', value: [{ value: 'a' }, { value: 'b' }] },
  ],
  ['invalidValue', 'does not say what to remove', { op: 'remove', path: 'emails', value: '' }],
  [
    'invalidValue',
    'more than 250',
    {
      op: 'add',
      path: 'emails',
      value: Array.from({ length: 251 }, (_, n) => ({ value: `${n}` })),
    },
  ],
])('%s: %s', (scimType, why, operations) => {
  const error = refusal(() => patch(operations))

  expect(error).toMatchObject({ status: 400, scimType })
  expect(error.detail).toContain(why)
})

// RFC 7644 §3.5.2.3. What a path asks for is no gift: the operation itself has to bring it.
test.each<[string, unknown]>([
  ['roles[value eq "ROLE_MANAGER"].display', 'x'],
  ['roles[value eq "ROLE_MANAGER"].primary', false],
  ['roles[value eq "ROLE_MANAGER"].type', 'x'],
  ['roles[value eq "ROLE_MANAGER"].value', 'ROLE_MANAGER'],
  ['roles[value eq "ROLE_MANAGER"]', { display: 'x' }],
  ['roles[type eq "t" and value eq "ROLE_MANAGER"].display', 'x'],
  ['emails[type eq "other"].display', 'x'],
  ['emails[type sw "oth"].primary', true],
])('%s of nobody is no target, and gives nothing', (path, value) => {
  for (const op of ['add', 'replace'])
    expect(refusal(() => patch({ op, path, value })).scimType).toBe('noTarget')
})

test('the addresses of somebody without any cannot be marked', () => {
  const resource = { schemas: [userSchema], userName: 'ada@acme.example' }
  for (const op of ['add', 'replace'])
    expect(
      refusal(() => patch({ op, path: 'emails.primary', value: true }, { resource })).scimType,
    ).toBe('noTarget')
})

test('a value that is not there is not replaced as a whole', () => {
  const value = { value: 'o@acme.example' }
  const error = refusal(() => patch({ op: 'replace', path: 'emails[type eq "other"]', value }))
  expect(error.scimType).toBe('noTarget')
})

test('one operation that is refused leaves the person as they were', () => {
  const before = structuredClone(ada)

  const error = refusal(() =>
    patch([
      { op: 'replace', path: 'title', value: 'x' },
      { op: 'add', path: 'emails', value: [{ value: 'n@y.example', primary: true }] },
      { op: 'replace', path: 'emails[type ne "work" and type ne "home"].value', value: 'x' },
      { op: 'replace', path: 'emails[value eq "none"].value', value: 'y' },
    ]),
  )

  expect(error.scimType).toBe('noTarget')
  expect(ada).toEqual(before)
})

test('adding many values that are there already is no more than having them', () => {
  const value = Array.from({ length: 250 }, (_, n) => ({ value: `${n}` }))

  const { resource } = patch([
    { op: 'replace', path: 'emails', value },
    { op: 'add', path: 'emails', value },
  ])

  expect(resource.emails).toHaveLength(250)
})

test('one operation with thousands of paths is refused', () => {
  const value = Object.fromEntries(
    Array.from({ length: 2001 }, (_, n) => [`emails[type eq "${n}"].value`, 'x']),
  )

  expect(refusal(() => patch({ op: 'add', value }))).toMatchObject({
    scimType: 'invalidSyntax',
    detail: 'There are more than 2000 changes; send fewer at a time.',
  })
})

test('while Sync roles is off, a PATCH of roles is refused', () => {
  const error = refusal(() =>
    patch({ op: 'add', path: 'roles', value: [{ value: 'x' }] }, { as: portalRoles }),
  )

  expect(error).toMatchObject({ scimType: 'mutability' })
})

test('a body that calls itself something else is no PATCH', () => {
  for (const schemas of [[userSchema], [null]]) {
    const error = refusal(() => parsePatch({ type }, { schemas, Operations: [] }))

    expect(error).toMatchObject({ scimType: 'invalidSyntax' })
    expect(error.detail).toContain('must name')
  }
})
