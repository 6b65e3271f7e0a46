import { type SsoProtocol, sourceLabel, unavailableBecause } from '../directory/index.ts'
import type { LoginMethod, ProvisioningSource } from '../model/organisation.ts'

/** Which sources this version runs; the others are shown with what they need (PV-5). */
export const running: Record<ProvisioningSource, boolean> = {
  portal: true,
  sso_jit: true,
  scim: true,
  ldap: false,
}

const options: {
  source: ProvisioningSource
  label: string
  purpose: string
  requires: string
  howToEnable: string
}[] = [
  {
    source: 'portal',
    label: 'Portal',
    purpose:
      'Managers create or invite people one by one. Ideal for a small number of people, or where no central user management exists.',
    requires: 'No login method in particular',
    howToEnable: 'On by default. Add people on the User Management page.',
  },
  {
    source: 'sso_jit',
    label: 'SAML JIT',
    purpose:
      'An account is created at the first successful single sign-on, with the name and e-mail that the identity provider sends. Covers arriving, not leaving.',
    requires: 'SSO as the login method',
    howToEnable: 'Connect your identity provider above, switch SAML JIT on, and save.',
  },
  {
    source: 'scim',
    label: 'SCIM',
    purpose:
      'The identity provider owns the whole lifecycle: it creates, changes, deactivates and removes people and groups.',
    requires: 'SSO as the login method, and an identity provider that speaks SCIM 2.0',
    howToEnable:
      'Connect your identity provider above, switch SCIM on, and give it the base URL and a token.',
  },
  {
    source: 'ldap',
    label: 'LDAP',
    purpose: 'A directory is read periodically. For organisations that have neither SCIM nor JIT.',
    requires: 'SSO as the login method, and a directory that this server can reach',
    howToEnable: 'Connect the directory, test the connection, and save.',
  },
]

export function optionsFor(method: LoginMethod | null, protocol: SsoProtocol) {
  return options.map((option) => {
    const label = sourceLabel(option.source, protocol)
    const reason = unavailableBecause(method, option.source, running)
    const howToEnable = option.howToEnable.replace(option.label, label)
    return { ...option, label, howToEnable, available: reason === null, unavailableBecause: reason }
  })
}
