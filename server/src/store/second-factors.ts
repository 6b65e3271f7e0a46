import type { Db } from './dialect.ts'
import type { TotpFactorsTable } from './tables.ts'
import { together } from './together.ts'

/** What one person can prove themselves with besides the password. */
export type Held = {
  totp: TotpFactorsTable | undefined
  recoveryCodes: number
}

export async function of(db: Db, organisationId: string, userId: string): Promise<Held> {
  const [totp, codes] = await together(
    db
      .selectFrom('totp_factors')
      .selectAll()
      .where('org_id', '=', organisationId)
      .where('user_id', '=', userId)
      .executeTakeFirst(),
    db
      .selectFrom('recovery_codes')
      .select((count) => count.fn.countAll<number>().as('left'))
      .where('org_id', '=', organisationId)
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow(),
  )
  return { totp, recoveryCodes: Number(codes.left) }
}

export async function putTotp(db: Db, row: TotpFactorsTable): Promise<void> {
  const { secret, last_step, added_at } = row
  await db
    .insertInto('totp_factors')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'user_id']).doUpdateSet({ secret, last_step, added_at }),
    )
    .execute()
}

export async function removeTotp(db: Db, organisationId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('totp_factors')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .execute()
}

/** Uses up a TOTP step; false when it or a later one was used before (RFC 6238 §5.2). */
export async function consumeTotpStep(
  db: Db,
  organisationId: string,
  userId: string,
  step: number,
): Promise<boolean> {
  const row = await db
    .updateTable('totp_factors')
    .set({ last_step: step })
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('last_step', '<', step)
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}

/** These codes and no others work from now on. */
export async function putRecoveryCodes(
  db: Db,
  organisationId: string,
  userId: string,
  hashes: string[],
  now: number,
): Promise<void> {
  await removeRecoveryCodes(db, organisationId, userId)
  await db
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ org_id: organisationId, user_id: userId, hash, made_at: now })))
    .execute()
}

/** False when it is unknown or was used before. */
export async function consumeRecoveryCode(
  db: Db,
  organisationId: string,
  userId: string,
  hash: string,
): Promise<boolean> {
  const row = await db
    .deleteFrom('recovery_codes')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .returning('hash')
    .executeTakeFirst()
  return row !== undefined
}

export async function removeRecoveryCodes(
  db: Db,
  organisationId: string,
  userId: string,
): Promise<void> {
  await db
    .deleteFrom('recovery_codes')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .execute()
}

/** Whoever left the password behind keeps nothing that belonged to it. */
export async function removeAll(db: Db, organisationId: string): Promise<void> {
  for (const table of ['totp_factors', 'recovery_codes', 'sign_in_tickets'] as const) {
    await db.deleteFrom(table).where('org_id', '=', organisationId).execute()
  }
}
