import { expect, test, vi } from 'vitest'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'
import { provisioningLog } from '../store/index.ts'
import { createProvisioningLog, type ProvisioningCall } from './log.ts'

const log = '/provisioning-log'
const minute = 60_000
const day = 86_400_000
const ada = {
  kind: 'user' as const,
  id: '0190a000-0000-7000-8000-000000000001',
  label: 'Adä@acme.test',
}

/** A call as the SCIM endpoint reports it. */
const call = (changes: Partial<ProvisioningCall> = {}): ProvisioningCall => ({
  credential: { kind: 'token', id: 'none', label: 'Entra ID', lastUsedAt: null },
  ip: '203.0.113.7',
  dialect: 'entra',
  userAgent: 'Microsoft Entra',
  method: 'GET',
  path: '/scim/1/v2/Users',
  status: 200,
  code: null,
  detail: null,
  ms: 1.4,
  notes: [],
  requestId: 'r',
  ...changes,
})

async function record(acme: TestOrganisation, ...calls: Partial<ProvisioningCall>[]) {
  const { provisioningLog } = acme.usher
  for (const one of calls) provisioningLog.record(acme.id, call(one))
  await provisioningLog.flush()
}

async function list(acme: TestOrganisation, query = '', session = acme.session) {
  return (await acme.api('GET', `${log}${query}`, undefined, { session })).body
}
const paths = (found: { items: { path: string }[] }) => found.items.map(({ path }) => path)

test('SC-42: a call stands in the log with what was sent, what was answered, and what to do', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  await record(acme, {
    method: 'POST',
    status: 409,
    code: 'uniqueness',
    detail: 'ada is here already.',
    subject: { ...ada, id: null },
    notes: ['costCenter was ignored'],
    request: '{"userName":"ada","password":"Hunter2"}',
    response: '{"status":"409"}',
  })
  const found = await list(acme)
  const details = (await acme.api('GET', `${log}/${found.items[0].id}`)).body

  expect(found).toMatchObject({ total: 1, totalExact: true, next: null })
  const { remedy, ...listed } = found.items[0]
  expect(remedy).toMatch(/approve the adoption/)
  expect(listed).toEqual({
    id: details.id,
    at: expect.any(Number),
    method: 'POST',
    path: '/scim/1/v2/Users',
    status: 409,
    code: 'uniqueness',
    detail: 'ada is here already.',
    dialect: 'Microsoft Entra ID',
    credential: 'Entra ID',
    ip: '203.0.113.7',
    ms: 1,
    subject: { kind: 'user', id: null, label: 'Adä@acme.test' },
  })
  expect(details).toEqual({
    ...found.items[0],
    notes: ['costCenter was ignored'],
    request: '{"userName":"ada","password":"***"}',
    response: '{"status":"409"}',
    userAgent: 'Microsoft Entra',
    requestId: 'r',
  })
  expect(await acme.eventNames()).toEqual([])
})

test('SC-42: the log is searched by person, outcome, method and time, newest first', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const at = acme.usher.clock.now()
  await record(
    acme,
    { path: '/1', subject: ada },
    { path: '/2', subject: { ...ada, id: null }, status: 409, method: 'POST' },
    { path: '/3', subject: { kind: 'group', id: null, label: 'Adäpters' } },
    { path: '/4', status: 404, method: 'PATCH' },
  )

  expect(paths(await list(acme))).toEqual(['/4', '/3', '/2', '/1'])
  expect(paths(await list(acme, `?person=${ada.id}`))).toEqual(['/1'])
  expect(paths(await list(acme, '?person=ADA@ACME.TEST'))).toEqual(['/2', '/1'])
  expect(paths(await list(acme, '?person=ada'))).toEqual(['/3', '/2', '/1'])
  expect(paths(await list(acme, '?person=da'))).toEqual([])
  expect(paths(await list(acme, '?person=%25'))).toEqual([])
  expect(paths(await list(acme, '?result=refused'))).toEqual(['/4', '/2'])
  expect(paths(await list(acme, '?result=success&person=ada'))).toEqual(['/3', '/1'])
  expect(paths(await list(acme, '?method=PATCH'))).toEqual(['/4'])
  expect(paths(await list(acme, `?from=${at - 1}&to=${at + minute}&method=POST`))).toEqual(['/2'])
  expect(paths(await list(acme, `?to=${at - 1}`))).toEqual([])
})

