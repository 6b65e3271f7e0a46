import { type RawBuilder, sql } from 'kysely'
import { readEmailAddress } from '../lib/email-address.ts'
import type {
  AttributePath,
  AttributeTraits,
  ResourceComparison,
  ResourceFilter,
} from '../model/scim.ts'

/**
 * Filters to SQL (RFC 7644 §3.4.2.2). Values are parameters and names come from the schema. What is
 * unassigned is null, and a condition on it does not hold; a `not` around it does.
 */
export type FilterContext = {
  sqlite: boolean
  organisationId: string
  type: 'User' | 'Group'
  baseUrl: string
}

type Condition = RawBuilder<boolean>
/** How a value stands in the database: text that was folded, or exact; numbers; 0 and 1. */
type Value = RawBuilder<unknown>

export function compileFilter(context: FilterContext, filter: ResourceFilter): Condition {
  return holds(context, filter, (ref) => scalarOf(context, ref))
}

const keys = new Set(['id', 'userName', 'externalId', 'displayName'])
const lookedUp = new Set(['emails', 'members'])

/** Whether a key in it, which stands in an index, leaves only few. */
export function findsFew(filter: ResourceFilter): boolean {
  if (filter.kind === 'and') return filter.terms.some(findsFew)
  if (filter.kind === 'value')
    return lookedUp.has(filter.attribute.path) && equalTo(filter.where) !== undefined
  if (filter.kind !== 'compare' || filter.operator !== 'eq') return false
  const { path, attribute } = filter.attribute
  return keys.has(path) || (lookedUp.has(attribute.name) && equalTo(filter) !== undefined)
}

type Read = (ref: AttributePath) => Value | undefined

function holds(context: FilterContext, filter: ResourceFilter, read: Read): Condition {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const terms = filter.terms.map((term) => holds(context, term, read))
      return sql<boolean>`(${sql.join(terms, filter.kind === 'and' ? sql` and ` : sql` or `)})`
    }
    case 'not':
      return sql<boolean>`((${holds(context, filter.term, read)}) is not true)`
    case 'present':
      return isPresent(context, filter.attribute, read)
    case 'compare':
      return compare(context, filter, read)
    case 'value': {
      const values = valuesOf(context, filter.attribute)
      const where = holds(context, filter.where, values.read)
      const found = anyOf(values, where)
      const narrow = lookUp(context, filter.attribute, filter.where)
      return narrow ? sql<boolean>`(${narrow} and ${found})` : found
    }
  }
}

function isPresent(context: FilterContext, ref: AttributePath, read: Read): Condition {
  const value = read(ref)
  if (value) return sql<boolean>`${value} is not null`
  if (!ref.attribute.multiValued) return sql<boolean>`${complexOf(context, ref)} is not null`
  const values = valuesOf(context, ref)
  const part = ref.sub && values.read(ref)
  return anyOf(values, part ? sql<boolean>`${part} is not null` : sql<boolean>`1 = 1`)
}

function compare(context: FilterContext, filter: ResourceComparison, read: Read): Condition {
  const { attribute: ref, operator, value } = filter
  const scalar = read(ref)
  if (scalar) return compares(context, leaf(ref), scalar, operator, value)
  const values = valuesOf(context, ref)
  const part = values.read(ref)
  if (!part) throw new Error(`${ref.path} cannot be compared.`)
  const found = anyOf(values, compares(context, leaf(ref), part, operator, value))
  const narrow = lookUp(context, ref, filter)
  return narrow ? sql<boolean>`(${narrow} and ${found})` : found
}

function leaf(ref: AttributePath): AttributeTraits {
  return ref.sub ?? ref.attribute
}

const symbols = {
  eq: sql`=`,
  ne: sql`<>`,
  gt: sql`>`,
  ge: sql`>=`,
  lt: sql`<`,
  le: sql`<=`,
}

function compares(
  context: FilterContext,
  traits: AttributeTraits,
  found: Value,
  operator: ResourceComparison['operator'],
  asked: ResourceComparison['value'],
): Condition {
  const value = typeof asked === 'boolean' ? Number(asked) : folded(traits, asked)
  if (operator === 'co' || operator === 'sw' || operator === 'ew')
    return contains(context, found, operator, String(value))
  const isText = typeof value === 'string' && !context.sqlite
  // PostgreSQL orders text by language unless told otherwise; both have to order by bytes.
  const right = isText ? sql`${value}::text collate "C"` : sql`${value}`
  return sql<boolean>`${found} ${symbols[operator]} ${right}`
}

