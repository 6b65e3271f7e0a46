import { days } from '../lib/clock.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { decideManagerLoss, isWorking, type ManagerFacts } from '../policy/index.ts'
import {
  access,
  accounts,
  events,
  installation,
  organisations,
  together,
  users,
} from '../store/index.ts'
import { sendMail } from './mail.ts'
import type { Read, Write } from './write.ts'

/**
 * The one routine by which access ends, whoever ends it (US-11): sessions, links and access for a
 * time are gone when the transaction is. Roles, groups and pools stay for a return.
 */
export async function endAccess(
  { db, actor }: Write,
  userId: string,
): Promise<{ sessionsEnded: number; temporaryAccessEnded: number }> {
  const ended = await access.endOf(db, actor.organisationId, userId)
  return { sessionsEnded: ended.sessions, temporaryAccessEnded: ended.temporary }
}

/** Whoever may be deactivated by now is, unless they are the last working manager. */
export async function deactivate(
  write: Write,
  organisation: Organisation,
  user: User,
): Promise<void> {
  const { db, actor, now } = write
  await keepLastManager(write, organisation, user.id)
  const after: User = {
    ...user,
    status: 'deactivated',
    updatedAt: now,
    updatedBy: actor.label,
  }
  await users.update(db, user, after)
  const ended = await endAccess(write, user.id)
  await events.append(db, actor, now, [
    {
      name: 'user.deactivated',
      subject: { kind: 'user', id: user.id, label: user.email },
      before: { status: user.status },
      after: { status: 'deactivated' },
      data: ended,
    },
  ])
}

/**
 * Throws `manager.last_working` when this person is the last manager who can sign in (US-13). Who
 * asks holds the organisation alone or stands in its line, so that two managers cannot lose it to
 * each other (US-14).
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

/**
 * SC-24: the identity provider tried to take the last working manager away. Managers and emergency
 * accounts hear of it, once a day for each person.
 */
export async function tellLastManagerKept(write: Write, userId: string): Promise<void> {
  const { db, actor, now } = write
  const organisation = await organisations.find(db, actor.organisationId)
  const user = await users.find(db, actor.organisationId, userId)
  if (!organisation || !user) return
  const key = `last manager ${userId} ${Math.floor(now / days(1))}`
  if (!(await installation.announceOnce(db, organisation.id, key, now))) return
  const [managers, emergency] = await together(
    users.withRole(db, organisation.id, 'ROLE_MANAGER'),
    accounts.breakGlassAccounts(db, organisation.id),
  )
  const able = managers.filter(({ status }) => status !== 'deactivated')
  const contacts = emergency.map(({ id, email }) => ({ id, email, firstName: '' }))
  const mail = { template: 'last_manager_kept' as const, label: user.email }
  await sendMail(write, organisation, mail, ...able, ...contacts)
}

/** Whether a manager can sign in by the method in force. */
export async function hasWorkingManager(read: Read, organisation: Organisation): Promise<boolean> {
  const facts = await managerFacts(read, organisation)
  return facts.some((manager) => isWorking(manager, organisation.loginMethod))
}

async function managerFacts({ db }: Read, organisation: Organisation): Promise<ManagerFacts[]> {
  const found = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  const ids = found.map((user) => user.id)
  const [passwords, identities] = await together(
    accounts.withCredential(db, 'passwords', organisation.id, ids),
    accounts.withCredential(db, 'identities', organisation.id, ids),
  )
  return found.map((user) => ({
    id: user.id,
    status: user.status,
    held: user.held,
    hasPassword: passwords.has(user.id),
    hasIdentity: identities.has(user.id),
  }))
}
