/**
 * A client that knows nothing but discovery: it makes, changes and reads whatever the schemas describe,
 * as generic clients and test suites do. What they say has to be what is done (SC-9).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  patchSchema,
  type ScimOrganisation,
} from '../../../testing/scim.ts'

type Attribute = {
  name: string
  type: string
  multiValued: boolean
  required: boolean
  mutability: 'readOnly' | 'readWrite' | 'immutable' | 'writeOnly'
  returned: string
  canonicalValues?: string[]
  referenceTypes?: string[]
  subAttributes?: Attribute[]
}
type Schema = { id: string; attributes: Attribute[] }
type Type = {
  name: string
  endpoint: string
  schema: string
  schemaExtensions: { schema: string }[]
}
type Resource = Record<string, unknown> & { id: string }

const setting: Attribute['mutability'][] = ['readWrite', 'writeOnly', 'immutable']

async function discover(wish: Parameters<typeof createScimOrganisation>[0] = {}) {
  const acme = await createScimOrganisation(wish)
  const { Resources: types } = (await acme.scim('GET', '/ResourceTypes')).body as {
    Resources: Type[]
  }
  const { Resources: schemas } = (await acme.scim('GET', '/Schemas')).body as {
    Resources: Schema[]
  }
  const attributesOf = (urn: string) => schemas.find(({ id }) => id === urn)?.attributes ?? []

  /** A value of the type that the schema names, and of no meaning. */
  async function aValue(attribute: Attribute, parent = '', onlyRequired = false) {
    const one = await aSingle(attribute, parent, onlyRequired)
    return attribute.multiValued ? [one] : one
  }
  async function aSingle(attribute: Attribute, parent: string, onlyRequired: boolean) {
    const { name, type, canonicalValues = [], referenceTypes = [] } = attribute
    if (canonicalValues.length > 0) return canonicalValues.at(-1)
    if (type === 'complex') return partsOf(attribute, onlyRequired)
    if (type === 'boolean') return true
    if (type === 'binary') return randomBytes(12).toString('base64')
    if (type === 'reference') return whereIs(referenceTypes)
    if (name === 'value' && parent === 'emails') return `${randomUUID()}@acme.test`
    return randomUUID()
  }
  async function whereIs(referenceTypes: string[]) {
    const target = types.find(({ name }) => name === referenceTypes[0])
    if (!target) return `https://${randomUUID()}.test/`
    const made = await create(target)
    return (made.meta as { location: string }).location
  }
  async function partsOf({ name, subAttributes = [] }: Attribute, onlyRequired: boolean) {
    const parts: Record<string, unknown> = {}
    for (const sub of subAttributes) {
      const isAsked = onlyRequired ? sub.required || sub.name === 'primary' : true
      if (isAsked && setting.includes(sub.mutability))
        parts[sub.name] = await aValue(sub, name, onlyRequired)
    }
    // A reference and the key beside it mean the same resource.
    if (typeof parts.$ref === 'string') parts.value = parts.$ref.split('/').at(-1)
    return parts
  }

  /** Where each attribute is that a client may set. */
  function places(type: Type, ...mutability: Attribute['mutability'][]) {
    const own = attributesOf(type.schema).map((attribute) => ({
      path: attribute.name,
      attribute,
      read: (resource: Resource) => resource[attribute.name],
    }))
    const more = type.schemaExtensions.flatMap(({ schema }) =>
      attributesOf(schema).map((attribute) => ({
        path: `${schema}:${attribute.name}`,
        attribute,
        read: (resource: Resource) =>
          (resource[schema] as Record<string, unknown> | undefined)?.[attribute.name],
      })),
    )
    return [...own, ...more].filter(({ attribute }) => mutability.includes(attribute.mutability))
  }

  async function bodyOf(type: Type, how: 'required' | 'whole') {
    const onlyRequired = how === 'required'
    const body: Record<string, unknown> = { schemas: [type.schema] }
    for (const attribute of attributesOf(type.schema))
      if (setting.includes(attribute.mutability) && (attribute.required || !onlyRequired))
        body[attribute.name] = await aValue(attribute, '', onlyRequired)
    if (onlyRequired) return body
    for (const { schema } of type.schemaExtensions) {
      const parts: Record<string, unknown> = {}
      for (const attribute of attributesOf(schema)) parts[attribute.name] = await aValue(attribute)
      body[schema] = parts
    }
    return body
  }
  async function create(type: Type, how: 'required' | 'whole' = 'required'): Promise<Resource> {
    const made = await acme.scim('POST', type.endpoint, await bodyOf(type, how))
    expect(made, made.text).toMatchObject({ status: 201 })
    return made.body
  }
  const typeOf = (name: string) => {
    const type = types.find((one) => one.name === name)
    if (!type) throw new Error(`There is no resource type ${name}.`)
    return type
  }
  return { acme, typeOf, places, aValue, bodyOf, create }
}

/** What is returned of a value: all of it, and what only the server knows of members. */
function shown(value: unknown): unknown {
  const one = Array.isArray(value) && value.length === 1 ? [{ ...value[0] }] : value
  if (Array.isArray(one) && typeof one[0] === 'object' && '$ref' in one[0]) {
    delete one[0].display
    delete one[0].type
  }
  return one
}

