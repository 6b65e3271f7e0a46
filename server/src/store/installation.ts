import { sql } from 'kysely'
import type { Db } from './dialect.ts'
import type { IdempotencyTable, RootsTable } from './tables.ts'

export async function setting(db: Db, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('installation')
    .select('value')
    .where('key', '=', key)
    .executeTakeFirst()
  return row?.value
}

export async function putSetting(db: Db, key: string, value: string): Promise<void> {
  await db
    .insertInto('installation')
    .values({ key, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
    .execute()
}

/** Removes a setting and says whether it had exactly this value: a one-time code is used up so. */
export async function takeSetting(db: Db, key: string, value: string): Promise<boolean> {
  const row = await db
    .deleteFrom('installation')
    .where('key', '=', key)
    .where('value', '=', value)
    .returning('key')
    .executeTakeFirst()
  return row !== undefined
}

export async function addRoot(db: Db, root: RootsTable): Promise<boolean> {
  const row = await db
    .insertInto('roots')
    .values(root)
    .onConflict((conflict) => conflict.column('email_folded').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function findRoot(
  db: Db,
  by: { id: string } | { emailFolded: string },
): Promise<RootsTable | undefined> {
  const query = db.selectFrom('roots').selectAll()
  return (
    'id' in by ? query.where('id', '=', by.id) : query.where('email_folded', '=', by.emailFolded)
  ).executeTakeFirst()
}

/**
 * Notes that a node is at work, and forgets those that have not been heard of for so long. The time is
 * PostgreSQL's: the clocks of two nodes may be further apart than that.
 * @returns how many others there are.
 */
export async function beat(db: Db, id: string, goneAfterMs: number): Promise<number> {
  const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
  await db
    .insertInto('nodes')
    .values({ id, seen_at: now })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seen_at: now }))
    .execute()
  await db.deleteFrom('nodes').where('seen_at', '<', sql<number>`${now} - ${goneAfterMs}`).execute()
  const others = await db.selectFrom('nodes').select('id').where('id', '<>', id).execute()
  return others.length
}

export async function leave(db: Db, id: string): Promise<void> {
  await db.deleteFrom('nodes').where('id', '=', id).execute()
}

/** Returns false when this was announced before, by whichever node. */
export async function announceOnce(
  db: Db,
  organisationId: string,
  key: string,
  at: number,
): Promise<boolean> {
  const row = await db
    .insertInto('notices')
    .values({ org_id: organisationId, key, at })
    .onConflict((conflict) => conflict.columns(['org_id', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst()
  return row !== undefined
}

export async function findIdempotent(
  db: Db,
  organisationId: string,
  keyHash: string,
  now: number,
): Promise<IdempotencyTable | undefined> {
  return db
    .selectFrom('idempotency')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('key_hash', '=', keyHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

export async function putIdempotent(db: Db, row: IdempotencyTable): Promise<void> {
  await db
    .insertInto('idempotency')
    .values(row)
    .onConflict((conflict) =>
      // A key whose answer has run out may be used anew.
      conflict.columns(['org_id', 'key_hash']).doUpdateSet({
        request_hash: row.request_hash,
        status: row.status,
        response: row.response,
        expires_at: row.expires_at,
      }),
    )
    .execute()
}

const expiring = {
  sessions: 'secret_hash',
  sso_requests: 'id',
  seen_assertions: 'assertion_hash',
  idempotency: 'key_hash',
  scim_access_tokens: 'hash',
  spent_challenges: 'hash',
  sign_in_tickets: 'hash',
  passkey_challenges: 'hash',
  scim_walks: 'mark',
} as const
const removedAtOnce = 1_000

/** Removes what has run out, in bounded steps; called by the schedule for each organisation. */
export async function removeExpired(db: Db, organisationId: string, now: number): Promise<void> {
  for (const table of Object.keys(expiring) as (keyof typeof expiring)[]) {
    const column = expiring[table]
    await db
      .deleteFrom(table)
      .where('org_id', '=', organisationId)
      .where(
        column as never,
        'in',
        db
          .selectFrom(table)
          .select(column as never)
          .where('org_id', '=', organisationId)
          .where('expires_at', '<', now)
          .limit(removedAtOnce) as never,
      )
      .execute()
  }
}
