import { expect, test } from 'vitest'
import {
  discovery,
  enterpriseSchema,
  errorBody,
  etagOf,
  groupResource,
  groupSchema,
  isUnchanged,
  project,
  readCursor,
  readPaging,
  readProjection,
  requireMatch,
  ScimError,
  shows,
  userResource,
  userSchema,
  writeCursor,
} from './index.ts'

const type = userResource({ syncRoles: true })
const baseUrl = 'https://usher.example/scim/o-1/v2'
const served = discovery({ baseUrl, syncRoles: true })

const ada = {
  schemas: [userSchema, enterpriseSchema],
  id: 'u-1',
  userName: 'ada',
  password: 'secret',
  title: null,
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  emails: [{ value: 'ada@acme.example', type: 'work', primary: true }],
  phoneNumbers: [],
  groups: [{ value: 'g-1', display: 'Guides' }],
  meta: { resourceType: 'User', version: 'W/"1"' },
  [enterpriseSchema]: { employeeNumber: '7', manager: { value: 'm-1', displayName: 'Bob' } },
}
const always = { schemas: ada.schemas, id: 'u-1' }
const { password, title, phoneNumbers, ...whole } = ada

test.each<[string, object, object]>([
  ['everything that is returned by default, never a password, nothing empty', {}, whole],
  ['only what is named', { attributes: 'userName' }, { ...always, userName: 'ada' }],
  [
    'names in any case and with blanks',
    { attributes: ' USERNAME , name.givenname' },
    { ...always, userName: 'ada', name: { givenName: 'Ada' } },
  ],
  [
    'names as a list, as in a search',
    { attributes: ['emails.value'] },
    { ...always, emails: [{ value: 'ada@acme.example' }] },
  ],
  [
    'an attribute whole beside a part of it',
    { attributes: 'name,name.givenName' },
    { ...always, name: ada.name },
  ],
  [
    'an extension by its URN',
    { attributes: enterpriseSchema },
    { ...always, [enterpriseSchema]: ada[enterpriseSchema] },
  ],
  [
    'a part of an extension',
    { attributes: `${enterpriseSchema}:manager.value` },
    { ...always, [enterpriseSchema]: { manager: { value: 'm-1' } } },
  ],
  [
    'a core attribute by its URN',
    { attributes: `${userSchema}:userName` },
    { ...always, userName: 'ada' },
  ],
  ['a password is never shown', { attributes: 'password' }, always],
  ['an unknown name shows nothing', { attributes: 'shoeSize' }, always],
  [
    'what is excluded goes',
    { excludedAttributes: 'emails,groups,meta,name.familyName' },
    {
      ...always,
      userName: 'ada',
      name: { givenName: 'Ada' },
      [enterpriseSchema]: ada[enterpriseSchema],
    },
  ],
  [
    'an extension is excluded by its URN',
    { excludedAttributes: `${enterpriseSchema},emails,groups,meta,name` },
    { ...always, userName: 'ada' },
  ],
  ['what is always returned cannot be excluded', { excludedAttributes: 'id,schemas' }, whole],
  ['an empty parameter asks nothing', { attributes: '' }, whole],
])('shown is: %s', (_, parameters, expected) => {
  expect(project(readProjection(type, parameters), ada)).toEqual(expected)
})

test('Entra ID reads groups without members, and they need not be read', () => {
  expect(shows(readProjection(groupResource, { excludedAttributes: 'members' }), 'members')).toBe(
    false,
  )
  expect(shows(readProjection(groupResource, { attributes: 'displayName' }), 'members')).toBe(false)
  expect(shows(readProjection(groupResource, { attributes: 'members.value' }), 'members')).toBe(
    true,
  )
  expect(shows(readProjection(groupResource, {}), 'members')).toBe(true)
})

test.each<object>([
  { attributes: 'a', excludedAttributes: 'b' },
  { attributes: 7 },
  { attributes: [7] },
  { attributes: Array.from({ length: 101 }, () => 'id') },
])('%j cannot be asked for', (parameters) => {
  expect(() => readProjection(type, parameters)).toThrow(
    expect.objectContaining({ status: 400, scimType: 'invalidValue' }),
  )
})

