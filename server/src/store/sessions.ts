import { hasEnded } from '../model/switching.ts'
import type { Db } from './dialect.ts'
import { readSwitching } from './organisations.ts'
import type { SessionsTable } from './tables.ts'

export type Session = SessionsTable

export async function insert(db: Db, session: Session): Promise<void> {
  await db.insertInto('sessions').values(session).execute()
}

/** Undefined also for one that a switch of the login method has ended and not yet removed (LM-13). */
export async function find(
  db: Db,
  organisationId: string,
  secretHash: string,
): Promise<Session | undefined> {
  const row = await db
    .selectFrom('sessions')
    .leftJoin('organisations', 'organisations.id', 'sessions.org_id')
    .selectAll('sessions')
    .select('organisations.switching')
    .where('sessions.org_id', '=', organisationId)
    .where('sessions.secret_hash', '=', secretHash)
    .executeTakeFirst()
  if (!row) return undefined
  const { switching, ...session } = row
  const under = readSwitching({ switching })
  return under && hasEnded(under, session) ? undefined : session
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

/**
 * Ends sessions of people (not break-glass ones), all but one (LM-13): everybody's or these people's,
 * however they were opened or only by these methods.
 */
export async function endAllBut(
  db: Db,
  organisationId: string,
  keptId: string | null,
  only: { methods?: Session['method'][]; userIds?: string[] } = {},
): Promise<void> {
  let query = db
    .deleteFrom('sessions')
    .where('org_id', '=', organisationId)
    .where('user_id', 'is not', null)
  if (keptId) query = query.where('id', '<>', keptId)
  if (only.methods) query = query.where('method', 'in', only.methods)
  if (only.userIds) query = query.where('user_id', 'in', only.userIds)
  await query.execute()
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
