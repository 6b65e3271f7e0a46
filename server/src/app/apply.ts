import { resolve } from 'node:path'
import { hashPassword, newTotp, totpPurpose } from '../auth/index.ts'
import {
  addManager,
  breakGlassView,
  changeLoginMethod,
  changeProvisioning,
  createBreakGlass,
  createOrganisation,
  type Directory,
  digestOf,
  ensureApiKey,
  ensureGroup,
  ensurePool,
  ensureScimToken,
  findConnection,
  findOrganisationBySlug,
  grantPoolToGroup,
  issueLink,
  passwordFacts,
  platformId,
  putDomain,
  putScimSettings,
  renameOrganisation,
  setPassword,
  type Write,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { createOutbound } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import { operatorOf } from '../model/actor.ts'
import type { Connection, ConnectionSettings, GoogleSettings } from '../model/connection.ts'
import { refuse } from '../model/refusals.ts'
import { createIssuers, oidcAddresses, readOidcSettings } from '../oidc/index.ts'
import { addressesOf, readSettings } from '../saml/index.ts'
import { scimAddresses } from '../scim/index.ts'
import { type Declared, readNamed } from './declared.ts'

/** An operator may prepare an organisation for a source whose door opens in a later version. */
const everySource = { portal: true, sso_jit: true, scim: true, ldap: true }

export type Applied = {
  id: string
  slug: string
  loginUrl: string
  portalUrl: string
  saml: { acsUrl: string; entityId: string; metadataUrl: string; startUrl: string; sloUrl: string }
  oidc: { redirectUri: string; jwksUrl: string; startUrl: string }
  scim: { baseUrl: string; tokens: { label: string; token: string }[] }
  apiKeys: { label: string; key: string }[]
  managers: { email: string; setupUrl: string }[]
  breakGlass: { email: string; totpSecret: string; totpUri: string }[]
  /** What this run changed, in words; empty when everything was so already. */
  changes: string[]
}

export type ApplyParts = {
  directory: Directory
  vault: Vault
  clock: Clock
  baseUrl: string
  outboundAllow: string[]
  /** Whether the installation has a client at Google. */
  googleAvailable: boolean
}

/**
 * Makes one organisation match its declared state (DESIGN §7), as one transaction: a fault anywhere
 * leaves everything as it was. Idempotent; a secret is shown by the run that made it.
 * @param plan finds out what would change and undoes it.
 */
export async function applyOrganisation(
  parts: ApplyParts,
  declared: Declared,
  folder: string,
  plan: boolean,
): Promise<Applied> {
  const { directory } = parts
  const visitor = operatorOf(platformId)
  const known = await directory.view(visitor, (read) =>
    findOrganisationBySlug(read, declared.organisation.slug),
  )
  const actor = operatorOf(known?.id ?? newId())
  const live = known && (await directory.view(actor, findConnection))
  const connection = await connectionOf(parts, declared, folder, live)
  const hashes = await hashesOf(declared)

  let outcome: Applied | undefined
  const undo = new Error('A plan changes nothing.')
  await directory
    .change(actor, async (write) => {
      outcome = await bring(parts, write, {
        declared,
        connection,
        hashes,
        exists: known !== undefined,
      })
      if (plan) throw undo
    })
    .catch((error: unknown) => {
      if (error !== undo) throw error
    })
  if (!outcome) throw new Error('The state was not applied.')
  // What a plan drew was thrown away with it, and must not be taken for something that works.
  return plan ? { ...outcome, ...nothingMade, scim: { ...outcome.scim, tokens: [] } } : outcome
}

const nothingMade = { apiKeys: [], managers: [], breakGlass: [] }

type Prepared = {
  declared: Declared
  connection: ConnectionSettings | undefined
  hashes: Map<string, string>
  exists: boolean
}

async function bring(parts: ApplyParts, write: Write, prepared: Prepared): Promise<Applied> {
  const { declared, exists } = prepared
  const { actor } = write
  const changes: string[] = []
  const { slug, name } = declared.organisation
  if (!exists) {
    await createOrganisation(write, { id: actor.organisationId, name, slug })
    changes.push(`organisation ${slug} created`)
  } else if (await renameOrganisation(write, name)) {
    changes.push(`organisation renamed to ${name}`)
  }
  await bringDomains(write, declared, changes)
  const managers = await bringManagers(parts, write, prepared, changes)
  const breakGlass = await bringBreakGlass(parts, write, prepared, changes)
  // The other sources need SSO: they are left before it, and chosen after it.
  const isFirst = await leavesSso(write, declared)
  let tokens = isFirst ? await bringSource(write, declared, changes) : undefined
  await bringMethod(parts, write, prepared, changes)
  await bringAccess(write, declared, changes)
  tokens ??= await bringSource(write, declared, changes)
  const apiKeys: Applied['apiKeys'] = []
  for (const wanted of declared.apiKeys) {
    const key = await ensureApiKey(write, wanted)
    if (!key) continue
    apiKeys.push({ label: wanted.label, key })
    changes.push(`API key ${wanted.label} made`)
  }
  const { acsUrl, entityId, metadataUrl, startUrl, sloUrl } = addressesOf(
    parts.baseUrl,
    actor.organisationId,
  )
  return {
    id: actor.organisationId,
    slug,
    loginUrl: `${parts.baseUrl}/login/${slug}`,
    portalUrl: `${parts.baseUrl}/o/${slug}`,
    saml: { acsUrl, entityId, metadataUrl, startUrl, sloUrl },
    oidc: oidcAddressesOf(parts.baseUrl, actor.organisationId),
    scim: { baseUrl: scimAddresses(parts.baseUrl, actor.organisationId).baseUrl, tokens },
    apiKeys,
    managers,
    breakGlass,
    changes,
  }
}

function oidcAddressesOf(baseUrl: string, organisationId: string): Applied['oidc'] {
  const { redirectUri, jwksUrl, startUrl } = oidcAddresses(baseUrl, organisationId)
  return { redirectUri, jwksUrl, startUrl }
}

async function bringDomains(write: Write, { domains }: Declared, changes: string[]): Promise<void> {
  for (const { name, verified } of domains) {
    if (!(await putDomain(write, name, verified))) continue
    changes.push(`domain ${name} ${verified ? 'verified' : 'added'}`)
  }
}

async function bringManagers(
  parts: ApplyParts,
  write: Write,
  { declared, hashes }: Prepared,
  changes: string[],
): Promise<Applied['managers']> {
  const made: Applied['managers'] = []
  for (const manager of declared.managers) {
    const { user: known } = await passwordFacts(write, manager.email)
    if (known) continue
    const hash = hashes.get(`manager ${manager.email}`)
    const byPassword =
      declared.loginMethod === undefined || declared.loginMethod.method === 'password'
    const user = await addManager(write, { ...manager, active: hash !== undefined && byPassword })
    if (!user) return refuse('request.invalid', `${manager.email} cannot be a manager's address.`)
    changes.push(`manager ${user.email} added`)
    if (hash && byPassword) await setPassword(write, user, hash)
    else {
      const token = await issueLink(write, user)
      made.push({ email: user.email, setupUrl: `${parts.baseUrl}/activate/${token}` })
    }
  }
  return made
}

async function bringBreakGlass(
  parts: ApplyParts,
  write: Write,
  { declared, hashes }: Prepared,
  changes: string[],
): Promise<Applied['breakGlass']> {
  const known = new Set((await breakGlassView(write)).map((account) => account.email.toLowerCase()))
  const made: Applied['breakGlass'] = []
  for (const account of declared.breakGlass) {
    if (known.has(account.email.toLowerCase())) continue
    const fresh = newTotp(account.email)
    const secret = account.totpSecret ?? fresh.secret
    await createBreakGlass(write, {
      email: account.email,
      passwordHash: hashes.get(`break-glass ${account.email}`) ?? '',
      totpSecret: parts.vault.seal(secret, totpPurpose),
    })
    changes.push(`emergency account ${account.email} made`)
    made.push({
      email: account.email,
      totpSecret: secret,
      totpUri: fresh.uri.replace(fresh.secret, secret),
    })
  }
  return made
}

async function bringMethod(
  { googleAvailable }: ApplyParts,
  write: Write,
  { declared, connection }: Prepared,
  changes: string[],
): Promise<void> {
  if (!declared.loginMethod) return
  const { method, requireSecondFactor } = declared.loginMethod
  const organisation = await findOrganisationBySlug(write, declared.organisation.slug)
  const live = await findConnection(write)
  const google = googleOf(declared.loginMethod)
  const sameGoogle =
    method !== 'google' || google.workspaceDomain === organisation?.google.workspaceDomain
  const same = sameGoogle && (!connection || (live && comparable(live) === comparable(connection)))
  const requires = organisation?.requireSecondFactor
  const isKept = requireSecondFactor === undefined || requireSecondFactor === requires
  if (organisation?.loginMethod === method && same && isKept) return
  await changeLoginMethod(write, {
    method,
    connection: method === 'sso' ? connection : undefined,
    ...(method === 'google' && { google }),
    testId: undefined,
    requireSecondFactor,
    googleAvailable,
    ifVersion: undefined,
  })
  if (!isKept) changes.push(`second factor ${requireSecondFactor ? 'required' : 'left to people'}`)
  if (organisation?.loginMethod === method && same) return
  changes.push(
    `login method ${method}${connection ? ` (settings ${digestOf(connection).slice(0, 8)})` : ''}`,
  )
}

async function leavesSso(write: Write, { organisation, loginMethod }: Declared): Promise<boolean> {
  const before = await findOrganisationBySlug(write, organisation.slug)
  return before?.loginMethod === 'sso' && loginMethod !== undefined && loginMethod.method !== 'sso'
}

function googleOf({ google }: NonNullable<Declared['loginMethod']>): GoogleSettings {
  return google?.workspaceDomain ? { workspaceDomain: google.workspaceDomain } : {}
}

/** A secret is sealed anew at every run; its mark says whether it is the same. */
function comparable(connection: ConnectionSettings): string {
  const { id: _, ...settings } = connection as Connection
  const digest = digestOf(connection)
  return JSON.stringify(settings.protocol === 'oidc' ? { ...settings, oidc: digest } : settings)
}

async function bringAccess(
  write: Write,
  { pools, groups }: Declared,
  changes: string[],
): Promise<void> {
  const ids = new Map<string, string>()
  for (const pool of pools) {
    const { id, made } = await ensurePool(write, pool.name, pool.roles)
    ids.set(pool.name, id)
    if (made) changes.push(`pool ${pool.name} made`)
  }
  for (const group of groups) {
    const { id, made } = await ensureGroup(write, group.name)
    if (made) changes.push(`group ${group.name} made`)
    for (const { pool, roles } of group.pools ?? []) {
      const poolId = ids.get(pool) ?? (await ensurePool(write, pool, [])).id
      const { given } = await grantPoolToGroup(write, id, { poolId, roles })
      if (given > 0) changes.push(`group ${group.name} reaches ${pool} as ${roles.join(', ')}`)
    }
  }
}

async function bringSource(
  write: Write,
  { provisioning, organisation }: Declared,
  changes: string[],
) {
  const tokens: Applied['scim']['tokens'] = []
  if (!provisioning) return tokens
  const before = await findOrganisationBySlug(write, organisation.slug)
  await changeProvisioning(
    write,
    { source: provisioning.source, selfService: provisioning.selfService },
    everySource,
    undefined,
  )
  if (before?.source !== provisioning.source) changes.push(`source ${provisioning.source}`)
  if (!provisioning.scim) return tokens
  const { tokens: wanted, ...settings } = provisioning.scim
  if (await putScimSettings(write, settings)) changes.push('SCIM settings')
  for (const { label } of wanted) {
    const token = await ensureScimToken(write, { label })
    if (!token) continue
    tokens.push({ label, token })
    changes.push(`SCIM token ${label} made`)
  }
  return tokens
}

async function connectionOf(
  { outboundAllow, clock, vault }: ApplyParts,
  { loginMethod }: Declared,
  folder: string,
  live: Connection | undefined,
): Promise<ConnectionSettings | undefined> {
  if (loginMethod?.method !== 'sso') return undefined
  if (loginMethod.saml && loginMethod.oidc) {
    return refuse(
      'idm.connection_exists',
      'An organisation has one identity-management connection: SAML or OIDC.',
    )
  }
  // An operator names the address on the machine itself, so loopback is within their reach.
  const outbound = createOutbound([...outboundAllow, '127.0.0.0/8', '::1/128'])
  if (loginMethod.oidc) {
    return readOidcSettings(
      { issuers: createIssuers({ outbound, clock }), vault },
      loginMethod.oidc,
      live,
    )
  }
  if (!loginMethod.saml) return undefined
  const { metadataFile, certificate, certificates, metadataXml, ...wish } = loginMethod.saml
  const xml = metadataFile ? await readNamed(resolve(folder, metadataFile)) : metadataXml
  const pems = certificates ?? (certificate ? [certificate] : undefined)
  return readSettings(
    outbound,
    {
      ...wish,
      ...(xml !== undefined && { metadataXml: xml }),
      ...(pems && { certificates: pems }),
    },
    clock.now(),
  )
}

/** Hashing is slow on purpose and happens before the transaction. */
async function hashesOf({ managers, breakGlass }: Declared): Promise<Map<string, string>> {
  const wanted = [
    ...managers.map((one) => ({ key: `manager ${one.email}`, password: one.password })),
    ...breakGlass.map((one) => ({ key: `break-glass ${one.email}`, password: one.password })),
  ]
  const hashes = new Map<string, string>()
  for (const { key, password } of wanted) {
    if (password !== undefined) hashes.set(key, await hashPassword(password))
  }
  return hashes
}
