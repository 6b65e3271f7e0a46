/** What the server answers when a request cannot be carried out (RFC 7644 §3.12). */
import { errorSchema } from './names.ts'

/** RFC 7644 §3.12 table 9 and RFC 9865 §2.1. */
export type ScimType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'invalidVers'
  | 'sensitive'
  | 'invalidCursor'
  | 'expiredCursor'
  | 'invalidCount'

export type ScimFault = {
  status: number
  scimType?: ScimType
  detail: string
  /** Of a 405: the methods that can be used (RFC 9110 §15.5.6). */
  allow?: readonly string[]
}

export type ErrorBody = {
  schemas: [typeof errorSchema]
  status: string
  scimType?: ScimType
  detail: string
}

/** `detail` is read by an administrator in the log of the identity provider. */
export class ScimError extends Error {
  readonly status: number
  readonly scimType?: ScimType
  readonly detail: string
  readonly allow?: readonly string[]

  constructor({ status, scimType, detail, allow }: ScimFault) {
    super(scimType ? `${scimType}: ${detail}` : detail)
    this.name = 'ScimError'
    this.status = status
    if (scimType) this.scimType = scimType
    if (allow) this.allow = allow
    this.detail = detail
  }
}

/** RFC 7644 §3.12: `status` is a string. */
export function errorBody({ status, scimType, detail }: ScimFault): ErrorBody {
  return {
    schemas: [errorSchema],
    status: String(status),
    ...(scimType ? { scimType } : {}),
    detail,
  }
}

/** A request that is wrong in itself: 400. */
export function badRequest(scimType: ScimType, detail: string): ScimError {
  return new ScimError({ status: 400, scimType, detail })
}

export function tooLarge(detail: string): ScimError {
  return new ScimError({ status: 413, detail })
}

/** Names and values come from strangers; in a message they are cut to a length fit for a log line. */
const longestQuote = 100

export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return `"${text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text}"`
}
