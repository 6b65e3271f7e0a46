import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importJWK,
  type JWK,
  type JWTPayload,
  jwtVerify,
} from 'jose'
import { minutes } from '../lib/clock.ts'
import type { ClientKey } from './client-keys.ts'

/** Asymmetric ones alone: a shared secret would be a password, and `none` nothing (RFC 8725 §3.1). */
const algorithms: Record<string, string[]> = {
  RSA: ['RS256', 'PS256'],
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
}
const longestLife = minutes(10)
const skewSeconds = 30
const longestAssertion = 8_192

/** Who says that they are calling; believed by nobody before the signature is checked. */
export function claimedClient(assertion: string): string | undefined {
  if (assertion.length > longestAssertion) return undefined
  return legible(() => decodeJwt(assertion))?.sub
}

/** Undefined for what is none. */
function legible<Part>(decode: () => Part): Part | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}

/**
 * Whether the client itself signed this for us and just now (RFC 7523 §3). What is returned must be
 * used up by the caller: an assertion counts once.
 */
export async function checkClientAssertion(
  assertion: string,
  expected: { clientId: string; keys: ClientKey[]; audiences: string[]; now: number },
): Promise<{ jti: string; expiresAt: number } | { wrong: string }> {
  const { clientId, audiences, now } = expected
  const header = legible(() => decodeProtectedHeader(assertion))
  if (!header) return { wrong: 'the header of the assertion is not one of a signed JWT' }
  const { kid, alg } = header
  const fitting = expected.keys.filter(
    (key) =>
      algorithmsOf(key).includes(alg ?? '') &&
      (kid === undefined || key.kid === undefined || key.kid === kid),
  )
  let wrong = 'no key of the client fits the algorithm and kid of the assertion'
  for (const key of fitting) {
    try {
      const { payload } = await jwtVerify(assertion, await importJWK(key as JWK, alg), {
        algorithms: algorithmsOf(key),
        issuer: clientId,
        subject: clientId,
        audience: audiences,
        requiredClaims: ['exp', 'jti'],
        clockTolerance: skewSeconds,
        currentDate: new Date(now),
      })
      return readTimes(payload, now)
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
      wrong = error.message
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
    }
  }
  return { wrong }
}

function algorithmsOf(key: ClientKey): string[] {
  return algorithms['crv' in key ? key.crv : key.kty] ?? []
}

function readTimes(payload: JWTPayload, now: number) {
  const { jti, exp = 0, iat } = payload
  const skew = skewSeconds * 1_000
  if (typeof jti !== 'string' || jti === '' || jti.length > 200) return { wrong: 'jti is no id' }
  if (exp * 1_000 > now + longestLife + skew) return { wrong: 'exp is more than ten minutes ahead' }
  if (iat !== undefined && iat * 1_000 > now + skew) return { wrong: 'iat is in the future' }
  return { jti, expiresAt: exp * 1_000 + skew + 1_000 }
}
