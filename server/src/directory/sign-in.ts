import { minutes } from '../lib/clock.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { Factor, SignInStep } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import { isByPassword, nextStep } from '../policy/index.ts'
import {
  accounts,
  installation,
  organisations,
  secondFactors,
  tickets,
  users,
} from '../store/index.ts'
import { type AttemptReport, recordAttempt } from './attempts.ts'
import { sendMail } from './mail.ts'
import { type Browser, nameOf, type OpenedSession, openSession, signedIn } from './sessions.ts'
import { lockOrganisation, type Read, type Write } from './write.ts'

const ticketMinutes = 5
const triesAtMost = 5

/** What stands between a right password and a session; the cookie's value is shown once. */
export type Waiting = {
  step: SignInStep
  /** By what the person can prove themselves. */
  ways: Factor[]
  expiresAt: number
  /** Undefined when the browser has it already. */
  cookie: string | undefined
}
export type LetIn = { session: OpenedSession; user: User; returnTo: string } | { waiting: Waiting }
export type Proof =
  | { factor: 'totp'; step: number | undefined }
  | { factor: 'recovery_code'; hash: string }
  | { factor: 'passkey'; id: string; counter: number; challengeHash: string }
  /** Nothing that could be read. */
  | { factor: 'none' }

export const noTicket: Refusal = {
  code: 'auth.required',
  detail: 'This sign-in took too long or is over. Start again with your e-mail and password.',
}

/** What a password sign-in needs to be checked; the hash is compared outside the transaction. */
export async function passwordFacts({ db, actor }: Read, email: string) {
  const organisation = await organisations.find(db, actor.organisationId)
  const folded = readEmailAddress(email)?.folded
  const user = folded ? await users.findByEmail(db, actor.organisationId, folded) : undefined
  const password = user && (await accounts.password(db, actor.organisationId, user.id))
  return { organisation, user, hash: password?.hash }
}

/**
 * Goes on after a right password: the person is checked again under the lock (LM-34), and gets a
 * session when nothing else is asked of them.
 */
export async function signInWithPassword(
  write: Write,
  userId: string,
  { browser, returnTo }: { browser: Browser; returnTo: string },
  report: AttemptReport,
): Promise<LetIn | { refusal: Refusal }> {
  const organisation = await lockOrganisation(write)
  const user = await users.lock(write.db, organisation.id, userId)
  const refusal = refusePassword(organisation, user)
  if (refusal || !user) {
    const answer = refusal ?? {
      code: 'auth.invalid_credentials',
      detail: 'Wrong e-mail or password.',
    }
    await recordAttempt(write, {
      ...report,
      code: answer.code,
      remedy: answer.detail,
      userId,
      email: user?.email ?? null,
    })
    return { refusal: answer }
  }
  return letIn(write, { organisation, user, browser, returnTo, report })
}

export function refusePassword(
  organisation: Organisation,
  user: User | undefined,
): Refusal | undefined {
  if (!isByPassword(organisation)) {
    return {
      code: 'login_method.disabled',
      detail: 'Passwords are not the login method of this organisation.',
    }
  }
  if (user && (user.status === 'deactivated' || user.held)) {
    return { code: 'user.deactivated', detail: 'This person is deactivated here.' }
  }
  if (user && user.emailVerifiedAt === null) {
    return {
      code: 'email.not_verified',
      detail: 'The e-mail address is not proved yet. Use the link in the activation mail.',
    }
  }
  return undefined
}

/**
 * Gives whoever proved the password, or holds a link, their session, or a ticket for what is still to
 * be done: nobody has a session before all of it is (SE-11).
 */
export async function letIn(
  write: Write,
  entry: {
    organisation: Organisation
    user: User
    browser: Browser
    returnTo: string
    ticket?: tickets.Ticket
    report?: AttemptReport
  },
): Promise<LetIn> {
  const { db, now } = write
  const { organisation, user, browser, returnTo, ticket, report } = entry
  const factor = ticket?.factor ?? null
  const { step, ways } = await progressOf(write, organisation, user.id, factor)
  if (step) {
    const opened = ticket ? undefined : await openTicket(write, user, returnTo)
    const expiresAt = ticket?.expires_at ?? now + minutes(ticketMinutes)
    return { waiting: { step, ways, expiresAt, cookie: opened } }
  }
  if (ticket) await tickets.remove(db, ticket)
  const active = await signedIn(write, user, 'password', factor ? { factor } : undefined)
  const session = await openSession(write, { userId: user.id }, { method: 'password', browser })
  if (report) {
    await recordAttempt(write, { ...report, code: null, email: user.email, userId: user.id })
  }
  return { session, user: active, returnTo }
}

async function progressOf(
  { db }: Read,
  organisation: Organisation,
  userId: string,
  proved: Factor | null,
): Promise<{ step: SignInStep | undefined; ways: Factor[] }> {
  const held = await secondFactors.of(db, organisation.id, userId)
  const password = await accounts.password(db, organisation.id, userId)
  const ways = waysOf(held)
  const step = nextStep({
    hasFactor: ways.length > 0,
    isProved: proved !== null,
    mustChoosePassword: password?.must_change === 1,
    isRequired: organisation.loginMethod === 'password' && organisation.requireSecondFactor,
  })
  return { step, ways }
}

/** Recovery codes stand in for a factor that was lost; alone they are none. */
export function waysOf({ totp, passkeys, recoveryCodes }: secondFactors.Held): Factor[] {
  const ways: Factor[] = [
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(totp ? (['totp'] as const) : []),
  ]
  return ways.length > 0 && recoveryCodes > 0 ? [...ways, 'recovery_code'] : ways
}

