import { minutes } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import { hashSecret, sameSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import { refuse } from '../model/refusals.ts'
import type { Role } from '../model/user.ts'
import {
  access,
  accounts,
  installation,
  keys,
  type Store,
  sessions,
  users,
} from '../store/index.ts'

export const sessionCookie = 'usher_session'
export const platformCookie = 'usher_platform'
/** Carries a sign-in from the right password to the session. */
export const ticketCookie = 'usher_sign_in'
/** Ties a started single sign-on to the browser that started it. */
export const browserCookie = 'usher_browser'

const idleMinutes = 60
const touchEvery = minutes(1)
const freshFor = minutes(10)

export type From = { ip: string; requestId: string }
export type SignedIn = { actor: Actor; session: sessions.Session }

/** Nobody in particular, seen by one organisation: for its sign-in pages and logs. */
export function anonymous(organisationId: string, from: From): Actor {
  return {
    kind: 'anonymous',
    id: null,
    label: 'Anonymous',
    organisationId,
    roles: [],
    scopes: [],
    ip: from.ip,
    requestId: from.requestId,
    signedInAt: null,
    sessionId: null,
  }
}

/**
 * Whose session this cookie opens, asked of the database on every request, so that a deactivated
 * person's next one is refused on every node (SE-2). Undefined for none, ended or expired.
 */
export async function callerBySession(
  store: Store,
  cookie: string | undefined,
  from: From,
  now: number,
): Promise<SignedIn | undefined> {
  const [organisationId, secret] = cookie?.split('.') ?? []
  if (!isId(organisationId) || !secret) return undefined
  const session = await sessions.find(store.read, organisationId, hashSecret(secret))
  if (!session || session.expires_at <= now) return undefined
  if (now - session.last_seen_at > minutes(idleMinutes)) return undefined
  const who = await owner(store, session)
  if (!who) return undefined
  if (now - session.last_seen_at > touchEvery) {
    await store.write((db) => sessions.touch(db, session, now))
  }
  const actor: Actor = {
    ...anonymous(organisationId, from),
    ...who,
    signedInAt: session.signed_in_at,
    sessionId: session.id,
  }
  return { actor, session }
}

async function owner(
  store: Store,
  session: sessions.Session,
): Promise<Pick<Actor, 'kind' | 'id' | 'label' | 'roles'> | undefined> {
  const { org_id, user_id, break_glass_id } = session
  if (break_glass_id) {
    const account = await accounts.breakGlassAccount(store.read, org_id, { id: break_glass_id })
    return (
      account && {
        kind: 'break_glass',
        id: account.id,
        label: account.email,
        roles: ['ROLE_MANAGER'],
      }
    )
  }
  if (!user_id) return undefined
  if (session.method === 'platform') {
    const root = await installation.findRoot(store.read, { id: user_id })
    return root && { kind: 'root', id: root.id, label: root.email, roles: ['ROLE_ROOT'] }
  }
  // RB-2: for as long as this session lasts, and no longer, ROLE_ROOT manages this organisation.
  if (session.method === 'assist') {
    const root = await installation.findRoot(store.read, { id: user_id })
    const label = `${root?.email} (ROLE_ROOT)`
    return root && { kind: 'root', id: root.id, label, roles: ['ROLE_MANAGER'] }
  }
  // OP-5: for this one session whoever works on the machine manages the organisation.
  if (session.method === 'recovery') {
    return { kind: 'root', id: user_id, label: 'Operator (recovery)', roles: ['ROLE_MANAGER'] }
  }
  const found = await person(store, org_id, user_id)
  return found && { kind: 'user', ...found }
}

/** Undefined for somebody who may not sign in. */
async function person(store: Store, organisationId: string, id: string) {
  const [user, roles] = await Promise.all([
    users.find(store.read, organisationId, id),
    access.rolesOf(store.read, organisationId, [id]),
  ])
  if (!user || user.status === 'deactivated' || user.held) return undefined
  return {
    id: user.id,
    label: `${user.firstName} ${user.lastName}`.trim() || user.email,
    roles: roles.map((one) => one.role as Role),
  }
}

/** Who calls by an API key of this organisation; undefined for an unknown, expired or orphaned one. */
export async function holderOf(
  store: Store,
  organisationId: string,
  secret: string,
  from: From,
  now: number,
): Promise<{ key: keys.ApiKey; actor: Actor } | undefined> {
  const key = await keys.findApiKey(store.read, organisationId, hashSecret(secret), now)
  const owner = key?.user_id ? await person(store, organisationId, key.user_id) : null
  if (!key || owner === undefined) return undefined
  const actor: Actor = {
    ...anonymous(organisationId, from),
    kind: 'api_key',
    id: key.id,
    label: owner ? `API key ${key.label} of ${owner.label}` : `API key ${key.label}`,
    scopes: key.scopes.split(' '),
    ...(owner && { owner: { id: owner.id, roles: owner.roles } }),
  }
  return { key, actor }
}

/** An API key of this organisation as a caller; refuses an unknown or expired one (AK-5). */
export async function callerByKey(
  store: Store,
  organisationId: string,
  authorization: string,
  from: From,
  now: number,
): Promise<Actor> {
  const secret = /^Bearer (\S+)$/i.exec(authorization)?.[1]
  const held = secret && (await holderOf(store, organisationId, secret, from, now))
  if (!held) return refuse('auth.required', 'This API key is unknown, expired or revoked.')
  const { key, actor } = held
  if (key.last_used_at === null || now - key.last_used_at > touchEvery) {
    await store.write((db) => keys.touch(db, key, now, from.ip))
  }
  return actor
}

/** SE-5. The token is the session's own and stands in no cookie. */
export function requireCsrf(session: sessions.Session, sent: string | undefined): void {
  if (sent && sameSecret(sent, session.csrf)) return
  refuse('auth.csrf', 'The request did not come from the portal. Reload the page and try again.')
}

/** SE-6: sensitive acts need a sign-in within ten minutes. */
export function requireFresh(actor: Actor, now: number): void {
  if (actor.signedInAt === null || now - actor.signedInAt <= freshFor) return
  refuse(
    'auth.reauth_required',
    'Sign in again to do this: your last sign-in is more than ten minutes ago.',
  )
}
