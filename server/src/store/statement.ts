import type { Compilable, CompiledQuery } from 'kysely'
import { type Db, isSqlite } from './dialect.ts'

/** Stands for a value while a statement is compiled. */
class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Statements that PostgreSQL plans once a connection and finds again by name. */
export const planned = new Map<string, string>()

export type Statement<Values, Row> = {
  (db: Db, values: Values): Promise<Row[]>
  bind(db: Db, values: Values): CompiledQuery<Row>
}

/**
 * A query that is built and compiled once, at its first call, and then only bound to values: on the
 * paths that thousands of calls take, building it would cost more than running it. The names of
 * `values` have to be the same at every call.
 */
export function statement<Values extends Record<string, unknown>, Row>(
  build: (db: Db, values: Values) => Compilable<Row>,
): Statement<Values, Row> {
  const compiled = new Map<boolean, { query: CompiledQuery<Row>; bound: unknown[] }>()

  function bind(db: Db, values: Values): CompiledQuery<Row> {
    const dialect = isSqlite(db)
    let known = compiled.get(dialect)
    if (!known) {
      const slots = Object.fromEntries(Object.keys(values).map((name) => [name, new Slot(name)]))
      const query = build(db, slots as Values).compile()
      if (!dialect) planned.set(query.sql, `usher_${planned.size}`)
      known = { query, bound: [...query.parameters] }
      compiled.set(dialect, known)
    }
    const parameters = known.bound.map((value) =>
      value instanceof Slot ? values[value.name] : value,
    )
    return { ...known.query, parameters }
  }

  const ask = async (db: Db, values: Values) => (await db.executeQuery(bind(db, values))).rows
  return Object.assign(ask, { bind })
}

/** Of a change in progress on PostgreSQL: gives a statement away whose answer the commit waits for. */
export const senders = new WeakMap<Db, (query: CompiledQuery) => void>()

/**
 * A last step of a change, one that nothing reads from: it stands or falls with the change, so
 * PostgreSQL gets it in one packet with the commit. Elsewhere it is done when this resolves.
 */
export async function send<Values>(
  db: Db,
  step: Statement<Values, never>,
  values: Values,
): Promise<void> {
  const sender = senders.get(db)
  if (sender) sender(step.bind(db, values))
  else await step(db, values)
}
