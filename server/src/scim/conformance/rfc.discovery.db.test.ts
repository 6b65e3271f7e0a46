/** RFC 7644 §2, §3.1, §3.12 and §4; RFC 7643 §5 to §7. */
import { request as plainRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { startUsher } from '../../../testing/organisation.ts'
import {
  createScimOrganisation,
  enterpriseSchema,
  errorSchema,
  groupSchema,
  scimError,
  userSchema,
} from '../../../testing/scim.ts'

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const discoverySchemas = ['ServiceProviderConfig', 'ResourceType', 'Schema'].map(
  (name) => `urn:ietf:params:scim:schemas:core:2.0:${name}`,
)
const nowhere = '/Users/00000000-0000-7000-8000-000000000000'

const typeOf: Record<string, string> = { boolean: 'boolean', integer: 'number' }

type Attribute = { name: string; subAttributes?: Attribute[]; [trait: string]: unknown }

async function attributesOf(wish: object, schema: string): Promise<Attribute[]> {
  const acme = await createScimOrganisation(wish)
  return (await acme.scim('GET', `/Schemas/${schema}`)).body.attributes
}

describe('discovery', () => {
  test('says truthfully what is supported', async () => {
    const acme = await createScimOrganisation()

    const config = await acme.scim('GET', '/ServiceProviderConfig')

    expect(config).toMatchObject({
      status: 200,
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
        patch: { supported: true },
        bulk: { supported: true, maxOperations: 1000, maxPayloadSize: 1_048_576 },
        filter: { supported: true, maxResults: 200 },
        changePassword: { supported: false },
        sort: { supported: true },
        etag: { supported: true },
        pagination: {
          cursor: true,
          index: true,
          defaultPaginationMethod: 'index',
          defaultPageSize: 100,
          maxPageSize: 200,
          cursorTimeout: 3600,
        },
        meta: { location: `${acme.baseUrl}/ServiceProviderConfig` },
      },
    })
    expect(config.body.authenticationSchemes.length).toBeGreaterThan(0)
  })

  test.each([
    ['/ResourceTypes', ['User', 'Group']],
    ['/Schemas', [userSchema, enterpriseSchema, groupSchema, ...discoverySchemas]],
  ])('%s is a list response', async (path, ids) => {
    const acme = await createScimOrganisation()

    const list = await acme.scim('GET', path)

    expect(list).toMatchObject({
      status: 200,
      body: { schemas: [listSchema], totalResults: ids.length, itemsPerPage: ids.length },
    })
    expect(list.body.Resources.map(({ id }: { id: string }) => id)).toEqual(ids)
  })

  test('RFC 7643 §8.7.2: describes itself, and is as it says', async () => {
    const acme = await createScimOrganisation()
    const { body: schemas } = await acme.scim('GET', '/Schemas')
    const attributesOf = (urn: string): Attribute[] =>
      schemas.Resources.find(({ id }: { id: string }) => id === urn).attributes
    const shown: [string | undefined, Record<string, unknown>[]][] = [
      [discoverySchemas[0], [(await acme.scim('GET', '/ServiceProviderConfig')).body]],
      [discoverySchemas[1], (await acme.scim('GET', '/ResourceTypes')).body.Resources],
      [discoverySchemas[2], schemas.Resources],
    ]

    function check(value: unknown, attribute: Attribute, where: string): void {
      expect(Array.isArray(value), where).toBe(attribute.multiValued)
      for (const one of Array.isArray(value) ? value : [value]) {
        if (attribute.type === 'complex') checkAll(one, attribute.subAttributes ?? [], where)
        else expect(typeof one, where).toBe(typeOf[String(attribute.type)] ?? 'string')
      }
    }
    function checkAll(resource: Record<string, unknown>, known: Attribute[], where: string): void {
      for (const [name, value] of Object.entries(resource)) {
        const attribute = known.find((one) => one.name === name)
        // Attributes go on in sub-attributes further than the description of themselves does.
        const beside = ['schemas', 'meta', 'id', 'subAttributes']
        if (!attribute) expect(beside, `${where}.${name}`).toContain(name)
        else check(value, attribute, `${where}.${name}`)
      }
      for (const { name, required } of known)
        if (required) expect(resource, where).toHaveProperty(name)
    }

    for (const [urn = '', resources] of shown)
      for (const resource of resources) checkAll(resource, attributesOf(urn), urn)
  })

  test.each([
    ['/ResourceTypes/User', { endpoint: '/Users', schema: userSchema }],
    ['/ResourceTypes/Group', { endpoint: '/Groups', schema: groupSchema }],
    [`/Schemas/${userSchema}`, { id: userSchema, name: 'User' }],
    [`/Schemas/${enterpriseSchema}`, { id: enterpriseSchema }],
    [`/Schemas/${groupSchema}`, { id: groupSchema, name: 'Group' }],
  ])('%s is there by itself, at its own location', async (path, shown) => {
    const acme = await createScimOrganisation()

    const one = await acme.scim('GET', path)

    expect(one).toMatchObject({ status: 200, body: shown })
    expect(one.body.meta.location).toBe(`${acme.baseUrl}${path}`)
  })

  test.each(['/Schemas/urn:nobody:knows', '/ResourceTypes/Printer'])('%s is 404', async (path) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', path)).toMatchObject(scimError(404))
  })

  test.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])(
    '%s refuses a filter with 403',
    async (path) => {
      const acme = await createScimOrganisation()

      const refused = await acme.scim('GET', `${path}?filter=id%20eq%20%22User%22`)

      expect(refused).toMatchObject(scimError(403))
    },
  )

  test.each(['/ServiceProviderConfig', '/ResourceTypes', '/Schemas'])(
    '%s ignores paging, sorting and attributes',
    async (path) => {
      const acme = await createScimOrganisation()

      const plain = await acme.scim('GET', path)
      const dressed = await acme.scim(
        'GET',
        `${path}?startIndex=2&count=1&sortBy=name&sortOrder=descending&attributes=name&excludedAttributes=id`,
      )

      expect(dressed).toMatchObject({ status: 200, body: plain.body })
    },
  )

  test.each(
    ['/ServiceProviderConfig', '/ResourceTypes', '/Schemas', '/ResourceTypes/User'].flatMap(
      (path) => ['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [method, path] as const),
    ),
  )('%s %s is 405', async (method, path) => {
    const acme = await createScimOrganisation()

    const body = method === 'DELETE' ? undefined : {}
    const answer = await acme.scim(method, path, body)
    expect(answer).toMatchObject(scimError(405))
    // RFC 9110 §15.5.6.
    expect(answer.headers.allow).toBe('HEAD, GET')
  })

  test.each([
    ['userName', { required: true, caseExact: false, uniqueness: 'server', multiValued: false }],
    ['password', { mutability: 'writeOnly', returned: 'never' }],
    ['groups', { mutability: 'readOnly', multiValued: true }],
    ['active', { type: 'boolean' }],
  ])('the schema says of %s: %j', async (name, traits) => {
    const attributes = await attributesOf({}, userSchema)

    expect(attributes.find((one) => one.name === name)).toMatchObject(traits)
  })

  test.each([userSchema, groupSchema])(
    'RFC 7643 §3.1: %s has externalId, which clients map like any other attribute',
    async (schema) => {
      const attributes = await attributesOf({}, schema)

      expect(attributes.filter(({ name }) => name === 'externalId')).toMatchObject([
        { type: 'string', required: false, caseExact: true, mutability: 'readWrite' },
      ])
    },
  )

  test('the schema has every trait of every attribute, and no null', async () => {
    const traits = [
      'name',
      'type',
      'multiValued',
      'description',
      'required',
      'mutability',
      'returned',
    ]
    const acme = await createScimOrganisation()

    const { body, text } = await acme.scim('GET', '/Schemas')

    expect(text).not.toContain('null')
    const all = (list: Attribute[]): Attribute[] =>
      list.flatMap((one) => [one, ...all(one.subAttributes ?? [])])
    for (const one of all(
      body.Resources.flatMap((schema: { attributes: Attribute[] }) => schema.attributes),
    ))
      for (const trait of traits) expect(one, one.name).toHaveProperty(trait)
  })

  test.each([
    [true, 'readWrite'],
    [false, 'readOnly'],
  ])('with roles synced: %s, they are %s', async (syncRoles, mutability) => {
    const attributes = await attributesOf({ syncRoles }, userSchema)

    expect(attributes.find(({ name }) => name === 'roles')).toMatchObject({ mutability })
  })

  test('what the schema shows is what is answered: no other attribute', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const names = new Set(
      (await acme.scim('GET', `/Schemas/${userSchema}`)).body.attributes.map(
        ({ name }: Attribute) => name,
      ),
    )
    const id = await acme.user({ userName: 'ada@acme.test', displayName: 'Ada', active: true })

    const { body } = await acme.scim('GET', `/Users/${id}`)

    const common = ['schemas', 'id', 'meta', enterpriseSchema]
    const others = Object.keys(body).filter((name) => !names.has(name) && !common.includes(name))
    expect(others).toEqual([])
  })
})

