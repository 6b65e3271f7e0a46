import { endOfTurn } from '../../lib/turn.ts'
import type { Db } from '../dialect.ts'

type Work<T> = (db: Db) => Promise<T>
type Waiting = {
  subject: string | undefined
  work: Work<unknown>
  resolve(value: never): void
  reject(error: unknown): void
}
type Line = { waiting: Waiting[] }
type Units = {
  alone<T>(work: Work<T>): Promise<T>
  shared<T>(work: Work<T>): Promise<T>
}

const atOnce = 32

/**
 * Changes that arrive at the same moment, in one line and of different subjects, share a transaction
 * in which each step is one statement for all of them. When one of them is refused, or fails, all are
 * taken back and each has a transaction of its own, so that nobody answers for anybody else.
 */
export function createLines({ alone, shared }: Units) {
  const lines = new Map<string, Line>()

  async function carryOut(batch: Waiting[]): Promise<void> {
    const done = batch.length > 1 ? await tryTogether(batch) : undefined
    if (done) {
      for (const [at, { resolve }] of batch.entries()) resolve(done[at] as never)
      return
    }
    await Promise.all(
      batch.map(({ work, resolve, reject }) =>
        alone(work).then((value) => resolve(value as never), reject),
      ),
    )
  }

  /** @returns what each answers, or undefined when nothing of it was done. */
  function tryTogether(batch: Waiting[]): Promise<unknown[] | undefined> {
    return shared(async (db) => {
      const ends = await Promise.allSettled(batch.map(({ work }) => work(db)))
      return ends.map((end) => {
        if (end.status === 'rejected') throw end.reason
        return end.value
      })
    }).catch(() => undefined)
  }

  /** One batch at a time: the fewer, the fuller they are. */
  async function drain(name: string, line: Line): Promise<void> {
    // Requests that are ready in the same turn come along.
    await endOfTurn()
    while (line.waiting.length > 0) await carryOut(takeNext(line))
    lines.delete(name)
  }

  return {
    /** As `alone`, beside whoever waits in this line. No two of the same `subject` go together. */
    write<T>(name: string, subject: string | undefined, work: Work<T>): Promise<T> {
      const known = lines.get(name)
      const line = known ?? { waiting: [] }
      return new Promise<T>((resolve, reject) => {
        line.waiting.push({ subject, work, resolve, reject })
        if (known) return
        lines.set(name, line)
        void drain(name, line)
      })
    },
  }
}

/** Of the same subject the first; the next of it comes in the next batch. */
function takeNext(line: Line): Waiting[] {
  const subjects = new Set<string>()
  const batch: Waiting[] = []
  const left: Waiting[] = []
  for (const one of line.waiting) {
    const isTaken = one.subject !== undefined && subjects.has(one.subject)
    if (isTaken || batch.length === atOnce) {
      left.push(one)
      continue
    }
    if (one.subject !== undefined) subjects.add(one.subject)
    batch.push(one)
  }
  line.waiting = left
  return batch
}
