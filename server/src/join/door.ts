import { setTimeout } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  anonymous,
  type Challenges,
  type Enrolments,
  type Passkeys,
  type RateLimits,
} from '../auth/index.ts'
import {
  type Directory,
  findConnection,
  findOrganisationBySlug,
  platformId,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'

/** What the doors for people without a session are given. */
export type JoinDoor = {
  directory: Directory
  clock: Clock
  vault: Vault
  rateLimits: RateLimits
  challenges: Challenges
  enrolments: Enrolments
  passkeys: Passkeys
  /** No mail server of the installation: a manager hands links over (EM-4). */
  withoutMail: boolean
  baseUrl: string
  demoAvailable: boolean
  startUrl(organisationId: string, protocol: 'saml' | 'oidc'): string
  /** Makes the demo organisation and its manager; the caller is signed in as that manager. */
  makeDemo(actor: Actor): Promise<{ organisationId: string; slug: string; managerId: string }>
}

export function visitor(request: FastifyRequest, organisationId: string): Actor {
  return anonymous(organisationId, { ip: request.ip, requestId: request.id })
}

/** Where people go on to sign in by the method in force; null while that is a password. */
export async function signInBy(
  door: JoinDoor,
  actor: Actor,
  { id, loginMethod }: Organisation,
): Promise<{ connectionName: string | null; startUrl: string | null }> {
  if (loginMethod === 'google') {
    return { connectionName: 'Google', startUrl: door.startUrl(id, 'oidc') }
  }
  if (loginMethod !== 'sso') return { connectionName: null, startUrl: null }
  const own = { ...actor, organisationId: id }
  const connection = await door.directory.view(own, findConnection)
  return {
    connectionName: connection?.name ?? null,
    startUrl: connection ? door.startUrl(id, connection.protocol) : null,
  }
}

/** @throws Refused when nobody has this address. */
export async function organisationAt(
  door: JoinDoor,
  request: FastifyRequest,
  slug: string,
): Promise<Organisation> {
  const found = await door.directory.view(visitor(request, platformId), (read) =>
    findOrganisationBySlug(read, slug),
  )
  return found ?? refuse('resource.not_found', 'There is no organisation at this address.')
}

export function browserOf(request: FastifyRequest): { ip: string; userAgent: string } {
  return { ip: request.ip, userAgent: request.headers['user-agent'] ?? '' }
}

/**
 * Calls without a session have no CSRF token; a browser says where they come from instead. Another
 * site's page can neither send JSON without asking nor hide its origin (SE-5). A program has none to
 * say, and needs none as long as it brings no session of a browser.
 */
export function requireSameOrigin(
  door: Pick<JoinDoor, 'baseUrl'>,
  request: FastifyRequest,
  hasSession = false,
): void {
  const { origin } = request.headers
  if (origin === new URL(door.baseUrl).origin || (origin === undefined && !hasSession)) return
  refuse('auth.csrf', 'The request did not come from this site. Reload the page and try again.')
}

const answersAfterMs = 250

/**
 * Work whose length would tell whether an account exists: whatever it finds, it is answered after the
 * same time (SE-4).
 */
export async function evenly<T>(work: () => Promise<T>): Promise<T> {
  const [done] = await Promise.allSettled([work(), setTimeout(answersAfterMs)])
  if (done.status === 'rejected') throw done.reason
  return done.value
}

export function noStore(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store')
}
