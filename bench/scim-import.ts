import { howMany } from '../server/testing/long-run.ts'
import { atOnce, type Bench, cpuBetween, cpuByProcess, type Row, round } from './measure.ts'
import { stopBenchPostgres } from './people.ts'
import { callsOf, newPerson } from './scim-calls.ts'
import { freshUsher } from './scim-contenders.ts'

const people = howMany('USHER_IMPORT', 1_000_000)
const operations = 1_000
const inFlight = 3

/**
 * An import by `/Bulk`, cut off in its middle and begun again from the start: whom the first part
 * brought is answered with 409, and the rest lands.
 */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const store of ['SQLite', 'PostgreSQL'] as const) {
    const { contender, dispose } = await freshUsher(store)
    const calls = callsOf(contender)
    const seed = newPerson().userName.replace('@acme.test', '')

    async function send(what: string, from: number, to: number, expected: number): Promise<void> {
      const before = cpuByProcess(contender.pids())
      const started = performance.now()
      const starts = Array.from(
        { length: Math.ceil((to - from) / operations) },
        (_, at) => from + at * operations,
      )
      await atOnce(starts, inFlight, async (start) => {
        const numbers = Array.from(
          { length: Math.min(operations, to - start) },
          (_, at) => start + at,
        )
        const said = await calls.ask('POST', '/Bulk', {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
          Operations: numbers.map((number) => ({
            method: 'POST',
            path: '/Users',
            bulkId: `b${number}`,
            data: imported(seed, number),
          })),
        })
        const wrong = (said.Operations as { status: string }[]).find(
          ({ status }) => Number(status) !== expected,
        )
        if (wrong) throw new Error(`Expected ${expected}: ${JSON.stringify(wrong)}`)
      })
      const seconds = (performance.now() - started) / 1_000
      const cpu = cpuBetween(before, cpuByProcess(contender.pids()))
      rows.push({
        store,
        what,
        people: to - from,
        seconds: round(seconds, 1),
        'people a second': Math.round((to - from) / seconds),
        'CPU ms': round(cpu / (to - from), 3),
      })
    }

    const half = Math.floor(people / 2 / operations) * operations
    await send('the first half, then cut off', 0, half, 201)
    await send('begun again: those who are there', 0, half, 409)
    await send('and the rest', half, people, 201)
    const { total } = await calls.page(1, 0)
    if (total !== people) throw new Error(`${total} are there, not ${people}.`)
    await dispose()
  }
  await stopBenchPostgres()
  return {
    title: `Import of ${people.toLocaleString('en')} people by /Bulk of ${operations}, ${inFlight} requests in flight`,
    rows,
  }
}

function imported(seed: string, number: number) {
  const userName = `${seed}-${number}@acme.test`
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName,
    externalId: `${seed}-${number}`,
    name: { givenName: 'New', familyName: `Person${number}` },
    emails: [{ type: 'work', value: userName, primary: true }],
  }
}
