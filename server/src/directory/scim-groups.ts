import { newId } from '../lib/ids.ts'
import type { Happening } from '../model/event.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { ResourcePage, ResourceQuery, SentGroup } from '../model/scim.ts'
import {
  events,
  groups,
  organisations,
  scimConnection,
  scimGroups,
  together,
} from '../store/index.ts'
import { lockForScim } from './scim-people.ts'
import { stayAway } from './tombstones.ts'
import { notFound, provenance, type Read, type Write } from './write.ts'

export type ScimGroup = scimGroups.ScimGroup
export type ScimMember = scimGroups.Member

/** What changes of a group's members; `replaceWith` are members then, and nobody else. */
export type MembersChange = { add: string[]; remove: string[] } | { replaceWith: string[] }
export type GroupPatch = {
  displayName?: string | undefined
  externalId?: string | null | undefined
  members?: MembersChange | undefined
}

/**
 * The identity provider makes a group (SC-34, SC-35). One of this name that a manager made is taken
 * over only when a manager ticked it for that.
 * @param id of one that is new.
 */
export async function createScimGroup(
  write: Write,
  sent: SentGroup,
  id = newId(),
): Promise<ScimGroup> {
  const { db, actor, now } = write
  const organisation = await lockForScim(write)
  const known = await scimGroups.findByName(db, organisation.id, sent.displayName)
  if (known && (known.managedBy === 'scim' || !known.adoptable)) throw nameTaken(sent.displayName)
  if (known) {
    const adopted = await adopt(write, { ...known, externalId: sent.externalId })
    if (!sent.members) return adopted
    const change = { replaceWith: sent.members }
    const named = await resolveMembers(write, change)
    return (await setMembers(write, organisation, adopted, change, named)) ?? adopted
  }
  const group = {
    id,
    displayName: sent.displayName,
    externalId: sent.externalId,
    createdAt: now,
  }
  await scimGroups.insert(db, organisation.id, group)
  await events.append(db, actor, now, [
    {
      name: 'group.created',
      subject: subjectOf(group),
      after: { name: group.displayName, externalId: group.externalId },
      source: 'scim',
    },
  ])
  const made: ScimGroup = {
    ...group,
    managedBy: 'scim',
    adoptable: false,
    isDefault: false,
    updatedAt: now,
    version: 1,
  }
  if (!sent.members || sent.members.length === 0) return made
  const change = { add: sent.members, remove: [] }
  const named = await resolveMembers(write, change)
  return (await setMembers(write, organisation, made, change, named, 'silently')) ?? made
}

async function adopt(write: Write, group: ScimGroup): Promise<ScimGroup> {
  const { db, actor, now } = write
  const adopted: ScimGroup = { ...group, managedBy: 'scim', adoptable: false }
  await events.append(db, actor, now, [
    {
      name: 'group.adopted',
      subject: subjectOf(group),
      before: { managedBy: group.managedBy },
      after: { managedBy: 'scim', externalId: group.externalId },
      source: 'scim',
    },
  ])
  return scimGroups.change(db, actor.organisationId, adopted, now)
}

function subjectOf({ id, displayName }: Pick<ScimGroup, 'id' | 'displayName'>) {
  return { kind: 'group', id, label: displayName }
}

function nameTaken(name: string): Refused {
  return new Refused({
    code: 'group.name_exists',
    detail: `There is a group ${JSON.stringify(name.slice(0, 100))} already. A manager can tick it for adoption.`,
    errors: [{ pointer: '/displayName', code: 'group.name_exists' }],
  })
}

/** A group that a SCIM client may see; the Default group is not part of SCIM (SC-35). */
export async function scimGroup({ db, actor }: Read, id: string): Promise<ScimGroup> {
  return visible(await scimGroups.find(db, actor.organisationId, id))
}

function visible(group: ScimGroup | undefined): ScimGroup {
  if (!group || group.isDefault || (group.managedBy !== 'scim' && !group.adoptable))
    throw notFound('group')
  return group
}

