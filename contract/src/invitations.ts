import { z } from 'zod'
import { Id, LoginMethod, listOf, Name, Page, Role, Time } from './shared.ts'

const promised = {
  roles: z.array(Role).max(10).default([]),
  groups: z.array(Id).max(50).default([]),
  pools: z.array(Id).max(50).default([]),
  expiresInDays: z.number().int().min(1).max(30).default(7),
}

/** `POST /invitations` (IN-1). */
export const Invite = z.strictObject({
  emails: z.array(z.string().max(320)).min(1).max(200),
  ...promised,
})
/** `POST /invitations/csv`: columns e-mail, first, last, roles, groups (IN-12). */
export const InviteCsv = z.strictObject({
  csv: z.string().max(1_000_000),
  /** Says what each row would do, and does nothing. */
  dryRun: z.boolean().default(false),
  ...promised,
})

export const InviteResult = z.enum([
  'sent',
  'already_member',
  'already_invited',
  'invalid',
  'duplicate',
])
export type InviteResult = z.infer<typeof InviteResult>

/** 200 when all were sent, else 207 (IN-2). */
export const Invited = z.object({
  items: z.array(
    z.object({
      email: z.string(),
      status: InviteResult,
      id: Id.nullable(),
      /** Only where no mail is sent, and only now: to hand over. */
      link: z.string().optional(),
      /** Of a row in a file: where it stands, and what is wrong with it. */
      line: z.number().int().optional(),
      detail: z.string().optional(),
    }),
  ),
  /** True after a dry run: nothing was sent or stored. */
  dryRun: z.boolean(),
})
export type Invited = z.infer<typeof Invited>

/** `GET /invitations?search=`, newest first (IN-4). */
export const InvitationQuery = Page.extend({ search: z.string().max(200).optional() })
export const Invitation = z.object({
  id: Id,
  email: z.string(),
  inviter: z.string(),
  roles: z.array(z.string()),
  groups: z.array(Id),
  pools: z.array(Id),
  createdAt: Time,
  expiresAt: Time,
  expired: z.boolean(),
  /** null where a manager hands the link over. */
  mail: z
    .object({
      state: z.enum(['waiting', 'sent', 'failed', 'dropped']),
      error: z.string().nullable(),
    })
    .nullable(),
})
export type Invitation = z.infer<typeof Invitation>
export const Invitations = listOf(Invitation)
/** `POST /invitations/{id}/resend` (IN-5). */
export const Resent = z.object({ expiresAt: Time, link: z.string().optional() })

/** `GET /api/v1/invitations/{token}`: what the page behind the link shows (IN-7). */
export const InvitationPage = z.object({
  organisation: z.object({ name: z.string(), slug: z.string() }),
  inviter: z.string(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  /** What completes it: choosing a password, or signing in with Google or the identity provider. */
  completes: LoginMethod,
  connectionName: z.string().nullable(),
  startUrl: z.string().nullable(),
  expiresAt: Time,
})
export type InvitationPage = z.infer<typeof InvitationPage>
/** `POST /api/v1/invitations/{token}` */
export const AcceptInvitation = z.strictObject({
  firstName: Name,
  lastName: Name,
  password: z.string().min(1).max(256),
})
