import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { PlatformSignIn, Setup, SetupDemo, SetupState } from '../../../contract/src/index.ts'
import { checkPassword, giveSession, hashPassword, platformCookie } from '../auth/index.ts'
import {
  addManager,
  addRoot,
  anyOrganisation,
  createOrganisation,
  findRoot,
  openSession,
  platformId,
  setPassword,
  takeSetupCode,
} from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
import { refuse } from '../model/refusals.ts'
import { browserOf, type JoinDoor, noStore, requireSameOrigin, visitor } from './door.ts'
import { judgePassword } from './password-rule.ts'

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

/** ROLE_ROOT signs in at the level of the installation. */
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
}
