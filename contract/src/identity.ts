import { z } from 'zod'
import { SelfServiceChange, SelfServiceView } from './self-service.ts'
import { Id, LoginMethod, ProvisioningSource, Time } from './shared.ts'

const url = z.url({ protocol: /^https?$/ }).max(2000)
const claim = z.string().trim().min(1).max(300)

/** The template of guide and remedies; `entra` is Microsoft Entra ID. */
export const Provider = z.enum([
  'entra',
  'okta',
  'google',
  'onelogin',
  'ping',
  'auth0',
  'keycloak',
  'other',
])
const Refresh = z.strictObject({
  firstName: z.enum(['first_sign_in', 'every_sign_in', 'portal']),
  lastName: z.enum(['first_sign_in', 'every_sign_in', 'portal']),
})

/** The read-only values a manager copies into the identity provider (LM-20). */
export const ServiceProviderValues = z.object({
  acsUrl: z.string(),
  entityId: z.string(),
  metadataUrl: z.string(),
  sloUrl: z.string(),
  /** "Sign on URL" in Entra ID: `/login/{slug}`. */
  signOnUrl: z.string(),
  startUrl: z.string(),
})

export const Certificate = z.object({
  pem: z.string(),
  fingerprint: z.string(),
  subject: z.string(),
  notBefore: Time,
  notAfter: Time,
})
export type Certificate = z.infer<typeof Certificate>

/** SAML settings as a manager writes them: metadata (XML or URL), or the three fields (LM-21). */
export const SamlInput = z.strictObject({
  connectionName: z.string().trim().min(1).max(60).default('SSO'),
  provider: Provider.default('other'),
  metadataXml: z.string().max(2_000_000).optional(),
  metadataUrl: url.optional(),
  idpEntityId: z.string().trim().min(1).max(1024).optional(),
  ssoUrl: url.optional(),
  ssoBinding: z.enum(['redirect', 'post']).optional(),
  sloUrl: url.optional(),
  /** PEM or bare base64, several are accepted at once (LM-22). */
  certificates: z.array(z.string().max(20_000)).max(10).optional(),
  signAuthnRequests: z.boolean().default(true),
  allowIdpInitiated: z.boolean().default(false),
  emailFrom: z.union([z.literal('nameId'), z.strictObject({ claim })]).default('nameId'),
  subjectClaim: claim.optional(),
  attributes: z
    .strictObject({ firstName: claim, lastName: claim })
    .default({ firstName: 'firstName', lastName: 'lastName' }),
  /** JI-16, per attribute. */
  refresh: Refresh.default({ firstName: 'every_sign_in', lastName: 'every_sign_in' }),
})
export type SamlInput = z.infer<typeof SamlInput>

export const SamlView = z.object({
  connectionName: z.string(),
  provider: Provider,
  idpEntityId: z.string(),
  ssoUrl: z.string(),
  ssoBinding: z.enum(['redirect', 'post']),
  sloUrl: z.string().nullable(),
  metadataUrl: z.string().nullable(),
  certificates: z.array(Certificate),
  signAuthnRequests: z.boolean(),
  allowIdpInitiated: z.boolean(),
  emailFrom: z.union([z.literal('nameId'), z.object({ claim: z.string() })]),
  subjectClaim: z.string().nullable(),
  attributes: z.object({ firstName: z.string(), lastName: z.string() }),
  refresh: z.object({ firstName: z.string(), lastName: z.string() }),
})
export type SamlView = z.infer<typeof SamlView>

/** What a manager copies into the application at the OpenID provider (LM-30). */
export const RelyingPartyValues = z.object({
  redirectUri: z.string(),
  /** The public key set for `private_key_jwt`. */
  jwksUrl: z.string(),
})

const ClientAuth = z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])

