import { Kysely, PostgresDialect, sql } from 'kysely'
import type pg from 'pg'
import { rollUpCounts } from '../counts.ts'
import type { Dialect, Store } from '../dialect.ts'
import { migrations } from '../migrations.ts'
import { openConnections } from './connections.ts'
import { dump } from './dump.ts'
import { createLines } from './lines.ts'

const tries = 4

const postgresDialect: Dialect = {
  name: 'postgres',
  clustered: '',
  passing: 'unlogged',
  json: 'jsonb',
  searchSchema: [
    'create extension if not exists pg_trgm',
    'create index users_search on users using gin (search_text gin_trgm_ops)',
  ],
}

/** Opens a PostgreSQL database and brings its schema up to date. */
export async function openPostgres(url: string): Promise<Store> {
  const { pool, read, single, unit, sharedUnit, close } = openConnections(url)
  await migrate(pool)
  const statistics = freshStatistics(pool)

  async function persist<T>(once: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once()
      } catch (error) {
        if (attempt === tries || !isTransient(error)) throw error
      }
    }
  }
  const write: Store['write'] = (work) => persist(() => unit(work))
  const lines = createLines({ alone: write, shared: sharedUnit })

  return {
    dialect: postgresDialect,
    read,
    write,
    writeAtOnce: (work) => persist(() => work(single)),
    writeBeside: ({ line, subject }, work) => lines.write(line, subject, work),
    async catchUp() {
      // The trigram index is kept by the database itself.
      await write(rollUpCounts)
      await statistics.refresh()
    },
    dump: () => dump(pool),
    close,
  }
}

const statisticsEveryMs = 4_000

/**
 * A directory that is filled within a minute grows faster than the database looks: with statistics
 * of an empty table it takes an organisation for a handful of rows and reads all of it. Tables that
 * have grown by half are looked at again at once.
 */
function freshStatistics(pool: pg.Pool) {
  let due = 0
  return {
    async refresh(): Promise<void> {
      if (performance.now() < due) return
      due = performance.now() + statisticsEveryMs
      const { rows } = await pool.query<{ name: string }>(`select relname as name
        from pg_stat_user_tables where schemaname = current_schema()
        and n_mod_since_analyze > 500 + n_live_tup / 2 and relname in ('users', 'user_roles',
          'scim_attributes', 'other_emails', 'tombstones', 'group_members', 'nested_groups', 'groups',
          'identities', 'events')`)
      for (const { name } of rows) await pool.query(`analyze ${name}`)
    },
  }
}

/**
 * Deadlock or serialisation failure: the database asks to try again. A key that somebody took at the
 * same moment, too: the second try finds it taken and says so.
 */
function isTransient(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === '40P01' || code === '40001' || code === '23505'
}

/** Several nodes may start at once: the table lock lets one migrate and the others find it done. */
async function migrate(pool: pg.Pool): Promise<void> {
  const db = new Kysely<Record<string, Record<string, unknown>>>({
    dialect: new PostgresDialect({ pool }),
  })
  const table = sql`create table if not exists schema_migrations (
    version integer primary key, name text collate "C" not null)`
  // Of first starts at the same moment all but one may be refused, in several ways: they find it then.
  await table.execute(db).catch(() => table.execute(db))
  await db.transaction().execute(async (transaction) => {
    await sql`lock table schema_migrations in exclusive mode`.execute(transaction)
    const { rows } = await sql<{ version: number }>`select version from schema_migrations`.execute(
      transaction,
    )
    const done = new Set(rows.map(({ version }) => version))
    for (const migration of migrations) {
      if (done.has(migration.version)) continue
      for (const statement of migration.statements(postgresDialect)) {
        await sql.raw(bytewise(statement)).execute(transaction)
      }
      await sql`insert into schema_migrations values (${migration.version}, ${migration.name})`.execute(
        transaction,
      )
    }
  })
}

/**
 * Text is compared by its bytes, as SQLite does: keysets rest on it, and a human order, which nobody
 * is shown, would make every step down every index dearer.
 */
function bytewise(statement: string): string {
  return statement.replaceAll(/(\w+ text)(?=,|\)| not null| primary key|$)/g, '$1 collate "C"')
}
