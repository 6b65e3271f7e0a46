import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// Moves the write-ahead log into the database beside the requests, on a connection of its own.
const everyMs = 500
const worthIt = 4_000_000
const tooLong = 128_000_000

const { file } = workerData as { file: string }
const database = new DatabaseSync(file)
database.exec('pragma busy_timeout = 2000; pragma synchronous = normal')

const timer = setInterval(() => {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size < worthIt) return
  try {
    database.exec(`pragma wal_checkpoint(${size > tooLong ? 'truncate' : 'passive'})`)
  } catch {
    // Busy: the next turn tries again.
  }
}, everyMs)

parentPort?.once('message', () => {
  clearInterval(timer)
  database.close()
  parentPort?.close()
})