/** OpenID Connect settings as a manager writes them. Left out, the stored secret stays (LM-30). */
export const OidcInput = z.strictObject({
  connectionName: z.string().trim().min(1).max(60).default('SSO'),
  provider: Provider.default('other'),
  /** The discovery document, or the issuer that it belongs to. */
  discoveryUrl: url,
  clientId: z.string().trim().min(1).max(500),
  clientSecret: z.string().min(1).max(2000).optional(),
  clientAuth: ClientAuth.default('client_secret_basic'),
  emailClaim: claim.default('email'),
  /** The immutable claim that is the key of a person (JI-17). */
  subjectClaim: claim.default('sub'),
  attributes: z
    .strictObject({ firstName: claim, lastName: claim })
    .default({ firstName: 'firstName', lastName: 'lastName' }),
  refresh: Refresh.default({ firstName: 'every_sign_in', lastName: 'every_sign_in' }),
})
export type OidcInput = z.infer<typeof OidcInput>

export const OidcView = z.object({
  connectionName: z.string(),
  provider: Provider,
  discoveryUrl: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  clientSecretSet: z.boolean(),
  clientAuth: ClientAuth,
  emailClaim: z.string(),
  subjectClaim: z.string(),
  attributes: z.object({ firstName: z.string(), lastName: z.string() }),
  refresh: z.object({ firstName: z.string(), lastName: z.string() }),
})
export type OidcView = z.infer<typeof OidcView>

/** Signing in with Google (LM-32); the client belongs to the installation. */
export const GoogleInput = z.strictObject({
  /** Only accounts of this Google Workspace; null for every Google account. */
  workspaceDomain: z.string().trim().max(253).nullable().default(null),
})
export type GoogleInput = z.infer<typeof GoogleInput>
export const GoogleView = z.object({
  workspaceDomain: z.string().nullable(),
  /** For the operator, who registers it at Google. */
  redirectUri: z.string(),
})

/** `GET /identity/login-method`; the `ETag` header is to be sent back as `If-Match` (GE-5). */
export const LoginMethodView = z.object({
  method: LoginMethod.nullable(),
  googleAvailable: z.boolean(),
  /** The one SSO connection speaks SAML or OpenID Connect; the other is null (LM-19). */
  saml: SamlView.nullable(),
  oidc: OidcView.nullable(),
  google: GoogleView,
  serviceProvider: ServiceProviderValues,
  relyingParty: RelyingPartyValues,
  /** Whether LM-18 holds, and what is missing. */
  breakGlass: z.object({ exists: z.boolean(), proved: z.boolean(), drillDueAt: Time.nullable() }),
  /** Settings of the method `password`, in force while it is (SE-11). */
  password: z.object({ requireSecondFactor: z.boolean() }),
  /** How many people the last switch has been brought to; null when to everybody. */
  switching: z.object({ done: z.number().int(), total: z.number().int() }).nullable(),
  /** Whether the caller has a password of their own (LM-11 for `password`). */
  ownPasswordSet: z.boolean(),
  canWrite: z.boolean(),
})
export type LoginMethodView = z.infer<typeof LoginMethodView>

/** Ticked in the preview of the switch; managers only by name. */
const Adopt = z.strictObject({
  /** Everyone who waits, but for managers. */
  everyone: z.boolean().default(false),
  users: z.array(Id).max(200).default([]),
})

/** `PUT /identity/login-method`; `testId` is required for `sso` and for any change to live SSO settings (LM-16). */
export const LoginMethodChange = z.strictObject({
  method: LoginMethod,
  password: z.strictObject({ requireSecondFactor: z.boolean() }).optional(),
  saml: SamlInput.optional(),
  oidc: OidcInput.optional(),
  google: GoogleInput.optional(),
  testId: Id.optional(),
  /** Whose first sign-in links them without the adoption queue; only with a switch to `sso` (JI-20). */
  adopt: Adopt.optional(),
})
export type LoginMethodChange = z.input<typeof LoginMethodChange>