function folded(traits: AttributeTraits, value: string | number): string | number {
  return typeof value === 'string' && !traits.caseExact ? value.toLowerCase() : value
}

/** Not by LIKE, which ignores case on one of the databases. */
function contains(
  { sqlite }: FilterContext,
  found: Value,
  operator: 'co' | 'sw' | 'ew',
  part: string,
): Condition {
  const length = [...part].length
  if (operator === 'co')
    return sqlite
      ? sql<boolean>`instr(${found}, ${part}) > 0`
      : sql<boolean>`strpos(${found}, ${part}::text) > 0`
  // Nothing stands at the beginning and at the end of every text.
  if (length === 0) return sql<boolean>`${found} is not null`
  const size = sql.lit(length)
  if (operator === 'sw') {
    const begins = sqlite
      ? sql`substr(${found}, 1, ${size}) = ${part}`
      : sql`left(${found}, ${size}) = ${part}`
    const end = `${part}\u{10ffff}`
    const bytewise = sqlite ? sql`` : sql` collate "C"`
    return sql<boolean>`(${found} >= ${part}${bytewise} and ${found} <= ${end}${bytewise} and ${begins})`
  }
  return sqlite
    ? sql<boolean>`(length(${found}) >= ${size} and substr(${found}, -${size}) = ${part})`
    : sql<boolean>`right(${found}, ${size}) = ${part}`
}

/** What stands in a column or at one place of the person's attributes; undefined for many values. */
export function scalarOf(context: FilterContext, ref: AttributePath): Value | undefined {
  const column = ref.extension ? undefined : columnOf(context, ref)
  if (column) return column
  if (ref.attribute.multiValued || leaf(ref).type === 'complex') return undefined
  if (context.type === 'Group') return sql`null`
  const names = [ref.extension, ref.attribute.name, ref.sub?.name].filter(
    (name): name is string => name !== undefined,
  )
  return textAt(context, leaf(ref), names)
}

function columnOf({ type, baseUrl, sqlite }: FilterContext, { path }: AttributePath) {
  const isUser = type === 'User'
  const own = isUser ? '/Users/' : '/Groups/'
  const [text, bytewise] = sqlite ? [sql``, sql``] : [sql`::text`, sql` collate "C"`]
  switch (path) {
    case 'id':
      return sql`r.id`
    case 'externalId':
      return sql`r.external_id`
    case 'userName':
      return sql`r.user_name_folded`
    case 'displayName':
      return isUser ? undefined : sql`r.name_folded`
    case 'active':
      return sql`case when r.active_assigned = 0 then null
        when r.status = 'deactivated' then 0 else 1 end`
    case 'meta.created':
      return sql`r.created_at`
    case 'meta.lastModified':
      return sql`r.updated_at`
    case 'meta.version':
      return sql`('W/"' || r.version || '"')`
    case 'meta.resourceType':
      return sql`(${type}${text}${bytewise})`
    case 'meta.location':
      return sql`(${`${baseUrl}${own}`}${text} || r.id)`
    default:
      return undefined
  }
}

/** A whole complex attribute, only to ask whether it is there. */
function complexOf(context: FilterContext, { extension, attribute }: AttributePath): Value {
  if (attribute.name === 'meta') return sql`r.id`
  if (context.type === 'Group') return sql`null`
  const names = extension ? [extension, attribute.name] : [attribute.name]
  return context.sqlite
    ? sql`json_extract(a.folded, ${sql.lit(jsonPath(names))})`
    : sql`(a.folded #> ${sql.lit(arrayPath(names))})`
}

function textAt({ sqlite }: FilterContext, traits: AttributeTraits, names: string[]): Value {
  if (sqlite) {
    const from = traits.caseExact ? sql`a.sent` : sql`a.folded`
    return sql`json_extract(${from}, ${sql.lit(jsonPath(names))})`
  }
  const from = traits.caseExact ? sql`a.sent::jsonb` : sql`a.folded`
  return typed(traits, sql`(${from} #>> ${sql.lit(arrayPath(names))})`)
}

