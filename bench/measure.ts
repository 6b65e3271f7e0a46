import {
  closeSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Row = Record<string, string | number>
export type Bench = { title: string; rows: Row[] }

const ticksPerSecond = 100

/** CPU that these processes have used so far, in milliseconds, of user and kernel together. */
export function cpuOf(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return sum + ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1000
  }, 0)
}

/** As `cpuOf`, process by process: one that ends meanwhile does not take its past with it. */
export function cpuByProcess(pids: number[]): Map<number, number> {
  return new Map(
    pids.flatMap((pid) => {
      const used = whileThere(() => cpuOf([pid]))
      return used === undefined ? [] : [[pid, used]]
    }),
  )
}

/** Undefined when the process ended a moment ago. */
function whileThere<Value>(look: () => Value): Value | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

export function cpuBetween(before: Map<number, number>, after: Map<number, number>): number {
  return [...after].reduce((sum, [pid, used]) => sum + used - (before.get(pid) ?? 0), 0)
}

/** Of a PostgreSQL server, the processes of one database and those that write for all. */
export function backendsOf(pid: number, database: string): number[] {
  return familyOf(pid).filter((one) => {
    const said = whileThere(() => readFileSync(`/proc/${one}/cmdline`, 'utf8')) ?? ''
    return said.includes(` ${database} `) || /walwriter|checkpointer|background writer/.test(said)
  })
}

/** A server and whatever it started, such as the backends of PostgreSQL. */
export function familyOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid)
  return [pid, ...children]
}

function parentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
  } catch {
    return 0
  }
}

/** Memory that a process holds now, in MB. */
export function memoryOf(pid: number): number {
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(resident) / 1024)
}

/** How often a second this disk keeps a promise: the limit of everything durable. */
export function diskProbe(): number {
  const file = join(tmpdir(), `usher-disk-probe-${process.pid}`)
  const handle = openSync(file, 'w')
  const page = Buffer.alloc(4096)
  const started = performance.now()
  let syncs = 0
  while (performance.now() - started < 500) {
    writeSync(handle, page)
    fdatasyncSync(handle)
    syncs += 1
  }
  closeSync(handle)
  rmSync(file)
  return Math.round((syncs / (performance.now() - started)) * 1000)
}

export function median(values: number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

/** So many at a time, until all are done. @returns how many each second. */
export async function atOnce<Item>(
  items: Item[],
  clients: number,
  work: (item: Item) => Promise<unknown>,
): Promise<number> {
  const started = performance.now()
  let next = 0
  const client = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as Item)
  }
  await Promise.all(Array.from({ length: clients }, client))
  return items.length / ((performance.now() - started) / 1000)
}

export const round = (value: number, digits = 2) => Number(value.toFixed(digits))
