import type { ProvisioningSource } from './organisation.ts'

export type UserStatus = 'active' | 'pending' | 'deactivated'
export type PendingReason = 'not_activated' | 'method_changed'
export type JoinedBy =
  | 'first_manager'
  | 'created'
  | 'invited'
  | 'self_service'
  | 'sso_jit'
  | 'scim'
  | 'ldap'

export type User = {
  id: string
  organisationId: string
  email: string
  emailFolded: string
  firstName: string
  lastName: string
  status: UserStatus
  pendingReason: PendingReason | null
  held: boolean
  managedBy: ProvisioningSource
  joinedBy: JoinedBy
  emailVerifiedAt: number | null
  createdBy: string
  createdAt: number
  updatedBy: string
  updatedAt: number
  lastSignInAt: number | null
  /** The name at the identity provider (SCIM `userName`); null for people that it never sent. */
  userName: string | null
  /** The key at the identity provider (SCIM `externalId`), compared exactly. */
  externalId: string | null
  /** False after the identity provider removed `active`: the person stays as they were. */
  activeAssigned: boolean
  version: number
}

export type Role = 'ROLE_MANAGER' | 'ROLE_GROUP_ADMIN' | 'ROLE_VIEWER' | 'ROLE_USER' | 'ROLE_ROOT'
/** What an identity provider may give by SCIM (SC-40). */
export const syncableRoles: readonly Role[] = ['ROLE_USER', 'ROLE_VIEWER', 'ROLE_MANAGER']

export type ProvenanceKind =
  | 'manual'
  | 'invite'
  | 'link'
  | 'jit'
  | 'scim'
  | 'ldap'
  | 'default'
  | 'temporary'

/** Why a role, membership or grant exists (RB-11). */
export type Provenance = {
  kind: ProvenanceKind
  actor: string
  actorId: string | null
  rule: string | null
  requestId: string | null
  at: number
}
