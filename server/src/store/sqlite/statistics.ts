import type { DatabaseSync } from 'node:sqlite'

const rows = 1_000_000
// How many people of one big organisation share a value of such a column; of any other, a handful.
const crowd = 50_000
const handful = 4
const crowded = new Set([
  'status',
  'managed_by',
  'created_by',
  'updated_by',
  'group_id',
  'pool_id',
  'role',
  'type',
  'key',
  'kind',
  'subject_kind',
  'issuer',
  'state',
])

/**
 * Tells the query planner what a big organisation looks like. Every index begins with `org_id`; without
 * statistics SQLite takes that for selective and would walk whole directories. Written down instead of
 * measured by ANALYZE, the statistics, and with them the plans, are the same in every installation.
 */
export function describeBigOrganisation(database: DatabaseSync): void {
  // Of a table of a few rows: of all of them it would read the whole database before an upgraded server answers.
  database.exec('analyze schema_migrations; delete from sqlite_stat1')
  const describe = database.prepare('insert into sqlite_stat1 (tbl, idx, stat) values (?, ?, ?)')
  const indexes = database
    .prepare(
      `select t.name as tbl, i.name as idx, i."unique" as is_unique from sqlite_schema t
       join pragma_index_list(t.name) i where t.type = 'table' and t.name not like 'user_search_%'
       and t.sql not like 'create virtual%'`,
    )
    .all()
  for (const { tbl, idx, is_unique } of indexes) {
    const columns = database.prepare('select name from pragma_index_info(?)').all(String(idx))
    let alike = rows
    const shares = columns.map(({ name }, at) => {
      if (at === columns.length - 1 && is_unique === 1) alike = 1
      else if (name !== 'org_id')
        alike = Math.min(alike, crowded.has(String(name)) ? crowd : handful)
      return alike
    })
    describe.run(String(tbl), String(idx), [rows, ...shares].join(' '))
  }
  database.exec('analyze sqlite_schema')
}
