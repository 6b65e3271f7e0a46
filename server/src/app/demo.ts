import type { FastifyInstance } from 'fastify'
import { running } from '../api/index.ts'
import {
  createSimulations,
  type Exchange,
  type ExtraPerson,
  type SigningKey,
  simulatedProviders,
  simulatedTenant,
} from '../demo/index.ts'
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
import type { ConnectionSettings } from '../model/connection.ts'
import { createKeyPair, readCertificate } from '../saml/index.ts'

const purpose = 'demo-idp-key'
export const demoSlug = 'contoso-demo'

const domain = 'contoso.example'
/** Who signs in to it first. */
export const demoManager = { email: `megan.bowen@${domain}`, firstName: 'Megan', lastName: 'Bowen' }

const provisionedAtMost = 50
/** Between two requests of a simulated cycle: quick, and yet to be watched. */
const paceMs = 60

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

  /** People whom the simulated identity provider has brought by SCIM can sign in by it, too. */
  async function provisioned(organisationId: string): Promise<ExtraPerson[]> {
    const found = await directory.view(operator(organisationId), (read) =>
      listPeople(
        read,
        { managedBy: ['scim'] },
        { by: 'name', descending: false },
        { page: 0, size: provisionedAtMost },
      ),
    )
    return found.items.map(({ user: { email, firstName, lastName, status, held } }) => ({
      email,
      firstName,
      lastName,
      note: held
        ? 'Held by a manager: Usher does not let them in'
        : status === 'deactivated'
          ? 'Deactivated by SCIM: Usher does not let them in'
          : 'Provisioned by SCIM',
    }))
  }

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

  function connectionTo(organisationId: string, certificatePem: string): ConnectionSettings {
    return {
      protocol: 'saml',
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

    async people(organisationId: string): Promise<ExtraPerson[]> {
      const managers = await managersOf(organisationId)
      const addresses = new Set(managers.map(({ email }) => email.toLowerCase()))
      const others = await provisioned(organisationId)
      return [...managers, ...others.filter(({ email }) => !addresses.has(email.toLowerCase()))]
    },

    /** Makes the demo once; asked again, it is found. */
    async make(actor: Actor): Promise<{ organisationId: string; slug: string; managerId: string }> {
      const known = await directory.view(actor, (read) => findOrganisationBySlug(read, demoSlug))
      if (known) {
        const { items } = await directory.view(operator(known.id), (read) =>
          listPeople(
            read,
            { search: demoManager.email },
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
        const user = await addManager(write, { ...demoManager, active: true })
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

/** Simulated identity providers: they call the very endpoint that a real one calls. */
export function simulate(
  app: FastifyInstance,
  { directory, domain }: Pick<DemoParts, 'directory'> & Pick<Demo, 'domain'>,
  pace = paceMs,
) {
  const exchange =
    (organisationId: string, token: string): Exchange =>
    async ({ method, path, headers, body }) => {
      const response = await app.inject({
        method,
        url: `/scim/${organisationId}/v2${path}`,
        headers: { ...headers, authorization: `Bearer ${token}` },
        ...(body ? { payload: JSON.stringify(body) } : {}),
      })
      const isJson = String(response.headers['content-type'] ?? '').includes('json')
      return {
        status: response.statusCode,
        headers: response.headers,
        body: isJson && response.body ? (JSON.parse(response.body) as unknown) : undefined,
      }
    }
  const simulations = createSimulations({ directory, domain, exchange, paceMs: pace })
  app.addHook('onClose', () => simulations.stop())
  return { ...simulations, providers: simulatedProviders }
}

type Demo = ReturnType<typeof createDemo>

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
