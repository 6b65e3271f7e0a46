import { type RawBuilder, sql } from 'kysely'
import type { ResourcePage, ResourceQuery } from '../model/scim.ts'
import type { User } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import { readPage } from './scim-page.ts'
import {
  type BelongingRow,
  belong,
  managedGroup,
  type ScimPerson,
  selectBelongings,
} from './scim-people.ts'
import { among, compilable, each, gathered, gatheredById, listed, statement } from './statement.ts'
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

const userColumns = sql`r.id, r.email, r.first_name, r.last_name, r.status, r.managed_by,
  r.user_name, r.external_id, r.active_assigned, r.created_at, r.updated_at, r.version`
const shownColumns = sql`${userColumns}, a.sent`

const inOneText = (db: Db, column: string) =>
  isSqlite(db)
    ? sql`group_concat(${sql.ref(column)}, ' ')`
    : sql`string_agg(${sql.ref(column)}, ' ')`
const theirRoles = (db: Db) =>
  sql`(select ${inOneText(db, 'u.role')} from user_roles u
    where u.org_id = r.org_id and u.user_id = r.id)`

/** With roles in one text and groups as JSON; `nests` tells that groups in groups have to be climbed, too. */
type OneRow = Row & { roles: string | null; direct: string | null; nests: number | boolean }

const select = (db: Db, org: string, which: RawBuilder<unknown>) => {
  const listed = isSqlite(db)
    ? sql`json_group_array(json_array(g.id, g.name))`
    : sql`json_agg(json_build_array(g.id, g.name))::text`
  return compilable(
    db,
    sql<OneRow>`select ${shownColumns}, ${theirRoles(db)} as roles,
      (select ${listed} from group_members m cross join ${managedGroup(db, org, 'm.group_id')}
        and m.org_id = ${org} and m.user_id = r.id) as direct,
      exists (select 1 from nested_groups where org_id = ${org}) as nests
      from users r left join scim_attributes a on a.org_id = r.org_id and a.user_id = r.id
      where r.org_id = ${org} and ${which}`,
  )
}

type OfOne = { org: string; id: string }
type OfSome = { org: string; ids: unknown }

const byId = gatheredById(
  statement<OfOne, OneRow>((db, { org, id }) => select(db, org, sql`r.id = ${id}`)),
  statement<OfSome, OneRow>((db, { org, ids }) => select(db, org, among(db, 'r.id', ids))),
  ({ id }) => id,
)

/** Their `id` is a userName, folded. */
const byUserName = gatheredById(
  statement<OfOne, OneRow>((db, { org, id }) => select(db, org, sql`r.user_name_folded = ${id}`)),
  statement<OfSome, OneRow>((db, { org, ids }) =>
    select(db, org, among(db, 'r.user_name_folded', ids)),
  ),
  ({ user_name }) => user_name?.toLowerCase() ?? '',
)

/** With their roles and the ids of their groups in one text each: a page is as many rows as people. */
type PageRow = Row & { roles: string | null; group_ids: string | null }

const page = (db: Db, org: string, which: RawBuilder<unknown>, more = sql``) =>
  sql<PageRow>`select ${shownColumns}, ${theirRoles(db)} as roles,
    (select ${inOneText(db, 'm.group_id')} from group_members m
      where m.org_id = r.org_id and m.user_id = r.id) as group_ids${more}
    from users r left join scim_attributes a on a.org_id = r.org_id and a.user_id = r.id
    where r.org_id = ${org} and ${which}`

const byIds = statement<{ org: string; ids: unknown }, PageRow>((db, { org, ids }) =>
  compilable(db, page(db, org, among(db, 'r.id', ids))),
)

/** Without an id: what belongs to somebody who is not of the page. */
type InRange<Row extends PageRow> = Omit<Row, 'id'> & { id: string | null }

/** How much may lie in the range of a page, for each person who fits into it. */
const inRange = { sent: 2, roles: 4, groups: 20 }

/**
 * What belongs to the people of a page lies in one range of each index, because their ids do. PostgreSQL
 * reads ranges at half the cost of looking up everybody by key. A full join is the one kind of join that
 * it cannot answer by looking up. Others may lie in between, of whom no more than a few are read.
 */
function pageByRange<Row extends PageRow>(
  org: string,
  which: RawBuilder<unknown>,
  atMost: number,
  { before = sql``, more = sql`` } = {},
) {
  const within = (table: string, each: number) =>
    sql`from ${sql.table(table)} where org_id = ${org} and user_id >= (select first from ends)
      and user_id <= (select last from ends) order by user_id limit ${sql.lit(each * atMost)}`
  return sql<InRange<Row>>`with ${before}
    page as materialized (select ${userColumns} from users r where r.org_id = ${org} and ${which}),
    ends as materialized (select min(id) as first, max(id) as last from page)
    select ${shownColumns}, u.roles, m.group_ids${more} from page r
      full join (select user_id, sent ${within('scim_attributes', inRange.sent)}) a on a.user_id = r.id
      full join (select user_id, string_agg(role, ' ') as roles
        from (select user_id, role ${within('user_roles', inRange.roles)}) each_role
        group by user_id) u on u.user_id = r.id
      full join (select user_id, string_agg(group_id, ' ') as group_ids
        from (select user_id, group_id ${within('group_members', inRange.groups)}) each_group
        group by user_id) m on m.user_id = r.id`
}

