import { sql } from 'kysely'
import type { Domain, DomainCheck } from '../model/domain.ts'
import { type Db, isSqlite } from './dialect.ts'
import type { DomainsTable } from './tables.ts'

const dayMs = 86_400_000
/** As many as an organisation may name. */
export const domainsAtMost = 100

export async function list(db: Db, organisationId: string): Promise<Domain[]> {
  const rows = await db
    .selectFrom('domains')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('name')
    .limit(domainsAtMost)
    .execute()
  return rows.map(toDomain)
}

export async function find(
  db: Db,
  organisationId: string,
  name: string,
  how: 'to read' | 'to change' = 'to read',
): Promise<Domain | undefined> {
  const query = db
    .selectFrom('domains')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('name', '=', name)
  const locks = how === 'to change' && !isSqlite(db)
  const row = await (locks ? query.forUpdate() : query).executeTakeFirst()
  return row && toDomain(row)
}

/** Whether a proof counts now: of what has lapsed none does. */
export async function isVerified(db: Db, organisationId: string, name: string): Promise<boolean> {
  const row = await db
    .selectFrom('domains')
    .select('name')
    .where('org_id', '=', organisationId)
    .where('name', '=', name)
    .where('verified_at', 'is not', null)
    .where('lapsed_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** @returns false when the organisation names it already. */
export async function add(db: Db, domain: Domain): Promise<boolean> {
  const row = await db
    .insertInto('domains')
    .values(toRow(domain))
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
    .returning('name')
    .executeTakeFirst()
  return row !== undefined
}

/** What was proved by the DNS is due again a day after its last look. */
export async function change(db: Db, domain: Domain): Promise<void> {
  const { org_id, name, ...columns } = toRow(domain)
  await db
    .updateTable('domains')
    .set(columns)
    .where('org_id', '=', org_id)
    .where('name', '=', name)
    .execute()
}

/** @returns the domain, if it was there. */
export async function remove(
  db: Db,
  organisationId: string,
  name: string,
): Promise<Domain | undefined> {
  const row = await db
    .deleteFrom('domains')
    .where('org_id', '=', organisationId)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst()
  return row && toDomain(row)
}

/** Takes the domain that has waited longest for its daily look; nobody else gets it before `until`. */
export async function claimDue(
  db: Db,
  now: number,
  until: number,
  only?: string,
): Promise<Domain | undefined> {
  let due = db.selectFrom('domains').selectAll().where('due_at', '<=', now)
  if (only) due = due.where('org_id', '=', only)
  due = due.orderBy('due_at').limit(1)
  const row = await (isSqlite(db) ? due : due.forUpdate().skipLocked()).executeTakeFirst()
  if (!row) return undefined
  await db
    .updateTable('domains')
    .set({ due_at: until })
    .where('org_id', '=', row.org_id)
    .where('name', '=', row.name)
    .execute()
  return toDomain(row)
}

export async function isAnyDue(db: Db, now: number): Promise<boolean> {
  const row = await db
    .selectFrom('domains')
    .select('name')
    .where('due_at', '<=', now)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

const countedAtMost = 1_000

/** People of a domain who are not linked to an identity provider yet, counted up to 1,000. */
export async function unlinked(db: Db, organisationId: string, name: string) {
  // The wider condition is the one that PostgreSQL has an index of.
  const { count } = await db
    .selectFrom(
      db
        .selectFrom('users')
        .select('users.id')
        .where('users.org_id', '=', organisationId)
        .where('search_text', 'like', `%@${name}%`)
        .where('email_folded', 'like', `%@${name}`)
        .where(
          sql<boolean>`not exists (select 1 from identities i
            where i.org_id = ${organisationId} and i.user_id = users.id)`,
        )
        .limit(countedAtMost + 1)
        .as('some'),
    )
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  return { count: Math.min(Number(count), countedAtMost), exact: Number(count) <= countedAtMost }
}

function toDomain(row: DomainsTable): Domain {
  return {
    organisationId: row.org_id,
    name: row.name,
    token: row.token,
    proof: row.proof,
    verifiedAt: row.verified_at,
    missingSince: row.missing_since,
    lapsedAt: row.lapsed_at,
    check: row.checked === null ? null : (JSON.parse(row.checked) as DomainCheck),
    createdAt: row.created_at,
  }
}

function toRow(domain: Domain): DomainsTable {
  const looked = domain.check?.at ?? domain.createdAt
  return {
    org_id: domain.organisationId,
    name: domain.name,
    token: domain.token,
    proof: domain.proof,
    verified_at: domain.verifiedAt,
    missing_since: domain.missingSince,
    lapsed_at: domain.lapsedAt,
    checked: domain.check && JSON.stringify(domain.check),
    due_at: domain.proof === 'operator' ? null : looked + dayMs,
    created_at: domain.createdAt,
  }
}
