import { type Directory, findSpKeys, keepSpKey } from '../directory/index.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import { createKeyPair, type ServiceProvider } from './core/index.ts'

const purpose = 'saml-key'

/** The addresses of one organisation's service provider (LM-20). The entity ID is its metadata URL. */
export function addressesOf(baseUrl: string, organisationId: string) {
  const base = `${baseUrl}/saml/${organisationId}`
  return {
    acsUrl: `${base}/acs`,
    entityId: `${base}/metadata`,
    metadataUrl: `${base}/metadata`,
    sloUrl: `${base}/slo`,
    startUrl: `${base}/start`,
  }
}

/** Makes each organisation's key pair when it is first asked for; kept sealed, newest first. */
export function createServiceProviders(directory: Directory, vault: Vault, baseUrl: string) {
  const known = new Map<string, ServiceProvider>()

  async function keysOf(actor: Actor, now: number) {
    const stored = await directory.view(actor, findSpKeys)
    if (stored.length > 0) return stored
    const made = await createKeyPair(`Usher ${actor.organisationId}`, now)
    return directory.change(actor, (write) =>
      keepSpKey(write, {
        privateKey: vault.seal(made.privateKeyPem, purpose),
        certificate: made.certificatePem,
      }),
    )
  }

  return async function serviceProvider(actor: Actor, now: number): Promise<ServiceProvider> {
    const cached = known.get(actor.organisationId)
    if (cached) return cached
    const pairs = (await keysOf(actor, now)).map((key) => ({
      privateKeyPem: vault.open(key.private_key, purpose),
      certificatePem: key.certificate,
    }))
    const signing = pairs.at(-1)
    if (!signing) throw new Error('A service provider without a key.')
    const { entityId, acsUrl, sloUrl } = addressesOf(baseUrl, actor.organisationId)
    const serviceProvider = { entityId, acsUrl, sloUrl, signing, decryption: pairs }
    known.set(actor.organisationId, serviceProvider)
    return serviceProvider
  }
}
