import { isId } from '../lib/ids.ts'
import { hashSecret } from '../lib/secrets.ts'
import { oncePerTurn } from '../lib/turn.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { organisations, type Store, scimConnection } from '../store/index.ts'
import { anonymous, type From, holderOf } from './callers.ts'

export type ScimCredential = scimConnection.ScimCaller['credential']
export type ScimCaller = {
  actor: Actor
  organisation: Organisation
  settings: scimConnection.ScimSettings
  credential: ScimCredential
}
/** `expired` names the credential, which was ours once; of the others there is nothing to name. */
export type ScimStranger = {
  refused: 'missing' | 'unknown' | 'expired'
  credential?: ScimCredential
}

/** RFC 6750 §2.1; the name of the scheme is written in any case (RFC 9110 §11.1). */
const bearer = /^Bearer +(\S+) *$/i

/**
 * Who calls the SCIM endpoint of this organisation, by a bearer token or by an access token of an
 * OAuth client (SC-3, SC-4). Asked of the database at every call and found by its hash, so that a
 * revoked one is unknown at the next call on every node, as another organisation's always is (SC-5).
 */
export async function callerByScim(
  store: Store,
  organisationId: string,
  authorization: string | undefined,
  from: From,
  now: number,
): Promise<ScimCaller | ScimStranger> {
  const secret = bearer.exec(authorization ?? '')?.[1]
  if (!secret) return { refused: 'missing' }
  if (!isId(organisationId)) return { refused: 'unknown' }
  if (secret.startsWith('usp_'))
    return callerByPersonalKey(store, organisationId, secret, from, now)
  const found = await findBySecret({ store, organisationId, secret })
  if (!found) return { refused: 'unknown' }
  if (found.expiresAt <= now) return { refused: 'expired', credential: found.credential }
  return callerFrom(found, from)
}

/**
 * Who called by the same credential before, for who wants to begin before `callerByScim` has answered.
 * It proves nothing: the credential may have been revoked since, and all that is told may have changed.
 */
export function expectedByScim(
  organisationId: string,
  authorization: string | undefined,
  from: From,
): ScimCaller | undefined {
  const secret = bearer.exec(authorization ?? '')?.[1]
  const found = secret && lastFound.get(hashSecret(secret))
  return found && found.organisation.id === organisationId ? callerFrom(found, from) : undefined
}

type Found = scimConnection.ScimCaller

function callerFrom({ credential, organisation, settings }: Found, from: From): ScimCaller {
  const actor: Actor = {
    ...anonymous(organisation.id, from),
    kind: 'scim',
    id: credential.id,
    label: `SCIM (${credential.label})`,
  }
  return { actor, organisation, settings, credential }
}

/** A person by their own key, who is told about themselves (SC-33). */
async function callerByPersonalKey(
  store: Store,
  organisationId: string,
  secret: string,
  from: From,
  now: number,
): Promise<ScimCaller | ScimStranger> {
  const [held, organisation, settings] = await Promise.all([
    holderOf(store, organisationId, secret, from, now),
    organisations.find(store.read, organisationId),
    scimConnection.settings(store.read, organisationId),
  ])
  if (!held?.actor.owner || !organisation) return { refused: 'unknown' }
  const { key, actor } = held
  const credential = {
    kind: 'personal_key' as const,
    id: key.id,
    label: actor.label,
    lastUsedAt: key.last_used_at,
  }
  return { actor, organisation, settings, credential }
}

type Shown = { store: Store; organisationId: string; secret: string }

/** Whom each credential was found to be the last time, by its hash; the oldest are forgotten. */
const lastFound = new Map<string, Found>()
const rememberedAtMost = 1_000

/** An identity provider has many calls on their way at a time, all with the same credential. */
const findBySecret = oncePerTurn(
  async ({ store, organisationId, secret }: Shown) => {
    const hash = hashSecret(secret)
    const found = await findByHash(store, organisationId, { secret, hash })
    lastFound.delete(hash)
    if (found) lastFound.set(hash, found)
    const [oldest] = lastFound.size > rememberedAtMost ? lastFound.keys() : []
    if (oldest) lastFound.delete(oldest)
    return found
  },
  ({ organisationId, secret }) => `${organisationId} ${secret}`,
)

async function findByHash(
  store: Store,
  organisationId: string,
  { secret, hash }: { secret: string; hash: string },
): Promise<Found | undefined> {
  if (secret.startsWith('uss_'))
    return scimConnection.findCaller(store.read, organisationId, { token: hash })
  if (secret.startsWith('usa_'))
    return scimConnection.findCaller(store.read, organisationId, { accessToken: hash })
  return undefined
}
