import type {
  LoginMethod,
  ProvisioningSource,
  SelfServiceView,
} from '../../../contract/src/index.ts'

/** The portal's words for what the contract names. */
export const sourceWords: Record<ProvisioningSource, string> = {
  portal: 'Portal',
  sso_jit: 'JIT-provisioned',
  scim: 'SCIM',
  ldap: 'LDAP',
}

export type Protocol = 'saml' | 'oidc'
/** JI-1: just-in-time joining is named after the protocol of the connection. */
export function sourceLabel(source: ProvisioningSource, protocol: Protocol): string {
  if (source !== 'sso_jit') return sourceWords[source]
  return protocol === 'oidc' ? 'OIDC JIT' : 'SAML JIT'
}

export const methodWords: Record<LoginMethod, string> = {
  password: 'E-mail and password',
  google: 'Google',
  sso: 'Single sign-on (SSO)',
}

const signedInBy: Record<string, string> = {
  ...methodWords,
  emergency: 'Emergency access',
  setup: 'Set-up',
  platform: 'Platform',
  assist: 'Assist by ROLE_ROOT',
}

/** How a session was opened. */
export function signedInWords(method: string): string {
  return signedInBy[method] ?? method
}

const roleLabels: Record<string, string> = {
  ROLE_MANAGER: 'Manager',
  ROLE_GROUP_ADMIN: 'Group admin',
  ROLE_VIEWER: 'Viewer',
  ROLE_USER: 'User',
  ROLE_ROOT: 'Root',
}
export function roleWords(role: string): string {
  return roleLabels[role] ?? role
}

export const statusWords = { active: 'Active', pending: 'Pending', deactivated: 'Deactivated' }

const wholeNumber = new Intl.NumberFormat('en')

/** A number that was counted only so far: "more than 1,000". */
export function countWords({ count, exact }: { count: number; exact: boolean }): string {
  return exact ? wholeNumber.format(count) : `more than ${wholeNumber.format(count)}`
}

const eventLabels: Record<string, string> = {
  'auth.succeeded': 'Signed in',
  'auth.failed': 'Sign-in refused',
  'auth.signed_out': 'Signed out',
  'session.ended': 'Session ended',
  'organisation.created': 'Organisation created',
  'organisation.changed': 'Organisation changed',
  'login_method.changed': 'Login method changed',
  'connection.changed': 'SSO connection changed',
  'connection.tested': 'SSO connection tested',
  'provisioning.changed': 'Provisioning changed',
  'audit.purged': 'Audit events purged',
  'audit.exported': 'Audit exported',
  'audit.export_ended': 'Audit export ended',
  'provisioning.paused': 'Provisioning paused',
  'provisioning.resumed': 'Provisioning resumed',
  'provisioning.rolled_back': 'Provisioning rolled back',
  'self_service.changed': 'Self-service link changed',
  'self_service.rotated': 'Self-service link rotated',
  'assist.begun': 'Operator assists',
  'recovery.issued': 'Recovery link made',
  'recovery.used': 'Recovery link used',
  'invitation.sent': 'Invitation sent',
  'invitation.resent': 'Invitation sent again',
  'invitation.revoked': 'Invitation revoked',
  'invitation.accepted': 'Invitation accepted',
  'registration.requested': 'Registered by link, waiting for approval',
  'registration.approved': 'Registration approved',
  'registration.declined': 'Registration declined',
  'registration.lapsed': 'Registration lapsed',
  'user.joined': 'User joined',
  'user.linked': 'User linked to the identity provider',
  'user.changed': 'User changed',
  'user.activated': 'User activated',
  'user.deactivated': 'User deactivated',
  'user.enabled': 'User enabled',
  'user.deleted': 'User deleted',
  'user.adopted': 'User taken over by the identity provider',
  'user.held': 'User held',
  'user.released': 'Hold lifted',
  'user.restored': 'User came back',
  'user.erased': 'User erased',
  'user.email_change_refused': 'E-mail change not taken over',
  'user.role_granted': 'Role granted',
  'user.role_revoked': 'Role revoked',
  'user.password_set': 'Password set',
  'api_key.revoked': 'API key revoked',
  'second_factor.added': 'Second factor added',
  'second_factor.removed': 'Second factor removed',
  'second_factor.reset': 'Second factor reset by a manager',
  'second_factor.requirement_changed': 'Second factor required or not',
  'recovery_codes.made': 'New recovery codes made',
  'users.exported': 'Users exported',
  'users.export_ended': 'Export ended',
  'activation.issued': 'Activation link issued',
  'activation.resent': 'Activation sent again',
  'group.created': 'Group created',
  'group.changed': 'Group changed',
  'group.deleted': 'Group deleted',
  'group.adopted': 'Group taken over by the identity provider',
  'group.nested': 'Group placed in a group',
  'group.unnested': 'Group taken out of a group',
  'group.member_added': 'Added to a group',
  'group.member_removed': 'Removed from a group',
  'group.pool_granted': 'Group assigned to a pool',
  'group.pool_revoked': 'Group removed from a pool',
  'pool.created': 'Pool created',
  'pool.changed': 'Pool changed',
  'pool.deleted': 'Pool deleted',
  'pool.granted': 'Assigned to a pool',
  'pool.revoked': 'Removed from a pool',
  'adoption.queued': 'Waiting in the adoption queue',
  'adoption.approved': 'Adoption approved',
  'adoption.declined': 'Adoption declined',
  'break_glass.created': 'Emergency account created',
  'break_glass.changed': 'Emergency account changed',
  'break_glass.deleted': 'Emergency account deleted',
  'break_glass.used': 'Emergency access used',
  'break_glass.passkey_added': 'Passkey added to an emergency account',
  'break_glass.passkey_removed': 'Passkey of an emergency account removed',
  'domain.added': 'Domain added',
  'domain.verified': 'Domain verified',
  'domain.lapsing': 'Proof of a domain missing',
  'domain.lapsed': 'Domain lapsed',
  'domain.removed': 'Domain removed',
  'api_key.created': 'API key created',
  'scim_token.created': 'SCIM token created',
  'scim_token.revoked': 'SCIM token revoked',
  'scim_client.created': 'SCIM client created',
  'scim_client.revoked': 'SCIM client revoked',
  'scim.shadow_started': 'Shadow SCIM started',
  'scim.shadow_discarded': 'Shadow SCIM discarded',
  'scim.shadow_gone_live': 'Shadow SCIM went live',
  'scim.shadow_applied': 'Shadow SCIM applied',
  'mail.settings_changed': 'Mail settings changed',
  'mail.failed': 'Mail failed',
  'mail.sent_again': 'Mail sent again',
  'platform.root_created': 'Operator created',
}
export const eventTypes = Object.entries(eventLabels).map(([value, label]) => ({ value, label }))

