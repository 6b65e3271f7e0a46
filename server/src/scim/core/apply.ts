/** What the operations of a PATCH do to a resource (RFC 7644 §3.5.2.1 to §3.5.2.3). */
import { badRequest } from './errors.ts'
import type { Filter } from './filter.ts'
import { emptyObject, isObject, type Json, type JsonObject, sameJson } from './json.ts'
import { matchesValue } from './matches.ts'
import type { PatchOperation } from './patch.ts'
import { schemasOf } from './resource.ts'
import { findSub, type ResourceType } from './schema.ts'
import { checkCount, isPrimary, isSameEntry, readAt, writeAt } from './values.ts'

/**
 * All operations in order, or an error and nothing: the resource given stays as it is. `changed` is
 * false when everything was so already, and then nothing has a reason to be stored.
 */
export function applyPatch(
  type: ResourceType,
  resource: JsonObject,
  operations: readonly PatchOperation[],
): { resource: JsonObject; changed: boolean } {
  const before = { ...resource, schemas: schemasOf(type, resource) }
  const after = editable(resource, operations)
  for (const operation of operations) applyOperation(after, operation)
  after.schemas = schemasOf(type, after)
  return { resource: after, changed: !sameJson(before, after) }
}

/** A copy as deep as attributes are set: their values are never changed, only replaced. */
function editable(resource: JsonObject, operations: readonly PatchOperation[]): JsonObject {
  const copy = Object.assign(emptyObject(), resource)
  for (const { ref } of operations) {
    const { extension } = ref
    if (extension === undefined || !isObject(copy[extension])) continue
    copy[extension] = Object.assign(emptyObject(), copy[extension])
  }
  return copy
}

function applyOperation(resource: JsonObject, operation: PatchOperation) {
  const { op, ref, value } = operation
  const current = readAt(resource, ref)
  if (ref.attribute.multiValued) {
    const values = changeValues(Array.isArray(current) ? current : [], operation)
    writeAt(resource, ref, values.length > 0 ? values : undefined)
    return
  }
  const next = op === 'remove' ? undefined : value
  const part = ref.sub?.name
  writeAt(resource, ref, part === undefined ? next : withPart(current, part, next))
}

/** A complex value with one part set or unset; undefined when it says nothing any more. */
function withPart(complex: Json | undefined, name: string, part: Json | undefined) {
  const next = Object.assign(emptyObject(), complex)
  if (part !== undefined) next[name] = part
  else {
    delete next[name]
    // A type without its e-mail address, a name without its manager: nobody means that.
    if (name === 'value') return undefined
  }
  return Object.keys(next).length > 0 ? next : undefined
}

type Changed = { values: Json[]; touched: Set<Json> }

function changeValues(values: Json[], operation: PatchOperation): Json[] {
  const changed =
    operation.where || operation.ref.sub
      ? changeSelected(values, operation)
      : changeAll(values, operation)
  if (changed.values.length > values.length)
    checkCount(operation.ref.attribute.name, changed.values.length)
  return withOnePrimary(changed, operation)
}

function changeAll(values: Json[], { op, ref, value }: PatchOperation): Changed {
  const sent = Array.isArray(value) ? value : undefined
  const isSame = isSameEntry(ref.attribute)
  if (op !== 'remove') checkCount(ref.path, sent?.length ?? 0)
  if (op === 'replace') return { values: sent ?? [], touched: new Set(sent) }
  if (op === 'remove') {
    const kept = sent ? values.filter((one) => !sent.some((gone) => isSame(gone, one))) : []
    return { values: kept, touched: new Set() }
  }
  const next = [...values]
  const touched = new Set<Json>()
  for (const added of sent ?? []) {
    const index = next.findIndex((existing) => isSame(added, existing))
    const merged = index === -1 ? added : merge(next[index], added)
    next[index === -1 ? next.length : index] = merged
    touched.add(merged)
  }
  return { values: next, touched }
}

