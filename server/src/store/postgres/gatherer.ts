import type { CompiledQuery } from 'kysely'
import { atEndOfTurn } from '../../lib/turn.ts'
import type { Db } from '../dialect.ts'
import { type Gathered, gatherers } from '../statement.ts'

type Row = Record<string, unknown>
type Call = {
  values: Record<string, unknown>
  resolve(rows: Row[]): void
  reject(error: unknown): void
}
type Question = Gathered<Record<string, unknown>, Row>

/** More are asked in several questions. */
const askedAtOnce = 100

/**
 * Asks once at the end of a turn of the event loop what was asked in it: a question costs PostgreSQL
 * and this process more than most of the rows that answer it.
 */
export function gather(db: Db) {
  const ask = async (query: CompiledQuery<Row>) => (await db.getExecutor().executeQuery(query)).rows
  let waiting = new Map<Question, Call[]>()
  let due = false

  function flush(): void {
    due = false
    const asked = waiting
    waiting = new Map()
    for (const [what, calls] of asked) {
      for (let from = 0; from < calls.length; from += askedAtOnce)
        answer(what, calls.slice(from, from + askedAtOnce))
    }
  }

  function answer(what: Question, calls: Call[]): void {
    const alike = what.isQuestion
      ? [...Map.groupBy(calls, ({ values }) => JSON.stringify(values)).values()]
      : calls.map((call) => [call])
    const valuesOf = ([one]: Call[]) => (one as Call).values
    for (const some of Map.groupBy(alike, (one) => what.common(valuesOf(one))).values()) {
      if (some.length === 1 || !what.all) {
        for (const one of some)
          settle(
            [one],
            ask(what.bind(db, valuesOf(one))).then((rows) => [rows]),
          )
        continue
      }
      const { query, deal } = what.all(some.map(valuesOf))
      settle(some, ask(query(db)).then(deal))
    }
  }

  gatherers.set(
    db,
    ((what: Question, values: Call['values']) =>
      new Promise<Row[]>((resolve, reject) => {
        if (!due) atEndOfTurn(flush)
        due = true
        const call = { values, resolve, reject }
        const known = waiting.get(what)
        if (known) known.push(call)
        else waiting.set(what, [call])
      })) as never,
  )

  return {
    /** Asks now whatever waits. */
    flush,
    /** From here on every question goes its own way. */
    end(): void {
      flush()
      gatherers.delete(db)
    },
  }
}

function settle(calls: Call[][], answering: Promise<Row[][]>): void {
  answering.then(
    (dealt) => {
      for (const [at, some] of calls.entries())
        for (const { resolve } of some) resolve(dealt[at] ?? [])
    },
    (error) => {
      for (const { reject } of calls.flat()) reject(error)
    },
  )
}
