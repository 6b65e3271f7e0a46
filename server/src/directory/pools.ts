import { newId } from '../lib/ids.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import {
  decideAccess,
  decidePoolRoles,
  directly,
  explainAccess,
  throughGroup,
} from '../policy/index.ts'
import { access, accessCheck, events, groups, people, pools } from '../store/index.ts'
import { groupSubject, type NameSearch, nameTaken } from './groups.ts'
import { lockUser, reachOf, subjectOf } from './people.ts'
import {
  allow,
  expectVersion,
  lockOrganisation,
  notFound,
  provenance,
  type Read,
  type Write,
} from './write.ts'

const defaultRoles = ['ROLE_USER']

export async function listPools({ db, actor }: Read, search: NameSearch) {
  allow(actor, 'access.read')
  return pools.list(db, actor.organisationId, search)
}

/** One pool and the groups that reach it. */
export async function poolDetails({ db, actor }: Read, id: string) {
  allow(actor, 'access.read')
  const [pool, grants] = await Promise.all([
    pools.find(db, actor.organisationId, id),
    pools.groupGrants(db, actor.organisationId, id),
  ])
  if (!pool) throw notFound('pool')
  return {
    pool,
    grants: grants.map((grant) => ({
      ...grant,
      locked: lockedGrant(grant, grant.groupIsDefault && pool.isDefault)?.detail ?? null,
    })),
  }
}

/** Makes a pool with its associated roles (RB-9). */
export async function createPool(
  write: Write,
  wanted: { name: string; roles: string[] | undefined },
): Promise<{ id: string }> {
  allow(write.actor, 'access.write')
  const roles = poolRolesOf(wanted.roles)
  await lockOrganisation(write, 'alone')
  return { id: await make(write, wanted.name, roles) }
}

async function make(write: Write, name: string, roles: string[]): Promise<string> {
  const { db, actor, now } = write
  const id = newId()
  const made = { id, name, isDefault: false, createdAt: now }
  if (!(await access.insertNamed(db, 'pools', actor.organisationId, made))) {
    throw new Refused(nameTaken('pool', name))
  }
  for (const role of roles) await access.addPoolRole(db, actor.organisationId, id, role)
  await events.append(db, actor, now, [
    { name: 'pool.created', subject: poolSubject({ id, name }), after: { name, roles } },
  ])
  return id
}

export const findPoolByName = ({ db, actor }: Read, name: string) =>
  access.findByName(db, 'pools', actor.organisationId, name)

/** As a declared file says it: makes a pool, or gives a known one exactly these roles. */
export async function ensurePool(
  write: Write,
  name: string,
  wanted: string[],
): Promise<{ id: string; made: boolean; changed: boolean }> {
  const { db, actor } = write
  allow(actor, 'access.write')
  const roles = poolRolesOf(wanted)
  await lockOrganisation(write, 'alone')
  const known = await findPoolByName(write, name)
  if (!known) return { id: await make(write, name, roles), made: true, changed: true }
  const held = (await access.poolRoles(db, actor.organisationId, [known.id])).get(known.id) ?? []
  return { id: known.id, made: false, changed: await setRoles(write, known, held, roles) }
}

export async function changePool(
  write: Write,
  id: string,
  wanted: { name?: string | undefined; roles?: string[] | undefined },
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  const { organisationId } = actor
  allow(actor, 'access.write')
  const roles = wanted.roles && poolRolesOf(wanted.roles)
  await lockOrganisation(write, 'alone')
  const pool = await access.findNamed(db, 'pools', organisationId, id)
  if (!pool) throw notFound('pool')
  expectVersion(pool.version, ifVersion)
  const name = wanted.name ?? pool.name
  if (name !== pool.name) {
    const other = await access.findByName(db, 'pools', organisationId, name)
    if (other && other.id !== id) throw new Refused(nameTaken('pool', name))
    await access.changeNamed(db, 'pools', organisationId, id, { name, at: now })
    await events.append(db, actor, now, [
      {
        name: 'pool.changed',
        subject: poolSubject({ id, name }),
        before: { name: pool.name },
        after: { name },
      },
    ])
  }
  const held = (await access.poolRoles(db, organisationId, [id])).get(id) ?? []
  if (roles) await setRoles(write, { id, name }, held, roles)
}

