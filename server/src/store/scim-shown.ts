import { type RawBuilder, sql } from 'kysely'
import type { ResourcePage, ResourceQuery } from '../model/scim.ts'
import type { User } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import { readPage } from './scim-page.ts'
import {
  among,
  type BelongingRow,
  belong,
  compilable,
  listed,
  managedGroup,
  type ScimPerson,
  selectBelongings,
} from './scim-people.ts'
import { statement } from './statement.ts'
import type { UsersTable } from './tables.ts'
import { together } from './together.ts'
import { countKey } from './users.ts'

/** What an answer tells of a person: few columns, and what the identity provider sent as its text. */
export type ShownPerson = Pick<ScimPerson, 'roles' | 'groups'> & {
  user: Pick<
    User,
    | 'id'
    | 'email'
    | 'firstName'
    | 'lastName'
    | 'status'
    | 'managedBy'
    | 'userName'
    | 'externalId'
    | 'activeAssigned'
    | 'createdAt'
    | 'updatedAt'
    | 'version'
  >
  /** JSON; undefined for somebody whom it never sent. */
  sent: string | undefined
}

type Row = Pick<
  UsersTable,
  | 'id'
  | 'email'
  | 'first_name'
  | 'last_name'
  | 'status'
  | 'managed_by'
  | 'user_name'
  | 'external_id'
  | 'active_assigned'
  | 'created_at'
  | 'updated_at'
  | 'version'
> & { sent: string | null }

const shownColumns = sql`r.id, r.email, r.first_name, r.last_name, r.status, r.managed_by,
  r.user_name, r.external_id, r.active_assigned, r.created_at, r.updated_at, r.version, a.sent`

const select = (db: Db, org: string, which: RawBuilder<unknown>) =>
  compilable(
    db,
    sql<Row>`select ${shownColumns}
      from users r left join scim_attributes a on a.org_id = r.org_id and a.user_id = r.id
      where r.org_id = ${org} and ${which}`,
  )

const byId = statement<{ org: string; id: string }, Row>((db, { org, id }) =>
  select(db, org, sql`r.id = ${id}`),
)
const byUserName = statement<{ org: string; name: string }, Row>((db, { org, name }) =>
  select(db, org, sql`r.user_name_folded = ${name}`),
)

/** With their roles and the ids of their groups in one text each: a page is as many rows as people. */
type PageRow = Row & { roles: string | null; group_ids: string | null }

const selectPage = (db: Db, org: string, which: RawBuilder<unknown>) => {
  const gathered = (column: string) =>
    isSqlite(db)
      ? sql`group_concat(${sql.ref(column)}, ' ')`
      : sql`string_agg(${sql.ref(column)}, ' ')`
  return compilable(
    db,
    sql<PageRow>`select ${shownColumns},
      (select ${gathered('u.role')} from user_roles u
        where u.org_id = r.org_id and u.user_id = r.id) as roles,
      (select ${gathered('m.group_id')} from group_members m
        where m.org_id = r.org_id and m.user_id = r.id) as group_ids
      from users r left join scim_attributes a on a.org_id = r.org_id and a.user_id = r.id
      where r.org_id = ${org} and ${which}`,
  )
}

const byIds = statement<{ org: string; ids: unknown }, PageRow>((db, { org, ids }) =>
  selectPage(db, org, among(db, 'r.id', ids)),
)
/** PostgreSQL takes a limit that it does not know for a tenth of the table. */
const pageSizes = [10, 100, 200] as const
const managedAfter = pageSizes.map((size) => ({
  size,
  read: statement<{ org: string; id: string }, PageRow>((db, { org, id }) =>
    selectPage(
      db,
      org,
      sql`r.managed_by = 'scim' and r.id > ${id} order by r.id limit ${sql.lit(size + 1)}`,
    ),
  ),
}))

type GroupAbove = { below: string; id: string; name: string; inherited: number }

/** These groups, and beside each those it is in; of the identity provider's alone. */
const groupsAbove = statement<{ org: string; ids: unknown }, GroupAbove>((db, { org, ids }) =>
  compilable(
    db,
    sql<GroupAbove>`with recursive above(below, id) as (
        select child_id, group_id from nested_groups
          where org_id = ${org} and ${among(db, 'child_id', ids)}
        union
        select x.below, n.group_id from above x
          join nested_groups n on n.org_id = ${org} and n.child_id = x.id)
      select id as below, id, name, 0 as inherited from groups
        where org_id = ${org} and ${among(db, 'id', ids)} and managed_by || '' = 'scim'
      union all
      select above.below, g.id, g.name, 1 from above cross join ${managedGroup(db, org, 'above.id')}`,
  ),
)

const belongingsOfOne = statement<{ org: string; id: string }, BelongingRow>((db, { org, id }) =>
  selectBelongings(db, org, (column) => sql<boolean>`${sql.ref(column)} = ${id}`, 'without'),
)
const belongingsByUserName = statement<{ org: string; name: string }, BelongingRow>(
  (db, { org, name }) =>
    selectBelongings(
      db,
      org,
      (column) => sql<boolean>`${sql.ref(column)} in (select id from users
        where org_id = ${org} and user_name_folded = ${name})`,
      'without',
    ),
)

