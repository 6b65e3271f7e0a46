/**
 * Bulk requests (RFC 7644 §3.7): read, and put in an order in which every resource is there before
 * another names it. Carrying them out is the door's.
 */
import { badRequest, errorBody, quote, ScimError, type ScimFault, tooLarge } from './errors.ts'
import { emptyObject, isObject, type Json, type JsonObject } from './json.ts'
import { bulkRequestSchema, bulkResponseSchema } from './names.ts'
import { sameName } from './schema.ts'

export const bulkLimits = { operations: 1000, payloadBytes: 1_048_576 } as const

export type BulkMethod = 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type BulkOperation = {
  /** Where it stands in the request, from 0; answers go back in this order. */
  index: number
  method: BulkMethod
  endpoint: '/Users' | '/Groups'
  /** Absent for POST; may be a reference `bulkId:…`. */
  id?: string
  bulkId?: string
  version?: string
  data?: JsonObject
  /** The bulkIds that this operation names in its path or data. */
  needs: string[]
}

/** What is wrong with one operation fails that one alone (RFC 7644 §3.7.3). */
export type BulkStep =
  | { operation: BulkOperation }
  | { index: number; bulkId?: string; method: string; path?: string; error: ScimError }

export type BulkRequest = {
  /** After so many errors the rest is not carried out; undefined for all of it. */
  failOnErrors?: number
  /** In the order to carry them out. */
  steps: BulkStep[]
}

/** Throws `invalidSyntax`, or 413 with the limit in the message. */
export function parseBulk(body: JsonObject): BulkRequest {
  const fields = fold(body)
  const schemas = Array.isArray(fields.schemas) ? fields.schemas : []
  if (!schemas.some((urn) => typeof urn === 'string' && sameName(urn, bulkRequestSchema)))
    throw syntax(`"schemas" of a bulk request must name ${bulkRequestSchema}.`)
  const { operations } = fields
  if (!Array.isArray(operations)) throw syntax('"Operations" must hold the operations.')
  if (operations.length > bulkLimits.operations)
    throw tooLarge(
      `A bulk request holds at most ${bulkLimits.operations} operations (maxOperations), not ${operations.length}.`,
    )
  const failOnErrors = readFailOnErrors(fields.failonerrors)
  const steps = inOrder(withKnownNeeds(operations.map(readStep)))
  return { ...(failOnErrors === undefined ? {} : { failOnErrors }), steps }
}

function readFailOnErrors(value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw syntax(`"failOnErrors" must be a whole number above zero, not ${quote(value)}.`)
}

function fold(object: JsonObject): JsonObject {
  const folded = emptyObject()
  for (const [name, value] of Object.entries(object)) folded[name.toLowerCase()] = value
  return folded
}

function readStep(sent: Json, index: number): BulkStep {
  const fields = isObject(sent) ? fold(sent) : emptyObject()
  const bulkId = typeof fields.bulkid === 'string' ? fields.bulkid : undefined
  try {
    return { operation: readOperation(fields, index, bulkId) }
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    const method = typeof fields.method === 'string' ? fields.method.toUpperCase() : ''
    return failure({ index, method, bulkId, ...pathOf(fields.path) }, error)
  }
}

const methods: readonly string[] = ['POST', 'PUT', 'PATCH', 'DELETE']

function readOperation(fields: JsonObject, index: number, bulkId?: string): BulkOperation {
  const method = readMethod(fields.method)
  const { endpoint, id } = readBulkPath(fields.path)
  const { version, data } = fields
  if ((id === undefined) !== (method === 'POST'))
    throw badRequest('invalidPath', `${method} ${quote(fields.path)} cannot be carried out.`)
  if (method === 'POST' && !bulkId)
    throw syntax('Every POST of a bulk request needs a "bulkId" of its own.')
  if (version !== undefined && version !== null && typeof version !== 'string')
    throw badRequest('invalidValue', `"version" must be text, not ${quote(version)}.`)
  if (method !== 'DELETE' && !isObject(data)) throw syntax(`${method} needs an object as "data".`)
  return {
    index,
    method,
    endpoint,
    ...(id === undefined ? {} : { id }),
    ...(bulkId ? { bulkId } : {}),
    ...(typeof version === 'string' ? { version } : {}),
    ...(isObject(data) ? { data } : {}),
    needs: [...new Set([...referenceIn(id), ...referencesIn(data ?? null)])],
  }
}

function readMethod(value: Json | undefined): BulkMethod {
  const method = typeof value === 'string' ? value.toUpperCase() : ''
  if (!methods.includes(method))
    throw syntax(`"method" must be one of ${methods.join(', ')}, not ${quote(value)}.`)
  return method as BulkMethod
}

function readBulkPath(path: Json | undefined) {
  const { endpoint, id } = pathOf(path)
  if (!endpoint) throw badRequest('invalidPath', `There is nothing at ${quote(path)}.`)
  return { endpoint, id }
}

