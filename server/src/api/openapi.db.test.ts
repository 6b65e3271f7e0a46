import { expect, test } from 'vitest'
import { z } from 'zod'
import { createOrganisation, startUsher } from '../../testing/organisation.ts'
import { refusalStatus } from '../model/refusals.ts'

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const
const JsonSchema = z.looseObject({}).refine((schema) => {
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  return true
})
const Content = z.record(
  z.string().regex(/^\w+\/[\w.+-]+$/),
  z.strictObject({ schema: JsonSchema }),
)
const Described = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), z.strictObject({ schema: JsonSchema })).optional(),
  content: Content.optional(),
})
const Ref = z.strictObject({ $ref: z.string().regex(/^#\/components\/responses\/\w+$/) })
const Operation = z.strictObject({
  parameters: z
    .array(
      z.strictObject({
        in: z.enum(['path', 'query', 'header']),
        name: z.string().min(1),
        required: z.boolean(),
        schema: JsonSchema,
        description: z.string().optional(),
      }),
    )
    .optional(),
  requestBody: z.strictObject({ required: z.boolean().optional(), content: Content }).optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), z.union([Ref, Described])),
})
/** OpenAPI 3.1, as far as it is used: what is misspelt or out of place is no document of this shape. */
const OpenApi = z.strictObject({
  openapi: z.literal('3.1.0'),
  info: z.strictObject({ title: z.string(), version: z.string(), description: z.string() }),
  servers: z.array(z.strictObject({ url: z.url() })),
  components: z.strictObject({
    schemas: z.record(z.string(), JsonSchema).optional(),
    responses: z.record(z.string(), Described),
  }),
  paths: z.record(z.string().startsWith('/api/v1/'), z.partialRecord(z.enum(methods), Operation)),
})

/** What the document says of a problem of one status. */
const Documented = z.object({
  properties: z.object({
    status: z.object({ const: z.number() }),
    code: z.object({ enum: z.array(z.string()) }),
  }),
})

async function readDocument() {
  const { app } = await startUsher()
  const { body } = await app.inject({ url: '/api/v1/openapi.json' })
  return { app, document: OpenApi.parse(JSON.parse(body)) }
}

function operationsOf({ paths }: z.infer<typeof OpenApi>) {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...operation,
    })),
  )
}

/** Every route that the server has, as its router draws them: a tree with a branch a line. */
function registered(tree: string): string[] {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent, step = '', names] = /^(.*)[├└]── (\S+)(?: \((.+)\))?$/.exec(line) ?? []
    if (indent === undefined) return []
    above.length = indent.length / 4
    above.push(step)
    const path = above.join('').replace(/:(\w+)/g, '{$1}')
    const known = names?.split(', ').filter((name) => name !== 'HEAD') ?? []
    return known.map((name) => `${name} ${path}`)
  })
}

test('OP-6: the OpenAPI document is one of version 3.1, and every schema in it can be read', async () => {
  const { document } = await readDocument()

  const refs = operationsOf(document).flatMap(({ responses }) =>
    Object.values(responses).flatMap((answer) => ('$ref' in answer ? [answer.$ref] : [])),
  )
  const known = Object.keys(document.components.responses).map(
    (name) => `#/components/responses/${name}`,
  )

  expect([...new Set(refs)].sort()).toEqual(known.sort())
})

test('OP-6: the document holds every route of the API and no other', async () => {
  const { app, document } = await readDocument()

  const routes = registered(app.printRoutes({ commonPrefix: false })).filter((name) =>
    name.includes(' /api/v1/'),
  )

  // The document itself, and what is there only while demos are on (BY-10).
  const apart = routes.filter((name) => /openapi\.json$|\/simulation\b/.test(name))
  expect(apart).toHaveLength(4)
  expect(
    operationsOf(document)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(routes.filter((name) => !apart.includes(name)).sort())
})

test('OP-6: every code is documented with its status, and a refusal as the problem that it is', async () => {
  const { document } = await readDocument()

  const documented = Object.values(document.components.responses).flatMap(({ content }) => {
    const { properties } = Documented.parse(content?.['application/problem+json']?.schema)
    return properties.code.enum.map((code) => [code, properties.status.const])
  })

  expect(Object.fromEntries(documented)).toEqual({ ...refusalStatus, internal: 500 })
})

test('OP-6: every operation says how it succeeds, and with what it may be refused', async () => {
  const { document } = await readDocument()
  const operations = operationsOf(document)
  const statuses = (wanted: string) =>
    Object.keys(operations.find(({ name }) => name === wanted)?.responses ?? {}).map(Number)

  const withoutSuccess = operations
    .filter(({ responses }) => !Object.keys(responses).some((status) => status < '300'))
    .map(({ name }) => name)
  const withoutRefusal = operations.filter(({ responses }) => !responses[400] || !responses[500])

  // Built-in roles stay as they are, whoever asks.
  const role = '/api/v1/orgs/{organisationId}/roles/{role}'
  expect(withoutSuccess).toEqual([`PATCH ${role}`, `DELETE ${role}`])
  expect(withoutRefusal).toEqual([])
  expect(statuses('GET /api/v1/setup')).toEqual([200, 400, 429, 500])
  expect(statuses('GET /api/v1/me')).toEqual([200, 400, 401, 403, 500])
  expect(statuses('DELETE /api/v1/orgs/{organisationId}/groups/{id}')).toEqual([
    204, 400, 401, 403, 404, 409, 412, 429, 500,
  ])
  expect(statuses('POST /api/v1/invitations/{token}')).toEqual([
    200, 400, 401, 403, 404, 409, 410, 429, 500,
  ])
})

test('GE-6: every POST of somebody who is signed in takes an Idempotency-Key', async () => {
  const { document } = await readDocument()

  const without = operationsOf(document)
    .filter(({ parameters = [] }) => !parameters.some(({ name }) => name === 'Idempotency-Key'))
    .map(({ name }) => name.replace('/api/v1', ''))

  const ways =
    /^POST \/(?:setup|sign-in|sign-out|activations|recoveries|join|invitations|platform\/sign-in)\b/
  expect(without.filter((name) => name.startsWith('POST ') && !ways.test(name))).toEqual([])
})

test('OP-6: whoever signs out is answered as the document says', async () => {
  const acme = await createOrganisation()
  const { document } = await readDocument()
  const { responses } = document.paths['/api/v1/sign-out']?.post ?? { responses: {} }
  const headers = {
    cookie: `usher_session=${acme.session}`,
    'x-csrf-token': await acme.csrfOf(acme.session),
  }

  const left = await acme.send('POST', '/api/v1/sign-out', undefined, headers)

  const answer = responses[left.status]
  const schema = answer && 'content' in answer && answer.content?.['application/json']?.schema
  expect(z.fromJSONSchema(schema || {}).parse(left.body)).toEqual(left.body)
})
