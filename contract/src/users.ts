import { z } from 'zod'
import { NewestMail } from './mail.ts'
import {
  Id,
  listOf,
  Name,
  Provenance,
  ProvisioningSource,
  Repeatable,
  Role,
  SortedPage,
  Time,
} from './shared.ts'

export const UserStatus = z.enum(['active', 'pending', 'deactivated'])
export type UserStatus = z.infer<typeof UserStatus>
export const JoinedBy = z.enum([
  'first_manager',
  'created',
  'invited',
  'self_service',
  'sso_jit',
  'scim',
  'ldap',
])

export const UserRow = z.object({
  id: Id,
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  status: UserStatus,
  pendingReason: z.enum(['not_activated', 'method_changed']).nullable(),
  held: z.boolean(),
  roles: z.array(z.string()),
  /** Label of the highest role (RB-3). */
  roleLabel: z.string(),
  managedBy: ProvisioningSource,
  joinedBy: JoinedBy,
  groups: z.array(z.object({ id: Id, name: z.string() })),
  createdBy: z.string(),
  createdAt: Time,
  updatedBy: z.string(),
  updatedAt: Time,
  lastSignInAt: Time.nullable(),
  mail: NewestMail.nullable(),
})
export type UserRow = z.infer<typeof UserRow>

export const userSorts = [
  'name',
  'email',
  'managedBy',
  'createdBy',
  'updatedBy',
  'updatedAt',
  'lastSignIn',
] as const

const userFilter = {
  search: z.string().trim().max(100).optional(),
  status: UserStatus.optional(),
  managedBy: ProvisioningSource.optional(),
  /** Everybody but those: under SCIM, who is "Not in the IdP" (SC-20). */
  notManagedBy: ProvisioningSource.optional(),
  role: Role.optional(),
  group: Id.optional(),
  pool: Id.optional(),
  /** People whose last sign-in is older than so many days, or `never`. */
  lastSignIn: z.enum(['never', '7d', '30d', '90d']).optional(),
}
/**
 * `GET /users`: `search` needs 3 characters to search inside words, fewer match the beginning. By
 * several `sort` fields at most 20,000 people are sorted; by one, any number.
 */
export const UserQuery = SortedPage.extend(userFilter)
/** `GET /users/export`: the list by the same filter and order, as CSV and without pages (US-16). */
export const UserExport = z.object({ sort: Repeatable, ...userFilter })
export const UserList = listOf(UserRow)
export type UserList = z.infer<typeof UserList>

export const MembershipView = z.object({
  id: Id,
  name: z.string(),
  isDefault: z.boolean(),
  /** `scim`: the membership belongs to the identity provider (SC-36). */
  managedBy: z.enum(['portal', 'scim']),
  /** Through a group that is in this one (SC-39). */
  inherited: z.boolean(),
  /** Names of the groups by which it is inherited. */
  via: z.array(z.string()),
  provenance: Provenance,
})
export const PoolSeat = z.object({
  poolId: Id,
  poolName: z.string(),
  isDefault: z.boolean(),
  /** Roles held in the pool, by whatever path. */
  roles: z.array(z.string()),
  /** Id of the direct grant that can be removed here, if there is one. */
  directGrantId: Id.nullable(),
})
export const UserDetails = UserRow.extend({
  roleGrants: z.array(z.object({ role: z.string(), provenance: Provenance })),
  memberships: z.array(MembershipView),
  pools: z.array(PoolSeat),
  /** Attributes that the identity provider owns, with the reason (JI-16). */
  managedAttributes: z.array(z.object({ attribute: z.string(), reason: z.string() })),
  identities: z.array(
    z.object({ connection: z.string(), issuer: z.string(), subject: z.string(), linkedAt: Time }),
  ),
  /** Acts that this caller may not do on this person now, with the reason. */
  locked: z.object({
    edit: z.string().nullable(),
    disable: z.string().nullable(),
    delete: z.string().nullable(),
    roles: z.string().nullable(),
    /** Hold is for whom SCIM or LDAP manages; null when it can be set or lifted (US-12). */
    hold: z.string().nullable(),
  }),
  /** The name and key at the identity provider; null for whom it never sent. */
  userName: z.string().nullable(),
  externalId: z.string().nullable(),
  version: z.number().int(),
})
export type UserDetails = z.infer<typeof UserDetails>
/** `POST /users`, `POST /users/{id}/restore` */
export const CreatedUser = UserDetails.extend({
  /** Only where no mail is sent, and only now: to hand over (EM-5, EM-7). */
  activationLink: z.string().optional(),
})
export type CreatedUser = z.infer<typeof CreatedUser>

/** `POST /users` (MU-2). Under `sso_jit` this pre-registers a person (MU-10). */
export const CreateUser = z.strictObject({
  firstName: Name,
  lastName: Name,
  email: z.string().min(5).max(254),
  roles: z.array(Role).max(10).optional(),
  groups: z.array(Id).max(50).optional(),
  pools: z.array(Id).max(50).optional(),
  password: z.unknown().optional(),
})
export type CreateUser = z.infer<typeof CreateUser>

/** `PATCH /users/{id}` */
export const ChangeUser = z.strictObject({
  firstName: Name.optional(),
  lastName: Name.optional(),
  roles: z.array(Role).max(10).optional(),
  email: z.unknown().optional(),
  password: z.unknown().optional(),
})
export type ChangeUser = z.infer<typeof ChangeUser>

/** `POST /users/disable`, `…/enable`, `…/resend-activation`: one act for many people (US-16). */
export const ChosenUsers = z.strictObject({ ids: z.array(Id).min(1).max(200) })
/** 200 when it came to everybody, 207 when somebody was refused. */
export const UserResults = z.object({
  items: z.array(
    z.object({
      id: Id,
      /** As a request for this person alone would be answered. */
      status: z.number().int(),
      code: z.string().nullable(),
      detail: z.string().nullable(),
      /** Of `…/resend-activation` where no mail service is: shown this once (EM-5). */
      activationLink: z.string().optional(),
    }),
  ),
})
export type UserResults = z.infer<typeof UserResults>

export const UserSession = z.object({
  id: z.string(),
  method: z.string(),
  createdAt: Time,
  lastSeenAt: Time,
  ip: z.string(),
  userAgent: z.string(),
  current: z.boolean(),
})

/** `GET /adoptions`, `POST /adoptions/{id}/approve`, `POST /adoptions/{id}/decline` (JI-19). */
export const Adoption = z.object({
  id: Id,
  userId: Id,
  email: z.string(),
  name: z.string(),
  issuer: z.string(),
  subject: z.string(),
  risk: z.enum(['low', 'medium', 'high']),
  reason: z.string(),
  createdAt: Time,
  lastAttemptAt: Time,
  attempts: z.number().int(),
})
export type Adoption = z.infer<typeof Adoption>
