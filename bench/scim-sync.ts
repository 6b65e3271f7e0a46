import { howMany } from '../server/testing/long-run.ts'
import { atOnce, type Bench, cpuBetween, cpuByProcess, type Row, round } from './measure.ts'
import { stopBenchPostgres } from './people.ts'
import { callsOf, newPerson } from './scim-calls.ts'
import { freshUsher } from './scim-contenders.ts'

const people = howMany('USHER_SYNC', 100_000)
const groups = 500
const clients = 32
/** As many members as Entra ID puts into one PATCH. */
const membersAtOnce = 20

/** The first cycle of Entra ID: everybody is looked up and sent, groups come empty, then their members. */
export async function run(): Promise<Bench> {
  const rows: Row[] = []
  for (const store of ['SQLite', 'PostgreSQL'] as const) {
    const { contender, dispose } = await freshUsher(store)
    const calls = callsOf(contender)
    const ids: string[] = []
    const sent = Array.from({ length: people }, newPerson)
    const measure = async (what: string, requests: number, work: () => Promise<unknown>) => {
      const before = cpuByProcess(contender.pids())
      const started = performance.now()
      await work()
      const seconds = (performance.now() - started) / 1_000
      const cpu = cpuBetween(before, cpuByProcess(contender.pids()))
      rows.push({
        store,
        what,
        requests,
        seconds: round(seconds, 1),
        'per second': Math.round(requests / seconds),
        'CPU ms': round(cpu / requests),
      })
    }

    await measure(`${people} people looked up and created`, people * 2, () =>
      atOnce(sent, clients, async (person) => {
        const filter = encodeURIComponent(`userName eq "${person.userName}"`)
        const { totalResults } = await calls.ask('GET', `/Users?filter=${filter}`)
        if (totalResults !== 0) throw new Error(`${person.userName} is there already`)
        ids.push(String((await calls.ask('POST', '/Users', person)).id))
      }),
    )
    const made: string[] = []
    await measure(`${groups} groups created empty`, groups, () =>
      atOnce(Array.from({ length: groups }), clients, async () => {
        made.push(await calls.createGroup())
      }),
    )
    // Everybody is in one group.
    const chunks = made.flatMap((group, at) => {
      const own = ids.filter((_, number) => number % groups === at)
      return Array.from({ length: Math.ceil(own.length / membersAtOnce) }, (_, chunk) => ({
        group,
        members: own.slice(chunk * membersAtOnce, (chunk + 1) * membersAtOnce),
      }))
    })
    await measure(
      `${people} members added, ${membersAtOnce} in each request`,
      chunks.length,
      async () => {
        await atOnce(chunks, clients, ({ group, members }) => calls.add(group, members))
      },
    )
    await dispose()
  }
  await stopBenchPostgres()
  return {
    title: `Initial sync of ${people.toLocaleString('en')} people and ${groups} groups, ${clients} clients`,
    rows,
  }
}
