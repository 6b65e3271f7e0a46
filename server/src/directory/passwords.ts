import type { User } from '../model/user.ts'
import { accounts, events, tickets, users } from '../store/index.ts'
import { lockUser, subjectOf } from './people.ts'
import type { Write } from './write.ts'

/** An operator gives somebody their first password, and vouches for whose address it is. */
export async function giveFirstPassword(write: Write, id: string, hash: string): Promise<void> {
  const user = await lockUser(write, id)
  await users.update(write.db, user, {
    ...user,
    emailVerifiedAt: user.emailVerifiedAt ?? write.now,
  })
  await setPassword(write, user, hash)
}

/**
 * A password from now on. Whoever came as far as a ticket with the old one starts again.
 * @param mustChange a manager chose it: it opens nothing but the choice of another (EM-5).
 * @param ticket that of the sign-in in which it is chosen.
 */
export async function setPassword(
  { db, actor, now }: Write,
  user: User,
  hash: string,
  { mustChange = false, ticket }: { mustChange?: boolean; ticket?: tickets.Ticket } = {},
): Promise<void> {
  await accounts.putPassword(db, {
    org_id: user.organisationId,
    user_id: user.id,
    hash,
    set_at: now,
    must_change: mustChange ? 1 : 0,
  })
  await tickets.removeOf(db, user.organisationId, user.id, ticket?.hash)
  await events.append(db, actor, now, [
    {
      name: 'user.password_set',
      subject: subjectOf(user),
      ...(mustChange && { data: { mustChange } }),
    },
  ])
}
