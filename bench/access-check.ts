import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../server/testing/free-port.ts'
import {
  type AppliedOrganisation,
  createClient,
  type Place,
  startUsherProcess,
} from '../server/testing/usher-process.ts'
import { type Bench, cpuOf, familyOf, quantile, type Row, round } from './measure.ts'
import { benchPostgres, directoryOf, stopBenchPostgres, stores } from './people.ts'

const sizes = [100_000, 1_000_000]
const calls = 2_000
const people = 200

/** What a product asks before it opens a door: may this person do this here (RB-13)? */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const store of stores) {
    for (const size of sizes) {
      const { place, organisation } = await directoryOf(store, size)
      const server = await startUsherProcess(place, { port: await freePort() })
      const apiKey = keyFor(place, organisation)
      const client = createClient(server.url, { ...organisation, apiKey }, 1)
      const page = Math.floor(size / people / 2)
      const found = await client.api('GET', `/users?size=${people}&page=${page}`)
      const pools = await client.api('GET', '/pools')
      const ids = (JSON.parse(found.text).items as { id: string }[]).map(({ id }) => id)
      const [pool] = JSON.parse(pools.text).items as { id: string }[]
      const times: number[] = []
      const pids = [server.pid]
      if (store === 'PostgreSQL') pids.push(...familyOf((await benchPostgres()).pid))
      let cpu = 0
      for (let call = -500; call < calls; call += 1) {
        if (call === 0) cpu = cpuOf(pids)
        const userId = ids[(call + 500) % ids.length]
        const body = { userId, poolId: pool?.id, permission: 'pool.use' }
        const asked = performance.now()
        const { status, text } = await client.api('POST', '/access/check', body)
        if (status !== 200) throw new Error(`${status} ${text}`)
        if (call >= 0) times.push(performance.now() - asked)
      }
      rows.push({
        store,
        people: size,
        'p50 ms': round(quantile(times, 0.5)),
        'p99 ms': round(quantile(times, 0.99)),
        'CPU ms': round((cpuOf(pids) - cpu) / calls),
      })
      await client.close()
      await server.stop()
    }
  }
  await stopBenchPostgres()
  return { title: `Access check over HTTP, ${calls} calls, one at a time`, rows }
}

/** A key that reads people and access, made as an operator makes one; it is shown once, so each run has its own. */
function keyFor(place: Place, { slug }: AppliedOrganisation): string {
  const state = join(place.dataDir, 'access-check.json')
  const label = `access check ${Date.now()}`
  writeFileSync(
    state,
    JSON.stringify({
      organisation: { name: 'Acme', slug },
      apiKeys: [{ label, scopes: ['users:read', 'access:read'] }],
    }),
  )
  const main = join(import.meta.dirname, '../server/src/main.ts')
  const said = execFileSync(process.execPath, [main, 'apply', '-f', state, '--json'], {
    env: {
      PATH: process.env.PATH ?? '',
      DATA_DIR: place.dataDir,
      ...(place.databaseUrl && { DATABASE_URL: place.databaseUrl }),
    },
    encoding: 'utf8',
  })
  return (JSON.parse(said) as { apiKeys: { key: string }[] }).apiKeys[0]?.key ?? ''
}

if (import.meta.main) {
  const { title, rows } = await run()
  console.log(title)
  console.table(rows)
  process.exit(0)
}
