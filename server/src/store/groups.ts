import { type RawBuilder, sql } from 'kysely'
import type { Provenance } from '../model/user.ts'
import { foldName, type Grant, type Named, toGrant, toNamed, toProvenance } from './access.ts'
import { type Db, isSqlite } from './dialect.ts'
import { among, listed, statement } from './statement.ts'
import type { GrantsTable, GroupsTable, ProvenanceColumns } from './tables.ts'

/** A number that is counted no further than it is read: `exact` is false when there are more. */
export type Counted = { count: number; exact: boolean }
export type Group = Named & {
  updatedAt: number
  /** Those who are in it directly. */
  members: Counted
  nested: number
  pools: number
}

/** Members are counted up to here in a list of groups, and up to there for one of them. */
export const countedInList = 1_000
export const countedAlone = 100_000

type GroupRow = GroupsTable & { members: number; nested: number; pools: number }

/** Groups by name, the Default one first; how many there are does not follow from how many people. */
export async function list(
  db: Db,
  organisationId: string,
  { search, page, size }: { search: string | undefined; page: number; size: number },
): Promise<{ items: Group[]; total: number }> {
  const like = search ? `%${foldName(search).replace(/[!%_]/g, '!$&')}%` : '%'
  const matching = db
    .selectFrom('groups as g')
    .where('g.org_id', '=', organisationId)
    .where(sql<boolean>`g.name_folded like ${like} escape '!'`)
  const { total } = await matching
    .select((groups) => groups.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const rows = await matching
    .selectAll('g')
    .select(counted(countedInList))
    .orderBy('g.is_default', 'desc')
    .orderBy('g.name_folded')
    .offset(page * size)
    .limit(size)
    .execute()
  return { items: rows.map((row) => toGroup(row, countedInList)), total: Number(total) }
}

export async function find(db: Db, organisationId: string, id: string): Promise<Group | undefined> {
  const row = await db
    .selectFrom('groups as g')
    .where('g.org_id', '=', organisationId)
    .where('g.id', '=', id)
    .selectAll('g')
    .select(counted(countedAlone))
    .executeTakeFirst()
  return row && toGroup(row, countedAlone)
}

function counted(upTo: number) {
  const limit = sql.lit(upTo + 1)
  return [
    sql<number>`(select count(*) from (select 1 as one from group_members m
      where m.org_id = g.org_id and m.group_id = g.id limit ${limit}) members)`.as('members'),
    sql<number>`(select count(*) from nested_groups n
      where n.org_id = g.org_id and n.group_id = g.id)`.as('nested'),
    sql<number>`(select count(distinct r.pool_id) from grants r where r.org_id = g.org_id
      and r.subject_kind = 'group' and r.subject_id = g.id)`.as('pools'),
  ]
}

export function upTo(found: number, most: number): Counted {
  return { count: Math.min(Number(found), most), exact: Number(found) <= most }
}

function toGroup(row: GroupRow, most: number): Group {
  return {
    ...toNamed(row),
    updatedAt: row.updated_at,
    members: upTo(row.members, most),
    nested: Number(row.nested),
    pools: Number(row.pools),
  }
}

/** These groups, as far as they exist, and every group in them: whose members are members here. */
export async function withNested(
  db: Db,
  organisationId: string,
  groupIds: string[],
): Promise<string[]> {
  if (groupIds.length === 0) return []
  const { rows } = await sql<{ id: string }>`with recursive inside(id) as (
      select id from groups where org_id = ${organisationId} and id in (${sql.join(groupIds)})
      union
      select n.child_id from inside x join nested_groups n
        on n.org_id = ${organisationId} and n.group_id = x.id)
    select id from inside`.execute(db)
  return rows.map(({ id }) => id)
}

export type Related = { id: string; name: string; provenance: Provenance }

/** The groups in this one, or those that it is in. */
export async function related(
  db: Db,
  organisationId: string,
  id: string,
  which: 'inside' | 'around',
): Promise<Related[]> {
  const [here, there] = which === 'inside' ? ['group_id', 'child_id'] : ['child_id', 'group_id']
  const rows = (await db
    .selectFrom('nested_groups as n')
    .innerJoin('groups as g', (join) =>
      join.onRef('g.org_id', '=', 'n.org_id').onRef('g.id', '=', sql.ref(`n.${there}`)),
    )
    .selectAll('n')
    .select(['g.id', 'g.name'])
    .where('n.org_id', '=', organisationId)
    .where(sql.ref(`n.${here}`), '=', id)
    .orderBy('g.name_folded')
    .execute()) as (ProvenanceColumns & { id: string; name: string })[]
  return rows.map((row) => ({ id: row.id, name: row.name, provenance: toProvenance(row) }))
}

/** What this group reaches: its grants with the names of their pools. */
export async function grants(
  db: Db,
  organisationId: string,
  groupId: string,
): Promise<(Grant & { poolName: string; poolIsDefault: boolean })[]> {
  const { rows } = await sql<GrantsTable & { name: string; is_default: 0 | 1 }>`
    select r.*, p.name, p.is_default from grants r
      join pools p on p.org_id = r.org_id and p.id = r.pool_id
      where r.org_id = ${organisationId} and r.subject_kind = 'group' and r.subject_id = ${groupId}
      order by p.is_default desc, p.name_folded, r.role`.execute(db)
  return rows.map((row) => ({
    ...toGrant(row),
    poolName: row.name,
    poolIsDefault: row.is_default === 1,
  }))
}

/** The first of its direct members by id. */
export async function memberIds(
  db: Db,
  organisationId: string,
  groupId: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('user_id')
    .where('org_id', '=', organisationId)
    .where('group_id', '=', groupId)
    .orderBy('user_id')
    .limit(limit)
    .execute()
  return rows.map(({ user_id }) => user_id)
}

const setOf = statement<{ org: string; user: string }, { id: string; members_set: number }>(
  (db, { org, user }) =>
    db
      .selectFrom('group_members as member')
      .innerJoin('groups', (on) =>
        on.onRef('groups.org_id', '=', 'member.org_id').onRef('groups.id', '=', 'member.group_id'),
      )
      .select(['groups.id', 'groups.members_set'])
      .where('member.org_id', '=', org)
      .where('member.user_id', '=', user),
)

/** How often the members of each group of this person were set whole. */
export async function timesSet(db: Db, org: string, user: string): Promise<Map<string, number>> {
  const rows = await setOf(db, { org, user })
  return new Map(rows.map(({ id, members_set }) => [id, members_set]))
}

/** Of the groups that somebody left, those whose members nobody has set whole since. */
export async function unsetSince<One extends { id: string; timesSet?: number }>(
  db: Db,
  organisationId: string,
  left: One[],
): Promise<One[]> {
  if (left.length === 0) return []
  const ids = left.map(({ id }) => id)
  const rows = await db
    .selectFrom('groups')
    .select(['id', 'members_set'])
    .where('org_id', '=', organisationId)
    .where(among(db, 'id', listed(db, ids)))
    .execute()
  const now = new Map(rows.map(({ id, members_set }) => [id, members_set]))
  return left.filter(({ id, timesSet: then = 0 }) => now.get(id) === then)
}

/** Notes that its members changed; false when it has been deleted meanwhile. */
export async function touch(
  db: Db,
  organisationId: string,
  id: string,
  at: number,
): Promise<boolean> {
  const row = await db
    .updateTable('groups')
    .set({ updated_at: at, version: sql`version + 1` })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Notes in the groups of the identity provider that somebody is in them, or is about to be no more (SC-32). */
export async function touchOf(
  db: Db,
  organisationId: string,
  userId: string,
  at: number,
): Promise<void> {
  await touchManaged(
    db,
    organisationId,
    sql`select group_id from group_members where org_id = ${organisationId} and user_id = ${userId}`,
    at,
  )
}

/** In the order of their ids, so that two who touch several never wait for each other. */
async function touchManaged(
  db: Db,
  organisationId: string,
  ids: RawBuilder<unknown>,
  at: number,
): Promise<void> {
  const managed = sql`select id from groups where org_id = ${organisationId}
    and managed_by || '' = 'scim' and id in (${ids}) order by id
    ${isSqlite(db) ? sql`` : sql`for update`}`
  await sql`update groups set updated_at = ${at}, version = version + 1
    where org_id = ${organisationId} and id in (${managed})`.execute(db)
}

/**
 * Takes a group away with all that it gave. What follows from it ends at once; the memberships of
 * more people than one step clears lead nowhere then, and `clearLeftovers` removes them.
 */
export async function remove(
  db: Db,
  organisationId: string,
  id: string,
  at: number,
): Promise<void> {
  const inOrganisation = sql<boolean>`org_id = ${organisationId}`
  if (!isSqlite(db)) {
    // Whoever adds a member meanwhile finds the group gone when they note it in its row.
    await sql`select id from groups where ${inOrganisation} and id = ${id} for update`.execute(db)
  }
  const above = sql`select group_id from nested_groups where ${inOrganisation} and child_id = ${id}`
  await touchManaged(db, organisationId, above, at)
  await db
    .deleteFrom('nested_groups')
    .where(inOrganisation)
    .where((where) => where.or([where('group_id', '=', id), where('child_id', '=', id)]))
    .execute()
  await db
    .deleteFrom('grants')
    .where(inOrganisation)
    .where('subject_kind', '=', 'group')
    .where('subject_id', '=', id)
    .execute()
  await db.deleteFrom('groups').where(inOrganisation).where('id', '=', id).execute()
  if (await clearStep(db, { org_id: organisationId, kind: 'group', id })) {
    await noteLeftover(db, { org_id: organisationId, kind: 'group', id })
  }
}

type Leftover = { org_id: string; kind: 'group' | 'pool'; id: string }

const clearedAtOnce = 1_000

export async function noteLeftover(db: Db, leftover: Leftover): Promise<void> {
  await db.insertInto('leftovers').values(leftover).execute()
}

/** One bounded step of clearing what a group or pool left behind. @returns true when more may be there. */
export async function clearStep(db: Db, { org_id, kind, id }: Leftover): Promise<boolean> {
  const limit = sql.lit(clearedAtOnce)
  const { rows } =
    kind === 'group'
      ? await sql`delete from group_members where org_id = ${org_id} and group_id = ${id}
          and user_id in (select user_id from group_members where org_id = ${org_id}
            and group_id = ${id} limit ${limit}) returning 1 as one`.execute(db)
      : await sql`delete from grants where org_id = ${org_id}
          and id in (select id from grants where org_id = ${org_id} and pool_id = ${id}
            limit ${limit}) returning 1 as one`.execute(db)
  return rows.length === clearedAtOnce
}

/** Clears one step of what deleted groups and pools left. @returns true when more may be there. */
export async function clearLeftovers(db: Db, organisationId: string): Promise<boolean> {
  const leftover = await db
    .selectFrom('leftovers')
    .selectAll()
    .where('org_id', '=', organisationId)
    .limit(1)
    .executeTakeFirst()
  if (!leftover) return false
  if (await clearStep(db, leftover)) return true
  await db
    .deleteFrom('leftovers')
    .where('org_id', '=', organisationId)
    .where('kind', '=', leftover.kind)
    .where('id', '=', leftover.id)
    .execute()
  return true
}
