import type { Connection } from '../model/connection.ts'
import type { Happening } from '../model/event.ts'
import { type Organisation, type ProvisioningSource, sources } from '../model/organisation.ts'
import { Refused, refuse } from '../model/refusals.ts'
import { switched } from '../model/switching.ts'
import type { Role, User } from '../model/user.ts'
import {
  decideDelete,
  decideDisable,
  decideEdit,
  decideHold,
  decideRoleEdit,
  decideRoles,
  explainAccess,
  isOwnedByIdp,
  managerOf,
  mayAct,
} from '../policy/index.ts'
import {
  access,
  events,
  groups,
  mail as mails,
  organisations,
  people,
  pools,
  scimConnection,
  sso,
  switches,
  users,
} from '../store/index.ts'
import { readConnection } from './connections.ts'
import { deactivate, endAccess, keepLastManager } from './lifecycle.ts'
import {
  allow,
  allowOn,
  lockOrganisation,
  notFound,
  provenance,
  type Read,
  type Write,
} from './write.ts'

const readPermission = 'users.read'
const defaultRefresh: Connection['refresh'] = {
  firstName: 'every_sign_in',
  lastName: 'every_sign_in',
}

export type WantedPeople = Omit<people.PeopleFilter, 'groupIds' | 'pool'> & {
  groupId?: string | undefined
  poolId?: string | undefined
}

export async function listPeople(
  read: Read,
  wanted: WantedPeople,
  sort: people.PeopleSort,
  page: { page: number; size: number },
) {
  const { db, actor } = read
  allow(actor, readPermission)
  const filter = await filterOf(read, wanted)
  const found = sort.thenBy
    ? ((await people.listGathered(db, actor.organisationId, filter, sort, page)) ?? refuseToSort())
    : await people.list(db, actor.organisationId, filter, sort, page)
  const ids = found.items.map((user) => user.id)
  const [items, newest] = await Promise.all([
    withAccess(read, found.items),
    mails.newestOf(db, actor.organisationId, ids),
  ])
  return { ...found, items: items.map((one) => ({ ...one, mail: newest.get(one.user.id) })) }
}

export function refuseToSort(): never {
  return refuse(
    'request.invalid',
    `More than ${people.gatheredAtMost.toLocaleString('en')} people are sorted by one field only: name one, or filter.`,
    [{ pointer: '/sort', code: 'too_many' }],
  )
}

/** The filter as the store asks it: who is in a group or reaches a pool depends on other groups too. */
export async function filterOf(
  read: Read,
  { groupId, poolId, managedBy, ...rest }: WantedPeople,
): Promise<people.PeopleFilter> {
  return {
    ...rest,
    ...(managedBy && { managedBy: await broughtBy(read, managedBy) }),
    ...(groupId && (await membersOf(read, groupId))),
    ...(poolId && (await reachOf(read, poolId))),
  }
}

/** The person as the settings of the organisation leave them, whether or not their row says so yet. */
function asNow(organisation: Organisation, user: User): User {
  const now = switched(organisation.switching, user)
  return { ...now, managedBy: managerOf(organisation, now) }
}

/** Whom the portal manages since a hand-over still says who brought them (PV-13). */
async function broughtBy(
  { db, actor }: Read,
  managers: readonly ProvisioningSource[],
): Promise<ProvisioningSource[]> {
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  return sources.filter((managedBy) => managers.includes(managerOf(organisation, { managedBy })))
}

/** These people with their roles and groups, as a list shows them. */
export async function withAccess({ db, actor }: Read, found: User[]) {
  const ids = found.map((user) => user.id)
  const [roles, memberships, organisation] = await Promise.all([
    access.rolesOf(db, actor.organisationId, ids),
    access.memberships(db, actor.organisationId, ids),
    organisations.find(db, actor.organisationId),
  ])
  if (!organisation) throw notFound('organisation')
  const rolesBy = Map.groupBy(roles, (one) => one.userId)
  const groupsBy = Map.groupBy(memberships, (one) => one.userId)
  return found.map((user) => ({
    user: asNow(organisation, user),
    roles: (rolesBy.get(user.id) ?? []).map((one) => one.role),
    groups: groupsBy.get(user.id) ?? [],
  }))
}

