import fastifySwagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Problem } from '../../../contract/src/index.ts'
import { refusalStatus, titles } from '../model/refusals.ts'

type Status = keyof typeof titles
type Answer = { description?: string }
type Described = { parameters?: object[]; responses: Record<string, Answer> }
type Operation = {
  path: string
  method: string
  changes: boolean
  /** For whoever comes, such as the sign-in page. */
  isOpen: boolean
}

/** Which operations a refusal of each status can come from. */
const refusedWhere: Record<Status, (operation: Operation) => boolean> = {
  400: () => true,
  401: ({ path, changes, isOpen }) => changes || !isOpen || path.endsWith('/step'),
  403: ({ changes, isOpen }) => changes || !isOpen,
  404: ({ path, changes }) => changes || path.includes('{'),
  // A link may lead where nobody can be added at present.
  409: ({ path, changes }) => changes || path.includes('{token}'),
  410: ({ path }) => path.includes('{token}'),
  // What is made by a POST has no version yet.
  412: ({ method, changes }) => changes && method !== 'post',
  429: ({ changes, isOpen }) => changes || isOpen,
}
const successes: Record<string, string> = {
  200: 'Done',
  201: 'Made',
  202: 'Taken, and done in a moment',
  204: 'Done, and nothing to say',
  207: 'Done for some: each has a status of its own',
}
const statuses = Object.keys(refusedWhere).map(Number) as Status[]
const base = '/api/v1'

/** Collects every route under `/api/v1` for the OpenAPI document (OP-6); registered before them all. */
export async function describeApi(app: FastifyInstance, baseUrl: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Usher Management API',
        version: '1',
        description: 'Directory, sign-in and provisioning of one installation of Usher.',
      },
      servers: [{ url: baseUrl }],
      components: { responses: { ...Object.fromEntries(statuses.map(refused)), ...fault } },
    },
    // Whoever says nothing of an answer gives none.
    transform: ({ schema, url, ...route }) =>
      url.startsWith(`${base}/`)
        ? jsonSchemaTransform({
            ...route,
            url,
            schema: { response: { 204: z.undefined() }, ...schema },
          })
        : { schema: { ...schema, hide: true }, url },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      const { openapiObject } = document
      for (const [path, operations] of Object.entries(openapiObject.paths ?? {})) {
        for (const [method, operation] of Object.entries(operations ?? {})) {
          const described = operation as Described
          described.responses = answersOf(path, method, described.responses)
          if (method !== 'post' || isOpen(path)) continue
          described.parameters = [...(described.parameters ?? []), idempotencyKey]
        }
      }
      return openapiObject
    },
  })
}

const isOpen = (path: string) => !/^\/(?:orgs|me|platform\/orgs)\b/.test(path.slice(base.length))

/** GE-6 */
const idempotencyKey = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  description:
    'Sent again under its key, a request does nothing and is answered as it was. An answer that is a file or opens a session is given anew.',
}

/** What its route says of its success, and beside it how it refuses. */
function answersOf(path: string, method: string, answers: Record<string, Answer>) {
  const changes = method !== 'get'
  const told = Object.entries(answers)
    .filter(([status]) => Number(status) < 300)
    .map(([status, { description, ...answer }]) => {
      const words = description === 'Default Response' ? successes[status] : description
      return [status, { description: words, ...answer }]
    })
  const refusals = statuses
    .filter((status) => refusedWhere[status]({ path, method, changes, isOpen: isOpen(path) }))
    .map((status) => [status, { $ref: `#/components/responses/refused${status}` }])
  return {
    ...Object.fromEntries([...told, ...refusals]),
    500: { $ref: '#/components/responses/fault' },
  }
}

function refused(status: Status) {
  const codes = Object.entries(refusalStatus).flatMap(([code, its]) =>
    its === status ? [code] : [],
  )
  const headers = status === 429 && { headers: { 'Retry-After': { schema: { type: 'integer' } } } }
  const answer = { ...problem(status, titles[status], codes), ...headers }
  return [`refused${status}`, answer] as const
}

const fault = { fault: problem(500, 'Something went wrong here', ['internal']) }

/** RFC 9457, of one status (GE-1). */
function problem(status: number, title: string, codes: string[]) {
  const { $schema: _, ...schema } = z.toJSONSchema(
    Problem.extend({ title: z.literal(title), status: z.literal(status), code: z.enum(codes) }),
  )
  return {
    description: title,
    content: { 'application/problem+json': { schema: schema as object } },
  }
}
