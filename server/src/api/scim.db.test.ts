import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { callerByScim } from '../auth/index.ts'

const scim = '/identity/scim'
const day = 86_400_000
const settings = {
  syncGroups: false,
  syncRoles: false,
  provisionExistingUsers: true,
  graceDays: 30,
  dialect: null,
}
const from = { ip: '203.0.113.7', requestId: 'r' }

/** Whether the SCIM endpoint would let this credential in now. */
async function opens(acme: TestOrganisation, secret: string) {
  const { store, clock } = acme.usher
  const caller = await callerByScim(store, acme.id, `Bearer ${secret}`, from, clock.now())
  return 'refused' in caller ? caller.refused : caller.actor.label
}

test('SC-2: the connection shows its addresses, the settings in force, and that nobody has called', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  const { status, body, headers } = await acme.api('GET', scim)

  expect(status).toBe(200)
  expect(headers.etag).toBe('"0"')
  expect(body).toMatchObject({
    baseUrl: `https://usher.example/scim/${acme.id}/v2`,
    tokenUrl: `https://usher.example/scim/${acme.id}/oauth/token`,
    ...settings,
    detectedDialect: null,
    health: { state: 'never_called', lastCallAt: null, callsLastDay: 0, refusedLastDay: 0 },
    people: { managed: 0, notInIdp: 1 },
    version: 0,
    canWrite: true,
  })
  const entra = body.dialects.find((one: { name: string }) => one.name === 'entra')
  expect(entra.label).toBe('Microsoft Entra ID')
  expect(entra.quirks[0]).toEqual({
    says: 'op is Add, Replace or Remove',
    source: expect.stringMatching(/^https:/),
  })
})

test('GE-5, AU-1: a change of the settings is recorded once, with what it changed and nothing else', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const wish = { ...settings, syncGroups: true, dialect: 'okta' }

  const changed = await acme.api('PUT', scim, wish, { headers: { 'if-match': '"0"' } })
  const again = await acme.api('PUT', scim, wish)
  const stale = await acme.api('PUT', scim, settings, { headers: { 'if-match': '"0"' } })

  expect(changed).toMatchObject({ status: 200, body: { ...wish, version: 1 } })
  expect(changed.headers.etag).toBe('"1"')
  expect(again).toMatchObject({ status: 200, body: { version: 1 } })
  expect(stale).toMatchObject({ status: 412, body: { code: 'request.stale' } })
  const events = await acme.events()
  expect(
    events.map(({ type, subject_id, before, after }) => [type, subject_id, before, after]),
  ).toEqual([
    [
      'provisioning.changed',
      acme.id,
      { scim: { syncGroups: false, dialect: null } },
      { scim: { syncGroups: true, dialect: 'okta' } },
    ],
  ])
})

test.each([
  ['an unknown dialect', { dialect: 'novell' }, '/dialect'],
  ['a grace period beyond a year', { graceDays: 366 }, '/graceDays'],
  ['half a day', { graceDays: 0.5 }, '/graceDays'],
  ['a text for a switch', { syncGroups: 'True' }, '/syncGroups'],
])('%s is refused and changes nothing', async (_, wrong, pointer) => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  const refused = await acme.api('PUT', scim, { ...settings, ...wrong })

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(refused.body.errors).toMatchObject([{ pointer }])
  expect((await acme.api('GET', scim)).body.version).toBe(0)
  expect(await acme.eventNames()).toEqual([])
})

test('SC-3: a token is shown once, ends after 180 days, and is listed without its secret', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const now = acme.usher.clock.now()

  const made = await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })
  const list = await acme.api('GET', `${scim}/tokens`)

  const { token, ...listed } = made.body
  expect(made.status).toBe(201)
  expect(token).toMatch(/^uss_[\w-]{43}$/)
  expect(listed).toMatchObject({
    label: 'Entra ID',
    last3: token.slice(-3),
    createdBy: 'Ana Ruiz',
    lastUsedAt: null,
    lastUsedIp: null,
    state: 'live',
  })
  expect(Math.round((listed.expiresAt - now) / day)).toBe(180)
  expect(list.body).toMatchObject({ items: [listed], total: 1 })
  expect(list.text).not.toContain(token)
  expect(await opens(acme, token)).toBe('SCIM (Entra ID)')
  expect(await acme.events()).toMatchObject([
    { type: 'scim_token.created', subject_id: listed.id, subject: 'Entra ID' },
  ])
  expect(JSON.stringify(await acme.events())).not.toContain(token)
})

test('SC-3: two tokens are live at most, even of those made at the same moment', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const labels = ['one', 'two', 'three', 'four'].map((name) => `Entra ${name}`)

  const made = await Promise.all(
    labels.map((label) => acme.api('POST', `${scim}/tokens`, { label, expiresInDays: 1 })),
  )
  const refused = made.find(({ status }) => status !== 201)
  acme.usher.clock.advance(day + 1_000)
  const { session = '' } = await acme.signInByPassword(acme.manager.email, managerPassword)
  const { items } = (await acme.api('GET', `${scim}/tokens`, undefined, { session })).body
  const label = items[0].label
  const third = await acme.api('POST', `${scim}/tokens`, { label }, { session })

  expect(made.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 201, 409, 409])
  expect(refused?.body).toMatchObject({ code: 'scim_token.limit' })
  expect(refused?.body.detail).toMatch(/^Two are live: Entra \w+ and Entra \w+\. Revoke/)
  expect(items.map((one: { state: string }) => one.state)).toEqual(['expired', 'expired'])
  expect(third.status, 'what expired does not count, and its label is free').toBe(201)
  expect(await acme.eventNames()).toEqual([
    'scim_token.created',
    'scim_token.created',
    'auth.succeeded',
    'scim_token.created',
  ])
})

