import type { Store } from './dialect.ts'

/** PostgreSQL when a `postgres://` URL is given, else the embedded database in this file. */
export async function openStore(where: {
  databaseUrl?: string | undefined
  file: string
}): Promise<Store> {
  if (where.databaseUrl) {
    const { openPostgres } = await import('./postgres/index.ts')
    return openPostgres(where.databaseUrl)
  }
  const { openSqlite } = await import('./sqlite/index.ts')
  return openSqlite(where.file)
}
