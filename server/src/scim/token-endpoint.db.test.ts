import { generateKeyPairSync } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { callerByScim } from '../auth/index.ts'
import { newId } from '../lib/ids.ts'

const clients = '/identity/scim/clients'
const day = 86_400_000
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

type Client = { clientId: string; clientSecret: string }

async function withClient(method: string, more: object = {}) {
  const acme = await createOrganisation({ method: 'password' })
  const client = await makeClient(acme, method, more)
  return { acme, client, basic: basicOf(client) }
}

async function makeClient(acme: TestOrganisation, method: string, more: object): Promise<Client> {
  const jwk = { ...keys.publicKey.export({ format: 'jwk' }), kid: 'one' }
  const jwks = method === 'private_key_jwt' ? { jwks: { keys: [jwk] } } : {}
  const made = await acme.api('POST', clients, { label: 'Okta', method, ...jwks, ...more })
  return made.body as Client
}

const basicOf = ({ clientId, clientSecret }: Client) =>
  `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`

async function ask(
  acme: TestOrganisation,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
) {
  const response = await acme.usher.app.inject({
    method: 'POST',
    url: `/scim/${acme.id}/oauth/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })
  return { status: response.statusCode, headers: response.headers, body: response.json() }
}
const grant = { grant_type: 'client_credentials' }

async function opens(acme: TestOrganisation, token: string) {
  const { store, clock } = acme.usher
  const from = { ip: '203.0.113.7', requestId: 'r' }
  const caller = await callerByScim(store, acme.id, `Bearer ${token}`, from, clock.now())
  return 'refused' in caller ? caller.refused : caller.actor.label
}

/** A client assertion as RFC 7523 §3 wants it, but for what a test changes. */
async function assert(
  acme: TestOrganisation,
  { clientId }: Client,
  changes: JWTPayload = {},
  alg = 'ES256',
) {
  const now = Math.floor(acme.usher.clock.now() / 1_000)
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: `https://usher.example/scim/${acme.id}/oauth/token`,
    iat: now,
    exp: now + 300,
    jti: newId(),
    ...changes,
  }
  const key =
    alg === 'HS256' ? Buffer.from('a secret that both would have to know') : keys.privateKey
  const client_assertion = await new SignJWT(claims)
    .setProtectedHeader({ alg, kid: 'one' })
    .sign(key)
  return { ...grant, client_assertion_type: assertionType, client_assertion }
}

test('SC-4: a client proves itself by Basic and gets a token that opens the endpoint for an hour', async () => {
  const { acme, basic } = await withClient('client_secret_basic')

  const { status, headers, body } = await ask(
    acme,
    { ...grant, scope: 'scim' },
    { authorization: basic },
  )

  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' })
  expect(body).toEqual({
    access_token: expect.stringMatching(/^usa_[\w-]{43}$/),
    token_type: 'Bearer',
    expires_in: 3_600,
  })
  expect(await opens(acme, body.access_token)).toBe('SCIM (Okta)')
  acme.usher.clock.advance(3_600_001)
  expect(await opens(acme, body.access_token)).toBe('expired')
  expect(await acme.eventNames()).toEqual(['scim_client.created'])
})

test('SC-4: a client proves itself in the body, or by a signed assertion', async () => {
  const { acme, client } = await withClient('client_secret_post')
  const signer = await makeClient(acme, 'private_key_jwt', { label: 'Ping' })
  const secret = { client_id: client.clientId, client_secret: client.clientSecret }

  const byPost = await ask(acme, { ...grant, ...secret })
  const byJwt = await ask(acme, await assert(acme, signer))

  expect(await opens(acme, byPost.body.access_token)).toBe('SCIM (Okta)')
  expect(await opens(acme, byJwt.body.access_token)).toBe('SCIM (Ping)')
})

test('RFC 6749 §3.1: a parameter without a value counts as not sent', async () => {
  const { acme, client } = await withClient('client_secret_post')
  const secret = { client_id: client.clientId, client_secret: client.clientSecret }

  const answer = await ask(acme, { ...grant, ...secret, client_assertion: '', scope: '' })

  expect(answer.status).toBe(200)
})

test.each(['', '%E0%A4%A'])(
  'RFC 6749 §2.3.1: a secret that cannot be read (%s) proves nothing',
  async (secret) => {
    const { acme, client } = await withClient('client_secret_basic')
    const encoded = Buffer.from(`${client.clientId}:${secret}`).toString('base64')

    const refused = await ask(acme, grant, { authorization: `Basic ${encoded}` })

    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  },
)

test('SC-4: revoking a client ends its access tokens at once, and of no other', async () => {
  const { acme, client, basic } = await withClient('client_secret_basic')
  const other = await makeClient(acme, 'client_secret_basic', { label: 'Second' })
  const mine = (await ask(acme, grant, { authorization: basic })).body.access_token
  const theirs = (await ask(acme, grant, { authorization: basicOf(other) })).body.access_token

  await acme.api('DELETE', `${clients}/${client.clientId}`)

  expect(await opens(acme, mine)).toBe('unknown')
  expect(await opens(acme, theirs)).toBe('SCIM (Second)')
  expect(await ask(acme, grant, { authorization: basic })).toMatchObject({
    status: 401,
    body: { error: 'invalid_client' },
  })
})

test('SC-5: an access token opens no other organisation, and a client of another is unknown', async () => {
  const { acme, basic } = await withClient('client_secret_basic')
  const other = await createOrganisation({ method: 'password' })
  const { access_token } = (await ask(acme, grant, { authorization: basic })).body

  expect(await opens(other, access_token)).toBe('unknown')
  expect((await ask(other, grant, { authorization: basic })).status).toBe(401)
})

test('SC-4: an unknown client and a wrong secret get the same words, and the log says what was wrong', async () => {
  const { acme, client, basic } = await withClient('client_secret_basic')
  const unknown = { clientId: newId(), clientSecret: client.clientSecret }
  const secret = { client_id: client.clientId, client_secret: client.clientSecret }

  const answers = [
    await ask(acme, grant, { authorization: basicOf(unknown) }),
    await ask(acme, grant, { authorization: basicOf({ ...client, clientSecret: 'usc_wrong' }) }),
    await ask(acme, grant, { authorization: 'Basic !!!' }),
    await ask(acme, grant, { authorization: `Bearer ${client.clientSecret}` }),
    await ask(acme, { ...grant, ...secret }),
    await ask(acme, grant),
  ]
  const right = await ask(acme, grant, { authorization: basic, 'user-agent': 'Okta SCIM' })
  await acme.usher.provisioningLog.flush()
  const { items } = (await acme.api('GET', '/provisioning-log')).body

  for (const [index, answer] of answers.entries()) {
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(answer.body).toEqual(answers[0]?.body)
    expect(answer.headers['www-authenticate']).toEqual(
      index < 4 ? expect.stringMatching(/^Basic/) : undefined,
    )
    expect(answer.headers['cache-control']).toBe('no-store')
  }
  expect(right.status).toBe(200)
  expect(items.map((one: { status: number }) => one.status)).toEqual([200, ...Array(6).fill(401)])
  expect(items[0]).toMatchObject({
    credential: 'Okta',
    dialect: 'Okta',
    remedy: null,
    path: '/oauth/token',
  })
  expect(items[1]).toMatchObject({ credential: null, code: 'invalid_client' })
  expect(items[1].remedy).toMatch(/Client id, secret or key/)
  const notes = []
  for (const { id } of items)
    notes.push((await acme.api('GET', `/provisioning-log/${id}`)).body.notes)
  expect(notes.flat()).toEqual([
    'The client was made for client_secret_basic and came by client_secret_post.',
    'The secret is wrong.',
    'There is no such client.',
  ])
})

test.each<[string, Record<string, string> | string, Record<string, string>, number, string]>([
  ['no grant type', {}, {}, 400, 'invalid_request'],
  ['another grant type', { grant_type: 'password' }, {}, 400, 'unsupported_grant_type'],
  ['another scope', { ...grant, scope: 'openid' }, {}, 400, 'invalid_scope'],
  [
    'a parameter twice',
    'grant_type=client_credentials&grant_type=password',
    {},
    400,
    'invalid_request',
  ],
  ['two proofs', { ...grant, client_secret: 'x' }, {}, 400, 'invalid_request'],
  ['another client’s id', { ...grant, client_id: 'x' }, {}, 400, 'invalid_request'],
  ['JSON', JSON.stringify(grant), { 'content-type': 'application/json' }, 400, 'invalid_request'],
  ['a form beyond 32 kB', `a=${'x'.repeat(40_000)}`, {}, 400, 'invalid_request'],
])(
  'RFC 6749 §5.2: a request with %s is refused by its name',
  async (_, form, headers, status, error) => {
    const { acme, basic } = await withClient('client_secret_basic')

    const refused = await ask(acme, form, { authorization: basic, ...headers })

    expect(refused).toMatchObject({ status, body: { error } })
    expect(refused.body.error_description).toEqual(expect.any(String))
    expect(refused.headers['content-type']).toMatch(/^application\/json/)
  },
)

test('RFC 7523 §3: an assertion counts once, even when it comes twice at the same moment', async () => {
  const { acme, client } = await withClient('private_key_jwt')
  const form = await assert(acme, client)

  const twice = await Promise.all([ask(acme, form), ask(acme, form)])
  const later = await ask(acme, form)

  expect(twice.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 401])
  expect(later.status).toBe(401)
})

