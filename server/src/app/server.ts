import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import fastifyStatic from '@fastify/static'
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import { type ApiDoor, apiRoutes, describeApi } from '../api/index.ts'
import {
  callerByKey,
  callerByScim,
  callerBySession,
  createChallenges,
  createEnrolments,
  createPasskeys,
  createRateLimits,
  drawQr,
  expectedByScim,
  hashPassword,
  newTotp,
  platformCookie,
  requireCsrf,
  requireFresh,
  sessionCookie,
  totpPurpose,
} from '../auth/index.ts'
import { demoRoutes } from '../demo/index.ts'
import {
  createShadowWalk,
  type Directory,
  linkForMail,
  openDirectory,
  platformId,
  recordOf,
  type ShadowWalk,
  settleDomainCheck,
  trailSigner,
} from '../directory/index.ts'
import { type JoinDoor, joinRoutes, judgePassword, requireSameOrigin } from '../join/index.ts'
import type { Clock } from '../lib/clock.ts'
import { createDns } from '../lib/dns.ts'
import { newId } from '../lib/ids.ts'
import { createOutbound, type Outbound, OutboundError } from '../lib/outbound.ts'
import { openVault, type Vault } from '../lib/secrets.ts'
import { readSmtpUrl } from '../lib/smtp.ts'
import { systemActor } from '../model/actor.ts'
import { mailSecretPurpose } from '../model/mail.ts'
import { type Refusal, Refused, refuse, toProblem } from '../model/refusals.ts'
import {
  createClientKeys,
  createIssuers,
  type OidcDoor,
  oidcAddresses,
  oidcRoutes,
  readOidcSettings,
} from '../oidc/index.ts'
import {
  createDomainWatch,
  createPostman,
  createPresence,
  createSealer,
  createSwitchWalk,
  type DomainWatch,
  type Postman,
  type Presence,
  type Sealer,
  type SwitchWalk,
} from '../outbox/index.ts'
import {
  addressesOf,
  createServiceProviders,
  readMetadata,
  readSettings,
  type SamlDoor,
  samlRoutes,
  singleLogoutUrl,
} from '../saml/index.ts'
import {
  createProvisioningLog,
  dialects,
  isScimAddress,
  type ProvisioningLog,
  quirks,
  refuseAsScim,
  rememberWalks,
  type ScimDoor,
  scimAddresses,
  scimRoutes,
  tokenEndpoint,
} from '../scim/index.ts'
import type { Store } from '../store/index.ts'
import type { Config } from './config.ts'
import { createDemo, simulate } from './demo.ts'
import { tellSecurityHeaders } from './security-headers.ts'
import { refuseBrokenText } from './text.ts'
import { wrongFields } from './wrong-fields.ts'

const sealedFor = {
  totp: totpPurpose,
  idempotency: 'idempotency',
  mail: mailSecretPurpose,
  preview: 'preview',
}
const bodyLimit = 2_500_000
/** About a second of a browser's work; where limits are off, for load runs, next to none (SS-17). */
const challengeBits = 17
const challengeBitsWithoutLimits = 4
/** The built portal, as it lies from the bundled server and from this file. */
const portalFolder = ['../portal', '../../../dist/portal']
  .map((path) => join(import.meta.dirname, path))
  .find((path) => existsSync(path))

export type Usher = {
  app: FastifyInstance
  directory: Directory
  vault: Vault
  provisioningLog: ProvisioningLog
  postman: Postman
  domainWatch: DomainWatch
  switchWalk: SwitchWalk
  shadowWalk: ShadowWalk
  sealer: Sealer
  presence: Presence
}

