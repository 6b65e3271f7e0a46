/** Which page of a list is asked for: by index (RFC 7644 §3.4.2.4) or by cursor (RFC 9865). */
import { badRequest, quote } from './errors.ts'

export const pageLimits = { results: 200, defaultResults: 100, cursorSeconds: 3600 } as const

export type Paging =
  | { kind: 'index'; startIndex: number; count: number }
  /** Without `cursor` the first page. */
  | { kind: 'cursor'; cursor?: string; count: number }

/** The parameters as a query or a search request has them: text or numbers. */
export type PagingParameters = { startIndex?: unknown; count?: unknown; cursor?: unknown }

export function readPaging({ startIndex, count, cursor }: PagingParameters): Paging {
  if (isAbsent(cursor)) return readIndex(startIndex, count)
  if (!isAbsent(startIndex))
    throw badRequest('invalidCursor', 'Use cursor or startIndex to page, not both.')
  if (typeof cursor !== 'string')
    throw badRequest('invalidCursor', 'A cursor is text as this server gave it.')
  // RFC 9865 §2: an empty cursor asks for the first page.
  return { kind: 'cursor', ...(cursor === '' ? {} : { cursor }), count: readCursorCount(count) }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

/** RFC 7644 §3.4.2.4: a startIndex below 1 is 1, a count below 0 is 0. */
function readIndex(startIndex: unknown, count: unknown): Paging {
  const start = readInteger(startIndex) ?? 1
  if (Number.isNaN(start))
    throw badRequest('invalidValue', `startIndex must be a whole number, not ${quote(startIndex)}.`)
  return { kind: 'index', startIndex: Math.max(start, 1), count: Math.max(readCount(count), 0) }
}

/** RFC 9865 §2.1: with a cursor, a count below 0 is an error. Zero asks for the total alone. */
function readCursorCount(count: unknown): number {
  const read = readCount(count)
  if (read < 0) throw badRequest('invalidCount', 'count must not be below zero.')
  return read
}

function readCount(count: unknown): number {
  const read = readInteger(count) ?? pageLimits.defaultResults
  if (Number.isNaN(read))
    throw badRequest('invalidCount', `count must be a whole number, not ${quote(count)}.`)
  return Math.min(read, pageLimits.results)
}

/** NaN for what is no whole number; undefined when nothing was sent. */
function readInteger(value: unknown): number | undefined {
  if (isAbsent(value) || value === '') return undefined
  const number = typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value) ? Number(value) : value
  return Number.isSafeInteger(number) ? (number as number) : Number.NaN
}
