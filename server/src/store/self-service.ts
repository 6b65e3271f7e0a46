import { sql } from 'kysely'
import type { RegistrationState, SelfService, SelfServiceSettings } from '../model/self-service.ts'
import { type Db, isSqlite } from './dialect.ts'
import { flag } from './organisations.ts'
import type { RegistrationsTable, SelfServiceTable } from './tables.ts'
import { countSome } from './totals.ts'

export type Registration = RegistrationsTable

export async function insert(
  db: Db,
  organisationId: string,
  link: { id: string; token: string; createdAt: number },
): Promise<void> {
  await db
    .insertInto('self_service')
    .values({
      org_id: organisationId,
      allowed_domains: null,
      any_domain: 0,
      expires_at: null,
      max_uses: null,
      require_approval: 0,
      terms_url: null,
      terms_at: null,
      link_id: link.id,
      token: link.token,
      link_created_at: link.createdAt,
      uses: 0,
    })
    .execute()
}

export async function find(db: Db, organisationId: string): Promise<SelfService> {
  const row = await db
    .selectFrom('self_service')
    .selectAll()
    .where('org_id', '=', organisationId)
    .executeTakeFirstOrThrow()
  return toSelfService(row)
}

/** The domain that the allowlist starts with; nothing once a list was set (SS-5). */
export async function startDomains(
  db: Db,
  organisationId: string,
  domains: string[],
): Promise<void> {
  await db
    .updateTable('self_service')
    .set({ allowed_domains: JSON.stringify(domains) })
    .where('org_id', '=', organisationId)
    .where('allowed_domains', 'is', null)
    .execute()
}

export async function change(
  db: Db,
  organisationId: string,
  settings: SelfServiceSettings,
): Promise<void> {
  await db
    .updateTable('self_service')
    .set({
      allowed_domains: JSON.stringify(settings.allowedDomains),
      any_domain: flag(settings.anyDomain),
      expires_at: settings.expiresAt,
      max_uses: settings.maxUses,
      require_approval: flag(settings.requireApproval),
      terms_url: settings.termsUrl,
      terms_at: settings.termsAt,
    })
    .where('org_id', '=', organisationId)
    .execute()
}

export async function rotate(
  db: Db,
  organisationId: string,
  link: { id: string; token: string; createdAt: number },
): Promise<void> {
  await db
    .updateTable('self_service')
    .set({ link_id: link.id, token: link.token, link_created_at: link.createdAt, uses: 0 })
    .where('org_id', '=', organisationId)
    .execute()
}

/**
 * One more came in through this link: the last seat goes to one alone (SS-20). A link that was
 * replaced meanwhile has no seats to count.
 */
export async function takeSeat(db: Db, organisationId: string, linkId: string): Promise<boolean> {
  const row = await db
    .updateTable('self_service')
    .set({
      uses: sql<number>`uses + case when link_id = ${linkId} then 1 else 0 end`,
    })
    .where('org_id', '=', organisationId)
    .where((or) =>
      or.or([
        or('link_id', '<>', linkId),
        or('max_uses', 'is', null),
        or('uses', '<', sql<number>`max_uses`),
      ]),
    )
    .returning('org_id')
    .executeTakeFirst()
  return row !== undefined
}

/** @returns false when it was spent before (SS-17). */
export async function spendChallenge(
  db: Db,
  organisationId: string,
  { hash, expiresAt }: { hash: string; expiresAt: number },
): Promise<boolean> {
  const row = await db
    .insertInto('spent_challenges')
    .values({ org_id: organisationId, hash, expires_at: expiresAt })
    .onConflict((conflict) => conflict.doNothing())
    .returning('hash')
    .executeTakeFirst()
  return row !== undefined
}

/** @returns false when somebody with this address registered already. */
export async function addRegistration(db: Db, registration: Registration): Promise<boolean> {
  const row = await db
    .insertInto('registrations')
    .values(registration)
    .onConflict((conflict) => conflict.columns(['org_id', 'email_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function registrationOf(
  db: Db,
  organisationId: string,
  userId: string,
): Promise<Registration | undefined> {
  return db
    .selectFrom('registrations')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
}

export async function lockRegistration(
  db: Db,
  organisationId: string,
  id: string,
): Promise<Registration | undefined> {
  const query = db
    .selectFrom('registrations')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
  return (isSqlite(db) ? query : query.forUpdate()).executeTakeFirst()
}

export async function changeRegistration(
  db: Db,
  { org_id, id }: Pick<Registration, 'org_id' | 'id'>,
  change: Partial<Pick<Registration, 'state' | 'user_id' | 'link_id' | 'expires_at' | 'joined_at'>>,
): Promise<void> {
  await db
    .updateTable('registrations')
    .set(change)
    .where('org_id', '=', org_id)
    .where('id', '=', id)
    .execute()
}

export async function removeRegistration(
  db: Db,
  { org_id, id }: Pick<Registration, 'org_id' | 'id'>,
): Promise<void> {
  await db.deleteFrom('registrations').where('org_id', '=', org_id).where('id', '=', id).execute()
}

/** Newest first. @returns the total, counted up to 1,000. */
export async function registrations(
  db: Db,
  organisationId: string,
  state: RegistrationState,
  { page, size }: { page: number; size: number },
): Promise<{ items: Registration[]; total: number; totalExact: boolean }> {
  const ofState = db
    .selectFrom('registrations')
    .where('org_id', '=', organisationId)
    .where('state', '=', state)
  const items = await ofState
    .selectAll()
    .orderBy('id', 'desc')
    .limit(size)
    .offset(page * size)
    .execute()
  return { items, ...(await countSome(db, ofState.select('id'))) }
}

/** Registrations whose time is over (SS-14). */
export async function lapsed(
  db: Db,
  organisationId: string,
  now: number,
  limit: number,
): Promise<Registration[]> {
  return db
    .selectFrom('registrations')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('expires_at', '<=', now)
    .limit(limit)
    .execute()
}

function toSelfService(row: SelfServiceTable): SelfService {
  return {
    allowedDomains: JSON.parse(row.allowed_domains ?? '[]') as string[],
    anyDomain: row.any_domain === 1,
    expiresAt: row.expires_at,
    maxUses: row.max_uses,
    requireApproval: row.require_approval === 1,
    termsUrl: row.terms_url,
    termsAt: row.terms_at,
    link: {
      id: row.link_id,
      token: row.token,
      createdAt: row.link_created_at,
      uses: row.uses,
    },
  }
}
