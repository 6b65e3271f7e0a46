import { type Compilable, type CompiledQuery, type RawBuilder, sql } from 'kysely'
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
  /** Of a change: how many rows it changed. */
  change(db: Db, values: Values): Promise<number>
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
  const change = async (db: Db, values: Values) =>
    Number((await db.executeQuery(bind(db, values))).numAffectedRows ?? 0)
  return Object.assign(ask, { bind, change })
}

export function compilable<Row>(db: Db, query: RawBuilder<Row>) {
  return { compile: () => query.compile(db) }
}

/** `ids` as one parameter, whatever their number: see `listed`. */
export function among(db: Db, column: string, ids: unknown): RawBuilder<boolean> {
  return isSqlite(db)
    ? sql<boolean>`${sql.ref(column)} in (select value from json_each(${ids}))`
    : sql<boolean>`${sql.ref(column)} = any(${ids}::text[])`
}

/** `ids` as the rows of a table `t (id)`, each to be looked up by its key: see `listed`. */
export function each(db: Db, ids: unknown): RawBuilder<unknown> {
  return isSqlite(db)
    ? sql`(select value as id from json_each(${ids})) t`
    : sql`unnest(${ids}::text[]) t(id)`
}

export function listed(db: Db, ids: readonly string[]): unknown {
  return isSqlite(db) ? JSON.stringify(ids) : ids
}

/**
 * A statement that many may ask at the same moment. Where there is a network between, PostgreSQL is
 * then asked once: for all who ask the same, and for all of whom `all` asks together.
 */
export type Gathered<Values, Row> = Statement<Values, Row> & {
  /** What all who are asked for together have in common, such as their organisation. */
  common(values: Values): string
  all:
    | ((calls: Values[]) => { query(db: Db): CompiledQuery<Row>; deal(rows: Row[]): Row[][] })
    | null
  /** Whether two who ask the same are one question: of what is written, each is its own. */
  isQuestion: boolean
}

/** Of a database that gathers what is asked in one turn of the event loop. */
export const gatherers = new WeakMap<
  Db,
  <Values, Row>(what: Gathered<Values, Row>, values: Values) => Promise<Row[]>
>()

type Together<Values, Row, Packed> = {
  ask: Statement<Packed, Row>
  common(values: Values): string
  /** The values of the statement for many, and which of its rows are whose. */
  pack(calls: Values[]): { values: Packed; deal?(rows: Row[]): Row[][] }
}

/**
 * Several works at once run in this transaction, so that no lock keeps one of them from another.
 * @throws for what has to hold its subject alone; it is begun again in a transaction of its own.
 */
export function requireOwnTransaction(db: Db): void {
  if (gatherers.has(db)) throw new Error('This change needs a transaction of its own.')
}

/** For questions: who asks the same shares the answer, which nobody changes therefore. */
export function gathered<Values, Row, Packed>(
  one: Statement<Values, Row>,
  together?: Together<Values, Row, Packed>,
): Gathered<Values, Row> {
  return gatheredAs(true, one, together)
}

/** For what is written and answers nothing. */
export function gatheredChange<Values, Packed>(
  one: Statement<Values, never>,
  together: Together<Values, never, Packed>,
): Gathered<Values, never> {
  return gatheredAs(false, one, together)
}

function gatheredAs<Values, Row, Packed>(
  isQuestion: boolean,
  one: Statement<Values, Row>,
  together: Together<Values, Row, Packed> | undefined,
): Gathered<Values, Row> {
  const all: Gathered<Values, Row>['all'] = together
    ? (calls) => {
        const { values, deal = () => [] } = together.pack(calls)
        return { query: (db) => together.ask.bind(db, values), deal }
      }
    : null
  const ask = (db: Db, values: Values): Promise<Row[]> =>
    gatherers.get(db)?.(what, values) ?? one(db, values)
  const what: Gathered<Values, Row> = Object.assign(ask, {
    bind: one.bind,
    change: one.change,
    common: together?.common ?? (() => ''),
    all,
    isQuestion,
  })
  return what
}

type Keyed = { org: string; id: string }

/** For questions about one of many by its id: together they are a question about several ids. */
export function gatheredById<Row>(
  one: Statement<Keyed, Row>,
  ask: Statement<{ org: string; ids: unknown }, Row>,
  idOf: (row: Row) => string,
): Gathered<Keyed, Row> {
  return gathered(one, {
    ask,
    common: ({ org }) => org,
    pack(calls) {
      const ids = calls.map(({ id }) => id)
      return {
        values: { org: calls[0]?.org ?? '', ids },
        deal(rows) {
          const theirs = Map.groupBy(rows, idOf)
          return ids.map((id) => theirs.get(id) ?? [])
        },
      }
    },
  })
}

/** Of a change in progress on PostgreSQL: gives a statement away whose answer the commit waits for. */
export const senders = new WeakMap<
  Db,
  <Values>(step: Statement<Values, never>, values: Values) => void
>()

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
  if (sender) sender(step, values)
  else await step(db, values)
}
