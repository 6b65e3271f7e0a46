import { hours } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { Happening } from '../model/event.ts'
import type { Refusal } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import { events, sessions, sso, tickets, users } from '../store/index.ts'
import { allowOn, notFound, type Read, type Write } from './write.ts'

export type Method =
  | 'password'
  | 'google'
  | 'sso'
  | 'emergency'
  | 'setup'
  | 'platform'
  | 'assist'
  | 'recovery'
export type Browser = { ip: string; userAgent: string }
/** The cookie's value is `{organisation id}.{secret}`; only the secret's hash is stored (SE-7). */
export type OpenedSession = { cookie: string; expiresAt: number }

const absoluteHours = 12
const emergencyHours = 1

export type SessionOrigin = {
  method: Method
  browser: Browser
  /** Where that is less than a session may last. */
  lastsHours?: number
  /** What single logout needs, and the end that the identity provider set. */
  sso?: {
    issuer: string
    nameId: string | null
    nameIdFormat: string | null
    sessionIndex: string | null
    notOnOrAfter: number | null
  }
}

/** A new session for a person or a break-glass account; always a fresh secret (SE-2). */
export async function openSession(
  { db, actor, now }: Write,
  owner: { userId: string } | { breakGlassId: string } | { rootId: string },
  { method, browser, lastsHours = absoluteHours, sso }: SessionOrigin,
): Promise<OpenedSession> {
  const secret = newSecret()
  const longest = now + hours(method === 'emergency' ? emergencyHours : lastsHours)
  const expiresAt = Math.min(longest, sso?.notOnOrAfter ?? longest)
  await sessions.insert(db, {
    org_id: actor.organisationId,
    secret_hash: hashSecret(secret),
    id: newId(),
    user_id: 'userId' in owner ? owner.userId : 'rootId' in owner ? owner.rootId : null,
    break_glass_id: 'breakGlassId' in owner ? owner.breakGlassId : null,
    method,
    created_at: now,
    signed_in_at: now,
    last_seen_at: now,
    expires_at: expiresAt,
    ip: browser.ip,
    user_agent: browser.userAgent.slice(0, 300),
    csrf: newSecret(18),
    issuer: sso?.issuer ?? null,
    name_id: sso?.nameId ?? null,
    name_id_format: sso?.nameIdFormat ?? null,
    session_index: sso?.sessionIndex ?? null,
  })
  return { cookie: `${actor.organisationId}.${secret}`, expiresAt }
}

/** Records that a person signed in; completes a pending one (US-4). */
export async function signedIn(
  write: Write,
  user: User,
  method: Method,
  data?: unknown,
): Promise<User> {
  const { db, actor, now } = write
  const happenings: Happening[] = []
  const subject = { kind: 'user', id: user.id, label: user.email }
  let current = user
  if (user.status === 'pending') {
    current = {
      ...user,
      status: 'active',
      pendingReason: null,
      emailVerifiedAt: user.emailVerifiedAt ?? now,
      updatedBy: actor.label,
      updatedAt: now,
      lastSignInAt: now,
    }
    await users.update(db, user, current)
    happenings.push({
      name: 'user.activated',
      subject,
      before: { status: 'pending' },
      after: { status: 'active', managedBy: current.managedBy },
    })
  } else {
    await users.recordSignIn(db, user, now)
    current = { ...user, lastSignInAt: now }
  }
  happenings.push({ name: 'auth.succeeded', subject, data: { method, ...(data as object) } })
  await events.append(
    db,
    { ...actor, kind: 'user', id: user.id, label: nameOf(user) },
    now,
    happenings,
  )
  return current
}

export function nameOf(user: Pick<User, 'firstName' | 'lastName' | 'email'>): string {
  return `${user.firstName} ${user.lastName}`.trim() || user.email
}

export async function signOut({ db, actor, now }: Write, secretHash: string): Promise<void> {
  if (!(await sessions.end(db, actor.organisationId, secretHash))) return
  await events.append(db, actor, now, [
    {
      name: 'auth.signed_out',
      ...(actor.id && { subject: { kind: 'user', id: actor.id, label: actor.label } }),
    },
  ])
}

export async function listSessions({ db, actor, now }: Read, userId: string) {
  allowOn(actor, userId, 'users.read')
  if (!(await users.find(db, actor.organisationId, userId))) throw notFound('user')
  return sessions.listOf(db, actor.organisationId, userId, now)
}

export async function endSession(
  { db, actor, now }: Write,
  userId: string,
  sessionId: string,
): Promise<void> {
  allowOn(actor, userId, 'users.write')
  const user = await users.find(db, actor.organisationId, userId)
  const ended = user && (await sessions.endOf(db, actor.organisationId, userId, { id: sessionId }))
  if (!user || !ended) throw notFound('session')
  await events.append(db, actor, now, [
    {
      name: 'session.ended',
      subject: { kind: 'user', id: user.id, label: user.email },
      data: { sessionId },
    },
  ])
}

/** "Sign out everywhere": every session of the caller's own, and what is half-way to one (US-17). */
export async function endOwnSessions(
  { db, actor, now }: Write,
  keepThis: boolean,
): Promise<number> {
  const userId = actor.id ?? ''
  const user = await users.lock(db, actor.organisationId, userId)
  if (!user) throw notFound('user')
  const kept = keepThis ? (actor.sessionId ?? '') : ''
  const ended = await sessions.endOthers(db, actor.organisationId, userId, kept)
  await tickets.removeOf(db, actor.organisationId, userId)
  if (ended === 0) return 0
  await events.append(db, actor, now, [
    {
      name: 'session.ended',
      subject: { kind: 'user', id: user.id, label: user.email },
      data: { everywhere: true, ended, ...(keepThis && { but: kept }) },
    },
  ])
  return ended
}

/**
 * What the identity provider asks by a LogoutRequest; ends only the sessions that it names (LM-25), and
 * none by a request that was here before: the person has perhaps signed in again since.
 */
export async function endSessionsOf(
  { db, actor, now }: Write,
  asked: {
    id: string
    issuer: string
    nameId: string
    sessionIndexes: string[]
    expiresAt: number
  },
): Promise<Refusal | undefined> {
  const { organisationId } = actor
  const hash = hashSecret(`${asked.issuer}\nlogout ${asked.id}`)
  if (!(await sso.rememberMessage(db, organisationId, hash, asked.expiresAt))) {
    return {
      code: 'saml.replayed',
      detail:
        'This logout was asked for before and counts once. Sign out anew to end a later session.',
    }
  }
  const ended = await sessions.endByNameId(
    db,
    organisationId,
    asked.issuer,
    asked.nameId,
    asked.sessionIndexes,
  )
  await events.append(
    db,
    actor,
    now,
    ended.map((session) => ({
      name: 'auth.signed_out' as const,
      ...(session.user_id && { subject: { kind: 'user', id: session.user_id } }),
      data: { by: 'identity provider', issuer: asked.issuer },
    })),
  )
  return undefined
}
