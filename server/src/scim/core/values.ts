/**
 * Values from outside, made to fit the schema: names in its spelling, values of its types, and what
 * is null or empty left out (RFC 7643 §2.5: null, an empty array and unassigned are the same).
 */
import { badRequest, quote, type ScimError } from './errors.ts'
import { readBoolean, readDateTime } from './filter.ts'
import { emptyObject, isObject, type Json, type JsonObject, sameJson } from './json.ts'
import { type Attribute, type AttributeRef, findSub, leaf } from './schema.ts'

/** What was left aside, for whoever reads the log. */
export type Notes = { add(note: string): void }

/**
 * The value of an attribute, or undefined when it is unassigned. A multi-valued attribute gives an
 * array, also when a single value was sent. Throws `invalidValue`.
 */
export function readValue(ref: AttributeRef, value: Json | undefined, notes: Notes) {
  const attribute = leaf(ref)
  return attribute.multiValued
    ? readValues(ref.path, attribute, value, notes)
    : readOne(ref.path, attribute, value, notes)
}

function readValues(path: string, attribute: Attribute, value: Json | undefined, notes: Notes) {
  const sent = Array.isArray(value) ? value : [value]
  const values: Json[] = []
  const known = new Set<string>()
  for (const one of sent) {
    const read = readOne(path, attribute, one, notes)
    const isNothing = read === undefined || isEmptied(attribute, one)
    // Passed over, whoever is meant by `{"id": "…"}` would be taken out of the group without a word.
    if (isNothing && attribute.name === 'members' && (Array.isArray(value) || isObject(one)))
      throw namesNobody()
    if (isNothing) continue
    const key = JSON.stringify(read)
    if (!known.has(key)) values.push(read)
    known.add(key)
  }
  checkPrimary(path, values)
  return values.length > 0 ? values : undefined
}

export function namesNobody(): ScimError {
  return badRequest('invalidValue', `A member needs the id of a person or group in "value".`)
}

/** Nobody has more telephones than this; people in a group are not counted here. */
export const maxValues = 250

export function checkCount(path: string, count: number): void {
  if (count > maxValues)
    throw badRequest(
      'invalidValue',
      `${path} would have more than ${maxValues} values; send fewer.`,
    )
}

/** Okta and OneLogin send `{"type": "work", "value": ""}` for an address that is not there. */
function isEmptied(attribute: Attribute, sent: Json | undefined): boolean {
  if (!isObject(sent) || !findSub(attribute, 'value')) return false
  const name = Object.keys(sent).find((candidate) => candidate.toLowerCase() === 'value')
  return name !== undefined && (sent[name] === '' || sent[name] === null)
}

/** RFC 7643 §2.4: `primary` is true at most once. */
export function checkPrimary(path: string, values: readonly Json[]): void {
  if (values.filter(isPrimary).length > 1)
    throw badRequest('invalidValue', `${path} has more than one primary value; mark one.`)
}

export function isPrimary(value: Json): boolean {
  return isObject(value) && value.primary === true
}

function readOne(
  path: string,
  attribute: Attribute,
  value: Json | undefined,
  notes: Notes,
): Json | undefined {
  // OneLogin sends an empty text for an attribute that is not mapped.
  if (value === undefined || value === null || value === '') return undefined
  switch (attribute.type) {
    case 'complex':
      return readComplex(path, attribute, value, notes)
    case 'boolean':
      return fitting(path, attribute, value, toBoolean(value))
    case 'integer':
      return fitting(path, attribute, value, Number.isInteger(value) ? value : undefined)
    case 'decimal':
      return fitting(path, attribute, value, typeof value === 'number' ? value : undefined)
    case 'dateTime':
      return fitting(path, attribute, value, isDateTime(value) ? value : undefined)
    case 'string':
    case 'reference':
    case 'binary':
      return fitting(path, attribute, value, typeof value === 'string' ? value : undefined)
  }
}

function toBoolean(value: Json): Json | undefined {
  if (typeof value === 'boolean') return value
  return typeof value === 'string' ? readBoolean(value) : undefined
}

function isDateTime(value: Json): boolean {
  return typeof value === 'string' && readDateTime(value) !== undefined
}

function fitting(path: string, { type }: Attribute, sent: Json, value: Json | undefined): Json {
  if (value === undefined) throw wrongType(path, type, sent)
  return value
}

function wrongType(path: string, type: string, sent: Json): ScimError {
  return badRequest('invalidValue', `${quote(sent)} is not a value for ${path}, which is ${type}.`)
}

function readComplex(path: string, attribute: Attribute, value: Json, notes: Notes) {
  // Entra ID sends a manager, and some send members and e-mails, as the bare value.
  const valueSub = findSub(attribute, 'value')
  const parts = valueSub && typeof value === 'string' ? { [valueSub.name]: value } : value
  if (!isObject(parts)) throw wrongType(path, 'complex', value)

  const complex = emptyObject()
  for (const [name, part] of Object.entries(parts)) {
    const sub = findSub(attribute, name)
    if (!sub) {
      notes.add(`${path} has no sub-attribute ${quote(name)}; it was ignored.`)
      continue
    }
    if (sub.mutability === 'readOnly') continue
    const read = readOne(`${path}.${sub.name}`, sub, part, notes)
    if (read !== undefined) complex[sub.name] = read
  }
  return Object.keys(complex).length > 0 ? complex : undefined
}

/** Whether two single values of an attribute are one: by case as the schema says. */
export function sameValue(attribute: Attribute, a: Json | undefined, b: Json | undefined): boolean {
  if (typeof a === 'string' && typeof b === 'string' && !attribute.caseExact)
    return a.toLowerCase() === b.toLowerCase()
  return sameJson(a, b)
}

/** RFC 7643 §2.4: no two values have the same `value` and `type`; one without a type fits any. */
export function isSameEntry(attribute: Attribute): (sent: Json, existing: Json) => boolean {
  const value = findSub(attribute, 'value')
  const type = findSub(attribute, 'type')
  return (sent, existing) => {
    if (!isObject(sent) || !isObject(existing) || !value || sent.value === undefined)
      return sameJson(sent, existing)
    return (
      sameValue(value, sent.value, existing.value) &&
      (!type || sent.type === undefined || sameValue(type, sent.type, existing.type))
    )
  }
}

/** The attributes at one level of a resource: the resource itself, or one of its extensions. */
export function homeOf(resource: JsonObject, extension?: string): JsonObject | undefined {
  if (!extension) return resource
  const home = resource[extension]
  return isObject(home) ? home : undefined
}

export function readAt(resource: JsonObject, { extension, attribute }: AttributeRef) {
  return homeOf(resource, extension)?.[attribute.name]
}

/** Sets an attribute, or unassigns it with undefined; an extension without attributes goes. */
export function writeAt(
  resource: JsonObject,
  { extension, attribute }: AttributeRef,
  value: Json | undefined,
): void {
  if (value !== undefined) {
    let home = homeOf(resource, extension)
    if (!home) {
      home = emptyObject()
      resource[extension as string] = home
    }
    home[attribute.name] = value
    return
  }
  const home = homeOf(resource, extension)
  if (!home) return
  delete home[attribute.name]
  if (extension && Object.keys(home).length === 0) delete resource[extension]
}
