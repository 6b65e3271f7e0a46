import type { Db } from './dialect.ts'
import type { PasskeysTable, TotpFactorsTable } from './tables.ts'
import { together } from './together.ts'

export type Passkey = PasskeysTable

/** What one person can prove themselves with besides the password. */
export type Held = {
  totp: TotpFactorsTable | undefined
  passkeys: Passkey[]
  recoveryCodes: number
}

export async function of(db: Db, organisationId: string, userId: string): Promise<Held> {
  const [totp, passkeys, codes] = await together(
    db
      .selectFrom('totp_factors')
      .selectAll()
      .where('org_id', '=', organisationId)
      .where('user_id', '=', userId)
      .executeTakeFirst(),
    db
      .selectFrom('passkeys')
      .selectAll()
      .where('org_id', '=', organisationId)
      .where('user_id', '=', userId)
      .orderBy('added_at')
      .execute(),
    db
      .selectFrom('recovery_codes')
      .select((count) => count.fn.countAll<number>().as('left'))
      .where('org_id', '=', organisationId)
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow(),
  )
  return { totp, passkeys, recoveryCodes: Number(codes.left) }
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

/** False when this very passkey is somebody's already. */
export async function addPasskey(db: Db, passkey: Passkey): Promise<boolean> {
  const row = await db
    .insertInto('passkeys')
    .values(passkey)
    .onConflict((conflict) => conflict.columns(['org_id', 'id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/**
 * False when the device's counter did not go on: a copy of it was used meanwhile. Devices that do not
 * count send 0 each time (WebAuthn §7.2).
 */
export async function usePasskey(
  db: Db,
  { org_id, user_id, id }: Pick<Passkey, 'org_id' | 'user_id' | 'id'>,
  counter: number,
  now: number,
): Promise<boolean> {
  const row = await db
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('org_id', '=', org_id)
    .where('user_id', '=', user_id)
    .where('id', '=', id)
    .where((is) => (counter === 0 ? is('counter', '=', 0) : is('counter', '<', counter)))
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** All of a person's, or the one with this id. */
export async function removePasskeys(
  db: Db,
  organisationId: string,
  userId: string,
  only?: string,
): Promise<void> {
  let query = db
    .deleteFrom('passkeys')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
  if (only !== undefined) query = query.where('id', '=', only)
  await query.execute()
}

export async function addChallenge(
  db: Db,
  challenge: { org_id: string; hash: string; user_id: string; expires_at: number },
): Promise<void> {
  await db.insertInto('passkey_challenges').values(challenge).execute()
}

/** Uses a challenge up; false when it is another person's, expired, or was answered before. */
export async function consumeChallenge(
  db: Db,
  organisationId: string,
  userId: string,
  hash: string,
  now: number,
): Promise<boolean> {
  const row = await db
    .deleteFrom('passkey_challenges')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('hash', '=', hash)
    .where('expires_at', '>', now)
    .returning('hash')
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

const belongings = [
  'totp_factors',
  'passkeys',
  'passkey_challenges',
  'recovery_codes',
  'sign_in_tickets',
] as const

/** Whoever left the password behind keeps nothing that belonged to it; emergency accounts never leave it. */
export async function removeAll(db: Db, organisationId: string): Promise<void> {
  const emergency = db
    .selectFrom('break_glass_accounts')
    .select('id')
    .where('org_id', '=', organisationId)
  for (const table of belongings) {
    await db
      .deleteFrom(table)
      .where('org_id', '=', organisationId)
      .where('user_id', 'not in', emergency)
      .execute()
  }
}
