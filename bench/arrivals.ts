import { newId } from '../server/src/lib/ids.ts'
import { openStore } from '../server/src/store/index.ts'
import { freePort } from '../server/testing/free-port.ts'
import {
  applyOrganisation,
  createClient,
  startUsherProcess,
} from '../server/testing/usher-process.ts'
import {
  atOnce,
  type Bench,
  cpuOf,
  diskProbe,
  familyOf,
  median,
  type Row,
  round,
} from './measure.ts'
import { type OpenPlace, openPlaces } from './places.ts'

const rounds = 5
const people = 400
const clients = 32

/**
 * First sign-ins and returning ones, end to end over HTTP: out to the identity provider and back with
 * a signed response, which is made beforehand and does not count. The floor writes the same rows in
 * one durable transaction each, with no product around it.
 */
export async function run(): Promise<Bench> {
  const places = await openPlaces()
  const rows: Row[] = []
  for (const place of places) rows.push(...(await arriveAt(place)))
  for (const place of places) await place.close()
  return {
    title: `SAML JIT sign-ins, ${clients} clients, ${rounds} interleaved rounds of ${people}; this disk syncs ${diskProbe()} times a second`,
    rows,
  }
}

type Sample = { perSecond: number; cpu: number }

async function arriveAt(place: OpenPlace): Promise<Row[]> {
  const port = await freePort()
  const organisation = applyOrganisation(place, { slug: 'acme', port })
  const server = await startUsherProcess(place, { port })
  const client = createClient(server.url, organisation, clients)
  const floor = await openFloor(place, organisation.id)
  const first: Sample[] = []
  const again: Sample[] = []
  const bare: Sample[] = []
  for (let turn = -1; turn < rounds; turn += 1) {
    const addresses = Array.from(
      { length: people },
      (_, index) => `p${turn + 1}-${index}@acme.test`,
    )
    const measured = [await arrive(addresses), await arrive(addresses), await floor.write(people)]
    if (turn < 0) continue
    for (const [index, list] of [first, again, bare].entries()) list.push(measured[index] as Sample)
  }
  await client.close()
  await floor.close()
  await server.stop()

  async function arrive(addresses: string[]): Promise<Sample> {
    const pids = [server.pid, ...(place.databasePid ? familyOf(place.databasePid) : [])]
    const prepared: { started: Awaited<ReturnType<typeof client.startSignIn>>; form: string }[] = []
    const before = cpuOf(pids)
    await atOnce(addresses, clients, async (address) => {
      const started = await client.startSignIn()
      prepared.push({ started, form: client.respond(started, address) })
    })
    const perSecond = await atOnce(prepared, clients, async ({ started, form }) => {
      const status = await client.finishSignIn(started, form)
      if (status !== 303) throw new Error(`Refused with ${status}.`)
    })
    const after = cpuOf([server.pid, ...(place.databasePid ? familyOf(place.databasePid) : [])])
    return { perSecond, cpu: (after - before) / addresses.length }
  }

  const floorRate = median(bare.map((one) => one.perSecond))
  const row = (what: string, samples: Sample[]): Row => {
    const perSecond = median(samples.map((one) => one.perSecond))
    return {
      store: place.store,
      what,
      'per second': Math.round(perSecond),
      'CPU ms': round(median(samples.map((one) => one.cpu))),
      'of the floor': `${round(perSecond / floorRate)}×`,
    }
  }
  return [row('first sign-in', first), row('returning sign-in', again), row('bare floor', bare)]
}

/** The rows of a first sign-in, in one durable transaction each, through the same store. */
async function openFloor(place: OpenPlace, organisationId: string) {
  const store = await openStore({
    databaseUrl: place.databaseUrl,
    file: `${place.dataDir}/floor.db`,
  })
  const provenance = {
    provenance: 'jit' as const,
    actor: 'floor',
    actor_id: null,
    rule: null,
    request_id: null,
  }
  async function one(): Promise<void> {
    const id = newId()
    const at = Date.now()
    const own = { org_id: organisationId, user_id: id }
    await store.write(async (db) => {
      await db
        .insertInto('users')
        .values({ ...person, org_id: organisationId, id, email: id, email_folded: id })
        .execute()
      await db
        .insertInto('identities')
        .values({ ...own, issuer: 'floor', subject: id, connection: 'floor', linked_at: at })
        .execute()
      await db
        .insertInto('user_roles')
        .values({ ...own, ...provenance, role: 'ROLE_USER', at })
        .execute()
      await db
        .insertInto('group_members')
        .values({ ...own, ...provenance, group_id: 'floor', at })
        .execute()
      await db
        .insertInto('seen_assertions')
        .values({ org_id: organisationId, assertion_hash: id, expires_at: 0 })
        .execute()
      await db
        .insertInto('preferences')
        .values({ ...own, key: 'session', value: id })
        .execute()
      await db
        .insertInto('preferences')
        .values({ ...own, key: 'event', value: id })
        .execute()
    })
  }
  return {
    async write(count: number): Promise<Sample> {
      const before = process.cpuUsage()
      const database = place.databasePid ? familyOf(place.databasePid) : []
      const databaseBefore = cpuOf(database)
      const perSecond = await atOnce(Array.from({ length: count }), clients, one)
      const { user, system } = process.cpuUsage(before)
      const databaseCpu = place.databasePid
        ? cpuOf(familyOf(place.databasePid)) - databaseBefore
        : 0
      return { perSecond, cpu: ((user + system) / 1000 + databaseCpu) / count }
    },
    close: store.close,
  }
}

const person = {
  first_name: 'Ada',
  last_name: 'Lovelace',
  sort_name: 'ada lovelace',
  search_text: 'ada lovelace',
  status: 'active' as const,
  pending_reason: null,
  held: 0 as const,
  managed_by: 'sso_jit' as const,
  joined_by: 'sso_jit' as const,
  email_verified_at: null,
  created_by: 'floor',
  created_at: 0,
  updated_by: 'floor',
  updated_at: 0,
  last_sign_in_at: null,
  user_name: null,
  user_name_folded: null,
  external_id: null,
  active_assigned: 1 as const,
  version: 1,
}

if (import.meta.main) {
  const { title, rows } = await run()
  console.log(title)
  console.table(rows)
}
