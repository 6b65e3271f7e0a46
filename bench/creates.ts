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
const people: [clients: number, people: number][] = [
  [1, 100],
  [32, 600],
]

/** A script creates people by `POST /users`, one after the other and thirty-two at a time. */
export async function run(): Promise<Bench> {
  const places = await openPlaces()
  const rows: Row[] = []
  for (const place of places) rows.push(...(await createAt(place)))
  for (const place of places) await place.close()
  const probe = diskProbe()
  return {
    title: `People created by the API, ${rounds} interleaved rounds; this disk syncs ${probe} times a second`,
    rows: rows.map((row) => ({
      ...row,
      'of the disk probe': `${round(Number(row['per second']) / probe)}×`,
    })),
  }
}

async function createAt(place: OpenPlace): Promise<Row[]> {
  const port = await freePort()
  const organisation = applyOrganisation(place, { slug: 'acme', port })
  const server = await startUsherProcess(place, { port })
  const samples = new Map(
    people.map(([clients]) => [clients, [] as { rate: number; cpu: number }[]]),
  )
  for (let turn = -1; turn < rounds; turn += 1) {
    for (const [clients, count] of people) {
      const client = createClient(server.url, organisation, clients)
      const emails = Array.from({ length: count }, (_, at) => `c${turn}-${clients}-${at}@acme.test`)
      const pids = () => [server.pid, ...(place.databasePid ? familyOf(place.databasePid) : [])]
      const before = cpuOf(pids())
      const rate = await atOnce(emails, clients, async (email) => {
        const status = await client.createUser(email)
        if (status !== 201) throw new Error(`${email} was not created: ${status}`)
      })
      // The first turn warms up.
      if (turn >= 0) samples.get(clients)?.push({ rate, cpu: (cpuOf(pids()) - before) / count })
      await client.close()
    }
  }
  await server.stop()
  return [...samples].map(([clients, measured]) => ({
    store: place.store,
    clients,
    'per second': Math.round(median(measured.map(({ rate }) => rate))),
    'CPU ms': round(median(measured.map(({ cpu }) => cpu))),
  }))
}