export async function listScimGroups(
  { db, actor }: Read,
  query: ResourceQuery,
): Promise<ResourcePage<ScimGroup>> {
  return scimGroups.list(db, actor.organisationId, query)
}

/** A group that a manager ticked for adoption, found by its exact name. */
export async function adoptableGroup(
  { db, actor }: Read,
  displayName: string,
): Promise<ScimGroup | undefined> {
  const group = await scimGroups.findByName(db, actor.organisationId, displayName)
  return group?.adoptable && group.managedBy !== 'scim' ? group : undefined
}

export async function scimMembers({ db, actor }: Read, groupIds: string[]) {
  return scimGroups.members(db, actor.organisationId, groupIds)
}

/** Whether this change rests on nothing that others change beside it: people come, or go, by name. */
export function isOfMembersAlone({ displayName, externalId, members }: GroupPatch): boolean {
  return (
    displayName === undefined &&
    externalId === undefined &&
    members !== undefined &&
    !('replaceWith' in members)
  )
}

/**
 * Changes a group as the identity provider says, without reading who is in it (SC-37, SC-38).
 * `check` sees the group before anything is changed; what it throws changes nothing. Is the change
 * `held`, nobody else changes the group between this look and the end.
 */
export async function changeScimGroup(
  write: Write,
  id: string,
  { displayName, externalId, members }: GroupPatch,
  held: boolean,
  check: (current: ScimGroup) => void,
): Promise<ScimGroup> {
  const { db, actor, now } = write
  const holdGroup = async () => visible(await scimGroups.lock(db, actor.organisationId, id))
  const [organisation, seen, wantedMembers] = await together(
    lockForScim(write),
    held ? holdGroup() : scimGroup(write, id),
    members && resolveMembers(write, members),
  )
  const found = held || seen.managedBy === 'scim' ? seen : await holdGroup()
  check(found)
  let group = found.managedBy === 'scim' ? found : await adopt(write, found)
  const wanted = {
    displayName: displayName ?? group.displayName,
    externalId: externalId === undefined ? group.externalId : externalId,
  }
  if (wanted.displayName !== group.displayName || wanted.externalId !== group.externalId) {
    const other = await scimGroups.findByName(db, actor.organisationId, wanted.displayName)
    if (other && other.id !== id) throw nameTaken(wanted.displayName)
    await events.append(db, actor, now, [
      {
        name: 'group.changed',
        subject: subjectOf(group),
        before: { name: group.displayName, externalId: group.externalId },
        after: { name: wanted.displayName, externalId: wanted.externalId },
        source: 'scim',
      },
    ])
    group = await scimGroups.change(db, actor.organisationId, { ...group, ...wanted }, now)
  }
  if (!members || !wantedMembers) return group
  return (await setMembers(write, organisation, group, members, wantedMembers)) ?? group
}

type NamedMembers = Awaited<ReturnType<typeof scimGroups.resolve>>

/** Whom a change names as members. */
async function resolveMembers({ db, actor }: Write, change: MembersChange): Promise<NamedMembers> {
  const wanted = [...new Set('replaceWith' in change ? change.replaceWith : change.add)]
  return scimGroups.resolve(db, actor.organisationId, wanted)
}

