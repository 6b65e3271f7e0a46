/** The parts of SCIM messages that every identity provider writes alike. */
import type { Json, JsonObject } from './exchange.ts'

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export type Operation = { op: string; path?: string; value?: Json }

export function patchOf(...operations: Operation[]): JsonObject {
  return { schemas: [patchSchema], Operations: operations }
}

/** `/Users?filter=userName eq "ada@contoso.example"`, written as it goes over the line. */
export function filtered(endpoint: '/Users' | '/Groups', filter: string, more = ''): string {
  return `${endpoint}?${more ? `${more}&` : ''}filter=${encodeURIComponent(filter)}`
}

/** `userName eq "…"`, with the value as a JSON string. */
export function equals(attribute: string, value: string): string {
  return `${attribute} eq ${JSON.stringify(value)}`
}

export function members(ids: readonly string[]): Json[] {
  return ids.map((value) => ({ value }))
}

/** The object without what is undefined. */
export function filled(object: Record<string, Json | undefined>): JsonObject {
  const entries = Object.entries(object).filter((entry) => entry[1] !== undefined)
  return Object.fromEntries(entries) as JsonObject
}
