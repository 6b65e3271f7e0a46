import { z } from 'zod'
import { Id, LoginMethod, listOf, Name, Page, Time } from './shared.ts'

/** Part of `GET PUT /identity/provisioning` (SS-6). */
export const SelfServiceView = z.object({
  enabled: z.boolean(),
  state: z.enum([
    'open',
    'closed_source',
    'closed_off',
    'closed_no_login_method',
    'closed_no_domain',
    'closed_expired',
    'closed_exhausted',
    'closed_paused',
  ]),
  /** `/join/{slug}/{token}`, only while it is open. */
  url: z.string().nullable(),
  linkId: Id,
  linkCreatedAt: Time,
  /** People who came through this link and proved their address. */
  uses: z.number().int(),
  allowedDomains: z.array(z.string()),
  anyDomain: z.boolean(),
  expiresAt: Time.nullable(),
  maxUses: z.number().int().nullable(),
  requireApproval: z.boolean(),
  /** True without a mail service, whatever `requireApproval` says (SS-21). */
  approvalForced: z.boolean(),
  termsUrl: z.string().nullable(),
})
export type SelfServiceView = z.infer<typeof SelfServiceView>

/** What is left out stays as it is. */
export const SelfServiceChange = z.strictObject({
  enabled: z.boolean(),
  /** `company.com` or `@company.com`. */
  allowedDomains: z.array(z.string().min(1).max(254)).max(200).optional(),
  anyDomain: z.boolean().optional(),
  /** Goes with `anyDomain: true` (SS-9). */
  acknowledgeRisk: z.boolean().optional(),
  expiresAt: Time.nullable().optional(),
  maxUses: z.number().int().min(1).max(1_000_000).nullable().optional(),
  requireApproval: z.boolean().optional(),
  termsUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .optional(),
})

/** `GET /identity/self-service/requests?state=`, newest first; `POST …/{id}/approve`, `POST …/{id}/decline`. */
export const RegistrationQuery = Page.extend({
  state: z.enum(['waiting', 'unproved', 'joined']).default('waiting'),
})
export const Registration = z.object({
  id: Id,
  state: z.enum(['waiting', 'unproved', 'joined']),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  userId: Id.nullable(),
  linkId: Id,
  createdAt: Time,
  joinedAt: Time.nullable(),
  /** When it vanishes by itself. */
  expiresAt: Time.nullable(),
  terms: z.object({ url: z.string(), version: Time }).nullable(),
})
export type Registration = z.infer<typeof Registration>
export const Registrations = listOf(Registration)
/** Without a mail service the manager hands the link over (SS-21). */
export const ApprovedRegistration = z.object({
  userId: Id,
  activationLink: z.string().optional(),
})

/** `GET /api/v1/join/{slug}/{token}`: what the page behind the link shows. */
export const JoinPage = z.object({
  organisation: z.object({ name: z.string(), slug: z.string() }),
  method: LoginMethod,
  connectionName: z.string().nullable(),
  /** Empty when any domain may register. */
  allowedDomains: z.array(z.string()),
  needsApproval: z.boolean(),
  termsUrl: z.string().nullable(),
  /**
   * Find a text `solution` so that SHA-256 of `{challenge}:{solution}` begins with `bits` zero bits;
   * each challenge works once (SS-17).
   */
  challenge: z.string(),
  bits: z.number().int(),
  challengeExpiresAt: Time,
})
export type JoinPage = z.infer<typeof JoinPage>

/** `POST /api/v1/join/{slug}/{token}`: 202 alike for known and unknown addresses (SS-16). */
export const Register = z.strictObject({
  firstName: Name,
  lastName: Name,
  email: z.string().min(1).max(254),
  acceptsTerms: z.boolean().default(false),
  challenge: z.string().max(300).default(''),
  solution: z.string().max(100).default(''),
})
export const Registered = z.object({
  /** Under Google and SSO: where the person continues at once. */
  startUrl: z.string().nullable(),
})