/** @returns the group as it is then; undefined when all were so already. */
async function setMembers(
  write: Write,
  organisation: Organisation,
  group: ScimGroup,
  change: MembersChange,
  { people, groups, unknown }: NamedMembers,
  how: 'noted' | 'silently' = 'noted',
): Promise<ScimGroup | undefined> {
  const { db, actor, now } = write
  const { organisationId } = actor
  const hidden = people.filter(({ managed_by }) => managed_by !== 'scim')
  const isHidden =
    hidden.length > 0 && !(await scimConnection.settings(db, organisationId)).provisionExistingUsers
  const stranger = unknown[0] ?? (isHidden ? hidden[0]?.id : undefined)
  if (stranger !== undefined) throw unknownMember(stranger)

  const leaving =
    'replaceWith' in change
      ? await scimGroups.others(db, organisationId, group.id, change.replaceWith)
      : { people: change.remove, groups: change.remove }
  const noted = how === 'noted'
  const moving = { add: people.map(({ id }) => id), remove: leaving.people, noted }
  const why = provenance(write, 'scim')
  const { joined, left, touched } = await scimGroups.move(db, organisationId, group.id, moving, why)
  const nested = await nest(write, organisation, group, groups)
  const isEveryoneGone = leaving.groups === leaving.people && left.length === leaving.people.length
  const unnested = isEveryoneGone
    ? []
    : await scimGroups.removeChildren(db, organisationId, group.id, leaving.groups)
  if ('replaceWith' in change) await scimGroups.noteSet(db, organisationId, group.id)
  else if (!isEveryoneGone) {
    const away = await stayAway(write, group.id, change.remove)
    const gone = away.map(({ id, label }) => moved('group.member_removed', group, id, label))
    await events.append(db, actor, now, gone)
  }
  if (joined.length + left.length + nested.length + unnested.length === 0) return undefined

  const labels = new Map([...people, ...groups].map(({ id, label }) => [id, label]))
  await events.append(db, actor, now, [
    ...joined.map((id) => moved('group.member_added', group, id, labels.get(id))),
    ...left.map((id) => moved('group.member_removed', group, id, undefined)),
    ...nested.map((id) => moved('group.nested', group, id, labels.get(id))),
    ...unnested.map((id) => moved('group.unnested', group, id, undefined)),
  ])
  if (!noted) return group
  const changed = touched ?? (await scimGroups.touch(db, organisationId, group.id, now))
  if (!changed) throw notFound('group')
  return changed
}

function moved(
  name: 'group.member_added' | 'group.member_removed' | 'group.nested' | 'group.unnested',
  group: ScimGroup,
  id: string,
  label: string | undefined,
): Happening {
  const kind = name.startsWith('group.member') ? 'user' : 'group'
  const told = { group: group.displayName, groupId: group.id }
  const isIn = name === 'group.member_added' || name === 'group.nested'
  return {
    name,
    subject: { kind, id, ...(label !== undefined && { label }) },
    ...(isIn ? { after: told } : { before: told }),
    source: 'scim',
  }
}

function unknownMember(id: string): Refused {
  return new Refused({
    code: 'request.invalid',
    detail: `${JSON.stringify(id.slice(0, 100))} is nobody here: send people and groups before the groups that they are in.`,
    errors: [{ pointer: '/members', code: 'member' }],
  })
}

/** SC-39: groups in groups, never in a circle. */
async function nest(
  write: Write,
  organisation: Organisation,
  group: ScimGroup,
  children: { id: string }[],
): Promise<string[]> {
  const { db, actor } = write
  if (children.length === 0) return []
  // Two edges made at the same moment could close a circle that neither sees.
  await organisations.standInLine(db, organisation)
  const nested: string[] = []
  for (const { id } of children) {
    const closes =
      id === group.id || (await scimGroups.isInside(db, actor.organisationId, group.id, id))
    if (closes) {
      throw new Refused({
        code: 'request.invalid',
        detail: `The group ${id} cannot be a member: this group is in it already.`,
        errors: [{ pointer: '/members', code: 'cycle' }],
      })
    }
    const why = provenance(write, 'scim')
    if (await scimGroups.addChild(db, actor.organisationId, group.id, id, why)) nested.push(id)
  }
  return nested
}

/** Takes away what this group gave, and nothing else (RB-14). */
export async function removeScimGroup(
  write: Write,
  id: string,
  decide: (current: ScimGroup) => void,
): Promise<void> {
  const { db, actor, now } = write
  await lockForScim(write)
  const group = visible(await scimGroups.lock(db, actor.organisationId, id))
  decide(group)
  await groups.remove(db, actor.organisationId, id, now)
  await events.append(db, actor, now, [
    {
      name: 'group.deleted',
      subject: subjectOf(group),
      before: { name: group.displayName, externalId: group.externalId },
      source: 'scim',
    },
  ])
}
