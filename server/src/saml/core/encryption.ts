/**
 * Opening an encrypted assertion. DESIGN §4, step 8.
 *
 * Whoever can tell why a ciphertext was refused can read it, one question at a time (Jager and
 * Somorovsky, "How to break XML encryption", 2011; Manger, CRYPTO 2001). So a key that cannot be
 * opened is replaced by a random one, every path does the same work, and the caller answers any
 * trouble from here on with one and the same refusal.
 */
import {
  constants,
  createDecipheriv,
  createHash,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { decodeBase64 } from './document.ts'
import { Fault } from './faults.ts'
import { privateKeyOf } from './keys.ts'

type Cipher = { name: 'aes-128' | 'aes-192' | 'aes-256'; keyBytes: number; mode: 'cbc' | 'gcm' }

/** XML Encryption 1.1 §5.2, without triple DES. */
const ciphers: ReadonlyMap<string, Cipher> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', { name: 'aes-128', keyBytes: 16, mode: 'cbc' }],
  ['http://www.w3.org/2001/04/xmlenc#aes192-cbc', { name: 'aes-192', keyBytes: 24, mode: 'cbc' }],
  ['http://www.w3.org/2001/04/xmlenc#aes256-cbc', { name: 'aes-256', keyBytes: 32, mode: 'cbc' }],
  ['http://www.w3.org/2009/xmlenc11#aes128-gcm', { name: 'aes-128', keyBytes: 16, mode: 'gcm' }],
  ['http://www.w3.org/2009/xmlenc11#aes192-gcm', { name: 'aes-192', keyBytes: 24, mode: 'gcm' }],
  ['http://www.w3.org/2009/xmlenc11#aes256-gcm', { name: 'aes-256', keyBytes: 32, mode: 'gcm' }],
])

const oaepMgf1p = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'
const oaep11 = 'http://www.w3.org/2009/xmlenc11#rsa-oaep'

/** SHA-1 is sound inside OAEP, which needs no resistance to collisions, and Entra ID uses it. */
const oaepDigests: ReadonlyMap<string, OaepHash> = new Map([
  ['http://www.w3.org/2000/09/xmldsig#sha1', 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])
const maskGenerators: ReadonlyMap<string, OaepHash> = new Map([
  ['http://www.w3.org/2009/xmlenc11#mgf1sha1', 'sha1'],
  ['http://www.w3.org/2009/xmlenc11#mgf1sha256', 'sha256'],
  ['http://www.w3.org/2009/xmlenc11#mgf1sha384', 'sha384'],
  ['http://www.w3.org/2009/xmlenc11#mgf1sha512', 'sha512'],
])

type OaepHash = 'sha1' | 'sha256' | 'sha384' | 'sha512'
type Wrapped = { bytes: Buffer; digest: OaepHash; mask: OaepHash; label: Buffer }

/**
 * The plaintexts an EncryptedAssertion may hold, one for each pair of an encrypted key and a key of
 * ours; the right one proves itself by its signature. Throws only for what is visible from outside.
 */
export function openAssertion(encrypted: XmlElement, privateKeyPems: string[]): Buffer[] {
  const data = childOf(encrypted, 'xenc:EncryptedData')
  if (!data) throw new Fault('xml.structure', { expected: 'xenc:EncryptedData' })
  const cipher = cipherOf(data)
  const wrapped = encryptedKeys(encrypted, data).map(readEncryptedKey)
  const content = cipherValue(data)
  return wrapped.flatMap((key) =>
    privateKeyPems.map((pem) => decrypt(content, unwrap(key, privateKeyOf(pem), cipher), cipher)),
  )
}

function cipherOf(data: XmlElement): Cipher {
  const algorithm = algorithmOf(childOf(data, 'xenc:EncryptionMethod'))
  const cipher = ciphers.get(algorithm)
  if (!cipher) throw new Fault('encryption.algorithm', { received: algorithm })
  return cipher
}

/** The keys stand inside the data's KeyInfo or beside the data; both places are in use. */
function encryptedKeys(encrypted: XmlElement, data: XmlElement): XmlElement[] {
  const keyInfo = childOf(data, 'ds:KeyInfo')
  const keys = [
    ...(keyInfo ? childrenOf(keyInfo, 'xenc:EncryptedKey') : []),
    ...childrenOf(encrypted, 'xenc:EncryptedKey'),
  ]
  if (keys.length === 0 || keys.length > 8) {
    throw new Fault('xml.structure', {
      expected: '1 to 8 xenc:EncryptedKey',
      received: String(keys.length),
    })
  }
  return keys
}

function readEncryptedKey(key: XmlElement): Wrapped {
  const method = childOf(key, 'xenc:EncryptionMethod')
  const algorithm = algorithmOf(method)
  if (!method || (algorithm !== oaepMgf1p && algorithm !== oaep11)) {
    throw new Fault('encryption.algorithm', { received: algorithm })
  }
  const digest = hashOf(childOf(method, 'ds:DigestMethod'), oaepDigests)
  const generator = childOf(method, 'xenc11:MGF')
  if (generator && algorithm === oaepMgf1p) {
    throw new Fault('encryption.algorithm', { received: `${algorithm} with MGF` })
  }
  const params = childOf(method, 'xenc:OAEPparams')
  return {
    bytes: cipherValue(key),
    digest,
    mask: hashOf(generator, maskGenerators),
    label: (params && decodeBase64(textOf(params))) ?? Buffer.alloc(0),
  }
}

/** XML Encryption 1.1 §5.5.2: SHA-1 when nothing is said. */
function hashOf(method: XmlElement | undefined, hashes: ReadonlyMap<string, OaepHash>): OaepHash {
  if (!method) return 'sha1'
  const algorithm = algorithmOf(method)
  const found = hashes.get(algorithm)
  if (!found) throw new Fault('encryption.algorithm', { received: algorithm })
  return found
}

function algorithmOf(method: XmlElement | undefined): string {
  return (method && attributeOf(method, 'Algorithm')) ?? ''
}

function cipherValue(element: XmlElement): Buffer {
  const data = childOf(element, 'xenc:CipherData')
  const value = data && childOf(data, 'xenc:CipherValue')
  return (value && decodeBase64(textOf(value))) ?? Buffer.alloc(0)
}

/** A random key stands in for one that cannot be opened, so that the work goes on just the same. */
function unwrap(wrapped: Wrapped, key: KeyObject, cipher: Cipher): Buffer {
  const substitute = randomBytes(cipher.keyBytes)
  const opened = openKey(wrapped, key)
  return opened?.length === cipher.keyBytes ? opened : substitute
}

function openKey({ bytes, digest, mask, label }: Wrapped, key: KeyObject): Buffer | undefined {
  try {
    if (digest === mask) {
      const padding = constants.RSA_PKCS1_OAEP_PADDING
      return privateDecrypt({ key, padding, oaepHash: digest, oaepLabel: label }, bytes)
    }
    // OpenSSL's interface here knows one hash for both; rsa-oaep-mgf1p with SHA-256 needs two.
    const encoded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, bytes)
    return removeOaep(encoded, digest, mask, label)
  } catch {
    return undefined
  }
}

