import { Client } from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from './postgres.ts'

test('a throw-away PostgreSQL keeps what was committed on the disk, and leaves nothing behind', async () => {
  const postgres = await startPostgres()
  const client = new Client({ connectionString: postgres.url })
  await client.connect()

  const fsync = await client.query('show fsync')
  const sorted = await client.query("select v from (values ('b'), ('A'), ('a')) t(v) order by v")
  await client.end()
  await postgres.stop()

  expect(fsync.rows).toEqual([{ fsync: 'on' }])
  expect(sorted.rows.map(({ v }) => v)).toEqual(['a', 'A', 'b'])
  expect(() => process.kill(postgres.pid, 0)).toThrow('ESRCH')
}, 60_000)
