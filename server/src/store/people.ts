import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { fold } from '../lib/fold.ts'
import { type ProvisioningSource, sources } from '../model/organisation.ts'
import type { User, UserStatus } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import type { Tables } from './tables.ts'
import { countKey, toUser } from './users.ts'

type SortKey = {
  by: 'name' | 'email' | 'managedBy' | 'createdBy' | 'updatedBy' | 'updatedAt' | 'lastSignIn'
  descending: boolean
}
/** Each field has an index in whose order everybody can be walked; by several, only `gatheredAtMost` are sorted. */
export type PeopleSort = SortKey & { thenBy?: readonly SortKey[] }
export type PeopleFilter = {
  search?: string | undefined
  status?: UserStatus | undefined
  managedBy?: readonly ProvisioningSource[] | undefined
  role?: string | undefined
  /** Members of any of these groups. */
  groupIds?: readonly string[] | undefined
  /** Who reaches this pool now: assigned directly, or through one of these groups. */
  pool?: { id: string; groupIds: readonly string[]; now: number } | undefined
  /** Last sign-in before this time; 0 for never. */
  notSince?: number | undefined
}
export type People = { items: User[]; total: number; totalExact: boolean }

// A filter that finds no more than this is answered from the people it finds; of one that finds more,
// a page is filled quickly by walking the sorted list …
const fewPeople = 2_000
// … unless those it finds stand together at the end of it, as Zoe does by name. After so many of others
// they are gathered and sorted after all, as long as they are no more than this.
const walkedFirst = 4_000
export const gatheredAtMost = 20_000
// Status and source stand in the sort indexes, so that walking is worth it much earlier.
const fewCounted = 2_000

const sortColumns = {
  name: sql<string>`sort_name`,
  email: sql<string>`email_folded`,
  managedBy: sql<string>`managed_by`,
  createdBy: sql<string>`created_by`,
  updatedBy: sql<string>`updated_by`,
  updatedAt: sql<number>`updated_at`,
  lastSignIn: sql<number>`coalesce(last_sign_in_at, 0)`,
}
const statuses: UserStatus[] = ['active', 'pending', 'deactivated']

type Query = SelectQueryBuilder<Tables, 'users', object>

/** One page of people, sorted by one field; its cost does not grow with the directory (DESIGN §3). */
export async function list(
  db: Db,
  organisationId: string,
  wanted: PeopleFilter,
  sort: SortKey,
  page: { page: number; size: number },
): Promise<People> {
  const skip = page.page * page.size
  const filter = folded(wanted)
  const everyone: Query = db.selectFrom('users').where('users.org_id', '=', organisationId)
  const narrowed = narrow(db, organisationId, everyone, filter, 'in the order of the list')

  if (isCounted(filter)) {
    const total = await counts.read(db, organisationId, countKeys(filter))
    if (skip >= total) return { items: [], total, totalExact: true }
    if (total > fewCounted) {
      const items =
        skip * 2 > total
          ? await fromTheEnd(db, organisationId, narrowed, sort, skip, page.size, total)
          : await walk(db, organisationId, narrowed, sort, skip, page.size)
      return { items, total, totalExact: true }
    }
  }
  const few = await find(db, organisationId, filter, sort, fewPeople)
  if (few) return pageOf(few)
  const near = await walkABit(db, organisationId, filter, sort, skip, page.size)
  if (near.length === page.size) return { items: near, total: fewPeople, totalExact: false }
  const gathered = await find(db, organisationId, filter, sort, gatheredAtMost)
  if (gathered) return pageOf(gathered)
  const items = await walk(db, organisationId, narrowed, sort, skip, page.size)
  return { items, total: fewPeople, totalExact: false }

  async function pageOf(found: string[]): Promise<People> {
    const ids = found.slice(skip, skip + page.size)
    return {
      items: await byIds(db, organisationId, ids, sort),
      total: found.length,
      totalExact: true,
    }
  }
}

/** One page of people, sorted by several fields; undefined when more than `gatheredAtMost` would be. */
export async function listGathered(
  db: Db,
  organisationId: string,
  wanted: PeopleFilter,
  sort: PeopleSort,
  { page, size }: { page: number; size: number },
): Promise<People | undefined> {
  const found = await findFew(db, organisationId, wanted, sort)
  if (!found) return undefined
  const ids = found.slice(page * size, (page + 1) * size)
  const items = await byIds(db, organisationId, ids, sort)
  return { items, total: found.length, totalExact: true }
}

/** Status and source are counted as people change, so that their totals are exact at any size. */
function isCounted(filter: PeopleFilter): boolean {
  return (
    !filter.search &&
    !filter.role &&
    !filter.groupIds &&
    !filter.pool &&
    filter.notSince === undefined
  )
}

