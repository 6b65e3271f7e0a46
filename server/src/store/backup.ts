import { sql } from 'kysely'
import { type Db, type Dumped, isSqlite } from './dialect.ts'
import { migrations } from './migrations.ts'
import { indexEverybody } from './sqlite/search.ts'

/** Of the schema that this Usher brings a database to. */
export const newestSchema = Math.max(...migrations.map(({ version }) => version))

/** Made anew by each database for itself. */
const leftOut = /^(?:schema_migrations|nodes|scim_walks|search_queue|user_search.*|sqlite_.*)$/
const jsonColumns: Record<string, string> = { scim_attributes: 'folded' }

/** Which tables there are to keep, each with its columns. */
export async function tablesOf(db: Db): Promise<Map<string, string[]>> {
  const { rows } = await (isSqlite(db)
    ? sql<{ table: string; column: string }>`select m.name as "table", c.name as "column"
        from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'
        order by m.name, c.cid`
    : sql<{ table: string; column: string }>`select c.relname as "table", a.attname as "column"
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
          and not a.attisdropped
        where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
          and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
        order by c.relname, a.attnum`
  ).execute(db)
  const kept = rows.filter(({ table }) => !leftOut.test(table))
  return new Map(
    [...Map.groupBy(kept, ({ table }) => table)].map(([table, its]) => [
      table,
      its.map(({ column }) => column),
    ]),
  )
}

/** Where the JSON of a row stands, which SQLite keeps as text. */
export function jsonColumnOf(table: string, columns: string[]): number {
  const name = jsonColumns[table]
  return name === undefined ? -1 : columns.indexOf(name)
}

/** Whether nobody has set this installation up yet. */
export async function isEmpty(db: Db): Promise<boolean> {
  const { rows } = await sql`select 1 from organisations union all select 1 from roots
    union all select 1 from events limit 1`.execute(db)
  return rows.length === 0
}

/** Takes away what an installation has before it is set up, such as its set-up code. */
export async function clear(db: Db): Promise<void> {
  for (const table of (await tablesOf(db)).keys())
    await sql`delete from ${sql.table(table)}`.execute(db)
}

/** Puts rows into a table that has these columns, and perhaps newer ones. */
export async function putBack(db: Db, { table, columns, rows }: Dumped): Promise<void> {
  const into = sql`insert into ${sql.table(table)}
    (${sql.join(columns.map((column) => sql.ref(column)))})`
  if (isSqlite(db)) {
    const values = columns.map((_, at) => sql`value ->> ${sql.lit(`$[${at}]`)}`)
    await sql`${into} select ${sql.join(values)} from json_each(${JSON.stringify(rows)})`.execute(
      db,
    )
    return
  }
  const named = rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])))
  await sql`${into} select ${sql.join(columns.map((column) => sql.ref(column)))}
    from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(named)}::json)`.execute(
    db,
  )
}

/** What is made of the rows, when all are there. */
export async function finish(db: Db): Promise<void> {
  if (isSqlite(db)) await indexEverybody(db)
}

/** What time PostgreSQL says it is, in Unix milliseconds. */
export async function clockOf(db: Db): Promise<number> {
  const { rows } = await sql<{
    at: number
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint
    as at`.execute(db)
  return Number(rows[0]?.at)
}