const inSeconds = (acme: TestOrganisation, seconds: number) =>
  Math.floor(acme.usher.clock.now() / 1_000) + seconds

test.each<[string, (acme: TestOrganisation) => JWTPayload, string?]>([
  ['for somebody else', () => ({ aud: 'https://elsewhere.example/token' })],
  [
    'for another organisation',
    () => ({ aud: `https://usher.example/scim/${newId()}/oauth/token` }),
  ],
  ['for nobody', () => ({ aud: undefined as never })],
  ['by another issuer', () => ({ iss: newId() })],
  ['that has ended', (acme) => ({ exp: inSeconds(acme, -60) })],
  ['without an end', () => ({ exp: undefined as never })],
  ['that ends in an hour', (acme) => ({ exp: inSeconds(acme, 3_600) })],
  ['from the future', (acme) => ({ iat: inSeconds(acme, 120) })],
  ['that counts later', (acme) => ({ nbf: inSeconds(acme, 120) })],
  ['without an id', () => ({ jti: undefined as never })],
  ['under a shared secret', () => ({}), 'HS256'],
])('RFC 7523 §3: an assertion %s proves nothing', async (_, changes, alg) => {
  const { acme, client } = await withClient('private_key_jwt')

  const refused = await ask(acme, await assert(acme, client, changes(acme), alg))

  expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  expect((await ask(acme, await assert(acme, client))).status).toBe(200)
})

