import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const [busy, locked, full] = [5, 6, 13]
/** Pages; a longer log is begun again. */
const longLog = 4_000
/** While a log is begun again nobody writes: whoever is in the way, reading elsewhere, is left alone for a while. */
const patienceMs = 50
const pauseMs = 10_000

const { file } = workerData as { file: string }
const database = new DatabaseSync(file)
database.exec(`pragma busy_timeout = ${patienceMs}; pragma synchronous = normal`)
type Outcome = { busy: number; log: number }
const checkpoint = (mode: 'passive' | 'restart' | 'truncate') =>
  database.prepare(`pragma wal_checkpoint(${mode})`).get() as Outcome
let pausesUntil = 0

parentPort?.on('message', (wanted: 'move' | 'truncate' | 'stop') => {
  if (wanted === 'stop') {
    database.close()
    parentPort?.close()
    return
  }
  let pages = 0
  try {
    // All but the last pages move while others write; only for those do the others wait.
    pages = checkpoint('passive').log
    const isDue = wanted === 'truncate' || pages > longLog
    if (isDue && performance.now() > pausesUntil) {
      const whole = checkpoint(wanted === 'truncate' ? 'truncate' : 'restart')
      if (whole.busy) pausesUntil = performance.now() + pauseMs
    }
  } catch (error) {
    if (!canWait(error)) throw error
  }
  parentPort?.postMessage(pages)
})

/** Busy or a full disk: the log keeps everything and the next turn tries again. Anything else ends the process. */
function canWait(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === busy || code === locked || code === full
}
