import { type SelectQueryBuilder, sql } from 'kysely'
import { fold } from '../lib/fold.ts'
import type { ProvisioningSource } from '../model/organisation.ts'
import type { User, UserStatus } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import type { Tables, UsersTable } from './tables.ts'
import { countKey, toUser } from './users.ts'

export type PeopleSort = {
  by: 'name' | 'email' | 'managedBy' | 'createdBy' | 'updatedBy' | 'updatedAt' | 'lastSignIn'
  descending: boolean
}
export type PeopleFilter = {
  search?: string | undefined
  status?: UserStatus | undefined
  managedBy?: ProvisioningSource | undefined
  role?: string | undefined
  groupId?: string | undefined
  poolId?: string | undefined
  /** Last sign-in before this time; 0 for never. */
  notSince?: number | undefined
}
export type People = { items: User[]; total: number; totalExact: boolean }

// A filter that finds fewer people than this is answered from the people it finds; a filter that
// finds more is dense enough that walking the sorted list fills a page quickly.
const fewPeople = 2_000
const countedAtMost = 10_000

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
const sources: ProvisioningSource[] = ['portal', 'sso_jit', 'scim', 'ldap']

type Query = SelectQueryBuilder<Tables, 'users', object>

/** One page of people, sorted; its cost does not grow with the directory (DESIGN §3). */
export async function list(
  db: Db,
  organisationId: string,
  filter: PeopleFilter,
  sort: PeopleSort,
  page: { page: number; size: number },
): Promise<People> {
  const skip = page.page * page.size
  const search = filter.search ? fold(filter.search) : undefined
  const everyone = (): Query => db.selectFrom('users').where('users.org_id', '=', organisationId)
  const narrowed = narrow(db, organisationId, everyone(), { ...filter, search })

  if (isCounted(filter)) {
    const total = await counts.read(db, organisationId, countKeys(filter))
    if (total <= fewPeople)
      return { items: await sorted(narrowed, sort, skip, page.size), total, totalExact: true }
    const items =
      skip * 2 > total
        ? await fromTheEnd(narrowed, sort, skip, page.size, total)
        : await walk(narrowed, sort, skip, page.size)
    return { items, total, totalExact: true }
  }

  const few = await findFew(db, organisationId, { ...filter, search })
  if (few) {
    if (few.length === 0) return { items: [], total: 0, totalExact: true }
    const found = narrow(db, organisationId, everyone().where('id', 'in', few), {
      ...filter,
      search,
    })
    const { total } = await found
      .select(sql<number>`count(*)`.as('total'))
      .executeTakeFirstOrThrow()
    return {
      items: await sorted(found, sort, skip, page.size),
      total: Number(total),
      totalExact: true,
    }
  }
  const { total } = await db
    .selectFrom(
      narrowed
        .select('users.id')
        .limit(countedAtMost + 1)
        .as('some'),
    )
    .select(sql<number>`count(*)`.as('total'))
    .executeTakeFirstOrThrow()
  return {
    items: await walk(narrowed, sort, skip, page.size),
    total: Math.min(Number(total), countedAtMost),
    totalExact: Number(total) <= countedAtMost,
  }
}

/** Status and source are counted as people change, so that their totals are exact at any size. */
function isCounted(filter: PeopleFilter): boolean {
  return (
    !filter.search &&
    !filter.role &&
    !filter.groupId &&
    !filter.poolId &&
    filter.notSince === undefined
  )
}

