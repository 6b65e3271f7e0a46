import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  browserCookie,
  cookieOptions,
  giveSession,
  postPage,
  safeReturnTo,
  sendPage,
  sendRefusal,
  testedPage,
} from '../auth/index.ts'
import {
  type AttemptReport,
  arrive,
  type Expected,
  expectedBy,
  findConnection,
  findRequest,
  finishTest,
  meet,
  openRequest,
  ownTestSettings,
  startReport,
  type TestResult,
  testSettings,
} from '../directory/index.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import type { SamlConnection } from '../model/connection.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import {
  authnRequest,
  loadParser,
  newRequestId,
  type Reading,
  readClaims,
  readResponse,
  spMetadata,
} from './core/index.ts'
import { refuseAttempt, type SamlDoor, visit } from './door.ts'
import { soleField } from './forms.ts'

const base = '/saml/:organisationId'
const claimScreen =
  'In Entra ID open Attributes & Claims, add the claim, and fill the attribute in on the person.'

/** Signing in by SAML: metadata, the way out to the identity provider, and the way back. */
export function signInRoutes(app: FastifyInstance, door: SamlDoor): void {
  app.get(`${base}/metadata`, async (request, reply) => {
    const { actor } = await visit(door, request)
    const serviceProvider = await door.serviceProvider(actor, door.clock.now())
    return reply
      .type('application/samlmetadata+xml; charset=utf-8')
      .send(spMetadata(serviceProvider))
  })

  app.get(`${base}/start`, async (request, reply) => {
    await door.rateLimits.pass(request.ip)
    const { organisation, actor } = await visit(door, request)
    const query = request.query as {
      returnTo?: unknown
      loginHint?: unknown
      reauth?: unknown
      test?: unknown
      link?: unknown
    }
    const connection = await connectionFor(door, request, actor, organisation, text(query.test))
    const link = text(query.link)
    return leave(door, request, reply, actor, connection, {
      expected: link
        ? await door.directory.view(actor, (read) => expectedBy(read, link))
        : undefined,
      testId: text(query.test) ?? null,
      returnTo: safeReturnTo(text(query.returnTo), `/o/${organisation.slug}`),
      loginHint: text(query.loginHint),
      forceAuthn: query.reauth !== undefined,
    })
  })

  app.get(`${base}/acs`, async (request, reply) => {
    const who = await visit(door, request)
    const detail = 'Responses come by POST. The identity provider must use the HTTP-POST binding.'
    return refuseAttempt(
      door,
      request,
      reply,
      who,
      { code: 'saml.malformed', detail },
      startReport(request, 'saml'),
    )
  })

  app.post(`${base}/acs`, async (request, reply) => {
    await door.rateLimits.pass(request.ip)
    const who = await visit(door, request)
    const report = startReport(request, 'saml')
    const samlResponse = soleField(request.body, 'SAMLResponse')
    if (samlResponse === undefined) {
      const detail = 'The form must hold exactly one SAMLResponse.'
      return refuseAttempt(
        door,
        request,
        reply,
        who,
        { code: 'saml.malformed', detail },
        { ...report, rule: 'form' },
      )
    }
    const testId = await openTestOf(door, request, who.actor)
    const settings = testId
      ? await door.directory.view(who.actor, (read) => testSettings(read, testId))
      : await door.directory.view(who.actor, findConnection)
    if (settings?.protocol !== 'saml' || (!testId && who.organisation.loginMethod !== 'sso')) {
      const detail = 'Single sign-on is not the login method of this organisation.'
      const refusal = { code: 'login_method.disabled' as const, detail }
      return refuseAttempt(door, request, reply, who, refusal, { ...report, rule: 'login method' })
    }
    const serviceProvider = await door.serviceProvider(who.actor, door.clock.now())
    await loadParser()
    const reading = readResponse(samlResponse, {
      serviceProvider,
      settings: settings.saml,
      now: door.clock.now(),
    })
    if (testId) return endTest(door, request, reply, who, testId, settings, reading, report)
    return signIn(door, request, reply, who, settings, reading, report)
  })
}

type Who = { actor: Actor; organisation: Organisation }
type Settings = SamlConnection

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** The settings to leave under: the saved ones, or those of a test that this manager started. */
async function connectionFor(
  door: SamlDoor,
  request: FastifyRequest,
  actor: Actor,
  organisation: Organisation,
  testId: string | undefined,
): Promise<Settings> {
  if (testId) {
    const caller = await door.callerOf(request)
    if (caller?.organisationId !== organisation.id) {
      throw new Refused({
        code: 'auth.required',
        detail: 'Sign in to the portal and start the test again.',
      })
    }
    const tested = await door.directory.view(caller, (read) => ownTestSettings(read, testId))
    if (tested.protocol === 'saml') return tested
  }
  const connection = await door.directory.view(actor, findConnection)
  if (connection?.protocol === 'saml' && organisation.loginMethod === 'sso') return connection
  throw new Refused({
    code: 'login_method.disabled',
    detail: 'Single sign-on is not the login method of this organisation.',
  })
}

