import { z } from 'zod'
import { Id, listOf, Page, Time } from './shared.ts'

// Everything here lives under `/api/v1/orgs/{organisationId}/provisioning`. Settings, tokens and
// clients need `identity`, the log needs `audit`.

/** One way of speaking SCIM that was met; `quirks` say what differs from the standard, with the source. */
export const ScimDialect = z.object({
  name: z.string(),
  label: z.string(),
  quirks: z.array(z.object({ says: z.string(), source: z.string() })),
})
export type ScimDialect = z.infer<typeof ScimDialect>

/** Whether the identity provider is heard, in one word and in one sentence for the page. */
export const ScimHealth = z.object({
  /** `never_called`: not one call yet. `failing`: the latest calls are refused. `silent`: none for a day. */
  state: z.enum(['never_called', 'healthy', 'failing', 'silent']),
  sentence: z.string(),
  lastCallAt: Time.nullable(),
  /** HTTP status of the latest call. */
  lastStatus: z.number().int().nullable(),
  /** Counted up to 10,000: that number means "10,000 or more". */
  callsLastDay: z.number().int(),
  refusedLastDay: z.number().int(),
})
export type ScimHealth = z.infer<typeof ScimHealth>

/** `GET PUT /scim`: the `ETag` header is to be sent back as `If-Match` (GE-5). */
export const ScimView = z.object({
  /** "Tenant URL" in Entra ID, "SCIM connector base URL" in Okta (SC-2). */
  baseUrl: z.string(),
  /** Token endpoint for identity providers that speak OAuth 2.0 (SC-4). */
  tokenUrl: z.string(),
  syncGroups: z.boolean(),
  syncRoles: z.boolean(),
  provisionExistingUsers: z.boolean(),
  /** How long a deleted person can come back with all they had; 0 erases at once (SC-16). */
  graceDays: z.number().int(),
  /** Name of the dialect that a manager chose; null while it is told from the traffic. */
  dialect: z.string().nullable(),
  /** Who was recognised in the latest calls, whatever is chosen; null before the first. */
  detectedDialect: z.object({ name: z.string(), label: z.string() }).nullable(),
  /** What can be chosen. */
  dialects: z.array(ScimDialect),
  health: ScimHealth,
  people: z.object({
    /** Managed by the identity provider. */
    managed: z.number().int(),
    /** Not deactivated and not managed by it: "Not in the IdP" (SC-20). */
    notInIdp: z.number().int(),
  }),
  /** 0 while nobody has saved the settings. */
  version: z.number().int(),
  canWrite: z.boolean(),
  /** Whether a simulated identity provider can be run against this organisation. */
  simulator: z.boolean(),
})
export type ScimView = z.infer<typeof ScimView>

/** `PUT /scim` takes all of them; answers the `ScimView` that follows. Stale `If-Match`: 412 `request.stale`. */
export const ScimChange = z.strictObject({
  syncGroups: z.boolean(),
  syncRoles: z.boolean(),
  provisionExistingUsers: z.boolean(),
  graceDays: z.number().int().min(0).max(365),
  /** A `name` of `dialects`, or null to tell it from the traffic. */
  dialect: z.string().max(40).nullable(),
})
export type ScimChange = z.infer<typeof ScimChange>

/** As for API keys (AK-3). */
const Label = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} _-]{2,49}$/u,
    'has 3 to 50 letters, digits, spaces, _ or -, and starts with a letter or digit',
  )
const ExpiresInDays = z.number().int().min(1).max(365).default(180)

const Credential = z.object({
  id: Id,
  label: z.string(),
  /** A person's name, or "Operator". */
  createdBy: z.string(),
  createdAt: Time,
  expiresAt: Time,
  /** Exact to a minute; null when it was never used. */
  lastUsedAt: Time.nullable(),
  lastUsedIp: z.string().nullable(),
  /** Expired ones stay listed until they are revoked, and do not count to the limit of two. */
  state: z.enum(['live', 'expired']),
})

/** `GET /scim/tokens`, newest first; `DELETE /scim/tokens/{id}` revokes: the next call gets 401. */
export const ScimToken = Credential.extend({
  /** To recognise it by. */
  last3: z.string(),
})
export type ScimToken = z.infer<typeof ScimToken>
export const ScimTokens = listOf(ScimToken)
export type ScimTokens = z.infer<typeof ScimTokens>

/**
 * `POST /scim/tokens`: at most two live ones (409 `scim_token.limit`), each live label once (400
 * `request.invalid` with pointer `/label`), after a fresh sign-in (403 `auth.reauth_required`).
 */
export const CreateScimToken = z.strictObject({ label: Label, expiresInDays: ExpiresInDays })
export type CreateScimToken = z.input<typeof CreateScimToken>
/** 201: `token` is shown this once ("Secret Token" in Entra ID). */
export const CreatedScimToken = ScimToken.extend({ token: z.string() })
export type CreatedScimToken = z.infer<typeof CreatedScimToken>

/** How an OAuth client proves itself at `tokenUrl` (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export const ScimClientMethod = z.enum([
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
])
export type ScimClientMethod = z.infer<typeof ScimClientMethod>

/** `GET /scim/clients`, newest first; `DELETE /scim/clients/{id}` ends its access tokens too (SC-4). */
export const ScimClient = Credential.extend({
  clientId: z.string(),
  method: ScimClientMethod,
  /** The public keys of `private_key_jwt`, to recognise them by; empty otherwise. */
  keys: z.array(z.object({ kid: z.string().nullable(), type: z.string() })),
})
export type ScimClient = z.infer<typeof ScimClient>
export const ScimClients = listOf(ScimClient)
export type ScimClients = z.infer<typeof ScimClients>

