/** What a client asks of a list (RFC 7644 §3.4.2, §3.4.3): by query or by `POST …/.search`. */
import { badRequest, quote } from './errors.ts'
import { type Filter, parseFilter } from './filter.ts'
import { emptyObject, type JsonObject } from './json.ts'
import { listSchema, searchSchema } from './names.ts'
import { type Paging, readPaging } from './paging.ts'
import { type Projection, readProjection } from './project.ts'
import {
  type AttributeRef,
  attributeRef,
  findAttribute,
  findSub,
  leaf,
  type ResourceType,
  sameName,
} from './schema.ts'

export type Sort = {
  /** Of a multi-valued attribute, the primary value counts, else the first (RFC 7644 §3.4.2.3). */
  by: AttributeRef
  descending: boolean
}

export type Search = { filter?: Filter; sort?: Sort; projection: Projection; paging: Paging }

/**
 * The parameters of a query. Those that nobody knows are ignored: the address that is given to
 * Entra ID may carry `?aadOptscim062020`.
 */
export function readQuery(type: ResourceType, query: Readonly<Record<string, unknown>>): Search {
  const { filter, sortBy, sortOrder } = query
  const sort = readSort(type, sortBy, sortOrder)
  return {
    ...(isGiven(filter) ? { filter: readFilter(type, filter) } : {}),
    ...(sort ? { sort } : {}),
    projection: readProjection(type, query),
    paging: readPaging(query),
  }
}

const parameters = [
  'schemas',
  'filter',
  'sortBy',
  'sortOrder',
  'attributes',
  'excludedAttributes',
  'startIndex',
  'count',
  'cursor',
]

/** The body of `POST …/.search`: the same parameters under the name of a message. */
export function readSearch(type: ResourceType, body: JsonObject): Search {
  const query = emptyObject()
  for (const [name, value] of Object.entries(body)) {
    const spelled = parameters.find((one) => sameName(one, name))
    if (spelled) query[spelled] = value
  }
  const schemas = Array.isArray(query.schemas) ? query.schemas : []
  if (!schemas.some((urn) => typeof urn === 'string' && sameName(urn, searchSchema)))
    throw badRequest('invalidSyntax', `"schemas" of a search must name ${searchSchema}.`)
  return readQuery(type, query)
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function readFilter(type: ResourceType, filter: unknown): Filter {
  if (typeof filter !== 'string') throw badRequest('invalidFilter', 'Send one filter, as text.')
  return parseFilter(type, filter)
}

function readSort(type: ResourceType, sortBy: unknown, sortOrder: unknown): Sort | undefined {
  const order = isGiven(sortOrder) ? String(sortOrder).toLowerCase() : 'ascending'
  if (order !== 'ascending' && order !== 'descending')
    throw badRequest(
      'invalidValue',
      `sortOrder is ascending or descending, not ${quote(sortOrder)}.`,
    )
  if (!isGiven(sortBy)) return undefined

  const named = typeof sortBy === 'string' ? findAttribute(type, sortBy) : undefined
  const value = named && !named.sub ? findSub(named.attribute, 'value') : undefined
  const by = named && value ? attributeRef(named.extension, named.attribute, value) : named
  if (!by || leaf(by).type === 'complex' || leaf(by).returned === 'never')
    throw badRequest('invalidValue', `${type.name} cannot be sorted by ${quote(sortBy)}.`)
  return { by, descending: order === 'descending' }
}

export type Page = {
  /** The JSON of each. */
  resources: readonly string[]
  totalResults: number
  paging: Paging
  /** RFC 9865 §2: on every page but the last. */
  nextCursor?: string
}

export type WrittenList = {
  bytes: Buffer
  /** A list of only its first resources, which is JSON as well: what a log keeps of it. */
  beginning: string
  /** Of the whole text, in characters. */
  length: number
}

const beginsWith = 4_000
/** Of one character, in bytes. */
const widest = 4

/**
 * RFC 7644 §3.4.2: `Resources` is there even when it is empty, for Entra ID looks for it. Written as
 * bytes piece by piece: a text of this size would cost more on its way to the socket than all else.
 */
export function listResponse({ resources, totalResults, paging, nextCursor }: Page): WrittenList {
  const head = {
    schemas: [listSchema],
    totalResults,
    itemsPerPage: resources.length,
    ...(paging.kind === 'index' ? { startIndex: paging.startIndex } : {}),
    ...(nextCursor === undefined ? {} : { nextCursor }),
  }
  const opening = `${JSON.stringify(head).slice(0, -1)},"Resources":[`
  let length = opening.length
  const first = resources.filter((resource) => {
    const isFirst = length < beginsWith
    length += resource.length
    return isFirst
  })
  return {
    bytes: bytesOf([opening, ...resources.flatMap((one, at) => (at > 0 ? [',', one] : one)), ']}']),
    beginning: `${opening}${first.join(',')}]}`,
    length: length + Math.max(resources.length - 1, 0) + ']}'.length,
  }
}

/** Nearly every answer is ASCII, and is then as long as its text: to count bytes first costs as much as to write them. */
function bytesOf(texts: readonly string[]): Buffer {
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  const ascii = written(texts, characters)
  if (ascii.length === characters) return ascii
  return written(
    texts,
    texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  )
}

/** Into a buffer a little larger than `length`, so that what does not fit is seen to be longer. */
function written(texts: readonly string[], length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length + widest)
  let at = 0
  for (const text of texts) at += bytes.write(text, at)
  // What was never written may hold anything.
  return bytes.subarray(0, at)
}
