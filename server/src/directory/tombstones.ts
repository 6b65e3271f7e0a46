import type { EmailAddress } from '../lib/email-address.ts'
import type { Organisation } from '../model/organisation.ts'
import type { Provenance, User } from '../model/user.ts'
import {
  access,
  groups as groupRows,
  newcomers,
  scimPeople,
  sso,
  together,
  tombstones,
} from '../store/index.ts'
import type { Write } from './write.ts'

/** Everything that a person has, for their return. */
type Belongings = {
  user: scimPeople.ScimPerson['user']
  attributes: Record<string, unknown> | null
  roles: { role: string; provenance: Provenance }[]
  /** `timesSet` came with the second migration: who was deleted before it has none. */
  groups: { id: string; provenance: Provenance; timesSet?: number }[]
  grants: access.Grant[]
  identities: sso.Identity[]
}

export async function tombstoneOf(
  { db, now }: Write,
  { user, attributes }: scimPeople.ScimPerson,
  { userName, eraseAt }: { userName: string | null; eraseAt: number },
): Promise<tombstones.Tombstone> {
  const { organisationId, id } = user
  const [roles, groups, timesSet, grants, identities] = await together(
    access.rolesOf(db, organisationId, [id]),
    access.memberships(db, organisationId, [id]),
    groupRows.timesSet(db, organisationId, id),
    access.grantsFor(db, organisationId, { groupIds: [], userIds: [id] }, now),
    sso.identitiesOf(db, organisationId, id),
  )
  const belongings: Belongings = {
    user: { ...user, userName },
    attributes: attributes ?? null,
    roles: roles.map(({ role, provenance }) => ({ role, provenance })),
    groups: groups
      .filter((group) => !group.inherited)
      .map((group) => ({
        id: group.id,
        provenance: group.provenance,
        timesSet: timesSet.get(group.id) ?? 0,
      })),
    grants,
    identities,
  }
  return {
    org_id: organisationId,
    id,
    email_folded: user.emailFolded,
    // Who was never named by the identity provider is looked up by their address (SC-18).
    user_name_folded: (userName ?? user.email).toLowerCase(),
    external_id: user.externalId,
    label: user.email,
    person: JSON.stringify(belongings),
    deleted_at: now,
    erase_at: eraseAt,
  }
}

export function belongingsOf(tombstone: tombstones.Tombstone): Belongings {
  return JSON.parse(tombstone.person) as Belongings
}

/**
 * The identity provider takes people out of a group of whom some were deleted: these do not return to it.
 * @returns who would have.
 */
export async function stayAway(
  { db, actor }: Write,
  groupId: string,
  ids: string[],
): Promise<{ id: string; label: string }[]> {
  const { organisationId } = actor
  const away: { id: string; label: string }[] = []
  for (const tombstone of await tombstones.lockThose(db, organisationId, ids)) {
    const kept = belongingsOf(tombstone)
    const groups = kept.groups.filter(({ id }) => id !== groupId)
    if (groups.length === kept.groups.length) continue
    await tombstones.keep(db, tombstone, JSON.stringify({ ...kept, groups }))
    away.push(tombstone)
  }
  return away
}

/**
 * The person under their old id with all they had, deactivated until somebody says otherwise. Groups
 * and pools that were deleted meanwhile stay away, and groups whose members were set whole without
 * them. Its event is the caller's.
 * @param keys what they are known by now: the old ones may be somebody else's. Without, as before.
 * @returns undefined when these are somebody else's.
 */
export async function restoreFrom(
  { db, now }: Write,
  organisation: Organisation,
  { id }: Pick<tombstones.Tombstone, 'id'>,
  keys?: { userName: string; email: Pick<EmailAddress, 'address' | 'folded'> },
): Promise<scimPeople.ScimPerson | undefined> {
  // As it is now: a group may have been taken out of it since it was found.
  const left = await tombstones.remove(db, organisation.id, id)
  if (!left) return undefined
  const kept = belongingsOf(left)
  const groups = await groupRows.unsetSince(db, organisation.id, kept.groups)
  const status = 'deactivated' as const
  const user: User = {
    ...kept.user,
    organisationId: organisation.id,
    status,
    ...(keys && {
      userName: keys.userName,
      email: keys.email.address,
      emailFolded: keys.email.folded,
    }),
    updatedAt: now,
  }
  const landed = await newcomers.land(db, [
    { user, roles: kept.roles, groups, attributes: kept.attributes ?? undefined, event: undefined },
  ])
  if (landed.size === 0) return undefined
  for (const grant of await access.stillThere(
    db,
    'pools',
    organisation.id,
    kept.grants.map((one) => ({ ...one, grantId: one.id, id: one.poolId })),
  )) {
    await access.addGrant(db, organisation.id, { ...grant, id: grant.grantId })
  }
  await groupRows.touchOf(db, organisation.id, user.id, now)
  for (const identity of kept.identities) await sso.link(db, organisation.id, user.id, identity)
  return scimPeople.lock(db, organisation.id, user.id)
}