/**
 * `POST /scim/clients`: refused as tokens are. `jwks` is a JWK set (RFC 7517 §5) of one to ten public
 * keys, needed for `private_key_jwt` and for nothing else: RSA from 2048 bits, EC P-256, P-384 or
 * P-521, or Ed25519. A private or symmetric key is refused (400 `request.invalid`, pointer `/jwks`).
 */
export const CreateScimClient = z.strictObject({
  label: Label,
  method: ScimClientMethod,
  jwks: z
    .strictObject({
      keys: z
        .array(z.record(z.string().max(60), z.unknown()))
        .min(1)
        .max(10),
    })
    .optional(),
  expiresInDays: ExpiresInDays,
})
export type CreateScimClient = z.input<typeof CreateScimClient>
/** 201: `clientSecret` is shown this once; null for `private_key_jwt`. */
export const CreatedScimClient = ScimClient.extend({ clientSecret: z.string().nullable() })
export type CreatedScimClient = z.infer<typeof CreatedScimClient>

/** `GET /log`, newest first: every call of the identity provider for 90 days (SC-42). All conditions apply together. */
export const ProvisioningLogQuery = Page.extend({
  /** Id of a person or group, or what their user name, address or display name begins with. */
  person: z.string().trim().max(254).optional(),
  /** `refused` is every status from 400. */
  result: z.enum(['success', 'refused']).optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(),
  from: z.coerce.number().int().optional(),
  to: z.coerce.number().int().optional(),
  /** `next` of the page before it. */
  before: Id.optional(),
})
export type ProvisioningLogQuery = z.input<typeof ProvisioningLogQuery>

export const ProvisioningLogEntry = z.object({
  id: Id,
  at: Time,
  method: z.string(),
  /** Below the base URL and with its query, such as `/Users?count=1`, or `/oauth/token`; cut at 500 characters. */
  path: z.string(),
  status: z.number().int(),
  /** A code of Usher, a `scimType` (RFC 7644 §3.12) or an OAuth error (RFC 6749 §5.2); null when it succeeded. */
  code: z.string().nullable(),
  /** What was answered, as the administrator of the identity provider reads it too. */
  detail: z.string().nullable(),
  /** What to do about it, in a sentence; null when nothing is to be done. */
  remedy: z.string().nullable(),
  /** Label of the dialect, such as "Microsoft Entra ID". */
  dialect: z.string(),
  /** Label of the token or client; null when none of ours was sent. */
  credential: z.string().nullable(),
  ip: z.string().nullable(),
  /** How long the answer took. */
  ms: z.number().int(),
  /** The person or group that it was about; `id` is null when there was none, as for a refused creation. */
  subject: z
    .object({
      kind: z.enum(['user', 'group']),
      id: Id.nullable(),
      label: z.string().nullable(),
    })
    .nullable(),
})
export type ProvisioningLogEntry = z.infer<typeof ProvisioningLogEntry>
/** An endless list: `total` counts up to 10,000 and then `totalExact` is false; `next` is null at the end. */
export const ProvisioningLog = listOf(ProvisioningLogEntry).extend({ next: Id.nullable() })
export type ProvisioningLog = z.infer<typeof ProvisioningLog>

/** `GET /log/{id}` */
export const ProvisioningLogDetails = ProvisioningLogEntry.extend({
  /** What was understood though it is no standard, and what was ignored. */
  notes: z.array(z.string()),
  /** JSON as it was sent and answered: secrets masked, cut with a mark at 4,000 characters. */
  request: z.string().nullable(),
  response: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
})
export type ProvisioningLogDetails = z.infer<typeof ProvisioningLogDetails>

/** One request of a simulated identity provider. */
export const SimulatedCall = z.object({
  number: z.number().int(),
  /** Index of what it belongs to in `phases`. */
  phase: z.number().int(),
  /** What it is for, such as "Create Ada Lovelace". */
  title: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number().int(),
  /** What the answer says, in a few words. */
  meaning: z.string(),
  /** Whether the identity provider counted on such an answer. */
  asExpected: z.boolean(),
})
export type SimulatedCall = z.infer<typeof SimulatedCall>

/** `GET /simulation`; these are there only while demos are on, and in no published document (BY-10). */
export const SimulationView = z.object({
  providers: z.array(z.object({ name: z.string(), label: z.string() })),
  /** The one that was run last; forgotten when the server is started again. */
  run: z
    .object({
      provider: z.string(),
      label: z.string(),
      running: z.boolean(),
      /** The initial cycle, and each thing that has happened since, oldest first. */
      phases: z.array(z.string()),
      /** What happens at the identity provider next; null when nothing is left. */
      next: z.string().nullable(),
      remaining: z.number().int(),
      calls: z.array(SimulatedCall),
      /** Why the latest run ended before its time. */
      fault: z.string().nullable(),
    })
    .nullable(),
})
export type SimulationView = z.infer<typeof SimulationView>

/**
 * `POST /simulation`: 202, then watch it by `GET`. Refused while another run is at work (412
 * `request.stale`), while SCIM is neither the source nor rehearsed (409 `provisioning.method_conflict`), and when two
 * tokens are live, since each run has one of its own (409 `scim_token.limit`).
 */
export const Simulate = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('start'), provider: z.string().max(40) }),
  z.strictObject({ act: z.literal('next') }),
  z.strictObject({ act: z.literal('rest') }),
])
export type Simulate = z.infer<typeof Simulate>

/** `GET /simulation/calls/{number}` */
export const SimulatedCallDetails = SimulatedCall.extend({
  request: z.string().nullable(),
  response: z.string().nullable(),
})
export type SimulatedCallDetails = z.infer<typeof SimulatedCallDetails>
