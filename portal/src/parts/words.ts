import type { LoginMethod, ProvisioningSource } from '../../../contract/src/index.ts'

/** The portal's words for what the contract names. */
export const sourceWords: Record<ProvisioningSource, string> = {
  portal: 'Portal',
  sso_jit: 'JIT-provisioned',
  scim: 'SCIM',
  ldap: 'LDAP',
}

export const methodWords: Record<LoginMethod, string> = {
  password: 'E-mail and password',
  google: 'Google',
  sso: 'Single sign-on (SSO)',
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