function countKeys(filter: PeopleFilter): string[] {
  return statuses
    .filter((status) => !filter.status || status === filter.status)
    .flatMap((status) =>
      sources
        .filter((managedBy) => !filter.managedBy || filter.managedBy.includes(managedBy))
        .map((managedBy) => countKey({ status, managedBy })),
    )
}

export async function total(
  db: Db,
  organisationId: string,
  filter: PeopleFilter = {},
): Promise<number> {
  return counts.read(db, organisationId, countKeys(filter))
}

function narrow(
  db: Db,
  organisationId: string,
  query: Query,
  filter: PeopleFilter,
  how: 'in the order of the list' | 'by the filter',
): Query {
  let narrowed = query
  // SQLite takes a column with a plus for an expression, and looks for no index of it.
  const isWalk = how === 'in the order of the list' && isSqlite(db)
  const [status, managedBy] = isWalk
    ? [sql<UserStatus>`+users.status`, sql<ProvisioningSource>`+users.managed_by`]
    : [sql<UserStatus>`users.status`, sql<ProvisioningSource>`users.managed_by`]
  if (filter.status) narrowed = narrowed.where(status, '=', filter.status)
  // Neither database reads a list of nothing.
  if (filter.managedBy?.length === 0) narrowed = narrowed.where(sql<boolean>`1 = 0`)
  else if (filter.managedBy) narrowed = narrowed.where(managedBy, 'in', filter.managedBy)
  if (filter.notSince !== undefined) {
    const seen = isWalk ? sql`+coalesce(last_sign_in_at, 0)` : sortColumns.lastSignIn
    narrowed = narrowed.where(sql<boolean>`${seen} <= ${filter.notSince}`)
  }
  if (filter.search) narrowed = narrowed.where(matches(filter.search))
  if (filter.role) {
    const held = db
      .selectFrom('user_roles')
      .select('user_id')
      .where('org_id', '=', organisationId)
      .where('role', '=', filter.role)
      .where(sql<boolean>`user_id = users.id`)
    narrowed = narrowed.where((where) => where.exists(held))
  }
  if (filter.groupIds) {
    narrowed = narrowed.where(
      sql<boolean>`exists (${members(organisationId, filter.groupIds)} and m.user_id = users.id)`,
    )
  }
  if (filter.pool) {
    // One question of both kinds: of two, PostgreSQL would gather all members for the second.
    narrowed = narrowed.where(
      sql<boolean>`exists (${assigned(organisationId, filter.pool)} and g.subject_id = users.id
        union all ${members(organisationId, filter.pool.groupIds)} and m.user_id = users.id)`,
    )
  }
  return narrowed
}

function members(organisationId: string, groupIds: readonly string[]): Source {
  const anyOf = groupIds.length > 0 ? sql`m.group_id in (${sql.join(groupIds)})` : sql`1 = 0`
  return sql`select m.user_id from group_members m where m.org_id = ${organisationId} and ${anyOf}`
}

/** Whom a grant of their own gives this pool now. */
function assigned(organisationId: string, { id, now }: { id: string; now: number }): Source {
  return sql`select g.subject_id as user_id from grants g where g.org_id = ${organisationId}
    and g.pool_id = ${id} and g.subject_kind = 'user'
    and (g.expires_at is null or g.expires_at > ${now})`
}

/** Long enough for the trigram index. */
function isSubstring(search: string): boolean {
  return [...search].length >= 3
}

/** Substrings of three characters and more; shorter ones are beginnings of a name or an address. */
function matches(search: string): RawBuilder<boolean> {
  if (isSubstring(search)) {
    const pattern = `%${search.replace(/[!%_]/g, '!$&')}%`
    return sql<boolean>`users.search_text like ${pattern} escape '!'`
  }
  const end = `${search}\u{10ffff}`
  return sql<boolean>`((users.sort_name >= ${search} and users.sort_name < ${end})
    or (users.email_folded >= ${search} and users.email_folded < ${end}))`
}