/** `POST /identity/login-method/preview {method, saml?, oidc?, google?}` changes nothing (LM-10). */
export const LoginMethodPreview = z.object({
  total: z.number().int(),
  withoutCredential: z.number().int(),
  unverifiedDomain: z.number().int(),
  /** The first 50 of each, to show. */
  examples: z.object({
    withoutCredential: z.array(z.object({ id: Id, email: z.string() })),
    unverifiedDomain: z.array(z.object({ id: Id, email: z.string() })),
  }),
  /** Whose first sign-in by SSO waits in the adoption queue unless they are ticked (JI-20). */
  waiting: z.object({
    managers: z.number().int(),
    others: z.number().int(),
    /** The first 200, managers before others. */
    people: z.array(
      z.object({
        id: Id,
        email: z.string(),
        name: z.string(),
        risk: z.enum(['low', 'medium', 'high']),
        reason: z.string(),
      }),
    ),
  }),
  openInvitations: z.number().int(),
  sessionsToEnd: z.number().int(),
  /** Who waits for their first sign-in by the new method; nobody at the first choice of the password (LM-3). */
  becomePending: z.number().int(),
  /** Without a mail service: how many activation links a manager hands over after Save; else null. */
  linksToHandOver: z.number().int().nullable(),
})
export type LoginMethodPreview = z.infer<typeof LoginMethodPreview>

/** `POST /identity/login-method/metadata {metadataXml | metadataUrl}`: reads, stores nothing. */
export const MetadataInput = z.strictObject({
  metadataXml: z.string().max(2_000_000).optional(),
  metadataUrl: url.optional(),
})
export const MetadataView = z.object({
  idpEntityId: z.string(),
  ssoUrl: z.string(),
  ssoBinding: z.enum(['redirect', 'post']),
  sloUrl: z.string().nullable(),
  certificates: z.array(Certificate),
  warnings: z.array(z.string()),
})

export const SignInCheck = z.object({
  rule: z.string(),
  ok: z.boolean(),
  expected: z.string().nullable(),
  received: z.string().nullable(),
})

/** `POST /identity/login-method/tests {saml | oidc | google}` starts one; open `startUrl` in a new window, then poll `GET …/tests/{id}` (LM-15). */
export const TestStart = z.strictObject({
  saml: SamlInput.optional(),
  oidc: OidcInput.optional(),
  google: GoogleInput.optional(),
})
export const TestView = z.object({
  id: Id,
  state: z.enum(['pending', 'succeeded', 'failed', 'expired']),
  startUrl: z.string(),
  createdAt: Time,
  finishedAt: Time.nullable(),
  code: z.string().nullable(),
  remedy: z.string().nullable(),
  idpScreen: z.string().nullable(),
  /** Every check with expected and received value, in order. */
  checks: z.array(SignInCheck),
  claims: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
  resolved: z
    .object({
      email: z.string().nullable(),
      firstName: z.string().nullable(),
      lastName: z.string().nullable(),
      subject: z.string().nullable(),
      /** True when the sign-in resolves to the manager who runs the test: needed to Save. */
      isYou: z.boolean(),
    })
    .nullable(),
})
export type TestView = z.infer<typeof TestView>

