import { type Db, isSqlite } from './dialect.ts'
import { among, listed } from './statement.ts'
import type { TombstonesTable } from './tables.ts'

export type Tombstone = TombstonesTable

export async function insert(db: Db, tombstone: Tombstone): Promise<void> {
  await db.insertInto('tombstones').values(tombstone).execute()
}

/** Those who may come back under one of these keys: by userName first, and the last to leave first. */
export async function find(
  db: Db,
  organisationId: string,
  keys: { userNames: string[]; externalIds: string[] },
  now: number,
): Promise<Tombstone[]> {
  const base = db
    .selectFrom('tombstones')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('erase_at', '>', now)
  const rows = await base
    .where(among(db, 'user_name_folded', listed(db, keys.userNames)))
    .unionAll(base.where(among(db, 'external_id', listed(db, keys.externalIds))))
    .execute()
  const named = new Set<string | null>(keys.userNames)
  const place = (row: Tombstone) => (named.has(row.user_name_folded) ? 0 : 1)
  return rows.sort((a, b) => place(a) - place(b) || b.deleted_at - a.deleted_at)
}

/** Who had this address last and may still come back. */
export async function findByEmail(
  db: Db,
  organisationId: string,
  emailFolded: string,
  now: number,
): Promise<Tombstone | undefined> {
  return db
    .selectFrom('tombstones')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('email_folded', '=', emailFolded)
    .where('erase_at', '>', now)
    .orderBy('deleted_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function findById(
  db: Db,
  organisationId: string,
  id: string,
  now: number,
): Promise<Tombstone | undefined> {
  return db
    .selectFrom('tombstones')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .where('erase_at', '>', now)
    .executeTakeFirst()
}

/** Those of these people who were deleted, for as long as they are changed by nobody else. */
export async function lockThose(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Tombstone[]> {
  const query = db
    .selectFrom('tombstones')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where(among(db, 'id', listed(db, ids)))
    .orderBy('id')
  return (isSqlite(db) ? query : query.forUpdate()).execute()
}

/** Which of these people were deleted here. */
export async function amongThose(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Set<string>> {
  const rows = await db
    .selectFrom('tombstones')
    .select('id')
    .where('org_id', '=', organisationId)
    .where(among(db, 'id', listed(db, ids)))
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** @param person what they come back with. */
export async function keep(db: Db, { org_id, id }: Tombstone, person: string): Promise<void> {
  await db
    .updateTable('tombstones')
    .set({ person })
    .where('org_id', '=', org_id)
    .where('id', '=', id)
    .execute()
}

/** @returns what was there last, and undefined when somebody else was faster. */
export async function remove(
  db: Db,
  organisationId: string,
  id: string,
): Promise<Tombstone | undefined> {
  return db
    .deleteFrom('tombstones')
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst()
}

/** Whose time is over. */
export async function due(
  db: Db,
  organisationId: string,
  now: number,
  limit: number,
): Promise<{ id: string }[]> {
  return db
    .selectFrom('tombstones')
    .select('id')
    .where('org_id', '=', organisationId)
    .where('erase_at', '<=', now)
    .limit(limit)
    .execute()
}
