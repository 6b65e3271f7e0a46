import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  ConfirmFactor,
  EnrolledAtSignIn,
  FactorProof,
  NewPassword,
  PasskeyOptions,
  SignInAnswer,
  SignInStep,
  TotpEnrolment,
} from '../../../contract/src/index.ts'
import {
  checkPassword,
  hashPassword,
  hashRecoveryCode,
  newRecoveryCodes,
  type PasskeyKey,
  totpPurpose,
  totpStep,
} from '../auth/index.ts'
import {
  enrolAndGoOn,
  type NewFactor,
  noTicket,
  openChallenge,
  type Proof,
  passwordFacts,
  proveFactor,
  readTicket,
  replacePassword,
  startReport,
} from '../directory/index.ts'
import { Refused, refuse } from '../model/refusals.ts'
import { browserOf, type JoinDoor, noStore, requireSameOrigin } from './door.ts'
import { answerLetIn, renderStep, ticketOf } from './let-in.ts'
import { judgePassword } from './password-rule.ts'

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
      const { actor, secret, user, ...held } = await openTicket(request)
      const account = { organisationId: actor.organisationId, kind: 'second factor', name: user.id }
      const byCode = 'totp' in request.body
      await rateLimits.attempt(request.ip, account)
      if (byCode) await rateLimits.attemptCode(account)
      const proof = await readProof(request.body, held)
      const report = startReport(request, 'password')
      const done = await door.directory.change(actor, (write) =>
        proveFactor(write, secret, proof, browserOf(request), report),
      )
      if ('refusal' in done) throw new Refused(done.refusal)
      await rateLimits.succeeded(request.ip, account)
      if (byCode) await rateLimits.codeSucceeded(account)
      return answerLetIn(reply, door, done)
    },
  )

  async function readProof(
    body: z.infer<typeof FactorProof>,
    { sealedTotp, passkeys }: { sealedTotp: string | undefined; passkeys: PasskeyKey[] },
  ): Promise<Proof> {
    if ('recoveryCode' in body) {
      return { factor: 'recovery_code', hash: hashRecoveryCode(body.recoveryCode) }
    }
    if ('passkey' in body) {
      const known = passkeys.find(({ id }) => id === body.passkey.id)
      const proof = known && (await door.passkeys.readProof(body.passkey, known))
      return proof ? { factor: 'passkey', id: known.id, ...proof } : { factor: 'none' }
    }
    const key = sealedTotp && door.vault.open(sealedTotp, totpPurpose)
    return { factor: 'totp', step: key ? totpStep(key, body.totp, clock.now()) : undefined }
  }

  for (const [path, expected] of [
    ['second-factor/passkey', 'second_factor'],
    ['enrolment/passkey', 'enrolment'],
  ] as const) {
    app.post(
      `/sign-in/:slug/${path}`,
      { schema: { params, response: { 200: PasskeyOptions } } },
      async (request, reply) => {
        requireSameOrigin(door, request)
        await rateLimits.call(request.ip, 'passkey')
        const { actor, user, step, passkeys } = await openTicket(request)
        if (step !== expected) throw new Refused(noTicket)
        const name = `${user.firstName} ${user.lastName}`.trim()
        const { options, challengeHash } =
          step === 'enrolment'
            ? await door.passkeys.askToMake({ id: user.id, email: user.email, name }, passkeys)
            : await door.passkeys.askToProve(passkeys)
        await door.directory.change(actor, (write) => openChallenge(write, user.id, challengeHash))
        noStore(reply)
        return { options }
      },
    )
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
    { schema: { params, body: ConfirmFactor, response: { 200: EnrolledAtSignIn } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await rateLimits.call(request.ip, 'enrolment')
      const { actor, secret, user } = await openTicket(request)
      const factor = await readFactor(user, request.body)
      const { codes, hashes } = newRecoveryCodes()
      const done = await door.directory.change(actor, (write) =>
        enrolAndGoOn(write, secret, { factor, codeHashes: hashes, browser: browserOf(request) }),
      )
      return { ...answerLetIn(reply, door, done), recoveryCodes: codes }
    },
  )

  async function readFactor(
    user: { id: string; organisationId: string },
    body: z.infer<typeof ConfirmFactor>,
  ): Promise<NewFactor> {
    if ('passkey' in body) {
      const made = await door.passkeys.readMade(body.passkey)
      return { factor: 'passkey', label: body.label, ...made }
    }
    return { factor: 'totp', ...door.enrolments.confirm(user, body, clock.now()) }
  }

  app.post(
    '/sign-in/:slug/new-password',
    { schema: { params, body: NewPassword, response: { 200: SignInAnswer } } },
    async (request, reply) => {
      requireSameOrigin(door, request)
      await rateLimits.call(request.ip, 'new password')
      const { actor, secret, user, step } = await openTicket(request)
      if (step !== 'new_password') throw new Refused(noTicket)
      const { password } = request.body
      await judgePassword(password)
      const { hash: old } = await door.directory.view(actor, (read) =>
        passwordFacts(read, user.email),
      )
      if (await checkPassword(password, old)) {
        refuse('password.too_weak', 'Choose another password than the one that you were given.', [
          { pointer: '/password', code: 'same', detail: 'Not the password that you were given' },
        ])
      }
      const hash = await hashPassword(password)
      const done = await door.directory.change(actor, (write) =>
        replacePassword(write, secret, hash, browserOf(request)),
      )
      return answerLetIn(reply, door, done)
    },
  )
}
