import { newId } from '../lib/ids.ts'
import type { Mail, MailServer, MailSettings } from '../model/mail.ts'
import { type Db, isSqlite } from './dialect.ts'
import type { OutboxTable } from './tables.ts'

export type QueuedMail = OutboxTable

const day = 86_400_000
const triedFor = 2 * day
const keptFor = 90 * day
const removedAtOnce = 1_000

/** Queues one mail for each of these people. */
export async function queue(
  db: Db,
  organisationId: string,
  { template, ...about }: Mail,
  people: { id: string; email: string; firstName: string }[],
  now: number,
): Promise<void> {
  if (people.length === 0) return
  await db
    .insertInto('outbox')
    .values(
      people.map(({ id, email, firstName }) => ({
        org_id: organisationId,
        id: newId(),
        kind: 'mail' as const,
        template,
        recipient: email,
        user_id: id,
        body: JSON.stringify({ firstName, ...about }),
        state: 'waiting' as const,
        tries: 0,
        last_error: null,
        next_at: now,
        created_at: now,
        give_up_at: now + triedFor,
        sent_at: null,
      })),
    )
    .execute()
}

export async function isAnyDue(db: Db, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Takes the mail that has waited longest. Nobody else gets it before `until`, so that a node that
 * ends in the middle loses nothing; several nodes step over each other's.
 */
export async function claim(
  db: Db,
  now: number,
  until: number,
  among: { only?: string | undefined; except: string[] },
): Promise<QueuedMail | undefined> {
  let due = db
    .selectFrom('outbox')
    .selectAll()
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now)
  if (among.only) due = due.where('org_id', '=', among.only)
  if (among.except.length > 0) due = due.where('org_id', 'not in', among.except)
  due = due.orderBy('next_at').limit(1)
  const mail = await (isSqlite(db) ? due : due.forUpdate().skipLocked()).executeTakeFirst()
  if (!mail) return undefined
  const tries = mail.tries + 1
  await change(db, mail, { next_at: until, tries })
  return { ...mail, next_at: until, tries }
}

export async function change(
  db: Db,
  mail: Pick<QueuedMail, 'org_id' | 'id'>,
  change: Partial<
    Pick<QueuedMail, 'state' | 'tries' | 'next_at' | 'last_error' | 'sent_at' | 'give_up_at'>
  >,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set(change)
    .where('org_id', '=', mail.org_id)
    .where('id', '=', mail.id)
    .execute()
}

/** The organisation's mail server does not serve: what else waits for it need not find out one by one. */
export async function holdBack(
  db: Db,
  organisationId: string,
  { now, until, error }: { now: number; until: number; error: string },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_at: until, last_error: error })
    .where('org_id', '=', organisationId)
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now)
    .execute()
}

/** What was sent or given up long ago goes, in bounded steps. */
export async function trim(db: Db, organisationId: string, now: number): Promise<void> {
  await db
    .deleteFrom('outbox')
    .where('org_id', '=', organisationId)
    .where(
      'id',
      'in',
      db
        .selectFrom('outbox')
        .select('id')
        .where('org_id', '=', organisationId)
        .where('state', '<>', 'waiting')
        .where('created_at', '<', now - keptFor)
        .orderBy('id')
        .limit(removedAtOnce),
    )
    .execute()
}

const untouched: MailSettings = { mode: 'default', server: null, secret: null, version: 0 }

export async function settings(db: Db, organisationId: string): Promise<MailSettings> {
  const row = await db
    .selectFrom('mail_settings')
    .selectAll()
    .where('org_id', '=', organisationId)
    .executeTakeFirst()
  if (!row) return untouched
  const { mode, secret, version } = row
  const server = row.server === null ? null : (JSON.parse(row.server) as MailServer)
  return { mode, server, secret, version }
}

export async function putSettings(
  db: Db,
  organisationId: string,
  { mode, server, secret, version }: MailSettings,
): Promise<void> {
  const columns = { mode, server: server && JSON.stringify(server), secret, version }
  await db
    .insertInto('mail_settings')
    .values({ org_id: organisationId, ...columns })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet(columns))
    .execute()
}
