import type { InferResult } from 'kysely'
import type { Organisation } from '../model/organisation.ts'
import type { Db } from './dialect.ts'
import { flag, toOrganisation } from './organisations.ts'
import { gathered, statement } from './statement.ts'
import type { ScimSettingsTable } from './tables.ts'

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

/** Whose credential was shown, with all that every call has to know. */
export type ScimCaller = {
  credential: {
    /** A personal key is nobody's connection: it opens `/Me` (SC-33). */
    kind: 'token' | 'client' | 'personal_key'
    id: string
    label: string
    lastUsedAt: number | null
  }
  /** When it ends: of an access token its own end or its client's, whichever is first. */
  expiresAt: number
  organisation: Organisation
  settings: ScimSettings
}

type Shown = { token: string } | { accessToken: string }

/** By the hash of a token of the organisation or of an access token of one of its clients, in one query. */
export async function findCaller(
  db: Db,
  organisationId: string,
  shown: Shown,
): Promise<ScimCaller | undefined> {
  const [row] =
    'token' in shown
      ? await byToken(db, { organisationId, hash: shown.token })
      : await byAccessToken(db, { organisationId, hash: shown.accessToken })
  if (!row) return undefined
  return {
    credential: {
      kind: 'token' in shown ? 'token' : 'client',
      id: row.credential_id,
      label: row.credential_label,
      lastUsedAt: row.credential_last_used_at,
    },
    expiresAt: Math.min(row.credential_expires_at, row.access_expires_at),
    organisation: toOrganisation(row),
    settings:
      row.settings_version === null
        ? defaultSettings
        : {
            syncGroups: row.sync_groups === 1,
            syncRoles: row.sync_roles === 1,
            provisionExistingUsers: row.provision_existing === 1,
            graceDays: row.grace_days ?? defaultSettings.graceDays,
            dialect: row.dialect,
            version: row.settings_version,
          },
  }
}

type Asked = { organisationId: string; hash: string }
type CallerRow = InferResult<ReturnType<typeof withOrganisation>>[number]

// Every call of an identity provider asks one of these first.
const byToken = gathered(
  statement<Asked, CallerRow>((db, { organisationId, hash }) =>
    withOrganisation(db, ownToken(db, organisationId, hash)),
  ),
)
const byAccessToken = gathered(
  statement<Asked, CallerRow>((db, { organisationId, hash }) =>
    withOrganisation(db, clientOf(db, organisationId, hash)),
  ),
)

function withOrganisation(db: Db, credential: ReturnType<typeof ownToken>) {
  return db
    .selectFrom('organisations')
    .innerJoin(credential, 'credential.org_id', 'organisations.id')
    .leftJoin('scim_settings as settings', 'settings.org_id', 'organisations.id')
    .selectAll('organisations')
    .select([
      'credential.id as credential_id',
      'credential.label as credential_label',
      'credential.last_used_at as credential_last_used_at',
      'credential.expires_at as credential_expires_at',
      'credential.access_expires_at',
      'settings.sync_groups',
      'settings.sync_roles',
      'settings.provision_existing',
      'settings.grace_days',
      'settings.dialect',
      'settings.version as settings_version',
    ])
}

function ownToken(db: Db, organisationId: string, hash: string) {
  return db
    .selectFrom('scim_tokens')
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .select(['org_id', 'id', 'label', 'last_used_at', 'expires_at'])
    .select('expires_at as access_expires_at')
    .as('credential')
}

function clientOf(db: Db, organisationId: string, hash: string) {
  return db
    .selectFrom('scim_access_tokens as access')
    .innerJoin('scim_clients as client', (join) =>
      join.onRef('client.org_id', '=', 'access.org_id').onRef('client.id', '=', 'access.client_id'),
    )
    .where('access.org_id', '=', organisationId)
    .where('access.hash', '=', hash)
    .select([
      'client.org_id',
      'client.id',
      'client.label',
      'client.last_used_at',
      'client.expires_at',
      'access.expires_at as access_expires_at',
    ])
    .as('credential')
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
