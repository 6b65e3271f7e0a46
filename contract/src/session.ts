import { z } from 'zod'
import { Factor, PasskeyAnswer, RecoveryCodes } from './second-factor.ts'
import { Id, LoginMethod, Name, ProvisioningSource, Time } from './shared.ts'

/** `GET /api/v1/me` */
export const Me = z.object({
  user: z.object({
    id: Id,
    email: z.string(),
    firstName: z.string(),
    lastName: z.string(),
    managedBy: ProvisioningSource.nullable(),
    status: z.enum(['active', 'pending', 'deactivated']),
    roles: z.array(z.string()),
    breakGlass: z.boolean(),
  }),
  organisation: z.object({ id: Id, slug: z.string(), name: z.string() }),
  session: z.object({
    method: z.enum([
      'password',
      'google',
      'sso',
      'emergency',
      'setup',
      'platform',
      'assist',
      'recovery',
    ]),
    signedInAt: Time,
    expiresAt: Time,
  }),
  /** To be sent as `X-CSRF-Token` with every state-changing browser call (SE-5). */
  csrfToken: z.string(),
})
export type Me = z.infer<typeof Me>

/** `PUT /api/v1/me/password`: one's own password; under another method, for managers only (LM-11). */
export const OwnPassword = z.strictObject({ password: z.string().min(1).max(256) })

/** `POST /api/v1/me/sessions/end`: "Sign out everywhere", here too or only elsewhere (US-17). */
export const EndSessions = z.strictObject({ keepThis: z.boolean() })
export const EndedSessions = z.object({ ended: z.number().int() })

/** `POST /api/v1/sign-out`: where to go on to, so that the session at the identity provider ends too (LM-25). */
export const SignedOut = z.object({ redirect: z.string().nullable() })

/** `GET /api/v1/sign-in/{slug}`: what the sign-in page shows, and nothing else (LM-7). */
export const SignInPage = z.object({
  organisation: z.object({ name: z.string(), slug: z.string() }),
  /** null while no login method is set: people keep the credential they have (LM-3). */
  method: LoginMethod.nullable(),
  showPassword: z.boolean(),
  /** "Continue with {connectionName}" leads to `startUrl`. */
  connectionName: z.string().nullable(),
  startUrl: z.string().nullable(),
  /** "Join {organisation}", while the self-service link is open (SS-2). */
  joinUrl: z.string().nullable(),
  /** Present in the demo organisation only: says that the identity provider is simulated. */
  demo: z.boolean(),
})
export type SignInPage = z.infer<typeof SignInPage>

/** `POST /api/v1/sign-in/{slug}/password` */
export const PasswordSignIn = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
  returnTo: z.string().max(2000).optional(),
})

/** `POST /api/v1/sign-in/{slug}/reset`: 202 alike for known and unknown addresses (LM-37). */
export const ResetRequest = z.strictObject({ email: z.string().min(1).max(254) })

/** `POST /api/v1/sign-in/{slug}/emergency`: password and TOTP of a break-glass account (SE-12). */
const emergency = {
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
}
/** `POST /api/v1/sign-in/{slug}/emergency/passkey`: what a passkey of the account is to sign. */
export const AskEmergencyPasskey = z.strictObject(emergency)
export const EmergencySignIn = z.union([
  z.strictObject({ ...emergency, code: z.string().min(6).max(16) }),
  z.strictObject({ ...emergency, passkey: PasskeyAnswer }),
])
export type EmergencySignIn = z.infer<typeof EmergencySignIn>
/** A first emergency sign-in of an account that has no second factor yet answers this instead (enrol, then send `code`). */
export const SignedIn = z.object({ returnTo: z.string() })

/**
 * What a right password or a link answers instead when more is asked for: a ticket in a cookie, for
 * five minutes, and no session. `GET /api/v1/sign-in/{slug}/step` says the same again.
 */
export const SignInStep = z.object({
  step: z.enum(['second_factor', 'new_password', 'enrolment']),
  /** By what the person can prove themselves. */
  ways: z.array(Factor),
  expiresAt: Time,
})
export type SignInStep = z.infer<typeof SignInStep>
export const SignInAnswer = z.union([SignedIn, SignInStep])
export type SignInAnswer = z.infer<typeof SignInAnswer>

/** `POST /api/v1/sign-in/{slug}/enrolment`: the codes, and where to go when they are kept. */
export const EnrolledAtSignIn = z.union([
  SignedIn.extend(RecoveryCodes.shape),
  SignInStep.extend(RecoveryCodes.shape),
])

/** `POST /api/v1/sign-in/{slug}/new-password`: another than the one that a manager chose (EM-5). */
export const NewPassword = z.strictObject({ password: z.string().min(1).max(256) })

/** `GET /api/v1/setup` */
export const SetupState = z.object({
  /** True until the first organisation exists. */
  open: z.boolean(),
  /** Whether "Explore with a demo organisation" is offered. */
  demoAvailable: z.boolean(),
})
/** `POST /api/v1/setup`: the one-time console code makes ROLE_ROOT, the first organisation and its first manager (OP-1). */
export const Setup = z.strictObject({
  code: z.string().min(1).max(64),
  organisation: z.strictObject({ name: Name, slug: z.string() }),
  manager: z.strictObject({
    firstName: Name,
    lastName: Name,
    email: z.string().min(5).max(254),
    password: z.string().min(1).max(256),
  }),
})
export type Setup = z.infer<typeof Setup>
/** `POST /api/v1/setup/demo {code}`: makes the demo organisation and signs its manager in. */
export const SetupDemo = z.strictObject({ code: z.string().min(1).max(64) })

/** `GET /api/v1/activations/{token}` */
export const Activation = z.object({
  organisation: z.object({ name: z.string(), slug: z.string() }),
  email: z.string(),
  firstName: z.string(),
  /** A first password, or a new one. */
  kind: z.enum(['activation', 'reset']),
  /** What completes it: choosing a password, or signing in through the organisation's identity provider. */
  completes: z.enum(['password', 'google', 'sso']),
  startUrl: z.string().nullable(),
})
/** `POST /api/v1/activations/{token}` */
export const ActivateWithPassword = z.strictObject({ password: z.string().min(1).max(256) })

/** One rule of LM-36 as shown live while typing. */
export const passwordRules = [
  { id: 'length', label: '8 to 128 characters' },
  { id: 'classes', label: 'Three of: lower case, upper case, digit, other character' },
  { id: 'leaked', label: 'Not in the list of leaked passwords' },
] as const

/** Platform level, ROLE_ROOT: `GET POST /api/v1/platform/orgs`, `POST /api/v1/platform/sign-in`. */
export const PlatformSignIn = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
})
export const PlatformOrganisation = z.object({
  id: Id,
  name: z.string(),
  slug: z.string(),
  loginMethod: LoginMethod.nullable(),
  source: ProvisioningSource,
  createdAt: Time,
})
export const CreateOrganisation = z.strictObject({
  name: Name,
  slug: z.string(),
  manager: z.strictObject({
    firstName: Name,
    lastName: Name,
    email: z.string().min(5).max(254),
  }),
})
/** `POST /api/v1/platform/orgs/{id}/assist`: ROLE_ROOT is a manager there for a while (RB-2). */
export const Assist = z.strictObject({
  reason: z.string().trim().min(3).max(300),
  hours: z.number().int().min(1).max(4).default(1),
})
export const Assisting = z.object({ portalUrl: z.string(), expiresAt: Time })

export const CreatedOrganisation = PlatformOrganisation.extend({ setupUrl: z.string() })
