import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { tellLastManagerKept } from '../directory/index.ts'
import { Refused } from '../model/refusals.ts'
import { runBulk } from './bulk.ts'
import {
  bulkLimits,
  detectDialect,
  discovery,
  errorBody,
  type JsonObject,
  parseBody,
  ScimError,
} from './core/index.ts'
import {
  type Answer,
  type Call,
  type Caller,
  type Credential,
  requireId,
  type ScimDoor,
  type Stranger,
  type Subject,
} from './door.ts'
import {
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  patchGroup,
  replaceGroup,
} from './groups.ts'
import { createNewcomers } from './newcomers.ts'
import { type Fault, faultOf } from './refusals.ts'
import { createUser, deleteUser, getUser, listUsers, patchUser, replaceUser } from './users.ts'
import { createWalks } from './walks.ts'

const prefix = '/scim/:organisationId/v2'
const largestBody = bulkLimits.payloadBytes
const mediaType = 'application/scim+json; charset=utf-8'

type Asked = { caller: Caller; startedAt: number }
declare module 'fastify' {
  interface FastifyRequest {
    scim: Asked | undefined
  }
}

/** SCIM 2.0, one endpoint per organisation (RFC 7644; SC-2). */
export async function scimRoutes(app: FastifyInstance, door: ScimDoor): Promise<void> {
  const walks = createWalks(door.clock)
  const newcomers = createNewcomers(door.directory)

  app.decorateRequest('scim', undefined)
  app.removeAllContentTypeParsers()
  for (const type of ['application/scim+json', 'application/json']) {
    app.addContentTypeParser(
      type,
      { parseAs: 'buffer', bodyLimit: largestBody },
      (_request, body, done) => done(null, body),
    )
  }

  // SC-5: who calls is asked before the body is read or anything else is looked at.
  app.addHook('onRequest', async (request) => {
    const { organisationId = '' } = request.params as { organisationId?: string }
    const startedAt = performance.now()
    const caller = await door.callerOf(organisationId, request.headers.authorization, {
      ip: request.ip,
      requestId: request.id,
    })
    if ('refused' in caller) throw new Unauthorized(caller)
    request.scim = { caller, startedAt }
  })

  app.setErrorHandler((error: FastifyError, request, reply) => {
    const stranger = error instanceof Unauthorized ? error.stranger : undefined
    const known = faultOf(error) ?? faultOfHttp(error)
    const fault = stranger && known ? { ...known, code: 'auth.required' } : known
    if (!fault) request.log.error({ err: error, requestId: request.id }, 'request failed')
    if (stranger) reply.header('www-authenticate', challenge(stranger))
    return refuse(request, reply, fault ?? internal(request.id), stranger?.credential)
  })

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    fault: Fault,
    credential?: Credential,
  ): FastifyReply {
    const text = JSON.stringify(errorBody(fault))
    record(request, { status: fault.status, fault, response: text, credential })
    return send(request, reply, fault.status, text)
  }

  type Outcome = {
    status: number
    fault?: Fault
    response?: string | undefined
    credential?: Credential | undefined
    call?: Call
  }

  function record(request: FastifyRequest, outcome: Outcome): void {
    const { status, fault, response, call } = outcome
    const sent = bodyText(request)
    const credential = request.scim?.caller.credential ?? outcome.credential ?? null
    door.log.record(organisationOf(request), {
      credential,
      ip: request.ip,
      dialect: dialectOf(request, sent),
      userAgent: request.headers['user-agent'],
      method: request.method,
      path: pathOf(request.url),
      status,
      code: fault?.code ?? null,
      detail: fault?.detail ?? null,
      ms: Math.round(performance.now() - (request.scim?.startedAt ?? performance.now())),
      ...subjectOf(call?.subject ?? subjects.get(request)),
      notes: call?.notes ?? [],
      request: sent,
      response,
      requestId: request.id,
    })
  }

  function recordOperation(request: FastifyRequest, call: Call, path: string, fault?: Fault) {
    const { caller } = request.scim as Asked
    door.log.record(organisationOf(request), {
      credential: caller.credential,
      ip: request.ip,
      dialect: dialectOf(request, undefined),
      userAgent: request.headers['user-agent'],
      method: call.method,
      path: `/Bulk ${path}`,
      status: fault?.status ?? 200,
      code: fault?.code ?? null,
      detail: fault?.detail ?? null,
      ms: 0,
      ...subjectOf(call.subject),
      notes: call.notes,
      requestId: request.id,
    })
  }

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const call = callOf(request)
    subjects.set(request, undefined)
    try {
      requireSource(call)
      const answered = await dispatch(call, segmentsOf(request), request)
      const text = answered.body && JSON.stringify(answered.body)
      record(request, { status: answered.status, response: text, call })
      if (answered.etag) reply.header('etag', answered.etag)
      if (answered.location) reply.header('location', answered.location)
      return send(request, reply, answered.status, text)
    } catch (error) {
      subjects.set(request, call.subject)
      await tellOf(call, error)
      throw error
    }
  }

  function callOf(request: FastifyRequest): Call {
    const { caller } = request.scim as Asked
    return {
      ...caller,
      directory: door.directory,
      clock: door.clock,
      cursorKey: door.cursorKey,
      walks,
      join: newcomers.join,
      baseUrl: `${door.baseUrl}/scim/${caller.organisation.id}/v2`,
      method: request.method === 'HEAD' ? 'GET' : request.method,
      query: request.query as Record<string, unknown>,
      ifMatch: request.headers['if-match'],
      ifNoneMatch: request.headers['if-none-match'],
      body: () => bodyOf(request),
      notes: [],
      subject: undefined,
    }
  }

  async function dispatch(
    call: Call,
    [resource = '', id, ...more]: string[],
    request: FastifyRequest,
  ): Promise<Answer> {
    const { method } = call
    if (more.length > 0) throw nothingHere()
    switch (resource.toLowerCase()) {
      case 'users':
        return users(call, id)
      case 'groups':
        return groups(call, id)
      case 'bulk':
        allow(method, id === undefined ? ['POST'] : [])
        return runBulk(call, (operation, inner, _answer, error) =>
          recordOperation(
            request,
            inner,
            `${operation.endpoint}${operation.id ? `/${operation.id}` : ''}`,
            faultOf(error),
          ),
        )
      // An organisation's credential is nobody (RFC 7644 §3.11).
      case 'me':
        throw new ScimError({ status: 404, detail: 'This credential belongs to no person.' })
      case 'serviceproviderconfig':
      case 'schemas':
      case 'resourcetypes':
        return discover(call, resource.toLowerCase(), id)
      default:
        throw nothingHere()
    }
  }

  const options = { bodyLimit: largestBody }
  const method = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
  app.route({ ...options, method, url: prefix, handler: answer })
  app.route({ ...options, method, url: `${prefix}/*`, handler: answer })
}