test('RFC 7523 §3: an unsigned assertion and one signed by another key prove nothing', async () => {
  const { acme, client } = await withClient('private_key_jwt')
  const form = await assert(acme, client)
  const [, payload] = form.client_assertion.split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const forged = await new SignJWT({
    ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()),
  })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .sign(stranger.privateKey)

  const texts = ['hello', 'null', '[]', '"x"'].map(
    (text) => `${Buffer.from(text).toString('base64url')}.${payload}.x`,
  )
  const illegible = [...texts, `!!!.${payload}.x`, `.${payload}.x`]
  for (const client_assertion of [`${none}.${payload}.`, forged, 'x', 'a.b.c', ...illegible]) {
    expect((await ask(acme, { ...form, client_assertion })).status, client_assertion).toBe(401)
  }
  expect(await ask(acme, { ...form, client_assertion_type: 'saml' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_request' },
  })
})

test('SC-4: an expired client gets nothing, and its last access token ends with it', async () => {
  const { acme, basic } = await withClient('client_secret_basic', { expiresInDays: 1 })
  acme.usher.clock.advance(day - 600_000)
  const last = await ask(acme, grant, { authorization: basic })
  acme.usher.clock.advance(601_000)

  const refused = await ask(acme, grant, { authorization: basic })

  expect(last.body.expires_in).toBeLessThanOrEqual(600)
  expect(await opens(acme, last.body.access_token)).toBe('expired')
  expect(refused).toMatchObject({
    status: 401,
    body: { error: 'invalid_client', error_description: 'This client has expired.' },
  })
  await acme.usher.provisioningLog.flush()
  const { session = '' } = await acme.signInByPassword(acme.manager.email, managerPassword)
  const log = await acme.api('GET', '/provisioning-log', undefined, { session })
  const list = await acme.api('GET', clients, undefined, { session })
  expect(log.body.items[0]).toMatchObject({ status: 401, credential: 'Okta' })
  expect(list.body.items[0]).toMatchObject({ state: 'expired', lastUsedIp: '127.0.0.1' })
})

test('an address where there is no organisation answers as an unknown client, and leaves no trace', async () => {
  const { acme, basic } = await withClient('client_secret_basic')
  const nowhere = { ...acme, id: newId() }

  expect((await ask(nowhere, grant, { authorization: basic })).status).toBe(401)
  expect((await ask({ ...acme, id: 'acme' }, grant, { authorization: basic })).status).toBe(401)
  await acme.usher.provisioningLog.flush()
  const { rows } = await acme.usher.store.read
    .selectFrom('provisioning_log')
    .select((count) => count.fn.countAll<number>().as('rows'))
    .where('org_id', '=', nowhere.id)
    .executeTakeFirstOrThrow()
  expect(Number(rows)).toBe(0)
})
