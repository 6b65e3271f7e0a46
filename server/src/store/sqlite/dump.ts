import type { DatabaseSync } from 'node:sqlite'
import { jsonColumnOf, tablesOf } from '../backup.ts'
import type { Dumped } from '../dialect.ts'
import { kyselyOver } from './driver.ts'

const batch = 500

/** Reads everything in one transaction of this connection, which is closed in the end. */
export async function* dump(database: DatabaseSync): AsyncGenerator<Dumped> {
  try {
    database.exec('pragma query_only = on')
    database.exec('begin')
    for (const [table, columns] of await tablesOf(kyselyOver(database))) {
      const json = jsonColumnOf(table, columns)
      const names = columns.map(quoted).join()
      const statement = database.prepare(`select ${names} from ${quoted(table)}`)
      statement.setReturnArrays(true)
      let rows: unknown[][] = []
      for (const row of statement.iterate() as unknown as Iterable<unknown[]>) {
        if (json >= 0) row[json] = JSON.parse(String(row[json]))
        if (rows.push(row) < batch) continue
        yield { table, columns, rows }
        rows = []
      }
      if (rows.length > 0) yield { table, columns, rows }
    }
  } finally {
    database.close()
  }
}

const quoted = (name: string) => `"${name}"`
