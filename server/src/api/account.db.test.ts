import { describe, expect, test } from 'vitest'
import type { TestOrganisation } from '../../testing/organisation.ts'
import {
  ada,
  byPassword,
  enrolTotp,
  me,
  nextCode,
  prove,
  withPassword,
} from '../../testing/second-factor.ts'

const day = 86_400_000
const make = (acme: TestOrganisation, wish: object = {}, session = acme.session) =>
  me(acme, 'POST', '/keys', { label: 'my script', scopes: ['users:read'], ...wish }, session)
const keysOf = async (acme: TestOrganisation, session = acme.session) =>
  (await me(acme, 'GET', '/keys', undefined, session)).body

describe('US-17: "Sign out everywhere"', () => {
  const open = async (acme: TestOrganisation) => (await withPassword(acme)).session ?? ''
  const opens = async (acme: TestOrganisation, session: string) =>
    (await me(acme, 'GET', '', undefined, session)).status === 200

  test('ends every session but this one, and nobody else’s', async () => {
    const acme = await byPassword()
    const { session: hers } = await acme.join(ada)
    const elsewhere = await open(acme)

    const ended = await me(acme, 'POST', '/sessions/end', { keepThis: true })

    expect(ended.body).toEqual({ ended: 1 })
    expect(await opens(acme, elsewhere)).toBe(false)
    expect(await opens(acme, acme.session)).toBe(true)
    expect(await opens(acme, hers)).toBe(true)
    expect((await acme.events('session.ended'))[0]).toMatchObject({
      actor: 'Ana Ruiz',
      subject: acme.manager.email,
      data: { everywhere: true, ended: 1 },
    })
  })

  test('ends this one too, and what is half-way to another', async () => {
    const acme = await byPassword()
    const { secret } = await enrolTotp(acme)
    const half = await withPassword(acme)

    const ended = await me(acme, 'POST', '/sessions/end', { keepThis: false })

    expect(ended.body).toEqual({ ended: 1 })
    expect(String(ended.headers['set-cookie'])).toContain('usher_session=;')
    expect(await opens(acme, acme.session)).toBe(false)
    const late = await prove(acme, half.ticket, { totp: nextCode(acme, secret) })
    expect(late).toMatchObject({ status: 401, body: { code: 'auth.required' } })
  })
})

describe('US-17: personal API keys', () => {
  test('are shown once, stored hashed, expire after 90 days, and their owner hears of them', async () => {
    const acme = await byPassword()

    const made = await make(acme)
    const { items, scopes } = await keysOf(acme)

    const { key, ...rest } = made.body
    expect(made.status).toBe(201)
    expect(key).toMatch(/^usp_[\w-]{43}$/)
    expect(items).toEqual([rest])
    expect(rest).toMatchObject({ label: 'my script', last3: key.slice(-3), lastUsedAt: null })
    expect(Math.round((rest.expiresAt - rest.createdAt) / day)).toBe(90)
    expect(scopes).toContain('identity:write')
    const rows = await acme.usher.store.read.selectFrom('api_keys').selectAll().execute()
    expect(JSON.stringify([rows, await acme.events()])).not.toContain(key)
    expect(await acme.eventNames()).toEqual(['api_key.created'])
    expect((await acme.mails()).map(({ template }) => template)).toEqual(['security_notice'])
  })

  test('AK-2 to AK-4, SE-6: keep the rules of label, scopes, expiry and fresh sign-in', async () => {
    const acme = await byPassword()
    const { session } = await acme.join(ada)

    const answers = [
      await make(acme, { label: '_x' }),
      await make(acme, { scopes: [] }),
      await make(acme, { scopes: ['pools:read'] }),
      await make(acme, { expiresInDays: 6 }),
      await make(acme, { expiresInDays: 366 }),
      await make(acme, { scopes: ['users:write'] }, session),
    ]
    acme.usher.clock.advance(11 * 60_000)
    answers.push(await make(acme))

    expect(answers.map(({ body }) => body.code)).toEqual([
      'api_key.label_invalid',
      'api_key.scope_required',
      'request.invalid',
      'request.invalid',
      'request.invalid',
      'role.escalation',
      'auth.reauth_required',
    ])
  })

  test('do what their owner may, as far as their scopes go, and say where they were used', async () => {
    const acme = await byPassword()
    const { key } = (await make(acme)).body

    const read = await acme.byKey(key, 'GET', '/users')
    const write = await acme.byKey(key, 'POST', '/users', ada)
    const other = await byPassword()
    const elsewhere = await other.byKey(key, 'GET', '/users')

    expect([read.status, write.status, elsewhere.status]).toEqual([200, 403, 401])
    expect(write.body.code).toBe('api_key.scope_missing')
    expect((await keysOf(acme)).items[0]).toMatchObject({
      lastUsedAt: expect.any(Number),
      lastUsedIp: '127.0.0.1',
    })
  })

  test('AK-7: never do more than their owner may at this moment', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada, ['ROLE_MANAGER', 'ROLE_USER'])
    const { key } = (await make(acme, { scopes: ['users:write', 'users:read'] }, session)).body
    const before = await acme.byKey(key, 'GET', '/users')

    await acme.api('PATCH', `/users/${id}`, { roles: ['ROLE_USER'] })

    const list = await acme.byKey(key, 'GET', '/users')
    const promote = await acme.byKey(key, 'PATCH', `/users/${id}`, { roles: ['ROLE_MANAGER'] })
    const self = await acme.byKey(key, 'GET', `/users/${id}`)
    expect(before.status).toBe(200)
    expect([list.body.code, promote.body.code]).toEqual(['auth.forbidden', 'auth.forbidden'])
    expect(self).toMatchObject({ status: 200, body: { email: ada.email } })
  })

  test('AK-6, AK-7, US-11: end when they are revoked, expire, or their owner is deactivated', async () => {
    const acme = await byPassword()
    const { id, session } = await acme.join(ada)
    const hers = (await make(acme, {}, session)).body
    const mine = (await make(acme)).body
    const late = (await make(acme, { label: 'a week', expiresInDays: 7 })).body
    const status = async ({ key }: { key: string }) =>
      (await acme.byKey(key, 'GET', `/users/${id}`)).status

    const notHers = await me(acme, 'DELETE', `/keys/${hers.id}`)
    const alive = await status(hers)
    await acme.api('PUT', `/users/${id}/disable`)
    await acme.api('PUT', `/users/${id}/enable`)
    const revoked = await me(acme, 'DELETE', `/keys/${mine.id}`)
    const ended = [await status(hers), await status(mine)]
    acme.usher.clock.advance(7 * day + 1)

    expect([notHers.status, alive, revoked.status]).toEqual([404, 200, 204])
    expect([...ended, await status(late)]).toEqual([401, 401, 401])
    expect(await acme.eventNames()).toContain('api_key.revoked')
  })
})

test('GE-4: one’s keys come in pages, and in the order asked for', async () => {
  const acme = await byPassword()
  for (const label of ['deploy', 'backup', 'report']) await make(acme, { label })
  const see = async (query: string) => (await me(acme, 'GET', `/keys?${query}`)).body

  const first = await see('sort=label&size=2')
  const second = await see('sort=label&size=2&page=1')

  expect(first).toMatchObject({
    items: [{ label: 'backup' }, { label: 'deploy' }],
    total: 3,
    page: 0,
    size: 2,
    scopes: expect.arrayContaining(['users:read']),
  })
  expect(second.items).toMatchObject([{ label: 'report' }])
  expect(await see('sort=key')).toMatchObject({ code: 'request.invalid' })
})
