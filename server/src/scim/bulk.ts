import {
  type BulkOperation,
  type BulkResult,
  bulkResponse,
  isObject,
  type JsonObject,
  parseBulk,
  resolveReferences,
  ScimError,
} from './core/index.ts'
import { type Answer, type Call, type OperationDone, requireId } from './door.ts'
import { createGroup, deleteGroup, patchGroup, replaceGroup } from './groups.ts'
import { faultOf } from './refusals.ts'
import { createUser, deleteUser, patchUser, replaceUser } from './users.ts'

/** How many at once, of those that do not wait for each other. */
const atOnce = 200

/**
 * RFC 7644 §3.7. Newcomers that name nobody else land together; everything else goes one after the
 * other, so that each sees what came before it.
 */
export async function runBulk(call: Call, done: OperationDone): Promise<Answer> {
  const { steps, failOnErrors } = parseBulk(call.body())
  const ids = new Map<string, string>()
  const results: BulkResult[] = []
  let errors = 0

  async function run(operation: BulkOperation): Promise<void> {
    const { index, method, bulkId } = operation
    const said = { index, method, ...(bulkId !== undefined && { bulkId }) }
    const inner: Call = { ...call, method, notes: [], subject: undefined, query: {} }
    let resolved = operation
    // RFC 7644 §3.7: only a POST that failed has no location.
    const at = (location?: string) =>
      location || resolved.id ? { location: location ?? `${call.baseUrl}${pathOf(resolved)}` } : {}
    try {
      resolved = resolveReferences(operation, ids)
      const answer = await perform(inner, resolved)
      const id = answer.location?.split('/').at(-1)
      if (bulkId !== undefined && id) ids.set(bulkId, id)
      results.push({
        ...said,
        ...at(answer.location),
        ...(answer.etag && { version: answer.etag }),
        status: answer.status,
      })
      done(inner, pathOf(operation), undefined)
    } catch (error) {
      const fault = faultOf(error)
      if (!fault) throw error
      errors += 1
      results.push({ ...said, ...at(), error: fault })
      done(inner, pathOf(operation), fault)
    }
  }

  let together: BulkOperation[] = []
  const flush = async () => {
    const batch = together
    together = []
    await Promise.all(batch.map(run))
  }
  for (const step of steps) {
    if (failOnErrors !== undefined && errors >= failOnErrors) break
    if ('error' in step) {
      errors += 1
      const { path, ...result } = step
      results.push({ ...result, ...(path && { location: `${call.baseUrl}${path}` }) })
      continue
    }
    const { operation } = step
    const isPlain =
      operation.method === 'POST' && operation.endpoint === '/Users' && operation.needs.length === 0
    if (isPlain && failOnErrors === undefined) {
      together.push(operation)
      if (together.length >= atOnce) await flush()
      continue
    }
    await flush()
    await run(operation)
  }
  await flush()
  return { status: 200, body: () => bulkResponse(results) }
}

function pathOf({ endpoint, id }: BulkOperation): string {
  return id === undefined ? endpoint : `${endpoint}/${id}`
}

function perform(call: Call, operation: BulkOperation): Promise<Answer> {
  const { method, endpoint, id = '', version, data } = operation
  const inner = Object.assign(call, { body: () => dataOf(data), ifMatch: version })
  const isUser = endpoint === '/Users'
  if (method !== 'POST') requireId(id)
  switch (method) {
    case 'POST':
      return isUser ? createUser(inner) : createGroup(inner)
    case 'PUT':
      return isUser ? replaceUser(inner, id) : replaceGroup(inner, id)
    case 'PATCH':
      return isUser ? patchUser(inner, id) : patchGroup(inner, id)
    case 'DELETE':
      return isUser ? deleteUser(inner, id) : deleteGroup(inner, id)
  }
}

function dataOf(data: JsonObject | undefined): JsonObject {
  if (isObject(data)) return data
  throw new ScimError({ status: 400, scimType: 'invalidSyntax', detail: '"data" is missing.' })
}
