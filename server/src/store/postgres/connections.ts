import type { Socket } from 'node:net'
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely'
import pg from 'pg'
import { behindEndOfTurn } from '../../lib/turn.ts'
import type { Db } from '../dialect.ts'
import { objectOf } from '../rows.ts'
import { planned, senders } from '../statement.ts'
import type { Tables } from '../tables.ts'
import { together, whatFailed } from '../together.ts'
import { gather } from './gatherer.ts'

const bigint = 20
const numeric = 1700
const pooled = 8
const shared = 4
const single = 4
const lanes = 2
const crowd = 16

const settings = (...each: string[]) => each.map((setting) => `-c ${setting}`).join(' ')
/** Compiling a question to machine code takes longer than any of ours takes to answer. */
const compilesNothing = 'jit=off'
/** One plan for whatever is asked: planning anew costs more than these statements do. */
const plansOnce = 'plan_cache_mode=force_generic_plan'
/**
 * Of the connections that share: by keys alone, since one plan is made for the average, and one group
 * that everybody is in makes the average group half of the directory. Only a walk along an index marks
 * what is dead in it, so that the next one passes over it.
 */
export const laneSettings = settings(
  compilesNothing,
  plansOnce,
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'enable_bitmapscan=off',
)
/** Of what is a unit by itself: left to choose, PostgreSQL planned some landings at every create. */
const singleSettings = settings(compilesNothing, plansOnce)

