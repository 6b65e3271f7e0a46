import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  ConfirmPasskey,
  ConfirmTotp,
  Id,
  PasskeyOptions,
  RecoveryCodes,
  SecondFactor,
  TotpEnrolment,
} from '../../../contract/src/index.ts'
import { newRecoveryCodes } from '../auth/index.ts'
import {
  addFactor,
  factorOwner,
  openChallenge,
  removeFactor,
  renewRecoveryCodes,
  resetSecondFactor,
  secondFactorView,
} from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

/** One's own second factor, and a manager taking somebody's away (SE-11, US-17). */
export function secondFactorRoutes(app: Api, door: ApiDoor): void {
  async function person(request: FastifyRequest) {
    const caller = await door.callers.browser(request)
    if (caller?.actor.kind !== 'user' || !caller.actor.id) {
      return refuse('auth.required', 'Sign in first.')
    }
    return { actor: caller.actor, id: caller.actor.id }
  }
  /** Whoever found a browser open changes nothing about how its owner signs in (SE-6). */
  async function freshPerson(request: FastifyRequest) {
    const found = await person(request)
    door.requireFresh(found.actor)
    return found
  }

  app.get(
    '/me/second-factor',
    { schema: { response: { 200: SecondFactor } } },
    async (request, reply) => {
      const { actor, id } = await person(request)
      reply.header('cache-control', 'no-store')
      return door.directory.view(actor, (read) => secondFactorView(read, id))
    },
  )

  app.post(
    '/me/second-factor/totp',
    { schema: { response: { 200: TotpEnrolment } } },
    async (request, reply) => {
      const { actor } = await freshPerson(request)
      const { user } = await door.directory.view(actor, factorOwner)
      reply.header('cache-control', 'no-store')
      return door.enrolments.start(user, door.clock.now())
    },
  )

  app.put(
    '/me/second-factor/totp',
    { schema: { body: ConfirmTotp, response: { 200: RecoveryCodes } } },
    async (request, reply) => {
      const { actor, id } = await freshPerson(request)
      await door.rateLimits.call(request.ip, 'enrolment')
      const { organisationId } = actor
      const totp = door.enrolments.confirm({ id, organisationId }, request.body, door.clock.now())
      const { codes, hashes } = newRecoveryCodes()
      const { withCodes } = await door.directory.change(actor, (write) =>
        addFactor(write, { factor: 'totp', ...totp }, hashes),
      )
      reply.header('cache-control', 'no-store')
      return { recoveryCodes: withCodes ? codes : null }
    },
  )

  app.delete('/me/second-factor/totp', async (request, reply) => {
    const { actor } = await freshPerson(request)
    await door.directory.change(actor, (write) => removeFactor(write))
    return reply.code(204).send()
  })

  app.post(
    '/me/second-factor/passkeys/options',
    { schema: { response: { 200: PasskeyOptions } } },
    async (request, reply) => {
      const { actor } = await freshPerson(request)
      await door.rateLimits.call(request.ip, 'passkey')
      const { user, passkeys } = await door.directory.view(actor, factorOwner)
      const person = { id: user.id, email: user.email, name: actor.label }
      const { options, challengeHash } = await door.passkeys.askToMake(person, passkeys)
      await door.directory.change(actor, (write) => openChallenge(write, user.id, challengeHash))
      reply.header('cache-control', 'no-store')
      return { options }
    },
  )

  app.post(
    '/me/second-factor/passkeys',
    { schema: { body: ConfirmPasskey, response: { 201: RecoveryCodes } } },
    async (request, reply) => {
      const { actor } = await freshPerson(request)
      const { label, passkey } = request.body
      const made = await door.passkeys.readMade(passkey)
      const { codes, hashes } = newRecoveryCodes()
      const { withCodes } = await door.directory.change(actor, (write) =>
        addFactor(write, { factor: 'passkey', label, ...made }, hashes),
      )
      reply.code(201).header('cache-control', 'no-store')
      return { recoveryCodes: withCodes ? codes : null }
    },
  )

  const passkey = z.object({ passkeyId: z.string().min(1).max(2_000) })
  app.delete(
    '/me/second-factor/passkeys/:passkeyId',
    { schema: { params: passkey } },
    async (request, reply) => {
      const { actor } = await freshPerson(request)
      await door.directory.change(actor, (write) => removeFactor(write, request.params.passkeyId))
      return reply.code(204).send()
    },
  )

  app.post(
    '/me/second-factor/recovery-codes',
    { schema: { response: { 200: RecoveryCodes } } },
    async (request, reply) => {
      const { actor } = await freshPerson(request)
      const { codes, hashes } = newRecoveryCodes()
      await door.directory.change(actor, (write) => renewRecoveryCodes(write, hashes))
      reply.header('cache-control', 'no-store')
      return { recoveryCodes: codes }
    },
  )

  const params = z.object({ organisationId: Id, id: Id })
  app.get(
    '/orgs/:organisationId/users/:id/second-factor',
    { schema: { params, response: { 200: SecondFactor } } },
    async (request) => {
      const actor = await callerFor(door, request)
      return door.directory.view(actor, (read) => secondFactorView(read, request.params.id))
    },
  )
  app.delete(
    '/orgs/:organisationId/users/:id/second-factor',
    { schema: { params } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      await door.directory.change(actor, (write) => resetSecondFactor(write, request.params.id))
      return reply.code(204).send()
    },
  )
}
