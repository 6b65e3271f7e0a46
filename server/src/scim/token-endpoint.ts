import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  anonymous,
  type ClientKey,
  checkClientAssertion,
  claimedClient,
  type RateLimits,
} from '../auth/index.ts'
import { type Directory, findScimClient, issueScimAccessToken } from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import { hashSecret, sameSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import { Refused } from '../model/refusals.ts'
import { scimAddresses } from './addresses.ts'
import { detectDialect } from './core/index.ts'
import type { ProvisioningLog } from './log.ts'

export type TokenDoor = {
  directory: Directory
  clock: Clock
  rateLimits: RateLimits
  provisioningLog: ProvisioningLog
  baseUrl: string
}

const path = '/scim/:organisationId/oauth/token'
const maximumBytes = 32_768
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** RFC 6749 §5.2; the last is of §4.1.2.1, for want of a word for "too often". */
type OAuthError =
  | 'invalid_request'
  | 'invalid_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'temporarily_unavailable'

const statusOf: Record<OAuthError, number> = {
  invalid_request: 400,
  invalid_client: 401,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  temporarily_unavailable: 429,
}

type Fault = { error: OAuthError; says: string; retryAfterSeconds?: number }
class OAuthFault extends Error {
  readonly fault: Fault
  /** For the log alone: who had proved themselves before it failed, or why they had not. */
  readonly known: { client?: Client; note?: string }

  constructor(fault: Fault, known: { client?: Client; note?: string } = {}) {
    super(fault.says)
    this.name = 'OAuthFault'
    this.fault = fault
    this.known = known
  }
}

type Client = { id: string; label: string; lastUsedAt: number | null }
type StoredClient = NonNullable<Awaited<ReturnType<typeof findScimClient>>>
type Shown =
  | { method: 'client_secret_basic' | 'client_secret_post'; id: string; secret: string }
  | { method: 'private_key_jwt'; id: string; assertion: string }

/** One wording for everything that a stranger could tell apart (SE-4). */
const wrongClient: Fault = {
  error: 'invalid_client',
  says: 'The client is unknown here, or did not prove itself as it was registered to.',
}

/** Access tokens for the identity provider by the client credentials grant (RFC 6749 §4.4, SC-4). */
export async function tokenEndpoint(app: FastifyInstance, door: TokenDoor): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maximumBytes },
    async (_request: unknown, body: string | Buffer) => new URLSearchParams(String(body)),
  )
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: maximumBytes }, async () => null)

  app.setErrorHandler(async (error: FastifyError | OAuthFault, request, reply) => {
    const fault = faultOf(error)
    if (!fault) throw error
    const known = error instanceof OAuthFault ? error.known : {}
    return answerFault(door, request, reply, fault, known)
  })

  app.post(path, async (request, reply) => {
    const { organisationId } = request.params as { organisationId: string }
    await door.rateLimits.call(request.ip, 'oauth token')
    const form = readForm(request.body)
    const shown = readShown(request.headers.authorization, form)
    const actor = anonymous(organisationId, { ip: request.ip, requestId: request.id })
    const account = { organisationId, kind: 'client', name: shown.id }
    await door.rateLimits.attempt(request.ip, account)
    const proof = await prove(door, actor, shown)
    if ('wrong' in proof) {
      throw new OAuthFault(wrongClient, { note: proof.wrong })
    }
    await door.rateLimits.succeeded(request.ip, account)
    const { client } = proof
    if (proof.expiresAt <= door.clock.now()) {
      throw new OAuthFault(
        { error: 'invalid_client', says: 'This client has expired.' },
        { client },
      )
    }
    readGrant(form, client)
    const issued = await door.directory.change(actor, (write) =>
      issueScimAccessToken(write, client.id, proof.assertion),
    )
    if (!issued) throw new OAuthFault(wrongClient, { note: 'The assertion was used before.' })
    record(door, request, reply, { status: 200, client })
    return noStore(reply).send({
      access_token: issued.token,
      token_type: 'Bearer',
      expires_in: issued.expiresInSeconds,
    })
  })
}

