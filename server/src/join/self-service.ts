import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { JoinPage, Register, Registered } from '../../../contract/src/index.ts'
import {
  findOrganisationBySlug,
  platformId,
  readJoinLink,
  register,
  registrationClosed,
  unsolved,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { Refused } from '../model/refusals.ts'
import { evenly, type JoinDoor, noStore, requireSameOrigin, signInBy, visitor } from './door.ts'

const params = z.object({ slug: z.string().max(60), token: z.string().max(100) })

/** The self-service link: people of allowed domains register themselves (SS-1 to SS-21). */
export function selfServiceRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  /** An address that nobody has is answered as a closed link is. */
  async function actorAt(request: FastifyRequest, slug: string): Promise<Actor> {
    const organisation = await door.directory.view(visitor(request, platformId), (read) =>
      findOrganisationBySlug(read, slug),
    )
    if (!organisation) throw new Refused(registrationClosed)
    return visitor(request, organisation.id)
  }

  app.get(
    '/join/:slug/:token',
    { schema: { params, response: { 200: JoinPage } } },
    async (request, reply) => {
      await door.rateLimits.call(request.ip, 'join page')
      const actor = await actorAt(request, request.params.slug)
      const { organisation, link, approves } = await door.directory.view(actor, (read) =>
        readJoinLink(read, request.params.token, !door.withoutMail),
      )
      const { connectionName } = await signInBy(door, actor, organisation)
      const { challenge, bits, expiresAt } = door.challenges.issue(door.clock.now())
      noStore(reply)
      return {
        organisation: { name: organisation.name, slug: organisation.slug },
        method: organisation.loginMethod ?? 'password',
        connectionName,
        allowedDomains: link.anyDomain ? [] : link.allowedDomains,
        needsApproval: approves,
        termsUrl: link.termsUrl,
        challenge,
        bits,
        challengeExpiresAt: expiresAt,
      }
    },
  )

  app.post(
    '/join/:slug/:token',
    { schema: { params, body: Register, response: { 202: Registered } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      const { slug, token } = request.params
      const { challenge, solution, email, firstName, lastName, acceptsTerms } = request.body
      await door.rateLimits.register(request.ip, email, `${slug} ${token}`)
      const startUrl = await evenly(async () => {
        const actor = await actorAt(request, slug)
        const { organisation, approves } = await door.directory.view(actor, (read) =>
          readJoinLink(read, token, !door.withoutMail),
        )
        const solved = door.challenges.check({ challenge, solution }, door.clock.now())
        if (!solved) throw new Refused(unsolved)
        const mayMail = await door.rateLimits.mayMail(organisation.id, email)
        await door.directory.change(actor, (write) =>
          register(
            write,
            {
              token,
              email,
              firstName,
              lastName,
              acceptsTerms,
              challenge: solved,
              installationMails: !door.withoutMail,
            },
            mayMail,
          ),
        )
        return approves ? null : (await signInBy(door, actor, organisation)).startUrl
      })
      return noStore(reply).code(202).send({ startUrl })
    },
  )
}
