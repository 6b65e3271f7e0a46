import { hashSecret } from '../lib/secrets.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { decideOwnPassword, isByPassword } from '../policy/index.ts'
import { accounts, events, organisations, sessions, users } from '../store/index.ts'
import { type AttemptReport, byMethod, recordAttempt } from './attempts.ts'
import { sendMail } from './mail.ts'
import { setPassword } from './passwords.ts'
import { expectMayOpen, lockUser } from './people.ts'
import { completeRegistration } from './self-service.ts'
import { type Browser, nameOf } from './sessions.ts'
import { holdTicket, type LetIn, letIn, passwordFacts, refusePassword } from './sign-in.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/**
 * "Forgot password?" (LM-37). Known or not, the request is noted in the sign-in log, so that both
 * take the same work; only a person who can use it gets the mail.
 */
export async function requestReset(
  write: Write,
  email: string,
  mayMail: boolean,
  report: AttemptReport,
): Promise<Refusal | undefined> {
  const { organisation, user } = await passwordFacts(write, email)
  if (!organisation) throw notFound('organisation')
  const refusal = refusePassword(organisation, undefined)
  const told = { ...report, email, userId: user?.id ?? null }
  if (refusal) {
    await recordAttempt(write, { ...told, ...byMethod(refusal) })
    return refusal
  }
  await recordAttempt(write, { ...told, code: null })
  const mayReset = user && user.status !== 'deactivated' && !user.held
  if (mayReset && mayMail) await sendMail(write, organisation, 'reset', user)
  return undefined
}

const expired: Refusal = {
  code: 'activation.expired',
  detail:
    'This link is used, expired or replaced by a newer one. Ask a manager of your organisation for a new one.',
}

/** Someone's own password, chosen while they are signed in; their other sessions end with the old one. */
export async function setOwnPassword(write: Write, hash: string): Promise<void> {
  const { db, actor } = write
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, actor.id ?? '')
  const refusal = decideOwnPassword(organisation, actor.roles)
  if (refusal) throw new Refused(refusal)
  await setPassword(write, user, hash)
  await sessions.endOthers(db, organisation.id, user.id, actor.sessionId ?? '')
}

/** Opening a link consumes nothing (MU-9). */
export async function readLink({ db, actor, now }: Read, token: string) {
  const link = await accounts.findLink(db, actor.organisationId, hashSecret(token), now)
  const organisation = await organisations.find(db, actor.organisationId)
  const user = link && (await users.find(db, actor.organisationId, link.user_id))
  if (!organisation || !link || !user || user.status === 'deactivated') throw new Refused(expired)
  if (link.kind === 'recovery') throw new Refused(expired)
  return { organisation, user, kind: link.kind }
}

/**
 * The person chose a password by their link: it proves the address, ends their other sessions when
 * they had a password before (LM-37), and signs them in. It replaces no second factor.
 */
export async function choosePassword(
  write: Write,
  token: string,
  passwordHash: string,
  browser: Browser,
  report: AttemptReport,
): Promise<LetIn | { refusal: Refusal }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  if (!isByPassword(organisation)) {
    const refusal: Refusal = {
      code: 'login_method.disabled',
      detail: `People sign in to ${organisation.name} another way. Open its sign-in page.`,
    }
    await recordAttempt(write, { ...report, ...byMethod(refusal) })
    return { refusal }
  }
  const link = await accounts.consumeLink(db, actor.organisationId, hashSecret(token), now)
  const found = link && (await users.lock(db, actor.organisationId, link.user_id))
  if (!found || found.status === 'deactivated' || found.held) throw new Refused(expired)
  const closed = await completeRegistration(write, organisation, found)
  if (closed) throw new Refused(closed)
  const proved: User = { ...found, emailVerifiedAt: found.emailVerifiedAt ?? now }
  // Whoever holds the link is the person: the acts are theirs.
  const own = {
    ...write,
    actor: { ...actor, kind: 'user' as const, id: found.id, label: nameOf(found) },
  }
  await setPassword(own, found, passwordHash)
  await sessions.endOf(db, organisation.id, found.id)
  await users.update(db, found, proved)
  const user = { ...proved, version: found.version + 1 }
  return letIn(own, { organisation, user, browser, returnTo: `/o/${organisation.slug}` })
}

/** Instead of the one that a manager chose (EM-5); the sign-in under way goes on. */
export async function replacePassword(
  write: Write,
  secret: string,
  hash: string,
  browser: Browser,
): Promise<LetIn> {
  const { organisation, user, ticket, own } = await holdTicket(write, secret, 'new_password')
  await setPassword(own, user, hash, { ticket })
  await sessions.endOf(write.db, organisation.id, user.id)
  return letIn(own, { organisation, user, browser, returnTo: ticket.return_to, ticket })
}

export async function listAdoptions({ db, actor }: Read) {
  allow(actor, 'users.read')
  const rows = await accounts.adoptions(db, actor.organisationId)
  return Promise.all(
    rows.map(async (row) => {
      const user = await users.find(db, actor.organisationId, row.user_id)
      return { row, name: user ? nameOf(user) : row.email }
    }),
  )
}

/** Approval links the very subject that asked; the next sign-in is theirs (JI-20). */
export async function decideAdoption(
  write: Write,
  id: string,
  state: 'approved' | 'declined',
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const entry = await accounts.decideAdoption(db, actor.organisationId, id, state)
  if (!entry) throw notFound('open entry in the adoption queue')
  // Whom it lets in has all that the account has (MU-11).
  if (state === 'approved') await expectMayOpen(write, entry.user_id)
  await events.append(db, actor, now, [
    {
      name: state === 'approved' ? 'adoption.approved' : 'adoption.declined',
      subject: { kind: 'user', id: entry.user_id, label: entry.email },
      data: { issuer: entry.issuer, subject: entry.subject, risk: entry.risk },
    },
  ])
}

export const preference = ({ db, actor }: Read, key: string) =>
  actor.id ? accounts.preference(db, actor.organisationId, actor.id, key) : Promise.resolve(null)

/** What a person likes to see is theirs alone and no change of the directory: it has no event. */
export const putPreference = async ({ db, actor }: Write, key: string, value: unknown) => {
  if (actor.id) await accounts.putPreference(db, actor.organisationId, actor.id, key, value)
}
