import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  ActivateWithPassword,
  Activation,
  PasswordSignIn,
  ResetRequest,
  SignInAnswer,
  SignInPage,
} from '../../../contract/src/index.ts'
import { checkPassword, hashPassword, safeReturnTo } from '../auth/index.ts'
import {
  choosePassword,
  joinFacts,
  passwordFacts,
  platformId,
  readLink,
  recordAttempt,
  requestReset,
  signInWithPassword,
  startReport,
} from '../directory/index.ts'
import { isId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import {
  browserOf,
  evenly,
  type JoinDoor,
  noStore,
  organisationAt,
  requireSameOrigin,
  signInBy,
  visitor,
} from './door.ts'
import { answerLetIn } from './let-in.ts'
import { judgePassword } from './password-rule.ts'

const bySlug = z.object({ slug: z.string().max(60) })
const byToken = z.object({ token: z.string().max(200) })
const wrong: Refusal = { code: 'auth.invalid_credentials', detail: 'Wrong e-mail or password.' }

/** Sign-in pages, password and emergency sign-in, activation links. */
export function signInRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()

  app.get(
    '/sign-in/:slug',
    { schema: { params: bySlug, response: { 200: SignInPage } } },
    async (request, reply) => {
      const actor = visitor(request, platformId)
      const organisation = await organisationAt(door, request, request.params.slug)
      const { connectionName, startUrl } = await signInBy(door, actor, organisation)
      const own = { ...actor, organisationId: organisation.id }
      const { state, link } = await door.directory.view(own, (read) =>
        joinFacts(read, organisation, !door.withoutMail),
      )
      noStore(reply)
      return {
        organisation: { name: organisation.name, slug: organisation.slug },
        method: organisation.loginMethod,
        showPassword: organisation.loginMethod === null || organisation.loginMethod === 'password',
        connectionName,
        startUrl,
        joinUrl: state === 'open' ? `/join/${organisation.slug}/${link.link.token}` : null,
        demo: organisation.demo,
      }
    },
  )

  app.post(
    '/sign-in/:slug/password',
    { schema: { params: bySlug, body: PasswordSignIn, response: { 200: SignInAnswer } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      const { email, password, returnTo } = request.body
      const organisation = await organisationAt(door, request, request.params.slug)
      const account = { organisationId: organisation.id, kind: 'password', name: email }
      await door.rateLimits.attempt(request.ip, account)
      const actor = visitor(request, organisation.id)
      const report = { ...startReport(request, 'password'), email }
      const facts = await door.directory.view(actor, (read) => passwordFacts(read, email))
      const right = await checkPassword(password, facts.hash)
      const disabled = organisation.loginMethod !== null && organisation.loginMethod !== 'password'
      if (!right || !facts.user) {
        const refusal: Refusal = disabled
          ? {
              code: 'login_method.disabled',
              detail: 'Passwords are not the login method of this organisation.',
            }
          : wrong
        await door.directory.change(actor, (write) =>
          recordAttempt(write, {
            ...report,
            code: refusal.code,
            rule: disabled ? 'login method' : 'password',
            userId: facts.user?.id ?? null,
            remedy: refusal.detail,
          }),
        )
        throw new Refused(refusal)
      }
      await door.rateLimits.succeeded(request.ip, account)
      const userId = facts.user.id
      const result = await door.directory.change(actor, (write) =>
        signInWithPassword(
          write,
          userId,
          {
            browser: browserOf(request),
            returnTo: safeReturnTo(returnTo, `/o/${organisation.slug}`),
          },
          report,
        ),
      )
      if ('refusal' in result) throw new Refused(result.refusal)
      return answerLetIn(reply, door, result)
    },
  )

  app.post(
    '/sign-in/:slug/reset',
    { schema: { params: bySlug, body: ResetRequest, response: { 202: z.object({}) } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'reset')
      const organisation = await organisationAt(door, request, request.params.slug)
      const actor = visitor(request, organisation.id)
      const report = startReport(request, 'reset')
      const { email } = request.body
      await evenly(async () => {
        const mayMail = await door.rateLimits.mayMail(organisation.id, email)
        const refusal = await door.directory.change(actor, (write) =>
          requestReset(write, email, mayMail, report),
        )
        if (refusal) throw new Refused(refusal)
      })
      return noStore(reply).code(202).send({})
    },
  )

  const actorOf = (request: Parameters<typeof visitor>[0], token: string): Actor => {
    const organisationId = token.split('.')[0]
    if (!isId(organisationId)) {
      throw new Refused({ code: 'activation.expired', detail: 'This link is not valid any more.' })
    }
    return visitor(request, organisationId)
  }

  app.get(
    '/activations/:token',
    { schema: { params: byToken, response: { 200: Activation } } },
    async (request, reply) => {
      await door.rateLimits.call(request.ip, 'activation')
      const { token } = request.params
      const actor = actorOf(request, token)
      const { organisation, user, kind } = await door.directory.view(actor, (read) =>
        readLink(read, token),
      )
      const { startUrl } = await signInBy(door, actor, organisation)
      noStore(reply)
      return {
        organisation: { name: organisation.name, slug: organisation.slug },
        email: user.email,
        firstName: user.firstName,
        kind,
        completes: organisation.loginMethod ?? ('password' as const),
        startUrl: startUrl && `${startUrl}?link=${encodeURIComponent(token)}`,
      }
    },
  )

  app.post(
    '/activations/:token',
    { schema: { params: byToken, body: ActivateWithPassword, response: { 200: SignInAnswer } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'activation')
      const { token } = request.params
      const actor = actorOf(request, token)
      const { user, kind } = await door.directory.view(actor, (read) => readLink(read, token))
      await judgePassword(request.body.password)
      const hash = await hashPassword(request.body.password)
      const report = { ...startReport(request, kind), email: user.email, userId: user.id }
      const done = await door.directory.change(actor, (write) =>
        choosePassword(write, token, hash, browserOf(request), report),
      )
      if ('refusal' in done) throw new Refused(done.refusal)
      return answerLetIn(reply, door, done)
    },
  )
}
