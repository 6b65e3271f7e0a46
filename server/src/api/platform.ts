import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  Assist,
  Assisting,
  CreatedOrganisation,
  CreateOrganisation,
  Id,
  listOf,
  PlatformOrganisation,
  SortedPage,
} from '../../../contract/src/index.ts'
import { giveSession } from '../auth/index.ts'
import {
  addManager,
  assist,
  createOrganisation,
  issueLink,
  listOrganisations,
} from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import type { Api, ApiDoor } from './door.ts'
import { pageOf } from './lists.ts'

const byId = z.object({ organisationId: Id })

/** ROLE_ROOT, signed in at the level of the installation, makes organisations and assists in them (OP-2, RB-2). */
export function platformRoutes(app: Api, door: ApiDoor): void {
  app.get(
    '/platform/orgs',
    { schema: { querystring: SortedPage, response: { 200: listOf(PlatformOrganisation) } } },
    async (request) => {
      const actor = await root(door, request)
      const organisations = await door.directory.view(actor, listOrganisations)
      return pageOf(organisations.map(render), request.query, [
        'name',
        'slug',
        'loginMethod',
        'source',
        'createdAt',
      ])
    },
  )

  app.post(
    '/platform/orgs',
    { schema: { body: CreateOrganisation, response: { 201: CreatedOrganisation } } },
    async (request, reply) => {
      const caller = await root(door, request)
      const { name, slug, manager } = request.body
      const actor: Actor = { ...caller, organisationId: newId() }
      const { organisation, token } = await door.directory.change(actor, async (write) => {
        const organisation = await createOrganisation(write, {
          id: actor.organisationId,
          name,
          slug,
        })
        const user = await addManager(write, { ...manager, active: false })
        if (!user) return refuse('request.invalid', 'This e-mail address cannot be used.')
        return { organisation, token: await issueLink(write, user) }
      })
      return reply
        .code(201)
        .send({ ...render(organisation), setupUrl: `${door.baseUrl}/activate/${token}` })
    },
  )

  app.post(
    '/platform/orgs/:organisationId/assist',
    { schema: { params: byId, body: Assist, response: { 200: Assisting } } },
    async (request, reply) => {
      const caller = await root(door, request)
      door.requireFresh(caller)
      const { organisationId } = request.params
      const { session, organisation } = await door.directory.change(
        { ...caller, organisationId },
        (write) =>
          assist(
            write,
            { id: caller.id ?? '', email: caller.label },
            {
              ...request.body,
              browser: { ip: request.ip, userAgent: request.headers['user-agent'] ?? '' },
            },
          ),
      )
      return giveSession(reply, door.baseUrl, session).send({
        portalUrl: `/o/${organisation.slug}`,
        expiresAt: session.expiresAt,
      })
    },
  )
}

async function root(door: ApiDoor, request: FastifyRequest): Promise<Actor> {
  const actor = await door.callers.platform(request)
  return actor ?? refuse('auth.required', 'Sign in as ROLE_ROOT first.')
}

function render(organisation: Organisation) {
  return {
    id: organisation.id,
    name: organisation.name,
    slug: organisation.slug,
    loginMethod: organisation.loginMethod,
    source: organisation.source,
    createdAt: organisation.createdAt,
  }
}
