import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser'
import type { z } from 'zod'
import type { ConfirmPasskey } from '../../../contract/src/index.ts'

type Asked = { options: Record<string, unknown> }
type Answer = z.input<typeof ConfirmPasskey>['passkey']

export const hasPasskeys = browserSupportsWebAuthn

/** Asks this device, or one beside it, for a new passkey. */
export async function makePasskey({ options }: Asked): Promise<Answer> {
  const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON
  return (await inWords(startRegistration({ optionsJSON }))) as unknown as Answer
}

export async function showPasskey({ options }: Asked): Promise<Answer> {
  const optionsJSON = options as unknown as PublicKeyCredentialRequestOptionsJSON
  return (await inWords(startAuthentication({ optionsJSON }))) as unknown as Answer
}

/** Browsers say little on purpose: whoever turned the question away knows that they did. */
async function inWords<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    throw new Error(
      name === 'InvalidStateError'
        ? 'This device has a passkey for this account already.'
        : 'No passkey was given. Try again, or take another way.',
      { cause: error },
    )
  }
}
