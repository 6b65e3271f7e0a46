import type { FastifyReply, FastifyRequest } from 'fastify'
import { anonymous, type RateLimits, sendRefusal } from '../auth/index.ts'
import {
  type AttemptReport,
  type Directory,
  findOrganisation,
  recordAttempt,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import type { Outbound } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { ServiceProvider } from './core/index.ts'

/** What the SAML door is given when it is opened. */
export type SamlDoor = {
  directory: Directory
  clock: Clock
  vault: Vault
  outbound: Outbound
  rateLimits: RateLimits
  baseUrl: string
  /** Who is signed in on this request, if anyone. */
  callerOf(request: FastifyRequest): Promise<Actor | undefined>
  serviceProvider(actor: Actor, now: number): Promise<ServiceProvider>
}

/** The organisation in the path, seen by nobody in particular. */
export async function visit(
  door: SamlDoor,
  request: FastifyRequest,
): Promise<{ organisation: Organisation; actor: Actor }> {
  const { organisationId } = request.params as { organisationId: string }
  if (!isId(organisationId)) throw notHere()
  const actor = anonymous(organisationId, { ip: request.ip, requestId: request.id })
  const organisation = await door.directory.view(actor, (read) =>
    findOrganisation(read, organisationId),
  )
  if (!organisation) throw notHere()
  return { organisation, actor }
}

function notHere(): Refused {
  return new Refused({ code: 'resource.not_found', detail: 'There is no such organisation.' })
}

/** Records a refused attempt once and answers it. */
export async function refuseAttempt(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: { actor: Actor; organisation: Organisation },
  refusal: Refusal,
  report: AttemptReport,
): Promise<FastifyReply> {
  await door.directory.change(who.actor, (write) =>
    recordAttempt(write, { remedy: refusal.detail, ...report, code: refusal.code }),
  )
  return sendRefusal(request, reply, refusal, report.reference, `/login/${who.organisation.slug}`)
}