test('SC-42: the log is paged by number or after the last entry seen', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  await record(acme, ...[1, 2, 3, 4, 5].map((number) => ({ path: `/${number}` })))

  const first = await list(acme, '?size=2')
  const second = await list(acme, `?size=2&before=${first.next}`)
  const last = await list(acme, '?size=2&page=2')

  expect(first).toMatchObject({ total: 5, totalExact: true, page: 0, size: 2 })
  expect([first, second, last].map(paths)).toEqual([['/5', '/4'], ['/3', '/2'], ['/1']])
  expect([second.total, last.next]).toEqual([5, null])
})

test('SE-10: an entry of another organisation is neither found nor read', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const other = await createOrganisation({ method: 'sso', source: 'scim' })
  await record(acme, { subject: ada })
  const [{ id }] = (await list(acme)).items

  expect((await list(other, `?person=${ada.id}`)).items).toEqual([])
  expect((await list(other, `?before=${id.replace(/^./, 'f')}`)).items).toEqual([])
  expect((await other.api('GET', `${log}/${id}`)).status).toBe(404)
})

test('SC-42: what hardly any database takes is kept as well as it can be', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  await record(acme, {
    path: `/scim/1/v2/Users?${'x'.repeat(1_000)}`,
    userAgent: `\0agent ${'x'.repeat(1_000)}`,
    detail: 'half a pair \ud800',
    subject: { ...ada, label: `\0${'x'.repeat(1_000)}` },
    notes: Array(100).fill('\0 note'),
    request: `{"a":"\ud83d${'x'.repeat(2_000_000)}"}`,
    response: '\0',
  })
  const { items } = await list(acme)
  const details = (await acme.api('GET', `${log}/${items[0].id}`)).body

  expect(details.path).toMatch(/^.{500}… \(cut: 1017 characters\)$/)
  expect(details.request).toHaveLength(4_000 + '… (cut: 2000009 characters)'.length)
  expect(details.notes).toHaveLength(50)
  expect(details).toMatchObject({ response: '␀', detail: 'half a pair \ufffd' })
})

test('SC-42: outsiders without a credential fill the log no faster than 60 a minute', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const stranger = { credential: null, status: 401, code: 'credential.unknown' }
  acme.usher.clock.advance(minute - (acme.usher.clock.now() % minute))

  await record(acme, ...Array(500).fill(stranger), {})
  const within = (await list(acme)).total
  acme.usher.clock.advance(minute)
  await record(acme, stranger)

  expect(within).toBe(61)
  expect((await list(acme)).total).toBe(62)
})

test('a call is answered without waiting for the log, which is written by itself soon after', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  acme.usher.provisioningLog.record(acme.id, call())

  expect((await list(acme)).total).toBe(0)
  await vi.waitFor(async () => expect((await list(acme)).total).toBe(1), 3_000)
})

test('a database that fails is nobody’s error: calls wait, refusals longest, and are written later', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const { directory, clock } = acme.usher
  const faults: string[] = []
  let down = true
  const failing: typeof directory = {
    ...directory,
    change: (actor, work) =>
      down ? Promise.reject(new Error('down')) : directory.change(actor, work),
  }
  const own = createProvisioningLog({
    directory: failing,
    clock,
    log: { error: (_fields, message) => faults.push(message) },
  })

  for (let number = 0; number < 20; number += 1) own.record(acme.id, call({ status: 409 }))
  for (let number = 0; number < 6_000; number += 1) own.record(acme.id, call())
  await own.flush()
  down = false
  await own.flush()

  const { total } = await list(acme)
  expect(total).toBeGreaterThan(4_000)
  expect(total).toBeLessThanOrEqual(5_000)
  expect((await list(acme, '?result=refused')).total).toBe(20)
  expect(faults).toContain('the provisioning log was not written')
  expect(faults).toContain('provisioning calls were not recorded')
})

test('SC-3: a token’s last use and its address are noted, at most once a minute', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const made = (await acme.api('POST', '/identity/scim/tokens', { label: 'Entra ID' })).body
  const credential = { kind: 'token' as const, id: made.id, label: 'Entra ID', lastUsedAt: null }
  const tokenNow = async () => (await acme.api('GET', '/identity/scim/tokens')).body.items[0]

  await record(acme, { credential, status: 401, ip: '198.51.100.1' })
  const unused = await tokenNow()
  await record(acme, { credential })
  const used = await tokenNow()
  acme.usher.clock.advance(minute / 2)
  await record(acme, {
    credential: { ...credential, lastUsedAt: used.lastUsedAt },
    ip: '198.51.100.2',
  })
  const soon = await tokenNow()
  acme.usher.clock.advance(minute)
  await record(acme, {
    credential: { ...credential, lastUsedAt: used.lastUsedAt },
    ip: '198.51.100.3',
  })

  expect(unused).toMatchObject({ lastUsedAt: null, lastUsedIp: null })
  expect(used).toMatchObject({ lastUsedAt: expect.any(Number), lastUsedIp: '203.0.113.7' })
  expect(soon).toEqual(used)
  expect(await tokenNow()).toMatchObject({ lastUsedIp: '198.51.100.3' })
})

