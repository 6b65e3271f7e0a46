import { type RefusalCode, Refused, refusalStatus } from '../model/refusals.ts'
import { ScimError, type ScimFault, type ScimType } from './core/index.ts'

const types: Partial<Record<RefusalCode, ScimType>> = {
  'request.invalid': 'invalidValue',
  'user.user_name_exists': 'uniqueness',
  'user.email_exists': 'uniqueness',
  'group.name_exists': 'uniqueness',
}
/** What the Management API answers with 409 and SCIM otherwise (BEHAVIOURS.md §17). */
const statuses: Partial<Record<RefusalCode, number>> = {
  'provisioning.method_conflict': 403,
  'provisioning.paused': 503,
}

/** GE-2: what all doors call it. Anything else is `request.invalid`. */
const codes: Partial<Record<number, RefusalCode>> = {
  404: 'resource.not_found',
  412: 'request.stale',
}
const coded = /^[a-z]+\.[a-z_]+: /

export type Fault = ScimFault & { code: string | null; retryAfterSeconds?: number | undefined }

/**
 * What went wrong as a SCIM error, with the stable code at the start of its detail (GE-1); undefined
 * for what is our own fault.
 */
export function faultOf(error: unknown): Fault | undefined {
  if (error instanceof ScimError) {
    const { status, scimType, detail, allow } = error
    const code = codes[status] ?? 'request.invalid'
    return {
      status,
      ...(scimType && { scimType }),
      detail: coded.test(detail) ? detail : `${code}: ${detail}`,
      ...(allow && { allow }),
      code: scimType ?? codes[status] ?? null,
    }
  }
  if (error instanceof Refused) {
    const { code, detail, retryAfterSeconds } = error.refusal
    const scimType = types[code]
    return {
      status: statuses[code] ?? refusalStatus[code],
      ...(scimType && { scimType }),
      detail: `${code}: ${detail}`,
      code,
      retryAfterSeconds,
    }
  }
  return undefined
}
