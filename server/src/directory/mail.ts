import { newId } from '../lib/ids.ts'
import type { Organisation } from '../model/organisation.ts'
import type { User } from '../model/user.ts'
import { installation } from '../store/index.ts'
import type { Write } from './write.ts'

export type MailTemplate =
  | 'activation'
  | 'reset'
  | 'method_changed'
  | 'break_glass_used'
  | 'scim_credential_refused'
  | 'last_manager_kept'

/** Queues a mail in the transaction of the act that it tells of (EM-8: its failure undoes nothing). */
export async function sendMail(
  write: Write,
  organisation: Pick<Organisation, 'id' | 'name' | 'slug'>,
  mail: MailTemplate | { template: MailTemplate; label: string },
  ...people: Pick<User, 'id' | 'email' | 'firstName'>[]
): Promise<void> {
  const { template, ...about } = typeof mail === 'string' ? { template: mail } : mail
  await installation.addMail(
    write.db,
    people.map((person) => ({
      org_id: organisation.id,
      id: newId(),
      kind: 'mail' as const,
      template,
      recipient: person.email,
      body: JSON.stringify({
        organisation: organisation.name,
        slug: organisation.slug,
        userId: person.id,
        firstName: person.firstName,
        ...about,
      }),
      state: 'waiting' as const,
      tries: 0,
      next_at: write.now,
      created_at: write.now,
    })),
  )
}
