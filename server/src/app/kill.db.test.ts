import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../testing/free-port.ts'
import { startPostgres } from '../../testing/postgres.ts'
import {
  applyOrganisation,
  createClient,
  onPostgres,
  type Place,
  startUsherProcess,
} from '../../testing/usher-process.ts'
import { openStore, type Store } from '../store/index.ts'

const clients = 24
/** On PostgreSQL every third round kills the database server as well, and Usher a moment later. */
const databaseDiesEvery = 3

type Source = 'sso_jit' | 'scim'
type Kind = 'sign-in' | 'created' | 'left'
type Acknowledged = Map<string, Kind>
type Client = ReturnType<typeof createClient>

test.each<{ source: Source; rounds: number }>([
  { source: 'sso_jit', rounds: 21 },
  { source: 'scim', rounds: 9 },
])(
  'OP-1, AU-1: under $source, whoever was told "done" is there with their audit event after the process, or the database, is killed',
  async ({ source, rounds }) => {
    const postgres = onPostgres ? await startPostgres() : undefined
    const dataDir = mkdtempSync(join(tmpdir(), 'usher-kill-'))
    const place: Place = { dataDir, databaseUrl: postgres?.url }
    onTestFinished(async () => {
      await postgres?.stop()
      rmSync(dataDir, { recursive: true, force: true })
    })
    const port = await freePort()
    const organisation = applyOrganisation(place, { slug: 'acme', port, source })
    const acknowledged: Acknowledged = new Map()
    const databaseKills: number[] = []
    let unanswered = 0

    for (let round = 1; round <= rounds; round += 1) {
      const usher = await startUsherProcess(place, { port })
      const client = createClient(usher.url, organisation, clients)
      const load = startLoad(client, acts[source], round, acknowledged)
      await load.begun
      await sleep(randomInt(20, 700))
      if (postgres && round % databaseDiesEvery === 0) {
        const back = postgres.crash()
        await sleep(randomInt(0, 100))
        // Every other time Usher lives on and must find its database again by itself.
        if (round % 2 === 1) await usher.kill()
        await back
        databaseKills.push(round)
        if (round % 2 === 0) await load.goesOn()
      }
      await usher.kill()
      unanswered += await load.stop()

      const store = await openStore({ databaseUrl: place.databaseUrl, file: fileOf(place) })
      try {
        await expectWhole(store, organisation.id, acknowledged)
      } finally {
        await store.close()
      }
    }

    const found = acknowledged.size
    const many = (wanted: Kind) =>
      [...acknowledged.values()].filter((kind) => kind === wanted).length
    const kinds = `${many('sign-in')} first sign-ins, ${many('left')} departures`
    const store = onPostgres ? `PostgreSQL (${databaseKills.length} database kills)` : 'SQLite'
    process.stdout.write(
      `kill test of ${source} on ${store}: ${rounds} rounds, ${found} people acknowledged (${kinds}), ` +
        `${found} found, lost 0; ${unanswered} were under way at a kill\n`,
    )
    expect(found).toBeGreaterThan(rounds * 10)
  },
  150_000,
)

const fileOf = ({ dataDir }: Place) => join(dataDir, 'usher.db')

/** What a client does for one newcomer, and what it was told. */
type Act = (client: Client, email: string, number: number) => Promise<Kind | undefined>

