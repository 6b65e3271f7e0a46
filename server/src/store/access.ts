import { type RawBuilder, sql } from 'kysely'
import type { Provenance } from '../model/user.ts'
import { type Db, isSqlite } from './dialect.ts'
import { flag } from './organisations.ts'
import { among, compilable, gatheredById, statement } from './statement.ts'
import type { Flag, GroupsTable, PoolsTable, ProvenanceColumns } from './tables.ts'

export type Named = {
  id: string
  name: string
  isDefault: boolean
  createdAt: number
  version: number
  /** Of groups; pools are always the portal's. */
  managedBy: 'portal' | 'scim'
  adoptable: boolean
}
export type Grant = {
  id: string
  subjectKind: 'group' | 'user'
  subjectId: string
  poolId: string
  role: string
  provenance: Provenance
}

/** Returns false when the name, without regard to case, is taken (RB-14). */
export async function insertNamed(
  db: Db,
  table: 'groups' | 'pools',
  organisationId: string,
  { id, name, isDefault, createdAt }: Pick<Named, 'id' | 'name' | 'isDefault' | 'createdAt'>,
): Promise<boolean> {
  const ofGroup = { managed_by: 'portal', adoptable: 0, members_set: 0 } as const
  const row = await db
    .insertInto(table as 'groups')
    .values({
      org_id: organisationId,
      id,
      name,
      name_folded: foldName(name),
      is_default: flag(isDefault),
      created_at: createdAt,
      updated_at: createdAt,
      version: 1,
      ...((table === 'groups' ? ofGroup : {}) as typeof ofGroup),
    })
    .onConflict((conflict) => conflict.columns(['org_id', 'name_folded']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Names of groups and pools compare without regard to case (RB-14). */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase()
}

export function toNamed(row: PoolsTable | GroupsTable): Named {
  const isGroup = 'managed_by' in row
  return {
    id: row.id,
    name: row.name,
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
    version: row.version,
    managedBy: isGroup ? row.managed_by : 'portal',
    adoptable: isGroup && row.adoptable === 1,
  }
}

export async function findNamed(
  db: Db,
  table: 'groups' | 'pools',
  organisationId: string,
  id: string,
): Promise<Named | undefined> {
  const row = await db
    .selectFrom(table)
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toNamed(row)
}

/** The one of this name, without regard to case (RB-14). */
export async function findByName(
  db: Db,
  table: 'groups' | 'pools',
  organisationId: string,
  name: string,
): Promise<Named | undefined> {
  const row = await db
    .selectFrom(table)
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('name_folded', '=', foldName(name))
    .executeTakeFirst()
  return row && toNamed(row)
}

/** Gives it this name and a new version. */
export async function changeNamed(
  db: Db,
  table: 'groups' | 'pools',
  organisationId: string,
  id: string,
  { name, at }: { name: string; at: number },
): Promise<void> {
  await db
    .updateTable(table)
    .set({ name, name_folded: foldName(name), updated_at: at, version: sql`version + 1` })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

export async function setAdoptable(
  db: Db,
  organisationId: string,
  id: string,
  adoptable: boolean,
): Promise<void> {
  await db
    .updateTable('groups')
    .set({ adoptable: flag(adoptable) })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

export async function addPoolRole(
  db: Db,
  organisationId: string,
  poolId: string,
  role: string,
): Promise<boolean> {
  const row = await db
    .insertInto('pool_roles')
    .values({ org_id: organisationId, pool_id: poolId, role })
    .onConflict((conflict) => conflict.doNothing())
    .returning('role')
    .executeTakeFirst()
  return row !== undefined
}

export async function removePoolRole(
  db: Db,
  organisationId: string,
  poolId: string,
  role: string,
): Promise<void> {
  await db
    .deleteFrom('pool_roles')
    .where('org_id', '=', organisationId)
    .where('pool_id', '=', poolId)
    .where('role', '=', role)
    .execute()
}

/** The roles associated with each of these pools (RB-9). */
export async function poolRoles(
  db: Db,
  organisationId: string,
  poolIds: string[],
): Promise<Map<string, string[]>> {
  const byPool = new Map<string, string[]>(poolIds.map((id) => [id, []]))
  if (poolIds.length === 0) return byPool
  const rows = await db
    .selectFrom('pool_roles')
    .select(['pool_id', 'role'])
    .where('org_id', '=', organisationId)
    .where('pool_id', 'in', poolIds)
    .orderBy('role')
    .execute()
  for (const { pool_id, role } of rows) byPool.get(pool_id)?.push(role)
  return byPool
}

/** Returns false when the person is a member already. */
export async function addMember(
  db: Db,
  organisationId: string,
  groupId: string,
  userId: string,
  provenance: Provenance,
): Promise<boolean> {
  const row = await db
    .insertInto('group_members')
    .values({
      org_id: organisationId,
      group_id: groupId,
      user_id: userId,
      ...provenanceColumns(provenance),
    })
    .onConflict((conflict) => conflict.columns(['org_id', 'group_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}

export async function removeMember(
  db: Db,
  organisationId: string,
  groupId: string,
  userId: string,
): Promise<boolean> {
  const row = await db
    .deleteFrom('group_members')
    .where('org_id', '=', organisationId)
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}

export type Membership = Named & {
  userId: string
  provenance: Provenance
  /** Through a group that is in this one (SC-39). */
  inherited: boolean
  /** Names of the groups by which somebody inherits it; empty for a direct member. */
  via: string[]
}

type MembershipRow = ProvenanceColumns & {
  group_id: string
  user_id: string
  name: string
  is_default: Flag
  created_at: number
  managed_by: 'portal' | 'scim'
  adoptable: Flag
  version: number
  inherited: Flag
  via: string | null
}

/** The groups of these people, with those that their groups are in. */
export async function memberships(
  db: Db,
  organisationId: string,
  userIds: string[],
): Promise<Membership[]> {
  if (userIds.length === 0) return []
  const nobody = isSqlite(db) ? sql`null` : sql`null::text collate "C"`
  const told = sql.raw('provenance, x.actor, x.actor_id, x.rule, x.request_id, x.at')
  const { rows } = await sql<MembershipRow>`with recursive
    reached(user_id, group_id, inherited, via, provenance, actor, actor_id, rule, request_id, at) as (
      select x.user_id, x.group_id, 0, ${nobody}, x.${told} from group_members x
        where x.org_id = ${organisationId} and x.user_id in (${sql.join(userIds)})
      union
      select x.user_id, n.group_id, 1, coalesce(x.via, x.group_id), x.${told} from reached x join nested_groups n
        on n.org_id = ${organisationId} and n.child_id = x.group_id)
    select reached.*, d.name as via, g.name, g.is_default, g.created_at, g.version, g.managed_by,
        g.adoptable
      from reached left join groups d on d.org_id = ${organisationId} and d.id = reached.via
      join groups g on g.org_id = ${organisationId} and g.id = reached.group_id
      order by reached.inherited, g.is_default desc, g.name_folded`.execute(db)
  const found = new Map<string, Membership>()
  for (const row of rows) {
    const key = `${row.user_id} ${row.group_id}`
    const known = found.get(key)
    if (!known) found.set(key, toMembership(row))
    else if (known.inherited && row.via) known.via.push(row.via)
  }
  return [...found.values()]
}

function toMembership(row: MembershipRow): Membership {
  return {
    id: row.group_id,
    name: row.name,
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
    version: row.version,
    managedBy: row.managed_by,
    adoptable: row.adoptable === 1,
    userId: row.user_id,
    provenance: toProvenance(row),
    inherited: row.inherited === 1,
    via: row.via ? [row.via] : [],
  }
}

export type Nesting = { childId: string; id: string; name: string; provenance: Provenance }

/** Every edge from these groups to those that they are in, and so on upwards (SC-39). */
export async function nestingsAbove(
  db: Db,
  organisationId: string,
  groupIds: string[],
): Promise<Nesting[]> {
  if (groupIds.length === 0) return []
  const { rows } = await sql<
    ProvenanceColumns & { child_id: string; group_id: string; name: string }
  >`with recursive reached(id) as (
      select id from groups where org_id = ${organisationId} and id in (${sql.join(groupIds)})
      union
      select n.group_id from reached x join nested_groups n
        on n.org_id = ${organisationId} and n.child_id = x.id)
    select n.*, g.name from reached x
      join nested_groups n on n.org_id = ${organisationId} and n.child_id = x.id
      join groups g on g.org_id = ${organisationId} and g.id = n.group_id
      order by g.name_folded, n.child_id`.execute(db)
  return rows.map((row) => ({
    childId: row.child_id,
    id: row.group_id,
    name: row.name,
    provenance: toProvenance(row),
  }))
}

/** Of these, those whose group or pool exists. */
export async function stillThere<One extends { id: string }>(
  db: Db,
  table: 'groups' | 'pools',
  organisationId: string,
  wanted: One[],
): Promise<One[]> {
  if (wanted.length === 0) return []
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where('org_id', '=', organisationId)
    .where(
      'id',
      'in',
      wanted.map(({ id }) => id),
    )
    .execute()
  const known = new Set(rows.map(({ id }) => id))
  return wanted.filter(({ id }) => known.has(id))
}

export async function addGrant(db: Db, organisationId: string, grant: Grant): Promise<boolean> {
  const row = await db
    .insertInto('grants')
    .values({
      org_id: organisationId,
      id: grant.id,
      subject_kind: grant.subjectKind,
      subject_id: grant.subjectId,
      pool_id: grant.poolId,
      role: grant.role,
      expires_at: null,
      ...provenanceColumns(grant.provenance),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'subject_kind', 'subject_id', 'pool_id', 'role', 'provenance'])
        .doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function findGrant(
  db: Db,
  organisationId: string,
  id: string,
): Promise<Grant | undefined> {
  const row = await db
    .selectFrom('grants')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toGrant(row)
}

/** Returns false when it is gone already. */
export async function removeGrant(db: Db, organisationId: string, id: string): Promise<boolean> {
  const row = await db
    .deleteFrom('grants')
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Takes away sessions, links and access for a time; @returns how many of the first and the last. */
export async function endOf(
  db: Db,
  organisationId: string,
  userId: string,
): Promise<{ sessions: number; temporary: number }> {
  const of = { org: organisationId, id: userId }
  if (isSqlite(db)) {
    const ended = { sessions: 0, links: 0, sign_in_tickets: 0, api_keys: 0, grants: 0 }
    const [there] = await held(db, of)
    for (const table of leavings)
      if (there?.[table]) ended[table] = (await endEach[table](db, of)).length
    return { sessions: ended.sessions, temporary: ended.grants }
  }
  const ended = await endAll(db, of)
  const countOf = (what: Ended['what']) => ended.filter((one) => one.what === what).length
  return { sessions: countOf('session'), temporary: countOf('temporary') }
}

type Leaver = { org: string; id: string }
const leavings = ['sessions', 'links', 'sign_in_tickets', 'api_keys', 'grants'] as const
type Leaving = (typeof leavings)[number]
type Ended = { what: 'session' | 'temporary'; user_id: string }
type OfPeople = (column: string) => RawBuilder<boolean>

/** What of a table ends with people. */
function theirs(table: Leaving, org: string, isTheirs: OfPeople) {
  return table === 'grants'
    ? sql`grants where org_id = ${org} and subject_kind = 'user' and ${isTheirs('subject_id')}
        and provenance = 'temporary'`
    : sql`${sql.table(table)} where org_id = ${org} and ${isTheirs('user_id')}`
}

function leaving(table: Leaving, org: string, isTheirs: OfPeople) {
  const owner = sql.ref(table === 'grants' ? 'subject_id' : 'user_id')
  return sql<Pick<Ended, 'user_id'>>`delete from ${theirs(table, org, isTheirs)}
    returning ${owner} as user_id`
}

const isOne = (id: string) => (column: string) => sql<boolean>`${sql.ref(column)} = ${id}`

const endOne = (table: Leaving) =>
  statement<Leaver, Pick<Ended, 'user_id'>>((db, { org, id }) =>
    compilable(db, leaving(table, org, isOne(id))),
  )
const endEach = {
  sessions: endOne('sessions'),
  links: endOne('links'),
  sign_in_tickets: endOne('sign_in_tickets'),
  api_keys: endOne('api_keys'),
  grants: endOne('grants'),
}

/** Most who leave hold nothing of most of these, and on SQLite five deletions cost more than one look. */
const held = statement<Leaver, Record<Leaving, number>>((db, { org, id }) => {
  const columns = leavings.map(
    (table) => sql`exists (select 1 from ${theirs(table, org, isOne(id))}) as ${sql.ref(table)}`,
  )
  return compilable(db, sql<Record<Leaving, number>>`select ${sql.join(columns)}`)
})

function ending(db: Db, org: string, isTheirs: OfPeople) {
  const from = (table: Leaving) => leaving(table, org, isTheirs)
  return compilable(
    db,
    sql<Ended>`with ended as (${from('sessions')}), unlinked as (${from('links')}),
      turned_away as (${from('sign_in_tickets')}), keyless as (${from('api_keys')}),
      over as (${from('grants')})
      select 'session' as what, user_id from ended
      union all select 'temporary', user_id from over`,
  )
}

const endAll = gatheredById(
  statement<Leaver, Ended>((db, { org, id }) => ending(db, org, isOne(id))),
  statement<{ org: string; ids: unknown }, Ended>((db, { org, ids }) =>
    ending(db, org, (column) => among(db, column, ids)),
  ),
  ({ user_id }) => user_id,
)

/** Every grant that reaches these subjects now, on one pool when it is named. */
export async function grantsFor(
  db: Db,
  organisationId: string,
  subjects: { groupIds: string[]; userIds: string[]; poolId?: string },
  now: number,
): Promise<Grant[]> {
  const { poolId } = subjects
  let query = db
    .selectFrom('grants')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where((where) =>
      where.or([
        where.and([
          where('subject_kind', '=', 'user'),
          where('subject_id', 'in', subjects.userIds),
        ]),
        ...(subjects.groupIds.length > 0
          ? [
              where.and([
                where('subject_kind', '=', 'group'),
                where('subject_id', 'in', subjects.groupIds),
              ]),
            ]
          : []),
      ]),
    )
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
  if (poolId !== undefined) query = query.where('pool_id', '=', poolId)
  return (await query.orderBy('id').execute()).map(toGrant)
}

/** The grant on this path: who, where, as what and by which kind of provenance. */
export async function findGrantLike(
  db: Db,
  organisationId: string,
  like: Pick<Grant, 'subjectKind' | 'subjectId' | 'poolId' | 'role' | 'provenance'>,
): Promise<Grant | undefined> {
  const row = await db
    .selectFrom('grants')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('subject_kind', '=', like.subjectKind)
    .where('subject_id', '=', like.subjectId)
    .where('pool_id', '=', like.poolId)
    .where('role', '=', like.role)
    .where('provenance', '=', like.provenance.kind)
    .executeTakeFirst()
  return row && toGrant(row)
}

/** Returns false when the person holds the role already. */
export async function addRole(
  db: Db,
  organisationId: string,
  userId: string,
  role: string,
  provenance: Provenance,
): Promise<boolean> {
  const row = await db
    .insertInto('user_roles')
    .values({ org_id: organisationId, user_id: userId, role, ...provenanceColumns(provenance) })
    .onConflict((conflict) => conflict.columns(['org_id', 'user_id', 'role']).doNothing())
    .returning('role')
    .executeTakeFirst()
  return row !== undefined
}

export async function removeRole(
  db: Db,
  organisationId: string,
  userId: string,
  role: string,
): Promise<void> {
  await db
    .deleteFrom('user_roles')
    .where('org_id', '=', organisationId)
    .where('user_id', '=', userId)
    .where('role', '=', role)
    .execute()
}

export type HeldRole = { userId: string; role: string; provenance: Provenance }

export async function rolesOf(
  db: Db,
  organisationId: string,
  userIds: string[],
): Promise<HeldRole[]> {
  if (userIds.length === 0) return []
  const rows = await db
    .selectFrom('user_roles')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('user_id', 'in', userIds)
    .orderBy('user_id')
    .orderBy('role')
    .execute()
  return rows.map((row) => ({ userId: row.user_id, role: row.role, provenance: toProvenance(row) }))
}

export function toGrant(
  row: {
    id: string
    subject_kind: 'group' | 'user'
    subject_id: string
    pool_id: string
    role: string
  } & ProvenanceColumns,
): Grant {
  return {
    id: row.id,
    subjectKind: row.subject_kind,
    subjectId: row.subject_id,
    poolId: row.pool_id,
    role: row.role,
    provenance: toProvenance(row),
  }
}

export function provenanceColumns(provenance: Provenance): ProvenanceColumns {
  return {
    provenance: provenance.kind,
    actor: provenance.actor,
    actor_id: provenance.actorId,
    rule: provenance.rule,
    request_id: provenance.requestId,
    at: provenance.at,
  }
}

export function toProvenance(row: ProvenanceColumns): Provenance {
  return {
    kind: row.provenance,
    actor: row.actor,
    actorId: row.actor_id,
    rule: row.rule,
    requestId: row.request_id,
    at: row.at,
  }
}
