import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import type { Db } from '../dialect.ts'
import { kyselyOver } from './driver.ts'
import { createGroupCommit } from './group-commit.ts'

/** A database with one table, and a disk that takes as long, or fails, as the test says. */
function createWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'usher-commit-'))
  const file = join(folder, 'test.db')
  const database = new DatabaseSync(file)
  database.exec('pragma journal_mode = wal; pragma synchronous = normal')
  database.exec('create table marks (name text primary key)')
  const other = new DatabaseSync(file)
  const syncs: { resolve(): void; reject(error: Error): void; sees: string[] }[] = []
  const losses: unknown[] = []
  const committed = () =>
    other
      .prepare('select name from marks order by rowid')
      .all()
      .map((row) => String(row.name))
  const sync = () =>
    new Promise<void>((resolve, reject) => syncs.push({ resolve, reject, sees: committed() }))
  const commits = createGroupCommit(database, kyselyOver(database), sync, (error) =>
    losses.push(error),
  )
  const answered: string[] = []
  const mark = (name: string, afterMs = 0) =>
    commits
      .write(async (db: Db) => {
        if (afterMs > 0) await sleep(afterMs)
        await sql`insert into marks values (${name})`.execute(db)
      })
      .then(() => answered.push(name))
  onTestFinished(() => {
    other.close()
    database.close()
    rmSync(folder, { recursive: true })
  })
  return { file, database, other, syncs, losses, answered, committed, mark, commits }
}

test('a change is answered only after the disk has what was committed', async () => {
  const { syncs, answered, mark } = createWorld()
  const marked = mark('one')

  await until(() => syncs.length === 1)
  await sleep(20)
  expect(syncs[0]?.sees).toEqual(['one'])
  expect(answered).toEqual([])

  syncs[0]?.resolve()
  await marked
  expect(answered).toEqual(['one'])
})

test('a sync that ends while the next batch is still being written answers nobody of that batch', async () => {
  const { syncs, answered, committed, mark } = createWorld()
  const first = mark('first')
  await until(() => syncs.length === 1)
  const second = [mark('quick'), mark('slow', 60)]
  await sleep(20)

  syncs[0]?.resolve()
  await first
  await sleep(10)

  expect(answered).toEqual(['first'])
  expect(committed()).toEqual(['first'])
  await until(() => syncs.length === 2)
  expect(syncs[1]?.sees).toEqual(['first', 'quick', 'slow'])
  syncs[1]?.resolve()
  await Promise.all(second)
})

test('a refusal fails no neighbour, and is told after the change that it rests on is durable', async () => {
  const { syncs, answered, committed, mark } = createWorld()
  const marked = mark('one')
  const refused = mark('one').catch((error: Error) => answered.push(error.message))
  await until(() => syncs.length === 1)
  expect(answered).toEqual([])

  syncs[0]?.resolve()
  await Promise.all([marked, refused])

  expect(answered).toEqual(['one', 'UNIQUE constraint failed: marks.name'])
  expect(committed()).toEqual(['one'])
})

test.each([
  { where: 'alone', others: [] },
  { where: 'among others', others: ['one', 'two'] },
])(
  '$where, whoever is refused after a part was written leaves nothing of it',
  async ({ others }) => {
    const { syncs, answered, committed, mark, commits } = createWorld()
    const refuse = async (db: Db) => {
      await sql`insert into marks values ('half')`.execute(db)
      throw new Error('refused')
    }
    const refused = commits.write(refuse).catch((error: Error) => answered.push(error.message))
    const marked = others.map((name) => mark(name))
    if (others.length > 0) {
      await until(() => syncs.length === 1)
      syncs[0]?.resolve()
    }
    await Promise.all([refused, ...marked])

    expect(answered).toEqual(['refused', ...others])
    expect(committed()).toEqual(others)
  },
)

test('a turn that wrote nothing does not wait for the disk', async () => {
  const { syncs, commits } = createWorld()

  expect(await commits.write(async () => 'nothing')).toBe('nothing')

  expect(syncs).toEqual([])
})

test('after a failed sync nothing is answered or written any more, and the process is told to end', async () => {
  const { syncs, losses, answered, committed, mark, commits } = createWorld()
  void mark('one')
  await until(() => syncs.length === 1)
  void mark('two')

  syncs[0]?.reject(new Error('EIO'))
  await sleep(20)
  void mark('three')
  await sleep(20)

  expect(losses).toMatchObject([{ message: 'EIO' }])
  expect(answered).toEqual([])
  expect(committed()).not.toContain('three')
  await commits.idle()
})

test('while another process holds the write lock, the event loop goes on and the change follows', async () => {
  const { syncs, other, mark } = createWorld()
  other.exec('begin immediate')
  const marked = mark('one')
  let turns = 0
  const ticking = setInterval(() => {
    turns += 1
  }, 1)
  await sleep(50)
  clearInterval(ticking)

  other.exec('commit')
  await until(() => syncs.length === 1)
  syncs[0]?.resolve()
  await marked

  expect(turns).toBeGreaterThan(10)
})

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('It did not happen within 5 s.')
    await sleep(1)
  }
}
