import { running } from '../api/index.ts'
import { type ExtraPerson, type SigningKey, simulatedTenant } from '../demo/index.ts'
import {
  addManager,
  changeLoginMethod,
  changeProvisioning,
  createOrganisation,
  type Directory,
  findOrganisation,
  findOrganisationBySlug,
  installationSetting,
  listPeople,
  platformId,
  putDomain,
  putInstallationSetting,
  type Write,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import type { Connection } from '../model/saml.ts'
import { createKeyPair, readCertificate } from '../saml/index.ts'

const purpose = 'demo-idp-key'
export const demoSlug = 'contoso-demo'

const domain = 'contoso.example'
const manager = { email: `megan.bowen@${domain}`, firstName: 'Megan', lastName: 'Bowen' }

type DemoParts = { directory: Directory; vault: Vault; clock: Clock; baseUrl: string }

/** The demo organisation and the keys of its simulated identity provider, which serve nothing else. */
export function createDemo({ directory, vault, clock, baseUrl }: DemoParts) {
  const keys = new Map<string, Promise<SigningKey | undefined>>()

  async function readKey(organisationId: string): Promise<SigningKey | undefined> {
    const actor = operator(organisationId)
    const stored = await directory.view(actor, (read) =>
      installationSetting(read, `demo ${organisationId}`),
    )
    return stored ? (JSON.parse(vault.open(stored, purpose)) as SigningKey) : undefined
  }

  /** Made at the first visit of an organisation that exists. */
  async function keyOf(organisationId: string): Promise<SigningKey | undefined> {
    const stored = await readKey(organisationId)
    if (stored) return stored
    const actor = operator(organisationId)
    if (!(await directory.view(actor, (read) => findOrganisation(read, organisationId))))
      return undefined
    const pair = await createKeyPair('Simulated Entra ID', clock.now())
    await directory.change(actor, (write) => keepKey(write, organisationId, pair))
    return pair
  }

  const keepKey = (write: Write, organisationId: string, pair: SigningKey) =>
    putInstallationSetting(
      write,
      `demo ${organisationId}`,
      vault.seal(JSON.stringify(pair), purpose),
    )

  /** Managers are people of the simulated directory too, so that they can test signing in. */
  async function managersOf(organisationId: string): Promise<ExtraPerson[]> {
    const managers = await directory.view(operator(organisationId), (read) =>
      listPeople(
        read,
        { role: 'ROLE_MANAGER' },
        { by: 'name', descending: false },
        { page: 0, size: 20 },
      ),
    )
    return managers.items.map(({ user: { email, firstName, lastName } }) => ({
      email,
      firstName,
      lastName,
    }))
  }

  function connectionTo(organisationId: string, certificatePem: string): Omit<Connection, 'id'> {
    return {
      name: 'Entra ID (simulated)',
      provider: 'entra',
      saml: {
        idpEntityId: simulatedTenant(organisationId).entityId,
        ssoUrl: `${baseUrl}/demo/entra/${organisationId}/saml2`,
        ssoBinding: 'redirect',
        certificates: [readCertificate(certificatePem)],
        signAuthnRequests: true,
        allowIdpInitiated: false,
        emailFrom: 'nameId',
        attributes: { firstName: 'firstName', lastName: 'lastName' },
      },
      refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
    }
  }

  return {
    /** Its employees have addresses in the organisation's own domain. */
    async domain(organisationId: string): Promise<string> {
      const [first] = await managersOf(organisationId)
      return first?.email.split('@')[1] ?? domain
    },

    /** Each organisation has a simulated tenant of its own, with a key that nothing trusts until it is connected. */
    keys(organisationId: string): Promise<SigningKey | undefined> {
      const known = keys.get(organisationId) ?? keyOf(organisationId)
      keys.set(organisationId, known)
      known.then(
        (key) => key ?? keys.delete(organisationId),
        () => keys.delete(organisationId),
      )
      return known
    },

    people: managersOf,

    /** Makes the demo once; asked again, it is found. */
    async make(actor: Actor): Promise<{ organisationId: string; slug: string; managerId: string }> {
      const known = await directory.view(actor, (read) => findOrganisationBySlug(read, demoSlug))
      if (known) {
        const { items } = await directory.view(operator(known.id), (read) =>
          listPeople(
            read,
            { search: manager.email },
            { by: 'name', descending: false },
            { page: 0, size: 1 },
          ),
        )
        const found = items[0]
        if (found) return { organisationId: known.id, slug: demoSlug, managerId: found.user.id }
      }
      const organisationId = newId()
      const pair = await createKeyPair('Simulated Entra ID', clock.now())
      keys.delete(organisationId)
      const managerId = await directory.change({ ...actor, organisationId }, async (write) => {
        await createOrganisation(write, {
          id: organisationId,
          name: 'Contoso (demo)',
          slug: demoSlug,
          demo: true,
        })
        await keepKey(write, organisationId, pair)
        await putDomain(write, domain, true)
        const user = await addManager(write, { ...manager, active: true })
        if (!user) throw new Error('The demo manager could not be made.')
        await changeLoginMethod(write, {
          method: 'sso',
          connection: connectionTo(organisationId, pair.certificatePem),
          testId: undefined,
          googleAvailable: false,
          ifVersion: undefined,
        })
        await changeProvisioning(write, { source: 'sso_jit' }, running, undefined)
        return user.id
      })
      return { organisationId, slug: demoSlug, managerId }
    },
  }
}

function operator(organisationId: string): Actor {
  return {
    kind: 'operator',
    id: null,
    label: 'Demo',
    organisationId: organisationId || platformId,
    roles: [],
    scopes: [],
    ip: null,
    requestId: null,
    signedInAt: null,
    sessionId: null,
  }
}
