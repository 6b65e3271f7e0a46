/** Paths of PATCH operations (RFC 7644 §3.5.2, figure 7). */
import { badRequest, quote, ScimError } from './errors.ts'
import { type Filter, filterLimits, parseValueFilter } from './filter.ts'
import {
  type AttributeRef,
  attributeRef,
  findAttribute,
  findExtension,
  findSub,
  type ResourceType,
  type Schema,
  sameName,
} from './schema.ts'

export type Target =
  | {
      kind: 'attribute'
      ref: AttributeRef
      /** Which values of the attribute are meant; absent for all of them. */
      where?: Filter
    }
  /** The URN of a schema alone: all its attributes. */
  | { kind: 'schema'; schema: Schema }

/** Throws `invalidPath`. */
export function parsePath(type: ResourceType, text: string): Target {
  if (text.length > filterLimits.length)
    throw invalid(text, `it is longer than ${filterLimits.length} characters`)
  const bracket = text.indexOf('[')
  if (bracket !== -1) return parseValuePath(type, text, bracket)

  const schema = sameName(text, type.schema.id) ? type.schema : findExtension(type, text)
  if (schema) return { kind: 'schema', schema }
  const ref = findAttribute(type, text)
  if (!ref) throw invalid(text, `${type.name} has no such attribute`)
  return { kind: 'attribute', ref }
}

/** `emails[type eq "work"].value`: the conditions end at the last bracket. */
function parseValuePath(type: ResourceType, text: string, bracket: number): Target {
  const end = text.lastIndexOf(']')
  const owner = findAttribute(type, text.slice(0, bracket).trim())
  if (!owner) throw invalid(text, `${type.name} has no such attribute`)
  if (owner.sub || !owner.attribute.multiValued || !owner.attribute.subAttributes)
    throw invalid(text, `${owner.path} has no values to choose from`)
  if (end < bracket) throw invalid(text, '"]" is missing')

  const where = readConditions(owner, text, text.slice(bracket + 1, end))
  const suffix = text.slice(end + 1)
  if (suffix === '') return { kind: 'attribute', ref: owner, where }
  const sub = suffix.startsWith('.') ? findSub(owner.attribute, suffix.slice(1)) : undefined
  if (!sub) throw invalid(text, `${quote(suffix)} is not a sub-attribute of ${owner.path}`)
  return { kind: 'attribute', ref: attributeRef(owner.extension, owner.attribute, sub), where }
}

/** SC-30: a path that is not understood is `invalidPath`, whichever part of it is wrong. */
function readConditions(owner: AttributeRef, path: string, text: string): Filter {
  try {
    return parseValueFilter(owner, text)
  } catch (error) {
    if (error instanceof ScimError) throw invalid(path, error.detail.replace(/\.$/, ''))
    throw error
  }
}

function invalid(path: string, why: string): ScimError {
  return badRequest('invalidPath', `The path ${quote(path)} cannot be used: ${why}.`)
}