/** @returns undefined where more lay in the range than was read. */
function wholePage<Row extends PageRow>(found: InRange<Row>[], atMost: number): Row[] | undefined {
  const words = (text: string | null) => (text === null ? 0 : text.split(' ').length)
  const sum = (count: (row: InRange<Row>) => number) =>
    found.reduce((all, row) => all + count(row), 0) / atMost
  const isCut =
    sum(({ sent }) => (sent === null ? 0 : 1)) >= inRange.sent ||
    sum(({ roles }) => words(roles)) >= inRange.roles ||
    sum(({ group_ids }) => words(group_ids)) >= inRange.groups
  if (isCut) return undefined
  const rows = found.filter((row): row is Row & InRange<Row> => row.id !== null)
  return rows.sort((one, other) => (one.id < other.id ? -1 : 1))
}

type Passing = { org: string; skip: number; wanted: number; keys: unknown }
type PassingRow = PageRow & { total: number }

/** PostgreSQL takes a limit that it does not know for a tenth of the table. */
const pageSizes = [10, 100, 200] as const
const managedPages = pageSizes.map((size) => {
  const atMost = sql`limit ${sql.lit(size + 1)}`
  const inOrder = (id: string) =>
    sql`r.managed_by = 'scim' and r.id > ${id} order by r.id ${atMost}`
  const after = {
    oneByOne: gathered(
      statement<OfOne, PageRow>((db, { org, id }) => compilable(db, page(db, org, inOrder(id)))),
    ),
    byRange: gathered(
      statement<OfOne, InRange<PageRow>>((db, { org, id }) =>
        compilable(db, pageByRange(org, inOrder(id), size + 1)),
      ),
    ),
  }
  const behind = {
    oneByOne: gathered(
      statement<Passing, PassingRow>((db, values) => {
        const { place, which, total } = passing(db, values, atMost)
        return compilable(
          db,
          sql<PassingRow>`with ${place} ${page(db, values.org, which, sql`, ${total}`)}`,
        )
      }),
    ),
    byRange: gathered(
      statement<Passing, InRange<PassingRow>>((db, values) => {
        const { place, which, total } = passing(db, values, atMost)
        const around = { before: sql`${place},`, more: sql`, ${total}` }
        return compilable(db, pageByRange(values.org, which, size + 1, around))
      }),
    ),
  }
  return {
    size,
    async after(db: Db, values: OfOne): Promise<PageRow[]> {
      const whole = isSqlite(db) ? undefined : wholePage(await after.byRange(db, values), size + 1)
      return whole ?? after.oneByOne(db, values)
    },
    async behind(db: Db, values: Passing): Promise<PassingRow[]> {
      const whole = isSqlite(db) ? undefined : wholePage(await behind.byRange(db, values), size + 1)
      return whole ?? behind.oneByOne(db, values)
    },
  }
})

/**
 * The parts of a page behind so many others, in one statement with the total. Whom it passes over is
 * passed over in the index, from whichever end is nearer, and nothing of theirs is read.
 */
function passing(db: Db, { org, skip, wanted, keys }: Passing, atMost: RawBuilder<unknown>) {
  const [least, greatest] = (isSqlite(db) ? ['min', 'max'] : ['least', 'greatest']).map(sql.raw)
  const number = (value: number) => (isSqlite(db) ? sql`${value}` : sql`${value}::bigint`)
  const over = number(skip)
  const ids = (order: 'asc' | 'desc', limit: string, offset: RawBuilder<unknown>) =>
    sql`select id from (select id from users where org_id = ${org} and managed_by = 'scim'
        order by id ${sql.raw(order)} limit (select ${sql.raw(limit)} from place) offset ${offset}) one_end`
  const [fromStart, fromEnd] = [
    ids('asc', 'from_start', over),
    ids('desc', 'from_end', sql`(select behind from place)`),
  ]
  return {
    which: sql`r.id in (select id from (${fromStart} union all ${fromEnd}) either_end ${atMost})
      order by r.id`,
    total: sql`(select total from place) as total`,
    place: sql`counted as materialized (select cast(coalesce(total, 0) as bigint) as total
        from (${counts.summed(db, org, keys)}) c),
      there as materialized (select total,
        ${least}(${number(wanted)}, ${greatest}(total - ${over}, 0)) as found,
        ${greatest}(total - ${over} - ${number(wanted)}, 0) as behind from counted),
      place as materialized (select total, behind,
        case when behind < ${over} then found else 0 end as from_end,
        case when behind < ${over} then 0 else found end as from_start from there)`,
  }
}

