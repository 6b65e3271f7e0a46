import { sql } from 'kysely'
import type { Promised } from '../model/invitation.ts'
import { type Db, isSqlite } from './dialect.ts'
import { statement } from './statement.ts'
import type { InvitationsTable } from './tables.ts'
import { countSome } from './totals.ts'

export type Invitation = InvitationsTable

export function promisedBy(invitation: Pick<Invitation, 'promised'>): Promised {
  return JSON.parse(invitation.promised) as Promised
}

/** @returns false when somebody with this address is invited already. */
export async function add(db: Db, invitation: Invitation): Promise<boolean> {
  const row = await db
    .insertInto('invitations')
    .values(invitation)
    .onConflict((conflict) => conflict.columns(['org_id', 'email_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function lock(
  db: Db,
  organisationId: string,
  id: string,
): Promise<Invitation | undefined> {
  const query = db
    .selectFrom('invitations')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
  return (isSqlite(db) ? query : query.forUpdate()).executeTakeFirst()
}

export async function findByHash(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<Invitation | undefined> {
  return db
    .selectFrom('invitations')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

const byEmail = statement<{ org: string; email: string }, Invitation>((db, { org, email }) =>
  db
    .selectFrom('invitations')
    .selectAll()
    .where('org_id', '=', org)
    .where('email_folded', '=', email),
)

export async function findByEmail(
  db: Db,
  organisationId: string,
  emailFolded: string,
): Promise<Invitation | undefined> {
  const [row] = await byEmail(db, { org: organisationId, email: emailFolded })
  return row
}

/** Uses an invitation up: of two who come at once, one gets it. */
export async function take(
  db: Db,
  { org_id, id }: Pick<Invitation, 'org_id' | 'id'>,
): Promise<boolean> {
  const row = await db
    .deleteFrom('invitations')
    .where('org_id', '=', org_id)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function change(
  db: Db,
  { org_id, id }: Pick<Invitation, 'org_id' | 'id'>,
  change: Partial<Pick<Invitation, 'hash' | 'expires_at'>>,
): Promise<void> {
  await db
    .updateTable('invitations')
    .set(change)
    .where('org_id', '=', org_id)
    .where('id', '=', id)
    .execute()
}

/** Newest first. @returns the total, counted up to 1,000. */
export async function list(
  db: Db,
  organisationId: string,
  { search, page, size }: { search: string | undefined; page: number; size: number },
): Promise<{ items: Invitation[]; total: number; totalExact: boolean }> {
  let wanted = db.selectFrom('invitations').where('org_id', '=', organisationId)
  if (search) {
    const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`
    wanted = wanted.where(sql<boolean>`email_folded like ${pattern} escape '\\'`)
  }
  const items = await wanted
    .selectAll()
    .orderBy('id', 'desc')
    .limit(size)
    .offset(page * size)
    .execute()
  return { items, ...(await countSome(db, wanted.select('id'))) }
}

export async function countOpen(db: Db, organisationId: string, now: number): Promise<number> {
  const { count } = await db
    .selectFrom('invitations')
    .select(sql<number>`count(*)`.as('count'))
    .where('org_id', '=', organisationId)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow()
  return Number(count)
}
