import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { platformId, recordOperation } from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Vault } from '../lib/secrets.ts'
import { operatorOf } from '../model/actor.ts'
import { backup, type Dumped, type Store } from '../store/index.ts'
import { CommandRefused } from './refused.ts'

/**
 * A backup is gzipped text, a JSON value a line: who made it; then each table's name and columns,
 * followed by its rows; at last how many rows there are, and the SHA-256 of all lines before. It is
 * the same for both databases, so that an installation can move from one to the other.
 */
type Head = {
  usher: 'backup'
  format: 1
  /** The newest migration of the database that it was taken from. */
  schema: number
  madeAt: number
  /** Opens under the secret key that sealed values of the backup need. */
  sealed: string
}
type Tail = { end: true; rows: number; sha256: string }

export type BackedUp = { file: string; tables: number; rows: number; bytes: number; sha256: string }
export type Restored = { madeAt: number; tables: number; rows: number }
/** Called now and then with the rows so far. */
type OnProgress = (rows: number) => void

type Parts = { store: Store; vault: Vault; clock: Clock }

const format = 1
const purpose = 'backup'
const fast = 1
const actor = operatorOf(platformId)

/** Writes everything as of this moment to a new file, readable by its owner alone, while others go on. */
export async function backUp(
  { store, vault, clock }: Parts,
  file: string,
  onProgress: OnProgress = () => undefined,
): Promise<BackedUp> {
  if (existsSync(file)) throw new CommandRefused('backup.file_exists', `${file} is there already.`)
  const hash = createHash('sha256')
  const counted = { tables: 0, rows: 0, sha256: '' }

  function* line(value: object) {
    const text = `${JSON.stringify(value)}\n`
    hash.update(text)
    yield text
  }

  async function* lines() {
    const schema = backup.newestSchema
    const head: Head = {
      usher: 'backup',
      format,
      schema,
      madeAt: clock.now(),
      sealed: vault.seal(purpose, purpose),
    }
    yield* line(head)
    let current: string | undefined
    for await (const { table, columns, rows } of store.dump()) {
      if (table !== current) {
        yield* line({ table, columns })
        current = table
        counted.tables += 1
      }
      for (const row of rows) yield* line(row)
      counted.rows += rows.length
      onProgress(counted.rows)
    }
    counted.sha256 = hash.digest('hex')
    yield `${JSON.stringify({ end: true, rows: counted.rows, sha256: counted.sha256 } satisfies Tail)}\n`
  }

  // Of this process alone: what another one is writing, or left behind, is none of its business.
  const draft = `${file}.${process.pid}.part`
  try {
    const written = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true })
    await pipeline(Readable.from(lines()), createGzip({ level: fast }), written)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw outside(error, file)
  }
  const { size: bytes } = await stat(file)
  await store.write((db) =>
    recordOperation({ db, actor, now: clock.now() }, 'installation.backed_up', counted),
  )
  return { file, bytes, ...counted }
}

/**
 * Puts a backup into an installation that nobody has set up: all of it, or nothing when the file is
 * damaged, of a newer Usher, or sealed under a key that is not here. It is read twice: what is put in
 * has been found whole before.
 */
export async function restore(
  { store, vault, clock }: Parts,
  file: string,
  onProgress: OnProgress = () => undefined,
): Promise<Restored> {
  return store.write(async (db) => {
    if (!(await backup.isEmpty(db))) {
      throw new CommandRefused(
        'restore.not_empty',
        'This installation is in use. Restore into an empty database: another DATA_DIR or DATABASE_URL.',
      )
    }
    const restored = await examine(file, vault, await backup.tablesOf(db))
    await backup.clear(db)
    let rows = 0
    await readLines(file, async (lines) => {
      for await (const batch of batchesOf(lines)) {
        await backup.putBack(db, batch)
        rows += batch.rows.length
        onProgress(rows)
      }
    })
    await backup.finish(db)
    await recordOperation({ db, actor, now: clock.now() }, 'installation.restored', restored)
    return restored
  })
}

