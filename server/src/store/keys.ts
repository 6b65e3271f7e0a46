import type { Db } from './dialect.ts'
import { statement } from './statement.ts'
import type { ApiKeysTable } from './tables.ts'

export type ApiKey = ApiKeysTable

export async function addApiKey(db: Db, key: ApiKey): Promise<void> {
  await db.insertInto('api_keys').values(key).execute()
}

const live = statement<{ org: string; hash: string; now: number }, ApiKey>(
  (db, { org, hash, now }) =>
    db
      .selectFrom('api_keys')
      .selectAll()
      .where('org_id', '=', org)
      .where('hash', '=', hash)
      .where('expires_at', '>', now),
)

export async function findApiKey(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<ApiKey | undefined> {
  const [key] = await live(db, { org: organisationId, hash, now })
  return key
}

export async function apiKeys(
  db: Db,
  organisationId: string,
): Promise<Pick<ApiKey, 'id' | 'label' | 'expires_at'>[]> {
  return db
    .selectFrom('api_keys')
    .select(['id', 'label', 'expires_at'])
    .where('org_id', '=', organisationId)
    .execute()
}

export async function apiKeyLabels(db: Db, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select('label')
    .where('org_id', '=', organisationId)
    .execute()
  return rows.map((row) => row.label)
}
