/**
 * PATCH requests (RFC 7644 §3.5.2), brought into one form: a list of operations, each on one
 * attribute, with a value of its type. What identity providers write in their own ways is made equal
 * here, so that whatever applies the operations knows a single way.
 */
import { badRequest, quote, type ScimError } from './errors.ts'
import type { Filter } from './filter.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { patchSchema } from './names.ts'
import { parsePath, type Target } from './path.ts'
import { createNotes, isSchemaOf } from './resource.ts'
import {
  type Attribute,
  type AttributeRef,
  attributeRef,
  findSub,
  leaf,
  type ResourceType,
  type Schema,
  sameName,
} from './schema.ts'
import { checkCount, type Notes, readValue } from './values.ts'

export type PatchVerb = 'add' | 'replace' | 'remove'

export type PatchOperation = {
  op: PatchVerb
  ref: AttributeRef
  /** Which values of a multi-valued attribute are meant; absent for all of them. */
  where?: Filter
  /**
   * Of the attribute's type; an array when all values of a multi-valued attribute are meant.
   * Undefined unassigns; with `remove`, an array says which values go.
   */
  value: Json | undefined
}

export type PatchReading = { operations: PatchOperation[]; notes: string[] }

/** authentik sends an operation per member, in portions of the limit that bulk announces. */
export const patchLimits = { operations: 1000, changes: 2000 } as const

/** What the operations are about; `id` is held against the one that Okta repeats in a rename. */
export type PatchContext = { type: ResourceType; id?: string }

type Reading = { context: PatchContext; operations: PatchOperation[]; notes: Notes }
type Sent = { op: PatchVerb; value: Json | undefined }

/** Throws `invalidSyntax`, `invalidPath`, `noTarget`, `mutability` or `invalidValue`. */
export function parsePatch(context: PatchContext, body: JsonObject): PatchReading {
  checkSchemas(body)
  const sent = field(body, 'Operations')
  const list = Array.isArray(sent) ? sent : isObject(sent) ? [sent] : []
  if (list.length === 0) throw syntax('"Operations" must hold the operations to carry out.')
  if (list.length > patchLimits.operations)
    throw syntax(`There are more than ${patchLimits.operations} operations; send fewer at a time.`)

  const notes = createNotes()
  const operations: PatchOperation[] = []
  for (const operation of list) readOperation({ context, operations, notes }, operation)
  return { operations, notes: notes.list }
}

/** Clients that leave `schemas` out are understood; those that say it is something else are not. */
function checkSchemas(body: JsonObject) {
  const schemas = field(body, 'schemas')
  if (schemas === undefined) return
  const list = Array.isArray(schemas) ? schemas : [schemas]
  if (!list.some((urn) => typeof urn === 'string' && sameName(urn, patchSchema)))
    throw syntax(`"schemas" of a PATCH must name ${patchSchema}.`)
}

/** RFC 7643 §2.1: names are case-insensitive; bodies have no two that differ in case alone. */
function field(object: JsonObject, name: string): Json | undefined {
  const found = Object.keys(object).find((candidate) => sameName(candidate, name))
  return found === undefined ? undefined : object[found]
}

function readOperation(reading: Reading, operation: Json) {
  if (!isObject(operation)) throw syntax('Every operation must be an object.')
  const op = readVerb(field(operation, 'op'))
  const path = field(operation, 'path') ?? ''
  if (typeof path !== 'string') throw syntax('"path" must be text.')
  const value = field(operation, 'value')
  if (op !== 'remove' && value === undefined)
    throw badRequest('invalidValue', `${op} ${quote(path)} has no "value".`)

  if (path === '') return readWithoutPath(reading, { op, value })
  readTarget(reading, { op, value }, parsePath(reading.context.type, path))
}

/** Entra ID writes `Add`, `Replace` and `Remove`. */
function readVerb(op: Json | undefined): PatchVerb {
  const verb = typeof op === 'string' ? op.toLowerCase() : op
  if (verb === 'add' || verb === 'replace' || verb === 'remove') return verb
  throw syntax(`"op" must be add, replace or remove, not ${quote(op)}.`)
}