/** What a file holds, when it is whole, can be opened here, and fits these tables. */
async function examine(
  file: string,
  vault: Vault,
  tables: Map<string, string[]>,
): Promise<Restored> {
  const hash = createHash('sha256')
  const counted = { tables: 0, rows: 0 }
  let head: Head | undefined
  let tail: Tail | undefined
  let width = 0

  function look(text: string): void {
    if (tail) throw damaged('it goes on behind its end')
    const value = parse(text)
    if (!head) {
      head = readHead(value, vault)
    } else if (Array.isArray(value)) {
      if (value.length !== width) throw damaged('a row does not fit its table')
      counted.rows += 1
    } else if (isTable(value)) {
      const known = tables.get(value.table)
      if (!known || !value.columns.every((column) => known.includes(column)))
        throw damaged(`there is no such table as its ${value.table}`)
      width = value.columns.length
      counted.tables += 1
    } else if (isTail(value)) {
      tail = value
      if (tail.rows !== counted.rows || tail.sha256 !== hash.digest('hex'))
        throw damaged('it is not what was written')
      return
    } else {
      throw damaged('a line of it says nothing')
    }
    hash.update(`${text}\n`)
  }

  await readLines(file, async (lines) => {
    for await (const text of lines) look(text)
  })
  if (!head || !tail) throw damaged('its end is missing')
  return { madeAt: head.madeAt, ...counted }
}

const putAtOnce = 500

async function* batchesOf(lines: AsyncIterable<string>): AsyncGenerator<Dumped> {
  let waiting: Dumped = { table: '', columns: [], rows: [] }
  for await (const text of lines) {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) waiting.rows.push(value)
    if (waiting.rows.length === putAtOnce || (waiting.rows.length > 0 && !Array.isArray(value))) {
      yield waiting
      waiting = { ...waiting, rows: [] }
    }
    if (isTable(value)) waiting = { ...value, rows: [] }
  }
}

async function readLines(
  file: string,
  read: (lines: AsyncIterable<string>) => Promise<void>,
): Promise<void> {
  try {
    await pipeline(createReadStream(file), createGunzip(), (chunks) => read(linesOf(chunks)))
  } catch (error) {
    throw outside(error, file)
  }
}

function readHead(value: unknown, vault: Vault): Head {
  const head = value as Partial<Head> | null
  if (head?.usher !== 'backup' || typeof head.sealed !== 'string')
    throw damaged('it is no backup of Usher')
  if (head.format !== format || !(Number(head.schema) <= backup.newestSchema)) {
    throw new CommandRefused(
      'restore.newer',
      'This backup was made by a newer Usher. Restore it with that version, or a later one.',
    )
  }
  try {
    vault.open(head.sealed, purpose)
  } catch {
    throw new CommandRefused(
      'restore.key_differs',
      'This backup belongs to another secret key, without which nothing sealed in it can be read. Give that key as SECRET_KEY, or put its secret.key into DATA_DIR.',
    )
  }
  return head as Head
}

const isTable = (value: unknown): value is { table: string; columns: string[] } =>
  typeof value === 'object' && value !== null && 'table' in value && 'columns' in value
const isTail = (value: unknown): value is Tail =>
  typeof value === 'object' && value !== null && 'end' in value

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged('a line of it is no JSON')
  }
}

function damaged(because: string): CommandRefused {
  return new CommandRefused('restore.damaged', `The backup is damaged: ${because}.`)
}

/** What the file or the disk is to blame for, as a refusal. */
function outside(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  if (code.startsWith('Z_')) return damaged('it is no gzip file, or was cut off')
  return /^E[A-Z]+$/.test(code)
    ? new CommandRefused('backup.file_unusable', `${file}: ${message}`)
    : error
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  if (rest !== '') yield rest
}
