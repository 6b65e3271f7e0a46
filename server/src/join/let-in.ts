import type { FastifyReply, FastifyRequest } from 'fastify'
import { cookieOptions, giveSession, ticketCookie } from '../auth/index.ts'
import { type LetIn, noTicket, type Waiting } from '../directory/index.ts'
import { isId } from '../lib/ids.ts'
import { Refused } from '../model/refusals.ts'
import { type JoinDoor, noStore, visitor } from './door.ts'

/** A session and where to go, or the ticket and what is still to be done. */
export function answerLetIn(
  reply: FastifyReply,
  { baseUrl }: Pick<JoinDoor, 'baseUrl'>,
  done: LetIn,
) {
  if ('session' in done) {
    reply.clearCookie(ticketCookie, cookieOptions(baseUrl, 'session'))
    giveSession(reply, baseUrl, done.session)
    return { returnTo: done.returnTo }
  }
  const { cookie, expiresAt } = done.waiting
  if (cookie) reply.setCookie(ticketCookie, cookie, cookieOptions(baseUrl, 'session', expiresAt))
  noStore(reply)
  return renderStep(done.waiting)
}

export function renderStep({ step, ways, expiresAt }: Omit<Waiting, 'cookie'>) {
  return { step, ways, expiresAt }
}

/** The ticket that this browser carries: it opens nothing in another one. */
export function ticketOf(request: FastifyRequest) {
  const [organisationId, secret] = request.cookies[ticketCookie]?.split('.') ?? []
  if (!isId(organisationId) || !secret) throw new Refused(noTicket)
  return { actor: visitor(request, organisationId), secret }
}
