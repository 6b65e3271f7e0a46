export { platformId } from '../model/organisation.ts'
export {
  builtInRoles,
  decideScim,
  domainState,
  type MailWish,
  type Path,
  passwordFaults,
  registrationClosed,
  roleLabel,
  rollbackUntil,
  type SsoProtocol,
  sourceLabel,
  unavailableBecause,
} from '../policy/index.ts'
export * from './accounts.ts'
export * from './arrive.ts'
export * from './attempts.ts'
export * from './break-glass.ts'
export { digestOf } from './connections.ts'
export * from './domains.ts'
export * from './export.ts'
export * from './groups.ts'
export {
  type HandOver,
  type HandOverPreview,
  previewHandOver,
  previewRollback,
  rollBackProvisioning,
} from './hand-over.ts'
export * from './idempotency.ts'
export * from './identity.ts'
export * from './invitations.ts'
export * from './join.ts'
export * from './keys.ts'
export { tellLastManagerKept } from './lifecycle.ts'
export * from './links.ts'
export {
  changeMailSettings,
  isMailless,
  listMails,
  mailSettings,
  mailToTest,
  sendAgain,
} from './mail.ts'
export * from './organisations.ts'
export * from './passwords.ts'
export * from './people.ts'
export * from './platform.ts'
export * from './pools.ts'
export * from './provisioning.ts'
export * from './provisioning-log.ts'
export * from './recovery.ts'
export { restoreUser } from './restore.ts'
export * from './scim-connection.ts'
export * from './scim-credentials.ts'
export * from './scim-groups.ts'
export * from './scim-people.ts'
export * from './second-factor.ts'
export * from './self-service.ts'
export * from './sessions.ts'
export {
  type Asked as DifferencesAsked,
  beginShadow,
  discardShadow,
  goLive,
  listDifferences,
  type Summary as ShadowSummary,
  shadowMark,
  shadowSummary,
  shadowView,
} from './shadow.ts'
export { createShadowWalk, type ShadowWalk } from './shadow-walk.ts'
export * from './sign-in.ts'
export * from './trail.ts'
export * from './walks.ts'
export {
  allow,
  allowOn,
  type Directory,
  openDirectory,
  type Place,
  type Read,
  type Write,
} from './write.ts'
