import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { refuse } from '../model/refusals.ts'

/** What is stored of a passkey; the private key never leaves the person's device. */
export type PasskeyKey = {
  /** The credential's id, base64url. */
  id: string
  /** COSE, base64url. */
  publicKey: string
  counter: number
  transports: string[]
  /** It is kept by more than one device. */
  backedUp: boolean
}

export type Passkeys = {
  /** What `navigator.credentials.create` is given, and the hash by which the challenge works once. */
  askToMake(
    person: { id: string; email: string; name: string },
    known: PasskeyKey[],
  ): Promise<Asked>
  /** What `navigator.credentials.get` is given. */
  askToProve(known: PasskeyKey[]): Promise<Asked>
  /** @throws Refused when the device's answer is not right. */
  readMade(response: unknown): Promise<{ passkey: PasskeyKey; challengeHash: string }>
  /** @returns undefined when the device's answer is not right. */
  readProof(
    response: unknown,
    passkey: PasskeyKey,
  ): Promise<{ counter: number; challengeHash: string } | undefined>
}
type Asked = { options: Record<string, unknown>; challengeHash: string }

const webauthn = () => import('./webauthn.ts')
const timeoutMs = 120_000
// EdDSA, ES256, RS256 (RFC 9053, RFC 8812): what every device and browser of today knows.
const supportedAlgorithmIDs = [-8, -7, -257]

/** Passkeys (WebAuthn level 3) of this installation's one address. */
export function createPasskeys(baseUrl: string): Passkeys {
  const { hostname: rpID, origin } = new URL(baseUrl)
  const descriptors = (known: PasskeyKey[]) =>
    known.map(({ id, transports }) => ({ id, transports }))

  return {
    async askToMake({ id, email, name }, known) {
      const challenge = newChallenge()
      const { generateRegistrationOptions } = await webauthn()
      const options = await generateRegistrationOptions({
        rpName: 'Usher',
        rpID,
        userName: email,
        userDisplayName: name,
        userID: new Uint8Array(Buffer.from(id)),
        challenge,
        timeout: timeoutMs,
        attestationType: 'none',
        supportedAlgorithmIDs,
        excludeCredentials: descriptors(known),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
      })
      return { options: { ...options }, challengeHash: hashSecret(options.challenge) }
    },
    async askToProve(known) {
      const { generateAuthenticationOptions } = await webauthn()
      const options = await generateAuthenticationOptions({
        rpID,
        challenge: newChallenge(),
        timeout: timeoutMs,
        allowCredentials: descriptors(known),
        userVerification: 'required',
      })
      return { options: { ...options }, challengeHash: hashSecret(options.challenge) }
    },
    async readMade(response) {
      const { verifyRegistrationResponse } = await webauthn()
      let challenge = ''
      const made = await orNothing(
        verifyRegistrationResponse({
          response: response as RegistrationResponseJSON,
          expectedChallenge: (sent) => {
            challenge = sent
            return true
          },
          expectedOrigin: origin,
          expectedRPID: rpID,
          requireUserVerification: true,
          supportedAlgorithmIDs,
        }),
      )
      if (!made?.verified) {
        return refuse('request.invalid', 'This passkey could not be read. Try again.', [
          { pointer: '/passkey', code: 'wrong' },
        ])
      }
      const { credential, credentialBackedUp } = made.registrationInfo
      return {
        passkey: {
          id: credential.id,
          publicKey: Buffer.from(credential.publicKey).toString('base64url'),
          counter: credential.counter,
          transports: credential.transports ?? [],
          backedUp: credentialBackedUp,
        },
        challengeHash: hashSecret(challenge),
      }
    },
    async readProof(response, { id, publicKey, counter, transports }) {
      const { verifyAuthenticationResponse } = await webauthn()
      let challenge = ''
      const proof = await orNothing(
        verifyAuthenticationResponse({
          response: response as AuthenticationResponseJSON,
          expectedChallenge: (sent) => {
            challenge = sent
            return true
          },
          expectedOrigin: origin,
          expectedRPID: rpID,
          requireUserVerification: true,
          credential: {
            id,
            publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')),
            counter,
            transports,
          },
        }),
      )
      if (!proof?.verified) return undefined
      return { counter: proof.authenticationInfo.newCounter, challengeHash: hashSecret(challenge) }
    },
  }
}

function newChallenge() {
  return new Uint8Array(Buffer.from(newSecret(), 'base64url'))
}

/** The library says by throwing what is wrong with an answer: to its sender it is wrong, no more. */
async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch {
    return undefined
  }
}
