import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../server/testing/postgres.ts'
import type { Place } from '../server/testing/usher-process.ts'

export type OpenPlace = Place & {
  store: string
  /** The processes of the database, when it is not in ours. */
  databasePid: number | undefined
  close(): Promise<void>
}

/** An empty installation on each store. */
export async function openPlaces(): Promise<OpenPlace[]> {
  const folder = () => mkdtempSync(join(tmpdir(), 'usher-bench-'))
  const [first, second] = [folder(), folder()]
  const postgres = await startPostgres()
  return [
    {
      store: 'SQLite',
      dataDir: first,
      databasePid: undefined,
      close: async () => rmSync(first, { recursive: true, force: true }),
    },
    {
      store: 'PostgreSQL',
      dataDir: second,
      databaseUrl: postgres.url,
      databasePid: postgres.pid,
      async close() {
        await postgres.stop()
        rmSync(second, { recursive: true, force: true })
      },
    },
  ]
}
