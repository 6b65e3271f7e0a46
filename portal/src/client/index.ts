export {
  type AuditSearch,
  doors,
  type OrganisationApi,
  organisationApi,
  platform,
  type Seen,
  type Sent,
  type SignInLogSearch,
  type UserSearch,
} from './api.ts'
export { appointDoorman, asProblem, Refusal, rememberCsrfToken, type Versioned } from './http.ts'
export { isManager, meQuery, queries, useMe, useOrganisation } from './session.ts'
