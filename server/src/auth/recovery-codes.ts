import { randomInt } from 'node:crypto'
import { hashSecret } from '../lib/secrets.ts'

const howMany = 10
// Without look-alikes; sixteen of them are 78 bits, so that a stolen hash is of no use.
const letters = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Codes that open once each when every other factor is lost, and how they are stored. */
export function newRecoveryCodes(): { codes: string[]; hashes: string[] } {
  const codes = Array.from({ length: howMany }, () =>
    Array.from({ length: 4 }, () =>
      Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join(''),
    ).join('-'),
  )
  return { codes, hashes: codes.map(hashRecoveryCode) }
}

/** However it is typed: capitals, spaces and hyphens say nothing. */
export function hashRecoveryCode(typed: string): string {
  return hashSecret(typed.toLowerCase().replace(/[\s-]/g, ''))
}
