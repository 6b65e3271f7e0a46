import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { scimGroup, scimPerson, tellLastManagerKept } from '../directory/index.ts'
import { endOfTurn } from '../lib/turn.ts'
import { Refused } from '../model/refusals.ts'
import {
  bulkLimits,
  detectDialect,
  errorBody,
  type JsonObject,
  parseBody,
  ScimError,
  type WrittenList,
} from './core/index.ts'
import { dispatch } from './dispatch.ts'
import type { Answer, Call, Caller, Credential, ScimDoor, Stranger } from './door.ts'
import { createNewcomers } from './newcomers.ts'
import { type Fault, faultOf } from './refusals.ts'

const prefix = '/scim/:organisationId/v2'
const largestBody = bulkLimits.payloadBytes
const mediaType = 'application/scim+json; charset=utf-8'

type Asked = {
  caller: Caller
  startedAt: number
  /** Where `caller` is only who is expected to call: who does. */
  indeed?: Promise<Caller | Stranger>
}
declare module 'fastify' {
  interface FastifyRequest {
    scim: Asked | undefined
  }
}

/** SCIM 2.0, one endpoint per organisation (RFC 7644; SC-2). */
export async function scimRoutes(app: FastifyInstance, door: ScimDoor): Promise<void> {
  const newcomers = createNewcomers(door.directory)

  app.decorateRequest('scim', undefined)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/scim+json', 'application/json'],
    { parseAs: 'buffer', bodyLimit: largestBody },
    (_request, body, done) => done(null, body),
  )

  // SC-5: who calls is asked before the body is read or anybody is told anything.
  app.addHook('onRequest', async (request) => {
    const startedAt = performance.now()
    const shown = shownBy(request)
    const indeed = door.callerOf(...shown)
    const caller = isRead(request) ? door.expectedCaller(...shown) : undefined
    // Whatever it fails with fails the answer, which waits for it.
    indeed.catch(() => undefined)
    if (caller) request.scim = { caller, startedAt, indeed }
    else admit(request, startedAt, await indeed)
  })

  function admit(request: FastifyRequest, startedAt: number, caller: Caller | Stranger): Caller {
    if ('refused' in caller) throw new Unauthorized(caller)
    request.scim = { caller, startedAt }
    return caller
  }

  // What was refused before a handler saw it: strangers, and bodies that are too large or no JSON.
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (!(error instanceof Unauthorized))
      return refuse(
        request,
        reply,
        faultOf(error) ?? faultOfHttp(error) ?? internal(request, error),
      )
    reply.header('www-authenticate', challenge(error.stranger))
    const { status, detail } = error
    const fault = { status, detail, code: 'auth.required' }
    return refuse(request, reply, fault, { credential: error.stranger.credential })
  })

  function begin(request: FastifyRequest): Begun {
    const call = callOf(request)
    const answering = dispatch(call, segmentsOf(request), (inner, path, fault) =>
      record(request, { status: fault?.status ?? 200, fault, call: inner, path }),
    )
    answering.catch(() => undefined)
    return { call, answering }
  }

  /** What is read is looked for while it is asked who calls: each is a question to the database. */
  async function beginEarly(request: FastifyRequest, asked: Asked): Promise<Begun> {
    const begun = begin(request)
    if (!asked.indeed) return begun
    // Nobody, until it is known: whatever fails before is not put down to who was expected.
    request.scim = undefined
    const caller = admit(request, asked.startedAt, await asked.indeed)
    return isAlike(asked.caller, caller) ? begun : begin(request)
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { call, answering } = await beginEarly(request, request.scim as Asked)
    let answered: Answer
    try {
      answered = await answering
    } catch (error) {
      await tellOf(call, error)
      await nameSubject(call)
      return refuse(request, reply, faultOf(error) ?? internal(request, error), { call })
    }
    const { list } = answered
    const text = answered.text ?? (answered.body && JSON.stringify(answered.body()))
    record(request, { status: answered.status, response: list ?? text, call })
    if (answered.etag) reply.header('etag', answered.etag)
    if (answered.location) reply.header('location', answered.location)
    // Answers that are ready at once leave one behind the other: each that leaves alone wakes its reader.
    await endOfTurn()
    return send(request, reply, answered.status, list?.bytes ?? text)
  }

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    fault: Fault,
    about: Pick<Outcome, 'call' | 'credential'> = {},
  ): FastifyReply {
    const text = JSON.stringify(errorBody(fault))
    if (fault.retryAfterSeconds) reply.header('retry-after', fault.retryAfterSeconds)
    if (fault.allow) reply.header('allow', fault.allow.join(', '))
    record(request, { status: fault.status, fault, response: text, ...about })
    return send(request, reply, fault.status, text)
  }

  function record(request: FastifyRequest, outcome: Outcome): void {
    const { status, fault, response, call, path } = outcome
    const sent = path === undefined ? bodyText(request) : undefined
    const { caller, startedAt = performance.now() } = request.scim ?? {}
    door.log.record(organisationOf(request), {
      credential: caller?.credential ?? outcome.credential ?? null,
      ip: request.ip,
      dialect: caller?.settings.dialect ?? dialectOf(request, sent),
      userAgent: request.headers['user-agent'],
      method: call?.method ?? request.method,
      path: path === undefined ? pathOf(request.url) : `/Bulk ${path}`,
      status,
      code: fault?.code ?? null,
      detail: fault?.detail ?? null,
      ms: path === undefined ? Math.round(performance.now() - startedAt) : 0,
      ...(call?.subject && { subject: call.subject }),
      notes: call?.notes ?? [],
      request: sent,
      response,
      requestId: request.id,
    })
  }

  function callOf(request: FastifyRequest): Call {
    const { caller } = request.scim as Asked
    const copy = copyFor(caller)
    return {
      ...(copy ?? caller),
      directory: door.directory,
      clock: door.clock,
      cursorKey: door.cursorKey,
      walks: door.walks,
      join: newcomers.join,
      baseUrl: `${door.baseUrl}/scim/${caller.organisation.id}/v2`,
      method: request.method === 'HEAD' ? 'GET' : request.method,
      query: request.query as Record<string, unknown>,
      ifMatch: request.headers['if-match'],
      ifNoneMatch: request.headers['if-none-match'],
      body: () => bodyOf(request),
      rehearses: copy !== undefined,
      notes: copy ? ['Answered from the shadow: nobody in the directory was changed.'] : [],
      subject: undefined,
    }
  }

  const options = {
    bodyLimit: largestBody,
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    handler: answer,
  }
  app.route({ ...options, url: prefix })
  app.route({ ...options, url: `${prefix}/*` })
}

