import { type RawBuilder, sql } from 'kysely'
import type { ResourcePage, ResourceQuery } from '../model/scim.ts'
import type { Provenance } from '../model/user.ts'
import { foldName, provenanceColumns } from './access.ts'
import { type Db, isSqlite } from './dialect.ts'
import { flag } from './organisations.ts'
import { readPage } from './scim-page.ts'
import {
  among,
  compilable,
  each,
  gathered,
  gatheredById,
  listed,
  requireOwnTransaction,
  statement,
} from './statement.ts'
import type { GroupsTable } from './tables.ts'

export type ScimGroup = {
  id: string
  displayName: string
  externalId: string | null
  managedBy: 'portal' | 'scim'
  /** A manager lets the identity provider take it over (SC-35). */
  adoptable: boolean
  isDefault: boolean
  createdAt: number
  updatedAt: number
  version: number
}
export type Member = { id: string; kind: 'User' | 'Group'; display: string }

function toGroup(row: GroupsTable): ScimGroup {
  return {
    id: row.id,
    displayName: row.name,
    externalId: row.external_id,
    managedBy: row.managed_by,
    adoptable: row.adoptable === 1,
    isDefault: row.is_default === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    version: row.version,
  }
}

const select = (db: Db, org: string) =>
  db.selectFrom('groups').selectAll().where('org_id', '=', org)
const byId = gatheredById(
  statement<{ org: string; id: string }, GroupsTable>((db, { org, id }) =>
    select(db, org).where('id', '=', id),
  ),
  statement<{ org: string; ids: unknown }, GroupsTable>((db, { org, ids }) =>
    select(db, org).where(among(db, 'id', ids)),
  ),
  ({ id }) => id,
)

export async function find(
  db: Db,
  organisationId: string,
  id: string,
): Promise<ScimGroup | undefined> {
  const [row] = await byId(db, { org: organisationId, id })
  return row && toGroup(row)
}

/** As `find`, and nobody else changes the group or its members until the transaction ends. */
export async function lock(
  db: Db,
  organisationId: string,
  id: string,
): Promise<ScimGroup | undefined> {
  requireOwnTransaction(db)
  const query = select(db, organisationId).where('id', '=', id)
  const row = await (isSqlite(db) ? query : query.forUpdate()).executeTakeFirst()
  return row && toGroup(row)
}

export async function findByName(
  db: Db,
  organisationId: string,
  name: string,
): Promise<ScimGroup | undefined> {
  const row = await db
    .selectFrom('groups')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('name_folded', '=', foldName(name))
    .executeTakeFirst()
  return row && toGroup(row)
}

/** One page of the groups that the identity provider owns. */
export async function list(
  db: Db,
  organisationId: string,
  query: ResourceQuery,
): Promise<ResourcePage<ScimGroup>> {
  return readPage(
    db,
    { organisationId, type: 'Group', query },
    {
      total: () => count(db, organisationId),
      load: (ids) => byIds(db, organisationId, ids),
    },
  )
}

async function count(db: Db, organisationId: string): Promise<number> {
  const { found } = await db
    .selectFrom('groups')
    .select((groups) => groups.fn.countAll<number>().as('found'))
    .where('org_id', '=', organisationId)
    .where('managed_by', '=', 'scim')
    .executeTakeFirstOrThrow()
  return Number(found)
}

async function byIds(db: Db, organisationId: string, ids: string[]): Promise<ScimGroup[]> {
  if (ids.length === 0) return []
  const rows = await select(db, organisationId)
    .where(among(db, 'id', listed(db, ids)))
    .execute()
  const groups = new Map(rows.map((row) => [row.id, toGroup(row)]))
  return ids.flatMap((id) => groups.get(id) ?? [])
}

type MemberRow = { group_id: string; id: string; kind: 'User' | 'Group'; display: string }

const membersOf = statement<{ org: string; ids: unknown }, MemberRow>((db, { org, ids }) => ({
  compile: () =>
    sql<MemberRow>`select m.group_id, m.user_id as id, 'User' as kind,
        (select coalesce(u.user_name, u.email) from users u
          where u.org_id = m.org_id and u.id = m.user_id) as display
      from group_members m where m.org_id = ${org} and ${among(db, 'm.group_id', ids)}
    union all
    select n.group_id, n.child_id, 'Group',
        (select g.name from groups g where g.org_id = n.org_id and g.id = n.child_id)
      from nested_groups n where n.org_id = ${org} and ${among(db, 'n.group_id', ids)}`.compile(db),
}))

