import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret } from '../lib/secrets.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { decideOwnPassword, drillDueAt, isProved } from '../policy/index.ts'
import { accounts, events, organisations, sessions, users } from '../store/index.ts'
import { type AttemptReport, recordAttempt } from './attempts.ts'
import { sendMail } from './mail.ts'
import { setPassword } from './passwords.ts'
import { lockUser } from './people.ts'
import { completeRegistration } from './self-service.ts'
import { type Browser, nameOf, type OpenedSession, openSession } from './sessions.ts'
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
): Promise<void> {
  const { organisation, user } = await passwordFacts(write, email)
  const byPassword = organisation && refusePassword(organisation, undefined) === undefined
  const mayReset = byPassword && user && user.status !== 'deactivated' && !user.held
  await recordAttempt(write, { ...report, code: null, email, userId: user?.id ?? null })
  if (mayReset && mayMail) await sendMail(write, organisation, 'reset', user)
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
): Promise<LetIn> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  if (organisation.loginMethod !== null && organisation.loginMethod !== 'password') {
    throw new Refused({
      code: 'login_method.disabled',
      detail: `People sign in to ${organisation.name} another way. Open its sign-in page.`,
    })
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

export type NewBreakGlass = {
  email: string
  passwordHash: string
  /** Sealed by the caller; null for one that an operator made and that enrols at its first use. */
  totpSecret: string | null
}

/** An emergency account: a manager that no source and no login method governs (SE-12). */
export async function createBreakGlass(write: Write, account: NewBreakGlass) {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const address = readEmailAddress(account.email)
  if (!address) {
    throw new Refused({
      code: 'request.invalid',
      detail: `${account.email} is not an e-mail address.`,
      errors: [{ pointer: '/email', code: 'email' }],
    })
  }
  const row: accounts.BreakGlassAccount = {
    org_id: actor.organisationId,
    id: newId(),
    email: address.address,
    email_folded: address.folded,
    password_hash: account.passwordHash,
    totp_secret: account.totpSecret,
    totp_last_step: 0,
    created_at: now,
    credentials_changed_at: now,
    last_sign_in_at: null,
  }
  if (!(await accounts.addBreakGlass(db, row))) {
    throw new Refused({
      code: 'user.email_exists',
      detail: `${address.address} is an emergency account already.`,
      errors: [{ pointer: '/email', code: 'user.email_exists' }],
    })
  }
  await events.append(db, actor, now, [
    { name: 'break_glass.created', subject: { kind: 'break_glass', id: row.id, label: row.email } },
  ])
  return row
}

export async function breakGlassView({ db, actor, now }: Read) {
  allow(actor, 'identity.read')
  const rows = await accounts.breakGlassAccounts(db, actor.organisationId)
  return rows.map((row) => {
    const facts = {
      lastSignInAt: row.last_sign_in_at,
      credentialsChangedAt: row.credentials_changed_at,
    }
    return {
      id: row.id,
      email: row.email,
      createdAt: row.created_at,
      credentialsChangedAt: row.credentials_changed_at,
      lastSignInAt: row.last_sign_in_at,
      proved: isProved(facts, now),
      drillDueAt: drillDueAt(facts),
    }
  })
}

export const findBreakGlass = async ({ db, actor }: Read, email: string) => {
  const folded = readEmailAddress(email)?.folded
  return folded
    ? accounts.breakGlassAccount(db, actor.organisationId, { emailFolded: folded })
    : undefined
}

/** While SSO is in force the last proved account stays (SE-14). */
export async function deleteBreakGlass(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const all = await breakGlassView(write)
  const leaving = all.find((account) => account.id === id)
  if (!leaving) throw notFound('emergency account')
  const others = all.filter((account) => account.id !== id)
  const keepsOne = leaving.proved ? others.some((account) => account.proved) : others.length > 0
  if (organisation.loginMethod === 'sso' && !keepsOne) {
    throw new Refused({
      code: 'break_glass.last',
      detail:
        'This is the last proved emergency account, and SSO is in force. Prove another one first.',
    })
  }
  await accounts.removeBreakGlass(db, actor.organisationId, id)
  await sessions.endOfBreakGlass(db, actor.organisationId, id)
  await events.append(db, actor, now, [
    { name: 'break_glass.deleted', subject: { kind: 'break_glass', id, label: leaving.email } },
  ])
}

export type EmergencyProof = { accountId: string; totpStep: number; enrolledSecret?: string }

/** Opens at most 60 minutes and tells every manager (SE-13). */
export async function signInEmergency(
  write: Write,
  { accountId, totpStep, enrolledSecret }: EmergencyProof,
  browser: Browser,
  report: AttemptReport,
): Promise<{ session: OpenedSession } | { refusal: Refusal }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const account = await accounts.breakGlassAccount(db, actor.organisationId, { id: accountId })
  const fresh =
    account && (await accounts.consumeTotpStep(db, actor.organisationId, accountId, totpStep))
  if (!account || !fresh) {
    const refusal: Refusal = {
      code: 'auth.invalid_credentials',
      detail: 'Wrong e-mail, password or code.',
    }
    await recordAttempt(write, {
      ...report,
      code: refusal.code,
      rule: 'one-time code',
      remedy: 'Each code works once. Wait for the next one.',
    })
    return { refusal }
  }
  await accounts.changeBreakGlass(db, actor.organisationId, accountId, {
    last_sign_in_at: now,
    ...(enrolledSecret && { totp_secret: enrolledSecret }),
  })
  const session = await openSession(
    write,
    { breakGlassId: accountId },
    { method: 'emergency', browser },
  )
  await events.append(
    db,
    { ...actor, kind: 'break_glass', id: account.id, label: account.email },
    now,
    [
      {
        name: 'break_glass.used',
        subject: { kind: 'break_glass', id: account.id, label: account.email },
        data: { opensUntil: session.expiresAt },
      },
    ],
  )
  const managers = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  await sendMail(
    write,
    organisation,
    'break_glass_used',
    ...managers.filter((one) => one.status !== 'deactivated'),
  )
  await recordAttempt(write, { ...report, code: null, email: account.email })
  return { session }
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
  { db, actor, now }: Write,
  id: string,
  state: 'approved' | 'declined',
): Promise<void> {
  allow(actor, 'users.write')
  const entry = await accounts.decideAdoption(db, actor.organisationId, id, state)
  if (!entry) throw notFound('open entry in the adoption queue')
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