/** Whoever asks for this speaks SCIM, even where no route hears them (RFC 7644 §3.12). */
export function isScimAddress(url: string): boolean {
  return url.startsWith('/scim/')
}

export function refuseAsScim(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type(mediaType)
    .send(JSON.stringify(errorBody({ status, detail })))
}

/** As it is made; what ends it raises it. */
const copyVersion = 1

type Begun = { call: Call; answering: Promise<Answer> }

type Outcome = {
  status: number
  fault?: Fault | undefined
  response?: string | WrittenList | undefined
  credential?: Credential | undefined
  call?: Call | undefined
  /** Of an operation of a bulk request. */
  path?: string
}

/** SC-24: who would have been left without a manager hears of it; the refusal stands either way. */
async function tellOf(call: Call, error: unknown): Promise<void> {
  const { directory, actor, subject, rehearses } = call
  if (rehearses || !(error instanceof Refused) || error.refusal.code !== 'manager.last_working')
    return
  const id = subject?.id
  if (id) await directory.change(actor, (write) => tellLastManagerKept(write, id))
}

/** Refused before anybody was read: the log names them nevertheless, so that they are found by name. */
async function nameSubject({ directory, actor, subject }: Call): Promise<void> {
  if (!subject?.id || subject.label !== null) return
  const { id, kind } = subject
  subject.label = await directory
    .view(actor, async (read) =>
      kind === 'group'
        ? (await scimGroup(read, id)).displayName
        : ((await scimPerson(read, id)).user.userName ?? null),
    )
    .catch(() => null)
}