/** The direct members of each of these groups, people first. */
export async function members(
  db: Db,
  organisationId: string,
  groupIds: string[],
): Promise<Map<string, Member[]>> {
  const found = new Map<string, Member[]>(groupIds.map((id) => [id, []]))
  if (groupIds.length === 0) return found
  const ids = listed(db, groupIds)
  for (const { group_id, ...member } of await membersOf(db, { org: organisationId, ids }))
    found.get(group_id)?.push(member)
  return found
}

export async function insert(
  db: Db,
  organisationId: string,
  group: Pick<ScimGroup, 'id' | 'displayName' | 'externalId' | 'createdAt'>,
): Promise<void> {
  await db
    .insertInto('groups')
    .values({
      org_id: organisationId,
      id: group.id,
      name: group.displayName,
      name_folded: foldName(group.displayName),
      is_default: 0,
      created_at: group.createdAt,
      external_id: group.externalId,
      managed_by: 'scim',
      adoptable: 0,
      members_set: 0,
      updated_at: group.createdAt,
      version: 1,
    })
    .execute()
}

const touchRow = statement<{ org_id: string; id: string; at: number }, GroupsTable>(
  (db, { org_id, id, at }) =>
    db
      .updateTable('groups')
      .set({ updated_at: at, version: sql`version + 1` })
      .where('org_id', '=', org_id)
      .where('id', '=', id)
      .returningAll(),
)

/** Notes that all members were named at once: who is not here now was not among them. */
export async function noteSet(db: Db, organisationId: string, id: string): Promise<void> {
  await db
    .updateTable('groups')
    .set({ members_set: sql`members_set + 1` })
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .execute()
}

/** Notes that the members changed. */
export async function touch(
  db: Db,
  organisationId: string,
  id: string,
  at: number,
): Promise<ScimGroup | undefined> {
  const [row] = await touchRow(db, { org_id: organisationId, id, at })
  return row && toGroup(row)
}