function complete(rows: Row[], belongings: BelongingRow[]): ShownPerson[] {
  const people = new Map(rows.map((row) => [row.id, toShown(row)]))
  for (const { user_id, kind, id, name } of belongings) {
    const person = people.get(user_id)
    if (person && kind !== 'sent') belong(person, kind, { id, name: name ?? '' })
  }
  return [...people.values()]
}

/** People of a page; that they are in few different groups is what makes it cheap. */
async function completePage(db: Db, org: string, rows: PageRow[]): Promise<ShownPerson[]> {
  const groupIds = rows.map(({ group_ids }) => group_ids?.split(' ') ?? [])
  const ids = [...new Set(groupIds.flat())]
  const found = ids.length > 0 ? await groupsAbove(db, { org, ids: listed(db, ids) }) : []
  const groups = Map.groupBy(found, ({ below }) => below)
  return rows.map((row, at) => {
    const theirs = (groupIds[at] ?? []).flatMap((id) => groups.get(id) ?? [])
    const person = toShown(row)
    person.roles = row.roles?.split(' ') ?? []
    for (const { id, name, inherited } of theirs.toSorted((a, b) => a.inherited - b.inherited))
      belong(person, inherited ? 'indirect' : 'direct', { id, name })
    return person
  })
}

function toShown(row: Row): ShownPerson {
  return {
    user: {
      id: row.id,
      email: row.email,
      firstName: row.first_name,
      lastName: row.last_name,
      status: row.status,
      managedBy: row.managed_by,
      userName: row.user_name,
      externalId: row.external_id,
      activeAssigned: row.active_assigned === 1,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      version: row.version,
    },
    sent: row.sent ?? undefined,
    roles: [],
    groups: [],
  }
}

/** Somebody who was read with everything, as an answer tells of them. */
export function shownOf({ user, attributes, roles, groups }: ScimPerson): ShownPerson {
  return { user, sent: attributes && JSON.stringify(attributes), roles, groups }
}

export async function find(db: Db, org: string, id: string): Promise<ShownPerson | undefined> {
  const [rows, belongings] = await together(byId(db, { org, id }), belongingsOfOne(db, { org, id }))
  return complete(rows, belongings)[0]
}

/** One page of the people whom the identity provider manages. */
export async function list(
  db: Db,
  org: string,
  query: ResourceQuery,
): Promise<ResourcePage<ShownPerson>> {
  const userName = userNameAlone(query)
  if (userName !== undefined) {
    const found = await managedByUserName(db, org, userName.toLowerCase())
    return { items: found.slice(0, query.count), total: found.length }
  }
  const total = () => counts.read(db, org, managedKeys)
  const start = startInOrder(query)
  const after = managedAfter.find(({ size }) => size >= query.count)
  if (start !== undefined && after) {
    return walk(db, org, {
      rows: after.read(db, { org, id: start }),
      total: total(),
      isFirst: start === '',
      count: query.count,
    })
  }
  return readPage(
    db,
    { organisationId: org, type: 'User', query },
    { total, load: (ids) => inOrder(db, org, ids) },
  )
}

/** The look-up that every identity provider begins with: one key and nothing else. */
function userNameAlone({ filter, from }: ResourceQuery): string | undefined {
  const isFirst = 'skip' in from && from.skip === 0
  if (!isFirst || filter?.kind !== 'compare' || filter.operator !== 'eq') return undefined
  return filter.attribute.path === 'userName' ? String(filter.value) : undefined
}

async function managedByUserName(db: Db, org: string, name: string): Promise<ShownPerson[]> {
  const [rows, belongings] = await together(
    byUserName(db, { org, name }),
    belongingsByUserName(db, { org, name }),
  )
  return complete(rows, belongings).filter(({ user }) => user.managedBy === 'scim')
}

/** After whom a page of everybody in the order of the ids begins; undefined for any other page. */
function startInOrder({ filter, sort, from, count }: ResourceQuery): string | undefined {
  if (filter || sort || count === 0) return undefined
  if ('after' in from) return from.after.id
  return from.skip === 0 ? '' : undefined
}

type Asked = { rows: Promise<PageRow[]>; total: Promise<number>; isFirst: boolean; count: number }

async function walk(db: Db, org: string, asked: Asked): Promise<ResourcePage<ShownPerson>> {
  const [found, all] = await together(asked.rows, asked.total)
  const rows = found.slice(0, asked.count)
  const last = rows.at(-1)
  const hasMore = found.length > rows.length
  return {
    items: await completePage(db, org, rows),
    total: asked.isFirst && !hasMore ? rows.length : all,
    ...(hasMore && last && { next: { value: null, id: last.id } }),
  }
}

const managedKeys = (['active', 'pending', 'deactivated'] as const).map((status) =>
  countKey({ status, managedBy: 'scim' }),
)

async function inOrder(db: Db, org: string, wanted: string[]): Promise<ShownPerson[]> {
  if (wanted.length === 0) return []
  const rows = await byIds(db, { org, ids: listed(db, wanted) })
  const shown = await completePage(db, org, rows)
  const people = new Map(shown.map((person) => [person.user.id, person]))
  return wanted.flatMap((id) => people.get(id) ?? [])
}
