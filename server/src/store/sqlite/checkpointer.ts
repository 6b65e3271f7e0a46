import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

const [busy, locked, full] = [5, 6, 13]

const { file } = workerData as { file: string }
const database = new DatabaseSync(file)
database.exec('pragma busy_timeout = 2000; pragma synchronous = normal')

parentPort?.on('message', (wanted: 'passive' | 'truncate' | 'stop') => {
  if (wanted === 'stop') {
    database.close()
    parentPort?.close()
    return
  }
  try {
    // All but the last pages move while others write; only for those a truncation keeps them waiting.
    database.exec('pragma wal_checkpoint(passive)')
    if (wanted === 'truncate') database.exec('pragma wal_checkpoint(truncate)')
  } catch (error) {
    if (!canWait(error)) throw error
  }
  parentPort?.postMessage('done')
})

/** Busy or a full disk: the log keeps everything and the next turn tries again. Anything else ends the process. */
function canWait(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === busy || code === locked || code === full
}