/** The ids of everybody whom the filter finds, sorted, or undefined when they are many. */
async function find(
  db: Db,
  organisationId: string,
  filter: PeopleFilter,
  sort: PeopleSort,
  atMost: number,
): Promise<string[] | undefined> {
  const driver = await narrowest(db, organisationId, filter, atMost)
  if (driver === 'many') return undefined
  // The left side of a cross join is the outer loop on SQLite; PostgreSQL knows its own statistics.
  const from = driver
    ? (db
        .selectFrom(sql<{ user_id: string }>`(${driver})`.as('driver'))
        .crossJoin('users')
        .where(sql<boolean>`users.id = driver.user_id`) as unknown as Query)
    : db.selectFrom('users')
  const direction = sort.descending ? 'desc' : 'asc'
  const keys = [sort, ...(sort.thenBy ?? [])].map((key, at) => ({ ...key, name: `key_${at}` }))
  const rows = await db
    .selectFrom(
      narrow(db, organisationId, from, filter, 'by the filter')
        .where('users.org_id', '=', organisationId)
        .select(['users.id', ...keys.map(({ by, name }) => sql`${sortColumns[by]}`.as(name))])
        .limit(atMost + 1)
        // With an offset SQLite keeps the order of the two steps, and sorts only what was found.
        .offset(0)
        .as('found'),
    )
    .select('found.id')
    .orderBy(
      sql.join(keys.map(({ name, descending }) => ordered(sql.ref(`found.${name}`), descending))),
    )
    .orderBy('found.id', direction)
    .execute()
  return rows.length <= atMost ? [...new Set(rows.map((row) => row.id))] : undefined
}

type Source = RawBuilder<{ user_id: string }>

/** Where the people of this filter are looked up: a small list of its own when there is one. */
async function narrowest(
  db: Db,
  organisationId: string,
  filter: PeopleFilter,
  atMost: number,
): Promise<Source | 'many' | undefined> {
  const lists = listsOf(organisationId, filter)
  for (const list of lists) {
    const { rows } = await sql<{ people: number }>`select count(*) as people
      from (${list} limit ${atMost + 1}) listed`.execute(db)
    if (Number(rows[0]?.people) <= atMost) return list
  }
  const { search, status, managedBy } = filter
  // PostgreSQL finds trigrams by itself.
  if (search && isSubstring(search)) {
    return isSqlite(db) ? trigramMatches(organisationId, search) : undefined
  }
  if (lists.length === 1 && !status && !managedBy) return 'many'
  return lists[0]
}

function listsOf(
  organisationId: string,
  { groupIds, pool, role, notSince, search }: PeopleFilter,
): Source[] {
  const lists: Source[] = []
  if (search && !isSubstring(search)) {
    const end = `${search}\u{10ffff}`
    lists.push(sql`select user_id from (
      select id as user_id from users where org_id = ${organisationId}
        and sort_name >= ${search} and sort_name < ${end}
      union all
      select id as user_id from users where org_id = ${organisationId}
        and email_folded >= ${search} and email_folded < ${end}) begun`)
  }
  if (groupIds) lists.push(members(organisationId, groupIds))
  if (pool) {
    lists.push(sql`select user_id from (${assigned(organisationId, pool)}
      union all ${members(organisationId, pool.groupIds)}) reached`)
  }
  if (role) {
    lists.push(sql`select user_id from user_roles where org_id = ${organisationId}
      and role = ${role}`)
  }
  if (notSince !== undefined) {
    lists.push(sql`select id as user_id from users where org_id = ${organisationId}
      and coalesce(last_sign_in_at, 0) <= ${notSince}`)
  }
  return lists
}

const trigramsAtMost = 16
const queueAtMost = 2_000

/** Candidates from the trigram index, and everybody who still waits to be indexed. */
function trigramMatches(organisationId: string, search: string): Source {
  const letters = [...search]
  const trigrams = letters.slice(2).map(
    (_, at) =>
      `"${letters
        .slice(at, at + 3)
        .join('')
        .replaceAll('"', '""')}"`,
  )
  const all = [...new Set(trigrams)].slice(0, trigramsAtMost).join(' AND ')
  return sql`select r.user_id from user_search cross join user_search_rows r
      where user_search match ${all} and r.row = user_search.rowid and r.org_id = ${organisationId}
    union all
    select user_id from (select user_id from search_queue where org_id = ${organisationId}
      limit ${sql.lit(queueAtMost)})`
}

const ordered = (key: RawBuilder<unknown>, descending: boolean): RawBuilder<unknown> =>
  sql`${key} ${sql.raw(descending ? 'desc' : 'asc')}`

function among(db: Db, ids: string[]): RawBuilder<boolean> {
  return isSqlite(db)
    ? sql<boolean>`users.id in (select value from json_each(${JSON.stringify(ids)}))`
    : sql<boolean>`users.id = any(${ids})`
}

