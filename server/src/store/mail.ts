import { newId } from '../lib/ids.ts'
import type { Mail, MailServer, MailSettings, MailState } from '../model/mail.ts'
import { type Db, isSqlite } from './dialect.ts'
import type { OutboxTable } from './tables.ts'
import { countSome } from './totals.ts'

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
        claimed: 0 as const,
        created_at: now,
        give_up_at: givesUpAt(now),
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

const lateAfterMs = 600_000

/** How many mails of all organisations wait for longer than they should, and how many were given up. */
export async function backlog(db: Db, now: number): Promise<{ late: number; failed: number }> {
  const count = (state: MailState) =>
    db
      .selectFrom('outbox')
      .select((select) => select.fn.countAll<number>().as('found'))
      .where('state', '=', state)
  const [waiting, failed] = await Promise.all([
    count('waiting')
      .where('created_at', '<', now - lateAfterMs)
      .executeTakeFirst(),
    count('failed').executeTakeFirst(),
  ])
  return { late: Number(waiting?.found ?? 0), failed: Number(failed?.found ?? 0) }
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
  await change(db, mail, { next_at: until, tries, claimed: 1 })
  return { ...mail, next_at: until, tries, claimed: 1 }
}

/** What came of a claimed mail. */
export function settle(
  db: Db,
  mail: Pick<QueuedMail, 'org_id' | 'id'>,
  outcome: Partial<Pick<QueuedMail, 'state' | 'next_at' | 'last_error' | 'sent_at'>>,
): Promise<void> {
  return change(db, mail, { ...outcome, claimed: 0 })
}

async function change(
  db: Db,
  mail: Pick<QueuedMail, 'org_id' | 'id'>,
  change: Partial<QueuedMail>,
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
    .set({ next_at: until, last_error: error, claimed: 0 })
    .where('org_id', '=', organisationId)
    .where('state', '=', 'waiting')
    .where('next_at', '<=', now)
    .execute()
}

/**
 * What waits for its next try is due now: all of the organisation, as after new settings, or one
 * mail. What a node is trying at this moment stays with it.
 */
export async function hurry(
  db: Db,
  organisationId: string,
  now: number,
  only?: { id: string; giveUpAt: number },
): Promise<void> {
  let waiting = db
    .updateTable('outbox')
    .set({ next_at: now, ...(only && { give_up_at: only.giveUpAt }) })
    .where('org_id', '=', organisationId)
    .where('state', '=', 'waiting')
    .where('next_at', '>', now)
    .where('claimed', '=', 0)
  if (only) waiting = waiting.where('id', '=', only.id)
  await waiting.execute()
}

/** How long a mail that begins now is tried. */
export function givesUpAt(now: number): number {
  return now + triedFor
}

export async function find(
  db: Db,
  organisationId: string,
  id: string,
): Promise<QueuedMail | undefined> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** A mail of this kind to this person that waits already. */
export async function findWaiting(
  db: Db,
  { org_id, template, user_id, recipient }: QueuedMail,
): Promise<QueuedMail | undefined> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('org_id', '=', org_id)
    .where('user_id', '=', user_id)
    .where('state', '=', 'waiting')
    .where('template', '=', template)
    .where('recipient', '=', recipient)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** Newest first. */
export async function list(
  db: Db,
  organisationId: string,
  { state, page, size }: { state?: MailState | undefined; page: number; size: number },
) {
  let wanted = db.selectFrom('outbox').where('org_id', '=', organisationId)
  if (state) wanted = wanted.where('state', '=', state)
  const items = await wanted
    .selectAll()
    .orderBy('id', 'desc')
    .limit(size)
    .offset(page * size)
    .execute()
  return { items, ...(await countSome(db, wanted.select('id'))) }
}

export type NewestMail = Pick<
  QueuedMail,
  'id' | 'template' | 'state' | 'last_error' | 'created_at' | 'user_id'
>

/** The newest mail to each of these people, in one question for a whole page of them. */
export async function newestOf(
  db: Db,
  organisationId: string,
  userIds: string[],
): Promise<Map<string, NewestMail>> {
  if (userIds.length === 0) return new Map()
  const rows = await db
    .selectFrom('outbox')
    .select(['id', 'user_id', 'template', 'state', 'last_error', 'created_at'])
    .where('org_id', '=', organisationId)
    .where('id', 'in', (newest) =>
      newest
        .selectFrom('outbox')
        .select((one) => one.fn.max('id').as('id'))
        .where('org_id', '=', organisationId)
        .where('user_id', 'in', userIds)
        .groupBy('user_id'),
    )
    .execute()
  return new Map(rows.map((row) => [row.user_id, row]))
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
