import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

const everyMs = 500
const worthIt = 4_000_000
const tooLong = 128_000_000

/**
 * Moves the write-ahead log into the database beside the requests, in a thread and on a connection of
 * its own, which an installation at rest does not have.
 */
export function startCheckpoints(file: string) {
  let worker: Worker | undefined
  let running = false
  let stopped = false

  async function turn(): Promise<void> {
    const { size } = await stat(`${file}-wal`)
    if (size < worthIt || running || stopped) return
    worker ??= startWorker(file, () => {
      running = false
    })
    running = true
    worker.postMessage(size > tooLong ? 'truncate' : 'passive')
  }

  const timer = setInterval(() => void turn(), everyMs)
  timer.unref()

  return {
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
function startWorker(file: string, done: () => void): Worker {
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