function countKeys(filter: PeopleFilter): string[] {
  return statuses
    .filter((status) => !filter.status || status === filter.status)
    .flatMap((status) =>
      sources
        .filter((managedBy) => !filter.managedBy || managedBy === filter.managedBy)
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

function narrow(db: Db, organisationId: string, query: Query, filter: PeopleFilter): Query {
  let narrowed = query
  if (filter.status) narrowed = narrowed.where('users.status', '=', filter.status)
  if (filter.managedBy) narrowed = narrowed.where('users.managed_by', '=', filter.managedBy)
  if (filter.notSince !== undefined) {
    narrowed = narrowed.where(sql<boolean>`coalesce(last_sign_in_at, 0) <= ${filter.notSince}`)
  }
  if (filter.search) {
    narrowed = narrowed.where(
      sql<boolean>`users.search_text like ${contains(filter.search)} escape '!'`,
    )
  }
  if (filter.role) {
    const held = db
      .selectFrom('user_roles')
      .select('user_id')
      .where('org_id', '=', organisationId)
      .where('role', '=', filter.role)
      .where(sql<boolean>`user_id = users.id`)
    narrowed = narrowed.where((where) => where.exists(held))
  }
  if (filter.groupId) {
    const member = db
      .selectFrom('group_members')
      .select('user_id')
      .where('org_id', '=', organisationId)
      .where('group_id', '=', filter.groupId)
      .where(sql<boolean>`user_id = users.id`)
    narrowed = narrowed.where((where) => where.exists(member))
  }
  if (filter.poolId) {
    narrowed =
      narrowed.where(sql<boolean>`(exists (select 1 from grants g where g.org_id = ${organisationId}
        and g.subject_kind = 'user' and g.subject_id = users.id and g.pool_id = ${filter.poolId})
      or exists (select 1 from group_members m join grants g on g.org_id = m.org_id
        and g.subject_kind = 'group' and g.subject_id = m.group_id and g.pool_id = ${filter.poolId}
        where m.org_id = ${organisationId} and m.user_id = users.id))`)
  }
  return narrowed
}

/** The ids that the most selective filter finds, or undefined when every filter finds many. */
async function findFew(
  db: Db,
  organisationId: string,
  filter: PeopleFilter,
): Promise<string[] | undefined> {
  const limit = fewPeople + 1
  const candidates: (() => Promise<string[]>)[] = []
  if (filter.search)
    candidates.push(() => searchIds(db, organisationId, filter.search ?? '', limit))
  if (filter.role) {
    candidates.push(async () =>
      (
        await db
          .selectFrom('user_roles')
          .select('user_id')
          .where('org_id', '=', organisationId)
          .where('role', '=', filter.role ?? '')
          .limit(limit)
          .execute()
      ).map((row) => row.user_id),
    )
  }
  if (filter.groupId) {
    candidates.push(async () =>
      (
        await db
          .selectFrom('group_members')
          .select('user_id')
          .where('org_id', '=', organisationId)
          .where('group_id', '=', filter.groupId ?? '')
          .limit(limit)
          .execute()
      ).map((row) => row.user_id),
    )
  }
  if (filter.poolId) {
    candidates.push(async () =>
      (
        await sql<{ user_id: string }>`select distinct user_id from (
          select g.subject_id as user_id from grants g where g.org_id = ${organisationId}
            and g.pool_id = ${filter.poolId} and g.subject_kind = 'user'
          union all
          select m.user_id from grants g join group_members m on m.org_id = g.org_id
            and m.group_id = g.subject_id where g.org_id = ${organisationId}
            and g.pool_id = ${filter.poolId} and g.subject_kind = 'group') reached limit ${limit}`.execute(
          db,
        )
      ).rows.map((row) => row.user_id),
    )
  }
  if (filter.status || filter.managedBy || filter.notSince !== undefined) {
    candidates.push(async () =>
      (
        await narrow(
          db,
          organisationId,
          db.selectFrom('users').where('users.org_id', '=', organisationId),
          { status: filter.status, managedBy: filter.managedBy, notSince: filter.notSince },
        )
          .select('users.id')
          .limit(limit)
          .execute()
      ).map((row) => row.id),
    )
  }
  for (const find of candidates) {
    const ids = await find()
    if (ids.length <= fewPeople) return ids
  }
  return undefined
}

/** Substrings of three characters and more by the trigram index; shorter ones match beginnings. */
async function searchIds(
  db: Db,
  organisationId: string,
  search: string,
  limit: number,
): Promise<string[]> {
  if (search.length < 3) {
    const rows = await db
      .selectFrom('users')
      .select('id')
      .where('org_id', '=', organisationId)
      .where((where) =>
        where.or([
          where.and([
            where('sort_name', '>=', search),
            where('sort_name', '<', `${search}\u{10ffff}`),
          ]),
          where.and([
            where('email_folded', '>=', search),
            where('email_folded', '<', `${search}\u{10ffff}`),
          ]),
        ]),
      )
      .limit(limit)
      .execute()
    return rows.map((row) => row.id)
  }
  if (!isSqlite(db)) {
    const { rows } = await sql<{ id: string }>`select id from users where org_id = ${organisationId}
      and search_text like ${contains(search)} escape '!' limit ${limit}`.execute(db)
    return rows.map((row) => row.id)
  }
  // Indexed people by trigram, and those who are still waiting to be indexed by the queue itself.
  const phrase = `"${search.replaceAll('"', '""')}"`
  const { rows } = await sql<{ id: string }>`
    select user_id as id from user_search where user_search match ${phrase}
      and org_id = ${organisationId}
    union
    select q.user_id as id from (select user_id from search_queue where org_id = ${organisationId}
      limit 2000) q join users u on u.org_id = ${organisationId} and u.id = q.user_id
      where u.search_text like ${contains(search)} escape '!'
    limit ${limit}`.execute(db)
  return rows.map((row) => row.id)
}

function contains(search: string): string {
  return search.length < 3 ? `${escapeLike(search)}%` : `%${escapeLike(search)}%`
}

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}

async function sorted(query: Query, sort: PeopleSort, skip: number, size: number): Promise<User[]> {
  const direction = sort.descending ? 'desc' : 'asc'
  const rows = await query
    .selectAll('users')
    .orderBy(sortColumns[sort.by], direction)
    .orderBy('users.id', direction)
    .offset(skip)
    .limit(size)
    .execute()
  return rows.map((row) => toUser(row as UsersTable))
}

/** Skips within the sort index alone and reads whole rows only of the page. */
async function walk(query: Query, sort: PeopleSort, skip: number, size: number): Promise<User[]> {
  if (skip < size * 5) return sorted(query, sort, skip, size)
  const direction = sort.descending ? 'desc' : 'asc'
  const ids = await query
    .select('users.id')
    .orderBy(sortColumns[sort.by], direction)
    .orderBy('users.id', direction)
    .offset(skip)
    .limit(size)
    .execute()
  if (ids.length === 0) return []
  return sorted(
    query.where(
      'users.id',
      'in',
      ids.map((row) => row.id),
    ),
    sort,
    0,
    size,
  )
}

/** A page in the second half is nearer to the end: walk backwards. */
async function fromTheEnd(
  query: Query,
  sort: PeopleSort,
  skip: number,
  size: number,
  total: number,
): Promise<User[]> {
  const wanted = Math.min(size, total - skip)
  if (wanted <= 0) return []
  const backwards = { ...sort, descending: !sort.descending }
  return (await walk(query, backwards, total - skip - wanted, wanted)).reverse()
}

export type Affected = {
  withoutCredential: number
  unverifiedDomain: number
  examples: {
    withoutCredential: { id: string; email: string }[]
    unverifiedDomain: { id: string; email: string }[]
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
