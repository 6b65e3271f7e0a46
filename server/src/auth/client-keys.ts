import { createPublicKey } from 'node:crypto'
import { z } from 'zod'
import { refuse } from '../model/refusals.ts'

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const text = z.string().min(1).max(2_000)
const named = { kid: z.string().min(1).max(200).optional() }
const Key = z.discriminatedUnion('kty', [
  z.object({ kty: z.literal('RSA'), n: text, e: text, ...named }),
  z.object({
    kty: z.literal('EC'),
    crv: z.enum(['P-256', 'P-384', 'P-521']),
    x: text,
    y: text,
    ...named,
  }),
  z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: text, ...named }),
])
/** A public key that an OAuth client signs with: nothing of it but what is needed to check it. */
export type ClientKey = z.output<typeof Key>

const smallestModulus = 2_048
/** Checking a signature takes longer with every bit. */
const largestModulus = 8_192
const smallestExponent = 65_537n

/**
 * The keys of a JWK set (RFC 7517 §5) that may vouch for a client. Throws `request.invalid` for a key
 * that is private, symmetric, weak or none.
 */
export function readClientKeys(keys: Record<string, unknown>[]): ClientKey[] {
  const read = keys.map(readKey)
  const names = read.flatMap(({ kid }) => (kid === undefined ? [] : [kid]))
  if (new Set(names).size < names.length) wrong('Two keys have the same kid.')
  return read
}

function readKey(key: Record<string, unknown>): ClientKey {
  if (privateMembers.some((member) => Object.hasOwn(key, member))) {
    wrong(
      'Send public keys alone. This one is private or symmetric: consider it known and make another.',
    )
  }
  if (key.use !== undefined && key.use !== 'sig') wrong('A key is for signatures (use: sig).')
  const { data } = Key.safeParse(key)
  if (!data)
    return wrong('A key is RSA, EC (P-256, P-384, P-521) or Ed25519, as RFC 7518 §6 writes it.')
  const details = detailsOf(data)
  if (data.kty === 'RSA') {
    const bits = details?.modulusLength ?? 0
    if (bits < smallestModulus || bits > largestModulus)
      wrong(`An RSA key has ${smallestModulus} to ${largestModulus} bits.`)
    if ((details?.publicExponent ?? 0n) < smallestExponent)
      wrong(`The public exponent of an RSA key is at least ${smallestExponent}.`)
  }
  return data
}

function detailsOf(key: ClientKey) {
  try {
    return createPublicKey({ key, format: 'jwk' }).asymmetricKeyDetails
  } catch {
    return wrong('A key is no point of its curve, or is not written as RFC 7518 §6 says.')
  }
}

function wrong(detail: string): never {
  return refuse('request.invalid', detail, [{ pointer: '/jwks', code: 'invalid' }])
}
