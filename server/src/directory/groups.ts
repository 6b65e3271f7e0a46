import { newId } from '../lib/ids.ts'
import type { Happening } from '../model/event.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import { decideGroupChange, type GroupChange, managerOf } from '../policy/index.ts'
import { access, events, groups, organisations, people, scimGroups, users } from '../store/index.ts'
import { lockUser, membersOf, subjectOf } from './people.ts'
import {
  allow,
  expectVersion,
  lockOrganisation,
  notFound,
  provenance,
  type Read,
  type Write,
} from './write.ts'

export type NameSearch = { search: string | undefined; page: number; size: number }

export async function listGroups({ db, actor }: Read, search: NameSearch) {
  allow(actor, 'access.read')
  const [found, organisation] = await Promise.all([
    groups.list(db, actor.organisationId, search),
    organisations.find(db, actor.organisationId),
  ])
  if (!organisation) throw notFound('organisation')
  const items = found.items.map((one) => ({ ...one, managedBy: managerOf(organisation, one) }))
  return { ...found, items }
}

/** One group with the groups around it, and why its members cannot be changed here, if so. */
export async function groupDetails({ db, actor }: Read, id: string) {
  allow(actor, 'access.read')
  const [group, inside, around, organisation] = await Promise.all([
    groups.find(db, actor.organisationId, id),
    groups.related(db, actor.organisationId, id, 'inside'),
    groups.related(db, actor.organisationId, id, 'around'),
    organisations.find(db, actor.organisationId),
  ])
  if (!group || !organisation) throw notFound('group')
  const because = (change: GroupChange) =>
    decideGroupChange(group, organisation.source, change)?.detail ?? null
  return {
    group: { ...group, managedBy: managerOf(organisation, group) },
    inside,
    around,
    locked: { members: because('members'), name: because('name'), delete: because('delete') },
  }
}

/** @throws group.name_exists when a group has this name in any letter case (RB-14). */
export async function createGroup(write: Write, name: string): Promise<{ id: string }> {
  allow(write.actor, 'access.write')
  await lockOrganisation(write, 'alone')
  return { id: await make(write, name, {}) }
}

async function make(write: Write, name: string, told: object): Promise<string> {
  const { db, actor, now } = write
  const id = newId()
  const made = { id, name, isDefault: false, createdAt: now }
  if (!(await access.insertNamed(db, 'groups', actor.organisationId, made))) {
    throw new Refused(nameTaken('group', name))
  }
  await events.append(db, actor, now, [
    { name: 'group.created', subject: groupSubject({ id, name }), after: { name, ...told } },
  ])
  return id
}

/** As a declared file says it: a group of this name that is there already stays as it is. */
export async function ensureGroup(
  write: Write,
  name: string,
): Promise<{ id: string; made: boolean }> {
  const { db, actor } = write
  allow(actor, 'access.write')
  await lockOrganisation(write, 'alone')
  const known = await access.findByName(db, 'groups', actor.organisationId, name)
  if (known) return { id: known.id, made: false }
  return { id: await make(write, name, {}), made: true }
}

export async function renameGroup(
  write: Write,
  id: string,
  { name, ifVersion }: { name: string; ifVersion: number | undefined },
): Promise<void> {
  const { db, actor, now } = write
  const group = await lockGroup(write, id, 'name')
  expectVersion(group.version, ifVersion)
  if (group.name === name) return
  const other = await access.findByName(db, 'groups', actor.organisationId, name)
  if (other && other.id !== id) throw new Refused(nameTaken('group', name))
  await access.changeNamed(db, 'groups', actor.organisationId, id, { name, at: now })
  await events.append(db, actor, now, [
    {
      name: 'group.changed',
      subject: groupSubject({ id, name }),
      before: { name: group.name },
      after: { name },
    },
  ])
}

/** A copy with its people is for groups that one reads; more are moved by nesting. */
const copiedAtMost = 1_000

