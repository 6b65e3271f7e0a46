import type { Db } from './dialect.ts'
import { flag } from './organisations.ts'
import type { ApiKeysTable } from './tables.ts'

export type ApiKey = ApiKeysTable

export async function addApiKey(db: Db, key: ApiKey): Promise<void> {
  await db.insertInto('api_keys').values(key).execute()
}

export async function findApiKey(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<ApiKey | undefined> {
  return db
    .selectFrom('api_keys')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

export async function apiKeyLabels(db: Db, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select('label')
    .where('org_id', '=', organisationId)
    .execute()
  return rows.map((row) => row.label)
}

export async function addScimToken(
  db: Db,
  token: {
    org_id: string
    hash: string
    id: string
    label: string
    created_at: number
    expires_at: number
  },
): Promise<void> {
  await db.insertInto('scim_tokens').values(token).execute()
}

export async function scimTokenLabels(db: Db, organisationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('scim_tokens')
    .select('label')
    .where('org_id', '=', organisationId)
    .execute()
  return rows.map((row) => row.label)
}

export type ScimSettings = {
  syncGroups: boolean
  syncRoles: boolean
  provisionExistingUsers: boolean
}

export async function putScimSettings(
  db: Db,
  organisationId: string,
  settings: ScimSettings,
): Promise<void> {
  const columns = {
    sync_groups: flag(settings.syncGroups),
    sync_roles: flag(settings.syncRoles),
    provision_existing: flag(settings.provisionExistingUsers),
  }
  await db
    .insertInto('scim_settings')
    .values({ org_id: organisationId, ...columns })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet(columns))
    .execute()
}

export async function scimSettings(
  db: Db,
  organisationId: string,
): Promise<ScimSettings | undefined> {
  const row = await db
    .selectFrom('scim_settings')
    .selectAll()
    .where('org_id', '=', organisationId)
    .executeTakeFirst()
  return (
    row && {
      syncGroups: row.sync_groups === 1,
      syncRoles: row.sync_roles === 1,
      provisionExistingUsers: row.provision_existing === 1,
    }
  )
}