const acts: Record<Source, Act> = {
  /** Half of the clients sign new people in, half create them by the API. */
  async sso_jit(client, email, number) {
    if (number % 2 === 0) return (await client.signIn(email)) === 303 ? 'sign-in' : undefined
    return (await client.createUser(email)) === 201 ? 'created' : undefined
  },
  /** Everybody is created, and half of them leave at once. */
  async scim(client, email, number) {
    const made = await client.scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: email,
      name: { givenName: 'Ada', familyName: 'Byron' },
    })
    if (made.status !== 201) return undefined
    if (number % 2 === 0) return 'created'
    const left = await client
      .scim('PATCH', `/Users/${made.id}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      })
      .catch(() => undefined)
    return left?.status === 200 ? 'left' : 'created'
  },
}

function startLoad(client: Client, act: Act, round: number, acknowledged: Acknowledged) {
  const before = acknowledged.size
  let stopped = false
  let unanswered = 0

  async function work(number: number): Promise<void> {
    for (let turn = 0; !stopped; turn += 1) {
      const email = `p${round}-${number}-${turn}@acme.test`
      try {
        const kind = await act(client, email, number)
        if (kind) acknowledged.set(email, kind)
        else await sleep(20)
      } catch {
        unanswered += 1
        await sleep(20)
      }
    }
  }
  const workers = Array.from({ length: clients }, (_, number) => work(number))
  const moreThan = async (size: number) => {
    const deadline = performance.now() + 20_000
    while (acknowledged.size <= size) {
      if (performance.now() > deadline) throw new Error('Nothing was acknowledged for 20 s.')
      await sleep(5)
    }
  }
  return {
    begun: moreThan(before),
    goesOn: () => moreThan(acknowledged.size),
    async stop() {
      stopped = true
      await client.close()
      await Promise.all(workers)
      return unanswered
    },
  }
}

/** Nobody acknowledged is missing, nobody is there by half, and the store works. */
async function expectWhole(
  store: Store,
  organisationId: string,
  acknowledged: Acknowledged,
): Promise<void> {
  const db = store.read
  const people = await db
    .selectFrom('users')
    .select(['id', 'email', 'email_folded', 'joined_by', 'status'])
    .where('org_id', '=', organisationId)
    .execute()
  const subjects = async (type: string) =>
    (
      await db
        .selectFrom('events')
        .select('subject_id')
        .where('org_id', '=', organisationId)
        .where('type', '=', type)
        .execute()
    ).map((event) => event.subject_id)
  const owners = async (table: 'group_members' | 'user_roles' | 'identities' | 'sessions') =>
    (
      await db.selectFrom(table).select('user_id').where('org_id', '=', organisationId).execute()
    ).map((row) => row.user_id)

  const ids = people.map((person) => person.id)
  const arrived = people.filter((one) => one.joined_by === 'sso_jit').map((one) => one.id)
  const byEmail = new Map(people.map((person) => [person.email, person]))
  const lost = [...acknowledged.keys()].filter((email) => !byEmail.has(email))
  expect(lost).toEqual([])
  const stayed = [...acknowledged].filter(
    ([email, kind]) => kind === 'left' && byEmail.get(email)?.status !== 'deactivated',
  )
  expect(stayed).toEqual([])
  const gone = people.filter(({ status }) => status === 'deactivated').map(({ id }) => id)
  expect(ordered(await subjects('user.deactivated'))).toEqual(ordered(gone))
  expect(new Set(people.map((person) => person.email_folded)).size).toBe(people.length)
  // One event each, for exactly the people who are there: neither without the other.
  expect(ordered(await subjects('user.joined'))).toEqual(ordered(ids))
  expect(ordered(await subjects('auth.succeeded'))).toEqual(ordered(arrived))
  for (const whole of ['group_members', 'user_roles'] as const) {
    expect(missing(ids, await owners(whole))).toEqual([])
  }
  for (const whole of ['identities', 'sessions'] as const) {
    expect(ordered(await owners(whole))).toEqual(ordered(arrived))
  }

  await store.catchUp()
  const { rows } = await sql<{ total: number }>`select sum(value) as total from counts
    where org_id = ${organisationId}`.execute(db)
  expect(Number(rows[0]?.total)).toBe(people.length)
  await expectIntact(store, people.length)
}

function ordered(ids: (string | null)[]): string[] {
  return ids.map(String).sort((one, other) => (one < other ? -1 : 1))
}

function missing(ids: string[], owners: (string | null)[]): string[] {
  const known = new Set(owners)
  return ids.filter((id) => !known.has(id))
}

/** The database itself finds no fault, and everybody is in the search index. */
async function expectIntact(store: Store, people: number): Promise<void> {
  if (onPostgres) return
  const { rows } = await sql`pragma integrity_check`.execute(store.read)
  expect(rows).toEqual([{ integrity_check: 'ok' }])
  const indexed = await sql<{
    rows: number
  }>`select count(*) as rows from user_search_rows`.execute(store.read)
  expect(indexed.rows[0]?.rows).toBe(people)
}