/** A new group that gives what this one gives, and on request to the same people (RB-14). */
export async function duplicateGroup(
  write: Write,
  id: string,
  wanted: { name: string; members: boolean },
): Promise<{ id: string }> {
  const { db, actor } = write
  allow(actor, 'access.write')
  await lockOrganisation(write, 'alone')
  const { organisationId } = actor
  const group = await access.findNamed(db, 'groups', organisationId, id)
  if (!group) throw notFound('group')
  const memberIds = wanted.members
    ? await groups.memberIds(db, organisationId, id, copiedAtMost + 1)
    : []
  if (memberIds.length > copiedAtMost) {
    throw new Refused({
      code: 'request.invalid',
      detail: `${group.name} has more than ${copiedAtMost} people. Duplicate it without them and put it into the new group.`,
      errors: [{ pointer: '/members', code: 'too_many' }],
    })
  }
  const why = provenance(write, 'manual')
  const [grants, inside] = await Promise.all([
    groups.grants(db, organisationId, id),
    groups.related(db, organisationId, id, 'inside'),
  ])
  const copied = { duplicateOf: group.name, pools: grants.map(({ poolName }) => poolName) }
  const copyId = await make(write, wanted.name, {
    ...copied,
    ...(inside.length > 0 && { groups: inside.map(({ name }) => name) }),
    ...(wanted.members && { members: memberIds.length }),
  })
  for (const grant of grants) {
    const { subjectKind, poolId, role } = grant
    await access.addGrant(db, organisationId, {
      id: newId(),
      subjectKind,
      subjectId: copyId,
      poolId,
      role,
      provenance: why,
    })
  }
  for (const child of inside) {
    await scimGroups.addChild(db, organisationId, copyId, child.id, why)
  }
  await join(write, { id: copyId, name: wanted.name }, memberIds)
  return { id: copyId }
}

/** Takes away what this group gave and nothing else (RB-14); what went with it is counted in the event. */
export async function deleteGroup(
  write: Write,
  id: string,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  const group = await lockGroup(write, id, 'delete')
  expectVersion(group.version, ifVersion)
  const found = await groups.find(db, actor.organisationId, id)
  await groups.remove(db, actor.organisationId, id, now)
  await events.append(db, actor, now, [
    {
      name: 'group.deleted',
      subject: groupSubject(group),
      before: { name: group.name, managedBy: group.managedBy },
      data: {
        removed: {
          members: found?.members.count ?? 0,
          groups: found?.nested ?? 0,
          pools: found?.pools ?? 0,
        },
      },
    },
  ])
}

/** SC-35: a manager ticks a group that the identity provider may take over, or takes the tick back. */
export async function letAdopt(write: Write, groupId: string, adoptable: boolean): Promise<void> {
  const { db, actor, now } = write
  const group = await lockGroup(write, groupId, 'adoption')
  if (group.adoptable === adoptable) return
  const organisation = await organisations.find(db, actor.organisationId)
  await access.setAdoptable(db, actor.organisationId, groupId, adoptable)
  // Where SCIM is rehearsed, the copy says the same (BY-3).
  const copyId = organisation?.shadow?.copyId
  if (copyId) await access.setAdoptable(db, copyId, groupId, adoptable)
  await events.append(db, actor, now, [
    {
      name: 'group.changed',
      subject: groupSubject(group),
      before: { adoptable: group.adoptable },
      after: { adoptable },
    },
  ])
}

/**
 * Who is in a group: of its own, or through a group in it (SC-39).
 * @returns a page of people with every way by which each is in it.
 */
export async function listMembers(
  { db, actor, now }: Read,
  id: string,
  wanted: { search: string | undefined; direct: boolean; page: number; size: number },
) {
  allow(actor, 'access.read')
  const { organisationId } = actor
  const group = await access.findNamed(db, 'groups', organisationId, id)
  if (!group) throw notFound('group')
  const page = await people.list(
    db,
    organisationId,
    {
      search: wanted.search,
      ...(wanted.direct && !group.isDefault
        ? { groupIds: [id] }
        : await membersOf({ db, actor, now }, id)),
    },
    { by: 'name', descending: false },
    wanted,
  )
  const ids = page.items.map((user) => user.id)
  const memberships = await access.memberships(db, organisationId, ids)
  return {
    ...page,
    items: page.items.flatMap((user) => {
      const membership = memberships.find((one) => one.userId === user.id && one.id === id)
      return membership ? { user, membership } : []
    }),
  }
}

export async function addMember(write: Write, groupId: string, userId: string): Promise<void> {
  const group = await lockGroup(write, groupId, 'join')
  await lockUser(write, userId)
  await join(write, group, [userId])
}

/** Adds everybody whom these ids name (RB-17). @returns those who are not there. */
export async function addMembers(
  write: Write,
  groupId: string,
  userIds: string[],
): Promise<{ unknown: string[] }> {
  const group = await lockGroup(write, groupId, 'join')
  const found = await scimGroups.resolve(write.db, write.actor.organisationId, userIds)
  const known = found.people.map(({ id }) => id)
  await join(write, group, known)
  return { unknown: userIds.filter((id) => !known.includes(id)) }
}

