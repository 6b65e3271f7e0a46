/** Which attributes an answer holds (RFC 7644 §3.9, RFC 7643 §7 "returned"). */
import { badRequest, quote } from './errors.ts'
import { emptyObject, isObject, type Json, type JsonObject } from './json.ts'
import {
  type AttributeRef,
  allAttributes,
  attributeRef,
  findAttribute,
  findExtension,
  type ResourceType,
  sameName,
} from './schema.ts'

export type Projection = {
  type: ResourceType
  /** Canonical paths; with `only`, nothing else is shown but what always is. */
  only?: ReadonlySet<string>
  except?: ReadonlySet<string>
}

const maxNames = 100

/**
 * `attributes` and `excludedAttributes`, as text of a query or lists of a search. Names that nobody
 * knows show nothing and hide nothing.
 */
export function readProjection(
  type: ResourceType,
  { attributes, excludedAttributes }: { attributes?: unknown; excludedAttributes?: unknown },
): Projection {
  if (attributes === undefined && excludedAttributes === undefined) return everything(type)
  const only = readNames('attributes', attributes)
  const except = readNames('excludedAttributes', excludedAttributes)
  if (only.length > 0 && except.length > 0)
    throw badRequest('invalidValue', 'Use attributes or excludedAttributes, not both.')
  return {
    type,
    ...(only.length > 0 ? { only: pathsOf(type, only) } : {}),
    ...(except.length > 0 ? { except: pathsOf(type, except) } : {}),
  }
}

const whole = new WeakMap<ResourceType, Projection>()

/** Nearly every answer shows everything, and what that is is worked out once. */
function everything(type: ResourceType): Projection {
  const known = whole.get(type)
  if (known) return known
  const projection = { type }
  whole.set(type, projection)
  return projection
}

function readNames(parameter: string, value: unknown): string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? value.split(',') : value
  if (!Array.isArray(list) || list.length > maxNames)
    throw badRequest('invalidValue', `${parameter} takes at most ${maxNames} names of attributes.`)
  const names = list.map((name) => {
    if (typeof name === 'string') return name.trim()
    throw badRequest('invalidValue', `${parameter} takes names of attributes, not ${quote(name)}.`)
  })
  return names.filter((name) => name !== '')
}

function pathsOf(type: ResourceType, names: string[]): ReadonlySet<string> {
  return new Set(names.flatMap((name) => expand(type, name)))
}

/** The URN of a schema stands for all of its attributes. */
function expand(type: ResourceType, name: string): string[] {
  const schema = sameName(name, type.schema.id) ? type.schema : findExtension(type, name)
  if (schema) {
    const extension = schema === type.schema ? undefined : schema.id
    return schema.attributes.map((attribute) => attributeRef(extension, attribute).path)
  }
  const ref = findAttribute(type, name)
  return ref ? [ref.path] : []
}

/** Whether any part of an attribute is in the answer, so that it is worth reading: `members`. */
export function shows(projection: Projection, name: string): boolean {
  const ref = findAttribute(projection.type, name)
  return ref !== undefined && wants(projection, ref)
}

/** Whether every attribute is in the answer that ever is. */
export function showsAll({ only, except }: Projection): boolean {
  return !only && !except
}

/** What is shown of one attribute: all of it, or these of its parts. */
type Shown = { extension: string | undefined; name: string; parts: readonly string[] | undefined }

const plans = new WeakMap<Projection, readonly Shown[]>()

/** Asked once for a page, since every resource of it is shown alike. */
function planOf(projection: Projection): readonly Shown[] {
  const known = plans.get(projection)
  if (known) return known
  const plan = allAttributes(projection.type)
    .filter((ref) => wants(projection, ref))
    .map((ref) => ({
      extension: ref.extension,
      name: ref.attribute.name,
      parts: ref.attribute.subAttributes && shownParts(projection, ref),
    }))
  plans.set(projection, plan)
  return plan
}

function shownParts(projection: Projection, ref: AttributeRef): string[] {
  return partsOf(ref).flatMap((part) =>
    part.sub && wants(projection, part) ? [part.sub.name] : [],
  )
}

/** The part of a resource that the answer holds; never a password, never null. */
export function project(projection: Projection, resource: JsonObject): JsonObject {
  const shown = emptyObject()
  for (const { extension, name, parts } of planOf(projection)) {
    const home = extension ? resource[extension] : resource
    const value = isObject(home) ? home[name] : undefined
    if (isUnassigned(value)) continue
    const projected = parts ? projectValue(parts, value) : value
    if (isUnassigned(projected)) continue
    if (extension) {
      const inside = shown[extension] ?? emptyObject()
      ;(inside as JsonObject)[name] = projected
      shown[extension] = inside
    } else shown[name] = projected
  }
  return shown
}

function isUnassigned(value: Json | undefined): value is undefined | null {
  if (value === undefined || value === null) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function wants({ only, except }: Projection, ref: AttributeRef): boolean {
  const { returned } = ref.sub ?? ref.attribute
  if (returned === 'always') return true
  if (returned === 'never') return false
  if (only) return isNamed(only, ref)
  if (except?.has(ref.path)) return false
  return returned === 'default'
}

/** An attribute is named by itself, by its owner, or by one of its parts. */
function isNamed(only: ReadonlySet<string>, ref: AttributeRef): boolean {
  if (only.has(ref.path)) return true
  return ref.sub ? only.has(ownerOf(ref)) : partsOf(ref).some(({ path }) => only.has(path))
}

function ownerOf({ extension, attribute }: AttributeRef): string {
  return attributeRef(extension, attribute).path
}

function partsOf({ extension, attribute }: AttributeRef): AttributeRef[] {
  return (attribute.subAttributes ?? []).map((sub) => attributeRef(extension, attribute, sub))
}

function projectValue(parts: readonly string[], value: Json): Json {
  if (!Array.isArray(value)) return projectParts(parts, value)
  return value.map((one) => projectParts(parts, one)).filter((one) => !isUnassigned(one))
}

function projectParts(parts: readonly string[], value: Json): Json {
  if (!isObject(value)) return value
  const shown = emptyObject()
  for (const name of parts) {
    const part = value[name]
    if (part !== undefined && !isUnassigned(part)) shown[name] = part
  }
  return shown
}
