/** Whether one resource meets a filter: the meaning of the tree, for patches and as a yardstick. */
import { type Comparison, type Filter, readDateTime } from './filter.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { type AttributeRef, leaf } from './schema.ts'

/** `resource` has its names in the spelling of the schema, as `readResource` gives them. */
export function matches(filter: Filter, resource: JsonObject): boolean {
  return holds(filter, (ref) => valuesAt(resource, ref))
}

/** As `matches`, of one value of a multi-valued attribute and conditions on its sub-attributes. */
export function matchesValue(where: Filter, value: Json): boolean {
  return holds(where, ({ sub }) => (sub && isObject(value) ? assigned(value[sub.name]) : []))
}

function holds(filter: Filter, read: (ref: AttributeRef) => Json[]): boolean {
  switch (filter.kind) {
    case 'compare':
      return read(filter.attribute).some((value) => compares(value, filter))
    case 'present':
      return read(filter.attribute).some(isPresent)
    case 'value':
      return read(filter.attribute).some((value) => matchesValue(filter.where, value))
    case 'and':
      return filter.terms.every((term) => holds(term, read))
    case 'or':
      return filter.terms.some((term) => holds(term, read))
    case 'not':
      return !holds(filter.term, read)
  }
}

function valuesAt(resource: JsonObject, { extension, attribute, sub }: AttributeRef): Json[] {
  const home = extension ? resource[extension] : resource
  if (!isObject(home)) return []
  const values = assigned(home[attribute.name])
  return sub
    ? values.flatMap((value) => (isObject(value) ? assigned(value[sub.name]) : []))
    : values
}

function assigned(value: Json | undefined): Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

/** RFC 7644 §3.4.2.2 `pr`: a non-empty value, or a complex one with something in it. */
function isPresent(value: Json): boolean {
  if (value === null || value === '') return false
  return isObject(value) ? Object.values(value).some(isPresent) : true
}

function compares(found: Json, { attribute, operator, value }: Comparison): boolean {
  const { type, caseExact } = leaf(attribute)
  const left = comparable(type === 'dateTime' ? toTime(found) : found, caseExact)
  const right = comparable(value, caseExact)
  if (left === undefined || right === undefined || typeof left !== typeof right) return false
  switch (operator) {
    case 'eq':
      return left === right
    case 'ne':
      return left !== right
    case 'gt':
      return left > right
    case 'ge':
      return left >= right
    case 'lt':
      return left < right
    case 'le':
      return left <= right
    case 'co':
      return String(left).includes(String(right))
    case 'sw':
      return String(left).startsWith(String(right))
    case 'ew':
      return String(left).endsWith(String(right))
  }
}

function toTime(value: Json): Json {
  return typeof value === 'string' ? (readDateTime(value) ?? null) : value
}

function comparable(value: Json, caseExact: boolean) {
  if (typeof value === 'string') return caseExact ? value : value.toLowerCase()
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined
}
