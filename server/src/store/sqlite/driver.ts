import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { objectOf } from '../rows.ts'
import type { Tables } from '../tables.ts'

const maxPrepared = 400

type Prepared = { statement: StatementSync; columns: string[] }

function columnsOf(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name)
}

/** Kysely over one `node:sqlite` connection. Statements are prepared once and kept. */
export function kyselyOver(database: DatabaseSync): Kysely<Tables> {
  const prepared = new Map<string, Prepared>()

  function prepare(sql: string) {
    const known = prepared.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    const entry = { statement, columns: columnsOf(statement) }
    statement.setReturnArrays(true)
    if (prepared.size >= maxPrepared) prepared.clear()
    prepared.set(sql, entry)
    return entry
  }

  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const known = prepare(sql)
      const { statement } = known
      const values = parameters as (string | number | null)[]
      if (known.columns.length > 0) {
        const rows = statement.all(...values) as unknown as unknown[][]
        // Another process may have added a column that `*` means, too.
        if (rows[0] && rows[0].length !== known.columns.length) known.columns = columnsOf(statement)
        return { rows: rows.map((row) => objectOf(known.columns, row)) as Row[] }
      }
      const { changes } = statement.run(...values)
      return { rows: [], numAffectedRows: BigInt(changes) }
    },
    async *streamQuery<Row>({ sql, parameters }: CompiledQuery): AsyncGenerator<QueryResult<Row>> {
      const values = parameters as (string | number | null)[]
      for (const row of database.prepare(sql).iterate(...values)) yield { rows: [row as Row] }
    },
  }
  const unsupported = async (): Promise<never> => {
    throw new Error('Changes go through Store.write.')
  }
  const driver: Driver = {
    init: async () => undefined,
    acquireConnection: async () => connection,
    beginTransaction: unsupported,
    commitTransaction: unsupported,
    rollbackTransaction: unsupported,
    releaseConnection: async () => undefined,
    destroy: async () => prepared.clear(),
  }
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
  // There is one connection, and it is free: lending it out for each statement costs as much as many
  // a statement.
  db.getExecutor().executeQuery = (query) => connection.executeQuery(query)
  return db
}
