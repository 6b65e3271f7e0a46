import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import { decideManagerLoss, type ManagerFacts } from '../policy/index.ts'
import { access, accounts, sessions, users } from '../store/index.ts'
import type { Write } from './write.ts'

/**
 * The one routine by which access ends, whoever ends it (US-11): sessions, links and access for a
 * time are gone when the transaction is. Roles, groups and pools stay for a return.
 */
export async function endAccess(
  { db, actor }: Write,
  userId: string,
): Promise<{ sessionsEnded: number; temporaryAccessEnded: number }> {
  const sessionsEnded = await sessions.endOf(db, actor.organisationId, userId)
  await accounts.removeLinksOf(db, actor.organisationId, userId)
  const temporaryAccessEnded = await access.removeTemporary(db, actor.organisationId, userId)
  return { sessionsEnded, temporaryAccessEnded }
}

/**
 * Throws `manager.last_working` when this person is the last manager who can sign in (US-13). The
 * organisation has to be locked alone, so that two managers cannot lose it to each other (US-14).
 */
export async function keepLastManager(
  write: Write,
  organisation: Organisation,
  leavingId: string,
): Promise<void> {
  const facts = await managerFacts(write, organisation)
  const refusal = decideManagerLoss(facts, organisation.loginMethod, leavingId)
  if (refusal) throw new Refused(refusal)
}

async function managerFacts({ db }: Write, organisation: Organisation): Promise<ManagerFacts[]> {
  const found = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  const ids = found.map((user) => user.id)
  const [passwords, identities] = await Promise.all([
    accounts.withCredential(db, 'passwords', organisation.id, ids),
    accounts.withCredential(db, 'identities', organisation.id, ids),
  ])
  return found.map((user) => ({
    id: user.id,
    status: user.status,
    held: user.held,
    hasPassword: passwords.has(user.id),
    hasIdentity: identities.has(user.id),
  }))
}