/** @returns false when it has exactly these already. */
async function setRoles(
  write: Write,
  pool: { id: string; name: string },
  held: string[],
  wanted: string[],
): Promise<boolean> {
  const { db, actor, now } = write
  const given = wanted.filter((role) => !held.includes(role))
  const taken = held.filter((role) => !wanted.includes(role))
  if (given.length + taken.length === 0) return false
  for (const role of given) await access.addPoolRole(db, actor.organisationId, pool.id, role)
  for (const role of taken) await access.removePoolRole(db, actor.organisationId, pool.id, role)
  const { id, name } = pool
  await access.changeNamed(db, 'pools', actor.organisationId, id, { name, at: now })
  await events.append(db, actor, now, [
    {
      name: 'pool.changed',
      subject: poolSubject(pool),
      before: { roles: held },
      after: { roles: wanted },
    },
  ])
  return true
}

/** Takes a pool away with every grant on it; the Default pool stays (RB-8). */
export async function deletePool(
  write: Write,
  id: string,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  await lockOrganisation(write, 'alone')
  const pool = await pools.find(db, actor.organisationId, id)
  if (!pool) throw notFound('pool')
  if (pool.isDefault) {
    const detail = 'The Default pool cannot be deleted.'
    throw new Refused({ code: 'pool.default_undeletable', detail })
  }
  expectVersion(pool.version, ifVersion)
  await pools.remove(db, actor.organisationId, id)
  await events.append(db, actor, now, [
    {
      name: 'pool.deleted',
      subject: poolSubject(pool),
      before: { name: pool.name, roles: pool.roles },
      data: { removed: { groups: pool.groups, people: pool.assigned.count } },
    },
  ])
}

/**
 * Who reaches a pool now, and by which paths: people with a grant of their own and members of groups
 * that have one, at any depth.
 */
export async function listReaching(
  { db, actor, now }: Read,
  id: string,
  wanted: { search: string | undefined; direct: boolean; page: number; size: number },
) {
  allow(actor, 'access.read')
  const { organisationId } = actor
  const pool = (await pools.named(db, organisationId, [id])).get(id)
  if (!pool) throw notFound('pool')
  const reach = wanted.direct
    ? { pool: { id, groupIds: [], now } }
    : await reachOf({ db, actor, now }, id)
  const found = await people.list(
    db,
    organisationId,
    { search: wanted.search, ...reach },
    { by: 'name', descending: false },
    wanted,
  )
  const userIds = found.items.map((user) => user.id)
  if (userIds.length === 0) return { ...found, items: [] }
  const memberships = await access.memberships(db, organisationId, userIds)
  const groupIds = [...new Set(memberships.map((membership) => membership.id))]
  const [nestings, grants] = await Promise.all([
    access.nestingsAbove(db, organisationId, groupIds),
    access.grantsFor(db, organisationId, { groupIds, userIds, poolId: id }, now),
  ])
  return {
    ...found,
    items: found.items.map((user) => {
      const own = grants.filter(
        ({ subjectKind, subjectId }) => subjectKind === 'group' || subjectId === user.id,
      )
      const explained = explainAccess({
        roles: [],
        memberships: memberships.filter((one) => one.userId === user.id && !one.inherited),
        nestings,
        grants: own,
        pools: new Map([[id, pool]]),
      })
      const direct = own.find(({ subjectKind }) => subjectKind === 'user')
      return { user, explained, directGrantId: direct?.id ?? null }
    }),
  }
}

export async function listGroupGrants({ db, actor }: Read, groupId: string) {
  allow(actor, 'access.read')
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  const grants = await groups.grants(db, actor.organisationId, groupId)
  return grants.map((grant) => ({
    ...grant,
    locked: lockedGrant(grant, group.isDefault && grant.poolIsDefault)?.detail ?? null,
  }))
}

/** Everyone reaches the Default pool through the Default group, and that stays (RB-8). */
function lockedGrant(grant: access.Grant, isBetweenDefaults: boolean): Refusal | undefined {
  if (!isBetweenDefaults || grant.provenance.kind !== 'default') return undefined
  return {
    code: 'pool.default_undeletable',
    detail: 'Everyone reaches the Default pool through the Default group.',
  }
}

type Wanted = { poolId: string; roles?: string[] | undefined }

/** A group reaches a pool with these roles (RB-10). @returns the grants, also those that were there. */
export async function grantPoolToGroup(
  write: Write,
  groupId: string,
  wanted: Wanted,
): Promise<{ grants: access.Grant[]; given: number }> {
  const { actor, db } = write
  allow(actor, 'access.write')
  const roles = grantRolesOf(wanted.roles)
  await lockOrganisation(write)
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  const subject = { kind: 'group' as const, id: group.id }
  return give(write, subject, groupSubject(group), wanted.poolId, roles)
}