test.each([
  ['token', {}],
  ['client', { method: 'client_secret_basic' }],
] as const)(
  'SC-7: calls with an expired %s are announced to managers once a day',
  async (kind, how) => {
    const acme = await createOrganisation({ method: 'password' })
    const wish = { label: 'Entra ID', expiresInDays: 1, ...how }
    const made = (await acme.api('POST', `/identity/scim/${kind}s`, wish)).body
    const credential = { kind, id: made.id, label: 'Entra ID', lastUsedAt: null }
    const refused = { credential, status: 401, code: 'credential.expired' }

    await record(acme, refused)
    const live = await acme.mails()
    acme.usher.clock.advance(day + minute)
    await record(acme, refused, refused)
    await record(acme, refused)
    const first = await acme.mails()
    acme.usher.clock.advance(day)
    await record(acme, refused)

    expect(live).toEqual([])
    expect(first).toEqual([{ template: 'scim_credential_refused', recipient: acme.manager.email }])
    expect(await acme.mails()).toHaveLength(2)
  },
)

test('the connection tells who calls, how it goes and how often', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const view = async () => (await acme.api('GET', '/identity/scim')).body

  await record(acme, { dialect: 'okta' }, { dialect: 'generic', status: 404 })
  await record(acme, { credential: null, status: 401 })
  const healthy = await view()
  await record(acme, { status: 403, code: 'provisioning.method_conflict' })
  const failing = await view()
  await record(acme, { dialect: 'ping', credential: null, status: 401 })

  expect(healthy).toMatchObject({
    detectedDialect: { name: 'okta', label: 'Okta' },
    // Whoever knows the address alone makes no good connection look broken.
    health: { state: 'healthy', lastStatus: 401, callsLastDay: 3, refusedLastDay: 2 },
  })
  expect(failing.health).toMatchObject({ state: 'failing', lastStatus: 403, callsLastDay: 4 })
  expect((await view()).detectedDialect.name).toBe('entra')
})

test('SC-42: after 90 days an entry is gone, and no day before', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const other = await createOrganisation({ method: 'password' })
  const { store, clock } = acme.usher
  const now = clock.now()
  await record(acme, { path: '/old' })
  await record(other, { path: '/theirs' })
  clock.advance(day)
  await record(acme, { path: '/young' })
  // The outbox asks this of every organisation; here of one, since the database is everybody's.
  const sweepAt = (at: number) => store.write((db) => provisioningLog.trim(db, acme.id, at))
  const { session = '' } = await acme.signInByPassword(acme.manager.email, managerPassword)

  await sweepAt(now + 90 * day - minute)
  const before = paths(await list(acme, '', session))
  await sweepAt(now + 90 * day + minute)

  expect(before).toEqual(['/young', '/old'])
  expect(paths(await list(acme, '', session))).toEqual(['/young'])
  clock.advance(-day)
  expect(paths(await list(other))).toEqual(['/theirs'])
})

test('SC-5, SC-42: a token opens the endpoint until it is revoked, and the log tells both', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const tokens = '/identity/scim/tokens'
  const made = (await acme.api('POST', tokens, { label: 'Entra ID' })).body
  const ask = () =>
    acme.send('GET', `/scim/${acme.id}/v2/Users?count=1`, undefined, {
      authorization: `Bearer ${made.token}`,
    })

  const open = await ask()
  await acme.usher.provisioningLog.flush()
  const used = (await acme.api('GET', tokens)).body.items[0]
  await acme.api('DELETE', `${tokens}/${made.id}`)
  const closed = await ask()
  await acme.usher.provisioningLog.flush()
  const { items } = await list(acme)

  expect([open.status, closed.status]).toEqual([200, 401])
  expect(closed.headers['www-authenticate']).toMatch(/^Bearer/)
  expect(used).toMatchObject({ lastUsedAt: expect.any(Number), lastUsedIp: '127.0.0.1' })
  expect(items).toMatchObject([
    { status: 401, credential: null, remedy: expect.stringMatching(/without a live token/) },
    {
      status: 200,
      credential: 'Entra ID',
      remedy: null,
      path: '/Users?count=1',
    },
  ])
})
