import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { browserCookie, cookieOptions, sessionCookie } from '../auth/index.ts'
import {
  consumeRequest,
  endSessionsOf,
  findConnection,
  openRequest,
  startReport,
} from '../directory/index.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import {
  type LogoutInput,
  loadParser,
  logoutRequest,
  logoutResponse,
  newRequestId,
  readLogout,
} from './core/index.ts'
import { refuseAttempt, type SamlDoor, visit } from './door.ts'
import { soleField } from './forms.ts'

const path = '/saml/:organisationId/slo'

/** Single logout, both ways (LM-25). */
export function logoutRoutes(app: FastifyInstance, door: SamlDoor): void {
  app.get(path, (request, reply) => {
    const rawQuery = request.raw.url?.split('?')[1] ?? ''
    return receive(door, request, reply, { binding: 'redirect', rawQuery })
  })
  app.post(path, (request, reply) => {
    const field =
      soleField(request.body, 'SAMLRequest') === undefined ? 'SAMLResponse' : 'SAMLRequest'
    const samlMessage = soleField(request.body, field) ?? ''
    return receive(door, request, reply, { binding: 'post', samlMessage, field })
  })
}

async function receive(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  input: LogoutInput,
): Promise<FastifyReply> {
  await door.rateLimits.pass(request.ip)
  const who = await visit(door, request)
  const report = startReport(request, 'saml logout')
  const connection = await door.directory.view(who.actor, findConnection)
  if (connection?.protocol !== 'saml') {
    const detail = 'No identity provider is connected to this organisation.'
    return refuseAttempt(
      door,
      request,
      reply,
      who,
      { code: 'login_method.disabled', detail },
      report,
    )
  }
  const now = door.clock.now()
  const serviceProvider = await door.serviceProvider(who.actor, now)
  const context = { serviceProvider, settings: connection.saml, now }
  await loadParser()
  const reading = readLogout(input, context)
  if (!reading.ok) {
    const { code, remedy, ...told } = reading.refusal
    return refuseAttempt(
      door,
      request,
      reply,
      who,
      { code, detail: remedy },
      { ...report, ...told, remedy },
    )
  }
  const signedOut = `/login/${who.organisation.slug}?signedOut=1`
  const { message } = reading
  if (message.kind === 'response') {
    const browserHash = hashSecret(request.cookies[browserCookie] ?? '')
    const asked = await door.directory.change(who.actor, (write) =>
      consumeRequest(write, message.inResponseTo ?? '', browserHash),
    )
    if (asked) return reply.redirect(signedOut, 303)
    const detail = 'This browser asked for no logout.'
    const refusal = { code: 'saml.in_response_to_mismatch' as const, detail }
    return refuseAttempt(door, request, reply, who, refusal, { ...report, rule: 'InResponseTo' })
  }
  const system: Actor = { ...who.actor, kind: 'system', label: 'System' }
  const replay = await door.directory.change(system, (write) => endSessionsOf(write, message))
  if (replay) {
    const told = { ...report, rule: 'replay', remedy: replay.detail }
    return refuseAttempt(door, request, reply, who, replay, told)
  }
  reply.clearCookie(sessionCookie, cookieOptions(door.baseUrl, 'session'))
  if (!connection.saml.sloUrl) return reply.redirect(signedOut, 303)
  const answer = logoutResponse({
    ...context,
    id: newRequestId(),
    inResponseTo: message.id,
    success: true,
    ...(reading.relayState && { relayState: reading.relayState }),
  })
  return reply.redirect(answer.url, 303)
}

/** Where the browser goes to be signed out at the identity provider too, after it was signed out here. */
export async function singleLogoutUrl(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  session: {
    issuer: string | null
    name_id: string | null
    name_id_format: string | null
    session_index: string | null
  },
): Promise<string | undefined> {
  const connection = await door.directory.view(actor, findConnection)
  if (
    connection?.protocol !== 'saml' ||
    !connection.saml.sloUrl ||
    !session.name_id ||
    session.issuer !== connection.saml.idpEntityId
  ) {
    return undefined
  }
  const id = newRequestId()
  const now = door.clock.now()
  const browserSecret = request.cookies[browserCookie] ?? newSecret()
  reply.setCookie(browserCookie, browserSecret, cookieOptions(door.baseUrl, 'browser'))
  await door.directory.change(actor, (write) =>
    openRequest(write, { id, browserSecret, returnTo: '/', testId: null, kind: 'logout' }),
  )
  return logoutRequest({
    serviceProvider: await door.serviceProvider(actor, now),
    settings: connection.saml,
    id,
    now,
    nameId: session.name_id,
    ...(session.name_id_format && { nameIdFormat: session.name_id_format }),
    ...(session.session_index && { sessionIndex: session.session_index }),
    relayState: id,
  }).url
}
