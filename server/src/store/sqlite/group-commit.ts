import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { endOfTurn } from '../../lib/turn.ts'
import type { Db } from '../dialect.ts'

const maxBatch = 256
const busyPauseMs = 5
const busyPatienceMs = 20_000
const busy = 5

type Waiting = {
  work: (db: Db) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}
type Answer = () => void

/**
 * Many waiting changes share one transaction, and one that is refused never fails its neighbours:
 * when it has written something, all are taken back and done again, each in a savepoint of its own.
 * COMMIT writes the log without waiting for the disk; `sync` of the log follows, beside the next batch
 * where the disk is slow, and only after it are the answers given. Nothing is acknowledged before it is
 * durable. See docs/decisions/0003-group-commit-on-sqlite.md.
 *
 * @param sync resolves when everything committed before the call is on the disk.
 * @param lost is told when `sync` failed: nobody knows then what the disk holds, so nothing more is
 *   answered or written, and the process has to end.
 */
export function createGroupCommit(
  database: DatabaseSync,
  db: Db,
  sync: () => Promise<void>,
  lost: (error: unknown) => void,
) {
  const totalChanges = database.prepare('select total_changes() as rows')
  const written = () => totalChanges.get()?.rows
  const queue: Waiting[] = []
  let unsynced: Answer[] = []
  let draining = false
  let syncing = false
  let broken = false

  /** @returns undefined when one of several failed after it wrote, which stands there still. */
  async function runTogether(batch: Waiting[]): Promise<Answer[] | undefined> {
    const answers: Answer[] = []
    for (const { work, resolve, reject } of batch) {
      const before = written()
      try {
        const value = await work(db)
        answers.push(() => resolve(value as never))
      } catch (error) {
        if (batch.length === 1 || !database.isTransaction) throw error
        if (written() !== before) return undefined
        answers.push(() => reject(error))
      }
    }
    return answers
  }

  async function runApart(batch: Waiting[]): Promise<Answer[]> {
    database.exec('rollback')
    await begin(database)
    const answers: Answer[] = []
    for (const one of batch) answers.push(await runOne(one))
    return answers
  }

  async function runOne({ work, resolve, reject }: Waiting): Promise<Answer> {
    database.exec('savepoint change')
    try {
      const value = await work(db)
      database.exec('release change')
      return () => resolve(value as never)
    } catch (error) {
      database.exec('rollback to change')
      database.exec('release change')
      return () => reject(error)
    }
  }

  /** The answers of this batch, not one of them given yet: they are promises about a commit. */
  async function runBatch(batch: Waiting[]): Promise<{ answers: Answer[]; wrote: boolean }> {
    try {
      await begin(database)
      const before = written()
      const answers = (await runTogether(batch)) ?? (await runApart(batch))
      database.exec('commit')
      return { answers, wrote: written() !== before }
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      return {
        answers: batch.map(
          ({ reject }) =>
            () =>
              reject(error),
        ),
        wrote: false,
      }
    }
  }

  async function drain(): Promise<void> {
    draining = true
    // Requests that are ready in the same turn join the batch.
    await endOfTurn()
    while (queue.length > 0 && !broken) {
      const { answers, wrote } = await runBatch(queue.splice(0, maxBatch))
      // A refusal waits too: it may rest on a change before it that is not on the disk yet.
      unsynced.push(...answers)
      if (wrote || syncing) void makeDurable()
      else if (!broken) answerAll()
    }
    draining = false
  }

  async function makeDurable(): Promise<void> {
    if (syncing) return
    syncing = true
    while (unsynced.length > 0) {
      const answers = unsynced
      unsynced = []
      try {
        await sync()
      } catch (error) {
        broken = true
        lost(error)
        return
      }
      for (const answer of answers) answer()
    }
    syncing = false
  }

  function answerAll(): void {
    const answers = unsynced
    unsynced = []
    for (const answer of answers) answer()
  }

  return {
    write<T>(work: (db: Db) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve, reject })
        if (!draining && !broken) void drain()
      })
    },
    async idle(): Promise<void> {
      while (!broken && (draining || syncing || queue.length > 0)) {
        await endOfTurn()
      }
    },
  }
}

/** Another process, or the checkpointer at its last step, may hold the write lock: other requests go on meanwhile. */
async function begin(database: DatabaseSync): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += busyPauseMs) {
    try {
      database.exec('begin immediate')
      return
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyPatienceMs) throw error
    }
    await sleep(busyPauseMs)
  }
}

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0
  return (code & 0xff) === busy
}
