import type { SecurityNotice } from '../model/mail.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { Role, User } from '../model/user.ts'
import { decideFactorLoss, decideRoles, decideSecondFactor } from '../policy/index.ts'
import { access, events, organisations, secondFactors, tickets, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { lockUser, subjectOf } from './people.ts'
import type { Browser } from './sessions.ts'
import { holdTicket, type LetIn, letIn, waysOf } from './sign-in.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/** A one-time-code secret that the person has shown to hold: sealed, with the step of that code. */
export type NewTotp = { secret: string; step: number }

/** One's own second factor, or that of somebody whom one may read. */
export async function secondFactorView(read: Read, userId: string) {
  const { db, actor } = read
  if (actor.id !== userId) allow(actor, 'users.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  if (!(await users.find(db, organisation.id, userId))) throw notFound('user')
  const held = await secondFactors.of(db, actor.organisationId, userId)
  const isPossible = decideSecondFactor(organisation) === undefined
  return {
    isPossible,
    isRequired: isPossible && organisation.requireSecondFactor,
    totpSince: held.totp?.added_at ?? null,
    recoveryCodesLeft: held.recoveryCodes,
  }
}

/**
 * An authenticator app from now on. Its first factor brings a person recovery codes.
 * @returns whether those codes are theirs now.
 */
export async function addTotp(
  write: Write,
  totp: NewTotp,
  codeHashes: string[],
): Promise<{ withCodes: boolean }> {
  const { organisation, user } = await owner(write)
  return { withCodes: await enrol(write, organisation, user, totp, codeHashes) }
}

/** The same between password and session, where the organisation requires a factor (SE-11). */
export async function enrolAndGoOn(
  write: Write,
  secret: string,
  { totp, codeHashes, browser }: { totp: NewTotp; codeHashes: string[]; browser: Browser },
): Promise<LetIn> {
  const { organisation, user, ticket, own } = await holdTicket(write, secret, 'enrolment')
  await enrol(own, organisation, user, totp, codeHashes)
  await tickets.prove(write.db, ticket, 'totp')
  return letIn(write, {
    organisation,
    user,
    browser,
    returnTo: ticket.return_to,
    ticket: { ...ticket, factor: 'totp' },
  })
}

async function enrol(
  write: Write,
  organisation: Organisation,
  user: User,
  totp: NewTotp,
  codeHashes: string[],
): Promise<boolean> {
  const { db, actor, now } = write
  const held = await secondFactors.of(db, organisation.id, user.id)
  await secondFactors.putTotp(db, {
    org_id: organisation.id,
    user_id: user.id,
    secret: totp.secret,
    last_step: totp.step,
    added_at: now,
  })
  const isFirst = waysOf(held).length === 0
  if (isFirst) {
    await secondFactors.putRecoveryCodes(db, organisation.id, user.id, codeHashes, now)
  }
  await events.append(db, actor, now, [
    { name: 'second_factor.added', subject: subjectOf(user), data: { factor: 'totp' } },
  ])
  await notify(write, organisation, user, 'totp_added')
  return isFirst
}

export async function removeTotp(write: Write): Promise<void> {
  const { db, actor, now } = write
  const { organisation, user } = await owner(write)
  const held = await secondFactors.of(db, organisation.id, user.id)
  if (!held.totp) throw notFound('second factor')
  const others = waysOf({ ...held, totp: undefined }).length
  const refusal = decideFactorLoss(organisation, others)
  if (refusal) throw new Refused(refusal)
  await secondFactors.removeTotp(db, organisation.id, user.id)
  if (others === 0) await secondFactors.removeRecoveryCodes(db, organisation.id, user.id)
  await events.append(db, actor, now, [
    { name: 'second_factor.removed', subject: subjectOf(user), data: { factor: 'totp' } },
  ])
  await notify(write, organisation, user, 'totp_removed')
}

/** New recovery codes; the ones from before open nothing any more. */
export async function renewRecoveryCodes(write: Write, hashes: string[]): Promise<void> {
  const { db, actor, now } = write
  const { organisation, user } = await owner(write)
  const held = await secondFactors.of(db, organisation.id, user.id)
  if (waysOf(held).length === 0) throw notFound('second factor')
  await secondFactors.putRecoveryCodes(db, organisation.id, user.id, hashes, now)
  await events.append(db, actor, now, [
    {
      name: 'recovery_codes.made',
      subject: subjectOf(user),
      before: { left: held.recoveryCodes },
      after: { left: hashes.length },
    },
  ])
  await notify(write, organisation, user, 'recovery_codes_made')
}

/**
 * A manager takes the second factor from somebody who lost it. Whoever may not give a person's roles
 * may not weaken their sign-in either (MU-11).
 */
export async function resetSecondFactor(write: Write, userId: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, userId)
  const roles = await access.rolesOf(db, organisation.id, [userId])
  const refusal = decideRoles(
    actor,
    roles.map((one) => one.role as Role),
  )
  if (refusal) throw new Refused(refusal)
  const held = await secondFactors.of(db, organisation.id, userId)
  if (waysOf(held).length === 0) throw notFound('second factor')
  await secondFactors.removeTotp(db, organisation.id, userId)
  await secondFactors.removeRecoveryCodes(db, organisation.id, userId)
  await tickets.removeOf(db, organisation.id, userId)
  await events.append(db, actor, now, [
    {
      name: 'second_factor.reset',
      subject: subjectOf(user),
      before: { totp: held.totp !== undefined, recoveryCodesLeft: held.recoveryCodes },
    },
  ])
  await notify(write, organisation, user, 'second_factor_reset')
}

/** The caller's own person, held until the transaction ends. */
async function owner(write: Write): Promise<{ organisation: Organisation; user: User }> {
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, write.actor.id ?? '')
  const refusal = decideSecondFactor(organisation)
  if (refusal) throw new Refused(refusal)
  return { organisation, user }
}

function notify(write: Write, organisation: Organisation, user: User, what: SecurityNotice) {
  return sendMail(write, organisation, { template: 'security_notice', what }, user)
}