/** One person with all that explains them (US-6); people may read themselves. */
export async function userDetails(read: Read, id: string) {
  const { db, actor } = read
  allowOn(actor, id, readPermission)
  const found = await users.find(db, actor.organisationId, id)
  const organisation = await organisations.find(db, actor.organisationId)
  if (!found || !organisation) throw notFound('user')
  const user = asNow(organisation, found)
  const [roles, memberships, identities, reached, refresh, newest] = await Promise.all([
    access.rolesOf(db, actor.organisationId, [id]),
    access.memberships(db, actor.organisationId, [id]),
    sso.identitiesOf(db, actor.organisationId, id),
    accessFacts(read, id),
    refreshPolicy(read),
    mails.newestOf(db, actor.organisationId, [id]),
  ])
  const facts = {
    organisation,
    user,
    actorId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
  }
  const mayWrite = mayAct(actor, 'users.write')?.detail ?? null
  const { syncRoles } = await scimConnection.settings(db, actor.organisationId)
  return {
    user,
    roles,
    memberships: memberships.map((one) => ({ ...one, managedBy: managerOf(organisation, one) })),
    identities,
    mail: newest.get(id),
    explained: explainAccess(reached),
    grants: reached.grants,
    pools: reached.pools,
    managedAttributes: (['firstName', 'lastName'] as const).filter((name) =>
      isOwnedByIdp(facts, refresh, name),
    ),
    locked: {
      edit: mayWrite ?? decideEdit(facts, refresh, ['firstName', 'lastName'])?.detail ?? null,
      disable: mayWrite ?? decideDisable(facts)?.detail ?? null,
      delete: mayWrite ?? decideDelete(facts)?.detail ?? null,
      roles: mayWrite ?? decideRoleEdit(facts, syncRoles)?.detail ?? null,
      hold: mayWrite ?? decideHold(facts)?.detail ?? null,
    },
  }
}

async function refreshPolicy({ db, actor }: Read): Promise<Connection['refresh']> {
  return (await readConnection(db, actor.organisationId))?.refresh ?? defaultRefresh
}

async function accessFacts({ db, actor, now }: Read, userId: string) {
  const { organisationId } = actor
  const [roles, memberships] = await Promise.all([
    access.rolesOf(db, organisationId, [userId]),
    access.memberships(db, organisationId, [userId]),
  ])
  const groupIds = memberships.map((membership) => membership.id)
  const [grants, nestings] = await Promise.all([
    access.grantsFor(db, organisationId, { groupIds, userIds: [userId] }, now),
    access.nestingsAbove(db, organisationId, groupIds),
  ])
  const poolIds = [...new Set(grants.map(({ poolId }) => poolId))]
  return {
    roles,
    memberships: memberships.filter(({ inherited }) => !inherited),
    nestings,
    grants,
    pools: await pools.named(db, organisationId, poolIds),
  }
}

/**
 * Narrows people to the members of a group and of the groups in it. Everyone is in the Default group
 * (RB-7), so that narrows nothing. No group, nobody.
 */
export async function membersOf(
  { db, actor }: Read,
  groupId: string,
): Promise<Pick<people.PeopleFilter, 'groupIds'>> {
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (group?.isDefault) return {}
  return { groupIds: await groups.withNested(db, actor.organisationId, [groupId]) }
}

/**
 * Narrows people to whoever reaches a pool: those with a grant of their own, and those in groups that
 * have one (US-3).
 */
export async function reachOf(
  { db, actor, now }: Read,
  poolId: string,
): Promise<Pick<people.PeopleFilter, 'pool'>> {
  const grants = await pools.groupGrants(db, actor.organisationId, poolId)
  if (grants.some(({ groupIsDefault }) => groupIsDefault)) return {}
  const granted = [...new Set(grants.map(({ subjectId }) => subjectId))]
  const groupIds = await groups.withNested(db, actor.organisationId, granted)
  return { pool: { id: poolId, groupIds, now } }
}

/** "Why does this person have this?" (RB-12) */
export async function explain(read: Read, userId: string) {
  allowOn(read.actor, userId, readPermission)
  if (!(await users.find(read.db, read.actor.organisationId, userId))) throw notFound('user')
  return explainAccess(await accessFacts(read, userId))
}

export type ChangeRequest = { firstName?: string; lastName?: string; roles?: Role[] }

export async function changeUser(write: Write, id: string, request: ChangeRequest): Promise<User> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write, request.roles ? 'alone' : 'share')
  const user = await lockUser(write, id)
  const renamed = (['firstName', 'lastName'] as const).filter(
    (name) => request[name] !== undefined && request[name].trim() !== user[name],
  )
  const facts = {
    organisation,
    user,
    actorId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
  }
  const refusal = renamed.length > 0 && decideEdit(facts, await refreshPolicy(write), renamed)
  if (refusal) throw new Refused(refusal)

  if (request.roles) {
    const { syncRoles } = await scimConnection.settings(db, organisation.id)
    const locked = decideRoleEdit(facts, syncRoles)
    if (locked) throw new Refused(locked)
  }
  if (request.roles) await changeRoles(write, organisation, user, request.roles)
  if (renamed.length === 0) return user
  const after = Object.fromEntries(renamed.map((name) => [name, request[name]?.trim()]))
  const before = Object.fromEntries(renamed.map((name) => [name, user[name]]))
  const changed: User = { ...user, ...after, updatedAt: now, updatedBy: actor.label }
  await users.update(db, user, changed)
  await events.append(db, actor, now, [
    { name: 'user.changed', subject: subjectOf(user), before, after },
  ])
  return { ...changed, version: user.version + 1 }
}

