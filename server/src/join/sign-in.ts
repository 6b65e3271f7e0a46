import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  ActivateWithPassword,
  Activation,
  EmergencySignIn,
  PasswordSignIn,
  ResetRequest,
  SignedIn,
  SignInAnswer,
  SignInPage,
} from '../../../contract/src/index.ts'
import {
  checkPassword,
  giveSession,
  hashPassword,
  safeReturnTo,
  totpPurpose,
  totpStep,
} from '../auth/index.ts'
import {
  choosePassword,
  findBreakGlass,
  findOrganisationBySlug,
  joinFacts,
  newReference,
  passwordFacts,
  platformId,
  readLink,
  recordAttempt,
  requestReset,
  signInEmergency,
  signInWithPassword,
  type Write,
} from '../directory/index.ts'
import { isId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused, refuse } from '../model/refusals.ts'
import {
  browserOf,
  evenly,
  type JoinDoor,
  noStore,
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

  async function organisationAt(slug: string, actor: Actor): Promise<Organisation> {
    const found = await door.directory.view(actor, (read) => findOrganisationBySlug(read, slug))
    return found ?? refuse('resource.not_found', 'There is no organisation at this address.')
  }

  app.get(
    '/sign-in/:slug',
    { schema: { params: bySlug, response: { 200: SignInPage } } },
    async (request, reply) => {
      const actor = visitor(request, platformId)
      const organisation = await organisationAt(request.params.slug, actor)
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
      await door.rateLimits.beforeSignIn(request.ip, email)
      const organisation = await organisationAt(request.params.slug, visitor(request, platformId))
      const actor = visitor(request, organisation.id)
      const report = {
        reference: newReference(),
        method: 'password',
        code: null,
        email,
        userAgent: request.headers['user-agent'] ?? null,
      }
      const facts = await door.directory.view(actor, (read) => passwordFacts(read, email))
      const right = await checkPassword(password, facts.hash)
      const disabled = organisation.loginMethod !== null && organisation.loginMethod !== 'password'
      if (!right || !facts.user) {
        await door.rateLimits.failed(request.ip, email)
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
      await door.rateLimits.succeeded(request.ip, email)
      return answerLetIn(reply, door, result)
    },
  )

  app.post(
    '/sign-in/:slug/reset',
    { schema: { params: bySlug, body: ResetRequest, response: { 202: z.object({}) } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await door.rateLimits.call(request.ip, 'reset')
      const organisation = await organisationAt(request.params.slug, visitor(request, platformId))
      if (organisation.loginMethod !== null && organisation.loginMethod !== 'password') {
        refuse('login_method.disabled', 'Passwords are not the login method of this organisation.')
      }
      const actor = visitor(request, organisation.id)
      const report = {
        reference: newReference(),
        method: 'reset',
        code: null,
        userAgent: request.headers['user-agent'] ?? null,
      }
      const { email } = request.body
      await evenly(async () => {
        const mayMail = await door.rateLimits.mayMail(organisation.id, email)
        await door.directory.change(actor, (write) => requestReset(write, email, mayMail, report))
      })
      return noStore(reply).code(202).send({})
    },
  )

  app.post(
    '/sign-in/:slug/emergency',
    { schema: { params: bySlug, body: EmergencySignIn, response: { 200: SignedIn } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      const { email, password, code } = request.body
      await door.rateLimits.beforeSignIn(request.ip, `emergency ${email}`)
      const organisation = await organisationAt(request.params.slug, visitor(request, platformId))
      const actor = visitor(request, organisation.id)
      const report = {
        reference: newReference(),
        method: 'emergency',
        code: null,
        email,
        userAgent: request.headers['user-agent'] ?? null,
      }
      const account = await door.directory.view(actor, (read) => findBreakGlass(read, email))
      const right = await checkPassword(password, account?.password_hash)
      const secret = account?.totp_secret
        ? door.vault.open(account.totp_secret, totpPurpose)
        : undefined
      const step = secret ? totpStep(secret, code, door.clock.now()) : undefined
      const refuseAttempt = async (refusal: Refusal, rule: string) => {
        await door.rateLimits.failed(request.ip, `emergency ${email}`)
        await door.directory.change(actor, (write) =>
          recordAttempt(write, { ...report, code: refusal.code, rule, remedy: refusal.detail }),
        )
        throw new Refused(refusal)
      }
      if (!right || !account || step === undefined) {
        return refuseAttempt(
          { code: 'auth.invalid_credentials', detail: 'Wrong e-mail, password or code.' },
          'credentials',
        )
      }
      const result = await door.directory.change(actor, (write: Write) =>
        signInEmergency(
          write,
          { accountId: account.id, totpStep: step },
          browserOf(request),
          report,
        ),
      )
      if ('refusal' in result) throw new Refused(result.refusal)
      await door.rateLimits.succeeded(request.ip, `emergency ${email}`)
      return giveSession(reply, door.baseUrl, result.session).send({
        returnTo: `/o/${organisation.slug}`,
      })
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
      await door.directory.view(actor, (read) => readLink(read, token))
      await judgePassword(request.body.password)
      const hash = await hashPassword(request.body.password)
      const done = await door.directory.change(actor, (write) =>
        choosePassword(write, token, hash, browserOf(request)),
      )
      return answerLetIn(reply, door, done)
    },
  )
}
