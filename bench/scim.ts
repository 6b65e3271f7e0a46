import type { Bench, Row } from './measure.ts'
import { cpuBetween, cpuByProcess, diskProbe, median, quantile, round } from './measure.ts'
import {
  directoryOf,
  groupOf,
  groupSizes,
  managedPeople,
  type StoreName,
  stopBenchPostgres,
  stores,
} from './people.ts'
import { type Calls, callsOf, type Person, removeMembers } from './scim-calls.ts'
import { type Contender, startAll, startUsher } from './scim-contenders.ts'

const rounds = 5
const comparedAt = 100_000
const sizes = [1_000, 100_000, 1_000_000]

/** What one operation needs: the calls, and people who are there. */
type Stage = {
  calls: Calls
  people: Person[]
  group: string
  /** How many people are in the directory. */
  total: number
  turn: number
  /** How often somebody was enabled or disabled: everybody once to the one, then everybody to the other. */
  switched: number
  /** How often somebody joined the group, and left it: everybody does so once before anybody does again. */
  joined: number
  left: number
}
type Operation = {
  what: string
  clients: number
  once(stage: Stage): Promise<unknown>
  /** How many calls there are before one would change nothing. */
  left?(stage: Stage): number
}

const inTurn = ({ people }: Stage, turn: number) => people[turn % people.length] as Person
const pick = (stage: Stage) => inTurn(stage, stage.turn++)

async function create(stage: Stage): Promise<void> {
  await stage.calls.create()
  stage.total += 1
}

/** Where the directory ends, which each server has to find for itself: what it says of its size may be less. */
async function lastPage({ calls, total }: Stage): Promise<void> {
  const { found } = await calls.page(total - 99)
  // `scimmy-routers` returns no more than 20.
  if (found < 20) throw new Error(`The last page has ${found} people`)
}

const operations: Operation[] = [
  { what: 'create', clients: 1, once: create },
  { what: 'create', clients: 32, once: create },
  { what: 'userName eq', clients: 8, once: (stage) => stage.calls.find(pick(stage)) },
  { what: 'get by id', clients: 8, once: (stage) => stage.calls.get(pick(stage)) },
  { what: 'first page of 100', clients: 4, once: ({ calls }) => calls.page(1) },
  { what: 'last page of 100', clients: 4, once: lastPage },
  {
    what: 'PATCH active',
    clients: 8,
    once(stage) {
      const turn = stage.switched++
      const isActive = Math.floor(turn / stage.people.length) % 2 === 1
      return stage.calls.setActive(inTurn(stage, turn), isActive)
    },
  },
  {
    what: 'add one member',
    clients: 8,
    once: (stage) => stage.calls.add(stage.group, [inTurn(stage, stage.joined++).id]),
    left: ({ people, joined, left }) => people.length - (joined - left),
  },
  {
    what: 'remove one member',
    clients: 8,
    once: (stage) => stage.calls.remove(stage.group, inTurn(stage, stage.left++).id),
    left: ({ joined, left }) => joined - left,
  },
]

type Sample = { perSecond: number; cpu: number; calls: number; times: number[] }
type Limits = { forMs: number; atMost: number; part?: number }

