import type { Factor } from '../model/second-factor.ts'
import type { Db } from './dialect.ts'
import type { SignInTicketsTable } from './tables.ts'

/** A sign-in whose password was right and that waits for more. */
export type Ticket = SignInTicketsTable

export async function add(db: Db, ticket: Ticket): Promise<void> {
  await db.insertInto('sign_in_tickets').values(ticket).execute()
}

export async function find(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<Ticket | undefined> {
  return db
    .selectFrom('sign_in_tickets')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/**
 * Counts one more try on a ticket and holds it until the transaction ends, so that tries sent at once
 * come one after the other. Undefined when it is spent, used or expired.
 */
export async function countTry(
  db: Db,
  organisationId: string,
  hash: string,
  { now, atMost }: { now: number; atMost: number },
): Promise<Ticket | undefined> {
  return db
    .updateTable('sign_in_tickets')
    .set((row) => ({ tries: row('tries', '+', 1) }))
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .where('tries', '<', atMost)
    .returningAll()
    .executeTakeFirst()
}

export async function prove(db: Db, { org_id, hash }: Ticket, factor: Factor): Promise<void> {
  await db
    .updateTable('sign_in_tickets')
    .set({ factor })
    .where('org_id', '=', org_id)
    .where('hash', '=', hash)
    .execute()
}

/** Ends what a person, or somebody with their password, has under way; but this one. */
export async function removeOf(
  db: Db,
  organisationId: string,
  userId: string,
  keptHash = '',
): Promise<void> {
  await db
    .deleteFrom('sign_in_tickets')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('hash', '<>', keptHash)
    .execute()
}

export async function remove(db: Db, { org_id, hash }: Ticket): Promise<void> {
  await db
    .deleteFrom('sign_in_tickets')
    .where('org_id', '=', org_id)
    .where('hash', '=', hash)
    .execute()
}
