import { newId } from '../lib/ids.ts'
import type { Organisation } from '../model/organisation.ts'
import type { Provenance, Role, User } from '../model/user.ts'
import { access, events, invitations } from '../store/index.ts'
import { sendMail } from './mail.ts'
import type { Write } from './write.ts'

/** A promise that somebody's arrival has used up. */
export type Claimed = {
  id: string
  roles: { role: Role; provenance: Provenance }[]
  firstName: string
  lastName: string
  keep(user: User): Promise<void>
}

/**
 * Whichever way an invited address arrives, the invitation is consumed, once, in the same act, with
 * what it promised (IN-9). One that has expired promises nothing and is gone as well.
 */
export async function claimInvitation(
  write: Write,
  organisationId: string,
  emailFolded: string,
): Promise<Claimed | undefined> {
  const { db, actor, now } = write
  const invitation = await invitations.findByEmail(db, organisationId, emailFolded)
  if (!invitation || !(await invitations.take(db, invitation))) return undefined
  if (invitation.expires_at <= now) return undefined
  const { roles, groupIds, poolIds } = invitations.promisedBy(invitation)
  const given: Provenance = {
    kind: 'invite',
    actor: invitation.inviter,
    actorId: invitation.inviter_id,
    rule: invitation.id,
    requestId: actor.requestId,
    at: now,
  }
  return {
    id: invitation.id,
    roles: roles.map((role) => ({ role, provenance: given })),
    firstName: invitation.first_name,
    lastName: invitation.last_name,
    async keep(user) {
      const named = (ids: string[]) => ids.map((id) => ({ id }))
      const groups = await access.stillThere(db, 'groups', organisationId, named(groupIds))
      const pools = await access.stillThere(db, 'pools', organisationId, named(poolIds))
      for (const { id } of groups) {
        await access.addMember(db, organisationId, id, user.id, given)
      }
      for (const { id: poolId } of pools) {
        await access.addGrant(db, organisationId, {
          id: newId(),
          subjectKind: 'user',
          subjectId: user.id,
          poolId,
          role: 'ROLE_USER',
          provenance: given,
        })
      }
      await events.append(db, actor, now, [
        {
          name: 'invitation.accepted',
          subject: { kind: 'user', id: user.id, label: user.email },
          after: { roles, groups: groups.map(({ id }) => id), pools: pools.map(({ id }) => id) },
          data: { invitation: invitation.id, by: user.joinedBy },
        },
      ])
    },
  }
}

/** Queues the mail of an open invitation; the link in it ends the one before. */
export function sendInvitation(
  write: Write,
  organisation: Pick<Organisation, 'id'>,
  invitation: invitations.Invitation,
): Promise<void> {
  const { id, email, first_name: firstName, inviter, expires_at: expiresAt } = invitation
  const mail = { template: 'invitation' as const, inviter, expiresAt }
  return sendMail(write, organisation, mail, { id, email, firstName })
}