/** Those of these people who are not in it yet are then, each with an event. */
async function join(
  write: Write,
  group: { id: string; name: string },
  userIds: string[],
): Promise<void> {
  const { db, actor, now } = write
  const { organisationId } = actor
  const why = provenance(write, 'manual')
  const moving = { add: userIds, remove: [], noted: true }
  const { joined } = await scimGroups.move(db, organisationId, group.id, moving, why)
  if (joined.length === 0) return
  const labels = await users.emails(db, organisationId, joined)
  await events.append(
    db,
    actor,
    now,
    joined.map(
      (id): Happening => ({
        name: 'group.member_added',
        subject: subjectOf({ id, email: labels.get(id) ?? '' }),
        after: { group: group.name, groupId: group.id },
      }),
    ),
  )
}

/** Nobody leaves the Default group (US-15). */
export async function removeMember(write: Write, groupId: string, userId: string): Promise<void> {
  const { db, actor, now } = write
  const group = await lockGroup(write, groupId, 'members')
  const user = await lockUser(write, userId)
  if (!(await access.removeMember(db, actor.organisationId, groupId, userId)))
    throw notFound('member')
  await events.append(db, actor, now, [
    {
      name: 'group.member_removed',
      subject: subjectOf(user),
      before: { group: group.name, groupId },
    },
  ])
  await groups.touch(db, actor.organisationId, groupId, now)
}

/** Puts a group into a group: its people are members of both (SC-39). */
export async function nestGroup(write: Write, groupId: string, childId: string): Promise<void> {
  const { db, actor, now } = write
  const { organisationId } = actor
  const group = await lockGroup(write, groupId, 'groups')
  const child = await access.findNamed(db, 'groups', organisationId, childId)
  if (!child) throw notFound('group')
  const closes =
    childId === groupId || (await scimGroups.isInside(db, organisationId, groupId, childId))
  if (child.isDefault || closes) {
    throw new Refused({
      code: 'request.invalid',
      detail: child.isDefault
        ? 'The Default group holds everyone and cannot be put into another.'
        : `${group.name} is in ${child.name} already: groups cannot go in a circle.`,
      errors: [{ pointer: '/groupId', code: child.isDefault ? 'default' : 'cycle' }],
    })
  }
  const why = provenance(write, 'manual')
  if (!(await scimGroups.addChild(db, organisationId, groupId, childId, why))) return
  await events.append(db, actor, now, [
    {
      name: 'group.nested',
      subject: groupSubject(child),
      after: { group: group.name, groupId },
    },
  ])
  await groups.touch(db, organisationId, groupId, now)
}

export async function unnestGroup(write: Write, groupId: string, childId: string): Promise<void> {
  const { db, actor, now } = write
  const { organisationId } = actor
  const group = await lockGroup(write, groupId, 'groups')
  const child = await access.findNamed(db, 'groups', organisationId, childId)
  const removed = await scimGroups.removeChildren(db, organisationId, groupId, [childId])
  if (!child || removed.length === 0) throw notFound('group')
  await events.append(db, actor, now, [
    {
      name: 'group.unnested',
      subject: groupSubject(child),
      before: { group: group.name, groupId },
    },
  ])
  await groups.touch(db, organisationId, groupId, now)
}

/**
 * The group as it is until the transaction ends, if this may be done to it: whose groups are changed
 * or deleted holds the organisation alone, whoever changes members shares it.
 */
async function lockGroup(write: Write, id: string, change: GroupChange): Promise<access.Named> {
  allow(write.actor, 'access.write')
  const isOfMembers = change === 'members' || change === 'join'
  const organisation: Organisation = await lockOrganisation(write, isOfMembers ? 'share' : 'alone')
  const group = await access.findNamed(write.db, 'groups', organisation.id, id)
  if (!group) throw notFound('group')
  const refusal = decideGroupChange(group, organisation.source, change)
  if (refusal) throw new Refused(refusal)
  return group
}

export function groupSubject({ id, name }: { id: string; name: string }) {
  return { kind: 'group', id, label: name }
}

export function nameTaken(kind: 'group' | 'pool', name: string): Refusal {
  const code = `${kind}.name_exists` as const
  return {
    code,
    detail: `There is a ${kind} ${JSON.stringify(name)} already. Names differ by more than letter case.`,
    errors: [{ pointer: '/name', code }],
  }
}
