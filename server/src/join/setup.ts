import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  Assist,
  Assisting,
  CreatedOrganisation,
  CreateOrganisation,
  listOf,
  PlatformOrganisation,
  PlatformSignIn,
  Setup,
  SetupDemo,
  SetupState,
} from '../../../contract/src/index.ts'
import {
  checkPassword,
  giveSession,
  hashPassword,
  platformCookie,
  requireFresh,
} from '../auth/index.ts'
import {
  addManager,
  addRoot,
  anyOrganisation,
  assist,
  createOrganisation,
  findRoot,
  issueLink,
  listOrganisations,
  openSession,
  platformId,
  setPassword,
  takeSetupCode,
} from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import { browserOf, type JoinDoor, noStore, requireSameOrigin, visitor } from './door.ts'
import { judgePassword } from './password-rule.ts'

const byId = z.object({ organisationId: z.uuid() })
const done = z.object({ portalUrl: z.string() })

/** First start: the console code opens the set-up page once (OP-1). */
export function setupRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.get('/setup', { schema: { response: { 200: SetupState } } }, async (request, reply) => {
    const begun = await door.directory.view(visitor(request, platformId), anyOrganisation)
    noStore(reply)
    return { open: !begun, demoAvailable: door.demoAvailable }
  })

  app.post(
    '/setup',
    { schema: { body: Setup, response: { 201: done } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'setup')
      const { code, organisation, manager } = request.body
      await judgePassword(manager.password, '/manager/password')
      const hash = await hashPassword(manager.password)
      const actor = { ...visitor(request, newId()), kind: 'operator' as const, label: 'Set-up' }
      const session = await door.directory.change(actor, async (write) => {
        await takeSetupCode(write, code)
        await createOrganisation(write, { id: actor.organisationId, ...organisation })
        await addRoot(write, { email: manager.email, passwordHash: hash })
        const user = await addManager(write, { ...manager, active: true })
        if (!user) return refuse('request.invalid', 'This e-mail address cannot be used.')
        await setPassword(write, user, hash)
        return openSession(
          write,
          { userId: user.id },
          { method: 'setup', browser: browserOf(request) },
        )
      })
      return giveSession(reply, door.baseUrl, session)
        .code(201)
        .send({ portalUrl: `/o/${organisation.slug}` })
    },
  )

  app.post(
    '/setup/demo',
    { schema: { body: SetupDemo, response: { 201: done } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'setup')
      if (!door.demoAvailable)
        refuse('resource.not_found', 'The demo is not offered by this installation.')
      const visiting = visitor(request, platformId)
      const actor = { ...visiting, kind: 'operator' as const, label: 'Set-up' }
      // The code stays valid: who explores the demo first still has to set the installation up.
      await door.directory
        .change(actor, async (write) => {
          await takeSetupCode(write, request.body.code)
          return Promise.reject(codeIsRight)
        })
        .catch((error: unknown) => {
          if (error !== codeIsRight) throw error
        })
      const demo = await door.makeDemo(actor)
      const session = await door.directory.change(
        { ...actor, organisationId: demo.organisationId },
        (write) =>
          openSession(
            write,
            { userId: demo.managerId },
            { method: 'setup', browser: browserOf(request) },
          ),
      )
      return giveSession(reply, door.baseUrl, session)
        .code(201)
        .send({ portalUrl: `/o/${demo.slug}` })
    },
  )
}

const codeIsRight = new Error('The code is right and is not used up.')

/** ROLE_ROOT: signs in at the level of the installation and makes organisations (OP-2). */
export function platformRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.post(
    '/platform/sign-in',
    { schema: { body: PlatformSignIn, response: { 200: z.object({ returnTo: z.string() }) } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      const { email, password } = request.body
      const account = { organisationId: platformId, kind: 'root', name: email }
      await door.rateLimits.attempt(request.ip, account)
      const actor = visitor(request, platformId)
      const root = await door.directory.view(actor, (read) => findRoot(read, { email }))
      if (!(await checkPassword(password, root?.password_hash)) || !root) {
        return refuse('auth.invalid_credentials', 'Wrong e-mail or password.')
      }
      await door.rateLimits.succeeded(request.ip, account)
      const session = await door.directory.change(actor, (write) =>
        openSession(
          write,
          { rootId: root.id },
          { method: 'platform', browser: browserOf(request) },
        ),
      )
      return giveSession(reply, door.baseUrl, session, platformCookie).send({
        returnTo: '/platform',
      })
    },
  )

  app.get(
    '/platform/orgs',
    { schema: { response: { 200: listOf(PlatformOrganisation) } } },
    async (request) => {
      const actor = await root(door, request)
      const organisations = await door.directory.view(actor, listOrganisations)
      return {
        items: organisations.map(render),
        total: organisations.length,
        totalExact: true,
        page: 0,
        size: organisations.length,
      }
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
      requireFresh(caller, door.clock.now())
      const { organisationId } = request.params
      const { session, organisation } = await door.directory.change(
        { ...caller, organisationId },
        (write) =>
          assist(
            write,
            { id: caller.id ?? '', email: caller.label },
            { ...request.body, browser: browserOf(request) },
          ),
      )
      return giveSession(reply, door.baseUrl, session).send({
        portalUrl: `/o/${organisation.slug}`,
        expiresAt: session.expiresAt,
      })
    },
  )
}

async function root(door: JoinDoor, request: FastifyRequest): Promise<Actor> {
  const actor = await door.platformCaller(request)
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