/** RFC 7644 §3.5.2.1, §3.5.2.3: the value is a set of attributes of the resource. */
function readWithoutPath(reading: Reading, { op, value }: Sent) {
  if (op === 'remove')
    throw badRequest('noTarget', 'A remove operation must say in "path" what to remove.')
  if (!isObject(value))
    throw badRequest('invalidValue', `${op} without "path" needs an object with attributes.`)
  const { context, operations, notes } = reading
  const before = operations.length
  // Entra ID: dotted names, URNs and whole paths as names (`name.givenName`, `urn:…:department`).
  const targets = Object.entries(value)
    .filter(([name, inner]) => !isEcho(reading, name, inner))
    .map(([name, inner]) => ({ target: parsePath(context.type, name), inner }))
  const forgotten = targets.filter(({ target }) => isWriteOnly(target))
  for (const { target, inner } of targets)
    if (!isWriteOnly(target)) readTarget(reading, { op, value: inner }, target)
  // Okta syncs a password with the rest, which is done; alone it would be answered without effect (SC-30).
  for (const { target, inner } of forgotten) {
    if (operations.length === before) readTarget(reading, { op, value: inner }, target)
    else notes.add('password was ignored; people sign in at the identity provider.')
  }
}

function isWriteOnly(target: Target): boolean {
  return target.kind === 'attribute' && target.ref.attribute.mutability === 'writeOnly'
}

/** What a client repeats from what it read, and no one asks to change: Okta and authentik do. */
function isEcho({ context, notes }: Reading, name: string, value: Json): boolean {
  const folded = name.toLowerCase()
  if (folded === 'id') {
    if (context.id === undefined || value === context.id) return true
    throw badRequest('mutability', `The id is ${context.id} for good and cannot be changed.`)
  }
  if (folded === 'schemas') checkKnownSchemas(context.type, value, notes)
  return folded === 'schemas' || folded === 'meta'
}

function checkKnownSchemas(type: ResourceType, value: Json | undefined, notes: Notes) {
  for (const urn of Array.isArray(value) ? value : [value])
    if (typeof urn !== 'string' || !isSchemaOf(type, urn))
      notes.add(`${quote(urn)} is not a schema of ${type.name}; it was ignored.`)
}

function readTarget(reading: Reading, sent: Sent, target: Target) {
  if (target.kind === 'schema') return readSchemaTarget(reading, sent, target.schema)
  const { ref, where } = target
  if (ref.path === 'schemas') return readSchemas(reading, sent)
  checkMutability(sent.op, ref)
  const attribute = leaf(ref)
  if (isSingleComplex(attribute) && sent.op !== 'remove') return readParts(reading, sent, ref)

  const value = readOperand(reading, sent, ref, where)
  if (attribute.required && !attribute.orElse && !where && value === undefined)
    throw requiredIsMissing(sent.op, ref)
  record(reading, { op: sent.op, ref, ...(where ? { where } : {}), value })
}

/** They follow from the attributes: who names those of this resource asks for nothing. */
function readSchemas({ context: { type } }: Reading, { op, value }: Sent) {
  const named = Array.isArray(value) ? value : [value]
  const isSaid = op !== 'remove' && named.length > 0
  if (isSaid && named.every((urn) => typeof urn === 'string' && isSchemaOf(type, urn))) return
  throw badRequest('mutability', 'schemas follow from the attributes and cannot be changed.')
}

/** One operation may change many attributes; how many is limited too. */
function record({ operations }: Reading, operation: PatchOperation) {
  if (operations.length === patchLimits.changes)
    throw syntax(`There are more than ${patchLimits.changes} changes; send fewer at a time.`)
  operations.push(operation)
}

/** The URN of an extension with its attributes inside, or the core URN around core attributes. */
function readSchemaTarget(reading: Reading, { op, value }: Sent, schema: Schema) {
  const { type } = reading.context
  if (op === 'remove' || value === null || value === '') {
    if (schema === type.schema)
      throw badRequest('mutability', `The core attributes of ${type.name} cannot be removed.`)
    for (const attribute of schema.attributes)
      record(reading, {
        op: 'remove',
        ref: attributeRef(schema.id, attribute),
        value: undefined,
      })
    return
  }
  if (!isObject(value))
    throw badRequest('invalidValue', `${schema.id} needs an object with attributes.`)
  for (const [name, inner] of Object.entries(value))
    readTarget(reading, { op, value: inner }, parsePath(type, `${schema.id}:${name}`))
}

