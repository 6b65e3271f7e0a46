import { z } from 'zod'
import {
  BreakGlassAccount,
  CreateBreakGlass,
  CreatedBreakGlass,
  Id,
  LoginMethod,
  LoginMethodChange,
  LoginMethodPreview,
  LoginMethodView,
  listOf,
  MetadataInput,
  MetadataView,
  ProvisioningChange,
  ProvisioningView,
  SamlInput,
  TestStart,
  TestView,
} from '../../../contract/src/index.ts'
import {
  breakGlassView,
  changeLoginMethod,
  changeProvisioning,
  createBreakGlass,
  deleteBreakGlass,
  findTest,
  latestTest,
  loginMethodView,
  mayChangeIdentity,
  previewLoginMethod,
  provisioningView,
  startTest,
  type TestResult,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import type { LoginMethod as Method, Organisation } from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import type { Connection } from '../model/saml.ts'
import { type Api, type ApiDoor, callerFor, ifVersion, whole } from './door.ts'
import { renderSelfService } from './self-service.ts'
import { optionsFor, running } from './sources.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })
const testLivesMs = 30 * 60_000

/** Login method, provisioning and emergency accounts. */
export function identityRoutes(app: Api, door: ApiDoor): void {
  const method = `${base}/identity/login-method`

  app.get(
    method,
    { schema: { params, response: { 200: LoginMethodView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const view = await door.directory.view(actor, loginMethodView)
      return reply
        .header('etag', `"${view.organisation.version}"`)
        .send(renderMethod(door, actor, view))
    },
  )

  app.put(
    method,
    { schema: { params, body: LoginMethodChange, response: { 200: LoginMethodView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { method: wanted, password, saml, oidc, testId } = request.body
      refuseSecondConnection(saml, oidc)
      if (saml && wanted !== 'sso') {
        refuse('request.invalid', 'SSO settings belong to the login method SSO.', [
          { pointer: '/saml', code: 'not_accepted' },
        ])
      }
      if (password && wanted !== 'password') {
        refuse('request.invalid', 'A second factor belongs to the login method password.', [
          { pointer: '/password', code: 'not_accepted' },
        ])
      }
      const connection = saml && (await door.saml.readSettings(saml))
      await door.directory.change(actor, (write) =>
        changeLoginMethod(write, {
          method: wanted,
          connection,
          testId,
          requireSecondFactor: password?.requireSecondFactor,
          googleAvailable: door.googleAvailable,
          ifVersion: ifVersion(request),
        }),
      )
      const view = await door.directory.view(actor, loginMethodView)
      return reply
        .header('etag', `"${view.organisation.version}"`)
        .send(renderMethod(door, actor, view))
    },
  )

  app.post(
    `${method}/preview`,
    {
      schema: {
        params,
        body: z.strictObject({ method: LoginMethod, saml: SamlInput.optional() }),
        response: { 200: LoginMethodPreview },
      },
    },
    async (request) => {
      const actor = await callerFor(door, request)
      return door.directory.view(actor, (read) => previewLoginMethod(read, request.body.method))
    },
  )

  app.post(
    `${method}/metadata`,
    { schema: { params, body: MetadataInput, response: { 200: MetadataView } } },
    async (request) => {
      const actor = await callerFor(door, request)
      await door.directory.view(actor, mayChangeIdentity)
      await door.rateLimits.call(request.ip, 'metadata')
      const { settings, warnings } = await door.saml.readMetadata(request.body)
      return { ...settings, sloUrl: settings.sloUrl ?? null, warnings }
    },
  )

  app.post(
    `${method}/tests`,
    { schema: { params, body: TestStart, response: { 201: TestView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const connection = await door.saml.readSettings(request.body.saml)
      const test = await door.directory.change(actor, (write) => startTest(write, connection))
      return reply.code(201).send(renderTest(door, actor, test))
    },
  )

  app.get(
    `${method}/tests`,
    { schema: { params, response: { 200: listOf(TestView) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const test = await door.directory.view(actor, latestTest)
      return whole(test ? [renderTest(door, actor, test)] : [])
    },
  )

  app.get(
    `${method}/tests/:id`,
    { schema: { params: withId, response: { 200: TestView } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const test = await door.directory.view(actor, (read) => findTest(read, request.params.id))
      return renderTest(door, actor, test)
    },
  )

  const provisioning = `${base}/identity/provisioning`
  app.get(
    provisioning,
    { schema: { params, response: { 200: ProvisioningView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const view = await provisioningOf(door, actor)
      return reply
        .header('etag', `"${view.organisation.version}"`)
        .send(renderProvisioning(door, actor, view))
    },
  )
  app.put(
    provisioning,
    { schema: { params, body: ProvisioningChange, response: { 200: ProvisioningView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      await door.directory.change(actor, (write) =>
        changeProvisioning(write, request.body, running, ifVersion(request)),
      )
      const view = await provisioningOf(door, actor)
      return reply
        .header('etag', `"${view.organisation.version}"`)
        .send(renderProvisioning(door, actor, view))
    },
  )

  const emergency = `${base}/break-glass-accounts`
  app.get(
    emergency,
    { schema: { params, response: { 200: listOf(BreakGlassAccount) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      return whole(await door.directory.view(actor, breakGlassView))
    },
  )
  app.post(
    emergency,
    { schema: { params, body: CreateBreakGlass, response: { 201: CreatedBreakGlass } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { email, password } = request.body
      await door.secrets.judgePassword(password)
      const totp = door.secrets.newTotp(email)
      const passwordHash = await door.secrets.hashPassword(password)
      const created = await door.directory.change(actor, (write) =>
        createBreakGlass(write, {
          email,
          passwordHash,
          totpSecret: door.secrets.seal(totp.secret, 'totp'),
        }),
      )
      const { organisation } = await provisioningOf(door, actor)
      return reply.code(201).send({
        id: created.id,
        email: created.email,
        createdAt: created.created_at,
        credentialsChangedAt: created.credentials_changed_at,
        lastSignInAt: null,
        proved: false,
        drillDueAt: null,
        totp: { ...totp, qr: await door.secrets.qr(totp.uri) },
        signInUrl: `${door.baseUrl}/login/${organisation.slug}/emergency`,
      })
    },
  )
  app.delete(`${emergency}/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    door.requireFresh(actor)
    await door.directory.change(actor, (write) => deleteBreakGlass(write, request.params.id))
    return reply.code(204).send()
  })
}

/** LM-19: one connection, SAML or OIDC, never two. */
function refuseSecondConnection(saml: unknown, oidc: unknown): void {
  if (oidc === undefined) return
  if (saml !== undefined) {
    refuse(
      'idm.connection_exists',
      'An organisation has one identity-management connection: SAML or OIDC.',
    )
  }
  refuse('request.invalid', 'Connections by OIDC are not available in this version.', [
    { pointer: '/oidc', code: 'not_available' },
  ])
}

type MethodFacts = {
  organisation: Organisation
  connection: Connection | undefined
  breakGlass: { exists: boolean; proved: boolean; facts: { lastSignInAt: number | null }[] }
  ownPasswordSet: boolean
}

const drillEveryMs = 90 * 86_400_000

function renderMethod(door: ApiDoor, actor: Actor, view: MethodFacts) {
  const { organisation, connection, breakGlass } = view
  const lastDrill = Math.max(0, ...breakGlass.facts.map((account) => account.lastSignInAt ?? 0))
  return {
    method: organisation.loginMethod,
    googleAvailable: door.googleAvailable,
    saml: connection ? renderConnection(connection) : null,
    serviceProvider: {
      ...door.saml.addresses(organisation.id),
      signOnUrl: `${door.baseUrl}/login/${organisation.slug}`,
    },
    breakGlass: {
      exists: breakGlass.exists,
      proved: breakGlass.proved,
      drillDueAt: lastDrill === 0 ? null : lastDrill + drillEveryMs,
    },
    password: { requireSecondFactor: organisation.requireSecondFactor },
    ownPasswordSet: view.ownPasswordSet,
    canWrite: actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write'),
  }
}

function renderConnection({ name, provider, saml, refresh }: Connection) {
  return {
    connectionName: name,
    provider,
    ...saml,
    sloUrl: saml.sloUrl ?? null,
    metadataUrl: saml.metadataUrl ?? null,
    subjectClaim: saml.subjectClaim ?? null,
    refresh,
  }
}

function provisioningOf(door: ApiDoor, actor: Actor) {
  return door.directory.view(actor, (read) => provisioningView(read, !door.withoutMail))
}

function renderProvisioning(
  door: ApiDoor,
  actor: Actor,
  { organisation, join, sentence }: Awaited<ReturnType<typeof provisioningView>>,
) {
  return {
    source: organisation.source,
    configurable: organisation.loginMethod !== null,
    entrySentence: sentence,
    options: optionsFor(organisation.loginMethod as Method | null),
    selfService: renderSelfService(door.baseUrl, join),
    canWrite: actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write'),
  }
}

type StoredTest = {
  id: string
  manager_id: string
  state: 'pending' | 'succeeded' | 'failed'
  result: string | null
  resolves_to: string | null
  created_at: number
  finished_at: number | null
}

function renderTest(door: ApiDoor, actor: Actor, test: StoredTest) {
  const result = test.result ? (JSON.parse(test.result) as TestResult) : undefined
  const expired = test.state === 'pending' && door.clock.now() - test.created_at > testLivesMs
  const { startUrl } = door.saml.addresses(actor.organisationId)
  return {
    id: test.id,
    state: expired ? ('expired' as const) : test.state,
    startUrl: `${startUrl}?test=${test.id}`,
    createdAt: test.created_at,
    finishedAt: test.finished_at,
    code: result?.code ?? null,
    remedy: result?.remedy ?? null,
    idpScreen: result?.idpScreen ?? null,
    checks: (result?.checks ?? []).map((check) => ({
      rule: check.rule,
      ok: check.ok,
      expected: check.expected ?? null,
      received: check.received ?? null,
    })),
    claims: result?.claims ?? [],
    resolved: result?.issuer
      ? {
          email: result.email ?? null,
          firstName: result.firstName ?? null,
          lastName: result.lastName ?? null,
          subject: result.subject ?? null,
          isYou: test.resolves_to === test.manager_id,
        }
      : null,
  }
}
