import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** A bearer secret for cookies, links and tokens: `bytes` of randomness as base64url. */
export function newSecret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}

/** How bearer secrets stand in the database. They are random, so one SHA-256 is enough (SE-7). */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

export function sameSecret(a: string, b: string): boolean {
  const left = createHash('sha256').update(a).digest()
  const right = createHash('sha256').update(b).digest()
  return timingSafeEqual(left, right)
}

/** Encrypts what must be read again, under a rotatable key: the first key seals, every key opens. */
export type Vault = {
  /** `purpose` is bound as associated data: a value sealed for one use opens for no other. */
  seal(plain: string, purpose: string): string
  open(sealed: string, purpose: string): string
  /** A key derived for another use, such as signing challenges. */
  derive(purpose: string): Buffer
  /** The same of every key that is known, newest first: what an older one signed stays signed. */
  deriveAll(purpose: string): Buffer[]
}

/** @param keys secret keys of at least 32 characters, newest first. */
export function openVault(keys: string[]): Vault {
  const ring = keys.map((key) => {
    const bytes = Buffer.from(hkdfSync('sha256', key, 'usher', 'vault', 32))
    return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes }
  })
  const newest = ring[0]
  if (!newest) throw new Error('A secret key is required.')

  return {
    seal(plain, purpose) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', newest.bytes, iv)
      cipher.setAAD(Buffer.from(purpose))
      const body = Buffer.concat([
        cipher.update(plain, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ])
      return `v1.${newest.id}.${Buffer.concat([iv, body]).toString('base64url')}`
    },
    open(sealed, purpose) {
      const [version, id, text] = sealed.split('.')
      const key = ring.find((candidate) => candidate.id === id)
      if (version !== 'v1' || !key || !text) throw new Error('Sealed with a key that is not here.')
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, bytes.subarray(0, 12), {
        authTagLength: 16,
      })
      decipher.setAAD(Buffer.from(purpose))
      decipher.setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
    },
    derive: (purpose) => derived(newest, purpose),
    deriveAll: (purpose) => ring.map((key) => derived(key, purpose)),
  }
}

function derived({ bytes }: { bytes: Buffer }, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, 'usher', purpose, 32))
}
