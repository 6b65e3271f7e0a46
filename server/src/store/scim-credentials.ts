import type { Db } from './dialect.ts'
import type { ScimAccessTokensTable, ScimClientsTable, ScimTokensTable } from './tables.ts'

export type ScimToken = ScimTokensTable
export type ScimClient = ScimClientsTable

/** Two live ones at most, and expired ones until somebody revokes them. */
const listedAtMost = 100

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
    .limit(listedAtMost)
    .execute()
}

export async function removeToken(
  db: Db,
  organisationId: string,
  id: string,
): Promise<ScimToken | undefined> {
  return db
    .deleteFrom('scim_tokens')
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

export async function addClient(db: Db, client: ScimClient): Promise<void> {
  await db.insertInto('scim_clients').values(client).execute()
}

/** Newest first, as tokens are. */
export async function clients(db: Db, organisationId: string): Promise<ScimClient[]> {
  return db
    .selectFrom('scim_clients')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('id', 'desc')
    .limit(listedAtMost)
    .execute()
}

export async function findClient(
  db: Db,
  organisationId: string,
  id: string,
): Promise<ScimClient | undefined> {
  return db
    .selectFrom('scim_clients')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The client's access tokens go with it (SC-4). */
export async function removeClient(
  db: Db,
  organisationId: string,
  id: string,
): Promise<ScimClient | undefined> {
  await db
    .deleteFrom('scim_access_tokens')
    .where('org_id', '=', organisationId)
    .where('client_id', '=', id)
    .execute()
  return db
    .deleteFrom('scim_clients')
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

export async function addAccessToken(db: Db, token: ScimAccessTokensTable): Promise<void> {
  await db.insertInto('scim_access_tokens').values(token).execute()
}

const tables = { token: 'scim_tokens', client: 'scim_clients', personal_key: 'api_keys' } as const

/** A later use from another node is not overwritten by an earlier one of this. */
export async function touch(
  db: Db,
  organisationId: string,
  credential: { kind: keyof typeof tables; id: string },
  use: { at: number; ip: string | null },
): Promise<void> {
  await db
    .updateTable(tables[credential.kind])
    .set({ last_used_at: use.at, last_used_ip: use.ip })
    .where('org_id', '=', organisationId)
    .where('id', '=', credential.id)
    .where((where) =>
      where.or([where('last_used_at', 'is', null), where('last_used_at', '<', use.at)]),
    )
    .execute()
}
