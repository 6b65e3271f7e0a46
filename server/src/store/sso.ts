import type { Db } from './dialect.ts'
import type {
  ConnectionsTable,
  OidcKeysTable,
  SpKeysTable,
  SsoRequestsTable,
  SsoTestsTable,
} from './tables.ts'

export type Connection = ConnectionsTable
export type SsoRequest = SsoRequestsTable
export type SsoTest = SsoTestsTable
export type SpKey = SpKeysTable
export type OidcKey = OidcKeysTable

export async function connection(db: Db, organisationId: string): Promise<Connection | undefined> {
  return db
    .selectFrom('connections')
    .selectAll()
    .where('org_id', '=', organisationId)
    .executeTakeFirst()
}

/** The organisation is the key: a second connection cannot be stored (LM-19). */
export async function putConnection(db: Db, connection: Connection): Promise<void> {
  const { org_id: _, ...columns } = connection
  await db
    .insertInto('connections')
    .values(connection)
    .onConflict((conflict) => conflict.column('org_id').doUpdateSet(columns))
    .execute()
}

export async function spKeys(db: Db, organisationId: string): Promise<SpKey[]> {
  return db
    .selectFrom('sp_keys')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('created_at', 'desc')
    .execute()
}

export async function addSpKey(db: Db, key: SpKey): Promise<void> {
  await db.insertInto('sp_keys').values(key).execute()
}

export async function oidcKey(db: Db, organisationId: string): Promise<OidcKey | undefined> {
  return db
    .selectFrom('oidc_keys')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst()
}

export async function addOidcKey(db: Db, key: OidcKey): Promise<void> {
  await db.insertInto('oidc_keys').values(key).execute()
}

export async function addRequest(db: Db, request: SsoRequest): Promise<void> {
  await db.insertInto('sso_requests').values(request).execute()
}

export async function findRequest(
  db: Db,
  organisationId: string,
  id: string,
): Promise<SsoRequest | undefined> {
  return db
    .selectFrom('sso_requests')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Uses up an open request of this browser; undefined when there is none. One update decides, so one of two wins. */
export async function consumeRequest(
  db: Db,
  organisationId: string,
  id: string,
  browserHash: string,
  now: number,
): Promise<SsoRequest | undefined> {
  return db
    .updateTable('sso_requests')
    .set({ consumed_at: now })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .where('browser_hash', '=', browserHash)
    .where('consumed_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
}

/** Returns false when this assertion, or logout, was here before. */
export async function rememberMessage(
  db: Db,
  organisationId: string,
  hash: string,
  expiresAt: number,
): Promise<boolean> {
  const row = await db
    .insertInto('seen_assertions')
    .values({ org_id: organisationId, assertion_hash: hash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['org_id', 'assertion_hash']).doNothing())
    .returning('expires_at')
    .executeTakeFirst()
  return row !== undefined
}

export async function addTest(db: Db, test: SsoTest): Promise<void> {
  await db.insertInto('sso_tests').values(test).execute()
}

export async function findTest(
  db: Db,
  organisationId: string,
  id: string,
): Promise<SsoTest | undefined> {
  return db
    .selectFrom('sso_tests')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
}

export async function finishTest(
  db: Db,
  organisationId: string,
  id: string,
  outcome: Pick<SsoTest, 'state' | 'result' | 'resolves_to' | 'finished_at'>,
): Promise<void> {
  await db
    .updateTable('sso_tests')
    .set(outcome)
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .where('state', '=', 'pending')
    .execute()
}

/** The most recent test of this manager, for the guide's check-list. */
export async function latestTest(
  db: Db,
  organisationId: string,
  managerId: string,
): Promise<SsoTest | undefined> {
  return db
    .selectFrom('sso_tests')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('manager_id', '=', managerId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function identity(
  db: Db,
  organisationId: string,
  issuer: string,
  subject: string,
): Promise<{ userId: string } | undefined> {
  const row = await db
    .selectFrom('identities')
    .select('user_id')
    .where('org_id', '=', organisationId)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row && { userId: row.user_id }
}

export type Identity = {
  issuer: string
  subject: string
  connection: string
  linkedAt: number
}

export async function identitiesOf(
  db: Db,
  organisationId: string,
  userId: string,
): Promise<Identity[]> {
  const rows = await db
    .selectFrom('identities')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .execute()
  return rows.map((row) => ({
    issuer: row.issuer,
    subject: row.subject,
    connection: row.connection,
    linkedAt: row.linked_at,
  }))
}

/** Returns false when the subject is linked already. */
export async function link(
  db: Db,
  organisationId: string,
  userId: string,
  identity: Identity,
): Promise<boolean> {
  const row = await db
    .insertInto('identities')
    .values({
      org_id: organisationId,
      issuer: identity.issuer,
      subject: identity.subject,
      user_id: userId,
      connection: identity.connection,
      linked_at: identity.linkedAt,
    })
    .onConflict((conflict) => conflict.columns(['org_id', 'issuer', 'subject']).doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}
