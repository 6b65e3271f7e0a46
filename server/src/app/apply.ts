import { resolve } from 'node:path'
import {
  checkPassword,
  hashPassword,
  leakedPasswords,
  newTotp,
  totpPurpose,
} from '../auth/index.ts'
import {
  addManager,
  breakGlassView,
  changeLoginMethod,
  changeProvisioning,
  changeUser,
  createBreakGlass,
  createOrganisation,
  type Directory,
  digestOf,
  ensureApiKey,
  ensureGroup,
  ensurePool,
  ensureScimToken,
  findBreakGlass,
  findConnection,
  findOrganisationBySlug,
  findPoolByName,
  giveFirstPassword,
  grantPoolToGroup,
  issueLink,
  listGroupGrants,
  passwordFacts,
  passwordFaults,
  platformId,
  putDomain,
  putScimSettings,
  type Read,
  renameOrganisation,
  revokePoolFromGroup,
  setPassword,
  userDetails,
  type Write,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { createOutbound } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import { operatorOf } from '../model/actor.ts'
import type { Connection, ConnectionSettings, GoogleSettings } from '../model/connection.ts'
import { refuse } from '../model/refusals.ts'
import type { Role } from '../model/user.ts'
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
  /** What is otherwise than declared and stays so, since a file does not govern it. */
  notes: string[]
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
  const passwords = await directory.view(actor, (read) => passwordsOf(read, declared))

  let outcome: Applied | undefined
  const undo = new Error('A plan changes nothing.')
  await directory
    .change(actor, async (write) => {
      outcome = await bring(parts, write, {
        declared,
        connection,
        ...passwords,
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
  /** Of the declared passwords that are used, by account. */
  hashes: Map<string, string>
  notes: string[]
  exists: boolean
}

async function bring(parts: ApplyParts, write: Write, prepared: Prepared): Promise<Applied> {
  const { declared, exists } = prepared
  const { actor } = write
  // The database may ask to try again.
  const notes = [...prepared.notes]
  const changes: string[] = []
  const { slug, name } = declared.organisation
  if (!exists) {
    await createOrganisation(write, { id: actor.organisationId, name, slug })
    changes.push(`organisation ${slug} created`)
  } else if (await renameOrganisation(write, name)) {
    changes.push(`organisation renamed to ${name}`)
  }
  await bringDomains(write, declared, changes)
  const breakGlass = await bringBreakGlass(parts, write, prepared, changes)
  // The other sources need SSO: they are left before it, and chosen after it.
  const isFirst = await leavesSso(write, declared)
  let tokens = isFirst ? await bringSource(write, declared, changes) : undefined
  await bringMethod(parts, write, prepared, changes)
  await bringAccess(write, declared, changes)
  tokens ??= await bringSource(write, declared, changes)
  const managers = await bringManagers(parts, write, { ...prepared, notes }, changes)
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
    notes,
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
  prepared: Prepared,
  changes: string[],
): Promise<Applied['managers']> {
  const made: Applied['managers'] = []
  for (const manager of prepared.declared.managers) {
    const hash = prepared.hashes.get(`manager ${manager.email}`)
    const { user: known } = await passwordFacts(write, manager.email)
    if (known) {
      await bringManager(write, known.id, manager, prepared, changes)
      continue
    }
    const user = await addManager(write, { ...manager, active: hash !== undefined })
    if (!user) return refuse('request.invalid', `${manager.email} cannot be a manager's address.`)
    changes.push(`manager ${user.email} added`)
    if (hash) await setPassword(write, user, hash)
    else {
      const token = await issueLink(write, user)
      made.push({ email: user.email, setupUrl: `${parts.baseUrl}/activate/${token}` })
    }
  }
  return made
}

/** Somebody who is here: their names and that they are a manager, unless something else decides it. */
async function bringManager(
  write: Write,
  id: string,
  wanted: Declared['managers'][number],
  { hashes, notes }: Prepared,
  changes: string[],
): Promise<void> {
  const { user, roles, locked } = await userDetails(write, id)
  const { email } = user
  if (user.held || user.status === 'deactivated') {
    notes.push(`manager ${email} is ${user.held ? 'on hold' : 'deactivated'}`)
    return
  }
  const held = roles.map(({ role }) => role as Role)
  if (!held.includes('ROLE_MANAGER')) {
    await changeUser(write, id, { roles: [...held, 'ROLE_MANAGER'] })
    changes.push(`${email} is a manager`)
  }
  const hash = hashes.get(`manager ${wanted.email}`)
  if (hash) {
    await giveFirstPassword(write, id, hash)
    changes.push(`manager ${email} given a password`)
  }
  const { firstName, lastName } = wanted
  if (firstName === user.firstName && lastName === user.lastName) return
  if (locked.edit !== null) {
    notes.push(`manager ${email} is called ${user.firstName} ${user.lastName}. ${locked.edit}`)
    return
  }
  await changeUser(write, id, { firstName, lastName })
  changes.push(`manager ${email} is called ${firstName} ${lastName}`)
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
      passwordHash: hashes.get(`emergency account ${account.email}`) ?? '',
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
  for (const { name, roles } of pools) {
    const { made, changed } = await ensurePool(write, name, roles)
    if (made) changes.push(`pool ${name} made`)
    else if (changed) changes.push(`pool ${name} has ${roles.join(', ') || 'no role'}`)
  }
  for (const group of groups) await bringGroup(write, group, changes)
}

async function bringGroup(
  write: Write,
  { name, pools }: Declared['groups'][number],
  changes: string[],
): Promise<void> {
  const { id, made } = await ensureGroup(write, name)
  if (made) changes.push(`group ${name} made`)
  if (!pools) return
  const declared = new Set<string>()
  for (const { pool, roles } of pools) {
    const found = await findPoolByName(write, pool)
    if (!found) {
      const detail = `There is no pool ${pool} for the group ${name}. Declare it under pools.`
      return refuse('request.invalid', detail)
    }
    const { grants, given } = await grantPoolToGroup(write, id, { poolId: found.id, roles })
    for (const grant of grants) declared.add(grant.id)
    if (given > 0) changes.push(`group ${name} reaches ${pool} as ${roles.join(', ')}`)
  }
  for (const grant of await listGroupGrants(write, id)) {
    if (declared.has(grant.id) || grant.locked !== null) continue
    await revokePoolFromGroup(write, id, grant.id)
    changes.push(`group ${name} no longer reaches ${grant.poolName} as ${grant.role}`)
  }
}

async function bringSource(
  write: Write,
  { provisioning }: Declared,
  changes: string[],
): Promise<Applied['scim']['tokens']> {
  const tokens: Applied['scim']['tokens'] = []
  if (!provisioning) return tokens
  const { source, selfService } = provisioning
  const changed = await changeProvisioning(write, { source, selfService }, everySource, undefined)
  if (changed.source) changes.push(`source ${source}`)
  if (changed.link) changes.push(`self-service link ${selfService?.enabled ? 'opened' : 'closed'}`)
  if (changed.settings) changes.push('self-service settings')
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

/**
 * Hashing is slow on purpose and happens before the transaction. A declared password is somebody's
 * first: who has one may have chosen it, and it is not theirs to lose to a file. An operator may give a
 * weak one, and is told so (LM-36).
 */
async function passwordsOf(
  read: Read,
  { organisation, loginMethod, managers, breakGlass }: Declared,
): Promise<Pick<Prepared, 'hashes' | 'notes'>> {
  const hashes = new Map<string, string>()
  const notes: string[] = []
  const look = async (account: string, password: string, held: string | undefined) => {
    if (held === undefined) {
      const faults = passwordFaults(password, await leakedPasswords())
      const lacking = faults.map(({ detail }) => detail).join('; ')
      if (lacking) notes.push(`${account} has a password that nobody could choose here: ${lacking}`)
      hashes.set(account, await hashPassword(password))
    } else if (!(await checkPassword(password, held))) {
      notes.push(`${account} has another password and keeps it`)
    }
  }
  const known = await findOrganisationBySlug(read, organisation.slug)
  const method = loginMethod?.method ?? known?.loginMethod ?? 'password'
  for (const { email, password } of method === 'password' ? managers : []) {
    if (password === undefined) continue
    await look(`manager ${email}`, password, (await passwordFacts(read, email)).hash)
  }
  for (const { email, password } of breakGlass) {
    const held = (await findBreakGlass(read, email))?.password_hash
    await look(`emergency account ${email}`, password, held)
  }
  return { hashes, notes }
}