/** As text PostgreSQL gives what SQLite gives as 0 and 1. */
function typed({ type }: AttributeTraits, text: Value): Value {
  if (type === 'boolean') return sql`(${text})::boolean::integer`
  if (type === 'integer' || type === 'decimal') return sql`(${text})::numeric`
  return sql`${text} collate "C"`
}

function jsonPath(names: string[]): string {
  return `$${names.map((name) => `."${name}"`).join('')}`
}

function arrayPath(names: string[]): string {
  return `{${names.map((name) => `"${name}"`).join(',')}}`
}

type Values = { from: Value; read: Read }

function anyOf({ from }: Values, condition: Condition): Condition {
  return sql<boolean>`exists (select 1 from ${from} where ${condition})`
}

/** The values of a multi-valued attribute as rows `v`. */
export function valuesOf(context: FilterContext, ref: AttributePath): Values {
  const { name } = ref.attribute
  if (!ref.extension && name === 'schemas') return schemasOf(context)
  if (!ref.extension && name === 'groups') return rowsOf(groupsOf(context))
  if (!ref.extension && name === 'members') return rowsOf(membersOf(context))
  if (!ref.extension && name === 'roles') return rowsOf(rolesOf(context))
  return jsonValues(context, ref)
}

function rowsOf(from: Value): Values {
  return {
    from: sql`(${from}) v`,
    read: (ref) => sql.ref(`v.${ref.sub?.name === '$ref' ? 'ref' : (ref.sub?.name ?? 'value')}`),
  }
}

function jsonValues(context: FilterContext, { attribute }: AttributePath): Values {
  if (context.type === 'Group')
    return { from: sql`(select null as value where 1 = 0) v`, read: () => sql`v.value` }
  const path = sql.lit(jsonPath([attribute.name]))
  if (context.sqlite) {
    return {
      from: sql`json_each(a.folded, ${path}) v`,
      read({ sub }) {
        if (!sub) return sql`v.value`
        if (!sub.caseExact) return sql`json_extract(v.value, ${sql.lit(jsonPath([sub.name]))})`
        const exact = sql.lit(`."${sub.name}"`)
        return sql`json_extract(a.sent, ${path} || '[' || v.key || ']' || ${exact})`
      },
    }
  }
  const name = sql.lit(attribute.name)
  return {
    from: sql`jsonb_array_elements(coalesce(a.folded -> ${name}, '[]'::jsonb))
      with ordinality v(value, place)`,
    read({ sub }) {
      if (!sub) return sql`(v.value #>> '{}') collate "C"`
      const key = sql.lit(sub.name)
      const text = sub.caseExact
        ? sql`(a.sent::jsonb -> ${name} -> (v.place - 1)::integer ->> ${key})`
        : sql`(v.value ->> ${key})`
      return typed(sub, text)
    },
  }
}

function schemasOf(context: FilterContext): Values {
  const isUser = context.type === 'User'
  const core = `urn:ietf:params:scim:schemas:core:2.0:${context.type}`.toLowerCase()
  const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
  const text = context.sqlite ? sql`` : sql`::text collate "C"`
  const extension = context.sqlite
    ? sql`json_extract(a.folded, ${sql.lit(jsonPath([enterprise]))}) is not null`
    : sql`(a.folded -> ${sql.lit(enterprise)}) is not null`
  const extended = isUser
    ? sql` union all select ${enterprise.toLowerCase()}${text} where ${extension}`
    : sql``
  return {
    from: sql`(select ${core}${text} as value${extended}) v`,
    read: () => sql`v.value`,
  }
}

/** Groups of the identity provider, directly and through others. */
function groupsOf({ organisationId, baseUrl, sqlite }: FilterContext): Value {
  const text = sqlite ? sql`` : sql`::text`
  return sql`with recursive reached(id, type) as (
      select m.group_id, 'direct'${text} from group_members m
        where m.org_id = ${organisationId} and m.user_id = r.id
      union
      select n.group_id, 'indirect'${text} from reached x join nested_groups n
        on n.org_id = ${organisationId} and n.child_id = x.id)
    select g.id as value, ${`${baseUrl}/Groups/`}${text} || g.id as ref, g.name_folded as display,
      reached.type as type from reached join groups g on g.org_id = ${organisationId}
      and g.id = reached.id and g.managed_by = 'scim'`
}

