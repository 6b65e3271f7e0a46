/** A request body as a value that is safe to walk: no prototypes, no traps, nothing ambiguous. */
import { badRequest, quote, type ScimError, tooLarge } from './errors.ts'

export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json }

/** Real requests nest five deep; the rest is for extensions to come. */
const maxDepth = 32
const maxNames = 1000

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
  const namesSent = scan(text)
  const parsed = parse(text)
  if (!isObject(parsed)) throw syntax('The body must be a JSON object.')
  const count = { names: 0 }
  const copied = copyObject(parsed, count)
  // JSON.parse keeps the last of two equal names in silence; another reader may keep the first.
  if (namesSent !== count.names)
    throw syntax('The body has an attribute twice in one object; send it once.')
  return copied
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Of `Object.create(null)` V8 makes a hash table, which everything that walks it pays for.
const Bare = function Bare() {} as unknown as new () => JsonObject
Bare.prototype = Object.freeze(Object.create(null))

/** An object that inherits nothing, so that no name from outside can reach a prototype. */
export function emptyObject(): JsonObject {
  return new Bare()
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

type Count = { names: number }

function copy(value: unknown, count: Count): Json {
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
  return Array.isArray(value) ? value.map((inner) => copy(inner, count)) : copyObject(value, count)
}

function copyObject(value: object, count: Count): JsonObject {
  const object = emptyObject()
  const names = Object.keys(value)
  count.names += names.length
  if (names.length > maxNames)
    throw syntax(`An object in the body has more than ${maxNames} attributes.`)
  for (const name of names) {
    if (forbiddenNames.has(name.toLowerCase()) || !isCleanText(name))
      throw syntax(`${quote(name)} is not an attribute name.`)
    object[name] = copy((value as JsonObject)[name], count)
  }
  if (names.length > 1) checkDistinct(names)
  return object
}

/** RFC 7643 §2.1: attribute names are case-insensitive, so two that differ in case are one. */
function checkDistinct(names: string[]) {
  const seen = new Set<string>()
  for (const name of names) {
    const folded = name.toLowerCase()
    if (seen.has(folded)) throw syntax(`The attribute ${quote(name)} is there twice; send it once.`)
    seen.add(folded)
  }
}

/**
 * Looks at the text before it is parsed: throws when it nests too deep, which would cost the parser
 * more than the whole request is worth, and counts the names, strings with a colon behind them.
 */
function scan(text: string): number {
  let names = 0
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const symbol = text[at]
    if (symbol === '{' || symbol === '[') {
      depth++
      if (depth > maxDepth) throw syntax(`The body nests deeper than ${maxDepth} levels.`)
    } else if (symbol === '}' || symbol === ']') depth--
    else if (symbol === ':') names++
    else if (symbol === '"') {
      at = endOfString(text, at)
      if (at === -1) break
    }
  }
  return names
}

/** Where the string that starts here ends; -1 when it does not. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text[before] === '\\') before--
  return (at - before) % 2 === 0
}
