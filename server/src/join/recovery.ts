import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { SignedIn } from '../../../contract/src/index.ts'
import { giveSession } from '../auth/index.ts'
import { openRecovery } from '../directory/index.ts'
import { isId } from '../lib/ids.ts'
import { refuse } from '../model/refusals.ts'
import { browserOf, type JoinDoor, requireSameOrigin, visitor } from './door.ts'

const params = z.object({ token: z.string().max(200) })

/** The link of `usher recover` (OP-5). Opening its page consumes nothing. */
export function recoveryRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.post(
    '/recoveries/:token',
    { schema: { params, response: { 200: SignedIn } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'recovery')
      const { token } = request.params
      const organisationId = token.split('.', 1)[0]
      if (!isId(organisationId))
        return refuse('activation.expired', 'This link is not valid any more.')
      const { session, slug } = await door.directory.change(
        visitor(request, organisationId),
        (write) => openRecovery(write, token, browserOf(request)),
      )
      return giveSession(reply, door.baseUrl, session).send({ returnTo: `/o/${slug}` })
    },
  )
}
