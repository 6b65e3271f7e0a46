import type { Db } from './dialect.ts'
import { flag } from './organisations.ts'
import type { ScimSettingsTable, ScimTokensTable } from './tables.ts'

export type ScimToken = ScimTokensTable

export async function addToken(db: Db, token: ScimToken): Promise<void> {
  await db.insertInto('scim_tokens').values(token).execute()
}

/** Newest first; expired ones too, since managers want to see what ended. */
export async function tokens(db: Db, organisationId: string): Promise<ScimToken[]> {
  return db
    .selectFrom('scim_tokens')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('id', 'desc')
    .limit(100)
    .execute()
}

export type ScimSettings = {
  syncGroups: boolean
  syncRoles: boolean
  provisionExistingUsers: boolean
  /** How long a deleted person can come back with all they had (SC-16). */
  graceDays: number
  /** Chosen by a manager; null while it is told from the traffic. */
  dialect: string | null
  version: number
}

export const defaultSettings: ScimSettings = {
  syncGroups: false,
  syncRoles: false,
  provisionExistingUsers: true,
  graceDays: 30,
  dialect: null,
  version: 0,
}

export async function putSettings(
  db: Db,
  organisationId: string,
  settings: ScimSettings,
): Promise<void> {
  const columns = {
    sync_groups: flag(settings.syncGroups),
    sync_roles: flag(settings.syncRoles),
    provision_existing: flag(settings.provisionExistingUsers),
    grace_days: settings.graceDays,
    dialect: settings.dialect,
    version: settings.version,
  }
  await db
    .insertInto('scim_settings')
    .values({ org_id: organisationId, ...columns })
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet(columns))
    .execute()
}

export async function settings(db: Db, organisationId: string): Promise<ScimSettings> {
  const row = await db
    .selectFrom('scim_settings')
    .selectAll()
    .where('org_id', '=', organisationId)
    .executeTakeFirst()
  return row ? toSettings(row) : defaultSettings
}

function toSettings(row: Omit<ScimSettingsTable, 'org_id'>): ScimSettings {
  return {
    syncGroups: row.sync_groups === 1,
    syncRoles: row.sync_roles === 1,
    provisionExistingUsers: row.provision_existing === 1,
    graceDays: row.grace_days,
    dialect: row.dialect,
    version: row.version,
  }
}
