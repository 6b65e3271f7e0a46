/** Keys, parsed once: parsing one costs as much as using it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

export type VerificationKey = { key: KeyObject; type: 'rsa' | 'ec' }

const remembered = 512

/** Remembers what was made of a text; the oldest leaves when there are too many. */
function memory<Made>(make: (text: string) => Made): (text: string) => Made {
  const known = new Map<string, Made>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined || known.has(text)) return found as Made
    const made = make(text)
    const oldest = known.keys().next()
    if (known.size >= remembered && !oldest.done) known.delete(oldest.value)
    known.set(text, made)
    return made
  }
}

export const privateKeyOf = memory((pem: string): KeyObject => createPrivateKey(pem))

/** Undefined for a certificate whose key is too weak, however it came into the settings. */
export const verificationKeyOf = memory((pem: string) => strongKey(new X509Certificate(pem)))

const curves: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1']

/**
 * The public key of a certificate if it is strong enough to trust. 8,192 bits is the most anyone
 * uses; beyond that every verification would cost us more than it costs an attacker to ask for it.
 */
export function strongKey(certificate: X509Certificate): VerificationKey | undefined {
  const key = certificate.publicKey
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') {
    const bits = details?.modulusLength ?? 0
    const exponent = details?.publicExponent ?? 0n
    return bits >= 2048 && bits <= 8192 && exponent >= 3n ? { key, type: 'rsa' } : undefined
  }
  if (key.asymmetricKeyType === 'ec' && curves.includes(details?.namedCurve)) {
    return { key, type: 'ec' }
  }
  return undefined
}
