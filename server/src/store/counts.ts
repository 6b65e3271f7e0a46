import { sql } from 'kysely'
import { newId } from '../lib/ids.ts'
import { type Db, isSqlite } from './dialect.ts'
import { among, compilable, listed, statement } from './statement.ts'
import type { CountsTable } from './tables.ts'

type Delta = { key: string; delta: number }

/**
 * Notes that a count changed, as a row of its own: a live counter would make writers wait in line.
 * On SQLite they stand in line anyway, and the count itself is changed.
 */
export async function add(db: Db, organisationId: string, deltas: Delta[]): Promise<void> {
  if (!isSqlite(db)) await addAll(db, { org: organisationId, rows: rowsOf(deltas) })
  else
    for (const { key, delta } of deltas)
      await addOne(db, { org_id: organisationId, key, value: delta })
}

/** Deltas as one parameter, for a statement that notes them beside its own change. */
export function rowsOf(deltas: Delta[]): string {
  return JSON.stringify(deltas.map((one) => ({ id: newId(), ...one })))
}

/** As one parameter, too, of what several statements would have noted. */
export function sumOf(all: string[]): string {
  const sums = new Map<string, number>()
  for (const { key, delta } of all.flatMap((rows) => (rows ? (JSON.parse(rows) as Delta[]) : [])))
    sums.set(key, (sums.get(key) ?? 0) + delta)
  return rowsOf([...sums].map(([key, delta]) => ({ key, delta })))
}

/** The statement that notes what `rowsOf` gave, on PostgreSQL. */
export function noting({ org, rows }: { org: string; rows: string }) {
  return sql<never>`insert into count_deltas (org_id, id, key, delta)
    select ${org}::text, id, key, delta
    from json_to_recordset(${rows}::json) t(id text, key text, delta integer)`
}

const addOne = statement<CountsTable, never>((db, row) => adding(db, row))
const addAll = statement<{ org: string; rows: string }, never>((db, given) => ({
  compile: () => noting(given).compile(db),
}))

/** The exact value now: what was rolled up and what has come since. */
export async function read(db: Db, organisationId: string, keys: string[]): Promise<number> {
  const [row] = await sum(db, { org: organisationId, keys: listed(db, keys) })
  return Number(row?.total ?? 0)
}

const sum = statement<{ org: string; keys: unknown }, { total: number | null }>(
  (db, { org, keys }) => compilable(db, summed(db, org, keys)),
)

/** The query of the exact value, one row with a `total`; `keys` as `listed` gives them. */
export function summed(db: Db, org: string, keys: unknown) {
  const wanted = among(db, 'key', keys)
  return sql<{ total: number | null }>`select sum(value) as total from (
    select value from counts where org_id = ${org} and ${wanted}
    union all
    select delta from count_deltas where org_id = ${org} and ${wanted}) parts`
}

const batch = 5_000

/** Folds deltas into counts, oldest first, in bounded steps. */
export async function rollUpCounts(db: Db): Promise<void> {
  const deltas = await db
    .deleteFrom('count_deltas')
    .where((where) =>
      where(
        where.refTuple('org_id', 'id', 'key'),
        'in',
        db
          .selectFrom('count_deltas')
          .select(['org_id', 'id', 'key'])
          .limit(batch)
          .$asTuple('org_id', 'id', 'key'),
      ),
    )
    .returning(['org_id', 'key', 'delta'])
    .execute()
  const sums = new Map<string, { org_id: string; key: string; value: number }>()
  for (const { org_id, key, delta } of deltas) {
    const sum = sums.get(`${org_id} ${key}`) ?? { org_id, key, value: 0 }
    sum.value += delta
    sums.set(`${org_id} ${key}`, sum)
  }
  for (const sum of [...sums.values()].sort((a, b) =>
    a.org_id + a.key < b.org_id + b.key ? -1 : 1,
  )) {
    await adding(db, sum).execute()
  }
}

function adding(db: Db, row: CountsTable) {
  return db
    .insertInto('counts')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'key'])
        .doUpdateSet((set) => ({ value: set('counts.value', '+', set.ref('excluded.value')) })),
    )
}
