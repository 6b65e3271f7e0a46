import { sql } from 'kysely'
import { type Db, isSqlite } from './dialect.ts'
import type { AuditSealsTable, EventsTable } from './tables.ts'

export type Seal = AuditSealsTable
export type Event = EventsTable

/** What the next seal is tied to; without the list, which is long. */
const ends = ['number', 'last_id', 'chain', 'sealed_at'] as const
export type End = Pick<Seal, (typeof ends)[number]>

/** The newest seal, or the one of this number. */
export async function end(
  db: Db,
  organisationId: string,
  number?: number,
): Promise<End | undefined> {
  const all = db.selectFrom('audit_seals').select(ends).where('org_id', '=', organisationId)
  const wanted = number === undefined ? all : all.where('number', '=', number)
  return wanted.orderBy('number', 'desc').limit(1).executeTakeFirst()
}

/** Seals in their order, from the one behind `number` on. */
export async function after(
  db: Db,
  organisationId: string,
  number: number,
  atMost: number,
): Promise<Seal[]> {
  return db
    .selectFrom('audit_seals')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('number', '>', number)
    .orderBy('number')
    .limit(atMost)
    .execute()
}

/** @returns whether it is the next one; another node may have been first. */
export async function add(db: Db, seal: Seal): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('audit_seals')
    .values(seal)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows) === 1
}

/** Seals whose events are still there, oldest first. */
export async function oldestKept(
  db: Db,
  organisationId: string,
  atMost: number,
): Promise<Pick<Seal, 'org_id' | 'number' | 'last_id' | 'events' | 'chain'>[]> {
  return db
    .selectFrom('audit_seals')
    .select(['org_id', 'number', 'last_id', 'events', 'chain'])
    .where('org_id', '=', organisationId)
    .where('purged', 'is', null)
    .orderBy('number')
    .limit(atMost)
    .execute()
}

/** Removes the events up to the end of this seal, the oldest that has any; the seal says so for good. */
export async function purge(
  db: Db,
  { org_id, number, last_id }: Pick<Seal, 'org_id' | 'number' | 'last_id'>,
  signature: string,
): Promise<void> {
  await db.deleteFrom('events').where('org_id', '=', org_id).where('id', '<=', last_id).execute()
  await db
    .updateTable('audit_seals')
    .set({ list: null, purged: signature })
    .where('org_id', '=', org_id)
    .where('number', '=', number)
    .execute()
}

type Stretch = { after: string; until: string; atMost: number }

/** Events behind one id up to another, in their order, as their rows stand. */
export async function eventsBetween(
  db: Db,
  organisationId: string,
  { after: from, until, atMost }: Stretch,
): Promise<Event[]> {
  return db
    .selectFrom('events')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '>', from)
    .where('id', '<=', until)
    .orderBy('id')
    .limit(atMost)
    .execute()
}

/** How many have come behind this id, counted to a limit. */
export async function eventsBehind(
  db: Db,
  organisationId: string,
  id: string,
  atMost: number,
): Promise<number> {
  const { found } = await db
    .selectFrom(
      db
        .selectFrom('events')
        .select('id')
        .where('org_id', '=', organisationId)
        .where('id', '>', id)
        .limit(atMost)
        .as('some'),
    )
    .select(({ fn }) => fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow()
  return Number(found)
}

/** For how long the oldest change has been under way that has written and is not committed yet, in milliseconds. */
export async function oldestChangeMs(db: Db): Promise<number> {
  if (isSqlite(db)) return 0
  const { rows } = await sql<{ ms: number | null }>`select
    cast(extract(epoch from max(clock_timestamp() - xact_start)) * 1000 as bigint) as ms
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and backend_xid is not null`.execute(db)
  return rows[0]?.ms ?? 0
}
