import { z } from 'zod'
import { Id, listOf, Page, Time } from './shared.ts'

export const MailMode = z.enum(['default', 'custom', 'none'])
export type MailMode = z.infer<typeof MailMode>

const hostName =
  /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i
const plain = /^[^\p{Cc}]*$/u

/** An organisation's own mail server (EM-1). */
export const MailServer = z.strictObject({
  /** A name or an address, without port. */
  host: z
    .string()
    .trim()
    .max(253)
    .refine((host) => hostName.test(host) || z.ipv6().safeParse(host).success, 'no host'),
  port: z.number().int().min(1).max(65_535).default(587),
  from: z.string().trim().min(1).max(254),
  /** TLS from the first byte on, as on port 465. */
  tls: z.boolean().default(false),
  /** Nothing is said before the connection is upgraded (RFC 3207). */
  startTls: z.boolean().default(false),
  authentication: z.enum(['none', 'password', 'token']).default('none'),
  username: z.string().trim().min(1).max(320).regex(plain).nullable().default(null),
})
export type MailServer = z.infer<typeof MailServer>

/** `PUT /mail-settings`; what `POST /mail-settings/test` sends by. */
export const MailSettingsChange = z.strictObject({
  mode: MailMode,
  /** Goes with `custom` and with nothing else. */
  server: MailServer.optional(),
  /** Password or token; left out, the stored one stays while server, user and way are the same. */
  secret: z.string().min(1).max(10_000).regex(plain).optional(),
})
export type MailSettingsChange = z.infer<typeof MailSettingsChange>

/** `GET PUT /mail-settings` */
export const MailSettingsView = z.object({
  mode: MailMode,
  /** What sends at present: `default` is `none` where the installation has no mail server. */
  inForce: MailMode,
  /** Whether the installation has a mail server of its own. */
  installationMails: z.boolean(),
  server: MailServer.nullable(),
  secretSet: z.boolean(),
  canWrite: z.boolean(),
})
export type MailSettingsView = z.infer<typeof MailSettingsView>

export const MailTest = z.object({
  to: z.string(),
  /** The mail server's refusal in its words; null when it took the mail. */
  refusal: z.string().nullable(),
})
export type MailTest = z.infer<typeof MailTest>

export const MailState = z.enum(['waiting', 'sent', 'failed', 'dropped'])
export type MailState = z.infer<typeof MailState>

/** `GET /mails?state=`, newest first; `POST /mails/{id}/send-again`. */
export const MailQuery = Page.extend({ state: MailState.optional() })
export const SentMail = z.object({
  id: Id,
  template: z.string(),
  recipient: z.string(),
  /** Whom it is for; null when it is no person of the directory. */
  userId: Id.nullable(),
  state: MailState,
  tries: z.number().int(),
  /** What the mail server said last, in its words. */
  error: z.string().nullable(),
  createdAt: Time,
  sentAt: Time.nullable(),
  /** When it is tried next; null when it is not. */
  nextAt: Time.nullable(),
})
export type SentMail = z.infer<typeof SentMail>
export const SentMails = listOf(SentMail)

/** The newest mail to a person, as their row shows it (EM-8). */
export const NewestMail = z.object({
  id: Id,
  template: z.string(),
  state: MailState,
  error: z.string().nullable(),
  at: Time,
})
export type NewestMail = z.infer<typeof NewestMail>
