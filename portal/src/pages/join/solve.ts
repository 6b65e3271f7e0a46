import { sha256 } from '@noble/hashes/sha2.js'

const triesAtOnce = 4_000
const toBytes = new TextEncoder()

/**
 * The text with which SHA-256 of `{challenge}:{text}` begins with `bits` zero bits (SS-17). It works in
 * short turns, so that typing stays smooth, and needs no secure context.
 */
export async function solve(challenge: string, bits: number, signal: AbortSignal): Promise<string> {
  for (let tried = 0; !signal.aborted; tried += 1) {
    if (leadingZeroBits(sha256(toBytes.encode(`${challenge}:${tried}`))) >= bits) return `${tried}`
    if (tried % triesAtOnce === 0) await new Promise((resolve) => setTimeout(resolve))
  }
  throw signal.reason
}

function leadingZeroBits(digest: Uint8Array): number {
  const first = digest.findIndex((byte) => byte !== 0)
  return first < 0 ? digest.length * 8 : first * 8 + Math.clz32(digest[first] ?? 0) - 24
}
