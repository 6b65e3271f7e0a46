import type { FastifyError, FastifyInstance } from 'fastify'
import { sendRefusal } from '../auth/index.ts'
import { Refused } from '../model/refusals.ts'
import { callback } from './callback.ts'
import { type OidcDoor, visit } from './door.ts'
import { start } from './start.ts'

export { createClientKeys } from './client-keys.ts'
export { type GoogleClient, type OidcDoor, oidcAddresses } from './door.ts'
export { createIssuers } from './issuers.ts'
export { type OidcWish, readOidcSettings } from './settings.ts'

/** The OpenID Connect client of every organisation, and Google's of the installation, under `/oidc`. */
export async function oidcRoutes(app: FastifyInstance, door: OidcDoor): Promise<void> {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (!(error instanceof Refused)) throw error
    return sendRefusal(request, reply, error.refusal, request.id)
  })
  // A HEAD request would open or use up a sign-in just as a GET does, and nobody asks for one.
  const once = { exposeHeadRoute: false }
  app.get('/oidc/:organisationId/start', once, (request, reply) => start(door, request, reply))
  app.get('/oidc/:organisationId/callback', once, (request, reply) =>
    callback(door, request, reply, 'sso'),
  )
  app.get('/oidc/google/callback', once, (request, reply) =>
    callback(door, request, reply, 'google'),
  )

  /** The public key for `private_key_jwt`; the provider reads it from here, or it is copied. */
  app.get('/oidc/:organisationId/jwks', async (request, reply) => {
    await door.rateLimits.pass(request.ip)
    const { organisationId } = request.params as { organisationId: string }
    const { actor } = await visit(door, request, organisationId)
    return reply
      .type('application/jwk-set+json')
      .header('cache-control', 'public, max-age=300')
      .send(JSON.stringify(await door.clientKeys.published(actor)))
  })
}
