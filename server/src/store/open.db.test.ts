import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../testing/organisation.ts'
import { migrations } from './migrations.ts'
import { openStore } from './open.ts'

const rounds = 6
const nodes = Array.from({ length: 8 })

test('nodes that start for the first time at the same moment all start', async () => {
  for (let round = 0; round < rounds; round += 1) {
    const databaseUrl = await freshDatabase()
    const directory = mkdtempSync(join(tmpdir(), 'usher-test-'))
    const file = join(directory, 'usher.db')
    const started = await Promise.allSettled(nodes.map(() => openStore({ databaseUrl, file })))
    const stores = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const done =
      stores[0] && (await sql`select version from schema_migrations`.execute(stores[0].read)).rows
    for (const store of stores) await store.close()
    rmSync(directory, { recursive: true, force: true })

    expect(started.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(done).toHaveLength(migrations.length)
  }
})