export const SourceOption = z.object({
  source: ProvisioningSource,
  label: z.string(),
  purpose: z.string(),
  requires: z.string(),
  howToEnable: z.string(),
  available: z.boolean(),
  /** Why it cannot be switched on now, e.g. "Requires SSO as the login method". */
  unavailableBecause: z.string().nullable(),
})
/** `GET PUT /identity/provisioning`, `POST …/pause`, `POST …/resume`, `POST …/rollback` */
export const ProvisioningView = z.object({
  source: ProvisioningSource,
  configurable: z.boolean(),
  entrySentence: z.string(),
  options: z.array(SourceOption),
  selfService: SelfServiceView,
  /** Who paused provisioning, and when; null while people can enter (PV-15). */
  paused: z.object({ by: z.string(), at: Time }).nullable(),
  /** What the last change of the source can be rolled back to, and until when (PV-14). */
  rollback: z.object({ source: ProvisioningSource, label: z.string(), until: Time }).nullable(),
  canWrite: z.boolean(),
})
export type ProvisioningView = z.infer<typeof ProvisioningView>
/** Stands for a preview that was looked at; good for ten minutes, and until the settings change. */
const PreviewId = z.string().min(1).max(2000)
export const ProvisioningChange = z.strictObject({
  source: ProvisioningSource,
  selfService: SelfServiceChange.optional(),
  ssoJit: z.strictObject({ enabled: z.boolean() }).optional(),
  scim: z.strictObject({ enabled: z.boolean() }).optional(),
  ldap: z.strictObject({ enabled: z.boolean() }).optional(),
  previewId: PreviewId.optional(),
  /** With a preview: whom of those that the source leaves to deactivate; the others are kept (PV-13). */
  deactivate: z.array(Id).max(200).optional(),
})
export type ProvisioningChange = z.infer<typeof ProvisioningChange>

/** `POST /identity/provisioning/preview`: of a change, or of rolling the last one back; changes nothing (PV-11). */
export const HandOverQuestion = z.union([
  ProvisioningChange.omit({ previewId: true, deactivate: true }).extend({
    /** The method that is saved with it; else the one in force. */
    loginMethod: LoginMethod.optional(),
  }),
  z.strictObject({ rollback: z.literal(true) }),
])
export type HandOverQuestion = z.infer<typeof HandOverQuestion>
export const HandOverPreview = z.object({
  previewId: PreviewId,
  expiresAt: Time,
  from: ProvisioningSource,
  to: ProvisioningSource,
  /** How people enter then (PV-10). */
  entrySentence: z.string(),
  /** Whom the new source manages at once, because it did before. */
  becomeManaged: z.number().int(),
  /** Who goes on as before; SCIM takes over whom it sends (SC-18). */
  stay: z.number().int(),
  /** Whom the source manages that is left; kept, managed in the portal, unless they are deactivated. */
  orphaned: z.object({
    total: z.number().int(),
    /** The first 200 who can still get in, managers before others. */
    people: z.array(
      z.object({ id: Id, email: z.string(), name: z.string(), isManager: z.boolean() }),
    ),
  }),
  /** Open invitations that can no longer be accepted (PV-16). */
  invitationsToClose: z.number().int(),
  linkCloses: z.boolean(),
  workingManager: z.boolean(),
})
export type HandOverPreview = z.infer<typeof HandOverPreview>
/** `POST /identity/provisioning/rollback` */
export const Rollback = z.strictObject({ previewId: PreviewId.optional() })

/** `GET POST /break-glass-accounts`, `DELETE /break-glass-accounts/{id}` (SE-12 to SE-14). */
export const BreakGlassAccount = z.object({
  id: Id,
  email: z.string(),
  createdAt: Time,
  credentialsChangedAt: Time,
  lastSignInAt: Time.nullable(),
  proved: z.boolean(),
  drillDueAt: Time.nullable(),
  /** Each opens the account instead of the code. */
  passkeys: z.array(
    z.object({ id: z.string(), label: z.string(), addedAt: Time, lastUsedAt: Time.nullable() }),
  ),
})
export type BreakGlassAccount = z.infer<typeof BreakGlassAccount>
export const CreateBreakGlass = z.strictObject({
  email: z.string().min(5).max(254),
  password: z.string().min(1).max(256),
})
/** The TOTP secret is shown once: at creation. */
export const CreatedBreakGlass = BreakGlassAccount.extend({
  totp: z.object({
    secret: z.string(),
    uri: z.string(),
    /** An SVG of the QR code as a `data:` URL. */
    qr: z.string(),
  }),
  signInUrl: z.string(),
})
