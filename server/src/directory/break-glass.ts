import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import { decideRoles, drillDueAt, isProved } from '../policy/index.ts'
import { accounts, events, secondFactors, sessions, users } from '../store/index.ts'
import { type AttemptReport, recordAttempt } from './attempts.ts'
import { sendMail } from './mail.ts'
import { keepPasskey, type NewPasskey } from './second-factor.ts'
import { type Browser, type OpenedSession, openSession } from './sessions.ts'
import { toKey } from './sign-in.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

export type NewBreakGlass = {
  email: string
  passwordHash: string
  /** Sealed by the caller; null for one that an operator made and that enrols at its first use. */
  totpSecret: string | null
}

/** Such an account is all that a manager is, and so are its keys (MU-11). */
function allowEmergency(actor: Actor): void {
  allow(actor, 'identity.write')
  const refusal = decideRoles(actor, ['ROLE_MANAGER'])
  if (refusal) throw new Refused(refusal)
}

/** An emergency account: a manager that no source and no login method governs (SE-12). */
export async function createBreakGlass(write: Write, account: NewBreakGlass) {
  const { db, actor, now } = write
  allowEmergency(actor)
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

/** The emergency accounts with their passkeys, of which nothing leaves but how they are called and told apart. */
export async function breakGlassWithPasskeys(read: Read) {
  const { db, actor } = read
  const all = await breakGlassView(read)
  return Promise.all(
    all.map(async (account) => {
      const { passkeys } = await secondFactors.of(db, actor.organisationId, account.id)
      return {
        ...account,
        passkeys: passkeys.map(({ id, label, added_at, last_used_at }) => ({
          id,
          label,
          addedAt: added_at,
          lastUsedAt: last_used_at,
        })),
      }
    }),
  )
}

/** To whom a manager adds a passkey, and those that are there. */
export async function breakGlassOwner({ db, actor }: Read, id: string) {
  allowEmergency(actor)
  const account = await accounts.breakGlassAccount(db, actor.organisationId, { id })
  if (!account) throw notFound('emergency account')
  const { passkeys } = await secondFactors.of(db, actor.organisationId, id)
  return { account, passkeys: passkeys.map((one) => ({ ...toKey(one), label: one.label })) }
}

/** A key that lies in a safe beside the password; it opens the account instead of the code (SE-12). */
export async function addBreakGlassPasskey(
  write: Write,
  id: string,
  made: Omit<NewPasskey, 'factor'>,
): Promise<void> {
  const { db, actor, now } = write
  const { account, passkeys } = await breakGlassOwner(write, id)
  const owner = { organisationId: actor.organisationId, id }
  await keepPasskey(write, owner, made, passkeys.length)
  await events.append(db, actor, now, [
    {
      name: 'break_glass.passkey_added',
      subject: { kind: 'break_glass', id, label: account.email },
      data: { label: made.label },
    },
  ])
}

/**
 * A key that is lost opens nothing any more, and neither does what it opened before. What is left has
 * perhaps never opened the account, so it counts as not proved until it has (SE-14).
 */
export async function removeBreakGlassPasskey(
  write: Write,
  id: string,
  passkeyId: string,
): Promise<void> {
  const { db, actor, now } = write
  const { organisationId } = actor
  await lockOrganisation(write, 'alone')
  const { account, passkeys } = await breakGlassOwner(write, id)
  const lost = passkeys.find((passkey) => passkey.id === passkeyId)
  if (!lost) throw notFound('passkey')
  await secondFactors.removePasskeys(db, organisationId, id, passkeyId)
  await accounts.changeBreakGlass(db, organisationId, id, { credentials_changed_at: now })
  await sessions.endOfBreakGlass(db, organisationId, id)
  await events.append(db, actor, now, [
    {
      name: 'break_glass.passkey_removed',
      subject: { kind: 'break_glass', id, label: account.email },
      data: { label: lost.label },
    },
  ])
}

/** @returns undefined for an address that no emergency account has. */
export async function findBreakGlass({ db, actor }: Read, email: string) {
  const emailFolded = readEmailAddress(email)?.folded
  if (!emailFolded) return undefined
  const account = await accounts.breakGlassAccount(db, actor.organisationId, { emailFolded })
  if (!account) return undefined
  const { passkeys } = await secondFactors.of(db, actor.organisationId, account.id)
  return { ...account, passkeys: passkeys.map(toKey) }
}

/** While SSO is in force the last proved account stays (SE-14). */
export async function deleteBreakGlass(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allowEmergency(actor)
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
  await secondFactors.removePasskeys(db, actor.organisationId, id)
  await sessions.endOfBreakGlass(db, actor.organisationId, id)
  await events.append(db, actor, now, [
    { name: 'break_glass.deleted', subject: { kind: 'break_glass', id, label: leaving.email } },
  ])
}

export type EmergencyProof =
  | { totpStep: number }
  | { passkey: { id: string; counter: number; challengeHash: string } }

/** The same words whatever was wrong (SE-4). */
export const wrongEmergency: Refusal = {
  code: 'auth.invalid_credentials',
  detail: 'Wrong e-mail, password, code or passkey.',
}

/** Opens at most 60 minutes and tells every manager (SE-13). */
export async function signInEmergency(
  write: Write,
  accountId: string,
  proof: EmergencyProof,
  browser: Browser,
  report: AttemptReport,
): Promise<{ session: OpenedSession } | { refusal: Refusal }> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const account = await accounts.breakGlassAccount(db, actor.organisationId, { id: accountId })
  if (!account || !(await isFresh(write, accountId, proof))) {
    const refusal = wrongEmergency
    await recordAttempt(write, {
      ...report,
      code: refusal.code,
      rule: 'totpStep' in proof ? 'one-time code' : 'passkey',
      remedy: 'Each code and each answer of a passkey works once. Try again with the next one.',
    })
    return { refusal }
  }
  await accounts.changeBreakGlass(db, actor.organisationId, accountId, {
    last_sign_in_at: now,
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
        data: { opensUntil: session.expiresAt, factor: 'totpStep' in proof ? 'totp' : 'passkey' },
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

/** Uses the proof up; false when it was used before. */
async function isFresh(
  { db, actor, now }: Write,
  accountId: string,
  proof: EmergencyProof,
): Promise<boolean> {
  const { organisationId } = actor
  if ('totpStep' in proof) {
    return accounts.consumeTotpStep(db, organisationId, accountId, proof.totpStep)
  }
  const { id, counter, challengeHash } = proof.passkey
  const asked = await secondFactors.consumeChallenge(
    db,
    organisationId,
    accountId,
    challengeHash,
    now,
  )
  const passkey = { org_id: organisationId, user_id: accountId, id }
  return asked && (await secondFactors.usePasskey(db, passkey, counter, now))
}
