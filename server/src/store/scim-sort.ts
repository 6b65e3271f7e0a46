import { type RawBuilder, sql } from 'kysely'
import type { ResourcePosition, ResourceSort } from '../model/scim.ts'
import { type FilterContext, scalarOf, valuesOf } from './scim-filter.ts'

/** Never unassigned, so that their index gives the order by itself. */
const always = new Set(['id', 'userName', 'meta.created', 'meta.lastModified'])

export type Order = {
  key: RawBuilder<string | number | null>
  by: RawBuilder<unknown>
  after(position: ResourcePosition): RawBuilder<boolean>
}

/**
 * RFC 7644 §3.4.2.3: resources without the value come last when ascending, first when descending.
 * The id decides among equals, so that every order is total and a page has one place to end.
 */
export function orderOf(context: FilterContext, sort: ResourceSort | undefined): Order {
  if (!sort || sort.by.path === 'id') {
    const down = sort?.descending === true
    return {
      key: sql<null>`null`,
      by: down ? sql`r.id desc` : sql`r.id`,
      after: ({ id }) => (down ? sql<boolean>`r.id < ${id}` : sql<boolean>`r.id > ${id}`),
    }
  }
  const key = keyOf(context, sort)
  const isAlways =
    always.has(sort.by.path) || (context.type === 'Group' && sort.by.path === 'displayName')
  const [down, beyond] = sort.descending ? [sql` desc`, sql`<`] : [sql``, sql`>`]
  const missing = isAlways ? sql`` : sql`(case when ${key} is null then 1 else 0 end)${down}, `
  return {
    key,
    by: sql`${missing}${key}${down}, r.id${down}`,
    after({ value, id }) {
      const sameKey = sql`r.id ${beyond} ${id}`
      if (isAlways) return sql<boolean>`(${key}, r.id) ${beyond} (${value}, ${id})`
      if (value === null) {
        return sort.descending
          ? sql<boolean>`(${key} is not null or ${sameKey})`
          : sql<boolean>`(${key} is null and ${sameKey})`
      }
      const later = sql`(${key} ${beyond} ${value} or (${key} = ${value} and ${sameKey}))`
      return sort.descending
        ? sql<boolean>`(${key} is not null and ${later})`
        : sql<boolean>`(${key} is null or ${later})`
    },
  }
}

type Key = RawBuilder<string | number | null>

/** So much of a text decides; the place where a page ended has to fit into a cursor. */
const decisive = 500
const texts = new Set(['string', 'reference'])

function keyOf(context: FilterContext, sort: ResourceSort): Key {
  const { path, attribute, sub } = sort.by
  const key = wholeKeyOf(context, sort)
  const inColumn = always.has(path) || path === 'externalId' || context.type === 'Group'
  const isLong = !inColumn && texts.has((sub ?? attribute).type)
  return isLong ? sql`substr(${key}, 1, ${sql.lit(decisive)})` : key
}

/** Of many values the primary one counts, else the first. */
function wholeKeyOf(context: FilterContext, { by }: ResourceSort): Key {
  const scalar = scalarOf(context, by)
  if (scalar) return scalar as Key
  const values = valuesOf(context, by)
  const value = values.read(by)
  const isJson = !['groups', 'members', 'roles', 'schemas'].includes(by.attribute.name)
  if (!isJson || context.type === 'Group') return sql`(select min(${value}) from ${values.from})`
  const first = context.sqlite ? sql`v.key` : sql`v.place`
  const primary = context.sqlite
    ? sql`coalesce(json_extract(v.value, '$."primary"'), 0)`
    : sql`coalesce((v.value ->> 'primary')::boolean, false)`
  return sql`(select ${value} from ${values.from} order by ${primary} desc, ${first} limit 1)`
}
