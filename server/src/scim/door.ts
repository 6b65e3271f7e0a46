import type { Directory, ScimPerson } from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import type { ResourcePosition, SentPerson } from '../model/scim.ts'
import {
  type JsonObject,
  listResponse,
  type Paging,
  pageLimits,
  printFilter,
  type ResourceType,
  readCursor,
  readQuery,
  readSearch,
  type Search,
  userResource,
  type WrittenList,
  writeCursor,
} from './core/index.ts'
import type { ProvisioningLog } from './log.ts'
import type { Fault } from './refusals.ts'
import type { Walks } from './walks.ts'

/** The settings of the connection, as far as the door asks. */
export type Settings = {
  syncGroups: boolean
  syncRoles: boolean
  provisionExistingUsers: boolean
  dialect: string | null
  version: number
}
export type Credential = {
  kind: 'token' | 'client' | 'personal_key'
  id: string
  label: string
  lastUsedAt: number | null
}
export type Caller = {
  actor: Actor
  organisation: Organisation
  settings: Settings
  credential: Credential
}
export type Stranger = { refused: 'missing' | 'unknown' | 'expired'; credential?: Credential }

export type ScimDoor = {
  directory: Directory
  clock: Clock
  baseUrl: string
  log: ProvisioningLog
  walks: Walks
  /** Signs cursors. */
  cursorKey: Uint8Array
  callerOf(...shown: Shown): Promise<Caller | Stranger>
  /** Who called by the same credential before, which proves nothing about this call. */
  expectedCaller(...shown: Shown): Caller | undefined
}
type Shown = [
  organisationId: string,
  authorization: string | undefined,
  from: { ip: string; requestId: string },
]

export type Subject = { kind: 'user' | 'group'; id: string | null; label: string | null }

/** One call of an identity provider on its way through the door. */
export type Call = Caller & {
  directory: Directory
  clock: Clock
  cursorKey: Uint8Array
  walks: Walks
  join(arrival: {
    actor: Actor
    organisation: Organisation
    person: SentPerson
  }): Promise<ScimPerson>
  /** Of the organisation's endpoint. */
  baseUrl: string
  method: string
  query: Readonly<Record<string, unknown>>
  ifMatch: string | undefined
  ifNoneMatch: string | undefined
  /** Whether it is a copy of the directory that answers and is changed (BY-3). */
  rehearses: boolean
  /** The parsed body; throws what is wrong with it. */
  body(): JsonObject
  /** For the provisioning log: what was ignored, and whom it was about. */
  notes: string[]
  subject: Subject | undefined
}

/** An operation of a bulk request that was carried out or refused, for the log. */
export type OperationDone = (call: Call, path: string, fault: Fault | undefined) => void

export type Answer = {
  status: number
  /** Made when it is asked for: an operation of a bulk request is answered without. */
  body?: () => JsonObject
  /** The body of an answer that is written as JSON already. */
  text?: string
  list?: WrittenList
  etag?: string
  location?: string
}

/** What cannot be an id is nobody's, and no question for the database. */
export function requireId(id: string): void {
  if (!isId(id)) refuse('resource.not_found', 'There is nothing with this id.')
}

export function userTypeOf({ settings }: Pick<Call, 'settings'>): ResourceType {
  return userResource(settings)
}

/** The parameters of a list, from the query or from the body of `POST …/.search`. */
export function searchOf(call: Call, type: ResourceType, how: 'query' | 'body'): Search {
  return how === 'query' ? readQuery(type, call.query) : readSearch(type, call.body())
}

type Page<Resource> = { items: Resource[]; total: number; next?: ResourcePosition }

export type Listing<Resource> = {
  /** The resources from a place on. */
  read(place: {
    from: { skip: number } | { after: ResourcePosition }
    count: number
  }): Promise<Page<Resource>>
  /** The JSON of what is shown of them. */
  write(items: Resource[]): Promise<string[]>
}

/** One page of a list, by index or by cursor. */
export async function answerList<Resource>(
  call: Call,
  type: ResourceType,
  { filter, sort, paging }: Search,
  { read, write }: Listing<Resource>,
): Promise<Answer> {
  const { organisation, credential, clock, walks } = call
  const order = sort ? `${sort.by.path} ${sort.descending}` : ''
  const query = JSON.stringify([
    organisation.id,
    type.name,
    filter ? printFilter(filter) : '',
    order,
  ])
  const walk = { organisationId: organisation.id, key: `${credential.id} ${query}` }
  const context = { key: call.cursorKey, query, now: clock.now() }

  async function byIndex({ startIndex, count }: Extract<Paging, { kind: 'index' }>) {
    const mark = startIndex > 1 ? await walks.find(walk, startIndex) : undefined
    const from = mark ? { after: mark.position } : { skip: startIndex - 1 }
    const page = await read({ from, count })
    const total = Math.max(page.total, mark?.total ?? 0)
    const end = startIndex + page.items.length
    // Whoever got less than they asked for knows that it ends here, as after most look-ups.
    const mayGoOn = startIndex > 1 || page.items.length === count
    const marked = page.next
      ? walks.remember(walk, end, { position: page.next, total })
      : mayGoOn && walks.forget(walk, end)
    return { ...page, total, next: undefined, marked }
  }

  async function byCursor({ cursor, count }: Extract<Paging, { kind: 'cursor' }>) {
    const [id, value] = cursor === undefined ? [] : readCursor(cursor, context)
    const from = typeof id === 'string' ? { after: { id, value: value ?? null } } : { skip: 0 }
    const page = await read({ from, count })
    const expiresAt = clock.now() + pageLimits.cursorSeconds * 1000
    const next = page.next && writeCursor([page.next.id, page.next.value], expiresAt, context)
    return { ...page, next, marked: false }
  }

  const page = paging.kind === 'index' ? await byIndex(paging) : await byCursor(paging)
  const [resources] = await Promise.all([write(page.items), page.marked])
  const list = listResponse({
    resources,
    totalResults: page.total,
    paging,
    ...(page.next !== undefined && { nextCursor: page.next }),
  })
  return { status: 200, list }
}