/** The people of one page, sorted; as expressions the columns tempt nobody to walk an index. */
export async function byIds(
  db: Db,
  organisationId: string,
  ids: string[],
  sort: PeopleSort,
): Promise<User[]> {
  if (ids.length === 0) return []
  const keys = [sort, ...(sort.thenBy ?? [])].map(({ by, descending }) => {
    const isNumber = by === 'updatedAt' || by === 'lastSignIn'
    return ordered(
      isNumber ? sql`${sortColumns[by]} + 0` : sql`${sortColumns[by]} || ''`,
      descending,
    )
  })
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where('users.org_id', '=', organisationId)
    .where(among(db, ids))
    .orderBy(sql.join(keys))
    .orderBy(sql`users.id || ''`, sort.descending ? 'desc' : 'asc')
    .execute()
  return rows.map(toUser)
}

/** Those of these people whom the filter finds, sorted. */
export async function amongIds(
  db: Db,
  organisationId: string,
  ids: string[],
  wanted: PeopleFilter,
  sort: PeopleSort,
): Promise<User[]> {
  const these: Query = db
    .selectFrom('users')
    .where('users.org_id', '=', organisationId)
    .where(among(db, ids))
  const found = await narrow(db, organisationId, these, folded(wanted), 'in the order of the list')
    .select('users.id')
    .execute()
  const there = new Set(found.map(({ id }) => id))
  return byIds(
    db,
    organisationId,
    ids.filter((id) => there.has(id)),
    sort,
  )
}

/** The ids of everybody whom this filter finds, sorted; undefined when they are too many to gather. */
export async function findFew(
  db: Db,
  organisationId: string,
  wanted: PeopleFilter,
  sort: PeopleSort,
): Promise<string[] | undefined> {
  const filter = folded(wanted)
  if (isCounted(filter)) {
    const there = await counts.read(db, organisationId, countKeys(filter))
    if (there > gatheredAtMost) return undefined
  }
  return find(db, organisationId, filter, sort, gatheredAtMost)
}

/** Where somebody stands in the order of a list. */
export type Place = { id: string; key: string | number }

/**
 * The next in the order of the list, read from its index alone. Who shares the key of the last one
 * comes first, and asking for them apart keeps each question one range of the index, also where the
 * key is an expression.
 */
export async function placesAfter(
  db: Db,
  organisationId: string,
  sort: PeopleSort,
  after: Place | undefined,
  limit: number,
): Promise<Place[]> {
  const column = sortColumns[sort.by]
  const direction = sort.descending ? 'desc' : 'asc'
  const beyond = sql.raw(sort.descending ? '<' : '>')
  const next = (where: RawBuilder<boolean>, count: number): Promise<Place[]> =>
    db
      .selectFrom('users')
      .select(['users.id', sql<string | number>`${column}`.as('key')])
      .where('users.org_id', '=', organisationId)
      .where(where)
      .orderBy(column, direction)
      .orderBy('users.id', direction)
      .limit(count)
      .execute()
  if (!after) return next(sql<boolean>`1 = 1`, limit)
  const same = await next(
    sql<boolean>`${column} = ${after.key} and users.id ${beyond} ${after.id}`,
    limit,
  )
  if (same.length === limit) return same
  const others = await next(sql<boolean>`${column} ${beyond} ${after.key}`, limit - same.length)
  return [...same, ...others]
}

function folded(filter: PeopleFilter): PeopleFilter {
  return { ...filter, search: filter.search ? fold(filter.search) : undefined }
}

/** Skips within the sort index alone and reads whole rows only of the page. */
async function walk(
  db: Db,
  organisationId: string,
  query: Query,
  sort: PeopleSort,
  skip: number,
  size: number,
): Promise<User[]> {
  const direction = sort.descending ? 'desc' : 'asc'
  const ids = await query
    .select('users.id')
    .orderBy(sortColumns[sort.by], direction)
    .orderBy('users.id', direction)
    .offset(skip)
    .limit(size)
    .execute()
  const page = ids.map((row) => row.id)
  return byIds(db, organisationId, page, sort)
}

/** The same, but among the first of the list only: less than a page when it did not get that far. */
async function walkABit(
  db: Db,
  organisationId: string,
  filter: PeopleFilter,
  sort: PeopleSort,
  skip: number,
  size: number,
): Promise<User[]> {
  const direction = sort.descending ? 'desc' : 'asc'
  const first = db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy(sortColumns[sort.by], direction)
    .orderBy('id', direction)
    .limit(walkedFirst)
    .offset(0)
    .as('users')
  const from = db.selectFrom(first) as unknown as Query
  const narrowed = narrow(db, organisationId, from, filter, 'in the order of the list')
  // SQLite reads these few one after the other, and stops when the page is full; PostgreSQL may join.
  const inOrder = isSqlite(db)
    ? narrowed
    : narrowed.orderBy(sortColumns[sort.by], direction).orderBy('users.id', direction)
  const rows = await inOrder.select('users.id').offset(skip).limit(size).execute()
  const ids = rows.map((row) => row.id)
  return byIds(db, organisationId, ids, sort)
}

