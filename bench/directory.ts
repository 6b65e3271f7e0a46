import { freePort } from '../server/testing/free-port.ts'
import {
  type AppliedOrganisation,
  createClient,
  startUsherProcess,
  type UsherProcess,
} from '../server/testing/usher-process.ts'
import { type Bench, memoryOf, quantile, type Row, round } from './measure.ts'
import { directoryOf, type StoreName, stopBenchPostgres, stores } from './people.ts'

const sizes = [1_000, 100_000, 1_000_000]
const calls = 100
const pageSize = 10
const newline = 10

/** User Management over HTTP at three sizes on both stores: what a page, a search and a filter cost. */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const store of stores) rows.push(...(await measureAt(store)))
  await stopBenchPostgres()
  return { title: `User Management over HTTP, ${calls} calls each, milliseconds`, rows }
}

const questions = (size: number): Record<string, string> => ({
  'first page': `/users?size=${pageSize}`,
  'page 1,000': `/users?size=${pageSize}&page=${Math.min(999, size / pageSize - 1)}`,
  'last page': `/users?size=${pageSize}&page=${Math.floor(size / pageSize) - 1}`,
  'sorted by last sign-in': `/users?size=${pageSize}&sort=lastSignIn,desc`,
  'sorted by e-mail': `/users?size=${pageSize}&sort=email,asc`,
  'filter: pending': `/users?size=${pageSize}&status=pending`,
  'filter: managers': `/users?size=${pageSize}&role=ROLE_MANAGER`,
  'search, few hits': `/users?size=${pageSize}&search=${Math.floor(size / 3)}`,
  'search, many hits': `/users?size=${pageSize}&search=test`,
  'search, no hit': `/users?size=${pageSize}&search=zzzzzz`,
})

async function measureAt(store: StoreName): Promise<Row[]> {
  const measured = new Map<string, { p50: number; p99: number }[]>()
  let started = 0
  let idle = 0
  let loaded = 0
  let file: Exported | undefined
  for (const size of sizes) {
    const { place, organisation } = await directoryOf(store, size)
    const starting = performance.now()
    const server = await startUsherProcess(place, { port: await freePort() })
    await fetch(`${server.url}/healthz`)
    started = performance.now() - starting
    idle = memoryOf(server.pid)
    const client = createClient(server.url, organisation, 1)
    for (const [what, path] of Object.entries(questions(size))) {
      const times: number[] = []
      for (let call = -5; call < calls; call += 1) {
        const asked = performance.now()
        const { status, text } = await client.api('GET', path)
        if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
        if (call >= 0) times.push(performance.now() - asked)
      }
      const known = measured.get(what) ?? []
      known.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) })
      measured.set(what, known)
    }
    await client.close()
    loaded = memoryOf(server.pid)
    file = await exportAll(server, organisation)
    await server.stop()
  }
  const rows = [...measured].map(
    ([what, [small, middle, large]]): Row => ({
      store,
      what,
      'p50 at 1,000': round(small?.p50 ?? 0),
      'at 100,000': round(middle?.p50 ?? 0),
      'at 1,000,000': round(large?.p50 ?? 0),
      'p99 at 1,000,000': round(large?.p99 ?? 0),
      growth: `${round((large?.p50 ?? 0) / (small?.p50 ?? 1))}×`,
    }),
  )
  const plain = (what: string, value: string): Row => ({
    store,
    what,
    'at 1,000,000': value,
  })
  return [
    ...rows,
    plain('start to first answer', `${Math.round(started)} ms`),
    plain('memory after start', `${idle} MB`),
    plain('memory after these calls', `${loaded} MB`),
    plain(
      `export of ${file?.rows} people`,
      `${round(file?.seconds ?? 0)} s, ${Math.round((file?.rows ?? 0) / (file?.seconds ?? 1))} people/s`,
    ),
    plain('memory that the export took at most', `${(file?.peak ?? 0) - loaded} MB`),
  ]
}

type Exported = { rows: number; seconds: number; peak: number }

/** The whole directory as CSV (US-16), read as fast as it comes; memory is looked at all the while. */
async function exportAll(server: UsherProcess, { id, apiKey }: AppliedOrganisation) {
  const started = performance.now()
  const answer = await fetch(`${server.url}/api/v1/orgs/${id}/users/export`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  if (!answer.ok || !answer.body) throw new Error(`The export answered ${answer.status}`)
  let lines = 0
  let peak = 0
  for await (const chunk of answer.body) {
    for (const byte of chunk) if (byte === newline) lines += 1
    peak = Math.max(peak, memoryOf(server.pid))
  }
  return { rows: lines - 1, seconds: (performance.now() - started) / 1000, peak }
}

if (import.meta.main) {
  const { title, rows } = await run()
  console.log(title)
  console.table(rows)
}