function changeSelected(values: Json[], { op, ref, where, value }: PatchOperation): Changed {
  const selected = new Set(values.filter((one) => !where || matchesValue(where, one)))
  if (selected.size === 0) {
    // SC-31: a mark on an address that nobody has is tolerated, and marks nothing.
    const marksNothing = ref.sub?.name === 'primary' && isOfType(where)
    if (value === undefined || marksNothing) return keep(values)
    return append(values, build({ op, ref, where, value }))
  }

  const touched = new Set<Json>()
  const next = values.flatMap((one) => {
    if (!selected.has(one)) return [one]
    const changed = changeOne(one, { op, ref, value }, where)
    if (changed === undefined) return []
    touched.add(changed)
    return [changed]
  })
  return { values: next, touched }
}

function changeOne(one: Json, { op, ref, value }: PatchOperation, where: Filter | undefined) {
  if (ref.sub) return withPart(one, ref.sub.name, value)
  if (value === undefined) return undefined
  // RFC 7644 §3.5.2.3: matching values are replaced. What the path says of them stays true, since
  // clients leave the type of an address to the path.
  return op === 'replace' ? merge(seedOf(where), value) : merge(one, value)
}

function keep(values: Json[]): Changed {
  return { values, touched: new Set() }
}

function append(values: Json[], added: Json): Changed {
  return { values: [...values, added], touched: new Set([added]) }
}

/**
 * The value that a path speaks of and that is not there yet: `emails[type eq "work"].value` makes a
 * work address. RFC 7644 §3.5.2.3 says `noTarget` for replace; Entra ID and others expect the value.
 * The operation has to bring it: that a path asks for a role gives nobody that role.
 */
function build({ op, ref, where, value }: Building): Json {
  const seed = seedOf(where)
  const given = ref.sub ? { [ref.sub.name]: value ?? null } : (value ?? null)
  const isWhole = !findSub(ref.attribute, 'value') || (isObject(given) && 'value' in given)
  const isNamed = seed !== undefined && 'value' in seed
  const replacesNothing = op === 'replace' && !ref.sub
  const built = isWhole && !isNamed && !replacesNothing && seed ? merge(seed, given) : undefined
  if (!built || (where && !matchesValue(where, built)))
    throw badRequest(
      'noTarget',
      `No value of ${ref.attribute.name} meets the conditions of the path.`,
    )
  return built
}

type Building = Pick<PatchOperation, 'op' | 'ref' | 'value'> & { where: Filter | undefined }

function isOfType(where: Filter | undefined): boolean {
  return (
    where?.kind === 'compare' && where.operator === 'eq' && where.attribute.sub?.name === 'type'
  )
}

/** The sub-attributes that conditions of equality fix; undefined when there are other conditions. */
function seedOf(where: Filter | undefined): JsonObject | undefined {
  if (!where) return emptyObject()
  if (where.kind === 'compare' && where.operator === 'eq' && where.attribute.sub)
    return Object.assign(emptyObject(), { [where.attribute.sub.name]: where.value })
  if (where.kind !== 'and') return undefined
  const seeds = where.terms.map(seedOf)
  return seeds.every((seed) => seed !== undefined)
    ? Object.assign(emptyObject(), ...seeds)
    : undefined
}

function merge(existing: Json | undefined, added: Json): Json {
  if (!isObject(added)) return added
  return Object.assign(emptyObject(), isObject(existing) ? existing : {}, added)
}

/** RFC 7644 §3.5.2: a value that becomes primary takes it from the one that was. */
function withOnePrimary({ values, touched }: Changed, { ref }: PatchOperation): Json[] {
  if (!findSub(ref.attribute, 'primary')) return values
  const primaries = values.filter((one) => isPrimary(one) && touched.has(one))
  if (primaries.length > 1)
    throw badRequest(
      'invalidValue',
      `${ref.attribute.name} would have two primary values; mark one.`,
    )
  if (primaries.length === 0) return values
  return values.map((one) =>
    isPrimary(one) && one !== primaries[0] ? merge(one, { primary: false }) : one,
  )
}
