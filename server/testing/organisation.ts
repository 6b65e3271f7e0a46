import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LightMyRequestResponse } from 'fastify'
import { sql } from 'kysely'
import pg from 'pg'
import { inject as provided } from 'vitest'
import type { Config } from '../src/app/config.ts'
import { buildServer, type Usher } from '../src/app/server.ts'
import { hashPassword } from '../src/auth/index.ts'
import {
  addManager,
  changeLoginMethod,
  changeProvisioning,
  ensureApiKey,
  ensureGroup,
  ensurePool,
  createOrganisation as makeOrganisation,
  openSession,
  putDomain,
  renewActivation,
  setPassword,
} from '../src/directory/index.ts'
import type { Clock } from '../src/lib/clock.ts'
import { newId } from '../src/lib/ids.ts'
import type { Actor } from '../src/model/actor.ts'
import type { ConnectionSettings } from '../src/model/connection.ts'
import type { LoginMethod, ProvisioningSource } from '../src/model/organisation.ts'
import type { SamlSettings } from '../src/model/saml.ts'
import { sweepOrganisation } from '../src/outbox/index.ts'
import { createKeyPair, readSettings } from '../src/saml/index.ts'
import { mail, openStore, organisations, type Store, sso } from '../src/store/index.ts'
import {
  createIdentityProvider,
  createTestKey,
  type IdentityProvider,
  type ResponseOptions,
  type TestKey,
} from './identity-provider.ts'
import { type Mailbox, mailboxHost } from './mailbox.ts'
import { openIdHost } from './openid-provider.ts'

/** A clock that tests turn; it starts at the real time and goes on by itself. */
export type TestClock = Clock & { advance(milliseconds: number): void }

export type World = Usher & { store: Store; clock: TestClock; config: Config }

let world: Promise<World> | undefined
let managerHash: Promise<string> | undefined
let idpKey: TestKey | undefined
let spKey: ReturnType<typeof createKeyPair> | undefined
export const managerPassword = 'Correct-horse-7'

/** One Usher per test file, on the store that the run is for; every test makes its own organisation in it. */
export function startUsher(changes: Partial<Config> = {}): Promise<World> {
  world ??= open(changes)
  return world
}

/**
 * As `startUsher`, with a PostgreSQL database of its own: what a query costs follows statistics, which
 * other files change.
 */
export async function startUsherAlone(): Promise<World> {
  const databaseUrl = await freshDatabase()
  return startUsher(databaseUrl ? { databaseUrl } : {})
}

let databases = 0

/** An empty database of the PostgreSQL that the run is for; undefined in a run on the embedded one. */
export async function freshDatabase(): Promise<string | undefined> {
  const shared = provided('databaseUrl')
  if (process.env.USHER_TEST_STORE !== 'postgres' || !shared) return undefined
  databases += 1
  const name = `alone_${process.pid}_${Date.now()}_${databases}`
  const client = new pg.Client({ connectionString: shared })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return shared.replace(/[^/]+$/, name)
}

let neighbour: Promise<Usher & { store: Store }> | undefined

/** Another node of the same installation: nothing is common to both but the database and the keys. */
export function startSecondNode(): Promise<Usher & { store: Store }> {
  neighbour ??= startUsher().then(async ({ config, clock, presence }) => {
    const file = join(config.dataDir, 'usher.db')
    const store = await openStore({ databaseUrl: config.databaseUrl, file })
    const usher = await buildServer(config, store, clock)
    await usher.app.ready()
    await presence.beat()
    return { ...usher, store }
  })
  return neighbour
}

/** Ends the Usher of a test file, so that the next one gets its own. */
export async function stopUsher(): Promise<void> {
  const ending = world
  const second = await neighbour
  world = undefined
  neighbour = undefined
  await second?.presence.leave()
  await second?.app.close()
  await second?.store.close()
  if (!ending) return
  const { app, store, config } = await ending
  await app.close()
  await store.close()
  rmSync(config.dataDir, { recursive: true, force: true })
}

