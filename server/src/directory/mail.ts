import {
  type Mail,
  type MailSettings,
  type MailState,
  mailInForce,
  type PlainTemplate,
} from '../model/mail.ts'
import { Refused } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { decideMailSettings, type MailWish } from '../policy/index.ts'
import { events, mail as mails, users } from '../store/index.ts'
import { allow, expectVersion, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/** Queues a mail in the transaction of the act that it tells of (EM-8: its failure undoes nothing). */
export function sendMail(
  { db, now }: Write,
  organisation: { id: string },
  mail: Mail | PlainTemplate,
  ...people: Pick<User, 'id' | 'email' | 'firstName'>[]
): Promise<void> {
  const tells = typeof mail === 'string' ? { template: mail } : mail
  return mails.queue(db, organisation.id, tells, people, now)
}

/** Nothing is sent here: a manager hands every link over (EM-4). */
export async function isMailless(
  { db, actor }: { db: Read['db']; actor: Pick<Read['actor'], 'organisationId'> },
  installationMails: boolean,
): Promise<boolean> {
  const { mode } = await mails.settings(db, actor.organisationId)
  return mailInForce(mode, installationMails) === 'none'
}

export async function mailSettings({ db, actor }: Read): Promise<MailSettings> {
  allow(actor, 'identity.read')
  return mails.settings(db, actor.organisationId)
}

export async function changeMailSettings(
  write: Write,
  wish: MailWish,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const before = await mails.settings(db, organisation.id)
  expectVersion(before.version, ifVersion)
  const after = settingsFor(before, wish)
  const secretReplaced = after.secret !== before.secret && after.secret !== null
  if (JSON.stringify(shown(before)) === JSON.stringify(shown(after)) && !secretReplaced) return

  await mails.putSettings(db, organisation.id, { ...after, version: before.version + 1 })
  // What waited for the old server to come back need not wait any longer.
  await mails.hurry(db, organisation.id, now)
  await events.append(db, actor, now, [
    {
      name: 'mail.settings_changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before: shown(before),
      after: shown(after),
      ...(secretReplaced && { data: { secret: 'replaced' } }),
    },
  ])
}

/** "Send test mail": by these settings, which need not be saved, to whoever asks. */
export async function mailToTest(
  { db, actor }: Read,
  wish: MailWish,
): Promise<{ settings: MailSettings; to: { email: string; firstName: string } }> {
  allow(actor, 'identity.write')
  const before = await mails.settings(db, actor.organisationId)
  const settings = { ...settingsFor(before, wish), version: before.version }
  const user = actor.id ? await users.find(db, actor.organisationId, actor.id) : undefined
  if (user) return { settings, to: user }
  throw new Refused({
    code: 'request.invalid',
    detail: 'The test mail goes to whoever asks for it. Sign in as a person to get one.',
  })
}

function settingsFor(before: MailSettings, wish: MailWish): Omit<MailSettings, 'version'> {
  const decision = decideMailSettings(before, wish)
  if ('refusal' in decision) throw new Refused(decision.refusal)
  return decision.settings
}

/** The settings as the audit shows them: never the secret. */
function shown({ mode, server, secret }: Omit<MailSettings, 'version'>) {
  return { mode, server, secretSet: secret !== null }
}

export async function listMails(
  { db, actor }: Read,
  wanted: { state: MailState | undefined; page: number; size: number },
) {
  allow(actor, 'identity.read')
  return mails.list(db, actor.organisationId, wanted)
}

/**
 * "Send again" (EM-8). What waits is tried at once; of what was sent, given up or dropped, a copy
 * goes out, to the address that the person has by now.
 */
export async function sendAgain(
  { db, actor, now }: Write,
  id: string,
  installationMails: boolean,
): Promise<void> {
  allow(actor, 'identity.write')
  const mail = await mails.find(db, actor.organisationId, id)
  if (!mail) throw notFound('mail')
  if (await isMailless({ db, actor }, installationMails)) {
    throw new Refused({
      code: 'request.invalid',
      detail: 'No mail service sends for this organisation. Hand the link over instead.',
    })
  }
  const user = await users.find(db, actor.organisationId, mail.user_id)
  if (user?.status === 'deactivated') {
    throw new Refused({
      code: 'request.invalid',
      detail: `${user.email} is deactivated and gets no mail.`,
    })
  }
  const { firstName, ...about } = JSON.parse(mail.body) as { firstName: string }
  const person = user ?? { id: mail.user_id, email: mail.recipient, firstName }
  const waiting =
    mail.state === 'waiting'
      ? mail
      : await mails.findWaiting(db, { ...mail, recipient: person.email })
  if (waiting) {
    const giveUpAt = mails.givesUpAt(now)
    await mails.hurry(db, actor.organisationId, now, { id: waiting.id, giveUpAt })
  } else {
    const tells = { template: mail.template, ...about } as Mail
    await mails.queue(db, actor.organisationId, tells, [person], now)
  }
  await events.append(db, actor, now, [
    {
      name: 'mail.sent_again',
      subject: { kind: 'user', id: mail.user_id, label: person.email },
      data: { template: mail.template },
    },
  ])
}
