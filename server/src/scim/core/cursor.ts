/**
 * Cursors (RFC 9865): where the last page ended, for one query, for a while. They are signed, so a
 * client can neither make one nor carry one over to another query or organisation.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { badRequest } from './errors.ts'

/** The values of the sort keys of the last resource shown. */
export type Position = (string | number | null)[]

export type CursorContext = {
  key: Uint8Array
  /** Everything the position depends on: organisation, resource type, filter, order. */
  query: string
  /** Unix milliseconds. */
  now: number
}

/** Longer ones were not made here. */
const maxLength = 4096

/** RFC 9865 §2: unreserved characters of a URI alone. */
export function writeCursor(position: Position, expiresAt: number, context: CursorContext): string {
  const content = Buffer.from(JSON.stringify([expiresAt, digest(context.query), position]))
  const text = content.toString('base64url')
  return `${text}.${sign(text, context.key)}`
}

/** Throws `invalidCursor` or `expiredCursor`. */
export function readCursor(cursor: string, { key, query, now }: CursorContext): Position {
  const [text = '', signature = '', ...more] = cursor.length > maxLength ? [] : cursor.split('.')
  if (more.length > 0 || !text || !sameText(signature, sign(text, key))) throw invalid()

  const content = JSON.parse(Buffer.from(text, 'base64url').toString())
  const [expiresAt, queryDigest, position]: [number, string, Position] = content
  if (queryDigest !== digest(query))
    throw badRequest(
      'invalidCursor',
      'This cursor belongs to another query; keep filter and order as they were, or start again.',
    )
  if (now >= expiresAt)
    throw badRequest('expiredCursor', 'This cursor is too old; start again without one.')
  return position
}

function invalid() {
  return badRequest('invalidCursor', 'This cursor was not given out here; start again without one.')
}

function sign(text: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(`scim cursor ${text}`).digest('base64url')
}

function digest(query: string): string {
  return createHash('sha256').update(query).digest('base64url').slice(0, 22)
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
