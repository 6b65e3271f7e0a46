import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AcceptInvitation, InvitationPage, SignInAnswer } from '../../../contract/src/index.ts'
import { hashPassword } from '../auth/index.ts'
import {
  acceptInvitation,
  invalidInvitation,
  readInvitation,
  startReport,
} from '../directory/index.ts'
import { isId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import { Refused } from '../model/refusals.ts'
import { browserOf, type JoinDoor, noStore, requireSameOrigin, signInBy, visitor } from './door.ts'
import { answerLetIn } from './let-in.ts'
import { judgePassword } from './password-rule.ts'

const params = z.object({ token: z.string().max(200) })

/** `/invite/{token}`: what an invited person opens (IN-6 to IN-8). */
export function invitationRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  function actorOf(request: FastifyRequest, token: string): Actor {
    const [organisationId] = token.split('.')
    if (!isId(organisationId)) throw new Refused(invalidInvitation)
    return visitor(request, organisationId)
  }

  app.get(
    '/invitations/:token',
    { schema: { params, response: { 200: InvitationPage } } },
    async (request, reply) => {
      await door.rateLimits.call(request.ip, 'invitation')
      const { token } = request.params
      const actor = actorOf(request, token)
      const { organisation, invitation } = await door.directory.view(actor, (read) =>
        readInvitation(read, token),
      )
      const completes = organisation.loginMethod ?? ('password' as const)
      const { connectionName, startUrl } = await signInBy(door, actor, organisation)
      noStore(reply)
      return {
        organisation: { name: organisation.name, slug: organisation.slug },
        inviter: invitation.inviter,
        email: invitation.email,
        firstName: invitation.first_name,
        lastName: invitation.last_name,
        completes,
        connectionName,
        startUrl: startUrl && `${startUrl}?link=${encodeURIComponent(token)}`,
        expiresAt: invitation.expires_at,
      }
    },
  )

  app.post(
    '/invitations/:token',
    { schema: { params, body: AcceptInvitation, response: { 200: SignInAnswer } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'invitation')
      const { token } = request.params
      const { firstName, lastName, password } = request.body
      const actor = actorOf(request, token)
      const { invitation } = await door.directory.view(actor, (read) => readInvitation(read, token))
      await judgePassword(password)
      const person = { firstName, lastName, passwordHash: await hashPassword(password) }
      const report = { ...startReport(request, 'invitation'), email: invitation.email }
      const done = await door.directory.change(actor, (write) =>
        acceptInvitation(write, token, person, browserOf(request), report),
      )
      if ('refusal' in done) throw new Refused(done.refusal)
      return answerLetIn(reply, door, done)
    },
  )
}