type Ask = (text: string, values: readonly unknown[]) => Promise<pg.QueryArrayResult<unknown[]>>
export type Connections = {
  pool: pg.Pool
  /** Statements of a known, short plan share connections; any other takes one of the pool. */
  read: Db
  /** Each statement is a unit by itself. */
  single: Db
  /** One transaction on a connection of its own, where steps that do not wait for each other share packets. */
  unit<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** As `unit`, for many works at once: what they ask or write in the same turn, they do in one statement. */
  sharedUnit<T>(work: (db: Db) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/**
 * What leaves for the database in one turn of the event loop leaves in one packet: a round trip
 * costs both sides more than most of our queries do. Only once a connection stands, whatever its
 * stream is then: `connect` of a socket puts back the `write` that every socket has.
 */
function gatherWrites(client: pg.Client | pg.PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const write = stream.write.bind(stream) as (...parts: unknown[]) => boolean
  let gathers = false
  stream.write = (...parts: unknown[]) => {
    if (!gathers) {
      gathers = true
      stream.cork()
      behindEndOfTurn(() => {
        gathers = false
        stream.uncork()
      })
    }
    return write(...parts)
  }
}

export function openConnections(connectionString: string): Connections {
  const types = new pg.TypeOverrides()
  types.setTypeParser(bigint, Number)
  types.setTypeParser(numeric, Number)
  const options = { connectionString, types, pipeline: true }
  const openPool = (setting: string, max: number) => {
    const pool = new pg.Pool({ ...options, options: setting, max })
    // A connection that the server closes, idle or between two statements of a change, fails what runs
    // on it and is replaced at the next query; unheard, its event would end the process.
    pool.on('error', () => undefined)
    pool.on('connect', (client) => {
      client.on('error', () => undefined)
      gatherWrites(client)
    })
    return pool
  }
  const pool = openPool(settings(compilesNothing), pooled)
  const sharedPool = openPool(laneSettings, shared)
  const singlePool = openPool(singleSettings, single)

  const decided = { ...options, options: laneSettings }
  const open = Array.from({ length: lanes }, () => openLane(decided))
  // The fuller a packet the better; who would stand behind too many takes the next lane.
  const laneNow = () => open.find((lane) => lane.waiting() < crowd) ?? open.at(-1)
  const sharedAsk: Ask = (text, values) => {
    const lane = planned.has(text) ? laneNow() : undefined
    return lane ? lane.ask(text, values) : pool.query(named(text, values))
  }
  const singleAsk: Ask = (text, values) => singlePool.query(named(text, values))
  const ofConnection = new WeakMap<pg.PoolClient, Db>()

  async function runUnit<T>(from: pg.Pool, gathers: boolean, work: (db: Db) => Promise<T>) {
    const connection = await from.connect()
    const ask: Ask = (text, values) => connection.query(named(text, values))
    const db = ofConnection.get(connection) ?? kyselyOver(ask)
    ofConnection.set(connection, db)
    const sent: Promise<unknown>[] = []
    const sending = (answer: Promise<unknown>) => {
      answer.catch(() => undefined)
      sent.push(answer)
    }
    const gathering = gathers ? gather(db) : undefined
    senders.set(db, (step, values) => {
      if (gathering) return sending(step(db, values))
      const { sql, parameters } = step.bind(db, values)
      sending(ask(sql, parameters))
    })
    const end = () => {
      senders.delete(db)
      gathering?.end()
    }
    let broken: Error | undefined
    try {
      // It travels with the first statement. Were it refused, so would be everything after it.
      sending(connection.query('begin'))
      const value = await work(db)
      end()
      const [{ command }] = await together(connection.query('commit'), ...sent)
      if (command === 'ROLLBACK') throw new Error('a statement of this change had failed')
      return value
    } catch (error) {
      end()
      await connection.query('rollback').catch((failed: Error) => {
        broken = failed
      })
      const ends = await Promise.allSettled(sent)
      const reasons = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
      throw whatFailed([error, ...reasons])
    } finally {
      connection.release(broken)
    }
  }

  const read = kyselyOver(sharedAsk)
  gather(read)
  return {
    pool,
    read,
    single: kyselyOver(singleAsk),
    unit: (work) => runUnit(pool, false, work),
    sharedUnit: (work) => runUnit(sharedPool, true, work),
    async close() {
      for (const lane of open) await lane.end()
      await sharedPool.end()
      await singlePool.end()
      await pool.end()
    },
  }
}

export function kyselyOver(query: Ask): Db {
  const client = { query, release: () => undefined } as unknown as PostgresPoolClient
  const pool = { options: {}, connect: async () => client, end: async () => undefined }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  // There is nothing to lend out, and a statement leaves in the turn in which it is given.
  db.getExecutor().executeQuery = async ({ sql, parameters }) => {
    const { rows: arrays, fields, rowCount, command } = await query(sql, parameters)
    const columns = fields.map(({ name }) => name)
    const rows = arrays.map((row) => objectOf(columns, row)) as never[]
    const isChange = command !== 'SELECT'
    return { rows, ...(isChange && rowCount !== null && { numAffectedRows: BigInt(rowCount) }) }
  }
  return db
}

/**
 * A statement that was compiled once is parsed and planned once a connection, too. Its rows become
 * objects here, once for all its columns.
 */
function named(text: string, values: readonly unknown[]): pg.QueryArrayConfig {
  const name = planned.get(text)
  return { text, values: [...values], rowMode: 'array', ...(name !== undefined && { name }) }
}

/** One connection that answers many at once, in their order; made anew when it breaks. */
function openLane(options: pg.ClientConfig) {
  let current: Promise<pg.Client> | undefined
  async function connect(): Promise<pg.Client> {
    const connection = new pg.Client(options)
    const forget = () => {
      current = undefined
    }
    connection.on('error', forget)
    connection.on('end', forget)
    try {
      const connected = await connection.connect()
      gatherWrites(connected)
      return connected
    } catch (error) {
      forget()
      throw error
    }
  }
  let waiting = 0
  const ask: Ask = async (text, values) => {
    waiting += 1
    try {
      current ??= connect()
      return await (await current).query(named(text, values))
    } finally {
      waiting -= 1
    }
  }
  return {
    ask,
    waiting: () => waiting,
    async end(): Promise<void> {
      await (await current)?.end()
    },
  }
}
