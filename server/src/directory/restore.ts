import { readEmailAddress } from '../lib/email-address.ts'
import { Refused } from '../model/refusals.ts'
import type { Role, User } from '../model/user.ts'
import { decideAssignment, decideManualEntry, decideRoles } from '../policy/index.ts'
import { events, tombstones, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { subjectOf } from './people.ts'
import { belongingsOf, restoreFrom } from './tombstones.ts'
import { allow, lockOrganisation, notFound, type Write } from './write.ts'

/**
 * Throws `user.restorable` when this address belongs to somebody whom the identity provider deleted
 * and who may still come back (MU-7): whoever has the address is that person, and not a stranger.
 */
export async function refuseRestorable({ db, actor, now }: Write, email: string): Promise<void> {
  const folded = readEmailAddress(email)?.folded
  if (!folded) return
  const left = await tombstones.findByEmail(db, actor.organisationId, folded, now)
  if (!left || (await users.findByEmail(db, actor.organisationId, folded))) return
  throw new Refused({
    code: 'user.restorable',
    detail: `${left.label} was here and was deleted by the identity provider. Restore them: roles, groups and pools come back.`,
    errors: [{ pointer: '/email', code: 'user.restorable' }],
    userId: left.id,
  })
}

/** Brings somebody back under their old id, Pending until they sign in again (MU-7). */
export async function restoreUser(write: Write, id: string): Promise<User> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const tombstone = await tombstones.findById(db, organisation.id, id, now)
  if (!tombstone) throw notFound('deleted person')
  const kept = belongingsOf(tombstone)
  const roles = kept.roles.map(({ role }) => role as Role)
  const others = kept.groups.filter((group) => group.id !== organisation.defaultGroupId)
  const refusal =
    decideManualEntry(organisation, actor.kind === 'break_glass') ??
    decideRoles(actor, roles) ??
    decideAssignment(actor, {
      groupIds: others.map((group) => group.id),
      poolIds: kept.grants.map(({ poolId }) => poolId),
    })
  if (refusal) throw new Refused(refusal)

  const restored = await restoreFrom(write, organisation, tombstone)
  if (!restored) {
    throw new Refused({
      code: 'user.email_exists',
      detail: `${tombstone.label} is somebody else's address or user name by now.`,
    })
  }
  const user: User = {
    ...restored.user,
    status: 'pending',
    pendingReason: 'not_activated',
    managedBy: 'portal',
    updatedBy: actor.label,
    updatedAt: now,
  }
  await users.update(db, restored.user, user)
  await sendMail(write, organisation, 'activation', user)
  await events.append(db, actor, now, [
    {
      name: 'user.restored',
      subject: subjectOf(user),
      before: { deletedAt: tombstone.deleted_at, managedBy: kept.user.managedBy },
      after: { status: user.status, managedBy: user.managedBy, roles },
    },
  ])
  return user
}