/** SC-24: who would have been left without a manager hears of it; the refusal stands either way. */
async function tellOf({ directory, actor, subject }: Call, error: unknown): Promise<void> {
  if (!(error instanceof Refused) || error.refusal.code !== 'manager.last_working') return
  const id = subject?.id
  if (id) await directory.change(actor, (write) => tellLastManagerKept(write, id))
}

/** Whom a refused call was about, as far as it came. */
const subjects = new WeakMap<FastifyRequest, Subject | undefined>()

function subjectOf(subject: Subject | undefined) {
  return subject ? { subject } : {}
}

function requireSource({ organisation }: Call): void {
  if (organisation.source === 'scim') return
  throw new ScimError({
    status: 403,
    detail: `provisioning.method_conflict: ${organisation.name} is not provisioned by SCIM. A manager chooses SCIM under Identity Configuration.`,
  })
}

function users(call: Call, id: string | undefined): Promise<Answer> {
  const { method } = call
  if (id === undefined) {
    allow(method, ['GET', 'POST'])
    return method === 'GET' ? listUsers(call, 'query') : createUser(call)
  }
  if (id.toLowerCase() === '.search') {
    allow(method, ['POST'])
    return listUsers(call, 'body')
  }
  allow(method, ['GET', 'PUT', 'PATCH', 'DELETE'])
  requireId(id)
  if (method === 'GET') return getUser(call, id)
  if (method === 'PUT') return replaceUser(call, id)
  return method === 'PATCH' ? patchUser(call, id) : deleteUser(call, id)
}

