import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { fold } from '../lib/fold.ts'
import { isId } from '../lib/ids.ts'
import { type Db, isSqlite } from './dialect.ts'
import { textArray } from './postgres/text-array.ts'
import { compilable, statement } from './statement.ts'
import type { ProvisioningLogTable, Tables } from './tables.ts'

export type Call = ProvisioningLogTable

const insertOne = statement<Call, never>((db, row) => db.insertInto('provisioning_log').values(row))
/** How PostgreSQL reads what is no text; all columns travel as text. */
const casts: { [column in keyof Call]?: RawBuilder<unknown> } = {
  at: sql`::bigint`,
  status: sql`::integer`,
  ms: sql`::integer`,
}
const insertAll = statement<Record<keyof Call, unknown>, never>((db, columns) => {
  const names = Object.keys(columns) as (keyof Call)[]
  const arrays = names.map((name) => sql`${columns[name]}::text[]`)
  const cast = names.map((name) => sql`${sql.ref(name)}${casts[name] ?? sql``}`)
  const named = sql.join(names.map((name) => sql.ref(name)))
  return compilable(
    db,
    sql<never>`insert into provisioning_log (${named})
      select ${sql.join(cast)} from unnest(${sql.join(arrays)}) t(${named})`,
  )
})

export async function insert(db: Db, calls: Call[]): Promise<void> {
  const [first] = calls
  if (!first) return
  if (!isSqlite(db)) await insertAll(db, columnsOf(calls, first))
  else for (const call of calls) await insertOne(db, call)
}

/** Many rows as few values: what PostgreSQL spends on reading JSON is more than what it spends on keeping them. */
function columnsOf(calls: Call[], first: Call): Record<keyof Call, Buffer> {
  const names = Object.keys(first) as (keyof Call)[]
  return Object.fromEntries(
    names.map((name) => [name, textArray(calls.map((call) => call[name]))]),
  ) as Record<keyof Call, Buffer>
}

export type CallConditions = {
  /** Id of a person or group, or what their name begins with. */
  person?: string | undefined
  result?: 'success' | 'refused' | undefined
  method?: string | undefined
  from?: number | undefined
  to?: number | undefined
  before?: string | undefined
}

const listed = [
  'id',
  'at',
  'method',
  'path',
  'status',
  'code',
  'detail',
  'dialect',
  'credential',
  'ip',
  'ms',
  'subject_kind',
  'subject_id',
  'subject',
] as const
export type ListedCall = Pick<Call, (typeof listed)[number]>

/** More than these are found as fast by walking the log as by gathering and sorting them. */
export const gatheredAtMost = 10_000

/**
 * Newest first, by keyset: `before` is the id of the last entry seen.
 * @param many whether the conditions find more than `gatheredAtMost`.
 */
export async function list(
  db: Db,
  organisationId: string,
  conditions: CallConditions,
  page: { skip: number; limit: number; many: boolean },
): Promise<ListedCall[]> {
  const all = db.selectFrom('provisioning_log').select('id')
  const found = matching(all, organisationId, conditions, page.many && isSqlite(db))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .offset(page.skip)
    .limit(page.limit)
  return db
    .selectFrom('provisioning_log')
    .select(listed)
    .where('org_id', '=', organisationId)
    .where('id', 'in', found)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .execute()
}

/** How many there are, counted to a limit: nobody pages through a log of millions. */
export async function count(
  db: Db,
  organisationId: string,
  conditions: CallConditions,
  atMost: number,
): Promise<number> {
  const all = db.selectFrom('provisioning_log').select('id')
  const { found } = await db
    .selectFrom(matching(all, organisationId, conditions, false).limit(atMost).as('some'))
    .select((counted) => counted.fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow()
  return Number(found)
}

/** @param walk keeps SQLite from gathering by name, when it would gather very many. */
function matching<Row>(
  query: SelectQueryBuilder<Tables, 'provisioning_log', Row>,
  organisationId: string,
  { person, result, method, from, to, before }: CallConditions,
  walk: boolean,
): SelectQueryBuilder<Tables, 'provisioning_log', Row> {
  let found = query.where('org_id', '=', organisationId)
  if (person && isId(person)) {
    found = found.where('subject_id', '=', person)
  } else if (person) {
    const name = walk ? sql<string>`+subject_folded` : sql<string>`subject_folded`
    const begins = fold(person)
    // The last character of Unicode stands behind every name that begins so.
    found = found.where(name, '>=', begins).where(name, '<', `${begins}\u{10ffff}`)
  }
  if (result) found = found.where('status', result === 'success' ? '<' : '>=', 400)
  if (method) found = found.where('method', '=', method)
  if (from !== undefined) found = found.where('at', '>=', from)
  if (to !== undefined) found = found.where('at', '<=', to)
  if (before) {
    found = found.where((where) =>
      where(
        where.refTuple('at', 'id'),
        '<',
        where
          .selectFrom('provisioning_log')
          .select(['at', 'id'])
          .where('org_id', '=', organisationId)
          .where('id', '=', before)
          .$asTuple('at', 'id'),
      ),
    )
  }
  return found
}

export async function find(db: Db, organisationId: string, id: string): Promise<Call | undefined> {
  return db
    .selectFrom('provisioning_log')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Newest first. */
export async function latest(
  db: Db,
  organisationId: string,
  limit: number,
): Promise<Pick<Call, 'at' | 'status' | 'code' | 'dialect' | 'credential'>[]> {
  return db
    .selectFrom('provisioning_log')
    .select(['at', 'status', 'code', 'dialect', 'credential'])
    .where('org_id', '=', organisationId)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

const countedAtMost = 10_000

/** Both counted within the newest ten thousand, from the index alone. */
export async function countSince(
  db: Db,
  organisationId: string,
  since: number,
): Promise<{ calls: number; refused: number }> {
  const newest = db
    .selectFrom('provisioning_log')
    .select(['at', 'status'])
    .where('org_id', '=', organisationId)
    .where('at', '>', since)
    .orderBy('at', 'desc')
    .limit(countedAtMost)
  const { calls, refused } = await db
    .selectFrom(newest.as('newest'))
    .select((counted) => [
      counted.fn.countAll<number>().as('calls'),
      sql<number | null>`sum(case when status >= 400 then 1 else 0 end)`.as('refused'),
    ])
    .executeTakeFirstOrThrow()
  return { calls: Number(calls), refused: Number(refused ?? 0) }
}

const keptDays = 90
const dayMs = 86_400_000
const removedAtOnce = 2_000

/** SC-42: 90 days. In bounded steps; @returns whether there may be more to remove. */
export async function trim(db: Db, organisationId: string, now: number): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('provisioning_log')
    .where('org_id', '=', organisationId)
    .where(
      'id',
      'in',
      db
        .selectFrom('provisioning_log')
        .select('id')
        .where('org_id', '=', organisationId)
        .where('at', '<', now - keptDays * dayMs)
        .orderBy('at')
        .limit(removedAtOnce),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows) === removedAtOnce
}
