import { type Mail, mailInForce, type PlainTemplate } from '../model/mail.ts'
import type { User } from '../model/user.ts'
import { mail as mails } from '../store/index.ts'
import type { Read, Write } from './write.ts'

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
