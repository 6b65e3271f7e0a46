import type pg from 'pg'
import { tablesOf } from '../backup.ts'
import type { Dumped } from '../dialect.ts'
import { kyselyOver } from './connections.ts'

const batch = 500

/** Reads everything in one transaction, by a cursor: no table is ever in memory. */
export async function* dump(pool: pg.Pool): AsyncGenerator<Dumped> {
  const connection = await pool.connect()
  const ask = (text: string, values: readonly unknown[] = []) =>
    connection.query<unknown[]>({ text, values: [...values], rowMode: 'array' })
  try {
    await ask('begin isolation level repeatable read, read only')
    for (const [table, columns] of await tablesOf(kyselyOver(ask))) {
      const names = columns.map((name) => connection.escapeIdentifier(name)).join()
      await ask(`declare kept no scroll cursor for
        select ${names} from ${connection.escapeIdentifier(table)}`)
      for (;;) {
        const { rows } = await ask(`fetch ${batch} from kept`)
        if (rows.length > 0) yield { table, columns, rows }
        if (rows.length < batch) break
      }
      await ask('close kept')
    }
  } finally {
    await ask('rollback')
    connection.release()
  }
}
