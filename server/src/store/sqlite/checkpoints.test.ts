import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startCheckpoints } from './checkpoints.ts'

const megabyte = 1_000_000

/** A database whose log is moved every 20 ms, and whoever writes one megabyte after the other. */
function createWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'usher-checkpoints-'))
  const file = join(folder, 'test.db')
  const database = new DatabaseSync(file)
  database.exec(`pragma journal_mode = wal; pragma synchronous = normal; pragma busy_timeout = 5000;
    pragma wal_autocheckpoint = 0; create table notes (id integer primary key, text text)`)
  const checkpoints = startCheckpoints(file, 20)
  const put = database.prepare('insert or replace into notes values (?, ?)')
  let longestWaitMs = 0
  async function write(megabytes: number): Promise<void> {
    for (let at = 0; at < megabytes; at += 1) {
      const began = performance.now()
      database.exec('begin immediate')
      longestWaitMs = Math.max(longestWaitMs, performance.now() - began)
      put.run(at % 3, 'x'.repeat(megabyte))
      database.exec('commit')
      await sleep(5)
    }
  }
  onTestFinished(async () => {
    await checkpoints.stop()
    database.close()
    rmSync(folder, { recursive: true })
  })
  return {
    file,
    write,
    logSize: () => statSync(`${file}-wal`).size,
    longestWaitMs: () => longestWaitMs,
  }
}

test('under work the log is written over and over, and it keeps its length', async () => {
  const { write, logSize } = createWorld()

  await write(100)
  const size = logSize()
  expect(size).toBeLessThan(60 * megabyte)
  await write(100)

  expect(logSize()).toBeGreaterThanOrEqual(size)
  expect(logSize()).toBeLessThan(60 * megabyte)
})

test('somebody who reads on and on elsewhere holds up no change; the log that grew meanwhile is cut off', async () => {
  const { file, write, logSize, longestWaitMs } = createWorld()
  const reader = new DatabaseSync(file)
  reader.exec('begin; select count(*) from notes')
  reader.prepare('select count(*) from notes').get()

  await write(140)

  expect(longestWaitMs()).toBeLessThan(1_000)
  expect(logSize()).toBeGreaterThan(140 * megabyte)
  expect(reader.prepare('select count(*) as notes from notes').get()).toEqual({ notes: 0 })
  reader.exec('commit')
  expect(reader.prepare('select count(*) as notes from notes').get()).toEqual({ notes: 3 })
  reader.close()
  await expect.poll(logSize, { timeout: 15_000 }).toBe(0)
}, 20_000)
