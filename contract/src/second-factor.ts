import { z } from 'zod'
import { Time } from './shared.ts'

export const Factor = z.enum(['totp', 'passkey', 'recovery_code'])
const code = z.string().min(6).max(16)
const base64url = z.string().min(1).max(20_000)

/** What the browser's passkey API gave back, as JSON (WebAuthn level 3 §5.1); the server reads it. */
export const PasskeyAnswer = z.looseObject({
  id: z.string().min(1).max(2_000),
  rawId: z.string().min(1).max(2_000),
  type: z.literal('public-key'),
  response: z.looseObject({ clientDataJSON: base64url }),
  clientExtensionResults: z.looseObject({}),
})
/** What that API is to be given. */
export const PasskeyOptions = z.object({ options: z.looseObject({}) })

/** `POST /api/v1/sign-in/{slug}/second-factor` */
export const FactorProof = z.union([
  z.strictObject({ totp: code }),
  z.strictObject({ recoveryCode: z.string().min(16).max(40) }),
  z.strictObject({ passkey: PasskeyAnswer }),
])

/** A secret for an authenticator app; it counts once a code from the app has come back with `enrolment`. */
export const TotpEnrolment = z.object({
  enrolment: z.string(),
  secret: z.string(),
  uri: z.string(),
  /** An SVG of the QR code as a `data:` URL. */
  qr: z.string(),
})
export type TotpEnrolment = z.infer<typeof TotpEnrolment>
export const ConfirmTotp = z.strictObject({ enrolment: z.string().min(1).max(2_000), code })
export const ConfirmPasskey = z.strictObject({
  label: z.string().trim().min(1).max(60),
  passkey: PasskeyAnswer,
})
export const ConfirmFactor = z.union([ConfirmTotp, ConfirmPasskey])
/** Shown this once; null when the person has codes from an earlier factor. */
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()).nullable() })

/** `GET /api/v1/me/second-factor` */
export const SecondFactor = z.object({
  /** Only under `password`; other methods bring their own. */
  isPossible: z.boolean(),
  isRequired: z.boolean(),
  totpSince: Time.nullable(),
  passkeys: z.array(
    z.object({
      id: z.string(),
      label: z.string(),
      addedAt: Time,
      lastUsedAt: Time.nullable(),
      /** More than one device of the person has it. */
      backedUp: z.boolean(),
    }),
  ),
  recoveryCodesLeft: z.number().int(),
})
export type SecondFactor = z.infer<typeof SecondFactor>
