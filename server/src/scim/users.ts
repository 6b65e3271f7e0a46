import {
  adoptablePeople,
  changeByScim,
  listScimPeople,
  ownScimPerson,
  type Place,
  type Read,
  removeByScim,
  type ScimPerson,
  type ShownPerson,
  scimPerson,
  shownOf,
} from '../directory/index.ts'
import type { SentPerson } from '../model/scim.ts'
import {
  applyPatch,
  type Filter,
  isUnchanged,
  type JsonObject,
  matches,
  parsePatch,
  project,
  readProjection,
  readResource,
  requireMatch,
  type Search,
  sameJson,
} from './core/index.ts'
import { type Answer, answerList, type Call, type Listing, searchOf, userTypeOf } from './door.ts'
import { personEtag, personWriter, readPerson, renderPerson } from './person.ts'

/** SC-11, SC-12, SC-16 to SC-19. */
export async function createUser(call: Call): Promise<Answer> {
  const type = userTypeOf(call)
  const projection = readProjection(type, call.query)
  const { resource, notes } = readResource(type, call.body())
  call.notes.push(...notes)
  note(call, { id: null, userName: resource.userName })
  const sent = readPerson(resource, call.settings)
  const person = await call.join({
    actor: call.actor,
    organisation: call.organisation,
    person: sent,
  })
  return show(call, person, 201, projection)
}

export function getUser(call: Call, id: string): Promise<Answer> {
  return tell(call, (read) => scimPerson(read, id))
}

/** RFC 7644 §3.11: the person themselves, who is found at their own address for good. */
export function getMe(call: Call): Promise<Answer> {
  return tell(call, ownScimPerson)
}

async function tell(call: Call, find: (read: Read) => Promise<ShownPerson>): Promise<Answer> {
  const projection = readProjection(userTypeOf(call), call.query)
  const person = await call.directory.view(call.actor, find)
  if (isUnchanged(call.ifNoneMatch, personEtag(person))) {
    about(call, person)
    return { status: 304, etag: personEtag(person) }
  }
  about(call, person)
  return {
    status: 200,
    text: personWriter(projection, call.baseUrl)(person),
    etag: personEtag(person),
    location: locationOf(call, person),
  }
}

/** RFC 7644 §3.5.1: what is not said any more is unassigned. */
export async function replaceUser(call: Call, id: string): Promise<Answer> {
  const type = userTypeOf(call)
  const projection = readProjection(type, call.query)
  const { resource, notes } = readResource(type, call.body())
  call.notes.push(...notes)
  note(call, { id, userName: resource.userName })
  const person = await call.directory.changeBeside(call.actor, placeOf(call, id), (write) =>
    changeByScim(write, id, (before) => {
      about(call, before)
      requireMatch(call.ifMatch, personEtag(before))
      const sent = withRoles(call, readPerson(resource, { ...call.settings, before }))
      const isKnown = before.user.managedBy === 'scim' && before.attributes !== undefined
      return isKnown && isSaidAlready(call, before, sent) ? undefined : sent
    }),
  )
  return show(call, person, 200, projection)
}

/** People are changed beside each other, and each by one at a time. */
function placeOf({ actor }: Call, id: string): Place {
  return { line: `${actor.organisationId} people`, subject: id }
}

/** The resource is whole here: roles that are not in it are taken away, but for that of everybody. */
function withRoles({ settings }: Call, { roles, ...sent }: SentPerson): SentPerson {
  if (!settings.syncRoles) return { ...sent, roles: undefined }
  return { ...sent, roles: roles && roles.length > 0 ? roles : ['ROLE_USER'] }
}

function isSaidAlready(
  call: Call,
  before: ScimPerson,
  { active, roles, ...sent }: SentPerson,
): boolean {
  const known = readPerson(renderPerson(before, call.baseUrl), { ...call.settings, before })
  const { active: _a, roles: _r, ...rest } = known
  const isActive = before.user.status !== 'deactivated'
  return (
    (active === undefined || active === isActive) &&
    (roles === undefined || sameJson(roles.toSorted(), before.roles.toSorted())) &&
    sameJson(sent as unknown as JsonObject, rest as unknown as JsonObject)
  )
}

