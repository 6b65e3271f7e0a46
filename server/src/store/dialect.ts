import { type Kysely, SqliteAdapter } from 'kysely'
import type { Tables } from './tables.ts'

/** A connection that queries run on; inside a change it is the transaction's, and the only one in scope. */
export type Db = Kysely<Tables>

/** Where the two databases must differ. Everything else runs unchanged on both. */
export type Dialect = {
  name: 'sqlite' | 'postgres'
  /** Ends the statement that makes a table of small rows: they live in the index of its primary key. */
  clustered: string
  /** Begins the name of a table whose rows nobody misses after a crash. */
  passing: string
  /** Type of a column of JSON that queries look into. */
  json: string
  /** Statements that make the substring index over `users.search_text`. */
  searchSchema: string[]
}

/** Where a change waits beside others: no two of one line that have the same subject go together. */
export type Place = { line: string; subject?: string | undefined }

/** Rows of one table, in the order of its columns. */
export type Dumped = { table: string; columns: string[]; rows: unknown[][] }

/** The database of one installation. */
export type Store = {
  dialect: Dialect
  /** For reading what is committed. */
  read: Db
  /**
   * Runs one change as a unit: all of it is durable when the promise resolves, none of it is there
   * when it rejects. Many waiting changes may share one durable commit, each with its own answer.
   */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /**
   * The same for a change that is one statement: PostgreSQL makes it a unit by itself, without the
   * round trips of a transaction around it.
   */
  writeAtOnce<T>(work: (db: Db) => Promise<T>): Promise<T>
  /**
   * The same for a change that may share its transaction with others that wait in its line, each with
   * its own answer. It may be begun twice. No lock keeps those of one transaction apart: what needs
   * more than its subject to itself says so (`requireOwnTransaction`) and is begun again alone.
   */
  writeBeside<T>(place: Place, work: (db: Db) => Promise<T>): Promise<T>
  /** Brings counters and the search index up to date; called by the schedule and by tests. */
  catchUp(): Promise<void>
  /** Every row that is to be kept, as of one moment, while others go on writing. */
  dump(): AsyncGenerator<Dumped>
  close(): Promise<void>
}

export function isSqlite(db: Db): boolean {
  return db.getExecutor().adapter instanceof SqliteAdapter
}