describe('a credential', () => {
  const everywhere = [
    ['GET', '/Users'],
    ['POST', '/Users'],
    ['GET', nowhere],
    ['PATCH', nowhere],
    ['GET', '/Groups'],
    ['POST', '/Bulk'],
    ['GET', '/Me'],
    ['GET', '/ServiceProviderConfig'],
    ['GET', '/Schemas'],
    ['GET', '/nothing/here'],
  ] as const

  test.each(everywhere)('is asked for first: %s %s', async (method, path) => {
    const acme = await createScimOrganisation()

    const body = method === 'GET' ? undefined : '{"broken'
    const refused = await acme.scim(method, path, body, { authorization: '' })

    expect(refused).toMatchObject(scimError(401, undefined, /./))
    expect(refused.headers['www-authenticate']).toMatch(/^Bearer\b/)
    expect(refused.headers['content-type']).toMatch(/^application\/scim\+json/)
  })

  test.each([
    ['unknown', 'Bearer uss_unknown'],
    ['of another kind', 'Basic dXNlcjpwYXNz'],
    ['empty', 'Bearer'],
  ])('that is %s is refused', async (_, authorization) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', '/Users', undefined, { authorization })).toMatchObject(
      scimError(401),
    )
  })

  test('of another organisation is refused', async () => {
    const acme = await createScimOrganisation()
    const globex = await createScimOrganisation()

    const refused = await acme.scim('GET', '/Users', undefined, {
      authorization: `Bearer ${globex.token}`,
    })

    expect(refused).toMatchObject(scimError(401))
  })

  test('in the address is none', async () => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim('GET', `/Users?access_token=${acme.token}`, undefined, {
      authorization: '',
    })

    expect(refused).toMatchObject(scimError(401))
  })

  test('may be called "bearer"', async () => {
    const acme = await createScimOrganisation()
    const authorization = `bearer ${acme.token}`

    expect((await acme.scim('GET', '/Users', undefined, { authorization })).status).toBe(200)
  })

  test('that has expired is refused', async () => {
    const acme = await createScimOrganisation()
    acme.usher.clock.advance(181 * 86_400_000)

    expect(await acme.scim('GET', '/Users')).toMatchObject(scimError(401))
  })

  test('is of no use while people come another way, reads included', async () => {
    const acme = await createScimOrganisation({ source: 'sso_jit' })

    for (const [method, body] of [
      ['GET', undefined],
      ['POST', { userName: 'a@acme.test' }],
    ] as const)
      expect(await acme.scim(method, '/Users', body)).toMatchObject(
        scimError(403, undefined, /^provisioning\.method_conflict/),
      )
    expect(await acme.events()).toEqual([])
  })

  test('shows nobody of another organisation', async () => {
    const acme = await createScimOrganisation()
    const globex = await createScimOrganisation()
    const id = await globex.user({ userName: 'hank@globex.test' })
    const group = await globex.group('Globex')

    expect(await acme.scim('GET', `/Users/${id}`)).toMatchObject(scimError(404))
    expect(await acme.scim('DELETE', `/Users/${id}`)).toMatchObject(scimError(404))
    expect(await acme.scim('GET', `/Groups/${group}`)).toMatchObject(scimError(404))
    expect((await acme.scim('GET', '/Users')).body.totalResults).toBe(0)
    expect((await globex.scim('GET', `/Users/${id}`)).status).toBe(200)
  })
})

