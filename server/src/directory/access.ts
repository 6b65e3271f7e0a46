import { newId } from '../lib/ids.ts'
import { Refused } from '../model/refusals.ts'
import { access, events, organisations } from '../store/index.ts'
import { lockUser, subjectOf } from './people.ts'
import { allow, lockOrganisation, notFound, provenance, type Read, type Write } from './write.ts'

export async function listGroups({ db, actor }: Read) {
  allow(actor, 'access.read')
  return access.listNamed(db, 'groups', actor.organisationId)
}

export async function listPools({ db, actor }: Read) {
  allow(actor, 'access.read')
  const [pools, roles] = await Promise.all([
    access.listNamed(db, 'pools', actor.organisationId),
    access.poolRoles(db, actor.organisationId),
  ])
  return pools.map((pool) => ({ ...pool, roles: roles.get(pool.id) ?? [] }))
}

/** Makes a pool with its associated roles (RB-9), or adds roles that a known pool lacks. */
export async function ensurePool(
  write: Write,
  name: string,
  roles: string[],
): Promise<{ id: string; made: boolean }> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  await lockOrganisation(write, 'alone')
  const wrong = roles.find((role) => role !== 'ROLE_USER')
  if (wrong) {
    throw new Refused({
      code: 'role.scope_invalid',
      detail: `${wrong} cannot be attached to a pool.`,
    })
  }
  const known = (await access.listNamed(db, 'pools', actor.organisationId)).find(
    (pool) => pool.name.toLowerCase() === name.toLowerCase(),
  )
  const id = known?.id ?? newId()
  if (!known) {
    await access.insertNamed(db, 'pools', actor.organisationId, {
      id,
      name,
      isDefault: false,
      createdAt: now,
    })
    await events.append(db, actor, now, [
      { name: 'pool.created', subject: { kind: 'pool', id, label: name }, after: { name, roles } },
    ])
  }
  for (const role of roles) await access.addPoolRole(db, actor.organisationId, id, role)
  return { id, made: !known }
}

export async function ensureGroup(
  write: Write,
  name: string,
): Promise<{ id: string; made: boolean }> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  await lockOrganisation(write, 'alone')
  const known = (await access.listNamed(db, 'groups', actor.organisationId)).find(
    (group) => group.name.toLowerCase() === name.toLowerCase(),
  )
  if (known) return { id: known.id, made: false }
  const id = newId()
  await access.insertNamed(db, 'groups', actor.organisationId, {
    id,
    name,
    isDefault: false,
    createdAt: now,
  })
  await events.append(db, actor, now, [
    { name: 'group.created', subject: { kind: 'group', id, label: name }, after: { name } },
  ])
  return { id, made: true }
}

/** A group reaches a pool with a role (RB-10). @returns false when it does already. */
export async function grantPoolToGroup(
  write: Write,
  group: { id: string; name: string },
  pool: { id: string; name: string },
  role: string,
): Promise<boolean> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const granted = await access.addGrant(db, actor.organisationId, {
    id: newId(),
    subjectKind: 'group',
    subjectId: group.id,
    poolId: pool.id,
    role,
    provenance: provenance(write, 'manual'),
  })
  if (granted) {
    await events.append(db, actor, now, [
      {
        name: 'group.pool_granted',
        subject: { kind: 'group', id: group.id, label: group.name },
        after: { pool: pool.name, role },
      },
    ])
  }
  return granted
}

export async function addMember(write: Write, groupId: string, userId: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  await requireOwn(write, group)
  const user = await lockUser(write, userId)
  if (
    !(await access.addMember(
      db,
      actor.organisationId,
      groupId,
      userId,
      provenance(write, 'manual'),
    ))
  )
    return
  await events.append(db, actor, now, [
    { name: 'group.member_added', subject: subjectOf(user), after: { group: group.name, groupId } },
  ])
}

/** SC-36: who is in a group of the identity provider is decided there, as long as SCIM is the source. */
async function requireOwn({ db, actor }: Write, group: access.Named): Promise<void> {
  if (group.managedBy === 'portal') return
  const organisation = await organisations.find(db, actor.organisationId)
  if (organisation?.source !== 'scim') return
  throw new Refused({
    code: 'group.managed_externally',
    detail: `${group.name} belongs to the identity provider. Change its members there.`,
  })
}

/** SC-35: a manager ticks a group that the identity provider may take over, or takes the tick back. */
export async function letAdopt(write: Write, groupId: string, adoptable: boolean): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  if (group.isDefault) {
    throw new Refused({
      code: 'group.default_membership',
      detail: 'The Default group is not part of SCIM.',
    })
  }
  await requireOwn(write, group)
  if (group.adoptable === adoptable) return
  await access.setAdoptable(db, actor.organisationId, groupId, adoptable)
  await events.append(db, actor, now, [
    {
      name: 'group.changed',
      subject: { kind: 'group', id: groupId, label: group.name },
      before: { adoptable: group.adoptable },
      after: { adoptable },
    },
  ])
}

/** Nobody leaves the Default group (US-15). */
export async function removeMember(write: Write, groupId: string, userId: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const group = await access.findNamed(db, 'groups', actor.organisationId, groupId)
  if (!group) throw notFound('group')
  if (group.isDefault) {
    throw new Refused({
      code: 'group.default_membership',
      detail: 'Everyone is in the Default group.',
    })
  }
  await requireOwn(write, group)
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
}

export async function grantPool(
  write: Write,
  userId: string,
  poolId: string,
): Promise<{ id: string }> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const pool = await access.findNamed(db, 'pools', actor.organisationId, poolId)
  if (!pool) throw notFound('pool')
  const user = await lockUser(write, userId)
  const id = newId()
  const granted = await access.addGrant(db, actor.organisationId, {
    id,
    subjectKind: 'user',
    subjectId: userId,
    poolId,
    role: 'ROLE_USER',
    provenance: provenance(write, 'manual'),
  })
  if (!granted) {
    const grants = await access.grantsFor(db, actor.organisationId, { groupIds: [], userId }, now)
    return { id: grants.find((grant) => grant.poolId === poolId)?.id ?? id }
  }
  await events.append(db, actor, now, [
    {
      name: 'pool.granted',
      subject: subjectOf(user),
      after: { pool: pool.name, role: 'ROLE_USER' },
    },
  ])
  return { id }
}

export async function revokePool(write: Write, userId: string, grantId: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'access.write')
  const user = await lockUser(write, userId)
  const grant = await access.findGrant(db, actor.organisationId, grantId)
  if (grant?.subjectKind !== 'user' || grant.subjectId !== userId) throw notFound('grant')
  const pool = await access.findNamed(db, 'pools', actor.organisationId, grant.poolId)
  await access.removeGrant(db, actor.organisationId, grantId)
  await events.append(db, actor, now, [
    {
      name: 'pool.revoked',
      subject: subjectOf(user),
      before: { pool: pool?.name, role: grant.role },
    },
  ])
}
