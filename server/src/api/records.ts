import { z } from 'zod'
import {
  AuditEvents,
  AuditQuery,
  Id,
  SignInAttemptDetails,
  SignInAttempts,
  SignInLogQuery,
  TrailQuery,
  TrailVerified,
} from '../../../contract/src/index.ts'
import {
  findAttempt,
  listAttempts,
  listEvents,
  preference,
  putPreference,
  verifyTrail,
} from '../directory/index.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })
const longestPreference = 20_000

/** What happened: the audit trail and the sign-in log; and what a person likes to see. */
export function recordRoutes(app: Api, door: ApiDoor): void {
  app.get(
    `${base}/audit-events`,
    { schema: { params, querystring: AuditQuery, response: { 200: AuditEvents } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { size, page, userId, ...conditions } = request.query
      const found = await door.directory.view(actor, (read) =>
        listEvents(read, { ...conditions, subjectId: userId }, { page, size }),
      )
      const items = found.items.map((event) => ({
        id: event.id,
        type: event.type,
        at: event.at,
        result: event.result,
        actor: { kind: event.actor_kind, id: event.actor_id, label: event.actor },
        source: event.source,
        ip: event.ip,
        subject: { kind: event.subject_kind, id: event.subject_id, label: event.subject },
        before: event.before,
        after: event.after,
        data: event.data,
        emergency: event.emergency === 1,
        requestId: event.request_id,
      }))
      return { ...found, items, page, size }
    },
  )

  app.get(
    `${base}/audit-events/verification`,
    { schema: { params, querystring: TrailQuery, response: { 200: TrailVerified } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      reply.header('cache-control', 'no-store')
      return door.directory.view(actor, (read) =>
        verifyTrail(read, door.signer, request.query.after),
      )
    },
  )

  app.get(
    `${base}/sign-in-log`,
    { schema: { params, querystring: SignInLogQuery, response: { 200: SignInAttempts } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { size, page, search, ...conditions } = request.query
      const found = await door.directory.view(actor, (read) =>
        listAttempts(read, { ...conditions, search: search || undefined }, { page, size }),
      )
      return { ...found, items: found.items.map(renderAttempt), page, size }
    },
  )
  app.get(
    `${base}/sign-in-log/:id`,
    { schema: { params: withId, response: { 200: SignInAttemptDetails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const attempt = await door.directory.view(actor, (read) =>
        findAttempt(read, request.params.id),
      )
      return { ...renderAttempt(attempt), ...attempt.details }
    },
  )

  const key = z.object({ organisationId: Id, key: z.string().regex(/^[a-z][a-z0-9-]{0,40}$/) })
  app.get(
    `${base}/preferences/:key`,
    { schema: { params: key, response: { 200: z.unknown() } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const value = await door.directory.view(actor, (read) => preference(read, request.params.key))
      return reply.type('application/json').send(JSON.stringify(value))
    },
  )
  app.put(`${base}/preferences/:key`, { schema: { params: key } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    if (JSON.stringify(request.body ?? null).length > longestPreference) {
      refuse('request.invalid', 'A preference has at most 20,000 characters.')
    }
    await door.directory.change(actor, (write) =>
      putPreference(write, request.params.key, request.body ?? null),
    )
    return reply.code(204).send()
  })
}

function renderAttempt(attempt: Awaited<ReturnType<typeof findAttempt>>) {
  return {
    id: attempt.id,
    reference: attempt.reference,
    at: attempt.at,
    result: attempt.result,
    method: attempt.method,
    code: attempt.code,
    email: attempt.email,
    userId: attempt.user_id,
    ip: attempt.ip,
    rule: attempt.rule,
    test: attempt.test === 1,
  }
}
