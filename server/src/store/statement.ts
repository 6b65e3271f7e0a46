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

/**
 * A query that is built and compiled once, at its first call, and then only bound to values: on the
 * paths that thousands of calls take, building it would cost more than running it. The names of
 * `values` have to be the same at every call.
 */
export function statement<Values extends Record<string, unknown>, Row>(
  build: (db: Db, values: Values) => Compilable<Row>,
): (db: Db, values: Values) => Promise<Row[]> {
  const compiled = new Map<boolean, { query: CompiledQuery<Row>; bound: unknown[] }>()

  return async (db, values) => {
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
    const { rows } = await db.executeQuery<Row>({ ...known.query, parameters })
    return rows
  }
}
