import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendRefusal } from '../auth/index.ts'
import { startReport } from '../directory/index.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import { refuseAttempt, type SamlDoor, visit } from './door.ts'
import { readForms } from './forms.ts'
import { logoutRoutes } from './logout.ts'
import { signInRoutes } from './sign-in.ts'

export { createKeyPair, readCertificate } from './core/index.ts'
export type { SamlDoor } from './door.ts'
export { singleLogoutUrl } from './logout.ts'
export { addressesOf, createServiceProviders } from './service-providers.ts'
export { readMetadata, readSettings, type SamlWish } from './settings.ts'

/** The SAML service provider of every organisation, under `/saml/{organisation id}`. */
export async function samlRoutes(app: FastifyInstance, door: SamlDoor): Promise<void> {
  readForms(app)
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const refusal = refusalOf(error)
    if (!refusal) throw error
    if (refusal.code !== 'saml.malformed') return sendRefusal(request, reply, refusal, request.id)
    return refuseUnread(door, request, reply, refusal)
  })
  signInRoutes(app, door)
  logoutRoutes(app, door)
}

/** A body that could not even be read as a form is an attempt like any other. */
async function refuseUnread(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
): Promise<FastifyReply> {
  const who = await visit(door, request)
  return refuseAttempt(door, request, reply, who, refusal, {
    ...startReport(request, 'saml'),
    rule: 'form',
  })
}

function refusalOf(error: FastifyError | Refused): Refusal | undefined {
  if (error instanceof Refused) return error.refusal
  if (error.statusCode === undefined || error.statusCode < 400 || error.statusCode >= 500)
    return undefined
  return {
    code: 'saml.malformed',
    detail: 'A SAML message comes as a form of at most 512 kB.',
  }
}