describe('a message', () => {
  test.each([
    'application/scim+json',
    'application/scim+json; charset=utf-8',
    'application/json',
    'application/json;charset=UTF-8',
  ])('of type %s is read', async (type) => {
    const acme = await createScimOrganisation()

    const made = await acme.scim(
      'POST',
      '/Users',
      { userName: 'ada@acme.test' },
      { 'content-type': type },
    )

    expect(made.status).toBe(201)
  })

  test('of another type is refused', async () => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim('POST', '/Users', '<user/>', {
      'content-type': 'application/xml',
    })

    expect(refused).toMatchObject(scimError(415, undefined, /Send application\/scim\+json/))
  })

  test.each([
    ['', 'application/scim+json'],
    ['*/*', 'application/scim+json'],
    ['application/scim+json', 'application/scim+json'],
    ['application/scim+json, application/json', 'application/scim+json'],
    ['application/json', 'application/json'],
  ])('for "%s" is answered as %s, errors too', async (accept, type) => {
    const acme = await createScimOrganisation()

    const list = await acme.scim('GET', '/Users', undefined, { accept })
    const missing = await acme.scim('GET', nowhere, undefined, { accept })

    for (const { headers } of [list, missing])
      expect(String(headers['content-type']).split(';')[0]).toBe(type)
  })

  test.each([
    ['half of it', '{"userName": "ada@acme.test"'],
    ['a list', '[]'],
    ['a text', '"ada"'],
    ['nothing', ''],
    ['an attribute twice', '{"userName": "a@acme.test", "userName": "b@acme.test"}'],
    ['an attribute in two cases', '{"userName": "a@acme.test", "USERNAME": "b@acme.test"}'],
  ])('that is %s is invalidSyntax', async (_, body) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('POST', '/Users', body)).toMatchObject(scimError(400, 'invalidSyntax'))
  })

  test('of more than 1 MiB is 413, and the limit is named', async () => {
    const acme = await createScimOrganisation()
    const nickName = 'x'.repeat(1_048_576)

    const refused = await acme.scim('POST', '/Users', { userName: 'ada@acme.test', nickName })

    expect(refused).toMatchObject(scimError(413, undefined, /1048576/))
  })

  test('from a client without a name is served', async () => {
    const acme = await createScimOrganisation()
    const { app } = await startUsher()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo

    const status = await new Promise((resolve, reject) => {
      const path = `/scim/${acme.id}/v2/Users`
      const headers = { authorization: `Bearer ${acme.token}` }
      plainRequest({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    app.server.close()

    expect(status).toBe(200)
  })
})

describe('an error', () => {
  test('has its schema, its status as text, and a reason for whoever reads the log', async () => {
    const acme = await createScimOrganisation()

    const { body } = await acme.scim('GET', nowhere)

    expect(body).toEqual({ schemas: [errorSchema], status: '404', detail: expect.any(String) })
  })

  test.each([
    ['GET', '/Printers'],
    ['GET', '/Users/not-an-id'],
    ['DELETE', '/Groups/not-an-id'],
    ['GET', '/Users/x/y'],
    ['GET', '/ServiceProviderConfig/x'],
    ['GET', '/Me/x'],
    ['POST', '/Bulk/x'],
    ['POST', '/.search/x'],
  ])('of %s %s is 404 in the same shape', async (method, path) => {
    const acme = await createScimOrganisation()

    const code = /^resource\.not_found: ./
    expect(await acme.scim(method, path)).toMatchObject(scimError(404, undefined, code))
  })

  test.each([
    ['PUT', '/Users'],
    ['DELETE', '/Users'],
    ['PATCH', '/Groups'],
    ['POST', nowhere],
    ['GET', '/Bulk'],
    ['GET', '/.search'],
    ['GET', '/Users/.search'],
  ])('of %s %s is 405 in the same shape', async (method, path) => {
    const acme = await createScimOrganisation()
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}

    expect(await acme.scim(method, path, body)).toMatchObject(scimError(405, undefined, /./))
  })

  test('of our own is 500, tells nothing but the number of the request, and stands in the log', async () => {
    const acme = await createScimOrganisation()
    const view = vi.spyOn(acme.usher.directory, 'view')
    onTestFinished(() => view.mockRestore())
    const outage = () => view.mockRejectedValueOnce(new Error('db.internal:5432'))
    const nobody = '00000000-0000-7000-8000-000000000000'

    outage()
    const read = await acme.scim('GET', `/Users/${nobody}`)
    outage()
    const token = await acme.usher.app.inject({
      method: 'POST',
      url: `/scim/${acme.id}/oauth/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `grant_type=client_credentials&client_id=${nobody}&client_secret=x`,
    })
    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log')).body

    expect(read).toMatchObject(scimError(500, undefined, /^internal: quote /))
    expect(token.statusCode).toBe(500)
    expect(read.text + token.body).not.toContain('db.internal')
    expect(items).toMatchObject([{ status: 500, code: 'internal' }])
  })

  test('of /Me is 404: an organisation is nobody', async () => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', '/Me')).toMatchObject(scimError(404, undefined, /./))
  })
})
