import { z } from 'zod'
import { Id, Time } from './shared.ts'

/** `GET /groups` and `GET /pools` as far as people can be assigned to them. */
export const GroupRow = z.object({
  id: Id,
  name: z.string(),
  isDefault: z.boolean(),
  /** `scim`: the identity provider owns the group and who is in it (SC-36). */
  managedBy: z.enum(['portal', 'scim']),
  /** Whether the identity provider may take it over (SC-35). */
  adoptable: z.boolean(),
  createdAt: Time,
})
export type GroupRow = z.infer<typeof GroupRow>
export const PoolRow = z.object({
  id: Id,
  name: z.string(),
  isDefault: z.boolean(),
  roles: z.array(z.string()),
  createdAt: Time,
})
export type PoolRow = z.infer<typeof PoolRow>

/** `PUT /groups/{id}/adoptable` (SC-35) */
export const GroupAdoptable = z.strictObject({ adoptable: z.boolean() })
/** `POST /groups/{id}/members {userId}`, `DELETE /groups/{id}/members/{userId}` */
export const AddMember = z.strictObject({ userId: Id })
/** `POST /users/{id}/pool-grants`, `DELETE /users/{id}/pool-grants/{grantId}` */
export const AddPoolGrant = z.strictObject({
  poolId: Id,
  roles: z
    .array(z.enum(['ROLE_USER']))
    .max(5)
    .optional(),
})