/** BY-3: whoever calls while SCIM is rehearsed is answered from the copy, which is all that they change. */
function copyFor(caller: Caller): Caller | undefined {
  const { actor, organisation } = caller
  const { shadow, source } = organisation
  if (source === 'scim' || shadow?.state !== 'open' || actor.owner) return undefined
  const { copyId: id } = shadow
  const copy = { ...organisation, id, source: 'scim' as const, shadow: null, version: copyVersion }
  return { ...caller, organisation: copy, actor: { ...actor, organisationId: id } }
}

function organisationOf(request: FastifyRequest): string {
  return (request.params as { organisationId?: string }).organisationId ?? ''
}

function shownBy(request: FastifyRequest): Parameters<ScimDoor['callerOf']> {
  const from = { ip: request.ip, requestId: request.id }
  return [organisationOf(request), request.headers.authorization, from]
}

/** Whether what one is told is what the other is told: each change of source, pause or settings raises a version. */
function isAlike(one: Caller, other: Caller): boolean {
  return (
    one.credential.id === other.credential.id &&
    one.organisation.version === other.organisation.version &&
    one.settings.version === other.settings.version
  )
}

function segmentsOf(request: FastifyRequest): string[] {
  const rest = (request.params as { '*'?: string })['*'] ?? ''
  return rest.split('/').filter((segment) => segment !== '')
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** Without the part that every call of an organisation has. */
function pathOf(url: string): string {
  return url.replace(/^\/scim\/[^/]*\/v2/, '') || '/'
}

function bodyText(request: FastifyRequest): string | undefined {
  return Buffer.isBuffer(request.body) ? request.body.toString('utf8') : undefined
}

function bodyOf(request: FastifyRequest): JsonObject {
  if (Buffer.isBuffer(request.body)) return parseBody(request.body, largestBody)
  throw new ScimError({ status: 400, scimType: 'invalidSyntax', detail: 'The body is missing.' })
}

function dialectOf(request: FastifyRequest, body: string | undefined): string {
  const userAgent = request.headers['user-agent']
  return detectDialect({
    ...(userAgent !== undefined && { userAgent }),
    url: request.url,
    ...(body !== undefined && { body }),
  }).name
}

/** Plain JSON for who accepts nothing else (OneLogin); SCIM's own type for everybody. */
function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: string | Buffer | undefined,
): FastifyReply {
  const accepts = request.headers.accept ?? ''
  const wantsPlain =
    /application\/json/i.test(accepts) && !/application\/scim\+json|\*\/\*/i.test(accepts)
  reply.code(status).header('cache-control', 'no-store')
  if (body === undefined) return reply.send()
  return reply.type(wantsPlain ? 'application/json; charset=utf-8' : mediaType).send(body)
}

class Unauthorized extends ScimError {
  readonly stranger: Stranger
  constructor(stranger: Stranger) {
    const details = {
      missing: 'Send a token as Authorization: Bearer.',
      unknown: 'This token is unknown here, or was revoked.',
      expired: 'This token has expired. A manager makes a new one under Identity Configuration.',
    }
    super({ status: 401, detail: `auth.required: ${details[stranger.refused]}` })
    this.stranger = stranger
  }
}

/** RFC 6750 §3: no error is named to who sent no credential. */
function challenge({ refused }: Stranger): string {
  return `Bearer realm="SCIM"${refused === 'missing' ? '' : ', error="invalid_token"'}`
}

function faultOfHttp(error: FastifyError): Fault | undefined {
  const { statusCode: status } = error
  if (status === undefined || status < 400 || status >= 500) return undefined
  if (status === 413) {
    const detail = `request.invalid: The request is larger than ${largestBody} bytes (maxPayloadSize); send it in smaller parts.`
    return { status, detail, code: null }
  }
  if (status === 415)
    return {
      status,
      detail: 'request.invalid: Send application/scim+json or application/json.',
      code: null,
    }
  const detail = `request.invalid: ${error.message}`
  return { status, scimType: 'invalidSyntax', detail, code: 'invalidSyntax' }
}

/** Our own fault: the operator finds it in the log of the process. */
function internal(request: FastifyRequest, error: unknown): Fault {
  request.log.error({ err: error, requestId: request.id }, 'request failed')
  return {
    status: 500,
    detail: `internal: quote ${request.id} to the operator of this installation.`,
    code: 'internal',
  }
}