function membersOf({ organisationId, baseUrl, sqlite }: FilterContext): Value {
  const text = sqlite ? sql`` : sql`::text`
  return sql`select m.user_id as value, ${`${baseUrl}/Users/`}${text} || m.user_id as ref,
      coalesce(p.user_name_folded, p.email_folded) as display, 'user'${text} as type from group_members m
      join users p on p.org_id = m.org_id and p.id = m.user_id
      where m.org_id = ${organisationId} and m.group_id = r.id
    union all
    select n.child_id, ${`${baseUrl}/Groups/`}${text} || n.child_id, g.name_folded, 'group'${text}
      from nested_groups n join groups g on g.org_id = n.org_id and g.id = n.child_id
      where n.org_id = ${organisationId} and n.group_id = r.id`
}

/** Held roles, with what the identity provider said about each. */
function rolesOf({ organisationId, sqlite }: FilterContext): Value {
  const said = (name: string) =>
    sqlite
      ? sql`(select json_extract(s.value, ${sql.lit(`$."${name}"`)})
          from json_each(a.folded, '$."roles"') s
          where json_extract(s.value, '$."value"') = lower(u.role) limit 1)`
      : sql`(select s.value ->> ${sql.lit(name)}
          from jsonb_array_elements(coalesce(a.folded -> 'roles', '[]'::jsonb)) s
          where s.value ->> 'value' = lower(u.role) limit 1)`
  const primary = sqlite ? said('primary') : sql`${said('primary')}::boolean::integer`
  return sql`select lower(u.role) as value, ${said('display')} as display, ${said('type')} as type,
    ${primary} as "primary" from user_roles u
    where u.org_id = ${organisationId} and u.user_id = r.id`
}

/**
 * For what is looked up by value, who can be meant at all, by index: without it every person would be
 * read. The condition itself stays.
 */
function lookUp(
  context: FilterContext,
  owner: AttributePath,
  where: ResourceFilter,
): Condition | undefined {
  if (owner.extension) return undefined
  const value = equalTo(where)
  if (value === undefined) return undefined
  const { organisationId } = context
  switch (owner.attribute.name) {
    case 'emails': {
      const known = [value.toLowerCase(), readEmailAddress(value)?.folded ?? value.toLowerCase()]
      const [raw, address] = known
      return sql<boolean>`r.id in (
        select id from users where org_id = ${organisationId} and email_folded in (${raw}, ${address})
        union all
        select user_id from other_emails where org_id = ${organisationId}
          and email_folded in (${raw}, ${address}))`
    }
    case 'groups':
      return sql<boolean>`r.id in (
        with recursive inside(id) as (
          select id from groups where org_id = ${organisationId} and id = ${value}
          union
          select n.child_id from inside x join nested_groups n
            on n.org_id = ${organisationId} and n.group_id = x.id)
        select m.user_id from inside cross join ${inGroup(context, sql`inside.id`)})`
    case 'members':
      return sql<boolean>`r.id in (
        select group_id from group_members where org_id = ${organisationId} and user_id = ${value}
        union all
        select group_id from nested_groups where org_id = ${organisationId} and child_id = ${value})`
    case 'roles':
      return sql<boolean>`r.id in (select user_id from user_roles
        where org_id = ${organisationId} and role = ${value.toUpperCase()})`
    default:
      return undefined
  }
}

/** The members of one group as rows `m`, by its key even where the planner would rather read all. */
function inGroup({ sqlite, organisationId }: FilterContext, id: Value): Value {
  if (sqlite) return sql`group_members m where m.org_id = ${organisationId} and m.group_id = ${id}`
  return sql`lateral (select user_id from group_members
    where org_id = ${organisationId} and group_id = ${id} offset 0) m`
}

/** The text that `value` has to be equal to for the condition to hold, if it has to. */
function equalTo(where: ResourceFilter): string | undefined {
  if (where.kind === 'and') {
    return where.terms.map(equalTo).find((value) => value !== undefined)
  }
  if (where.kind !== 'compare' || where.operator !== 'eq') return undefined
  if (where.attribute.sub?.name !== 'value') return undefined
  return String(where.value)
}
