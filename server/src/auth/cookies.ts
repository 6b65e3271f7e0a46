import '@fastify/cookie'
import type { FastifyReply } from 'fastify'
import { sessionCookie } from './callers.ts'

/** Cookie attributes (SE-2): never readable by scripts, Secure wherever the product is served by https. */
export function cookieOptions(baseUrl: string, kind: 'session' | 'browser', expiresAt?: number) {
  const secure = baseUrl.startsWith('https:')
  return {
    path: '/',
    httpOnly: true,
    secure,
    // The identity provider posts its response across sites, and the binding must arrive with it.
    sameSite: kind === 'browser' && secure ? ('none' as const) : ('lax' as const),
    ...(expiresAt !== undefined && { expires: new Date(expiresAt) }),
  }
}

/** Hands a new session to the browser; nothing on the way keeps the answer. */
export function giveSession(
  reply: FastifyReply,
  baseUrl: string,
  session: { cookie: string; expiresAt: number },
  name = sessionCookie,
): FastifyReply {
  return reply
    .setCookie(name, session.cookie, cookieOptions(baseUrl, 'session', session.expiresAt))
    .header('cache-control', 'no-store')
}

/** Only paths of the same portal are followed after sign-in (SE-1). */
export function safeReturnTo(path: string | undefined, fallback: string): string {
  if (!path || !/^\/(?![/\\])[\x21-\x7e]*$/.test(path) || path.includes('\\')) return fallback
  return path
}