test.each<[object, object]>([
  [{}, { kind: 'index', startIndex: 1, count: 100 }],
  [
    { startIndex: '0', count: '-5' },
    { kind: 'index', startIndex: 1, count: 0 },
  ],
  [{ startIndex: '-7' }, { kind: 'index', startIndex: 1, count: 100 }],
  [
    { startIndex: 11, count: 10 },
    { kind: 'index', startIndex: 11, count: 10 },
  ],
  [{ count: '0' }, { kind: 'index', startIndex: 1, count: 0 }],
  [{ count: '1000' }, { kind: 'index', startIndex: 1, count: 200 }],
  [{ cursor: '' }, { kind: 'cursor', count: 100 }],
  [
    { cursor: 'abc', count: '5' },
    { kind: 'cursor', cursor: 'abc', count: 5 },
  ],
  [
    { cursor: 'abc', count: 1000 },
    { kind: 'cursor', cursor: 'abc', count: 200 },
  ],
])('%j asks for the page %j', (parameters, paging) => {
  expect(readPaging(parameters)).toEqual(paging)
})

test.each<[object, string]>([
  [{ startIndex: 'one' }, 'invalidValue'],
  [{ startIndex: 1.5 }, 'invalidValue'],
  [{ count: 'all' }, 'invalidCount'],
  [{ count: '1e3' }, 'invalidCount'],
  [{ cursor: '', count: '-1' }, 'invalidCount'],
  [{ cursor: 'abc', startIndex: '1' }, 'invalidCursor'],
  [{ cursor: ['a', 'b'] }, 'invalidCursor'],
])('%j is no page: %s', (parameters, scimType) => {
  expect(() => readPaging(parameters)).toThrow(expect.objectContaining({ status: 400, scimType }))
})

const context = { key: Buffer.alloc(32, 7), query: 'o-1 User userName sw "a"', now: 1000 }

test('a cursor remembers where the page ended, in characters that need no encoding', () => {
  const cursor = writeCursor(['ädä', 7, null], 2000, context)

  expect(cursor).toMatch(/^[A-Za-z0-9\-._~]+$/)
  expect(readCursor(cursor, context)).toEqual(['ädä', 7, null])
})

test('a cursor that was changed, belongs elsewhere or is too old is refused', () => {
  const cursor = writeCursor(['a'], 2000, context)
  const refusal = (text: string, change: object = {}) => {
    try {
      return readCursor(text, { ...context, ...change })
    } catch (error) {
      return error instanceof ScimError ? error.scimType : error
    }
  }
  const flipped = cursor.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))

  expect(refusal('')).toBe('invalidCursor')
  expect(refusal('x')).toBe('invalidCursor')
  expect(refusal('.')).toBe('invalidCursor')
  expect(refusal(flipped)).toBe('invalidCursor')
  expect(refusal(`${cursor}.`)).toBe('invalidCursor')
  expect(refusal(cursor.slice(0, -1))).toBe('invalidCursor')
  expect(refusal('a'.repeat(5000))).toBe('invalidCursor')
  expect(refusal(cursor, { key: Buffer.alloc(32, 8) })).toBe('invalidCursor')
  expect(refusal(cursor, { query: 'o-2 User userName sw "a"' })).toBe('invalidCursor')
  expect(refusal(cursor, { now: 2000 })).toBe('expiredCursor')
  expect(refusal(cursor, { now: 1999 })).toEqual(['a'])
})

test.each([
  [undefined, true],
  ['*', true],
  ['W/"3"', true],
  ['"3"', true],
  ['3', true],
  ['W/"1", W/"3"', true],
  ['W/"2"', false],
  ['""', false],
  ['', false],
])('If-Match %s lets a change of version 3 through: %s', (header, passes) => {
  const act = () => requireMatch(header, etagOf(3))

  if (passes) expect(act).not.toThrow()
  else expect(act).toThrow(expect.objectContaining({ status: 412 }))
})

