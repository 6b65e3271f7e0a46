import { type Directory, findOidcKey, keepOidcKey } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'

const purpose = 'oidc-key'
const { subtle } = globalThis.crypto
/** What every provider that knows private_key_jwt can check. */
const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const making = { ...algorithm, modulusLength: 2_048, publicExponent: new Uint8Array([1, 0, 1]) }

export type ClientKey = { kid: string; key: CryptoKey }
export type ClientKeys = ReturnType<typeof createClientKeys>

/** The key by which an organisation proves itself to its provider; made when first asked for, kept sealed. */
export function createClientKeys(directory: Directory, vault: Vault) {
  async function stored(actor: Actor) {
    const found = await directory.view(actor, findOidcKey)
    if (found) return found
    const pair = await subtle.generateKey(making, true, ['sign', 'verify'])
    const privateKey = Buffer.from(await subtle.exportKey('pkcs8', pair.privateKey))
    const { kty, n, e } = await subtle.exportKey('jwk', pair.publicKey)
    return directory.change(actor, (write) =>
      keepOidcKey(write, {
        id: newId(),
        privateKey: vault.seal(privateKey.toString('base64'), purpose),
        publicKey: JSON.stringify({ kty, n, e }),
      }),
    )
  }

  return {
    async signing(actor: Actor): Promise<ClientKey> {
      const { id, private_key } = await stored(actor)
      const bytes = Buffer.from(vault.open(private_key, purpose), 'base64')
      return { kid: id, key: await subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']) }
    },

    /** For the provider to check signatures with (RFC 7517 §5). */
    async published(actor: Actor) {
      const { id, public_key } = await stored(actor)
      return { keys: [{ ...JSON.parse(public_key), kid: id, use: 'sig', alg: 'RS256' }] }
    },
  }
}