function checkMutability(op: PatchVerb, { path, attribute, sub }: AttributeRef) {
  if (attribute.mutability === 'writeOnly')
    throw badRequest('mutability', `${path} is not kept here; stop sending it.`)
  if (attribute.mutability === 'readOnly' || sub?.mutability === 'readOnly')
    throw badRequest('mutability', `${path} is read-only here; remove it from the mapping.`)
  if (sub?.mutability === 'immutable' && op !== 'remove')
    throw badRequest('mutability', `${path} cannot be changed; remove the value and add another.`)
}

function requiredIsMissing(op: PatchVerb, { path }: AttributeRef): ScimError {
  return op === 'remove'
    ? badRequest('mutability', `${path} is required and cannot be removed.`)
    : badRequest('invalidValue', `${path} is required and cannot be empty.`)
}

function isSingleComplex({ type, multiValued }: Attribute): boolean {
  return type === 'complex' && !multiValued
}

/**
 * RFC 7644 §3.5.2.3: sub-attributes that are not named stay, so every one that is becomes an
 * operation of its own. Entra ID sends a manager as text, as an object, or as `{"value": ""}`.
 */
function readParts(reading: Reading, { op, value }: Sent, ref: AttributeRef) {
  const { attribute, extension } = ref
  if (value === null || value === '') {
    record(reading, { op, ref, value: undefined })
    return
  }
  const parts = typeof value === 'string' && findSub(attribute, 'value') ? { value } : value
  if (!isObject(parts))
    throw badRequest('invalidValue', `${quote(value)} is not a value for ${ref.path}.`)

  const before = reading.operations.length
  for (const [name, part] of Object.entries(parts)) {
    const sub = findSub(attribute, name)
    if (!sub) reading.notes.add(`${ref.path} has no sub-attribute ${quote(name)}; it was ignored.`)
    else if (sub.mutability !== 'readOnly')
      readTarget(
        reading,
        { op, value: part },
        {
          kind: 'attribute',
          ref: attributeRef(extension, attribute, sub),
        },
      )
  }
  if (reading.operations.length === before && Object.keys(parts).length > 0)
    throw badRequest('invalidValue', `${quote(value)} has nothing for ${ref.path} to keep.`)
}

function readOperand(
  { context, notes }: Reading,
  { op, value }: Sent,
  ref: AttributeRef,
  where: Filter | undefined,
): Json | undefined {
  if (context.type.name === 'User') checkCount(ref.path, Array.isArray(value) ? value.length : 1)
  if (op === 'remove') return where ? undefined : readRemoved(ref, value, notes)
  const read = readValue(ref, value, notes)
  if (!leaf(ref).multiValued) return read
  if (read === undefined && !isEmpty(value))
    throw badRequest('invalidValue', `${quote(value)} has nothing for ${ref.path} to keep.`)
  if (!where || !Array.isArray(read)) return read
  if (read.length > 1)
    throw badRequest('invalidValue', `${ref.path} with conditions takes one value at a time.`)
  return read[0]
}

function isEmpty(value: Json | undefined): boolean {
  if (Array.isArray(value)) return value.every(isEmpty)
  return value === null || value === '' || (isObject(value) && Object.values(value).some(isEmpty))
}

/**
 * RFC 7644 §3.5.2.2 knows no value here. Entra ID, JumpCloud and authentik remove members with one;
 * taken for "remove all", it would empty the group. An empty list removes nobody.
 */
function readRemoved(ref: AttributeRef, value: Json | undefined, notes: Notes): Json | undefined {
  if (!leaf(ref).multiValued || value === undefined || value === null) return undefined
  const read = readValue(ref, value, notes)
  if (read === undefined && !(Array.isArray(value) && value.length === 0))
    throw badRequest(
      'invalidValue',
      `${quote(value)} does not say what to remove from ${ref.path}.`,
    )
  return read ?? []
}

function syntax(detail: string): ScimError {
  return badRequest('invalidSyntax', detail)
}