test('If-None-Match knows what the client has', () => {
  expect(isUnchanged(undefined, etagOf(3))).toBe(false)
  expect(isUnchanged('W/"2"', etagOf(3))).toBe(false)
  expect(isUnchanged('W/"2", W/"3"', etagOf(3))).toBe(true)
  expect(isUnchanged('*', etagOf(3))).toBe(true)
})

test('an error says its status as text', () => {
  expect(errorBody({ status: 409, scimType: 'uniqueness', detail: 'Taken.' })).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '409',
    scimType: 'uniqueness',
    detail: 'Taken.',
  })
  expect(errorBody(new ScimError({ status: 404, detail: 'Gone.' }))).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
    status: '404',
    detail: 'Gone.',
  })
})

test('the configuration says what is supported and where the limits are', () => {
  expect(served.serviceProviderConfig).toMatchObject({
    patch: { supported: true },
    bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1048576 },
    filter: { supported: true, maxResults: 200 },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    pagination: { cursor: true, index: true, defaultPaginationMethod: 'index' },
    authenticationSchemes: [{ type: 'oauthbearertoken' }, { type: 'oauth2' }],
    meta: { location: `${baseUrl}/ServiceProviderConfig` },
  })
})

test('schemas and resource types are listed, and found by id', () => {
  expect(served.schemas).toMatchObject({ totalResults: 6, itemsPerPage: 6, startIndex: 1 })
  expect(served.resourceTypes).toMatchObject({ totalResults: 2 })
  expect(served.schema(enterpriseSchema.toUpperCase())).toMatchObject({ id: enterpriseSchema })
  expect(served.schema('urn:unknown')).toBeUndefined()
  expect(served.resourceType('User')).toMatchObject({
    endpoint: '/Users',
    schema: userSchema,
    schemaExtensions: [{ schema: enterpriseSchema, required: false }],
    meta: { location: `${baseUrl}/ResourceTypes/User` },
  })
  expect(served.resourceType('Group')).toMatchObject({ schema: groupSchema, schemaExtensions: [] })
  expect(served.resourceType('Device')).toBeUndefined()
})

function attributeOf(schema: unknown, name: string) {
  const { attributes } = schema as { attributes: { name: string }[] }
  return attributes.find((one) => one.name === name)
}

test('the schema is true: what is required, unique, hidden and read-only', () => {
  const user = served.schema(userSchema)

  expect(attributeOf(user, 'userName')).toMatchObject({
    required: true,
    caseExact: false,
    uniqueness: 'server',
  })
  expect(attributeOf(user, 'password')).toMatchObject({
    mutability: 'writeOnly',
    returned: 'never',
  })
  expect(attributeOf(user, 'groups')).toMatchObject({ mutability: 'readOnly' })
  expect(attributeOf(served.schema(groupSchema), 'displayName')).toMatchObject({ required: true })
})

test('roles are read-only in the schema while Sync roles is off', () => {
  const off = discovery({ baseUrl, syncRoles: false }).schema(userSchema)

  expect(attributeOf(off, 'roles')).toMatchObject({ mutability: 'readOnly' })
  expect(attributeOf(served.schema(userSchema), 'roles')).toMatchObject({ mutability: 'readWrite' })
})

test('discovery has no nulls, and every attribute has all of its traits', () => {
  expect(JSON.stringify(served)).not.toContain('null')
  const traits = [
    'type',
    'multiValued',
    'description',
    'required',
    'mutability',
    'returned',
    'uniqueness',
    'caseExact',
  ]
  const visit = (attributes: Record<string, unknown>[]) => {
    for (const attribute of attributes) {
      for (const trait of traits) expect(attribute, String(attribute.name)).toHaveProperty(trait)
      expect(attribute.type === 'complex').toBe('subAttributes' in attribute)
      visit((attribute.subAttributes ?? []) as Record<string, unknown>[])
    }
  }
  for (const schema of served.schemas.Resources as { attributes: Record<string, unknown>[] }[])
    visit(schema.attributes)
})