async function open(changes: Partial<Config>): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'usher-test-'))
  let ahead = 0
  const clock: TestClock = {
    now: () => Date.now() + ahead,
    advance: (milliseconds) => {
      ahead += milliseconds
    },
  }
  const config: Config = {
    port: 0,
    host: '127.0.0.1',
    baseUrl: 'https://usher.example',
    dataDir,
    databaseUrl: process.env.USHER_TEST_STORE === 'postgres' ? provided('databaseUrl') : undefined,
    secretKeys: ['a key for tests that nobody else has'],
    google: undefined,
    smtpUrl: undefined,
    proxies: 0,
    logLevel: 'silent',
    // Where the mailboxes and OpenID providers of tests listen; the rest of loopback stays refused.
    outboundAllow: [`${mailboxHost}/32`, `${openIdHost}/32`],
    // Nobody answers there: no test depends on the name servers of its machine.
    dnsServers: ['127.0.0.1:9'],
    rateLimits: false,
    auditDays: 400,
    demo: true,
    ...changes,
  }
  const store = await openStore({
    databaseUrl: config.databaseUrl,
    file: join(dataDir, 'usher.db'),
  })
  const usher = await buildServer(config, store, clock)
  await usher.app.ready()
  return { ...usher, store, clock, config }
}

/** What a manager types to have mail sent by a mailbox of a test. */
export function mailServerAt(port: number) {
  return {
    host: mailboxHost,
    port,
    from: 'usher@acme.test',
    tls: false,
    startTls: false,
    authentication: 'none' as const,
    username: null,
  }
}

export type Answer = {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects and fails on anything else
  body: any
  headers: LightMyRequestResponse['headers']
  text: string
}

export type Wish = {
  method?: LoginMethod
  source?: ProvisioningSource
  /** Domains that count as verified; acme.test by default. */
  verifiedDomains?: string[]
  saml?: Partial<Parameters<typeof readSettings>[1]>
  /** An identity provider made before, since keys are slow to make. */
  idp?: IdentityProvider
  /** The OpenID provider to connect instead of the SAML one, and the key that it knows the manager by. */
  openId?: { settings: ConnectionSettings; issuer: string; subject: string }
  /** The mail server of this organisation; without one, managers hand links over. */
  mailbox?: Pick<Mailbox, 'port'>
  /** Settings that no form can write, as a document of the corpus may need them. */
  settings?: (sp: { entityId: string; acsUrl: string; sloUrl: string }) => Partial<SamlSettings>
}

export type Person = { email: string; firstName?: string; lastName?: string }

/**
 * A fresh organisation on a real database, its first manager signed in, an identity provider
 * connected when it signs in by SSO, and a client for each door.
 */