/** RFC 8017 §7.1.2 step 3, all conditions collected before any of them is acted upon. */
function removeOaep(encoded: Buffer, digest: OaepHash, mask: OaepHash, label: Buffer) {
  const labelHash = createHash(digest).update(label).digest()
  const size = labelHash.length
  if (encoded.length < 2 * size + 2) return undefined
  const maskedSeed = encoded.subarray(1, 1 + size)
  const maskedBlock = encoded.subarray(1 + size)
  const seed = exclusiveOr(maskedSeed, generateMask(maskedBlock, size, mask))
  const block = exclusiveOr(maskedBlock, generateMask(seed, maskedBlock.length, mask))

  let wrong = encoded[0] ?? 1
  for (let at = 0; at < size; at += 1) wrong |= (block[at] ?? 0) ^ (labelHash[at] ?? 0)
  let end = 0
  let searching = 1
  for (let at = size; at < block.length; at += 1) {
    const byte = block[at] ?? 0
    const isOne = Number(byte === 1) & searching
    wrong |= Number(byte > 1) & searching
    end |= at * isOne
    searching &= ~isOne
  }
  return (wrong | searching) === 0 ? block.subarray(end + 1) : undefined
}

/** RFC 8017 appendix B.2.1 */
function generateMask(seed: Buffer, length: number, hash: OaepHash): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0, made = 0; made < length; counter += 1) {
    const suffix = Buffer.alloc(4)
    suffix.writeUInt32BE(counter)
    const block = createHash(hash).update(seed).update(suffix).digest()
    blocks.push(block)
    made += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}

function exclusiveOr(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)))
}

/** An empty plaintext stands for any failure; it fails where every other wrong plaintext does. */
function decrypt(content: Buffer, key: Buffer, { name, mode }: Cipher): Buffer {
  return mode === 'gcm' ? decryptGcm(content, key, name) : decryptCbc(content, key, name)
}

/** XML Encryption 1.1 §5.2.4: 12 bytes IV, ciphertext, 16 bytes tag; a shorter tag is no tag. */
function decryptGcm(content: Buffer, key: Buffer, name: Cipher['name']): Buffer {
  if (content.length < 12 + 16) return Buffer.alloc(0)
  const decipher = createDecipheriv(`${name}-gcm`, key, content.subarray(0, 12), {
    authTagLength: 16,
  })
  decipher.setAuthTag(content.subarray(-16))
  try {
    return Buffer.concat([decipher.update(content.subarray(12, -16)), decipher.final()])
  } catch {
    return Buffer.alloc(0)
  }
}

/** XML Encryption 1.1 §5.2.1: only the last byte of the padding is defined. */
function decryptCbc(content: Buffer, key: Buffer, name: Cipher['name']): Buffer {
  if (content.length < 32 || content.length % 16 !== 0) return Buffer.alloc(0)
  const decipher = createDecipheriv(`${name}-cbc`, key, content.subarray(0, 16))
  decipher.setAutoPadding(false)
  const padded = Buffer.concat([decipher.update(content.subarray(16)), decipher.final()])
  const padding = padded.at(-1) ?? 0
  return padding >= 1 && padding <= 16 ? padded.subarray(0, -padding) : padded
}