/** Wires the house together: one store, one directory, and a door for each way in. */
export async function buildServer(config: Config, store: Store, clock: Clock): Promise<Usher> {
  const vault = openVault(config.secretKeys)
  const signer = trailSigner(vault)
  const directory = openDirectory(store, clock)
  const rateLimits = createRateLimits(config.rateLimits)
  const enrolments = createEnrolments(vault)
  const outbound = createOutbound(config.outboundAllow)
  const { baseUrl } = config
  const passkeys = createPasskeys(baseUrl)
  const postman = createPostman({
    store,
    clock,
    vault,
    outbound,
    baseUrl,
    installation: config.smtpUrl === undefined ? undefined : readSmtpUrl(config.smtpUrl, baseUrl),
    linkFor: (organisationId, template, userId) =>
      directory.change(systemActor(organisationId), (write) =>
        linkForMail(write, template, userId),
      ),
  })
  const dns = createDns(config.dnsServers)
  const domainWatch = createDomainWatch({
    store,
    clock,
    dns,
    recordOf,
    settle: (organisationId, name, records) =>
      directory.change(systemActor(organisationId), (write) =>
        settleDomainCheck(write, name, records),
      ),
  })
  const presence = createPresence(store)
  await presence.beat()
  const demo = createDemo({ directory, vault, clock, baseUrl })

  const app = fastify({
    bodyLimit,
    // The proxy's own word, which stands last: what stands before it anybody may have sent.
    trustProxy:
      config.proxies > 0 ? (_address: string, hop: number) => hop < config.proxies : false,
    genReqId: () => newId(),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 300 },
    // An address that is none gets no further than the router.
    frameworkErrors(error, request, reply) {
      const { statusCode = 400, message } = error
      if (!isScimAddress(request.url)) return answerError(error, request, reply)
      refuseAsScim(reply, statusCode, `request.invalid: ${message}`)
    },
    logController: new LogController({ disableRequestLogging: true }),
    logger:
      config.logLevel === 'silent'
        ? false
        : {
            level: config.logLevel,
            redact: ['req.headers.cookie', 'req.headers.authorization', 'req.body'],
          },
  })
  await app.register(fastifyCookie)
  tellSecurityHeaders(app, baseUrl)
  app.setErrorHandler(answerError)
  refuseBrokenText(app)
  logRequests(app)
  const provisioningLog = createProvisioningLog({ directory, clock, log: app.log })
  app.addHook('onClose', () => provisioningLog.flush())

  const from = (request: FastifyRequest) => ({ ip: request.ip, requestId: request.id })
  const browserCaller: ApiDoor['callers']['browser'] = async (request) => {
    const caller = await callerBySession(
      store,
      request.cookies[sessionCookie],
      from(request),
      clock.now(),
    )
    if (caller && request.method !== 'GET' && request.method !== 'HEAD') {
      requireCsrf(caller.session, header(request, 'x-csrf-token'))
    }
    return caller
  }
  const platformCaller = async (request: FastifyRequest) => {
    const caller = await callerBySession(
      store,
      request.cookies[platformCookie],
      from(request),
      clock.now(),
    )
    if (caller?.actor.organisationId !== platformId) return undefined
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      requireSameOrigin({ baseUrl }, request, true)
    }
    return caller.actor
  }

  const saml: SamlDoor = {
    directory,
    clock,
    vault,
    outbound,
    rateLimits,
    baseUrl,
    callerOf: async (request) =>
      (await callerBySession(store, request.cookies[sessionCookie], from(request), clock.now()))
        ?.actor,
    serviceProvider: createServiceProviders(directory, vault, baseUrl),
  }
  const issuers = createIssuers({ outbound, clock })
  const oidc: OidcDoor = {
    directory,
    clock,
    vault,
    outbound,
    issuers,
    clientKeys: createClientKeys(directory, vault),
    rateLimits,
    baseUrl,
    google: config.google,
    callerOf: saml.callerOf,
  }
  const join: JoinDoor = {
    directory,
    clock,
    vault,
    rateLimits,
    baseUrl,
    demoAvailable: config.demo,
    startUrl: (organisationId, protocol) =>
      (protocol === 'saml' ? addressesOf : oidcAddresses)(baseUrl, organisationId).startUrl,
    withoutMail: config.smtpUrl === undefined,
    challenges: createChallenges(
      vault.derive('join challenges'),
      config.rateLimits ? challengeBits : challengeBitsWithoutLimits,
    ),
    enrolments,
    passkeys,
    makeDemo: demo.make,
  }
  const api: ApiDoor = {
    directory,
    clock,
    rateLimits,
    enrolments,
    passkeys,
    baseUrl,
    googleAvailable: config.google !== undefined,
    withoutMail: config.smtpUrl === undefined,
    saml: {
      readSettings: (input) => readSettings(outbound, input, clock.now()),
      readMetadata: (input) => readMetadata(outbound, input, clock.now()),
      addresses: (organisationId) => addressesOf(baseUrl, organisationId),
      logoutUrl: (request, reply, actor, session) =>
        singleLogoutUrl(saml, request, reply, actor, session),
    },
    oidc: {
      readSettings: (input, live) => readOidcSettings({ issuers, vault }, input, live),
      addresses: (organisationId) => oidcAddresses(baseUrl, organisationId),
    },
    scim: {
      addresses: (organisationId) => scimAddresses(baseUrl, organisationId),
      dialects: dialects.map(({ name, label, quirks: names }) => ({
        name,
        label,
        quirks: names.map((quirk) => quirks[quirk]),
      })),
    },
    mail: {
      checkHost: (host) => checkMailHost(outbound, host),
      sendTest: postman.sendTest,
    },
    dns,
    simulations: config.demo ? simulate(app, { directory, domain: demo.domain }) : undefined,
    secrets: {
      hashPassword,
      judgePassword,
      newTotp,
      seal: (plain, purpose) => vault.seal(plain, sealedFor[purpose]),
      open: (sealed, purpose) => vault.open(sealed, sealedFor[purpose]),
      qr: drawQr,
    },
    callers: {
      browser: browserCaller,
      platform: platformCaller,
      key: (request, organisationId) =>
        callerByKey(
          store,
          organisationId,
          request.headers.authorization ?? '',
          from(request),
          clock.now(),
        ),
    },
    signer,
    requireFresh: (actor) => requireFresh(actor, clock.now()),
  }

  const scim: ScimDoor = {
    directory,
    clock,
    baseUrl,
    log: provisioningLog,
    cursorKey: vault.derive('scim cursors'),
    walks: rememberWalks({ directory, clock, hasNeighbours: presence.hasNeighbours }),
    callerOf: (organisationId, authorization, caller) =>
      callerByScim(store, organisationId, authorization, caller, clock.now()),
    // The embedded database answers before anything could be begun.
    expectedCaller: (...shown) =>
      store.dialect.name === 'postgres' ? expectedByScim(...shown) : undefined,
  }

  await describeApi(app, baseUrl)
  await app.register((scope) => apiRoutes(scope, api), { prefix: '/api/v1' })
  await app.register((scope) => joinRoutes(scope, join), { prefix: '/api/v1' })
  await app.register((scope) => samlRoutes(scope, saml))
  await app.register((scope) => oidcRoutes(scope, oidc))
  await app.register((scope) => scimRoutes(scope, scim))
  await app.register((scope) =>
    tokenEndpoint(scope, { directory, clock, rateLimits, provisioningLog, baseUrl }),
  )
  await app.register(demoRoutes, {
    enabled: config.demo,
    baseUrl,
    now: clock.now,
    keys: demo.keys,
    domain: demo.domain,
    people: demo.people,
  })
  healthRoutes(app, store)
  await portalRoutes(app)
  return {
    app,
    directory,
    vault,
    provisioningLog,
    postman,
    domainWatch,
    switchWalk: createSwitchWalk(store),
    shadowWalk: createShadowWalk(directory, clock),
    sealer: createSealer({ store, signer, clock, keeping: { days: config.auditDays } }),
    presence,
  }
}

