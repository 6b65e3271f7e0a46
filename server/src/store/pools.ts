import { sql } from 'kysely'
import { foldName, type Grant, type Named, poolRoles, toGrant, toNamed } from './access.ts'
import type { Db } from './dialect.ts'
import {
  type Counted,
  clearStep,
  countedAlone,
  countedInList,
  noteLeftover,
  upTo,
} from './groups.ts'
import type { GrantsTable, PoolsTable } from './tables.ts'

export type Pool = Named & {
  updatedAt: number
  /** Everyone who reaches it has these (RB-9). */
  roles: string[]
  groups: number
  /** Those with a grant of their own. */
  assigned: Counted
}
type PoolRow = PoolsTable & { groups: number; assigned: number }

/** Pools by name, the Default one first. */
export async function list(
  db: Db,
  organisationId: string,
  { search, page, size }: { search: string | undefined; page: number; size: number },
): Promise<{ items: Pool[]; total: number }> {
  const like = search ? `%${foldName(search).replace(/[!%_]/g, '!$&')}%` : '%'
  const matching = db
    .selectFrom('pools as p')
    .where('p.org_id', '=', organisationId)
    .where(sql<boolean>`p.name_folded like ${like} escape '!'`)
  const { total } = await matching
    .select((pools) => pools.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const rows = await matching
    .selectAll('p')
    .select(counted(countedInList))
    .orderBy('p.is_default', 'desc')
    .orderBy('p.name_folded')
    .offset(page * size)
    .limit(size)
    .execute()
  return { items: await withRoles(db, organisationId, rows, countedInList), total: Number(total) }
}

export async function find(db: Db, organisationId: string, id: string): Promise<Pool | undefined> {
  const rows = await db
    .selectFrom('pools as p')
    .where('p.org_id', '=', organisationId)
    .where('p.id', '=', id)
    .selectAll('p')
    .select(counted(countedAlone))
    .execute()
  return (await withRoles(db, organisationId, rows, countedAlone))[0]
}

/** The names of these pools, and what is associated with each, for explanations. */
export async function named(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Map<string, { name: string; isDefault: boolean; roles: string[] }>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('pools')
    .select(['id', 'name', 'is_default'])
    .where('org_id', '=', organisationId)
    .where('id', 'in', ids)
    .execute()
  const roles = await poolRoles(db, organisationId, ids)
  return new Map(
    rows.map(({ id, name, is_default }) => [
      id,
      { name, isDefault: is_default === 1, roles: roles.get(id) ?? [] },
    ]),
  )
}

function counted(most: number) {
  const limit = sql.lit(most + 1)
  return [
    sql<number>`(select count(distinct r.subject_id) from grants r where r.org_id = p.org_id
      and r.pool_id = p.id and r.subject_kind = 'group')`.as('groups'),
    sql<number>`(select count(*) from (select 1 as one from grants r where r.org_id = p.org_id
      and r.pool_id = p.id and r.subject_kind = 'user' limit ${limit}) assigned)`.as('assigned'),
  ]
}

async function withRoles(
  db: Db,
  organisationId: string,
  rows: PoolRow[],
  most: number,
): Promise<Pool[]> {
  const roles = await poolRoles(
    db,
    organisationId,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    ...toNamed(row),
    updatedAt: row.updated_at,
    roles: roles.get(row.id) ?? [],
    groups: Number(row.groups),
    assigned: upTo(row.assigned, most),
  }))
}

/** The grants of groups on this pool. */
export async function groupGrants(
  db: Db,
  organisationId: string,
  poolId: string,
): Promise<(Grant & { groupName: string; groupIsDefault: boolean })[]> {
  const { rows } = await sql<GrantsTable & { name: string; is_default: 0 | 1 }>`
    select r.*, g.name, g.is_default from grants r
      join groups g on g.org_id = r.org_id and g.id = r.subject_id
      where r.org_id = ${organisationId} and r.pool_id = ${poolId} and r.subject_kind = 'group'
      order by g.is_default desc, g.name_folded, r.role`.execute(db)
  return rows.map((row) => ({
    ...toGrant(row),
    groupName: row.name,
    groupIsDefault: row.is_default === 1,
  }))
}

/** Takes a pool away; more grants than one step clears lead nowhere then, and are cleared later. */
export async function remove(db: Db, organisationId: string, id: string): Promise<void> {
  const inOrganisation = sql<boolean>`org_id = ${organisationId}`
  await db.deleteFrom('pool_roles').where(inOrganisation).where('pool_id', '=', id).execute()
  await db.deleteFrom('pools').where(inOrganisation).where('id', '=', id).execute()
  const leftover = { org_id: organisationId, kind: 'pool' as const, id }
  if (await clearStep(db, leftover)) await noteLeftover(db, leftover)
}
