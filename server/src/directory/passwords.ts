import type { User } from '../model/user.ts'
import { accounts, events, tickets } from '../store/index.ts'
import { subjectOf } from './people.ts'
import type { Write } from './write.ts'

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
