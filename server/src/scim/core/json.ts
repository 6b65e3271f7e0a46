/** A request body as a value that is safe to walk: no prototypes, no traps, nothing ambiguous. */
import { badRequest, quote, type ScimError, tooLarge } from './errors.ts'

export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

/** Real requests nest five deep; the rest is for extensions to come. */
const maxDepth = 32

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The body as an object without prototype, all the way down. Throws `invalidSyntax`, or 413 when
 * the body is larger than `maxBytes`.
 */
export function parseBody(body: string | Uint8Array, maxBytes: number): JsonObject {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  if (bytes > maxBytes)
    throw tooLarge(`The request is larger than ${maxBytes} bytes; send it in smaller parts.`)

  const text = typeof body === 'string' ? body : decode(body)
  const parsed = parse(text)
  if (!isObject(parsed)) throw syntax('The body must be a JSON object.')
  const copied = copy(parsed, 1)
  // JSON.parse keeps the last of two equal names in silence; another reader may keep the first.
  if (countNamesInText(text) !== countNames(copied))
    throw syntax('The body has an attribute twice in one object; send it once.')
  return copied as JsonObject
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object without prototype, so that no name from outside can reach one. */
export function emptyObject(): JsonObject {
  return Object.create(null)
}

/** Whether two values are the same, whatever the order of their names. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => sameJson(value, b[index]))
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]))
  )
}

/** A copy that shares nothing with the original. */
export function cloneJson<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneJson) as T
  if (!isObject(value)) return value
  const clone = emptyObject()
  for (const [name, inner] of Object.entries(value)) clone[name] = cloneJson(inner)
  return clone as T
}

/** Text that every database and every log can hold. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function syntax(detail: string): ScimError {
  return badRequest('invalidSyntax', detail)
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw syntax('The body is not UTF-8.')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw syntax('The body is not well-formed JSON.')
  }
}

function copy(value: unknown, depth: number): Json {
  if (typeof value === 'string') {
    if (!isCleanText(value))
      throw syntax('A text in the body holds NUL or half of a surrogate pair; remove it.')
    return value
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw syntax('A number in the body is too large.')
    return value
  }
  if (typeof value !== 'object' || value === null) return value as boolean | null
  if (depth > maxDepth) throw syntax(`The body nests deeper than ${maxDepth} levels.`)
  return Array.isArray(value)
    ? value.map((inner) => copy(inner, depth + 1))
    : copyObject(value, depth)
}

function copyObject(value: object, depth: number): JsonObject {
  const object = emptyObject()
  const seen = new Set<string>()
  for (const [name, inner] of Object.entries(value)) {
    const folded = name.toLowerCase()
    if (forbiddenNames.has(folded) || !isCleanText(name))
      throw syntax(`${quote(name)} is not an attribute name.`)
    // RFC 7643 §2.1: attribute names are case-insensitive, so these two are one.
    if (seen.has(folded)) throw syntax(`The attribute ${quote(name)} is there twice; send it once.`)
    seen.add(folded)
    object[name] = copy(inner, depth + 1)
  }
  return object
}

function countNames(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) for (const inner of value) count += countNames(inner)
  else for (const name in value) count += 1 + countNames(value[name] as Json)
  return count
}

/** Strings followed by a colon, in text that is known to be JSON. */
function countNamesInText(text: string): number {
  let count = 0
  let start = text.indexOf('"')
  while (start !== -1) {
    let end = text.indexOf('"', start + 1)
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
    let next = end + 1
    while (isBlank(text.charCodeAt(next))) next++
    if (text[next] === ':') count++
    start = text.indexOf('"', next)
  }
  return count
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text[before] === '\\') before--
  return (at - before) % 2 === 0
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