test('SC-5: a revoked token opens nothing at the very next call, and its label is free again', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { id, token } = (await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })).body
  const before = await opens(acme, token)

  const revoked = await acme.api('DELETE', `${scim}/tokens/${id}`)
  const again = await acme.api('DELETE', `${scim}/tokens/${id}`)

  expect(before).toBe('SCIM (Entra ID)')
  expect(revoked.status).toBe(204)
  expect(await opens(acme, token)).toBe('unknown')
  expect(again).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
  expect((await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })).status).toBe(201)
  expect(await acme.events('scim_token.revoked')).toMatchObject([
    { subject_id: id, subject: 'Entra ID', actor: 'Ana Ruiz' },
  ])
})

test.each<[string, object, string]>([
  ['no label', {}, '/label'],
  ['a label that is too short', { label: 'ad' }, '/label'],
  ['a label of signs', { label: '<b>Entra</b>' }, '/label'],
  ['no end', { label: 'Entra ID', expiresInDays: 0 }, '/expiresInDays'],
  ['more than a year', { label: 'Entra ID', expiresInDays: 366 }, '/expiresInDays'],
  ['a field that nobody knows', { label: 'Entra ID', token: 'mine' }, '/token'],
])('SC-3: a token with %s is refused', async (_, wish, pointer) => {
  const acme = await createOrganisation({ method: 'password' })

  const refused = await acme.api('POST', `${scim}/tokens`, wish)

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(refused.body.errors).toMatchObject([{ pointer }])
  expect((await acme.api('GET', `${scim}/tokens`)).body.items).toEqual([])
  expect(await acme.eventNames()).toEqual([])
})

test('SC-3: a label stands for one live token', async () => {
  const acme = await createOrganisation({ method: 'password' })
  await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })

  const second = await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })

  expect(second).toMatchObject({
    status: 400,
    body: { code: 'request.invalid', errors: [{ pointer: '/label', code: 'taken' }] },
  })
  expect(await acme.eventNames()).toEqual(['scim_token.created'])
})

test('SE-6: making a credential needs a fresh sign-in, ending one does not', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { id } = (await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })).body
  acme.usher.clock.advance(11 * 60_000)

  const token = await acme.api('POST', `${scim}/tokens`, { label: 'Second' })
  const wish = { label: 'Okta', method: 'client_secret_basic' }
  const client = await acme.api('POST', `${scim}/clients`, wish)
  const ended = await acme.api('DELETE', `${scim}/tokens/${id}`)

  for (const refused of [token, client]) {
    expect(refused).toMatchObject({ status: 403, body: { code: 'auth.reauth_required' } })
  }
  expect(ended.status).toBe(204)
  expect(await acme.eventNames()).toEqual(['scim_token.created', 'scim_token.revoked'])
})

test('SC-4: a client has an id and a secret that is shown once, or public keys and no secret', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }
  const bySecret = { label: 'Okta', method: 'client_secret_basic' }
  const byKey = { label: 'Ping', method: 'private_key_jwt', jwks, expiresInDays: 30 }

  const first = await acme.api('POST', `${scim}/clients`, bySecret)
  const second = await acme.api('POST', `${scim}/clients`, byKey)
  const third = await acme.api('POST', `${scim}/clients`, { ...bySecret, label: 'Third' })
  const list = await acme.api('GET', `${scim}/clients`)

  const { clientSecret, ...listed } = first.body
  expect(first.status).toBe(201)
  expect(clientSecret).toMatch(/^usc_[\w-]{43}$/)
  expect(listed).toMatchObject({ label: 'Okta', clientId: listed.id, keys: [], state: 'live' })
  expect(second.body).toMatchObject({
    clientSecret: null,
    method: 'private_key_jwt',
    keys: [{ kid: 'one', type: 'P-256' }],
  })
  expect(third).toMatchObject({ status: 409, body: { code: 'scim_token.limit' } })
  expect(list.body.items.map((one: { label: string }) => one.label)).toEqual(['Ping', 'Okta'])
  expect(list.text).not.toContain(clientSecret)
  expect(await acme.events()).toMatchObject([
    {
      type: 'scim_client.created',
      subject_id: first.body.id,
      subject: 'Okta',
      after: { method: 'client_secret_basic' },
    },
    {
      type: 'scim_client.created',
      subject_id: second.body.id,
      subject: 'Ping',
      after: { method: 'private_key_jwt' },
    },
  ])
  expect(JSON.stringify(await acme.events())).not.toContain(clientSecret)
})

test.each<[string, object]>([
  ['private_key_jwt without keys', { method: 'private_key_jwt' }],
  ['no keys at all', { method: 'private_key_jwt', jwks: { keys: [] } }],
  [
    'a symmetric key',
    { method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } },
  ],
  [
    'keys beside a secret',
    { method: 'client_secret_basic', jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'AA' }] } },
  ],
])('SC-4: a client with %s is refused', async (_, wish) => {
  const acme = await createOrganisation({ method: 'password' })

  const refused = await acme.api('POST', `${scim}/clients`, { label: 'Okta', ...wish })

  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(refused.body.errors[0].pointer).toMatch(/^\/jwks/)
  expect(await acme.eventNames()).toEqual([])
})

test('GE-6: a token that is asked for again under its key is the same one', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const headers = { 'idempotency-key': 'once' }

  const first = await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' }, { headers })
  const again = await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' }, { headers })

  expect(again).toMatchObject({ status: 201, body: first.body })
  expect(await acme.eventNames()).toEqual(['scim_token.created'])
})
