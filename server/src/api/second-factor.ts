import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  ConfirmTotp,
  Id,
  RecoveryCodes,
  SecondFactor,
  TotpEnrolment,
} from '../../../contract/src/index.ts'
import { newRecoveryCodes } from '../auth/index.ts'
import {
  addTotp,
  removeTotp,
  renewRecoveryCodes,
  resetSecondFactor,
  secondFactorView,
  whoIs,
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
      const { actor, id } = await freshPerson(request)
      const { isPossible } = await door.directory.view(actor, (read) => secondFactorView(read, id))
      if (!isPossible) {
        refuse('login_method.disabled', 'A second factor belongs to the password.')
      }
      const { organisationId } = actor
      const who = await door.directory.view(actor, (read) => whoIs(read, id))
      reply.header('cache-control', 'no-store')
      const email = who?.user.email ?? actor.label
      return door.enrolments.start({ id, organisationId, email }, door.clock.now())
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
        addTotp(write, totp, hashes),
      )
      reply.header('cache-control', 'no-store')
      return { recoveryCodes: withCodes ? codes : null }
    },
  )

  app.delete('/me/second-factor/totp', async (request, reply) => {
    const { actor } = await freshPerson(request)
    await door.directory.change(actor, removeTotp)
    return reply.code(204).send()
  })

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
