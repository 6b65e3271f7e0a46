import { sql } from 'kysely'
import { openStore, type Store } from '../server/src/store/index.ts'
import { freePort } from '../server/testing/free-port.ts'
import {
  type AppliedOrganisation,
  applyOrganisation,
  createClient,
  startUsherProcess,
} from '../server/testing/usher-process.ts'
import { type Bench, memoryOf, quantile, type Row, round } from './measure.ts'
import { type OpenPlace, openPlaces } from './places.ts'

const sizes = [1_000, 100_000, 1_000_000]
const calls = 100
const pageSize = 10

/** User Management over HTTP at three sizes on both stores: what a page, a search and a filter cost. */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const place of await openPlaces()) {
    rows.push(...(await measureAt(place)))
    await place.close()
  }
  return { title: `User Management over HTTP, ${calls} calls each, milliseconds`, rows }
}

async function measureAt(place: OpenPlace): Promise<Row[]> {
  const port = await freePort()
  const organisations: AppliedOrganisation[] = []
  for (const size of sizes) {
    organisations.push(applyOrganisation(place, { slug: `acme-${size}`, port }))
  }
  const seeding = performance.now()
  await seed(place, organisations)
  const seconds = (performance.now() - seeding) / 1000

  const starting = performance.now()
  const server = await startUsherProcess(place, { port })
  await fetch(`${server.url}/healthz`)
  const startMs = performance.now() - starting
  const idleMb = memoryOf(server.pid)

  const questions = (size: number): Record<string, string> => ({
    'first page': `/users?size=${pageSize}`,
    'page 1,000': `/users?size=${pageSize}&page=${Math.min(999, size / pageSize - 1)}`,
    'last page': `/users?size=${pageSize}&page=${Math.floor(size / pageSize) - 1}`,
    'sorted by last sign-in': `/users?size=${pageSize}&sort=lastSignIn,desc`,
    'sorted by e-mail': `/users?size=${pageSize}&sort=email,asc`,
    'filter: pending': `/users?size=${pageSize}&status=pending`,
    'filter: managers': `/users?size=${pageSize}&role=ROLE_MANAGER`,
    'search, one hit': `/users?size=${pageSize}&search=p${Math.floor(size / 3)}%40acme`,
    'search, many hits': `/users?size=${pageSize}&search=ada`,
    'search, no hit': `/users?size=${pageSize}&search=zzzzzz`,
  })
  const measured = new Map<string, { p50: number; p99: number }[]>()
  for (const [index, size] of sizes.entries()) {
    const organisation = organisations[index]
    if (!organisation) continue
    const client = createClient(server.url, organisation, 1)
    for (const [what, path] of Object.entries(questions(size))) {
      const times: number[] = []
      for (let call = -5; call < calls; call += 1) {
        const started = performance.now()
        const { status, text } = await client.api('GET', path)
        if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
        if (call >= 0) times.push(performance.now() - started)
      }
      const known = measured.get(what) ?? []
      known.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) })
      measured.set(what, known)
    }
    await client.close()
  }
  const loadedMb = memoryOf(server.pid)
  await server.stop()
  const rows = [...measured].map(
    ([what, [small, middle, large]]): Row => ({
      store: place.store,
      what,
      'p50 at 1,000': round(small?.p50 ?? 0),
      'at 100,000': round(middle?.p50 ?? 0),
      'at 1,000,000': round(large?.p50 ?? 0),
      'p99 at 1,000,000': round(large?.p99 ?? 0),
      growth: `${round((large?.p50 ?? 0) / (small?.p50 ?? 1))}×`,
    }),
  )
  const plain = (what: string, value: string): Row => ({
    store: place.store,
    what,
    'at 1,000,000': value,
  })
  return [
    ...rows,
    plain('start to first answer', `${Math.round(startMs)} ms`),
    plain('memory after start', `${idleMb} MB`),
    plain('memory after these calls', `${loadedMb} MB`),
    plain('seeding 1,101,000 people by SQL', `${Math.round(seconds)} s`),
  ]
}

const at = 1_700_000_000_000

/** People with their role, their membership and their place in the counts and the search index. */
async function seed(place: OpenPlace, organisations: AppliedOrganisation[]): Promise<void> {
  const store = await openStore({
    databaseUrl: place.databaseUrl,
    file: `${place.dataDir}/usher.db`,
  })
  for (const [index, size] of sizes.entries()) {
    const organisation = organisations[index]
    if (organisation) await seedOne(store, organisation.id, size)
  }
  if (store.dialect.name === 'postgres') {
    for (const table of ['users', 'user_roles', 'group_members']) {
      await store.write((db) => sql.raw(`analyze ${table}`).execute(db))
    }
  }
  await store.close()
}

async function seedOne(store: Store, organisationId: string, size: number): Promise<void> {
  const sqlite = store.dialect.name === 'sqlite'
  const org = `'${organisationId}'`
  const numbers = sqlite
    ? `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${size}) select i from n)`
    : `(select i from generate_series(1, ${size}) n(i))`
  const padded = sqlite ? "printf('%012d', i)" : "lpad(i::text, 12, '0')"
  const id = `'018bcfe5-6800-7000-8000-' || ${padded}`
  const first = `(case i % 3 when 0 then 'Ada' when 1 then 'Grace' else 'Zoe' end)`
  const status = `(case when i % 50 = 0 then 'pending' else 'active' end)`
  const { default_group_id: groupId } = await store.read
    .selectFrom('organisations')
    .select('default_group_id')
    .where('id', '=', organisationId)
    .executeTakeFirstOrThrow()
  await store.write(async (db) => {
    const run = (text: string) => sql.raw(text).execute(db)
    await run(`insert into users select ${org}, ${id}, 'p' || i || '@acme.test', 'p' || i || '@acme.test',
      ${first}, 'Person' || i, lower(${first}) || ' person' || i,
      lower(${first}) || ' person' || i || ' p' || i || '@acme.test', ${status}, null, 0, 'sso_jit',
      'sso_jit', ${at}, 'System', ${at} + i, 'System', ${at} + i,
      case when i % 7 = 0 then null else ${at} + i end, 1 from ${numbers} as numbers`)
    const provenance = `'default', 'System', null, null, null, ${at}`
    await run(
      `insert into user_roles select ${org}, ${id}, 'ROLE_USER', ${provenance} from ${numbers} as numbers`,
    )
    await run(
      `insert into group_members select ${org}, '${groupId}', ${id}, ${provenance} from ${numbers} as numbers`,
    )
    const pending = Math.floor(size / 50)
    for (const [key, value] of [
      ['users pending sso_jit', pending],
      ['users active sso_jit', size - pending],
    ]) {
      await run(`insert into counts (org_id, key, value) values (${org}, '${key}', ${value})
        on conflict (org_id, key) do update set value = counts.value + ${value}`)
    }
    if (!sqlite) return
    await run(`insert into user_search (text, org_id, user_id)
      select search_text, org_id, id from users where org_id = ${org} and created_by = 'System'`)
    await run(`insert into user_search_rows (org_id, user_id, row)
      select org_id, user_id, rowid from user_search where org_id = ${org}`)
  })
}

if (import.meta.main) {
  const { title, rows } = await run()
  console.log(title)
  console.table(rows)
}
