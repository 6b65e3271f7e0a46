import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'

/** Signs with the newest of several keys, and knows what each of them signed (Ed25519, RFC 8032). */
export type Signer = {
  sign(text: string): string
  hasSigned(text: string, signature: string): boolean
}

/** What PKCS #8 puts before the 32 bytes of an Ed25519 key (RFC 8410 §7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** @param seeds of 32 bytes each, newest first. */
export function createSigner(seeds: Buffer[]): Signer {
  const keys = seeds.map((seed) =>
    createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' }),
  )
  const newest = keys[0]
  if (!newest) throw new Error('A key is required.')
  const published: KeyObject[] = keys.map((key) => createPublicKey(key))
  return {
    sign: (text) => sign(null, Buffer.from(text), newest).toString('base64url'),
    hasSigned: (text, signature) =>
      published.some((key) =>
        verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url')),
      ),
  }
}

/** SHA-256 as base64url, 43 characters. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
