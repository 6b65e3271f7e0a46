import { Secret, TOTP } from 'otpauth'

const periodSeconds = 30
const window = 1

function totpOf(secret: string, label: string): TOTP {
  return new TOTP({
    issuer: 'Usher',
    label,
    algorithm: 'SHA1',
    digits: 6,
    period: periodSeconds,
    secret: Secret.fromBase32(secret),
  })
}

/** A new TOTP secret (RFC 6238) with the address that authenticator apps read. */
export function newTotp(label: string): { secret: string; uri: string } {
  const secret = new Secret({ size: 20 }).base32
  return { secret, uri: totpOf(secret, label).toString() }
}

/** The time step that this code belongs to, one step off either way; undefined for a wrong code. */
export function totpStep(secret: string, code: string, now: number): number | undefined {
  const delta = totpOf(secret, 'x').validate({
    token: code.replace(/\s/g, ''),
    timestamp: now,
    window,
  })
  return delta === null ? undefined : Math.floor(now / 1000 / periodSeconds) + delta
}