/** SE-8: said while somebody reads it, and asked again at every sending. */
async function checkMailHost(outbound: Pick<Outbound, 'addressOf'>, host: string): Promise<void> {
  try {
    await outbound.addressOf(host)
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    const code = error.notAllowed ? 'url.not_allowed' : 'request.invalid'
    refuse(code, error.message, [{ pointer: '/server/host', code }])
  }
}

function healthRoutes(app: FastifyInstance, store: Store): void {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const ready = await store.read
      .selectFrom('installation')
      .select('key')
      .limit(1)
      .execute()
      .then(() => true)
      .catch(() => false)
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'database unreachable' })
  })
}

/** Every refusal and fault leaves as a problem (GE-1); nothing inside is told to the outside. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error)
  reply.type('application/problem+json')
  if (!refusal) {
    request.log.error({ err: error, requestId: request.id }, 'request failed')
    reply.code(500).send({
      type: 'urn:usher:problem:internal',
      title: 'Something went wrong here',
      status: 500,
      detail: `Quote ${request.id} to the operator of this installation.`,
      code: 'internal',
      requestId: request.id,
    })
    return
  }
  if (refusal.retryAfterSeconds) reply.header('retry-after', refusal.retryAfterSeconds)
  const problem = toProblem(refusal, request.id)
  reply.code(problem.status).send(problem)
}

const nothingHere: Refusal = {
  code: 'resource.not_found',
  detail: 'There is nothing at this address.',
}

/** A person who mistyped an address gets a page that says so, a program a problem. */
function answerNotFound(app: FastifyInstance, page: string | undefined): void {
  app.setNotFoundHandler((request, reply) => {
    if (isScimAddress(request.url))
      return refuseAsScim(reply, 404, `${nothingHere.code}: ${nothingHere.detail}`)
    reply.code(404)
    const reads = request.method === 'GET' && request.headers.accept?.includes('text/html')
    if (page && reads && !request.url.startsWith('/api/')) {
      return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page)
    }
    const problem = toProblem(nothingHere, request.id)
    return reply.type('application/problem+json').send(problem)
  })
}

function refusalOf(error: FastifyError): Refusal | undefined {
  if (error instanceof Refused) return error.refusal
  if (hasZodFastifySchemaValidationErrors(error)) {
    // What has not the shape of an id is nobody's id (GE-2).
    if (error.validationContext === 'params') return nothingHere
    const errors = wrongFields(error.validation)
    const named = errors.map((fault) => `${fault.pointer} ${fault.detail ?? ''}`.trim()).join('; ')
    return { code: 'request.invalid', detail: `The request has wrong fields: ${named}.`, errors }
  }
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) {
    return { code: 'request.invalid', detail: error.message }
  }
  return undefined
}

/** One line a request, without query strings: a token may stand in them. */
function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    if (request.url.startsWith('/assets/')) return
    request.log.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

const pages = [
  '/',
  '/setup',
  '/platform',
  '/platform/*',
  '/login/:slug',
  '/login/:slug/emergency',
  '/activate/:token',
  '/reset/:token',
  '/recover/:token',
  '/invite/:token',
  '/join/:slug/:token',
  '/o/:slug',
  '/o/:slug/*',
]

/** The portal's files, and its one page at every address that it draws itself. */
async function portalRoutes(app: FastifyInstance): Promise<void> {
  if (!portalFolder) return answerNotFound(app, undefined)
  await app.register(fastifyStatic, {
    root: portalFolder,
    wildcard: false,
    index: false,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const forever = path.includes('/assets/')
      reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const page = await readFile(join(portalFolder, 'index.html'), 'utf8')
  answerNotFound(app, page)
  for (const path of pages) {
    app.get(path, (_request, reply) =>
      reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page),
    )
  }
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