function groups(call: Call, id: string | undefined): Promise<Answer> {
  const { method } = call
  if (id === undefined) {
    allow(method, ['GET', 'POST'])
    return method === 'GET' ? listGroups(call, 'query') : createGroup(call)
  }
  if (id.toLowerCase() === '.search') {
    allow(method, ['POST'])
    return listGroups(call, 'body')
  }
  allow(method, ['GET', 'PUT', 'PATCH', 'DELETE'])
  requireId(id)
  if (method === 'GET') return getGroup(call, id)
  if (method === 'PUT') return replaceGroup(call, id)
  return method === 'PATCH' ? patchGroup(call, id) : deleteGroup(call, id)
}

/** RFC 7644 §4: never filtered, never paged, never changed. */
async function discover(call: Call, what: string, id: string | undefined): Promise<Answer> {
  allow(call.method, ['GET'])
  if (call.query.filter !== undefined)
    throw new ScimError({ status: 403, detail: 'Discovery cannot be filtered (RFC 7644 §4).' })
  const { syncRoles } = call.settings
  const found = discovery({ baseUrl: call.baseUrl, syncRoles })
  const body = bodies(found, what, id)
  if (!body) throw nothingHere()
  return { status: 200, body }
}

function bodies(
  found: ReturnType<typeof discovery>,
  what: string,
  id: string | undefined,
): JsonObject | undefined {
  if (what === 'schemas') return id === undefined ? found.schemas : found.schema(id)
  if (what === 'resourcetypes')
    return id === undefined ? found.resourceTypes : found.resourceType(id)
  return id === undefined ? found.serviceProviderConfig : undefined
}

function allow(method: string, methods: string[]): void {
  if (methods.length === 0) throw nothingHere()
  if (methods.includes(method)) return
  throw new ScimError({
    status: 405,
    detail: `${method} cannot be used here; ${methods.join(', ')} can.`,
  })
}

function nothingHere(): ScimError {
  return new ScimError({ status: 404, detail: 'There is nothing at this address.' })
}

function organisationOf(request: FastifyRequest): string {
  return (request.params as { organisationId?: string }).organisationId ?? ''
}

function segmentsOf(request: FastifyRequest): string[] {
  const rest = (request.params as { '*'?: string })['*'] ?? ''
  return rest.split('/').filter((segment) => segment !== '')
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
  return (
    request.scim?.caller.settings.dialect ??
    detectDialect({
      ...(request.headers['user-agent'] && { userAgent: request.headers['user-agent'] }),
      url: request.url,
      ...(body !== undefined && { body }),
    }).name
  )
}

/** Plain JSON for who accepts nothing else (OneLogin); SCIM's own type for everybody. */
function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  text: string | undefined,
): FastifyReply {
  const accepts = request.headers.accept ?? ''
  const wantsPlain =
    /application\/json/i.test(accepts) && !/application\/scim\+json|\*\/\*/i.test(accepts)
  reply.code(status).header('cache-control', 'no-store')
  if (text === undefined) return reply.send()
  return reply.type(wantsPlain ? 'application/json; charset=utf-8' : mediaType).send(text)
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

/** What the HTTP layer refused before a handler saw it. */
function faultOfHttp(error: FastifyError): Fault | undefined {
  const { statusCode: status } = error
  if (status === undefined || status < 400 || status >= 500) return undefined
  if (status === 413)
    return {
      status,
      detail: `The request is larger than ${largestBody} bytes (maxPayloadSize); send it in smaller parts.`,
      code: null,
    }
  if (status === 415)
    return { status, detail: 'Send application/scim+json or application/json.', code: null }
  return { status, scimType: 'invalidSyntax', detail: error.message, code: 'invalidSyntax' }
}

function internal(requestId: string): Fault {
  return {
    status: 500,
    detail: `internal: quote ${requestId} to the operator of this installation.`,
    code: 'internal',
  }
}
