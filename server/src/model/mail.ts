/** What a mail tells, without secrets: the link that it carries is made when it is sent. */
export type Mail =
  | { template: PlainTemplate }
  | { template: 'invitation'; inviter: string; expiresAt: number }
  | { template: 'assist_begun'; root: string; reason: string; until: number }
  | { template: 'security_notice'; what: SecurityNotice; label?: string }
  | { template: 'last_manager_kept' | 'scim_credential_refused'; label: string }
  | {
      template: 'certificate_expires'
      connection: string
      fingerprint: string
      notAfter: number
      days: number
    }
  | {
      template: 'scim_credential_expires' | 'api_key_expires' | 'personal_key_expires'
      label: string
      expiresAt: number
      days: number
    }
  | {
      template: 'domain_lapsed'
      domain: string
      record: { name: string; value: string }
      /** Null when it has stopped counting already. */
      lapsesAt: number | null
    }

/** What a person hears of at once, since somebody else could have done it (EM-3). */
export type SecurityNotice =
  | 'totp_added'
  | 'totp_removed'
  | 'passkey_added'
  | 'passkey_removed'
  | 'recovery_codes_made'
  | 'recovery_code_used'
  | 'personal_key_made'
  | 'second_factor_reset'
  | 'second_factor_guessed'

/** Mails that say the same to everyone. */
export type PlainTemplate =
  | 'activation'
  | 'verification'
  | 'reset'
  | 'method_changed'
  | 'link_exists'
  | 'break_glass_used'
  | 'test'

export type MailTemplate = Mail['template']

/** Whose mail server sends for an organisation; `none` leaves links to a manager's hands (EM-4). */
export type MailMode = 'default' | 'custom' | 'none'

/** An organisation's own mail server (EM-1). */
export type MailServer = {
  host: string
  port: number
  from: string
  /** TLS from the first byte on, as on port 465. */
  tls: boolean
  /** Nothing is said before the connection is upgraded (RFC 3207). */
  startTls: boolean
  authentication: 'none' | 'password' | 'token'
  username: string | null
}

export type MailSettings = {
  mode: MailMode
  server: MailServer | null
  /** Password or token, sealed. */
  secret: string | null
  version: number
}

/** What really sends: `default` needs a mail server of the installation. */
export function mailInForce(mode: MailMode, installationMails: boolean): MailMode {
  return mode === 'default' && !installationMails ? 'none' : mode
}

export type MailState = 'waiting' | 'sent' | 'failed' | 'dropped'

/** What a secret for a mail server is sealed for. */
export const mailSecretPurpose = 'mail-secret'
