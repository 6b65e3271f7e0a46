import type { Db } from './dialect.ts'
import type { SessionsTable } from './tables.ts'

export type Session = SessionsTable

export async function insert(db: Db, session: Session): Promise<void> {
  await db.insertInto('sessions').values(session).execute()
}

export async function find(
  db: Db,
  organisationId: string,
  secretHash: string,
): Promise<Session | undefined> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('secret_hash', '=', secretHash)
    .executeTakeFirst()
}

/** Keeps an idle session alive; the caller does so at most once a minute. */
export async function touch(db: Db, session: Session, now: number): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ last_seen_at: now })
    .where('org_id', '=', session.org_id)
    .where('secret_hash', '=', session.secret_hash)
    .execute()
}

export async function listOf(
  db: Db,
  organisationId: string,
  userId: string,
  now: number,
): Promise<Session[]> {
  return db
    .selectFrom('sessions')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('expires_at', '>', now)
    .orderBy('last_seen_at', 'desc')
    .limit(100)
    .execute()
}

export async function end(db: Db, organisationId: string, secretHash: string): Promise<boolean> {
  const row = await db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('secret_hash', '=', secretHash)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Ends one person's sessions: all, or the one with this public id. Returns how many ended. */
export async function endOf(
  db: Db,
  organisationId: string,
  userId: string,
  only?: { id: string },
): Promise<number> {
  let query = db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
  if (only) query = query.where('id', '=', only.id)
  return (await query.returning('id').execute()).length
}

/** Ends a person's sessions but the one that they are using. Returns how many ended. */
export async function endOthers(
  db: Db,
  organisationId: string,
  userId: string,
  keptId: string,
): Promise<number> {
  const ended = await db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('id', '<>', keptId)
    .returning('id')
    .execute()
  return ended.length
}

/** Ends what the identity provider names in a LogoutRequest (SAML core §3.7). */
export async function endByNameId(
  db: Db,
  organisationId: string,
  issuer: string,
  nameId: string,
  sessionIndexes: string[],
): Promise<Session[]> {
  let query = db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('issuer', '=', issuer)
    .where('name_id', '=', nameId)
  if (sessionIndexes.length > 0) query = query.where('session_index', 'in', sessionIndexes)
  return query.returningAll().execute()
}

/** Ends everyone's sessions of people (not break-glass ones), all but one (LM-13). */
export async function endAllBut(
  db: Db,
  organisationId: string,
  keptId: string | null,
): Promise<number> {
  let query = db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('user_id', 'is not', null)
  if (keptId) query = query.where('id', '<>', keptId)
  return (await query.returning('id').execute()).length
}

export async function countOpen(
  db: Db,
  organisationId: string,
  now: number,
  but: string | null,
): Promise<number> {
  let query = db
    .selectFrom('sessions')
    .select((count) => count.fn.countAll<number>().as('open'))
    .where('org_id', '=', organisationId)
    .where('user_id', 'is not', null)
    .where('expires_at', '>', now)
  if (but) query = query.where('id', '<>', but)
  return Number((await query.executeTakeFirstOrThrow()).open)
}

export async function endOfBreakGlass(
  db: Db,
  organisationId: string,
  breakGlassId: string,
): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('break_glass_id', '=', breakGlassId)
    .execute()
}
