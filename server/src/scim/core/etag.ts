/** Versions of resources (RFC 7644 §3.14, RFC 9110 §13.1). */
import { ScimError } from './errors.ts'

/** Weak, since two answers of one version may differ in the attributes they show. */
export function etagOf(version: number | string): string {
  return `W/"${version}"`
}

/** Throws 412 when `If-Match` names other versions than the current one; absent, it asks nothing. */
export function requireMatch(ifMatch: string | undefined, current: string): void {
  if (ifMatch === undefined || names(ifMatch, current)) return
  throw new ScimError({
    status: 412,
    detail: `The resource has changed and is now ${current}; read it again, then repeat the change.`,
  })
}

/** Whether the client has this version already, so that 304 is the answer to a GET. */
export function isUnchanged(ifNoneMatch: string | undefined, current: string): boolean {
  return ifNoneMatch !== undefined && names(ifNoneMatch, current)
}

/**
 * RFC 7644 §3.14 has weak tags in If-Match too, so tags compare weakly everywhere. Some clients
 * leave out the quotation marks.
 */
function names(header: string, current: string): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || (tag !== '' && opaque(tag) === opaque(current)))
}

function opaque(tag: string): string {
  return tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1')
}