/** RFC 6749 §3.2: nothing comes twice, and what is empty was not sent. */
function readForm(body: unknown): Map<string, string> {
  if (!(body instanceof URLSearchParams)) {
    throw new OAuthFault({
      error: 'invalid_request',
      says: 'A token request is a form: application/x-www-form-urlencoded.',
    })
  }
  const form = new Map<string, string>()
  for (const [name, value] of body) {
    if (form.has(name)) {
      throw new OAuthFault({ error: 'invalid_request', says: 'A parameter came twice.' })
    }
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

/** How the client proves itself: by one method (RFC 6749 §2.3). */
function readShown(authorization: string | undefined, form: Map<string, string>): Shown {
  const claimed = form.get('client_id')
  const secret = form.get('client_secret')
  const assertion = form.get('client_assertion')
  const ways = [authorization, secret, assertion].filter((one) => one !== undefined)
  if (ways.length > 1) {
    throw new OAuthFault({
      error: 'invalid_request',
      says: 'The client proves itself in more than one way.',
    })
  }
  const shown = authorization
    ? readBasic(authorization)
    : assertion !== undefined
      ? readAssertion(assertion, form.get('client_assertion_type'))
      : secret !== undefined && claimed !== undefined
        ? ({ method: 'client_secret_post', id: claimed, secret } as const)
        : undefined
  if (!shown) throw new OAuthFault(wrongClient)
  if (claimed !== undefined && claimed !== shown.id) {
    throw new OAuthFault({ error: 'invalid_request', says: 'client_id names another client.' })
  }
  return shown
}

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined by a colon. */
function readBasic(authorization: string): Shown | undefined {
  const encoded = /^Basic +([\w+/=-]+) *$/i.exec(authorization)?.[1]
  const [id, ...rest] = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .split(':')
  const [name, secret] = [formDecoded(id ?? ''), formDecoded(rest.join(':'))]
  return name && secret ? { method: 'client_secret_basic', id: name, secret } : undefined
}

function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** RFC 7523 §2.2. */
function readAssertion(assertion: string, type: string | undefined): Shown | undefined {
  if (type !== assertionType) {
    throw new OAuthFault({
      error: 'invalid_request',
      says: `client_assertion_type is ${assertionType}.`,
    })
  }
  const id = claimedClient(assertion)
  return id === undefined ? undefined : { method: 'private_key_jwt', id, assertion }
}

type Proof = {
  client: Client
  expiresAt: number
  assertion?: { jti: string; expiresAt: number }
}

/** Whether the client is who they say, by the one method that they were made for. */
async function prove(
  door: TokenDoor,
  actor: Actor,
  shown: Shown,
): Promise<Proof | { wrong: string }> {
  const unknown = { wrong: 'There is no such client.' }
  if (!isId(actor.organisationId) || !isId(shown.id)) return unknown
  const stored = await door.directory.view(actor, (read) => findScimClient(read, shown.id))
  if (!stored) return unknown
  if (stored.method !== shown.method) {
    return { wrong: `The client was made for ${stored.method} and came by ${shown.method}.` }
  }
  const proof: Proof = {
    client: { id: stored.id, label: stored.label, lastUsedAt: stored.last_used_at },
    expiresAt: stored.expires_at,
  }
  if (shown.method !== 'private_key_jwt') {
    return sameSecret(hashSecret(shown.secret), stored.secret_hash ?? '')
      ? proof
      : { wrong: 'The secret is wrong.' }
  }
  const checked = await checkClientAssertion(shown.assertion, {
    clientId: stored.id,
    keys: keysOf(stored),
    audiences: [scimAddresses(door.baseUrl, actor.organisationId).tokenUrl, door.baseUrl],
    now: door.clock.now(),
  })
  return 'wrong' in checked
    ? { wrong: `The assertion: ${checked.wrong}.` }
    : { ...proof, assertion: checked }
}

function keysOf({ jwks }: StoredClient): ClientKey[] {
  return (JSON.parse(jwks ?? '{"keys":[]}') as { keys: ClientKey[] }).keys
}

function readGrant(form: Map<string, string>, client: Client): void {
  const grant = form.get('grant_type')
  if (grant === undefined) {
    throw new OAuthFault({ error: 'invalid_request', says: 'grant_type is missing.' }, { client })
  }
  if (grant !== 'client_credentials') {
    throw new OAuthFault(
      { error: 'unsupported_grant_type', says: 'The only grant type is client_credentials.' },
      { client },
    )
  }
  const scope = form.get('scope')
  if (scope !== undefined && scope !== 'scim') {
    throw new OAuthFault({ error: 'invalid_scope', says: 'The only scope is scim.' }, { client })
  }
}

function faultOf(error: FastifyError | OAuthFault): Fault | undefined {
  if (error instanceof OAuthFault) return error.fault
  if (error instanceof Refused && error.refusal.code === 'rate.limited') {
    const { detail: says, retryAfterSeconds = 60 } = error.refusal
    return { error: 'temporarily_unavailable', says, retryAfterSeconds }
  }
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500
  if (status >= 500) return undefined
  return { error: 'invalid_request', says: 'A token request is a form of at most 32 kB.' }
}

function answerFault(
  door: TokenDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  fault: Fault,
  known: { client?: Client; note?: string },
): FastifyReply {
  const status = statusOf[fault.error]
  record(door, request, reply, { status, fault, ...known })
  if (status === 401 && request.headers.authorization !== undefined) {
    reply.header('www-authenticate', 'Basic realm="SCIM", charset="UTF-8"')
  }
  if (fault.retryAfterSeconds) reply.header('retry-after', fault.retryAfterSeconds)
  return noStore(reply).code(status).send({ error: fault.error, error_description: fault.says })
}

/** RFC 6749 §5.1. */
function noStore(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
}

/** What was asked for is told by name: secrets and assertions stay out of the log. */
function record(
  door: TokenDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  outcome: { status: number; client?: Client; fault?: Fault; note?: string },
): void {
  const { organisationId } = request.params as { organisationId: string }
  const { status, client, fault, note } = outcome
  const userAgent = request.headers['user-agent']
  door.provisioningLog.record(organisationId, {
    credential: client ? { kind: 'client', ...client } : null,
    ip: request.ip,
    dialect: detectDialect({ ...(userAgent !== undefined && { userAgent }) }).name,
    userAgent,
    method: request.method,
    path: '/oauth/token',
    status,
    code: fault?.error ?? null,
    detail: fault?.says ?? null,
    ms: reply.elapsedTime,
    notes: note === undefined ? [] : [note],
    ...(fault && {
      response: JSON.stringify({ error: fault.error, error_description: fault.says }),
    }),
    requestId: request.id,
  })
}
