import { createHash, createHmac } from 'node:crypto'
import { minutes } from '../lib/clock.ts'
import { hashSecret, newSecret, sameSecret } from '../lib/secrets.ts'

const livesMinutes = 60

export type Challenges = {
  /** What a browser has to solve before it may register (SS-17): hashcash, without any third party. */
  issue(now: number): { challenge: string; bits: number; expiresAt: number }
  /** @returns what makes it work only once; undefined when it is not ours, too old or not solved. */
  check(
    answer: { challenge: string; solution: string },
    now: number,
  ): { hash: string; expiresAt: number } | undefined
}

/**
 * Challenges `{nonce}.{expiry}.{bits}.{mac}`; a solution is a text with which SHA-256 of
 * `{challenge}:{solution}` begins with that many zero bits. Nothing is stored before it is solved.
 * @param key signs, so that only what was issued here counts.
 */
export function createChallenges(key: Buffer, bits: number): Challenges {
  const sign = (text: string) => createHmac('sha256', key).update(text).digest('base64url')
  return {
    issue(now) {
      const expiresAt = now + minutes(livesMinutes)
      const text = `${newSecret(16)}.${expiresAt}.${bits}`
      return { challenge: `${text}.${sign(text)}`, bits, expiresAt }
    },
    check({ challenge, solution }, now) {
      const cut = challenge.lastIndexOf('.')
      const text = challenge.slice(0, cut)
      const [, expiry, wanted] = text.split('.')
      if (cut < 0 || !sameSecret(challenge.slice(cut + 1), sign(text))) return undefined
      if (Number(expiry) <= now) return undefined
      const digest = createHash('sha256').update(`${challenge}:${solution}`).digest()
      if (leadingZeroBits(digest) < Number(wanted)) return undefined
      return { hash: hashSecret(challenge), expiresAt: Number(expiry) }
    },
  }
}

function leadingZeroBits(digest: Uint8Array): number {
  const first = digest.findIndex((byte) => byte !== 0)
  return first < 0 ? digest.length * 8 : first * 8 + Math.clz32(digest[first] ?? 0) - 24
}
