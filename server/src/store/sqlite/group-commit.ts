import { fdatasync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Db } from '../dialect.ts'

const sync = promisify(fdatasync)
const maxBatch = 256

type Waiting = { work: (db: Db) => Promise<unknown>; settle: Settle }
type Settle = { resolve: (value: never) => void; reject: (error: unknown) => void }

/**
 * Many waiting changes share one transaction, each in its own savepoint, so that one refusal never
 * fails its neighbours. COMMIT writes the log without waiting for the disk; `fdatasync` of the log
 * then runs beside the next batch, and only after it are the answers given. Nothing is acknowledged
 * before it is durable, and the event loop never waits for the disk.
 * See docs/decisions/0003-group-commit-on-sqlite.md.
 */
export function createGroupCommit(database: DatabaseSync, db: Db, logFile: number) {
  const queue: Waiting[] = []
  let running = false
  let unsynced: (() => void)[] = []
  let failUnsynced: ((error: unknown) => void)[] = []
  let syncing = false

  async function runOne({ work, settle }: Waiting): Promise<void> {
    database.exec('savepoint change')
    try {
      const value = await work(db)
      database.exec('release change')
      unsynced.push(() => settle.resolve(value as never))
      failUnsynced.push(settle.reject)
    } catch (error) {
      database.exec('rollback to change')
      database.exec('release change')
      settle.reject(error)
    }
  }

  async function runBatch(batch: Waiting[]): Promise<void> {
    const before = unsynced.length
    try {
      database.exec('begin immediate')
      for (const one of batch) await runOne(one)
      database.exec('commit')
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      unsynced.length = before
      failUnsynced.length = before
      for (const { settle } of batch) settle.reject(error)
    }
  }

  async function makeDurable(): Promise<void> {
    if (syncing) return
    syncing = true
    while (unsynced.length > 0) {
      const acknowledge = unsynced
      const fail = failUnsynced
      unsynced = []
      failUnsynced = []
      try {
        await sync(logFile)
        for (const answer of acknowledge) answer()
      } catch (error) {
        // After a failed sync nobody knows what the disk holds: stop answering, let the process end.
        for (const reject of fail) reject(error)
        throw error
      }
    }
    syncing = false
  }

  async function drain(): Promise<void> {
    running = true
    // Let requests that are ready in the same turn join the batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (queue.length > 0) {
      await runBatch(queue.splice(0, maxBatch))
      void makeDurable()
    }
    running = false
  }

  return {
    write<T>(work: (db: Db) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, settle: { resolve, reject } })
        if (!running) void drain()
      })
    },
    async idle(): Promise<void> {
      while (running || syncing || queue.length > 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}