function pathOf(path: Json | undefined): Partial<Place> {
  const [, name = '', id] =
    (typeof path === 'string' && /^\/?(\w+)(?:\/([^/?#]+))?$/.exec(path)) || []
  const endpoint = (['/Users', '/Groups'] as const).find((known) => sameName(known, `/${name}`))
  return endpoint ? { endpoint, ...(id === undefined ? {} : { id }) } : {}
}

const prefix = 'bulkId:'
/** Where a resource is named. A displayName may begin with `bulkId:` and mean nothing by it. */
const naming = new Set(['value', '$ref', 'manager', 'members'])

function referenceIn(text: string | undefined): string[] {
  return text?.startsWith(prefix) ? [text.slice(prefix.length)] : []
}

function referencesIn(value: Json, names = false): string[] {
  if (typeof value === 'string') return names ? referenceIn(value) : []
  if (Array.isArray(value)) return value.flatMap((inner) => referencesIn(inner, names))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    referencesIn(inner, naming.has(name.toLowerCase())),
  )
}

function bulkIdOf(step: BulkStep): string | undefined {
  return 'operation' in step ? step.operation.bulkId : step.bulkId
}

/** A bulkId is given once, and every one that is named is given by some operation. */
function withKnownNeeds(steps: BulkStep[]): BulkStep[] {
  const given = new Set<string>()
  const unique = steps.map((step) => {
    const bulkId = bulkIdOf(step)
    if (bulkId === undefined) return step
    if (given.has(bulkId))
      return failed(
        step,
        badRequest('invalidSyntax', `The bulkId ${quote(bulkId)} is there twice.`),
      )
    given.add(bulkId)
    return step
  })
  return unique.map((step) => {
    const missing = needsOf(step).find((need) => !given.has(need))
    return missing === undefined
      ? step
      : failed(step, badRequest('invalidValue', `No operation has the bulkId ${quote(missing)}.`))
  })
}

function needsOf(step: BulkStep): string[] {
  return 'operation' in step ? step.operation.needs : []
}

function failed(step: BulkStep, error: ScimError): BulkStep {
  if ('error' in step) return step
  return failure(step.operation, error)
}

type About = { index: number; method: string; bulkId?: string | undefined } & Partial<Place>
type Place = Pick<BulkOperation, 'endpoint' | 'id'>

/** With the path of the resource that is meant, where it says one. */
function failure({ index, method, bulkId, endpoint, id }: About, error: ScimError): BulkStep {
  const isNamed = endpoint && id !== undefined && !id.startsWith(prefix)
  return {
    index,
    ...(bulkId === undefined ? {} : { bulkId }),
    method,
    ...(isNamed ? { path: `${endpoint}/${id}` } : {}),
    error,
  }
}

/**
 * RFC 7644 §3.7.1: as sent, except that an operation waits for those that create what it names.
 * Operations that wait for each other, and what waits for them, are 409.
 */
function inOrder(steps: BulkStep[]): BulkStep[] {
  const waiting = new Map<string, number[]>()
  const blockedBy = steps.map((step, index) => {
    for (const need of needsOf(step)) {
      const line = waiting.get(need)
      if (line) line.push(index)
      else waiting.set(need, [index])
    }
    return needsOf(step).length
  })
  const ordered: BulkStep[] = []
  steps.forEach((_, turn) => {
    const due = blockedBy[turn] === 0 ? [turn] : []
    for (const index of due) {
      const step = steps[index] as BulkStep
      ordered.push(step)
      for (const later of waiting.get(bulkIdOf(step) ?? '') ?? []) {
        const left = (blockedBy[later] ?? 0) - 1
        blockedBy[later] = left
        // Those whose turn is still to come are met then.
        if (left === 0 && later < turn) due.push(later)
      }
    }
  })
  const detail = 'This operation waits for one that waits for it; create first, then link.'
  const circular = steps
    .filter((_, index) => blockedBy[index] !== 0)
    .map((step) => failed(step, new ScimError({ status: 409, detail })))
  return [...ordered, ...circular]
}

/** The operation with the ids of the resources it names. Throws when one of them was not created. */
export function resolveReferences(
  { needs, ...operation }: BulkOperation,
  ids: ReadonlyMap<string, string>,
): BulkOperation {
  const missing = needs.find((need) => !ids.has(need))
  if (missing !== undefined)
    throw badRequest('invalidValue', `The operation with bulkId ${quote(missing)} did not succeed.`)
  return {
    ...operation,
    ...(operation.id === undefined ? {} : { id: replaceText(operation.id, ids) }),
    ...(operation.data ? { data: replaceIn(operation.data, ids) as JsonObject } : {}),
    needs: [],
  }
}

function replaceText(text: string, ids: ReadonlyMap<string, string>): string {
  return text.startsWith(prefix) ? (ids.get(text.slice(prefix.length)) ?? text) : text
}

function replaceIn(value: Json, ids: ReadonlyMap<string, string>, names = false): Json {
  if (typeof value === 'string') return names ? replaceText(value, ids) : value
  if (Array.isArray(value)) return value.map((inner) => replaceIn(inner, ids, names))
  if (!isObject(value)) return value
  const replaced = emptyObject()
  for (const [name, inner] of Object.entries(value))
    replaced[name] = replaceIn(inner, ids, naming.has(name.toLowerCase()))
  return replaced
}

/** What became of one operation. */
export type BulkResult = {
  index: number
  method: string
  bulkId?: string
  location?: string
  version?: string
} & ({ status: number } | { error: ScimFault })

/** RFC 7644 §3.7: in the order of the request, with every status as text. */
export function bulkResponse(results: readonly BulkResult[]): JsonObject {
  const inOrderOfRequest = results.toSorted((a, b) => a.index - b.index)
  return {
    schemas: [bulkResponseSchema],
    Operations: inOrderOfRequest.map(({ index: _, ...result }) => {
      if (!('error' in result)) return { ...result, status: String(result.status) }
      const { error, ...rest } = result
      return { ...rest, status: String(error.status), response: errorBody(error) }
    }),
  }
}

function syntax(detail: string): ScimError {
  return badRequest('invalidSyntax', detail)
}
