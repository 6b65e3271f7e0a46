import { sql } from 'kysely'
import type { ResourcePage, ResourceQuery } from '../model/scim.ts'
import { type Db, isSqlite } from './dialect.ts'
import { compileFilter, type FilterContext, findsFew } from './scim-filter.ts'
import { orderOf } from './scim-sort.ts'

type Of = { organisationId: string; type: 'User' | 'Group'; query: ResourceQuery }
type Source<Resource> = {
  /** How many there are without a filter. */
  total(): Promise<number>
  /** In the order of the ids. */
  load(ids: string[]): Promise<Resource[]>
}
type Found = { id: string; key: string | number | null }

/** More than these are not gathered and sorted for one page, but walked in their order. */
const gatheredAtMost = 20_000

/**
 * One page of what the identity provider manages: ids by index first, whole resources only of the
 * page. It begins after a position, or passes over some, from whichever end is nearer.
 */
export async function readPage<Resource>(
  db: Db,
  { organisationId, type, query }: Of,
  source: Source<Resource>,
): Promise<ResourcePage<Resource>> {
  const context: FilterContext = {
    sqlite: isSqlite(db),
    organisationId,
    type,
    baseUrl: query.baseUrl,
  }
  const where = query.filter ? compileFilter(context, query.filter) : undefined
  const order = orderOf(context, query.sort)
  const from = type === 'Group' ? sql`groups r` : fromUsers(where !== undefined || !!query.sort)
  // Found by a key, a handful is left: as expressions neither owner nor order tempts the planner to
  // walk an index of everybody instead. Where very many are sorted, SQLite is to walk the index of
  // the order, and not to gather by owner.
  const byKey = query.filter !== undefined && findsFew(query.filter)
  const isOrdered = query.sort !== undefined && query.sort.by.path !== 'id'
  const walks = context.sqlite && isOrdered && !where && (await source.total()) > gatheredAtMost
  const owner = byKey || walks ? sql`r.managed_by || ''` : sql`r.managed_by`
  const managed = sql`r.org_id = ${organisationId} and ${owner} = 'scim'`
  const narrowed = where ? sql`${managed} and ${where}` : managed

  async function total(): Promise<number> {
    if (!where) return source.total()
    const { rows } = await sql<{ found: number }>`select count(*) as found from ${from}
      where ${narrowed}`.execute(db)
    return Number(rows[0]?.found ?? 0)
  }

  async function find(skip: number, limit: number, backwards: boolean): Promise<Found[]> {
    const after = 'after' in query.from ? sql` and ${order.after(query.from.after)}` : sql``
    const inOrder = byKey && !query.sort ? sql`r.id || ''` : order.by
    const by = backwards ? sql`r.id desc` : inOrder
    const { rows } = await sql<Found>`select r.id as id, ${order.key} as "key" from ${from}
      where ${narrowed}${after} order by ${by} limit ${limit} offset ${skip}`.execute(db)
    return backwards ? rows.reverse() : rows
  }

  const { count } = query
  if (count === 0) return { items: [], total: await total() }
  const skip = 'skip' in query.from ? query.from.skip : 0
  const known = skip > 0 && !where ? await total() : undefined
  if (known !== undefined && skip >= known) return { items: [], total: known }
  const nearTheEnd = known !== undefined && !query.sort && skip * 2 > known
  const wanted = nearTheEnd ? Math.min(count + 1, known - skip) : count + 1
  const found = await find(nearTheEnd ? known - skip - wanted : skip, wanted, nearTheEnd)

  const page = found.slice(0, count)
  const last = page.at(-1)
  const more = found.length > count && last ? { next: { value: last.key, id: last.id } } : {}
  const items = await source.load(page.map(({ id }) => id))
  const isWhole = 'skip' in query.from && found.length <= count && (page.length > 0 || skip === 0)
  return {
    items,
    total: known ?? (where && isWhole ? skip + page.length : await total()),
    ...more,
  }
}

function fromUsers(withAttributes: boolean) {
  return withAttributes
    ? sql`users r left join scim_attributes a on a.org_id = r.org_id and a.user_id = r.id`
    : sql`users r`
}
