import { days, hours } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import { refuse } from '../model/refusals.ts'
import { events, type scimConnection, scimCredentials, sso } from '../store/index.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

export type ScimCredential = scimConnection.ScimCaller['credential']

/** SC-3: one in use and one to change to. */
const liveAtMost = 2
const defaultDays = 180
const accessTokenHours = 1
const label = /^[\p{L}\p{N}][\p{L}\p{N} _-]{2,49}$/u
/** On the machine itself a label may be as short as `ad`. */
const operatorLabel = /^[\p{L}\p{N}][\p{L}\p{N} _-]{0,49}$/u

type Wanted = { label: string; expiresInDays?: number }

/** A bearer token for the identity provider; the token itself is shown once (SC-3). */
export async function createScimToken(
  write: Write,
  wanted: Wanted,
): Promise<{ token: string; stored: scimCredentials.ScimToken }> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  await lockOrganisation(write, 'alone')
  admit(write, wanted, await scimCredentials.tokens(db, actor.organisationId))
  const token = `uss_${newSecret()}`
  const stored = { ...credential(write, wanted), hash: hashSecret(token), last3: token.slice(-3) }
  await scimCredentials.addToken(db, stored)
  await events.append(db, actor, now, [
    {
      name: 'scim_token.created',
      subject: { kind: 'scim_token', id: stored.id, label: stored.label },
      after: { expiresAt: stored.expires_at },
    },
  ])
  return { token, stored }
}

/** @returns undefined when a live token of this label is there already. */
export async function ensureScimToken(write: Write, wanted: Wanted): Promise<string | undefined> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  await lockOrganisation(write, 'alone')
  const known = await scimCredentials.tokens(db, actor.organisationId)
  if (known.some((one) => one.label === wanted.label && one.expires_at > now)) return undefined
  return (await createScimToken(write, wanted)).token
}

export async function listScimTokens({ db, actor }: Read) {
  allow(actor, 'identity.read')
  return scimCredentials.tokens(db, actor.organisationId)
}

/** The next call with it is refused, on every node (SC-5). */
export async function revokeScimToken({ db, actor, now }: Write, id: string): Promise<void> {
  allow(actor, 'identity.write')
  const revoked = await scimCredentials.removeToken(db, actor.organisationId, id)
  if (!revoked) throw notFound('token')
  await events.append(db, actor, now, [
    {
      name: 'scim_token.revoked',
      subject: { kind: 'scim_token', id, label: revoked.label },
      before: { expiresAt: revoked.expires_at },
    },
  ])
}

type WantedClient = Wanted & {
  method: scimCredentials.ScimClient['method']
  /** Public keys, read and found sound by the door; empty for a client with a secret. */
  keys: object[]
}

/** An OAuth client of the identity provider; its secret, if it has one, is shown once (SC-4). */
export async function createScimClient(
  write: Write,
  wanted: WantedClient,
): Promise<{ secret: string | null; stored: scimCredentials.ScimClient }> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  await lockOrganisation(write, 'alone')
  admit(write, wanted, await scimCredentials.clients(db, actor.organisationId))
  const secret = wanted.method === 'private_key_jwt' ? null : `usc_${newSecret()}`
  const stored = {
    ...credential(write, wanted),
    method: wanted.method,
    secret_hash: secret && hashSecret(secret),
    jwks: wanted.method === 'private_key_jwt' ? JSON.stringify({ keys: wanted.keys }) : null,
  }
  await scimCredentials.addClient(db, stored)
  await events.append(db, actor, now, [
    {
      name: 'scim_client.created',
      subject: { kind: 'scim_client', id: stored.id, label: stored.label },
      after: { method: stored.method, expiresAt: stored.expires_at },
    },
  ])
  return { secret, stored }
}

export async function listScimClients({ db, actor }: Read) {
  allow(actor, 'identity.read')
  return scimCredentials.clients(db, actor.organisationId)
}

/** Its access tokens end with it, at once (SC-4). */
export async function revokeScimClient({ db, actor, now }: Write, id: string): Promise<void> {
  allow(actor, 'identity.write')
  const revoked = await scimCredentials.removeClient(db, actor.organisationId, id)
  if (!revoked) throw notFound('client')
  await events.append(db, actor, now, [
    {
      name: 'scim_client.revoked',
      subject: { kind: 'scim_client', id, label: revoked.label },
      before: { method: revoked.method, expiresAt: revoked.expires_at },
    },
  ])
}

/** The client that somebody says they are, before they have proved it. */
export const findScimClient = ({ db, actor }: Read, id: string) =>
  scimCredentials.findClient(db, actor.organisationId, id)

/**
 * An access token for a client that has proved itself; it lives an hour, and no longer than the client.
 * @param assertion of `private_key_jwt`: it is used up by this.
 * @returns undefined when the client is gone meanwhile or the assertion was used before.
 */
export async function issueScimAccessToken(
  { db, actor, now }: Write,
  clientId: string,
  assertion?: { jti: string; expiresAt: number },
): Promise<{ token: string; expiresInSeconds: number } | undefined> {
  const { organisationId } = actor
  const client = await scimCredentials.findClient(db, organisationId, clientId)
  if (!client) return undefined
  if (assertion) {
    // RFC 7523 §3 item 7. Which client said it is part of it: two may well draw the same `jti`.
    const hash = hashSecret(JSON.stringify(['client assertion', clientId, assertion.jti]))
    if (!(await sso.rememberMessage(db, organisationId, hash, assertion.expiresAt)))
      return undefined
  }
  const token = `usa_${newSecret()}`
  const expiresAt = Math.min(now + hours(accessTokenHours), client.expires_at)
  await scimCredentials.addAccessToken(db, {
    org_id: organisationId,
    hash: hashSecret(token),
    client_id: clientId,
    expires_at: expiresAt,
  })
  return { token, expiresInSeconds: Math.floor((expiresAt - now) / 1_000) }
}

/** Labels are told apart among the live ones alone: what replaces an expired one may be called the same. */
function admit(
  { actor, now }: Write,
  wanted: Wanted,
  known: { label: string; expires_at: number }[],
): void {
  if (!(actor.kind === 'operator' ? operatorLabel : label).test(wanted.label)) {
    refuse(
      'request.invalid',
      'A label has 3 to 50 letters, digits, spaces, _ or -, and starts with a letter or digit.',
      [{ pointer: '/label', code: 'invalid' }],
    )
  }
  const live = known.filter((one) => one.expires_at > now)
  if (live.some((one) => one.label === wanted.label)) {
    refuse('request.invalid', `${wanted.label} is live already. Choose another label.`, [
      { pointer: '/label', code: 'taken' },
    ])
  }
  if (live.length >= liveAtMost) {
    const names = live.map((one) => one.label).join(' and ')
    refuse('scim_token.limit', `Two are live: ${names}. Revoke the one that is no longer used.`)
  }
}

function credential({ actor, now }: Write, wanted: Wanted) {
  return {
    org_id: actor.organisationId,
    id: newId(),
    label: wanted.label,
    created_by: actor.label,
    created_at: now,
    expires_at: now + days(wanted.expiresInDays ?? defaultDays),
    last_used_at: null,
    last_used_ip: null,
  }
}
