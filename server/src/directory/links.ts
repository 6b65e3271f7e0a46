import { days, minutes } from '../lib/clock.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { MailTemplate } from '../model/mail.ts'
import { Refused } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { decideRoles, isByPassword } from '../policy/index.ts'
import { accounts, events, switches, users } from '../store/index.ts'
import { linkForInvitation } from './invitations.ts'
import { isMailless, sendMail } from './mail.ts'
import { expectMayOpen, lockUser, subjectOf } from './people.ts'
import { allow, lockOrganisation, type Write } from './write.ts'

const activationDays = 7
const resetMinutes = 60

/** A one-time link; older ones of this person end (MU-9). @returns the token, shown once. */
export async function issueLink(
  { db, actor, now }: Write,
  user: User,
  kind: 'activation' | 'reset' = 'activation',
): Promise<string> {
  const token = `${user.organisationId}.${newSecret()}`
  await accounts.removeLinksOf(db, user.organisationId, user.id)
  await accounts.addLink(db, {
    org_id: user.organisationId,
    hash: hashSecret(token),
    kind,
    user_id: user.id,
    created_at: now,
    expires_at: now + (kind === 'reset' ? minutes(resetMinutes) : days(activationDays)),
    used_at: null,
  })
  await events.append(db, actor, now, [
    { name: 'activation.issued', subject: subjectOf(user), data: { kind } },
  ])
  return token
}

/** A manager hands a link over where no mail service does (EM-5); only while the person is pending. */
export function renewActivation(write: Write, id: string): Promise<string> {
  return handOver(write, id, 'activation')
}

/** "Generate": a single-use reset link for a person who is here already (EM-6). */
export function renewPassword(write: Write, id: string): Promise<string> {
  return handOver(write, id, 'reset')
}

/**
 * Once more, the way into an account that nobody has used yet: by mail, or by a link that the manager
 * hands over. Either way the older link is dead when this is (MU-9).
 * @returns the token where no mail service is.
 */
export async function resendActivation(
  write: Write,
  id: string,
  installationMails: boolean,
): Promise<string | undefined> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const user = await lockUser(write, id)
  if (user.held || user.status !== 'pending') {
    const state = user.held ? 'on hold' : user.status
    const detail = `This person is ${state}. Only who is Pending has an activation to send again.`
    throw new Refused({ code: 'request.invalid', detail })
  }
  if (await isMailless(write, installationMails)) {
    await expectMayOpen(write, id)
    return issueLink(write, user)
  }
  await accounts.removeLinksOf(db, user.organisationId, user.id)
  const template = user.pendingReason === 'method_changed' ? 'method_changed' : 'activation'
  await sendMail(write, { id: user.organisationId }, template, user)
  await events.append(db, actor, now, [
    { name: 'activation.resent', subject: subjectOf(user), data: { template } },
  ])
  return undefined
}

const handedOverAtOnce = 100

/**
 * After a switch of the method where no mail service is: a link for each of the next who wait for it,
 * made at this moment and shown once (LM-10, EM-5). Their older ones end.
 */
export async function issueLinksAfterSwitch(
  write: Write,
  afterId: string,
  installationMails: boolean,
): Promise<{ user: User; token: string }[]> {
  const { actor } = write
  allow(actor, 'users.write')
  if (!(await isMailless(write, installationMails))) {
    throw new Refused({
      code: 'resource.not_found',
      detail: 'Links are mailed to the people, not shown.',
    })
  }
  // Managers are among them.
  const refusal = decideRoles(actor, ['ROLE_MANAGER'])
  if (refusal) throw new Refused(refusal)
  const waiting = await nextAwaiting(write, afterId)
  const issued: { user: User; token: string }[] = []
  for (const user of waiting) issued.push({ user, token: await issueLink(write, user) })
  return issued
}

/** Those who wait are gone through in the order in which a switch is brought to them, and never ahead of it. */
async function nextAwaiting({ db, actor }: Write, afterId: string): Promise<User[]> {
  let switching = await switches.find(db, actor.organisationId)
  for (;;) {
    const page = await users.eachAwaiting(db, actor.organisationId, afterId, handedOverAtOnce)
    const last = page.length === handedOverAtOnce ? page.at(-1) : undefined
    if (!switching || (last && last.id <= switching.afterId)) return page
    switching = await switches.nextStep(db, actor.organisationId)
  }
}

async function handOver(write: Write, id: string, kind: 'activation' | 'reset'): Promise<string> {
  allow(write.actor, 'users.write')
  const organisation = await lockOrganisation(write)
  if (kind === 'reset' && !isByPassword(organisation)) {
    throw new Refused({
      code: 'login_method.disabled',
      detail: 'Passwords are not the login method of this organisation.',
    })
  }
  const user = await lockUser(write, id)
  const status = kind === 'activation' ? 'pending' : 'active'
  if (user.status !== status) {
    const detail = `This link is for ${status} people; this person is ${user.status}.`
    throw new Refused({ code: 'request.invalid', detail })
  }
  await expectMayOpen(write, id)
  return issueLink(write, user, kind)
}

/**
 * The link that a mail carries, made at the moment when it is sent.
 * @param userId whom it is for; of an invitation its id.
 * @returns its path; undefined when the person has no use for it any more.
 */
export async function linkForMail(
  write: Write,
  template: MailTemplate,
  userId: string,
): Promise<string | undefined> {
  if (template === 'invitation') return linkForInvitation(write, userId)
  const kind = template === 'reset' ? 'reset' : 'activation'
  const user = await users.lock(write.db, write.actor.organisationId, userId)
  if (!user || user.held || user.status === 'deactivated') return undefined
  if (kind === 'activation' && user.status !== 'pending') return undefined
  const token = await issueLink(write, user, kind)
  return kind === 'reset' ? `/reset/${token}` : `/activate/${token}`
}
