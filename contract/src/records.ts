import { z } from 'zod'
import { SignInCheck } from './identity.ts'
import { Id, listOf, Page, Time } from './shared.ts'

/** `GET /audit-events`, newest first; every condition is optional and all apply together (AU-3). */
/** `GET /audit-events/export`: the same conditions, as a CSV file without a row cap (AU-3). */
export const AuditConditions = z.object({
  type: z.string().max(80).optional(),
  actor: z.string().max(254).optional(),
  userId: Id.optional(),
  result: z.enum(['success', 'failure']).optional(),
  /** By which way it came: a provisioning source, or `sso` for what a sign-in brought up to date. */
  source: z.string().max(40).optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
})
export const AuditQuery = Page.extend({
  ...AuditConditions.shape,
  /** `id` of the last event seen, for the page after it. */
  before: Id.optional(),
})
export const AuditEvent = z.object({
  id: Id,
  type: z.string(),
  at: Time,
  result: z.enum(['success', 'failure']),
  actor: z.object({ kind: z.string(), id: z.string().nullable(), label: z.string() }),
  source: z.string().nullable(),
  ip: z.string().nullable(),
  subject: z.object({
    kind: z.string().nullable(),
    id: z.string().nullable(),
    label: z.string().nullable(),
  }),
  before: z.unknown(),
  after: z.unknown(),
  data: z.unknown(),
  emergency: z.boolean(),
  requestId: z.string().nullable(),
})
export type AuditEvent = z.infer<typeof AuditEvent>
/** An endless list: `next` is the `before` of the following page, null at the end. */
export const AuditEvents = listOf(AuditEvent).extend({ next: z.string().nullable() })
export type AuditEvents = z.infer<typeof AuditEvents>

/**
 * `GET /audit-events/verification`: compares the next 20 seals of the trail with its events (AU-5);
 * call again with `after` while `next` is a number.
 */
export const TrailQuery = z.object({
  after: z.coerce.number().int().min(0).max(2_147_483_647).default(0),
})
export const TrailVerified = z.object({
  seals: z.number().int(),
  events: z.number().int(),
  /** Events that are gone because their time was over, as their seals say. */
  purged: z.number().int(),
  next: z.number().int().nullable(),
  fault: z
    .object({
      kind: z.enum(['altered', 'missing', 'added', 'seal_altered', 'seal_missing']),
      eventId: z.string().nullable(),
      seal: z.number().int(),
    })
    .nullable(),
  /** The newest seal looked at; noted elsewhere, it shows later that nothing was cut off. */
  head: z.object({ number: z.number().int(), chain: z.string(), sealedAt: Time }).nullable(),
  /** Events that are too new to be sealed; counted to 10,000 at the end. */
  unsealed: z.number().int().nullable(),
})
export type TrailVerified = z.infer<typeof TrailVerified>

/** `GET /sign-in-log`, newest first (LM-28). */
export const SignInLogQuery = Page.extend({
  search: z.string().trim().max(254).optional(),
  result: z.enum(['success', 'failure']).optional(),
  code: z.string().max(80).optional(),
  before: Id.optional(),
})
export const SignInAttempt = z.object({
  id: Id,
  /** What the person was told, to quote to a manager. */
  reference: z.string(),
  at: Time,
  result: z.enum(['success', 'failure']),
  method: z.string(),
  code: z.string().nullable(),
  email: z.string().nullable(),
  userId: Id.nullable(),
  ip: z.string().nullable(),
  /** The rule that decided. */
  rule: z.string().nullable(),
  test: z.boolean(),
})
export type SignInAttempt = z.infer<typeof SignInAttempt>
export const SignInAttempts = listOf(SignInAttempt).extend({ next: z.string().nullable() })
/** `GET /sign-in-log/{id}`: the flight recorder of one attempt (BY-8). */
export const SignInAttemptDetails = SignInAttempt.extend({
  expected: z.string().nullable(),
  received: z.string().nullable(),
  remedy: z.string().nullable(),
  idpScreen: z.string().nullable(),
  checks: z.array(SignInCheck),
  claims: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
  redactedXml: z.string().nullable(),
  userAgent: z.string().nullable(),
})
export type SignInAttemptDetails = z.infer<typeof SignInAttemptDetails>
