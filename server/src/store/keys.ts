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
): Promise<Pick<ApiKey, 'id' | 'user_id' | 'label' | 'scopes' | 'expires_at'>[]> {
  return db
    .selectFrom('api_keys')
    .select(['id', 'user_id', 'label', 'scopes', 'expires_at'])
    .where('org_id', '=', organisationId)
    .execute()
}

export async function ofPerson(db: Db, organisationId: string, userId: string): Promise<ApiKey[]> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .execute()
}

/** Undefined when it is not this person's. */
export async function removeOfPerson(
  db: Db,
  organisationId: string,
  userId: string,
  id: string,
): Promise<ApiKey | undefined> {
  return db
    .deleteFrom('api_keys')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

/** When and from where a key was used last; the caller notes it at most once a minute. */
export async function touch(
  db: Db,
  { org_id, hash }: Pick<ApiKey, 'org_id' | 'hash'>,
  now: number,
  ip: string,
): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: now, last_used_ip: ip })
    .where('org_id', '=', org_id)
    .where('hash', '=', hash)
    .execute()
}
