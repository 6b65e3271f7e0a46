import { z } from 'zod'
import { Id, listOf, Time } from './shared.ts'

/** `GET POST /api/v1/me/keys`, `DELETE /api/v1/me/keys/{id}`: keys that act for their owner (AK-7). */
export const PersonalKey = z.object({
  id: Id,
  label: z.string(),
  scopes: z.array(z.string()),
  last3: z.string(),
  createdAt: Time,
  expiresAt: Time,
  lastUsedAt: Time.nullable(),
  lastUsedIp: z.string().nullable(),
})
export type PersonalKey = z.infer<typeof PersonalKey>
export const PersonalKeys = listOf(PersonalKey).extend({
  /** What a key of this person can be given. */
  scopes: z.array(z.string()),
})
export const CreatePersonalKey = z.strictObject({
  label: z.string().max(60),
  scopes: z.array(z.string().max(40)).max(20),
  expiresInDays: z.number().int().min(7).max(365).default(90),
})
/** The key itself is shown this once. */
export const CreatedPersonalKey = PersonalKey.extend({ key: z.string() })
