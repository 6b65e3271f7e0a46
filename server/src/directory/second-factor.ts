import { minutes } from '../lib/clock.ts'
import type { SecurityNotice } from '../model/mail.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { Factor } from '../model/second-factor.ts'
import type { User } from '../model/user.ts'
import { decideFactorLoss, decideSecondFactor } from '../policy/index.ts'
import { events, organisations, secondFactors, tickets, users } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { expectMayOpen, lockUser, subjectOf } from './people.ts'
import type { Browser } from './sessions.ts'
import { holdTicket, type LetIn, letIn, toKey, waysOf } from './sign-in.ts'
import { allow, allowOn, lockOrganisation, notFound, type Read, type Write } from './write.ts'

const passkeysAtMost = 20
const challengeMinutes = 5

/** What a person has shown to hold. */
export type NewFactor = { factor: 'totp'; secret: string; step: number } | NewPasskey
export type NewPasskey = {
  factor: 'passkey'
  label: string
  challengeHash: string
  passkey: ReturnType<typeof toKey>
}

/** One's own second factor, or that of somebody whom one may read. */
export async function secondFactorView(read: Read, userId: string) {
  const { db, actor } = read
  allowOn(actor, userId, 'users.read')
  const organisation = await organisations.find(db, actor.organisationId)
  const user = await users.find(db, actor.organisationId, userId)
  if (!organisation || !user) throw notFound('user')
  const held = await secondFactors.of(db, actor.organisationId, userId)
  const isPossible = decideSecondFactor(organisation) === undefined
  return {
    isPossible,
    isRequired: isPossible && organisation.requireSecondFactor,
    totpSince: held.totp?.added_at ?? null,
    passkeys: held.passkeys.map(({ id, label, added_at, last_used_at, backed_up }) => ({
      id,
      label,
      addedAt: added_at,
      lastUsedAt: last_used_at,
      backedUp: backed_up === 1,
    })),
    recoveryCodesLeft: held.recoveryCodes,
  }
}

/** Whom the caller adds a factor for: themselves. */
export async function factorOwner({ db, actor }: Read) {
  const organisation = await organisations.find(db, actor.organisationId)
  const user = await users.find(db, actor.organisationId, actor.id ?? '')
  if (!organisation || !user) throw notFound('user')
  const refusal = decideSecondFactor(organisation)
  if (refusal) throw new Refused(refusal)
  const { passkeys } = await secondFactors.of(db, actor.organisationId, user.id)
  return { user, passkeys: passkeys.map(toKey) }
}

/** Remembers what a device was asked to sign; it is no change of the directory and has no event. */
export async function openChallenge(
  { db, actor, now }: Write,
  userId: string,
  hash: string,
): Promise<void> {
  await secondFactors.addChallenge(db, {
    org_id: actor.organisationId,
    hash,
    user_id: userId,
    expires_at: now + minutes(challengeMinutes),
  })
}

/**
 * One more factor from now on. A person's first brings them recovery codes.
 * @returns whether those codes are theirs now.
 */
export async function addFactor(
  write: Write,
  factor: NewFactor,
  codeHashes: string[],
): Promise<{ withCodes: boolean }> {
  const { organisation, user } = await owner(write)
  return { withCodes: await enrol(write, organisation, user, factor, codeHashes) }
}

/** The same between password and session, where the organisation requires a factor (SE-11). */
export async function enrolAndGoOn(
  write: Write,
  secret: string,
  { factor, codeHashes, browser }: { factor: NewFactor; codeHashes: string[]; browser: Browser },
): Promise<LetIn> {
  const { organisation, user, ticket, own } = await holdTicket(write, secret, 'enrolment')
  await enrol(own, organisation, user, factor, codeHashes)
  await tickets.prove(write.db, ticket, factor.factor)
  return letIn(write, {
    organisation,
    user,
    browser,
    returnTo: ticket.return_to,
    ticket: { ...ticket, factor: factor.factor },
  })
}