const patch = (acme: ScimOrganisation, at: string, operation: object) =>
  acme.scim('PATCH', at, { schemas: [patchSchema], Operations: [operation] })

describe.each(['User', 'Group'])('a client that knows nothing but discovery: %s', (name) => {
  test.each(['required', 'whole'] as const)('makes one of what is %s', async (how) => {
    const { acme, typeOf, bodyOf, places } = await discover()
    const type = typeOf(name)
    const body = await bodyOf(type, how)

    const made = await acme.scim('POST', type.endpoint, body)
    const read = await acme.scim('GET', `${type.endpoint}/${made.body.id}`)

    expect(made.status).toBe(201)
    expect(read.body).toEqual(made.body)
    for (const { path, attribute, read: valueIn } of places(type, 'readWrite'))
      if (how === 'whole' || attribute.required)
        expect(shown(valueIn(made.body)), path).toEqual(shown(valueIn(body as Resource)))
    for (const { attribute, read: valueIn } of places(type, 'writeOnly'))
      expect(valueIn(made.body), attribute.name).toBeUndefined()
  })

  test.each(['add', 'replace'] as const)('by PATCH %s sets every attribute', async (op) => {
    const { acme, typeOf, places, aValue, create } = await discover()
    const type = typeOf(name)
    const { id } = await create(type)
    const at = `${type.endpoint}/${id}`

    for (const { path, attribute, read } of places(type, 'readWrite')) {
      if (op === 'add' && attribute.required && attribute.multiValued) continue
      const value = await aValue(attribute)
      const changed = await patch(acme, at, { op, path, value })
      const now = await acme.scim('GET', at)

      expect(changed.status, `${path}: ${changed.text}`).toBeLessThan(300)
      expect(shown(read(now.body)), path).toEqual(shown(value))
      if (changed.body) expect(changed.body).toEqual(now.body)
    }
  })

  test('by PATCH remove takes every attribute away that is not required', async () => {
    const { acme, typeOf, places, create } = await discover()
    const type = typeOf(name)
    const { id } = await create(type, 'whole')
    const at = `${type.endpoint}/${id}`

    for (const { path, attribute, read } of places(type, 'readWrite')) {
      if (attribute.required) continue
      const changed = await patch(acme, at, { op: 'remove', path })

      expect(changed.status, `${path}: ${changed.text}`).toBeLessThan(300)
      expect(read((await acme.scim('GET', at)).body) ?? [], path).toEqual([])
    }
  })

  test('by PUT replaces all of it', async () => {
    const { acme, typeOf, bodyOf, create, places } = await discover()
    const type = typeOf(name)
    const made = await create(type)
    const body = { ...(await bodyOf(type, 'whole')), id: made.id }

    const put = await acme.scim('PUT', `${type.endpoint}/${made.id}`, body)

    expect(put.status, put.text).toBe(200)
    for (const { path, read } of places(type, 'readWrite'))
      expect(shown(read(put.body)), path).toEqual(shown(read(body as Resource)))
  })
})

test('SC-40: with Sync roles on, every role that the schema names can be given', async () => {
  const { acme, typeOf, places, create } = await discover({ syncRoles: true })
  const type = typeOf('User')
  const { id } = await create(type)
  const [roles] = places(type, 'readWrite').filter(({ path }) => path === 'roles')
  const named = roles?.attribute.subAttributes?.find((sub) => sub.name === 'value')

  expect(named?.canonicalValues).toEqual(['ROLE_USER', 'ROLE_VIEWER', 'ROLE_MANAGER'])
  for (const value of named?.canonicalValues ?? []) {
    const given = { op: 'replace', path: 'roles', value: [{ value }] }
    const changed = await patch(acme, `/Users/${id}`, given)
    expect(changed).toMatchObject({ status: 200, body: { roles: [{ value }] } })
  }
})

test.each(['Users', 'Groups'])(
  'RFC 7643 §4.2: a member may be named by where it is alone, among %s',
  async (kind) => {
    const acme = await createScimOrganisation()
    const member =
      kind === 'Users' ? await acme.user({ userName: 'ada@acme.test' }) : await acme.group('Inner')
    const group = await acme.group('Engines')
    const $ref = `${acme.baseUrl}/${kind}/${member}`

    const added = await patch(acme, `/Groups/${group}`, {
      op: 'add',
      path: 'members',
      value: [{ $ref }],
    })
    const relative = await acme.scim('POST', '/Groups', {
      displayName: 'Wheels',
      members: [{ $ref: `../${kind}/${member}` }],
    })
    const nowhere = await acme.scim('POST', '/Groups', {
      displayName: 'Brakes',
      members: [{ $ref: `${acme.baseUrl}/Printers/${member}` }],
    })

    expect(added.status).toBe(204)
    expect(await acme.membersOf(group)).toEqual([member])
    expect(relative).toMatchObject({ status: 201, body: { members: [{ value: member, $ref }] } })
    expect(nowhere).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } })
  },
)
