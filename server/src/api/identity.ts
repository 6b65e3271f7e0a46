import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import {
  BreakGlassAccount,
  ConfirmPasskey,
  CreateBreakGlass,
  CreatedBreakGlass,
  GoogleInput,
  HandOverPreview,
  HandOverQuestion,
  Id,
  LoginMethod,
  LoginMethodChange,
  LoginMethodPreview,
  LoginMethodView,
  listOf,
  MetadataInput,
  MetadataView,
  OidcInput,
  PasskeyOptions,
  ProvisioningChange,
  ProvisioningView,
  Rollback,
  SamlInput,
  SortedPage,
  TestStart,
  TestView,
} from '../../../contract/src/index.ts'
import {
  addBreakGlassPasskey,
  allow,
  breakGlassOwner,
  breakGlassWithPasskeys,
  changeLoginMethod,
  changeProvisioning,
  createBreakGlass,
  deleteBreakGlass,
  findConnection,
  findTest,
  latestTest,
  loginMethodView,
  openChallenge,
  pauseProvisioning,
  previewHandOver,
  previewLoginMethod,
  previewRollback,
  provisioningView,
  removeBreakGlassPasskey,
  rollBackProvisioning,
  rollbackUntil,
  sourceLabel,
  startTest,
  type TestResult,
} from '../directory/index.ts'
import { readDomain } from '../lib/domains.ts'
import type { Actor } from '../model/actor.ts'
import type {
  Connection,
  ConnectionSettings,
  GoogleSettings,
  OidcConnection,
  SamlConnection,
  Tested,
} from '../model/connection.ts'
import type {
  LoginMethod as Method,
  Organisation,
  ProvisioningSource,
} from '../model/organisation.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor, ifVersion } from './door.ts'
import { pageOf } from './lists.ts'
import { openPreview, sealPreview } from './previews.ts'
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
      allow(actor, 'identity.write')
      door.requireFresh(actor)
      const { method: wanted, testId } = request.body
      refuseForeignSettings(request.body)
      const connection = await connectionIn(door, actor, request.body)
      const { google, password } = request.body
      await door.directory.change(actor, (write) =>
        changeLoginMethod(write, {
          method: wanted,
          connection,
          ...(google && { google: readGoogle(google) }),
          testId,
          requireSecondFactor: password?.requireSecondFactor,
          adopt: request.body.adopt,
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
        body: z.strictObject({
          method: LoginMethod,
          saml: SamlInput.optional(),
          oidc: OidcInput.optional(),
          google: GoogleInput.optional(),
        }),
        response: { 200: LoginMethodPreview },
      },
    },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      const { method: wanted } = request.body
      const connection =
        wanted === 'sso' ? await connectionIn(door, actor, request.body) : undefined
      return door.directory.view(actor, (read) =>
        previewLoginMethod(read, wanted, connection, !door.withoutMail),
      )
    },
  )

  app.post(
    `${method}/metadata`,
    { schema: { params, body: MetadataInput, response: { 200: MetadataView } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
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
      allow(actor, 'identity.write')
      await door.rateLimits.call(request.ip, 'test sign-in')
      const tested = await testedIn(door, actor, request.body)
      const test = await door.directory.change(actor, (write) => startTest(write, tested))
      return reply.code(201).send(renderTest(door, actor, test))
    },
  )

  app.get(
    `${method}/tests`,
    { schema: { params, querystring: SortedPage, response: { 200: listOf(TestView) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const test = await door.directory.view(actor, latestTest)
      const tests = test ? [renderTest(door, actor, test)] : []
      return pageOf(tests, request.query, ['state', 'createdAt', 'finishedAt'])
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
      return sendProvisioning(door, actor, reply)
    },
  )
  app.put(
    provisioning,
    { schema: { params, body: ProvisioningChange, response: { 200: ProvisioningView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { previewId, deactivate, ...wish } = request.body
      const handOver =
        previewId === undefined && deactivate === undefined
          ? undefined
          : {
              ...openPreview(door, actor, previewId, (seen) => isPreviewOf(wish, seen)),
              deactivate: deactivate ?? [],
            }
      await door.directory.change(actor, (write) =>
        changeProvisioning(write, { ...wish, handOver }, running, ifVersion(request)),
      )
      return sendProvisioning(door, actor, reply)
    },
  )
  app.post(
    `${provisioning}/preview`,
    { schema: { params, body: HandOverQuestion, response: { 200: HandOverPreview } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { body } = request
      const foreseen = await door.directory.view(actor, (read) =>
        'rollback' in body
          ? previewRollback(read, running, !door.withoutMail)
          : previewHandOver(read, body, running, !door.withoutMail),
      )
      const { version: _, selfService: _link, ...shown } = foreseen
      return { ...shown, ...sealPreview(door, actor, foreseen, 'rollback' in body) }
    },
  )
  app.post(
    `${provisioning}/rollback`,
    { schema: { params, body: Rollback, response: { 200: ProvisioningView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      door.requireFresh(actor)
      const preview = openPreview(door, actor, request.body.previewId, ({ rollback }) => rollback)
      await door.directory.change(actor, (write) =>
        rollBackProvisioning(write, running, preview, ifVersion(request)),
      )
      return sendProvisioning(door, actor, reply)
    },
  )

  for (const [act, pauses] of [
    ['pause', true],
    ['resume', false],
  ] as const) {
    app.post(
      `${provisioning}/${act}`,
      { schema: { params, response: { 200: ProvisioningView } } },
      async (request, reply) => {
        const actor = await callerFor(door, request)
        allow(actor, 'identity.write')
        door.requireFresh(actor)
        await door.directory.change(actor, (write) =>
          pauseProvisioning(write, pauses, ifVersion(request)),
        )
        return sendProvisioning(door, actor, reply)
      },
    )
  }

  const emergency = `${base}/break-glass-accounts`
  app.get(
    emergency,
    { schema: { params, querystring: SortedPage, response: { 200: listOf(BreakGlassAccount) } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const accounts = await door.directory.view(actor, breakGlassWithPasskeys)
      return pageOf(accounts, request.query, ['email', 'createdAt', 'lastSignInAt', 'drillDueAt'])
    },
  )
  app.post(
    emergency,
    { schema: { params, body: CreateBreakGlass, response: { 201: CreatedBreakGlass } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
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
        passkeys: [],
        totp: { ...totp, qr: await door.secrets.qr(totp.uri) },
        signInUrl: `${door.baseUrl}/login/${organisation.slug}/emergency`,
      })
    },
  )
  app.post(
    `${emergency}/:id/passkeys/options`,
    { schema: { params: withId, response: { 200: PasskeyOptions } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { account, passkeys } = await door.directory.view(actor, (read) =>
        breakGlassOwner(read, request.params.id),
      )
      const { id, email } = account
      const asked = await door.passkeys.askToMake({ id, email, name: email }, passkeys)
      await door.directory.change(actor, (write) => openChallenge(write, id, asked.challengeHash))
      reply.header('cache-control', 'no-store')
      return { options: asked.options }
    },
  )
  app.post(
    `${emergency}/:id/passkeys`,
    { schema: { params: withId, body: ConfirmPasskey } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      door.requireFresh(actor)
      const { label, passkey } = request.body
      const made = await door.passkeys.readMade(passkey)
      await door.directory.change(actor, (write) =>
        addBreakGlassPasskey(write, request.params.id, { label, ...made }),
      )
      return reply.code(204).send()
    },
  )
  app.delete(
    `${emergency}/:id/passkeys/:passkeyId`,
    { schema: { params: withId.extend({ passkeyId: z.string().min(1).max(2_000) }) } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { id, passkeyId } = request.params
      await door.directory.change(actor, (write) => removeBreakGlassPasskey(write, id, passkeyId))
      return reply.code(204).send()
    },
  )
  app.delete(`${emergency}/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    door.requireFresh(actor)
    await door.directory.change(actor, (write) => deleteBreakGlass(write, request.params.id))
    return reply.code(204).send()
  })
}

type SettingsInput = {
  saml?: SamlInput | undefined
  oidc?: OidcInput | undefined
  google?: GoogleInput | undefined
}

/** LM-9: settings of a method that is not chosen are no settings. */
function refuseForeignSettings({
  method,
  ...given
}: SettingsInput & { method: Method; password?: unknown }): void {
  const own = { saml: 'sso', oidc: 'sso', google: 'google', password: 'password' } as const
  for (const name of ['saml', 'oidc', 'google', 'password'] as const) {
    if (given[name] === undefined || method === own[name]) continue
    refuse('request.invalid', `These settings belong to the login method ${own[name]}.`, [
      { pointer: `/${name}`, code: 'not_accepted' },
    ])
  }
}

/** LM-19: one connection, SAML or OIDC, never two. */
async function connectionIn(
  door: ApiDoor,
  actor: Actor,
  { saml, oidc }: SettingsInput,
): Promise<ConnectionSettings | undefined> {
  if (saml && oidc) {
    refuse(
      'idm.connection_exists',
      'An organisation has one identity-management connection: SAML or OIDC.',
    )
  }
  if (saml) return door.saml.readSettings(saml)
  if (!oidc) return undefined
  return door.oidc.readSettings(oidc, await door.directory.view(actor, findConnection))
}

async function testedIn(door: ApiDoor, actor: Actor, input: SettingsInput): Promise<Tested> {
  const connection = await connectionIn(door, actor, input)
  if (connection && !input.google) return connection
  if (connection || !input.google) {
    return refuse('request.invalid', 'Test one of saml, oidc and google.', [
      { pointer: '/', code: 'one_of' },
    ])
  }
  if (!door.googleAvailable) {
    refuse(
      'login_method.google_unavailable',
      'This installation has no Google client. The operator sets GOOGLE_CLIENT_ID.',
    )
  }
  return { protocol: 'google', name: 'Google', google: readGoogle(input.google) }
}

function readGoogle({ workspaceDomain }: GoogleInput): GoogleSettings {
  if (!workspaceDomain) return {}
  const domain = readDomain(workspaceDomain)
  if (domain) return { workspaceDomain: domain }
  return refuse('request.invalid', `${workspaceDomain} is no domain name.`, [
    { pointer: '/google/workspaceDomain', code: 'domain' },
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
  const { redirectUri, jwksUrl, googleRedirectUri } = door.oidc.addresses(organisation.id)
  const lastDrill = Math.max(0, ...breakGlass.facts.map((account) => account.lastSignInAt ?? 0))
  return {
    method: organisation.loginMethod,
    googleAvailable: door.googleAvailable,
    saml: connection?.protocol === 'saml' ? renderSaml(connection) : null,
    oidc: connection?.protocol === 'oidc' ? renderOidc(connection) : null,
    google: {
      workspaceDomain: organisation.google.workspaceDomain ?? null,
      redirectUri: googleRedirectUri,
    },
    relyingParty: { redirectUri, jwksUrl },
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
    switching: organisation.switching && {
      done: organisation.switching.done,
      total: organisation.switching.total,
    },
    ownPasswordSet: view.ownPasswordSet,
    canWrite: actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write'),
  }
}

function renderOidc({ name, provider, oidc, refresh }: OidcConnection) {
  const { secret, secretMark: _, ...settings } = oidc
  return {
    connectionName: name,
    provider,
    ...settings,
    clientSecretSet: secret !== undefined,
    refresh,
  }
}

function renderSaml({ name, provider, saml, refresh }: SamlConnection) {
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

function isPreviewOf(
  { source, selfService }: ProvisioningChange,
  seen: { to: ProvisioningSource; selfService: boolean; rollback: boolean },
): boolean {
  const link = selfService?.enabled ?? seen.selfService
  return !seen.rollback && seen.to === source && seen.selfService === link
}

function provisioningOf(door: ApiDoor, actor: Actor) {
  return door.directory.view(actor, (read) => provisioningView(read, !door.withoutMail))
}

async function sendProvisioning(door: ApiDoor, actor: Actor, reply: FastifyReply) {
  const view = await provisioningOf(door, actor)
  reply.header('etag', `"${view.organisation.version}"`)
  return renderProvisioning(door, actor, view)
}

function renderProvisioning(
  door: ApiDoor,
  actor: Actor,
  { organisation, join, sentence, protocol }: Awaited<ReturnType<typeof provisioningView>>,
) {
  const { rollback: back } = organisation
  const rollback = back && rollbackUntil(back) > door.clock.now() ? back : null
  return {
    source: organisation.source,
    configurable: organisation.loginMethod !== null,
    entrySentence: sentence,
    options: optionsFor(organisation.loginMethod as Method | null, protocol),
    selfService: renderSelfService(door.baseUrl, join),
    paused: organisation.paused,
    rollback: rollback && {
      source: rollback.source,
      label: sourceLabel(rollback.source, protocol),
      until: rollbackUntil(rollback),
    },
    canWrite: actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write'),
  }
}

type StoredTest = {
  id: string
  settings: string
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
  const { protocol } = JSON.parse(test.settings) as Tested
  const tools = protocol === 'saml' ? door.saml : door.oidc
  const { startUrl } = tools.addresses(actor.organisationId)
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
