import { minutes } from '../lib/clock.ts'
import type { Vault } from '../lib/secrets.ts'
import { refuse } from '../model/refusals.ts'
import { newTotp, totpStep } from './totp.ts'

/** What the secret of an authenticator app is sealed for where it is stored. */
export const totpPurpose = 'totp'
const enrolmentPurpose = 'totp enrolment'
const livesMinutes = 15

type Person = { id: string; organisationId: string; email: string }

export type Enrolments = {
  /** A secret to be put into an authenticator app; nothing is stored before a code shows that it is there. */
  start(
    person: Person,
    now: number,
  ): Promise<{ enrolment: string; secret: string; uri: string; qr: string }>
  /**
   * @returns the secret, sealed to be stored, and the step of the code.
   * @throws Refused for a wrong code, or too late.
   */
  confirm(
    person: Omit<Person, 'email'>,
    answer: { enrolment: string; code: string },
    now: number,
  ): { secret: string; step: number }
}

/** An open enrolment is in the browser's hands, sealed, and good for one person and a quarter of an hour. */
export function createEnrolments(vault: Vault): Enrolments {
  return {
    async start({ id, organisationId, email }, now) {
      const totp = newTotp(email)
      const open = { id, organisationId, secret: totp.secret, until: now + minutes(livesMinutes) }
      return {
        enrolment: vault.seal(JSON.stringify(open), enrolmentPurpose),
        ...totp,
        qr: await drawQr(totp.uri),
      }
    },
    confirm({ id, organisationId }, { enrolment, code }, now) {
      const open = unseal(vault, enrolment)
      const isTheirs = open?.id === id && open.organisationId === organisationId && open.until > now
      const step = isTheirs ? totpStep(open.secret, code, now) : undefined
      if (!open || step === undefined) {
        return refuse(
          'request.invalid',
          'This code does not come from that app, or came too late. Check the clock of the device and type the next one.',
          [{ pointer: '/code', code: 'wrong' }],
        )
      }
      return { secret: vault.seal(open.secret, totpPurpose), step }
    },
  }
}

function unseal(vault: Vault, enrolment: string) {
  try {
    return JSON.parse(vault.open(enrolment, enrolmentPurpose)) as {
      id: string
      organisationId: string
      secret: string
      until: number
    }
  } catch {
    // Made up, or sealed for something else: as wrong as a wrong code.
    return undefined
  }
}

/** @returns a QR code as an image that stands in the page itself. */
export async function drawQr(text: string): Promise<string> {
  const { default: QRCode } = await import('qrcode')
  const drawing = await QRCode.toString(text, { type: 'svg', margin: 1 })
  return `data:image/svg+xml;base64,${Buffer.from(drawing).toString('base64')}`
}