/** An audit event's type in words; a type that is new here is shown as it is. */
export function eventWords(type: string): string {
  return eventLabels[type] ?? type
}

const mailLabels: Record<string, string> = {
  activation: 'Activation',
  invitation: 'Invitation',
  verification: 'Address confirmation',
  reset: 'Password reset',
  method_changed: 'Login method changed',
  link_exists: 'Account exists already',
  certificate_expires: 'Certificate expires',
  scim_credential_expires: 'SCIM credential expires',
  scim_credential_refused: 'Expired SCIM credential in use',
  api_key_expires: 'API key expires',
  personal_key_expires: 'Personal API key expires',
  last_manager_kept: 'Last manager kept',
  break_glass_used: 'Emergency access used',
  domain_lapsed: 'Proof of a domain missing',
  assist_begun: 'The operator assists',
  security_notice: 'Sign-in security',
}
/** What a mail is about; a template that is new here is shown as it is. */
export function mailWords(template: string): string {
  return mailLabels[template] ?? template
}

const browsers = [
  ['Edg/', 'Edge'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const
const systems = [
  ['Windows', 'Windows'],
  ['iPhone', 'iOS'],
  ['iPad', 'iPadOS'],
  ['Android', 'Android'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const

/** A browser by name, as far as its user agent gives it away. */
export function browserWords(userAgent: string): string {
  const named = (list: readonly (readonly [string, string])[]) =>
    list.find(([sign]) => userAgent.includes(sign))?.[1]
  const browser = named(browsers)
  const system = named(systems)
  if (!browser) return userAgent
  return system ? `${browser} on ${system}` : browser
}

/** Why the link is open or closed, in words (SS-6). */
export const linkStateWords: Record<SelfServiceView['state'], { label: string; about: string }> = {
  open: { label: 'Open', about: 'Whoever has the link and an allowed address can register.' },
  closed_off: { label: 'Closed', about: 'Self-service registration is switched off.' },
  closed_source: { label: 'Closed', about: 'People enter another way now.' },
  closed_no_login_method: { label: 'Closed', about: 'Choose how people sign in first.' },
  closed_no_domain: { label: 'Closed', about: 'No domain is allowed yet: add your own below.' },
  closed_expired: { label: 'Closed', about: 'The link has expired. Set a later day, or none.' },
  closed_exhausted: {
    label: 'Closed',
    about: 'All places are taken. Allow more uses, or rotate the link.',
  },
  closed_paused: { label: 'Closed', about: 'Provisioning is paused: resume it to open the link.' },
}