async function openTicket({ db, actor, now }: Write, user: User, returnTo: string) {
  const secret = newSecret()
  await tickets.add(db, {
    org_id: actor.organisationId,
    hash: hashSecret(secret),
    user_id: user.id,
    factor: null,
    return_to: returnTo,
    tries: 0,
    expires_at: now + minutes(ticketMinutes),
  })
  return `${actor.organisationId}.${secret}`
}

export function toKey(passkey: secondFactors.Passkey) {
  return {
    id: passkey.id,
    publicKey: passkey.public_key,
    counter: passkey.counter,
    transports: JSON.parse(passkey.transports) as string[],
    backedUp: passkey.backed_up === 1,
  }
}

/** Where a sign-in stands; the browser shows its ticket. */
export async function readTicket(read: Read, secret: string) {
  const { db, actor, now } = read
  const ticket = await tickets.find(db, actor.organisationId, hashSecret(secret), now)
  const user = ticket && (await users.find(db, actor.organisationId, ticket.user_id))
  const organisation = await organisations.find(db, actor.organisationId)
  if (!ticket || !user || !organisation || refusePassword(organisation, user)) {
    throw new Refused(noTicket)
  }
  const { totp, passkeys } = await secondFactors.of(db, actor.organisationId, user.id)
  const progress = await progressOf(read, organisation, user.id, ticket.factor)
  const factors = { sealedTotp: totp?.secret, passkeys: passkeys.map(toKey) }
  return { user, organisation, ...factors, ...progress, expiresAt: ticket.expires_at }
}

/** Proves the second factor: tries are counted before they are judged, and a ticket has few of them. */
export async function proveFactor(
  write: Write,
  secret: string,
  proof: Proof,
  browser: Browser,
  report: AttemptReport,
): Promise<LetIn | { refusal: Refusal }> {
  const { db, actor, now } = write
  const { organisation, user } = await holdTicket(write, secret, 'second_factor')
  const ticket = await tickets.countTry(db, actor.organisationId, hashSecret(secret), {
    now,
    atMost: triesAtMost,
  })
  if (!ticket) throw new Refused(noTicket)
  if (proof.factor === 'none' || !(await isRight(write, user, proof))) {
    return { refusal: await refuseFactor(write, organisation, user, ticket, report) }
  }
  await tickets.prove(db, ticket, proof.factor)
  if (proof.factor === 'recovery_code') {
    await sendMail(
      write,
      organisation,
      { template: 'security_notice', what: 'recovery_code_used' },
      user,
    )
  }
  const proved = { ...ticket, factor: proof.factor }
  return letIn(write, {
    organisation,
    user,
    browser,
    returnTo: ticket.return_to,
    ticket: proved,
    report,
  })
}

type Shown = Exclude<Proof, { factor: 'none' }>

async function isRight({ db, now }: Write, user: User, proof: Shown): Promise<boolean> {
  const { organisationId, id } = user
  if (proof.factor === 'recovery_code') {
    return secondFactors.consumeRecoveryCode(db, organisationId, id, proof.hash)
  }
  if (proof.factor === 'passkey') {
    const { challengeHash: hash, counter } = proof
    const isAnswer = await secondFactors.consumeChallenge(db, organisationId, id, hash, now)
    const passkey = { org_id: organisationId, user_id: id, id: proof.id }
    return isAnswer && secondFactors.usePasskey(db, passkey, counter, now)
  }
  if (proof.step === undefined) return false
  return secondFactors.consumeTotpStep(db, organisationId, id, proof.step)
}

async function refuseFactor(
  write: Write,
  organisation: Organisation,
  user: User,
  ticket: tickets.Ticket,
  report: AttemptReport,
): Promise<Refusal> {
  const { db, now } = write
  const isSpent = ticket.tries >= triesAtMost
  const refusal: Refusal = {
    code: 'auth.invalid_credentials',
    detail: isSpent
      ? 'Too many wrong codes. Start again with your e-mail and password.'
      : 'This code is wrong, or was used before.',
  }
  await recordAttempt(write, {
    ...report,
    code: refusal.code,
    rule: 'second factor',
    email: user.email,
    userId: user.id,
    remedy: 'The password was right. Each code works once; a manager can reset the second factor.',
  })
  if (!isSpent) return refusal
  await tickets.remove(db, ticket)
  const today = `second factor ${user.id} ${new Date(now).toISOString().slice(0, 10)}`
  if (await installation.announceOnce(db, organisation.id, today, now)) {
    const what = 'second_factor_guessed'
    await sendMail(write, organisation, { template: 'security_notice', what }, user)
  }
  return refusal
}

/** The person whose ticket this is, held until the transaction ends; refuses out of turn. */
export async function holdTicket(write: Write, secret: string, expected: SignInStep) {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const seen = await tickets.find(db, organisation.id, hashSecret(secret), now)
  const user = seen && (await users.lock(db, organisation.id, seen.user_id))
  const ticket = seen && (await tickets.find(db, organisation.id, hashSecret(secret), now))
  if (!ticket || !user || refusePassword(organisation, user)) throw new Refused(noTicket)
  const { step } = await progressOf(write, organisation, user.id, ticket.factor)
  if (step !== expected) throw new Refused(noTicket)
  const own: Write = {
    ...write,
    actor: { ...actor, kind: 'user', id: user.id, label: nameOf(user) },
  }
  return { organisation, user, ticket, own }
}