/** A page in the second half is nearer to the end: walk backwards. */
async function fromTheEnd(
  db: Db,
  organisationId: string,
  query: Query,
  sort: PeopleSort,
  skip: number,
  size: number,
  total: number,
): Promise<User[]> {
  const wanted = Math.min(size, total - skip)
  if (wanted <= 0) return []
  const backwards = { ...sort, descending: !sort.descending }
  return (await walk(db, organisationId, query, backwards, total - skip - wanted, wanted)).reverse()
}

export type Affected = {
  withoutCredential: number
  unverifiedDomain: number
  examples: {
    withoutCredential: { id: string; email: string }[]
    unverifiedDomain: { id: string; email: string }[]
  }
}

export type Waiting = { id: string; email: string; name: string; isManager: boolean }

/**
 * Whose first sign-in by this identity provider would wait in the adoption queue (JI-19): nobody
 * vouches for the address, and no subject of this provider is linked. The rule is `decideArrival`.
 */
export async function waiting(
  db: Db,
  organisationId: string,
  {
    issuer,
    verifiedDomains,
    exceptId,
    among: ids,
    limit,
  }: {
    issuer: string
    verifiedDomains: string[]
    exceptId: string
    among?: string[]
    limit: number
  },
): Promise<{ managers: number; others: number; people: Waiting[] }> {
  let query: Query = db
    .selectFrom('users')
    .where('users.org_id', '=', organisationId)
    .where('users.status', '<>', 'deactivated')
    .where('users.held', '=', 0)
    .where('users.id', '<>', exceptId)
    .where(
      sql<boolean>`not (joined_by in ('created', 'invited', 'self_service') and last_sign_in_at is null)`,
    )
    .where(
      sql<boolean>`not exists (select 1 from identities i where i.org_id = ${organisationId} and i.user_id = users.id and i.issuer = ${issuer})`,
    )
  for (const domain of verifiedDomains)
    query = query.where('email_folded', 'not like', `%@${domain}`)
  if (ids) query = query.where(among(db, ids))
  const manages = sql<boolean>`exists (select 1 from user_roles r where r.org_id = ${organisationId} and r.user_id = users.id and r.role = 'ROLE_MANAGER')`
  const countOf = async (some: Query) =>
    Number((await some.select(sql<number>`count(*)`.as('people')).executeTakeFirstOrThrow()).people)
  const show = (some: Query, atMost: number) =>
    some
      .select(['id', 'email', 'first_name', 'last_name'])
      .orderBy('sort_name')
      .orderBy('id')
      .limit(atMost)
      .execute()
  const managing = query.where(manages)
  const managers = await show(managing, limit)
  const others = await show(
    query.where((where) => where.not(manages)),
    limit - managers.length,
  )
  const named = (isManager: boolean) => (row: (typeof others)[number]) => ({
    id: row.id,
    email: row.email,
    name: `${row.first_name} ${row.last_name}`.trim() || row.email,
    isManager,
  })
  const countedManagers = await countOf(managing)
  return {
    managers: countedManagers,
    others: (await countOf(query)) - countedManagers,
    people: [...managers.map(named(true)), ...others.map(named(false))],
  }
}

/** Enabled people whom a switch to this method would leave without a way in, or in an unproved domain (LM-10). */
export async function affected(
  db: Db,
  organisationId: string,
  method: 'password' | 'google' | 'sso',
  verifiedDomains: string[],
  exampleCount: number,
): Promise<Affected> {
  const enabled = db
    .selectFrom('users')
    .where('users.org_id', '=', organisationId)
    .where('status', '<>', 'deactivated')
  const credential = method === 'password' ? sql.table('passwords') : sql.table('identities')
  const without = enabled.where(
    sql<boolean>`not exists (select 1 from ${credential} c where c.org_id = ${organisationId} and c.user_id = users.id)`,
  )
  let unproved = enabled
  for (const domain of verifiedDomains)
    unproved = unproved.where('email_folded', 'not like', `%@${domain}`)

  const count = async (query: Query) =>
    Number(
      (await query.select(sql<number>`count(*)`.as('people')).executeTakeFirstOrThrow()).people,
    )
  const show = (query: Query) =>
    query.select(['id', 'email']).orderBy('id').limit(exampleCount).execute()
  return {
    withoutCredential: await count(without),
    unverifiedDomain: await count(unproved),
    examples: { withoutCredential: await show(without), unverifiedDomain: await show(unproved) },
  }
}
