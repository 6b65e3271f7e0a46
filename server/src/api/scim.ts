import { z } from 'zod'
import {
  CreatedScimClient,
  CreatedScimToken,
  CreateScimClient,
  CreateScimToken,
  Id,
  ProvisioningLog,
  ProvisioningLogDetails,
  ProvisioningLogQuery,
  ScimChange,
  ScimClients,
  ScimTokens,
  ScimView,
  SortedPage,
} from '../../../contract/src/index.ts'
import { readClientKeys } from '../auth/index.ts'
import {
  allow,
  callDetails,
  createScimClient,
  createScimToken,
  listCalls,
  listScimClients,
  listScimTokens,
  putScimSettings,
  revokeScimClient,
  revokeScimToken,
  scimView,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { refuse } from '../model/refusals.ts'
import { type Api, type ApiDoor, callerFor, ifVersion } from './door.ts'
import { pageOf } from './lists.ts'

const base = '/orgs/:organisationId'
const params = z.object({ organisationId: Id })
const withId = z.object({ organisationId: Id, id: Id })
const credentialSorts: (keyof ReturnType<typeof renderCredential>)[] = [
  'label',
  'createdAt',
  'expiresAt',
  'lastUsedAt',
  'state',
]

/** The SCIM connection: its settings, what opens it, and what came through it. */
export function scimRoutes(app: Api, door: ApiDoor): void {
  const connection = `${base}/identity/scim`
  app.get(
    connection,
    { schema: { params, response: { 200: ScimView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      const view = await door.directory.view(actor, scimView)
      return reply.header('etag', `"${view.settings.version}"`).send(renderView(door, actor, view))
    },
  )
  app.put(
    connection,
    { schema: { params, body: ScimChange, response: { 200: ScimView } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      readDialect(door, request.body.dialect)
      await door.directory.change(actor, (write) =>
        putScimSettings(write, request.body, ifVersion(request)),
      )
      const view = await door.directory.view(actor, scimView)
      return reply.header('etag', `"${view.settings.version}"`).send(renderView(door, actor, view))
    },
  )

  const tokens = `${connection}/tokens`
  app.get(
    tokens,
    { schema: { params, querystring: SortedPage, response: { 200: ScimTokens } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const found = await door.directory.view(actor, listScimTokens)
      const items = found.map((token) => renderToken(door, token))
      return pageOf(items, request.query, credentialSorts)
    },
  )
  app.post(
    tokens,
    { schema: { params, body: CreateScimToken, response: { 201: CreatedScimToken } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      door.requireFresh(actor)
      const { token, stored } = await door.directory.change(actor, (write) =>
        createScimToken(write, request.body),
      )
      return reply.code(201).send({ ...renderToken(door, stored), token })
    },
  )
  // What leaked has to end at once, so that taking away needs no fresh sign-in.
  app.delete(`${tokens}/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => revokeScimToken(write, request.params.id))
    return reply.code(204).send()
  })

  const clients = `${connection}/clients`
  app.get(
    clients,
    { schema: { params, querystring: SortedPage, response: { 200: ScimClients } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const found = await door.directory.view(actor, listScimClients)
      const items = found.map((client) => renderClient(door, client))
      return pageOf(items, request.query, [...credentialSorts, 'method'])
    },
  )
  app.post(
    clients,
    { schema: { params, body: CreateScimClient, response: { 201: CreatedScimClient } } },
    async (request, reply) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      door.requireFresh(actor)
      const { jwks, ...wanted } = request.body
      const keys = readKeys(wanted.method, jwks)
      const { secret, stored } = await door.directory.change(actor, (write) =>
        createScimClient(write, { ...wanted, keys }),
      )
      return reply.code(201).send({ ...renderClient(door, stored), clientSecret: secret })
    },
  )
  app.delete(`${clients}/:id`, { schema: { params: withId } }, async (request, reply) => {
    const actor = await callerFor(door, request)
    await door.directory.change(actor, (write) => revokeScimClient(write, request.params.id))
    return reply.code(204).send()
  })

  app.get(
    `${base}/provisioning-log`,
    { schema: { params, querystring: ProvisioningLogQuery, response: { 200: ProvisioningLog } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const { size, page, person, ...conditions } = request.query
      const found = await door.directory.view(actor, (read) =>
        listCalls(read, { ...conditions, person: person || undefined }, { page, size }),
      )
      return { ...found, items: found.items.map((call) => named(door, call)), page, size }
    },
  )
  app.get(
    `${base}/provisioning-log/:id`,
    { schema: { params: withId, response: { 200: ProvisioningLogDetails } } },
    async (request) => {
      const actor = await callerFor(door, request)
      const call = await door.directory.view(actor, (read) => callDetails(read, request.params.id))
      return named(door, call)
    },
  )
}

function readDialect(door: ApiDoor, dialect: string | null): void {
  if (dialect === null || door.scim.dialects.some(({ name }) => name === dialect)) return
  const names = door.scim.dialects.map(({ name }) => name).join(', ')
  refuse('request.invalid', `There is no such dialect. There are: ${names}.`, [
    { pointer: '/dialect', code: 'unknown' },
  ])
}

/** RFC 7523: keys belong to `private_key_jwt`, which has no secret, and to nothing else. */
function readKeys(
  method: z.output<typeof CreateScimClient>['method'],
  jwks: { keys: Record<string, unknown>[] } | undefined,
) {
  const byKey = method === 'private_key_jwt'
  if (byKey && !jwks) {
    return refuse('request.invalid', 'private_key_jwt needs the public keys of the client.', [
      { pointer: '/jwks', code: 'required' },
    ])
  }
  if (!byKey && jwks) {
    return refuse('request.invalid', 'Keys belong to private_key_jwt alone.', [
      { pointer: '/jwks', code: 'not_accepted' },
    ])
  }
  return readClientKeys(jwks?.keys ?? [])
}

function dialectOf(door: ApiDoor, name: string) {
  return { name, label: door.scim.dialects.find((one) => one.name === name)?.label ?? name }
}

function named<Call extends { dialect: string }>(door: ApiDoor, call: Call): Call {
  return { ...call, dialect: dialectOf(door, call.dialect).label }
}

function renderView(door: ApiDoor, actor: Actor, view: Awaited<ReturnType<typeof scimView>>) {
  const { settings, health, people, detectedDialect } = view
  return {
    ...door.scim.addresses(actor.organisationId),
    ...settings,
    detectedDialect: detectedDialect === null ? null : dialectOf(door, detectedDialect),
    dialects: door.scim.dialects,
    health,
    people,
    canWrite: actor.roles.includes('ROLE_MANAGER') || actor.scopes.includes('identity:write'),
    simulator: door.simulations !== undefined,
  }
}

type StoredCredential = {
  id: string
  label: string
  created_by: string
  created_at: number
  expires_at: number
  last_used_at: number | null
  last_used_ip: string | null
}

function renderCredential(door: ApiDoor, stored: StoredCredential) {
  return {
    id: stored.id,
    label: stored.label,
    createdBy: stored.created_by,
    createdAt: stored.created_at,
    expiresAt: stored.expires_at,
    lastUsedAt: stored.last_used_at,
    lastUsedIp: stored.last_used_ip,
    state: stored.expires_at > door.clock.now() ? ('live' as const) : ('expired' as const),
  }
}

function renderToken(door: ApiDoor, stored: StoredCredential & { last3: string }) {
  return { ...renderCredential(door, stored), last3: stored.last3 }
}

function renderClient(
  door: ApiDoor,
  stored: StoredCredential & {
    method: z.output<typeof CreateScimClient>['method']
    jwks: string | null
  },
) {
  const { keys } = JSON.parse(stored.jwks ?? '{"keys":[]}') as {
    keys: { kid?: string; kty: string; crv?: string }[]
  }
  return {
    ...renderCredential(door, stored),
    clientId: stored.id,
    method: stored.method,
    keys: keys.map(({ kid, kty, crv }) => ({ kid: kid ?? null, type: crv ?? kty })),
  }
}