export async function createOrganisation(wish: Wish = {}) {
  const usher = await startUsher()
  const { directory, app, store, clock, vault } = usher
  const id = newId()
  const slug = `acme-${id.slice(-12)}`
  const operator: Actor = {
    kind: 'operator',
    id: null,
    label: 'Operator',
    organisationId: id,
    roles: [],
    scopes: [],
    ip: null,
    requestId: null,
    signedInAt: null,
    sessionId: null,
  }
  // The same key vouches for every organisation: only issuer and audience keep them apart.
  idpKey ??= createTestKey()
  const idp = wish.idp ?? createIdentityProvider({ key: idpKey })
  managerHash ??= hashPassword(managerPassword)
  const hash = await managerHash
  spKey ??= createKeyPair('Usher tests', clock.now())
  const key = await spKey
  const manager = {
    email: `ana@${slug}.test`,
    firstName: 'Ana',
    lastName: 'Ruiz',
    password: managerPassword,
    id: '',
  }
  const sp = {
    entityId: `${usher.config.baseUrl}/saml/${id}/metadata`,
    acsUrl: `${usher.config.baseUrl}/saml/${id}/acs`,
    sloUrl: `${usher.config.baseUrl}/saml/${id}/slo`,
  }
  const connection =
    wish.openId?.settings ??
    (wish.method === 'sso'
      ? await readSettings(
          { getText: async () => '' },
          {
            connectionName: 'Entra ID',
            provider: 'entra',
            metadataXml: idp.metadataXml,
            signAuthnRequests: true,
            allowIdpInitiated: false,
            emailFrom: 'nameId',
            attributes: { firstName: 'firstName', lastName: 'lastName' },
            refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
            ...wish.saml,
          },
          clock.now(),
        )
      : undefined)
  if (connection?.protocol === 'saml') Object.assign(connection.saml, wish.settings?.(sp))

  const cookie = await directory.change(operator, async (write) => {
    await makeOrganisation(write, { id, name: 'Acme', slug })
    await sso.addSpKey(write.db, {
      org_id: id,
      id: newId(),
      private_key: vault.seal(key.privateKeyPem, 'saml-key'),
      certificate: key.certificatePem,
      created_at: write.now,
    })
    for (const domain of wish.verifiedDomains ?? ['acme.test']) await putDomain(write, domain, true)
    if (wish.mailbox) {
      await mail.putSettings(write.db, id, {
        mode: 'custom',
        server: mailServerAt(wish.mailbox.port),
        secret: null,
        version: 1,
      })
    }
    const user = await addManager(write, { ...manager, active: true })
    if (!user) throw new Error('The manager could not be made.')
    manager.id = user.id
    await setPassword(write, user, hash)
    const asManager: Actor = { ...operator, kind: 'operator', id: user.id }
    if (wish.method) {
      await changeLoginMethod(
        { ...write, actor: asManager },
        {
          method: wish.method,
          connection,
          testId: undefined,
          googleAvailable: true,
          ifVersion: undefined,
        },
      )
    }
    if (wish.method === 'sso' || wish.openId) {
      // The manager proved the sign-in, as saving in the portal would have asked for.
      await sso.link(write.db, id, user.id, {
        issuer: wish.openId?.issuer ?? idp.entityId,
        subject: wish.openId?.subject ?? manager.email,
        connection: 'Entra ID',
        linkedAt: write.now,
      })
      await reactivate(write, user.id)
    }
    if (wish.source && wish.source !== 'portal') {
      await changeProvisioning(
        { ...write, actor: { ...operator, label: 'Ana Ruiz' } },
        { source: wish.source },
        { portal: true, sso_jit: true, scim: true, ldap: true },
        undefined,
      )
    }
    return (
      await openSession(
        write,
        { userId: user.id },
        { method: 'password', browser: { ip: '127.0.0.1', userAgent: 'test' } },
      )
    ).cookie
  })
  const begun = await lastEventId(store, id)

  async function send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await app.inject({
      method: method as 'GET',
      url: path,
      headers,
      ...(body !== undefined && { payload: body as object }),
    })
    return answer(response)
  }

  /** The Management API with this session cookie; the CSRF token is fetched as the portal does. */
  async function api(
    method: string,
    path: string,
    body?: unknown,
    options: { session?: string; headers?: Record<string, string>; of?: string } = {},
  ): Promise<Answer> {
    const session = options.session ?? cookie
    const headers: Record<string, string> = {
      cookie: `usher_session=${session}`,
      ...options.headers,
    }
    if (method !== 'GET') headers['x-csrf-token'] ??= await csrfOf(session)
    return send(method, `/api/v1/orgs/${options.of ?? id}${path}`, body, headers)
  }

  async function csrfOf(session: string): Promise<string> {
    const me = await send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
    return (me.body?.csrfToken as string | undefined) ?? ''
  }

  /** Opens a sign-in: the browser's cookie and what the identity provider would receive. */
  async function startSso(query = '', session = cookie) {
    const response = await app.inject({
      method: 'GET',
      url: `/saml/${id}/start${query}`,
      headers: { cookie: `usher_session=${session}` },
    })
    const location = String(response.headers.location ?? '')
    const browser = cookieIn(response, 'usher_browser')
    const request = location ? idp.parseAuthnRequest(location, key.certificatePem) : undefined
    return {
      status: response.statusCode,
      location,
      browser: browser ?? '',
      requestId: request?.id ?? '',
      relayState: request?.relayState ?? '',
      request,
    }
  }

  /** Brings a response to the ACS in the browser that asked for it. */
  async function postResponse(
    samlResponse: string,
    from: { browser: string; relayState?: string },
  ) {
    const form = new URLSearchParams({
      SAMLResponse: samlResponse,
      ...(from.relayState && { RelayState: from.relayState }),
    })
    const response = await app.inject({
      method: 'POST',
      url: `/saml/${id}/acs`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        ...(from.browser && { cookie: `usher_browser=${from.browser}` }),
      },
      payload: form.toString(),
    })
    return {
      ...answer(response),
      session: cookieIn(response, 'usher_session'),
      location: response.headers.location,
    }
  }

  /** What the identity provider answers to this request, vouching for this person. */
  function respondTo(
    started: { requestId: string },
    person: Person,
    changes: Partial<ResponseOptions> = {},
  ): string {
    const claims = Object.entries({ firstName: person.firstName, lastName: person.lastName })
    return idp.respond({
      sp,
      now: clock.now(),
      inResponseTo: started.requestId,
      nameId: person.email,
      attributes: claims.flatMap(([claim, value]) => (value === undefined ? [] : [[claim, value]])),
      ...changes,
    })
  }

  /** One whole single sign-on of this person, as the identity provider vouches for them. */
  async function signIn(person: Person, changes: Partial<ResponseOptions> = {}) {
    const started = await startSso()
    return postResponse(respondTo(started, person, changes), started)
  }

  /** A sign-in by password, as the sign-in page sends it. */
  async function signInByPassword(email: string, password: string) {
    const path = `/api/v1/sign-in/${slug}/password`
    const response = await app.inject({ method: 'POST', url: path, payload: { email, password } })
    return {
      ...answer(response),
      session: cookieIn(response, 'usher_session'),
      ticket: cookieIn(response, 'usher_sign_in'),
    }
  }

  /** A manager creates the person, who then activates the account by the method in force. */
  async function join(person: Required<Person>, roles: string[] = ['ROLE_USER']) {
    const created = await api('POST', '/users', { ...person, roles })
    if (created.status !== 201) throw new Error(`Not created: ${created.text}`)
    const userId = created.body.id as string
    if (wish.method === 'sso') {
      return { id: userId, session: (await signIn(person)).session ?? '' }
    }
    const token = await activationToken(userId)
    const response = await app.inject({
      method: 'POST',
      url: `/api/v1/activations/${token}`,
      payload: { password: managerPassword },
    })
    return { id: userId, session: cookieIn(response, 'usher_session') ?? '' }
  }

  /** Of a link that nobody mails, also where mail is sent. */
  function activationToken(userId: string): Promise<string> {
    return directory.change(operator, (write) => renewActivation(write, userId))
  }

  /** An emergency account, made by the manager. */
  async function createEmergency(email = `emergency-${newId().slice(-6)}@acme.test`) {
    const made = await api('POST', '/break-glass-accounts', { email, password: managerPassword })
    if (made.status !== 201) throw new Error(`Not created: ${made.text}`)
    return { id: made.body.id as string, email, secret: made.body.totp.secret as string }
  }

  async function signInEmergency(
    account: { email: string; secret: string },
    wrong: { password?: string; code?: string } = {},
  ) {
    const response = await app.inject({
      method: 'POST',
      url: `/api/v1/sign-in/${slug}/emergency`,
      payload: {
        email: account.email,
        password: managerPassword,
        code: oneTimeCode(account.secret, clock.now()),
        ...wrong,
      },
    })
    return { ...answer(response), session: cookieIn(response, 'usher_session') }
  }

  /** An emergency account that has proved itself (LM-18). */
  async function proveEmergency() {
    const account = await createEmergency()
    const opened = await signInEmergency(account)
    if (opened.status !== 200) throw new Error(`Not opened: ${opened.text}`)
    return { ...account, session: opened.session ?? '' }
  }

  /** What the manager types on Identity Configuration about this identity provider. */
  const samlInput = {
    connectionName: 'Entra ID',
    provider: 'entra',
    metadataXml: idp.metadataXml,
  }

  /** A whole test sign-in of unsaved settings, as somebody, by this manager. */
  async function testSignIn({
    saml = samlInput,
    as = manager,
    session = cookie,
    changes = {},
  }: {
    saml?: object
    as?: Person
    session?: string
    changes?: Partial<ResponseOptions>
  } = {}) {
    const started = await api('POST', '/identity/login-method/tests', { saml }, { session })
    if (started.status !== 201) throw new Error(`Not started: ${started.text}`)
    const testId = started.body.id as string
    const left = await startSso(`?test=${testId}`, session)
    const page = await postResponse(respondTo(left, as, changes), left)
    const test = await api('GET', `/identity/login-method/tests/${testId}`, undefined, { session })
    return { id: testId, page, test: test.body }
  }

  async function apiKey(scopes: string[]): Promise<string> {
    const label = `key ${newId().slice(-12)}`
    const key = await directory.change(operator, (write) => ensureApiKey(write, { label, scopes }))
    return key ?? ''
  }

  /** The Management API with an API key. */
  async function byKey(key: string, method: string, path: string, body?: unknown) {
    const url = path.startsWith('/api/') ? path : `/api/v1/orgs/${id}${path}`
    return send(method, url, body, { authorization: `Bearer ${key}` })
  }

  /** A pool with ROLE_USER, as an operator declares it. @returns its id. */
  async function makePool(name: string): Promise<string> {
    const made = await directory.change(operator, (write) => ensurePool(write, name, ['ROLE_USER']))
    return made.id
  }

  async function makeGroup(name: string): Promise<string> {
    return (await directory.change(operator, (write) => ensureGroup(write, name))).id
  }

  return {
    id,
    slug,
    manager,
    makePool,
    makeGroup,
    join,
    activationToken,
    signInByPassword,
    createEmergency,
    signInEmergency,
    proveEmergency,
    samlInput,
    testSignIn,
    respondTo,
    apiKey,
    byKey,
    idp,
    sp,
    usher,
    session: cookie,
    operator,
    api,
    send,
    csrfOf,
    startSso,
    postResponse,
    signIn,
    /** The certificate that an identity provider encrypts for. */
    encryptionCertificatePem: key.certificatePem,
    /** Everything recorded since the organisation was made, oldest first. */
    async events(type?: string) {
      const rows = await store.read
        .selectFrom('events')
        .selectAll()
        .where('org_id', '=', id)
        .where('id', '>', begun)
        .orderBy('id')
        .execute()
      return rows
        .filter((row) => type === undefined || row.type === type)
        .map((row) => ({
          ...row,
          before: row.before && (JSON.parse(row.before) as unknown),
          after: row.after && (JSON.parse(row.after) as unknown),
          data: row.data && (JSON.parse(row.data) as unknown),
        }))
    },
    /** Fills the trail with so many copies of its first event. @returns their ids, in their order. */
    async fillTrail(count: number, type?: string): Promise<string[]> {
      const pattern = await store.read
        .selectFrom('events')
        .selectAll()
        .where('org_id', '=', id)
        .limit(1)
        .executeTakeFirstOrThrow()
      const copies = Array.from({ length: count }, () => ({
        ...pattern,
        id: newId(),
        type: type ?? pattern.type,
      }))
      await store.write(async (db) => {
        for (let at = 0; at < count; at += 500)
          await db
            .insertInto('events')
            .values(copies.slice(at, at + 500))
            .execute()
      })
      return copies.map((copy) => copy.id)
    },
    /** The names alone: what happened and, as importantly, that nothing else did. */
    async eventNames() {
      return (await this.events()).map((event) => event.type)
    },
    /** Every row of every table that belongs to this organisation, but for logs: to see that nothing was written. */
    async rows() {
      const counted: Record<string, number> = {}
      for (const table of [
        'users',
        'identities',
        'user_roles',
        'group_members',
        'grants',
        'sessions',
        'adoptions',
        'links',
        'invitations',
        'registrations',
        'outbox',
      ] as const) {
        const { rows } = await store.read
          .selectFrom(table)
          .select((count) => count.fn.countAll<number>().as('rows'))
          .where('org_id', '=', id)
          .executeTakeFirstOrThrow()
        counted[table] = Number(rows)
      }
      return counted
    },
    /** Sends the mail of this organisation that is due now. */
    deliverMail: () => usher.postman.deliver({ organisationId: id }),
    /** The daily look at the domains of this organisation that are due now. */
    lookAtDomains: () => usher.domainWatch.look({ organisationId: id }),
    /** Brings a switch of the login method to everybody. */
    bringSwitch: () => usher.switchWalk.bring({ organisationId: id }),
    bringShadow: () => usher.shadowWalk.walk({ organisationId: id }),
    /** Seals the audit trail of this organisation, as the schedule does. */
    sealTrail: () => usher.sealer.seal({ organisationId: id }),
    /** What the schedule clears away at this time. */
    async sweep(now: number) {
      const organisation = await organisations.find(store.read, id)
      if (organisation) await sweepOrganisation(store, organisation, now)
    },
    /** The mails that wait to be sent, oldest first. */
    async mails() {
      return store.read
        .selectFrom('outbox')
        .select(['template', 'recipient'])
        .where('org_id', '=', id)
        .orderBy('id')
        .execute()
    },
    /** Puts the database into a state that no door leads to yet. */
    store: (statement: string) => store.write((db) => sql.raw(statement).execute(db)),
    /** The latest attempt in the sign-in log, as a manager reads it. */
    async lastAttempt() {
      const list = await api('GET', '/sign-in-log?size=1')
      const found = list.body.items[0]
      return found && (await api('GET', `/sign-in-log/${found.id}`)).body
    },
    async people() {
      return (await api('GET', '/users?size=200')).body.items as {
        id: string
        email: string
        status: string
        managedBy: string
      }[]
    },
  }
}

