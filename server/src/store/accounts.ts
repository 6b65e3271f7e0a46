import type { Db } from './dialect.ts'
import type {
  AdoptionsTable,
  ApprovalsTable,
  BreakGlassTable,
  LinksTable,
  PasswordsTable,
} from './tables.ts'

export type BreakGlassAccount = BreakGlassTable
export type Adoption = AdoptionsTable
export type Link = LinksTable

export async function password(
  db: Db,
  organisationId: string,
  userId: string,
): Promise<PasswordsTable | undefined> {
  return db
    .selectFrom('passwords')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

export async function putPassword(db: Db, row: PasswordsTable): Promise<void> {
  await db
    .insertInto('passwords')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'user_id'])
        .doUpdateSet({ hash: row.hash, set_at: row.set_at, must_change: row.must_change }),
    )
    .execute()
}

export async function removePasswords(db: Db, organisationId: string): Promise<void> {
  await db.deleteFrom('passwords').where('org_id', '=', organisationId).execute()
}

/** Of these people, who has a password, or a linked identity. */
export async function withCredential(
  db: Db,
  kind: 'passwords' | 'identities',
  organisationId: string,
  userIds: string[],
): Promise<Set<string>> {
  if (userIds.length === 0) return new Set()
  const rows = await db
    .selectFrom(kind)
    .select('user_id')
    .where('org_id', '=', organisationId)
    .where('user_id', 'in', userIds)
    .execute()
  return new Set(rows.map((row) => row.user_id))
}

export async function breakGlassAccounts(
  db: Db,
  organisationId: string,
): Promise<BreakGlassAccount[]> {
  return db
    .selectFrom('break_glass_accounts')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('created_at')
    .limit(50)
    .execute()
}

export async function breakGlassAccount(
  db: Db,
  organisationId: string,
  by: { id: string } | { emailFolded: string },
): Promise<BreakGlassAccount | undefined> {
  const query = db
    .selectFrom('break_glass_accounts')
    .selectAll()
    .where('org_id', '=', organisationId)
  return (
    'id' in by ? query.where('id', '=', by.id) : query.where('email_folded', '=', by.emailFolded)
  ).executeTakeFirst()
}

export async function addBreakGlass(db: Db, account: BreakGlassAccount): Promise<boolean> {
  const row = await db
    .insertInto('break_glass_accounts')
    .values(account)
    .onConflict((conflict) => conflict.columns(['org_id', 'email_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function changeBreakGlass(
  db: Db,
  organisationId: string,
  id: string,
  change: Partial<
    Pick<
      BreakGlassAccount,
      'password_hash' | 'totp_secret' | 'credentials_changed_at' | 'last_sign_in_at'
    >
  >,
): Promise<void> {
  await db
    .updateTable('break_glass_accounts')
    .set(change)
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

/** Uses up a TOTP step; false when it or a later one was used before (RFC 6238 §5.2). */
export async function consumeTotpStep(
  db: Db,
  organisationId: string,
  id: string,
  step: number,
): Promise<boolean> {
  const row = await db
    .updateTable('break_glass_accounts')
    .set({ totp_last_step: step })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .where('totp_last_step', '<', step)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function removeBreakGlass(db: Db, organisationId: string, id: string): Promise<void> {
  await db
    .deleteFrom('break_glass_accounts')
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

/** One entry per person and claimed subject; a further attempt is counted on it. */
export async function queueAdoption(
  db: Db,
  adoption: Adoption,
): Promise<{ created: boolean; state: Adoption['state'] }> {
  const row = await db
    .insertInto('adoptions')
    .values(adoption)
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'user_id', 'issuer', 'subject']).doUpdateSet((set) => ({
        last_attempt_at: adoption.last_attempt_at,
        attempts: set('adoptions.attempts', '+', 1),
      })),
    )
    .returning(['id', 'state'])
    .executeTakeFirstOrThrow()
  return { created: row.id === adoption.id, state: row.state }
}

export async function isAdoptionApproved(
  db: Db,
  organisationId: string,
  userId: string,
  issuer: string,
  subject: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('adoptions')
    .select('state')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.state === 'approved'
}

export async function adoptions(db: Db, organisationId: string): Promise<Adoption[]> {
  return db
    .selectFrom('adoptions')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('state', '=', 'open')
    .orderBy('last_attempt_at', 'desc')
    .limit(500)
    .execute()
}

/** Closes an open entry; undefined when it is not open any more. */
export async function decideAdoption(
  db: Db,
  organisationId: string,
  id: string,
  state: 'approved' | 'declined',
): Promise<Adoption | undefined> {
  return db
    .updateTable('adoptions')
    .set({ state })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .returningAll()
    .executeTakeFirst()
}

export type Approval = ApprovalsTable

/** Stands for everyone who waits since the switch, but for managers. */
export const everyone = ''

/** Approves before they come who may be linked at their first sign-in (JI-20). */
export async function addApprovals(db: Db, approvals: Approval[]): Promise<void> {
  if (approvals.length > 0) await db.insertInto('approvals').values(approvals).execute()
}

/** The risk that was taken for this person, or for everyone when they were not ticked themselves. */
export async function approvedRisk(
  db: Db,
  organisationId: string,
  userId: string,
  issuer: string,
): Promise<Approval['risk'] | undefined> {
  const row = await db
    .selectFrom('approvals')
    .select('risk')
    .where('org_id', '=', organisationId)
    .where('user_id', 'in', [userId, everyone])
    .where('issuer', '=', issuer)
    .orderBy('user_id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.risk
}

export async function spendApproval(db: Db, organisationId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('approvals')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .execute()
}

export async function removeApprovals(db: Db, organisationId: string): Promise<void> {
  await db.deleteFrom('approvals').where('org_id', '=', organisationId).execute()
}

export async function addLink(db: Db, link: Link): Promise<void> {
  await db.insertInto('links').values(link).execute()
}

export async function removeLinksOf(db: Db, organisationId: string, userId: string): Promise<void> {
  await db
    .deleteFrom('links')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .execute()
}

export async function findLink(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<Link | undefined> {
  return db
    .selectFrom('links')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
}

/** Uses the link up; undefined when it is used, expired or unknown. */
export async function consumeLink(
  db: Db,
  organisationId: string,
  hash: string,
  now: number,
): Promise<Link | undefined> {
  return db
    .updateTable('links')
    .set({ used_at: now })
    .where('org_id', '=', organisationId)
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
}

export async function preference(
  db: Db,
  organisationId: string,
  userId: string,
  key: string,
): Promise<unknown> {
  const row = await db
    .selectFrom('preferences')
    .select('value')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('key', '=', key)
    .executeTakeFirst()
  return row ? JSON.parse(row.value) : null
}

export async function putPreference(
  db: Db,
  organisationId: string,
  userId: string,
  key: string,
  value: unknown,
): Promise<void> {
  const text = JSON.stringify(value)
  await db
    .insertInto('preferences')
    .values({ org_id: organisationId, user_id: userId, key, value: text })
    .onConflict((conflict) =>
      conflict.columns(['org_id', 'user_id', 'key']).doUpdateSet({ value: text }),
    )
    .execute()
}
