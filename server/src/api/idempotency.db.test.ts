import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'
import { installation } from '../store/index.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const password = { method: 'password' } as const
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })
const day = 86_400_000

test('GE-6: the same key and body return the first answer, and the act is done once', async () => {
  const acme = await createOrganisation(password)

  const first = await acme.api('POST', '/users', ada, keyed('one'))
  const second = await acme.api('POST', '/users', ada, keyed('one'))

  expect(first.status).toBe(201)
  expect(second.status).toBe(201)
  expect(second.text).toBe(first.text)
  expect(second.headers).toMatchObject({
    'idempotency-replayed': 'true',
    'content-type': expect.stringContaining('application/json'),
  })
  expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
  expect(await acme.mails()).toHaveLength(1)
})

test('GE-6: the same key with another body or address is refused and changes nothing', async () => {
  const acme = await createOrganisation(password)
  await acme.api('POST', '/users', ada, keyed('one'))
  const before = await acme.rows()

  const refused = [
    await acme.api('POST', '/users', bob, keyed('one')),
    await acme.api('POST', '/break-glass-accounts', emergency, keyed('one')),
  ]

  for (const answer of refused) {
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'request.idempotency_mismatch' },
    })
  }
  expect(await acme.rows()).toEqual(before)
})

const emergency = { email: 'emergency@acme.test', password: 'Correct-horse-7' }

test('GE-6: of many at the same moment one acts, and all get its answer', async () => {
  const acme = await createOrganisation(password)

  const answers = await Promise.all(
    Array.from({ length: 5 }, () => acme.api('POST', '/users', ada, keyed('one'))),
  )

  expect(answers.map((one) => one.status)).toEqual(Array(5).fill(201))
  expect(new Set(answers.map((one) => one.body.id)).size).toBe(1)
  expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
})

test('GE-6: a refused request may be sent again under its key', async () => {
  const acme = await createOrganisation()
  const refused = await acme.api('POST', '/users', ada, keyed('one'))
  await acme.api('PUT', '/identity/login-method', { method: 'password' })

  const created = await acme.api('POST', '/users', ada, keyed('one'))

  expect([refused.status, created.status]).toEqual([409, 201])
})

test('GE-6: a key is its caller’s own, in their organisation', async () => {
  const acme = await createOrganisation(password)
  const other = await createOrganisation(password)
  const { session } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
  const first = await acme.api('POST', '/users', ada, keyed('one'))

  const elsewhere = await other.api('POST', '/users', ada, keyed('one'))
  const colleague = await acme.api('POST', '/users', ada, { ...keyed('one'), session })

  expect(elsewhere.status).toBe(201)
  expect(elsewhere.body.id).not.toBe(first.body.id)
  expect(colleague).toMatchObject({ status: 409, body: { code: 'user.email_exists' } })
})

test('GE-6: whoever lost the right, or is nobody, gets no kept answer', async () => {
  const acme = await createOrganisation(password)
  const { id, session } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
  await acme.api('POST', '/users', ada, { ...keyed('one'), session })
  await acme.api('PATCH', `/users/${id}`, { roles: ['ROLE_USER'] })

  const demoted = await acme.api('POST', '/users', ada, { ...keyed('one'), session })
  const nobody = await acme.send('POST', `/api/v1/orgs/${acme.id}/users`, ada, {
    'idempotency-key': 'one',
  })

  expect(demoted).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
  expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.required' } })
})

test('GE-6, SE-7: what is shown once is repeated under its key and not readable in the database', async () => {
  const acme = await createOrganisation(password)
  const first = await acme.api('POST', '/break-glass-accounts', emergency, keyed('one'))
  const rows = await acme.usher.store.read
    .selectFrom('idempotency')
    .selectAll()
    .where('org_id', '=', acme.id)
    .execute()

  const second = await acme.api('POST', '/break-glass-accounts', emergency, keyed('one'))

  expect(first.status).toBe(201)
  expect(second.body.totp.secret).toBe(first.body.totp.secret)
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain(first.body.totp.secret)
})

test('GE-6: an act without an answer’s body is done once too', async () => {
  const acme = await createOrganisation(password)
  const { body } = await acme.api('POST', '/users', ada)
  const path = `/groups/${await acme.makeGroup('Engineers')}/members`

  const answers = [
    await acme.api('POST', path, { userId: body.id }, keyed('one')),
    await acme.api('POST', path, { userId: body.id }, keyed('one')),
  ]

  expect(answers.map((one) => [one.status, one.text])).toEqual([
    [204, ''],
    [204, ''],
  ])
  expect(await acme.events('group.member_added')).toHaveLength(1)
})

test('GE-6: after a day the key is free again', async () => {
  const acme = await createOrganisation(password)
  const key = await acme.apiKey(['users:write'])
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'one' }
  const url = `/api/v1/orgs/${acme.id}/users`
  await acme.send('POST', url, ada, headers)
  acme.usher.clock.advance(day + 1_000)

  const other = await acme.send('POST', url, bob, headers)
  const again = await acme.send('POST', url, bob, headers)
  const now = acme.usher.clock.now() + day + 1_000
  await acme.usher.store.write((db) => installation.removeExpired(db, acme.id, now))
  const kept = await acme.usher.store.read
    .selectFrom('idempotency')
    .select('key_hash')
    .where('org_id', '=', acme.id)
    .execute()

  expect(other.status).toBe(201)
  expect(again.text).toBe(other.text)
  expect(kept).toEqual([])
})

test.each(['', 'two words', 'ümlaut', 'x'.repeat(256)])(
  'GE-6: %j is no Idempotency-Key',
  async (key) => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('POST', '/users', ada, keyed(key))

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(await acme.eventNames()).toEqual([])
  },
)
