export { useAddingBlocked } from './adding.ts'
export {
  type AuditSearch,
  account,
  doors,
  type MethodSettings,
  type OrganisationApi,
  type ProvisioningLogSearch,
  platform,
  type Seen,
  type Sent,
  type SignInLogSearch,
  type UserSearch,
} from './api.ts'
export { useHandOverPreview } from './handOver.ts'
export { appointDoorman, asProblem, Refusal, type Versioned } from './http.ts'
export { hasPasskeys, makePasskey, showPasskey } from './passkeys.ts'
export { meQuery, queries, signOut, useMe, useOrganisation } from './session.ts'
export { useSwitching } from './switching.ts'
