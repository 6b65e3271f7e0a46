import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  ConfirmTotp,
  EnrolledAtSignIn,
  FactorProof,
  SignInAnswer,
  SignInStep,
  TotpEnrolment,
} from '../../../contract/src/index.ts'
import { hashRecoveryCode, newRecoveryCodes, totpPurpose, totpStep } from '../auth/index.ts'
import {
  enrolAndGoOn,
  newReference,
  noTicket,
  type Proof,
  proveFactor,
  readTicket,
} from '../directory/index.ts'
import { Refused } from '../model/refusals.ts'
import { browserOf, type JoinDoor, noStore, requireSameOrigin } from './door.ts'
import { answerLetIn, renderStep, ticketOf } from './let-in.ts'

const params = z.object({ slug: z.string().max(60) })

/** Between the right password and the session: the second factor, or enrolling one (SE-11). */
export function secondFactorRoutes(instance: FastifyInstance, door: JoinDoor): void {
  const app = instance.withTypeProvider<ZodTypeProvider>()
  const { rateLimits, clock } = door

  /** What the browser's ticket stands for, of the organisation whose page this is. */
  async function openTicket(request: FastifyRequest<{ Params: { slug: string } }>) {
    const { actor, secret } = ticketOf(request)
    const ticket = await door.directory.view(actor, (read) => readTicket(read, secret))
    if (ticket.organisation.slug !== request.params.slug) throw new Refused(noTicket)
    return { actor, secret, ...ticket }
  }

  app.get(
    '/sign-in/:slug/step',
    { schema: { params, response: { 200: SignInStep } } },
    async (request, reply) => {
      await rateLimits.call(request.ip, 'step')
      const { step, ways, expiresAt } = await openTicket(request)
      if (!step) throw new Refused(noTicket)
      noStore(reply)
      return renderStep({ step, ways, expiresAt })
    },
  )

  app.post(
    '/sign-in/:slug/second-factor',
    { schema: { params, body: FactorProof, response: { 200: SignInAnswer } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      const { actor, secret, user, sealedTotp } = await openTicket(request)
      const account = `second factor ${user.id}`
      await rateLimits.beforeSignIn(request.ip, account)
      if ('totp' in request.body) await rateLimits.beforeCode(account)
      const proof = readProof(request.body, sealedTotp)
      const report = {
        reference: newReference(),
        method: 'password',
        code: null,
        userAgent: request.headers['user-agent'] ?? null,
      }
      const done = await door.directory.change(actor, (write) =>
        proveFactor(write, secret, proof, browserOf(request), report),
      )
      if ('refusal' in done) {
        await rateLimits.failed(request.ip, account)
        await rateLimits.codeFailed(account)
        throw new Refused(done.refusal)
      }
      await rateLimits.succeeded(request.ip, account)
      return answerLetIn(reply, door, done)
    },
  )

  function readProof(body: z.infer<typeof FactorProof>, sealedTotp: string | undefined): Proof {
    if ('recoveryCode' in body) {
      return { factor: 'recovery_code', hash: hashRecoveryCode(body.recoveryCode) }
    }
    const key = sealedTotp && door.vault.open(sealedTotp, totpPurpose)
    return { factor: 'totp', step: key ? totpStep(key, body.totp, clock.now()) : undefined }
  }

  app.post(
    '/sign-in/:slug/enrolment/totp',
    { schema: { params, response: { 200: TotpEnrolment } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await rateLimits.call(request.ip, 'enrolment')
      const { user, step } = await openTicket(request)
      if (step !== 'enrolment') throw new Refused(noTicket)
      noStore(reply)
      return door.enrolments.start(user, clock.now())
    },
  )

  app.post(
    '/sign-in/:slug/enrolment',
    { schema: { params, body: ConfirmTotp, response: { 200: EnrolledAtSignIn } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await rateLimits.call(request.ip, 'enrolment')
      const { actor, secret, user } = await openTicket(request)
      const totp = door.enrolments.confirm(user, request.body, clock.now())
      const { codes, hashes } = newRecoveryCodes()
      const done = await door.directory.change(actor, (write) =>
        enrolAndGoOn(write, secret, { totp, codeHashes: hashes, browser: browserOf(request) }),
      )
      return { ...answerLetIn(reply, door, done), recoveryCodes: codes }
    },
  )
}