export type TestOrganisation = Awaited<ReturnType<typeof createOrganisation>>

async function reactivate(write: { db: Store['read'] }, userId: string): Promise<void> {
  await write.db
    .updateTable('users')
    .set({ status: 'active', pending_reason: null })
    .where('id', '=', userId)
    .execute()
}

async function lastEventId(store: Store, organisationId: string): Promise<string> {
  const row = await store.read
    .selectFrom('events')
    .select('id')
    .where('org_id', '=', organisationId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? ''
}

function answer(response: LightMyRequestResponse): Answer {
  const text = response.body
  const json = String(response.headers['content-type'] ?? '').includes('json')
  return {
    status: response.statusCode,
    body: json && text ? JSON.parse(text) : undefined,
    headers: response.headers,
    text,
  }
}

function cookieIn(response: LightMyRequestResponse, name: string): string | undefined {
  return response.cookies.find((cookie) => cookie.name === name)?.value
}

/** RFC 6238 by hand, so that the codes are proved by other code than the product's own. */
export function oneTimeCode(secret: string, now: number): string {
  const bits = [...secret].map((one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  )
  const bytes = bits.join('').match(/.{8}/g) ?? []
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const key = Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
  const mac = createHmac('sha1', key).update(step).digest()
  const at = (mac.at(-1) ?? 0) & 0xf
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
