import { closeSync, fdatasync, fdatasyncSync, fstatSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Dialect, Store } from '../dialect.ts'
import { migrations } from '../migrations.ts'
import { startCheckpoints } from './checkpoints.ts'
import { kyselyOver } from './driver.ts'
import { dump } from './dump.ts'
import { createGroupCommit } from './group-commit.ts'
import { quickSync } from './quick-sync.ts'
import { indexQueued } from './search.ts'
import { describeBigOrganisation } from './statistics.ts'

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  clustered: 'without rowid',
  passing: '',
  json: 'text',
  // The text stands in `users` alone, and positions are not kept: the index finds candidates, which
  // the query compares with the text itself.
  searchSchema: [
    `create virtual table user_search using fts5 (text, content = '', contentless_delete = 1,
      detail = none, tokenize = 'trigram')`,
    `create table user_search_rows (row integer primary key, org_id text not null,
      user_id text not null)`,
    'create unique index user_search_people on user_search_rows (org_id, user_id)',
  ],
}

/** Opens, and on first use makes, the embedded database. */
export async function openSqlite(file: string): Promise<Store> {
  mkdirSync(dirname(file), { recursive: true })
  const writer = connect(file)
  migrate(writer)
  // What a crash left in the log moves into the database now, synced: the log may hold pages that
  // a failed sync never wrote, and nothing new may be appended behind them.
  writer.exec('pragma wal_checkpoint(passive)')
  // From here on waiting for the write lock is group commit's, which does not stop the event loop.
  writer.exec('pragma busy_timeout = 0')
  const reader = connect(file)
  reader.exec('pragma query_only = on')
  const db = kyselyOver(writer)
  const read = kyselyOver(reader)
  const checkpoints = startCheckpoints(file)
  const log = openLog(`${file}-wal`, checkpoints.isRunning)
  const commits = createGroupCommit(writer, db, log.sync, endProcess)

  return {
    dialect: sqliteDialect,
    read,
    write: commits.write,
    writeAtOnce: commits.write,
    writeBeside: (_place, work) => commits.write(work),
    async catchUp() {
      while (await commits.write(indexQueued)) {
        // one bounded batch a turn, so that other writers get in between
      }
    },
    dump: () => dump(connect(file)),
    async close() {
      await commits.idle()
      await checkpoints.stop()
      log.close()
      reader.close()
      writer.close()
    },
  }
}

const syncBeside = promisify(fdatasync)

/** The write-ahead log by a descriptor of our own, which the kernel tells of failed writes of any other. */
function openLog(path: string, isLoaded: () => boolean) {
  const descriptor = openSync(path, 'r')
  const sync = quickSync({
    here: () => fdatasyncSync(descriptor),
    beside: () => syncBeside(descriptor),
    isLoaded,
    now: () => performance.now(),
  })
  return {
    async sync(): Promise<void> {
      await sync()
      // SQLite keeps one log while anybody has the database open; somebody else removed it.
      if (fstatSync(descriptor).nlink === 0) throw new Error(`${path} was deleted while in use.`)
    },
    close: () => closeSync(descriptor),
  }
}

/** Uncaught on purpose: only a fresh start reads anew what the disk holds. */
function endProcess(error: unknown): void {
  setImmediate(() => {
    throw new Error('The disk did not keep the write-ahead log. Usher stops.', { cause: error })
  })
}

function connect(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  database.exec(`
    pragma journal_mode = wal;
    pragma busy_timeout = 5000;
    pragma synchronous = normal;
    pragma wal_autocheckpoint = 0;
    pragma foreign_keys = on;
    pragma cache_size = -16000;
    pragma cache_spill = 16000;
    pragma temp_store = memory;
    pragma mmap_size = 0;
  `)
  return database
}

function migrate(database: DatabaseSync): void {
  database.exec('begin immediate')
  database.exec(
    'create table if not exists schema_migrations (version integer primary key, name text not null)',
  )
  const done = new Set(
    database
      .prepare('select version from schema_migrations')
      .all()
      .map((row) => row.version),
  )
  for (const migration of migrations) {
    if (done.has(migration.version)) continue
    for (const statement of migration.statements(sqliteDialect)) database.exec(statement)
    database
      .prepare('insert into schema_migrations values (?, ?)')
      .run(migration.version, migration.name)
  }
  if (migrations.some(({ version }) => !done.has(version))) describeBigOrganisation(database)
  // A commit that changes something, so that the log file exists before it is opened for syncing.
  database.exec('pragma user_version = 1')
  database.exec('commit')
}
