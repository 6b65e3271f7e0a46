import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

const worthIt = 4_000_000
/** A longer log is cut off when nobody has written for a while. */
const keptAtMost = 128_000_000
const fewPages = 1_000
/** In turns: how long a little waits to be moved, and a long log to be cut off. */
const longPause = 20

/**
 * Moves the write-ahead log into the database beside the requests, in a thread and on a connection of
 * its own, which an installation at rest does not have. While there is work the file keeps its length
 * and is written over: blocks that it has cost two thirds of what new ones do.
 */
export function startCheckpoints(file: string, everyMs = 500) {
  let worker: Worker | undefined
  let running = false
  let stopped = false
  let writtenAt = 0
  let knownSize = 0
  let quietTurns = 0
  let pause = 0

  async function turn(): Promise<void> {
    const { size, mtimeMs } = await stat(`${file}-wal`)
    if (size < worthIt || running || stopped) return
    quietTurns = mtimeMs === writtenAt ? quietTurns + 1 : 0
    writtenAt = mtimeMs
    pause = size > knownSize ? 0 : pause - 1
    knownSize = size
    const isCut = quietTurns >= longPause && size > keptAtMost
    if (!isCut && (quietTurns > 1 || pause > 0)) return
    worker ??= startWorker(file, (pages) => {
      running = false
      pause = pages < fewPages ? longPause : 0
    })
    running = true
    worker.postMessage(isCut ? 'truncate' : 'move')
  }

  const timer = setInterval(() => void turn(), everyMs)
  timer.unref()

  return {
    isRunning: () => running,
    async stop(): Promise<void> {
      stopped = true
      clearInterval(timer)
      if (!worker) return
      const ended = new Promise((resolve) => worker?.once('exit', resolve))
      worker.ref()
      worker.postMessage('stop')
      await ended
    },
  }
}

/** An error in it has no listener, and so ends the process: a checkpoint that fails is a failing disk. */
function startWorker(file: string, done: (pages: number) => void): Worker {
  // Beside this file as it is written, or as it is bundled.
  const own = new URL(`./checkpointer${extname(import.meta.url)}`, import.meta.url)
  const worker = new Worker(own, {
    workerData: { file },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  })
  worker.on('message', done)
  worker.unref()
  return worker
}