type GroupAbove = { below: string; id: string; name: string; inherited: number }

/**
 * These groups, and beside each those it is in; of the identity provider's alone. As a condition, their
 * ids would be compared with every group.
 */
const groupsAbove = statement<{ org: string; ids: unknown }, GroupAbove>((db, { org, ids }) =>
  compilable(
    db,
    sql<GroupAbove>`with recursive above(below, id) as (
        select child_id, group_id from nested_groups
          where org_id = ${org} and ${among(db, 'child_id', ids)}
        union
        select x.below, n.group_id from above x
          join nested_groups n on n.org_id = ${org} and n.child_id = x.id)
      select t.id as below, g.id, g.name, 0 as inherited
        from ${each(db, ids)} cross join ${managedGroup(db, org, 't.id')}
      union all
      select above.below, g.id, g.name, 1 from above cross join ${managedGroup(db, org, 'above.id')}`,
  ),
)

const belongingsOf = statement<OfSome, BelongingRow>((db, { org, ids }) =>
  selectBelongings(db, org, (column) => among(db, column, ids), 'without'),
)

async function complete(db: Db, org: string, rows: OneRow[]): Promise<ShownPerson[]> {
  const people = rows.map(toShown)
  const ids = listed(
    db,
    rows.flatMap(({ nests, id }) => (nests ? [id] : [])),
  )
  const inNests = rows.some(({ nests }) => nests) ? await belongingsOf(db, { org, ids }) : []
  for (const [at, person] of people.entries()) {
    const row = rows[at] as OneRow
    if (!row.nests) {
      person.roles = row.roles?.split(' ') ?? []
      const direct = JSON.parse(row.direct ?? '[]') as [id: string, name: string][]
      for (const [id, name] of direct) belong(person, 'direct', { id, name })
    }
    for (const { user_id, kind, id, name } of inNests)
      if (user_id === row.id && kind !== 'sent') belong(person, kind, { id, name: name ?? '' })
  }
  return people
}

/** People of a page; that they are in few different groups is what makes it cheap. */
async function completePage(db: Db, org: string, rows: PageRow[]): Promise<ShownPerson[]> {
  const groupIds = rows.map(({ group_ids }) => group_ids?.split(' ') ?? [])
  const ids = [...new Set(groupIds.flat())]
  const found = ids.length > 0 ? await groupsAbove(db, { org, ids: listed(db, ids) }) : []
  const all = found.map((row) => ({ ...row, inherited: row.inherited === 1 }))
  const belongings = Map.groupBy(all, ({ below }) => below)
  const nests = all.some(({ inherited }) => inherited)
  return rows.map((row, at) => {
    const person = toShown(row)
    person.roles = row.roles?.split(' ') ?? []
    const theirs = (groupIds[at] ?? []).flatMap((id) => belongings.get(id) ?? [])
    // Without nesting they are as they stand, and people share them.
    if (!nests) person.groups = theirs
    else
      for (const one of theirs.toSorted((a, b) => Number(a.inherited) - Number(b.inherited)))
        belong(person, one.inherited ? 'indirect' : 'direct', one)
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
  const [person] = await complete(db, org, await byId(db, { org, id }))
  return person
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
  const pages = managedPages.find(({ size }) => size >= query.count)
  if (start !== undefined && pages) {
    return walk(db, org, {
      rows: pages.after(db, { org, id: start }),
      total: total(),
      isFirst: start === '',
      count: query.count,
    })
  }
  const skip = skippedInOrder(query)
  if (skip !== undefined && pages) return passOver(db, org, pages, { skip, count: query.count })
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
  const found = await complete(db, org, await byUserName(db, { org, id: name }))
  return found.filter(({ user }) => user.managedBy === 'scim')
}

/** After whom a page of everybody in the order of the ids begins; undefined for any other page. */
function startInOrder({ filter, sort, from, count }: ResourceQuery): string | undefined {
  if (filter || sort || count === 0) return undefined
  if ('after' in from) return from.after.id
  return from.skip === 0 ? '' : undefined
}

/** How many a page of everybody in the order of the ids passes over; undefined for any other page. */
function skippedInOrder({ filter, sort, from, count }: ResourceQuery): number | undefined {
  if (filter || sort || count === 0 || !('skip' in from)) return undefined
  return from.skip
}

async function passOver(
  db: Db,
  org: string,
  { behind }: (typeof managedPages)[number],
  { skip, count }: { skip: number; count: number },
): Promise<ResourcePage<ShownPerson>> {
  const keys = listed(db, managedKeys)
  const found = await behind(db, { org, skip, wanted: count + 1, keys })
  const rows = found.slice(0, count)
  const last = rows.at(-1)
  const total = found[0] ? Number(found[0].total) : await counts.read(db, org, managedKeys)
  return {
    items: await completePage(db, org, rows),
    total,
    ...(found.length > count && last && { next: { value: null, id: last.id } }),
  }
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
