import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// Moves the write-ahead log into the database beside the requests, on a connection of its own.
const everyMs = 500
const worthIt = 4_000_000
const tooLong = 128_000_000
const [busy, locked, full] = [5, 6, 13]

const { file } = workerData as { file: string }
const database = new DatabaseSync(file)
database.exec('pragma busy_timeout = 2000; pragma synchronous = normal')

const timer = setInterval(() => {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size < worthIt) return
  try {
    database.exec(`pragma wal_checkpoint(${size > tooLong ? 'truncate' : 'passive'})`)
  } catch (error) {
    if (!canWait(error)) throw error
  }
}, everyMs)

parentPort?.once('message', () => {
  clearInterval(timer)
  database.close()
  parentPort?.close()
})

/** Busy or a full disk: the log keeps everything and the next turn tries again. Anything else ends the process. */
function canWait(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === busy || code === locked || code === full
}