/** RFC 7644 §3.5.2: all operations or none. */
export async function patchUser(call: Call, id: string): Promise<Answer> {
  const type = userTypeOf(call)
  const projection = readProjection(type, call.query)
  note(call, { id, userName: undefined })
  const { operations, notes } = parsePatch({ type, id }, call.body())
  call.notes.push(...notes)
  const person = await call.directory.changeBeside(call.actor, placeOf(call, id), (write) =>
    changeByScim(write, id, (before) => {
      about(call, before)
      requireMatch(call.ifMatch, personEtag(before))
      const { resource, changed } = applyPatch(type, renderPerson(before, call.baseUrl), operations)
      // SC-18: the first write adopts, also when it says what is so already.
      if (!changed && before.user.managedBy === 'scim') return undefined
      const sent = withRoles(call, readPerson(resource, { ...call.settings, before }))
      return { ...sent, activeAssigned: resource.active !== undefined }
    }),
  )
  return show(call, person, 200, projection)
}

export async function deleteUser(call: Call, id: string): Promise<Answer> {
  note(call, { id, userName: undefined })
  await call.directory.change(call.actor, (write) =>
    removeByScim(write, id, (before) => {
      about(call, before)
      requireMatch(call.ifMatch, personEtag(before))
    }),
  )
  return { status: 204 }
}

export function listUsers(call: Call, how: 'query' | 'body'): Promise<Answer> {
  const type = userTypeOf(call)
  const search = searchOf(call, type, how)
  return answerList(call, type, search, usersOf(call, search))
}

export function usersOf(call: Call, { filter, sort, projection }: Search): Listing<ShownPerson> {
  const { baseUrl, directory, actor } = call
  const [asked] = filter ? keysIn(filter).userNames : []
  if (asked !== undefined) note(call, { id: null, userName: asked })
  return {
    async read(place) {
      const query = { filter, sort, baseUrl, ...place }
      const page = await directory.view(actor, (read) => listScimPeople(read, query))
      if (page.total > 0 || !filter || !('skip' in place.from)) return page
      const found = await adoptable(call, filter)
      const { skip } = place.from
      return { items: found.slice(skip, skip + place.count), total: found.length }
    },
    async write(people) {
      if (people.length === 1 && people[0] && filter) about(call, people[0])
      return people.map(personWriter(projection, baseUrl))
    },
  }
}

/** SC-18: somebody who is here by another way is found by an exact look-up, and by that alone. */
async function adoptable(call: Call, filter: Filter): Promise<ShownPerson[]> {
  const keys = keysIn(filter)
  if (Object.values(keys).every((some) => some.length === 0)) return []
  const found = await call.directory.view(call.actor, (read) => adoptablePeople(read, keys))
  return found.filter((person) => matches(filter, renderPerson(person, call.baseUrl))).map(shownOf)
}

type Keys = { ids: string[]; userNames: string[]; emails: string[]; externalIds: string[] }

/** What a filter says about who is meant, where it leaves no choice. */
function keysIn(filter: Filter): Keys {
  const keys: Keys = { ids: [], userNames: [], emails: [], externalIds: [] }
  for (const term of filter.kind === 'and' ? filter.terms : [filter]) collect(term, keys)
  return keys
}

function collect(term: Filter, keys: Keys): void {
  if (term.kind === 'value' && term.attribute.path === 'emails') {
    for (const inner of term.where.kind === 'and' ? term.where.terms : [term.where])
      collect(inner, keys)
  }
  if (term.kind !== 'compare' || term.operator !== 'eq' || typeof term.value !== 'string') return
  const { path } = term.attribute
  if (path === 'id') keys.ids.push(term.value)
  if (path === 'userName') keys.userNames.push(term.value)
  if (path === 'emails.value') keys.emails.push(term.value)
  if (path === 'externalId') keys.externalIds.push(term.value)
}

function show(
  call: Call,
  person: ScimPerson,
  status: number,
  projection: ReturnType<typeof readProjection>,
): Answer {
  about(call, person)
  return {
    status,
    body: () => project(projection, renderPerson(person, call.baseUrl)),
    etag: personEtag(person),
    location: locationOf(call, person),
  }
}

function locationOf({ baseUrl }: Call, { user }: Pick<ShownPerson, 'user'>): string {
  return `${baseUrl}/Users/${user.id}`
}

function about(call: Call, { user }: Pick<ShownPerson, 'user'>): void {
  call.subject = { kind: 'user', id: user.id, label: user.userName ?? user.email }
}

/** What is known of the person before they are found. */
function note(call: Call, { id, userName }: { id: string | null; userName: unknown }): void {
  call.subject = { kind: 'user', id, label: typeof userName === 'string' ? userName : null }
}
