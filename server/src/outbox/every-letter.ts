import type { Mail, MailTemplate } from '../model/mail.ts'
import { render } from './layout.ts'
import { compose, type LetterFacts } from './letters.ts'

const at = Date.UTC(2026, 10, 5)

/** One mail of each template; a template that is new here does not build until it has one. */
export function everyMail(named: string): { [Each in MailTemplate]: Mail } {
  return {
    activation: { template: 'activation' },
    invitation: { template: 'invitation', inviter: named, expiresAt: at },
    verification: { template: 'verification' },
    reset: { template: 'reset' },
    method_changed: { template: 'method_changed' },
    link_exists: { template: 'link_exists' },
    certificate_expires: {
      template: 'certificate_expires',
      connection: named,
      fingerprint: Array.from({ length: 32 }, (_, byte) =>
        (byte * 37).toString(16).slice(-2).padStart(2, '0').toUpperCase(),
      ).join(':'),
      notAfter: at,
      days: 14,
    },
    scim_credential_expires: {
      template: 'scim_credential_expires',
      label: named,
      expiresAt: at,
      days: 1,
    },
    scim_credential_refused: { template: 'scim_credential_refused', label: named },
    api_key_expires: { template: 'api_key_expires', label: named, expiresAt: at, days: 7 },
    personal_key_expires: {
      template: 'personal_key_expires',
      label: named,
      expiresAt: at,
      days: 14,
    },
    domain_lapsed: {
      template: 'domain_lapsed',
      domain: 'acme.example',
      record: {
        name: '_usher-challenge.acme.example',
        value: 'usher-domain=Q7hV2kXw9pLs4TzB8nRc3MdY6jF',
      },
      lapsesAt: at,
    },
    last_manager_kept: { template: 'last_manager_kept', label: named },
    break_glass_used: { template: 'break_glass_used' },
    assist_begun: { template: 'assist_begun', root: named, reason: named, until: at },
    security_notice: { template: 'security_notice', what: 'passkey_added', label: named },
    test: { template: 'test' },
  }
}

/** The mail as it goes out, to somebody of an organisation that is called so. */
export function letterOf(mail: Mail, called: { person: string; organisation: string }) {
  const facts: LetterFacts = {
    organisation: { name: called.organisation, slug: 'acme', loginMethod: 'sso' },
    connectionName: 'Microsoft Entra ID',
    baseUrl: 'https://usher.example',
    firstName: called.person,
    link: 'https://usher.example/activate/0190a000-0000-7000-8000-000000000001.Tq3v9KxWm2Lr8Zp5',
  }
  return render(compose(mail, facts), called.organisation)
}