export async function change(
  db: Db,
  organisationId: string,
  group: ScimGroup,
  at: number,
): Promise<ScimGroup> {
  const row = await db
    .updateTable('groups')
    .set({
      name: group.displayName,
      name_folded: foldName(group.displayName),
      external_id: group.externalId,
      managed_by: group.managedBy,
      adoptable: flag(group.adoptable),
      updated_at: at,
      version: sql`version + 1`,
    })
    .where('org_id', '=', organisationId)
    .where('id', '=', group.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return toGroup(row)
}

type Kept = { id: string; label: string }

type Person = Kept & { managed_by: string }

const somePeople = statement<{ org: string; ids: unknown }, Person>((db, { org, ids }) => {
  const people = db
    .selectFrom('users')
    .select(['id', 'email as label', 'managed_by'])
    .where('org_id', '=', org)
    .where(among(db, 'id', ids))
  // Nobody is deleted between this look and the edge that rests on it. All who lock several people
  // do so in the order of their ids.
  return isSqlite(db) ? people : people.orderBy('id').forKeyShare()
})
const peopleAmong = gathered(somePeople, {
  ask: somePeople,
  common: ({ org }) => org,
  pack(calls: { org: string; ids: unknown }[]) {
    const lists = calls.map(({ ids }) => ids as string[])
    return {
      values: { org: calls[0]?.org ?? '', ids: [...new Set(lists.flat())] },
      deal(rows: Person[]) {
        const known = new Map(rows.map((row) => [row.id, row]))
        return lists.map((ids) => ids.flatMap((id) => known.get(id) ?? []))
      },
    }
  },
})

/** Whom these ids name: people, groups, or nobody. */
export async function resolve(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<{ people: Person[]; groups: Kept[]; unknown: string[] }> {
  if (ids.length === 0) return { people: [], groups: [], unknown: [] }
  const people = await peopleAmong(db, { org: organisationId, ids: listed(db, ids) })
  if (people.length === ids.length) return { people, groups: [], unknown: [] }
  const known = new Set(people.map(({ id }) => id))
  const rest = ids.filter((id) => !known.has(id))
  const groups = await db
    .selectFrom('groups')
    .select(['id', 'name as label'])
    .where('org_id', '=', organisationId)
    .where('is_default', '=', 0)
    .where(among(db, 'id', listed(db, rest)))
    .execute()
  const found = new Set(groups.map(({ id }) => id))
  return { people, groups, unknown: rest.filter((id) => !found.has(id)) }
}

type Moving = ReturnType<typeof provenanceColumns> & {
  org: string
  group: string
  add: unknown
  remove: unknown
}
type Edge = { member: string }

const addPeople = statement<Omit<Moving, 'remove'>, Edge>((db, values) =>
  compilable(db, sql<Edge>`${adding(db, values)} returning user_id as member`),
)
const removePeople = statement<Pick<Moving, 'org' | 'group' | 'remove'>, Edge>((db, values) =>
  compilable(db, sql<Edge>`${removing(db, values)} returning user_id as member`),
)

function adding(db: Db, { org, group, add, ...told }: Omit<Moving, 'remove'>) {
  return sql`insert into group_members (org_id, group_id, user_id, provenance, actor, actor_id,
      rule, request_id, at)
    select ${typed(db, org)}, ${typed(db, group)}, t.id, ${typed(db, told.provenance)},
      ${typed(db, told.actor)}, ${typed(db, told.actor_id)}, ${typed(db, told.rule)},
      ${typed(db, told.request_id)}, ${isSqlite(db) ? sql`${told.at}` : sql`${told.at}::bigint`} from ${each(db, add)} where true
    on conflict do nothing`
}

function removing(db: Db, { org, group, remove }: Pick<Moving, 'org' | 'group' | 'remove'>) {
  return sql`delete from group_members where org_id = ${org} and group_id = ${group}
    and ${among(db, 'user_id', remove)}`
}

function typed(db: Db, value: unknown) {
  return isSqlite(db) ? sql`${value}` : sql`${value}::text`
}

type Moved = { kind: 'joined' | 'left' | 'touched'; id: string; touched: GroupsTable | null }

/** Over a network a round trip is what costs: who comes, who goes and that it happened, in one. */
const moving = (
  adds: RawBuilder<unknown>,
  removes: RawBuilder<unknown>,
  { org, group, at, noted, times }: Touching,
) => sql<Moved>`with joined as (${adds} returning user_id),
  gone as (${removes} returning user_id),
  touched as (update groups set updated_at = ${at}::bigint, version = version + ${times}::integer
    where org_id = ${org} and id = ${group} and ${noted}::boolean
    and (exists (select 1 from joined) or exists (select 1 from gone)) returning *)
  select 'joined' as kind, user_id as id, null::jsonb as touched from joined
  union all select 'left', user_id, null from gone
  union all select 'touched', id, to_jsonb(touched) from touched`

type Touching = { org: string; group: string; at: number; noted: boolean; times: number }
type Move = Moving & { noted: boolean }

const movePeople = gathered(
  statement<Move, Moved>((db, { noted, ...values }) => {
    const touching = { ...values, noted, times: 1 }
    return compilable(db, moving(sql`${adding(db, values)}`, removing(db, values), touching))
  }),
  {
    ask: statement<Touching & { edges: string; remove: unknown }, Moved>(
      (db, { edges, ...values }) =>
        compilable(
          db,
          moving(
            sql`insert into group_members
              select * from json_populate_recordset(null::group_members, ${edges}::json)
              on conflict do nothing`,
            removing(db, values),
            values,
          ),
        ),
    ),
    common: ({ org, group, noted }) => `${org} ${group} ${noted}`,
    pack: packMoves,
  },
)

/** Each edge tells who made it; whoever is named by two comes, or goes, by the first of them. */
function packMoves(calls: Move[]) {
  const [{ org, group, noted }] = calls as [Move]
  const edges = calls.flatMap(({ add, remove: _, noted: __, ...told }) =>
    (add as string[]).map((user_id) => ({ ...told, org_id: org, group_id: group, user_id })),
  )
  const remove = [...new Set(calls.flatMap(({ remove }) => remove as string[]))]
  const at = Math.max(...calls.map((call) => call.at))
  return {
    values: { org, group, noted, at, remove, times: calls.length, edges: JSON.stringify(edges) },
    deal(rows: Moved[]) {
      const left = new Map(rows.map((row) => [`${row.kind} ${row.id}`, row]))
      const take = (kind: Moved['kind'], ids: string[]) =>
        ids.flatMap((id) => {
          const row = left.get(`${kind} ${id}`)
          left.delete(`${kind} ${id}`)
          return row ?? []
        })
      const touched = rows.filter(({ kind }) => kind === 'touched')
      return calls.map(({ add, remove }) => {
        const moved = [...take('joined', add as string[]), ...take('left', remove as string[])]
        return moved.length > 0 ? [...moved, ...touched] : []
      })
    },
  }
}

/**
 * Takes people in and out. @returns who was not in it before and who was, and, when that is noted,
 * the group as it is then.
 */
export async function move(
  db: Db,
  organisationId: string,
  groupId: string,
  { add, remove, noted }: { add: string[]; remove: string[]; noted: boolean },
  provenance: Provenance,
): Promise<{ joined: string[]; left: string[]; touched: ScimGroup | undefined }> {
  if (add.length + remove.length === 0) return { joined: [], left: [], touched: undefined }
  const of = { org: organisationId, group: groupId }
  const told = provenanceColumns(provenance)
  const lists = { add: listed(db, add), remove: listed(db, remove) }
  if (isSqlite(db)) {
    const joined = add.length > 0 ? await addPeople(db, { ...of, add: lists.add, ...told }) : []
    const left = remove.length > 0 ? await removePeople(db, { ...of, remove: lists.remove }) : []
    const isNoted = noted && joined.length + left.length > 0
    return {
      joined: joined.map(({ member }) => member),
      left: left.map(({ member }) => member),
      touched: isNoted ? await touch(db, organisationId, groupId, provenance.at) : undefined,
    }
  }
  const rows = await movePeople(db, { ...of, ...lists, ...told, noted })
  const idsOf = (kind: Moved['kind']) => rows.flatMap((row) => (row.kind === kind ? [row.id] : []))
  const touched = rows.find(({ kind }) => kind === 'touched')?.touched
  return {
    joined: idsOf('joined'),
    left: idsOf('left'),
    touched: touched ? toGroup(touched) : undefined,
  }
}

/** Everyone who is in it and not among these. */
export async function others(
  db: Db,
  organisationId: string,
  group: string,
  ids: string[],
): Promise<{ people: string[]; groups: string[] }> {
  const outside = (column: string) => sql<boolean>`not (${among(db, column, listed(db, ids))})`
  const people = await db
    .selectFrom('group_members')
    .select('user_id as id')
    .where('org_id', '=', organisationId)
    .where('group_id', '=', group)
    .where(outside('user_id'))
    .execute()
  const groups = await db
    .selectFrom('nested_groups')
    .select('child_id as id')
    .where('org_id', '=', organisationId)
    .where('group_id', '=', group)
    .where(outside('child_id'))
    .execute()
  return { people: people.map(({ id }) => id), groups: groups.map(({ id }) => id) }
}

export async function addChild(
  db: Db,
  organisationId: string,
  group: string,
  child: string,
  provenance: Provenance,
): Promise<boolean> {
  const row = await db
    .insertInto('nested_groups')
    .values({
      org_id: organisationId,
      group_id: group,
      child_id: child,
      ...provenanceColumns(provenance),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('child_id')
    .executeTakeFirst()
  return row !== undefined
}

export async function removeChildren(
  db: Db,
  organisationId: string,
  group: string,
  children: string[],
): Promise<string[]> {
  if (children.length === 0) return []
  const rows = await db
    .deleteFrom('nested_groups')
    .where('org_id', '=', organisationId)
    .where('group_id', '=', group)
    .where(among(db, 'child_id', listed(db, children)))
    .returning('child_id')
    .execute()
  return rows.map(({ child_id }) => child_id)
}

/** Whether `inner` is in `outer`, directly or through others. */
export async function isInside(
  db: Db,
  organisationId: string,
  inner: string,
  outer: string,
): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`with recursive inside(id) as (
      select child_id from nested_groups where org_id = ${organisationId} and group_id = ${outer}
      union
      select n.child_id from inside x join nested_groups n
        on n.org_id = ${organisationId} and n.group_id = x.id)
    select id from inside where id = ${inner} limit 1`.execute(db)
  return rows.length > 0
}
