import {
  adoptableGroup,
  changeScimGroup,
  createScimGroup,
  type GroupPatch,
  isOfMembersAlone,
  listScimGroups,
  removeScimGroup,
  type ScimGroup,
  type ScimMember,
  scimGroup,
  scimMembers,
  type Write,
} from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import {
  type Filter,
  groupResource,
  isUnchanged,
  type JsonObject,
  matches,
  type Projection,
  parsePatch,
  project,
  readGroupChange,
  readProjection,
  readResource,
  requireMatch,
  type Search,
  shows,
} from './core/index.ts'
import { type Answer, answerList, type Call, type Listing, searchOf } from './door.ts'
import { groupEtag, readGroup, readGroupPatch, renderGroup } from './group.ts'

const type = groupResource

/** SC-34: reads are answered, so that the connection can be looked at before it is switched on. */
function requireSync({ settings }: Call): void {
  if (settings.syncGroups) return
  refuse(
    'scim.group_sync_off',
    'Sync groups is off. A manager switches it on under Identity Configuration.',
  )
}

export async function createGroup(call: Call): Promise<Answer> {
  requireSync(call)
  const projection = readProjection(type, call.query)
  const { resource, notes } = readResource(type, call.body())
  call.notes.push(...notes)
  const sent = readGroup(resource)
  call.subject = { kind: 'group', id: null, label: sent.displayName }
  const group = await call.directory.change(call.actor, (write) => createScimGroup(write, sent))
  return show(call, group, 201, projection)
}

export async function getGroup(call: Call, id: string): Promise<Answer> {
  const projection = readProjection(type, call.query)
  const group = await call.directory.view(call.actor, (read) => scimGroup(read, id))
  if (isUnchanged(call.ifNoneMatch, groupEtag(group))) {
    about(call, group)
    return { status: 304, etag: groupEtag(group) }
  }
  return show(call, group, 200, projection)
}

/** RFC 7644 §3.5.1: exactly the members given, nobody when none is said. */
export async function replaceGroup(call: Call, id: string): Promise<Answer> {
  requireSync(call)
  const projection = readProjection(type, call.query)
  const { resource, notes } = readResource(type, call.body())
  call.notes.push(...notes)
  const { displayName, externalId, members = [] } = readGroup(resource)
  const patch = { displayName, externalId, members: { replaceWith: members } }
  const group = await change(call, id, patch)
  return show(call, group, 200, projection)
}

/** Who comes and who goes is told beside others who do; anything else holds the group alone. */
function change(call: Call, id: string, patch: GroupPatch): Promise<ScimGroup> {
  const { actor, directory, ifMatch } = call
  const held = ifMatch !== undefined || !isOfMembersAlone(patch)
  const work = (write: Write) =>
    changeScimGroup(write, id, patch, held, (before) => {
      about(call, before)
      requireMatch(ifMatch, groupEtag(before))
    })
  if (held) return directory.change(actor, work)
  return directory.changeBeside(actor, { line: `${actor.organisationId} ${id}` }, work)
}

/** SC-37, SC-38: 204, and the members that are not named are not even read. */
export async function patchGroup(call: Call, id: string): Promise<Answer> {
  requireSync(call)
  const projection = readProjection(type, call.query)
  call.subject = { kind: 'group', id, label: null }
  const { operations, notes } = parsePatch({ type, id }, call.body())
  call.notes.push(...notes)
  const patch = readGroupPatch(readGroupChange(operations))
  const group = await change(call, id, patch)
  // RFC 7644 §3.5.2: the resource is owed only to who asks for attributes.
  if (projection.only || projection.except) return show(call, group, 200, projection)
  return { status: 204, etag: groupEtag(group) }
}

export async function deleteGroup(call: Call, id: string): Promise<Answer> {
  requireSync(call)
  await call.directory.change(call.actor, (write) =>
    removeScimGroup(write, id, (before) => {
      about(call, before)
      requireMatch(call.ifMatch, groupEtag(before))
    }),
  )
  return { status: 204 }
}

export function listGroups(call: Call, how: 'query' | 'body'): Promise<Answer> {
  const search = searchOf(call, type, how)
  return answerList(call, type, search, groupsOf(call, search))
}

export function groupsOf(call: Call, { filter, sort, projection }: Search): Listing<ScimGroup> {
  const { baseUrl, directory, actor } = call
  return {
    async read(place) {
      const query = { filter, sort, baseUrl, ...place }
      const page = await directory.view(actor, (read) => listScimGroups(read, query))
      const isFirst = 'skip' in place.from && place.from.skip === 0
      if (page.total > 0 || !filter || !isFirst) return page
      const found = await adoptable(call, filter)
      return { items: found.slice(0, place.count), total: found.length }
    },
    async write(groups) {
      const members = await membersOf(call, groups, projection)
      return groups.map((group) => JSON.stringify(render(group, members, projection, baseUrl)))
    },
  }
}

/** SC-35: a group that was ticked for adoption is found by its exact name. */
async function adoptable(call: Call, filter: Filter): Promise<ScimGroup[]> {
  const names = (filter.kind === 'and' ? filter.terms : [filter]).flatMap((term) =>
    term.kind === 'compare' && term.operator === 'eq' && term.attribute.path === 'displayName'
      ? [String(term.value)]
      : [],
  )
  const [name] = names
  if (name === undefined) return []
  const group = await call.directory.view(call.actor, (read) => adoptableGroup(read, name))
  return group && matches(filter, renderGroup(group, undefined, call.baseUrl)) ? [group] : []
}

async function membersOf(
  { directory, actor }: Call,
  groups: ScimGroup[],
  projection: Projection,
): Promise<Map<string, ScimMember[]> | undefined> {
  if (groups.length === 0 || !shows(projection, 'members')) return undefined
  const ids = groups.map(({ id }) => id)
  return directory.view(actor, (read) => scimMembers(read, ids))
}

/** `members` is there even when nobody is: without it, authentik leaves the group as empty as it is. */
function render(
  group: ScimGroup,
  members: Map<string, ScimMember[]> | undefined,
  projection: Projection,
  baseUrl: string,
): JsonObject {
  const shown = project(projection, renderGroup(group, members?.get(group.id), baseUrl))
  if (members) shown.members ??= []
  return shown
}

async function show(
  call: Call,
  group: ScimGroup,
  status: number,
  projection: Projection,
): Promise<Answer> {
  about(call, group)
  const members = await membersOf(call, [group], projection)
  return {
    status,
    body: () => render(group, members, projection, call.baseUrl),
    etag: groupEtag(group),
    location: `${call.baseUrl}/Groups/${group.id}`,
  }
}

function about(call: Call, { id, displayName }: ScimGroup): void {
  call.subject = { kind: 'group', id, label: displayName }
}
