import { z } from 'zod'

/** RFC 9457 problem with Usher's stable `code` (GE-1). */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.string(),
  errors: z
    .array(z.object({ pointer: z.string(), code: z.string(), detail: z.string().optional() }))
    .optional(),
  /** With `user.restorable`: who can be brought back (MU-7). */
  userId: z.string().optional(),
  requestId: z.string().optional(),
})
export type Problem = z.infer<typeof Problem>

export const Id = z.uuid()
/** Unix milliseconds. */
export const Time = z.number().int()

/** What people and things are called: one line, and not blank. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'no control characters')

export const Page = z.object({
  page: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
  size: z.coerce.number().int().min(1).max(200).default(20),
})

/** One or several `sort=field,asc|desc` query parameters as a list. */
export const Repeatable = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : Array.isArray(value) ? value : [value]))

export const SortedPage = Page.extend({ sort: Repeatable })

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    total: z.number().int(),
    /** False when `total` is a lower bound, as for a search that finds very many people. */
    totalExact: z.boolean(),
    page: z.number().int(),
    size: z.number().int(),
  })

export const roles = ['ROLE_MANAGER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const LoginMethod = z.enum(['password', 'google', 'sso'])
export type LoginMethod = z.infer<typeof LoginMethod>

export const ProvisioningSource = z.enum(['portal', 'sso_jit', 'scim', 'ldap'])
export type ProvisioningSource = z.infer<typeof ProvisioningSource>

export const Provenance = z.object({
  kind: z.enum(['manual', 'invite', 'link', 'jit', 'scim', 'ldap', 'default', 'temporary']),
  /** Who or what did it, in words: a person's name, "System", a rule. */
  actor: z.string(),
  rule: z.string().nullable(),
  requestId: z.string().nullable(),
  at: Time,
})
export type Provenance = z.infer<typeof Provenance>