async function leave(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  { saml }: Settings,
  asked: {
    testId: string | null
    returnTo: string
    loginHint: string | undefined
    forceAuthn: boolean
    expected: Expected | undefined
  },
): Promise<FastifyReply> {
  const id = newRequestId()
  const browserSecret = request.cookies[browserCookie] ?? newSecret()
  await door.directory.change(actor, (write) =>
    openRequest(write, {
      id,
      browserSecret,
      returnTo: asked.returnTo,
      testId: asked.testId,
      kind: asked.testId ? 'test' : 'login',
      expected: asked.expected,
    }),
  )
  const serviceProvider = await door.serviceProvider(actor, door.clock.now())
  const message = authnRequest({
    serviceProvider,
    settings: saml,
    id,
    now: door.clock.now(),
    relayState: id,
    ...(asked.loginHint && { loginHint: asked.loginHint }),
    ...(asked.forceAuthn && { forceAuthn: true }),
  })
  reply.setCookie(browserCookie, browserSecret, cookieOptions(door.baseUrl, 'browser'))
  reply.header('cache-control', 'no-store')
  if (message.kind === 'redirect') return reply.redirect(message.url, 302)
  return sendPage(reply, postPage(message.action, message.fields), new URL(message.action).origin)
}

/** The test that this browser has open and that the response says it answers; RelayState carries its handle. */
async function openTestOf(
  door: SamlDoor,
  request: FastifyRequest,
  actor: Actor,
): Promise<string | undefined> {
  const handle = soleField(request.body, 'RelayState')
  const secret = request.cookies[browserCookie]
  if (!handle || !secret) return undefined
  const open = await door.directory.view(actor, (read) => findRequest(read, handle))
  const mine = open?.browser_hash === hashSecret(secret) && open.consumed_at === null
  return mine ? (open.test_id ?? undefined) : undefined
}

async function signIn(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: Who,
  connection: Settings,
  reading: Reading,
  started: AttemptReport,
): Promise<FastifyReply> {
  const report = { ...started, checks: reading.checks, redactedXml: reading.redacted ?? null }
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
  const { identity } = reading
  const claims = readClaims(identity, connection.saml)
  const vouched = {
    method: 'sso' as const,
    issuer: identity.issuer,
    subject: claims.subject,
    email: claims.email,
    firstName: claims.firstName,
    lastName: claims.lastName,
    claimsUsed: claims.claimsUsed,
    runsMailbox: false,
    answers: identity.inResponseTo
      ? {
          requestId: identity.inResponseTo,
          browserHash: hashSecret(request.cookies[browserCookie] ?? ''),
        }
      : undefined,
    assertion: { id: identity.assertionId, expiresAt: identity.expiresAt },
    session: {
      nameId: identity.nameId?.value ?? null,
      nameIdFormat: identity.nameId?.format ?? null,
      sessionIndex: identity.sessionIndex ?? null,
      notOnOrAfter: identity.sessionNotOnOrAfter ?? null,
    },
  }
  const terms = { ...connection, claimNames: connection.saml.attributes, claimScreen }
  const browser = { ip: request.ip, userAgent: request.headers['user-agent'] ?? '' }
  const system: Actor = { ...who.actor, kind: 'system', label: 'System' }
  const result = await meet(() =>
    door.directory.change(system, (write) =>
      arrive(write, terms, vouched, browser, { ...report, claims: claims.all }),
    ),
  )
  if ('refusal' in result) {
    const { refusal, report: told } = result
    return sendRefusal(request, reply, refusal, told.reference, `/login/${who.organisation.slug}`)
  }
  return giveSession(reply, door.baseUrl, result.session).redirect(
    safeReturnTo(result.returnTo, `/o/${who.organisation.slug}`),
    303,
  )
}

/** Every check and claim is kept for the manager who tests; nobody is signed in (LM-15). */
async function endTest(
  door: SamlDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: Who,
  testId: string,
  { saml }: Settings,
  reading: Reading,
  started: AttemptReport,
): Promise<FastifyReply> {
  const claims = reading.ok ? readClaims(reading.identity, saml) : undefined
  const result: TestResult = {
    checks: reading.checks,
    claims: claims?.all ?? [],
    ...(claims && {
      issuer: reading.ok ? reading.identity.issuer : '',
      ...(claims.subject && { subject: claims.subject }),
      ...(claims.email && { email: claims.email }),
      ...(claims.firstName && { firstName: claims.firstName }),
      ...(claims.lastName && { lastName: claims.lastName }),
    }),
    ...(!reading.ok && {
      code: reading.refusal.code,
      remedy: reading.refusal.remedy,
      idpScreen: reading.refusal.idpScreen,
    }),
  }
  const handle = soleField(request.body, 'RelayState') ?? ''
  const requestId = reading.ok ? (reading.identity.inResponseTo ?? '') : handle
  const answers = { requestId, browserHash: hashSecret(request.cookies[browserCookie] ?? '') }
  const report: AttemptReport = {
    ...started,
    checks: reading.checks,
    redactedXml: reading.redacted ?? null,
    email: claims?.email ?? null,
    claims: claims?.all ?? [],
    ...(!reading.ok && reading.refusal),
    code: reading.ok ? null : reading.refusal.code,
  }
  const refusal = await door.directory.change(who.actor, (write) =>
    finishTest(write, testId, answers, result, report),
  )
  if (refusal) return sendRefusal(request, reply, refusal, report.reference)
  return sendPage(reply, testedPage(reading.ok))
}