async function enrol(
  write: Write,
  organisation: Organisation,
  user: User,
  factor: NewFactor,
  codeHashes: string[],
): Promise<boolean> {
  const { db, actor, now } = write
  const held = await secondFactors.of(db, organisation.id, user.id)
  if (factor.factor === 'totp') {
    await secondFactors.putTotp(db, {
      org_id: organisation.id,
      user_id: user.id,
      secret: factor.secret,
      last_step: factor.step,
      added_at: now,
    })
  } else {
    await keepPasskey(write, user, factor, held.passkeys.length)
  }
  const isFirst = waysOf(held).length === 0
  if (isFirst) {
    await secondFactors.putRecoveryCodes(db, organisation.id, user.id, codeHashes, now)
  }
  const label = factor.factor === 'passkey' ? factor.label : undefined
  await events.append(db, actor, now, [
    {
      name: 'second_factor.added',
      subject: subjectOf(user),
      data: { factor: factor.factor, ...(label && { label }) },
    },
  ])
  const what = factor.factor === 'totp' ? 'totp_added' : 'passkey_added'
  await notify(write, organisation, user, what, label)
  return isFirst
}

/** @throws Refused when nobody was asked for it, or it is somebody's already. */
export async function keepPasskey(
  { db, now }: Write,
  { organisationId, id }: Pick<User, 'organisationId' | 'id'>,
  { passkey, label, challengeHash }: Omit<NewPasskey, 'factor'>,
  known: number,
): Promise<void> {
  const isAnswer = await secondFactors.consumeChallenge(db, organisationId, id, challengeHash, now)
  const isAdded =
    isAnswer &&
    known < passkeysAtMost &&
    (await secondFactors.addPasskey(db, {
      org_id: organisationId,
      id: passkey.id,
      user_id: id,
      label: label.trim(),
      public_key: passkey.publicKey,
      counter: passkey.counter,
      transports: JSON.stringify(passkey.transports),
      backed_up: passkey.backedUp ? 1 : 0,
      added_at: now,
      last_used_at: null,
    }))
  if (isAdded) return
  throw new Refused({
    code: 'request.invalid',
    detail:
      known >= passkeysAtMost
        ? `There are at most ${passkeysAtMost} passkeys for one account.`
        : 'This took too long, or the passkey is in use already. Try again.',
    errors: [{ pointer: '/passkey', code: 'wrong' }],
  })
}

/** @param passkeyId which; undefined for the authenticator app. */
export async function removeFactor(write: Write, passkeyId?: string): Promise<void> {
  const { db, actor, now } = write
  const { organisation, user } = await owner(write)
  const held = await secondFactors.of(db, organisation.id, user.id)
  const passkey = held.passkeys.find(({ id }) => id === passkeyId)
  if (passkeyId === undefined ? !held.totp : !passkey) throw notFound('second factor')
  const left = passkey
    ? { ...held, passkeys: held.passkeys.filter((one) => one !== passkey) }
    : { ...held, totp: undefined }
  const others = waysOf(left).length
  const refusal = decideFactorLoss(organisation, others)
  if (refusal) throw new Refused(refusal)
  if (passkey) await secondFactors.removePasskeys(db, organisation.id, user.id, passkey.id)
  else await secondFactors.removeTotp(db, organisation.id, user.id)
  if (others === 0) await secondFactors.removeRecoveryCodes(db, organisation.id, user.id)
  const factor: Factor = passkey ? 'passkey' : 'totp'
  await events.append(db, actor, now, [
    {
      name: 'second_factor.removed',
      subject: subjectOf(user),
      data: { factor, ...(passkey && { label: passkey.label }) },
    },
  ])
  await notify(write, organisation, user, `${factor}_removed`, passkey?.label)
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

/** A manager takes the second factor from somebody who lost it. */
export async function resetSecondFactor(write: Write, userId: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const user = await lockUser(write, userId)
  await expectMayOpen(write, userId)
  const held = await secondFactors.of(db, organisation.id, userId)
  if (waysOf(held).length === 0) throw notFound('second factor')
  await secondFactors.removeTotp(db, organisation.id, userId)
  await secondFactors.removePasskeys(db, organisation.id, userId)
  await secondFactors.removeRecoveryCodes(db, organisation.id, userId)
  await tickets.removeOf(db, organisation.id, userId)
  await events.append(db, actor, now, [
    {
      name: 'second_factor.reset',
      subject: subjectOf(user),
      before: {
        totp: held.totp !== undefined,
        passkeys: held.passkeys.map(({ label }) => label),
        recoveryCodesLeft: held.recoveryCodes,
      },
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

function notify(
  write: Write,
  organisation: Organisation,
  user: User,
  what: SecurityNotice,
  label?: string,
) {
  const mail = { template: 'security_notice', what, ...(label && { label }) } as const
  return sendMail(write, organisation, mail, user)
}