/** As many calls as fit into the time, so many clients at once. */
async function measure(
  { clients, once, left }: Operation,
  stage: Stage,
  pids: () => number[],
  limits: Limits,
): Promise<Sample> {
  const { forMs, part = 1 } = limits
  const atMost = Math.min(limits.atMost, left ? Math.ceil(left(stage) * part) : limits.atMost)
  const times: number[] = []
  const before = cpuByProcess(pids())
  const started = performance.now()
  let begun = 0
  const client = async () => {
    while (begun < atMost && (begun < clients || performance.now() - started < forMs)) {
      begun += 1
      const asked = performance.now()
      await once(stage)
      times.push(performance.now() - asked)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const seconds = (performance.now() - started) / 1_000
  const cpu = cpuBetween(before, cpuByProcess(pids()))
  return { perSecond: times.length / seconds, cpu, calls: times.length, times }
}

// An initial sync is hundreds of thousands of calls: what counts is code that has run for a while.
const warmUp: Limits = { forMs: 5_000, atMost: 4_000 }
// What has just begun runs on cold caches, whose share would be the larger the faster a server is.
const leadIn: Limits = { forMs: 200, atMost: 100_000, part: 0.2 }
const measured: Limits = { forMs: 700, atMost: 100_000 }
const crowd = 4_000

async function openStage(contender: Contender): Promise<Stage> {
  const calls = callsOf(contender)
  const people: Person[] = []
  const group = await calls.createGroup()
  // `@boxyhq/saml-jackson` says no more than it returns at most.
  const total = Math.max(contender.people, (await calls.page(1)).total)
  // Who is asked for was made a moment ago, everywhere alike.
  const started = performance.now()
  const client = async () => {
    while (people.length < crowd && performance.now() - started < 20_000)
      people.push(await calls.create())
  }
  await Promise.all(Array.from({ length: 8 }, client))
  return {
    calls,
    people,
    group,
    total: total + people.length,
    turn: 0,
    switched: 0,
    joined: 0,
    left: 0,
  }
}

/** Usher, its peers and the floor with as many people in each, in turns. */
async function compare(): Promise<Row[]> {
  const contenders = await startAll(comparedAt)
  const stages = new Map<Contender, Stage>()
  for (const contender of contenders) stages.set(contender, await openStage(contender))
  const samples = new Map<Operation, Map<Contender, Sample[]>>()
  const slow = new Set<string>()
  for (let turn = -1; turn < rounds; turn += 1) {
    for (const operation of operations) {
      const known = samples.get(operation) ?? new Map<Contender, Sample[]>()
      samples.set(operation, known)
      for (const contender of contenders) {
        const stage = stages.get(contender) as Stage
        const key = `${contender.name} ${contender.store} ${operation.what}`
        const limits = turn < 0 ? warmUp : measured
        const adapted = slow.has(key) ? { ...operation, clients: 1 } : operation
        if (turn >= 0) await measure(adapted, stage, contender.pids, leadIn)
        const sample = await measure(adapted, stage, contender.pids, limits)
        // Seconds a call: one at a time then says enough.
        if (median(sample.times) > 400 * operation.clients ** 0.5) slow.add(key)
        if (turn >= 0) known.set(contender, [...(known.get(contender) ?? []), sample])
      }
    }
  }
  for (const contender of contenders) await contender.stop()
  return operations.flatMap((operation) =>
    comparison(operation, samples.get(operation) ?? new Map()),
  )
}

function comparison(operation: Operation, samples: Map<Contender, Sample[]>): Row[] {
  const rate = (list: Sample[]) => median(list.map(({ perSecond }) => perSecond))
  const cpu = (list: Sample[]) =>
    list.reduce((sum, one) => sum + one.cpu, 0) / list.reduce((sum, one) => sum + one.calls, 0)
  const durable = [...samples].filter(([{ kind, full }]) => kind === 'peer' && full)
  const best = Math.max(...durable.map(([, list]) => rate(list)))
  const leanest = Math.min(...durable.map(([, list]) => cpu(list)))
  return [...samples].map(([contender, list]) => {
    const times = list.flatMap((one) => one.times)
    const floor = [...samples].find(
      ([{ kind, store }]) => kind === 'floor' && store === contender.store,
    )
    return {
      what: operation.what,
      clients: operation.clients,
      server: contender.name,
      store: contender.store,
      'per second': round(rate(list), rate(list) < 100 ? 1 : 0),
      'p50 ms': round(quantile(times, 0.5)),
      'p99 ms': round(quantile(times, 0.99)),
      'CPU ms': round(cpu(list)),
      'of the best peer': `${round(rate(list) / best, 1)}×`,
      'in CPU': `${round(leanest / cpu(list), 1)}×`,
      'of the floor': floor ? `${round(rate(list) / rate(floor[1]))}×` : '',
    }
  })
}

type Sized = { store: StoreName; size: number; contender: Contender; stage: Stage }

const alone = (once: Operation['once'], what: string): Operation => ({ what, clients: 1, once })

/** The same operations one at a time; those of groups by the size of the group. */
function growingOperations(size: number): Operation[] {
  const inGroups = groupSizes
    .filter((members) => members < size)
    .flatMap((members) => [
      alone(
        (stage) => stage.calls.add(groupOf(members), [pick(stage).id]),
        `add one member, group of ${members.toLocaleString('en')}`,
      ),
      alone(
        (stage) => stage.calls.remove(groupOf(members), pick(stage).id),
        `remove one member, group of ${members.toLocaleString('en')}`,
      ),
    ])
  return [
    ...operations.filter(({ clients, what }) => clients !== 32 && !what.endsWith('member')),
    alone(({ calls }) => calls.page(1, 0), 'exact total'),
  ]
    .map(({ what, once }) => alone(once, what))
    .concat(inGroups)
}

const growth: Limits = { forMs: 1_500, atMost: 60 }
const growthWarmUp: Limits = { forMs: 4_000, atMost: 250 }

/** Usher alone at three sizes on both stores, in turns, one call at a time. */
async function grow(): Promise<Row[]> {
  const servers: Sized[] = []
  for (const store of stores) {
    for (const size of sizes) {
      const contender = await startUsher(await directoryOf(store, size))
      const calls = callsOf(contender)
      const { total } = await calls.page(1)
      const people = managedPeople(size, 600)
      // A kept directory has them as the run before left them, and who is so already is not changed.
      for (const person of people) await calls.setActive(person, true)
      servers.push({
        store,
        size,
        contender,
        stage: { calls, people, group: '', total, turn: 0, switched: 0, joined: 0, left: 0 },
      })
    }
  }
  const times = new Map<string, number[]>()
  for (let turn = -1; turn < rounds; turn += 1) {
    for (const { store, size, contender, stage } of servers) {
      for (const operation of growingOperations(size)) {
        // Whom the directory has in the group already is not added, but is asked for all the same.
        const limits = turn < 0 ? growthWarmUp : growth
        const sample = await measure(operation, stage, contender.pids, limits)
        const key = `${store} ${size} ${operation.what}`
        if (turn >= 0) times.set(key, [...(times.get(key) ?? []), ...sample.times])
      }
    }
  }
  const thousands = await addThousands(servers)
  for (const { contender } of servers) await contender.stop()

  const at = (store: StoreName, size: number, what: string, part: number) =>
    round(quantile(times.get(`${store} ${size} ${what}`) ?? [Number.NaN], part))
  const whats = growingOperations(Number.POSITIVE_INFINITY).map(({ what }) => what)
  const rows = stores.flatMap((store) =>
    whats.map((what) => {
      const p50 = sizes.map((size) => at(store, size, what, 0.5))
      const [small = 0, middle = 0, large = 0] = p50
      return {
        store,
        what,
        'p50 at 1,000': Number.isNaN(small) ? '' : small,
        'at 100,000': Number.isNaN(middle) ? '' : middle,
        'at 1,000,000': large,
        'p99 at 1,000,000': at(store, 1_000_000, what, 0.99),
        growth: Number.isNaN(small) ? '' : `${round(large / small)}×`,
      }
    }),
  )
  return [...rows, ...thousands]
}

/**
 * A thousand members in one request, into a group that has 100,000. They have been in it before, so
 * that the pages of their rows are in memory: what a cold disk takes for a thousand is its own affair.
 */
async function addThousands(servers: Sized[]): Promise<Row[]> {
  const rows: Row[] = []
  for (const { store, size, contender } of servers) {
    if (size !== 1_000_000) continue
    const calls = callsOf(contender)
    const group = groupOf(100_000)
    const taking: number[] = []
    for (let turn = 0; turn < rounds; turn += 1) {
      const from = 1_000 * (turn + 1)
      const ids = managedPeople(size, from + 1_000)
        .slice(from)
        .map(({ id }) => id)
      for (const isMeasured of [false, true]) {
        const started = performance.now()
        await calls.add(group, ids)
        if (isMeasured) taking.push(performance.now() - started)
        await calls.ask('PATCH', `/Groups/${group}`, removeMembers(ids))
      }
    }
    rows.push({
      store,
      what: '1,000 members into a group of 100,000',
      'at 1,000,000': round(median(taking)),
    })
  }
  return rows
}

export async function run(): Promise<Bench[]> {
  const compared = await compare()
  const grown = await grow()
  await stopBenchPostgres()
  const probe = diskProbe()
  return [
    {
      title: `SCIM with ${comparedAt.toLocaleString('en')} people, ${rounds} interleaved rounds; this disk syncs ${probe} times a second`,
      rows: compared,
    },
    {
      title: `SCIM by the size of the directory, one call at a time, ${rounds} interleaved rounds, milliseconds`,
      rows: grown,
    },
  ]
}