/** Sets the organisation-level roles to exactly these; the last working manager keeps theirs (US-13). */
async function changeRoles(
  write: Write,
  organisation: Organisation,
  user: User,
  wanted: Role[],
): Promise<void> {
  const { db, actor, now } = write
  const held = (await access.rolesOf(db, organisation.id, [user.id])).map((one) => one.role as Role)
  const given = wanted.filter((role) => !held.includes(role))
  const taken = held.filter((role) => !wanted.includes(role))
  if (given.length + taken.length === 0) return
  const refusal = decideRoles(actor, [...given, ...taken])
  if (refusal) throw new Refused(refusal)
  if (taken.includes('ROLE_MANAGER')) await keepLastManager(write, organisation, user.id)

  for (const role of given) {
    await access.addRole(db, organisation.id, user.id, role, provenance(write, 'manual'))
  }
  for (const role of taken) await access.removeRole(db, organisation.id, user.id, role)
  await users.update(db, user, { ...user, updatedAt: now, updatedBy: actor.label })
  await events.append(db, actor, now, [
    ...given.map(
      (role): Happening => ({
        name: 'user.role_granted',
        subject: subjectOf(user),
        after: { role },
      }),
    ),
    ...taken.map(
      (role): Happening => ({
        name: 'user.role_revoked',
        subject: subjectOf(user),
        before: { role },
      }),
    ),
  ])
}

/** Everything that opens a door ends in the same transaction (US-11). */
export async function deactivateUser(write: Write, id: string): Promise<void> {
  const { actor } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write, 'alone')
  const user = await lockUser(write, id)
  if (user.status === 'deactivated') return
  const facts = {
    organisation,
    user,
    actorId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
  }
  const refusal = decideDisable(facts)
  if (refusal) throw new Refused(refusal)
  await deactivate(write, organisation, user)
}

/**
 * US-12: stops somebody whom SCIM or LDAP manages, at once and with all that a deactivation ends.
 * The source cannot lift it.
 */
export async function holdUser(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write, 'alone')
  const user = await lockUser(write, id)
  if (user.held) return
  const refusal = decideHold({ organisation, user })
  if (refusal) throw new Refused(refusal)
  await keepLastManager(write, organisation, id)
  await users.update(db, user, { ...user, held: true, updatedAt: now, updatedBy: actor.label })
  const ended = await endAccess(write, id)
  await events.append(db, actor, now, [
    {
      name: 'user.held',
      subject: subjectOf(user),
      before: { held: false },
      after: { held: true },
      data: ended,
    },
  ])
}

export async function releaseUser(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const user = await lockUser(write, id)
  if (!user.held) return
  await users.update(db, user, { ...user, held: false, updatedAt: now, updatedBy: actor.label })
  await events.append(db, actor, now, [
    {
      name: 'user.released',
      subject: subjectOf(user),
      before: { held: true },
      after: { held: false },
    },
  ])
}

/** Roles, groups and pools are there again; sessions and keys are not (US-8). */
export async function enableUser(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, id)
  if (user.status !== 'deactivated') return
  const facts = {
    organisation,
    user,
    actorId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
  }
  const refusal = decideDisable(facts)
  if (refusal) throw new Refused(refusal)
  const status = user.pendingReason ? 'pending' : 'active'
  await users.update(db, user, { ...user, status, updatedAt: now, updatedBy: actor.label })
  await events.append(db, actor, now, [
    {
      name: 'user.enabled',
      subject: subjectOf(user),
      before: { status: 'deactivated' },
      after: { status },
    },
  ])
}

/** Erases profile and credentials; the audit entries remain (US-10). */
export async function deleteUser(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write, 'alone')
  const user = await lockUser(write, id)
  const facts = {
    organisation,
    user,
    actorId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
  }
  const refusal = decideDelete(facts)
  if (refusal) throw new Refused(refusal)
  await users.remove(db, user, now)
  await events.append(db, actor, now, [
    {
      name: 'user.deleted',
      subject: subjectOf(user),
      before: { email: user.email, managedBy: user.managedBy },
    },
  ])
}

export async function lockUser({ db, actor }: Write, id: string): Promise<User> {
  const user = await users.lock(db, actor.organisationId, id)
  if (!user) throw notFound('user')
  return switches.bringTo(db, await switches.find(db, actor.organisationId), user)
}

/**
 * Whoever may not give a person's roles may not weaken their sign-in or open their account either: it
 * would be a way to get these roles (MU-11).
 */
export async function expectMayOpen({ db, actor }: Write, userId: string): Promise<void> {
  const held = await access.rolesOf(db, actor.organisationId, [userId])
  const refusal = decideRoles(
    actor,
    held.map(({ role }) => role as Role),
  )
  if (refusal) throw new Refused(refusal)
}

export function subjectOf(user: Pick<User, 'id' | 'email'>): {
  kind: string
  id: string
  label: string
} {
  return { kind: 'user', id: user.id, label: user.email }
}

/** Who a session belongs to, checked on every request (SE-2). */
export async function whoIs({ db, actor }: Read, id: string) {
  const user = await users.find(db, actor.organisationId, id)
  const roles = user
    ? (await access.rolesOf(db, actor.organisationId, [id])).map((one) => one.role)
    : []
  const organisation = await organisations.find(db, actor.organisationId)
  return user && organisation && { user: asNow(organisation, user), roles }
}