/** Assigns a person to a pool of their own, with these roles. */
export async function grantPool(
  write: Write,
  userId: string,
  wanted: Wanted,
): Promise<{ grants: access.Grant[] }> {
  const { actor } = write
  allow(actor, 'access.write')
  const roles = grantRolesOf(wanted.roles)
  await lockOrganisation(write)
  const user = await lockUser(write, userId)
  return give(write, { kind: 'user', id: userId }, subjectOf(user), wanted.poolId, roles)
}

async function give(
  write: Write,
  to: { kind: 'group' | 'user'; id: string },
  subject: { kind: string; id: string; label: string },
  poolId: string,
  roles: string[],
): Promise<{ grants: access.Grant[]; given: number }> {
  const { db, actor, now } = write
  const pool = await access.findNamed(db, 'pools', actor.organisationId, poolId)
  if (!pool) throw notFound('pool')
  const grants: access.Grant[] = []
  let given = 0
  for (const role of roles) {
    const grant: access.Grant = {
      id: newId(),
      subjectKind: to.kind,
      subjectId: to.id,
      poolId,
      role,
      provenance: provenance(write, 'manual'),
    }
    if (!(await access.addGrant(db, actor.organisationId, grant))) {
      grants.push((await access.findGrantLike(db, actor.organisationId, grant)) ?? grant)
      continue
    }
    grants.push(grant)
    given += 1
    await events.append(db, actor, now, [
      {
        name: to.kind === 'group' ? 'group.pool_granted' : 'pool.granted',
        subject,
        after: { pool: pool.name, role },
      },
    ])
  }
  return { grants, given }
}

export async function revokePoolFromGroup(
  write: Write,
  groupId: string,
  grantId: string,
): Promise<void> {
  const { db, actor } = write
  allow(actor, 'access.write')
  await lockOrganisation(write)
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  const { grant, pool } = await findOwn(write, { kind: 'group', id: groupId }, grantId)
  const refusal = lockedGrant(grant, group.isDefault && pool?.isDefault === true)
  if (refusal) throw new Refused(refusal)
  await take(write, grant, groupSubject(group), pool)
}

export async function revokePool(write: Write, userId: string, grantId: string): Promise<void> {
  allow(write.actor, 'access.write')
  await lockOrganisation(write)
  const user = await lockUser(write, userId)
  const { grant, pool } = await findOwn(write, { kind: 'user', id: userId }, grantId)
  await take(write, grant, subjectOf(user), pool)
}

async function findOwn(
  { db, actor }: Write,
  whose: { kind: 'group' | 'user'; id: string },
  grantId: string,
) {
  const grant = await access.findGrant(db, actor.organisationId, grantId)
  if (grant?.subjectKind !== whose.kind || grant.subjectId !== whose.id) throw notFound('grant')
  const pool = await access.findNamed(db, 'pools', actor.organisationId, grant.poolId)
  return { grant, pool }
}

async function take(
  { db, actor, now }: Write,
  grant: access.Grant,
  subject: { kind: string; id: string; label: string },
  pool: { name: string } | undefined,
): Promise<void> {
  if (!(await access.removeGrant(db, actor.organisationId, grant.id))) throw notFound('grant')
  await events.append(db, actor, now, [
    {
      name: grant.subjectKind === 'group' ? 'group.pool_revoked' : 'pool.revoked',
      subject,
      before: { pool: pool?.name, role: grant.role },
    },
  ])
}

/** May this person do this on this pool (RB-13)? One statement, whatever the way. */
export async function checkAccess(
  { db, actor, now }: Read,
  { userId, poolId, permission }: { userId: string; poolId: string; permission: string },
): Promise<{ allowed: boolean; because: string }> {
  allow(actor, 'access.read')
  const found = await accessCheck.find(db, actor.organisationId, { userId, poolId, now })
  if (!found) throw notFound('user')
  const { person, pool, ways } = found
  if (!pool) throw notFound('pool')
  const told = ways.map(({ role, groups: names, provenance: first }) => ({
    role,
    how: names.length > 0 ? throughGroup(names, first) : directly(first),
  }))
  return decideAccess({ person, pool, ways: told }, permission)
}

function poolRolesOf(wanted: string[] = defaultRoles): string[] {
  const refusal = decidePoolRoles(wanted)
  if (refusal) throw new Refused(refusal)
  return [...new Set(wanted)].sort()
}

/** A grant names a role at least. */
function grantRolesOf(wanted: string[] = defaultRoles): string[] {
  return poolRolesOf(wanted.length > 0 ? wanted : defaultRoles)
}

function poolSubject({ id, name }: { id: string; name: string }) {
  return { kind: 'pool', id, label: name }
}
