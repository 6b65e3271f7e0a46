import { expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { signInRoot } from '../../testing/root.ts'
import { enrolTotp } from '../../testing/second-factor.ts'
import { platformId } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'
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

/** A call about oneself, under a key. */
async function mine(
  acme: TestOrganisation,
  path: string,
  body: object | undefined,
  session = acme.session,
) {
  const headers = {
    cookie: `usher_session=${session}`,
    'x-csrf-token': await acme.csrfOf(session),
    'idempotency-key': 'one',
  }
  return acme.send('POST', `/api/v1/me${path}`, body, headers)
}

const kept = async (acme: TestOrganisation, organisationId = acme.id) =>
  acme.usher.store.read
    .selectFrom('idempotency')
    .selectAll()
    .where('org_id', '=', organisationId)
    .execute()

test('GE-6, SE-7: a key of one’s own is made once, shown again under its key, and not readable in the database', async () => {
  const acme = await createOrganisation(password)
  const wish = { label: 'my script', scopes: ['users:read'] }

  const first = await mine(acme, '/keys', wish)
  const second = await mine(acme, '/keys', wish)
  const other = await mine(acme, '/keys', { ...wish, label: 'another' })

  const rows = await kept(acme)
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.text).toBe(first.text)
  expect(other).toMatchObject({ status: 409, body: { code: 'request.idempotency_mismatch' } })
  expect(await acme.eventNames()).toEqual(['api_key.created'])
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain(first.body.key)
})

test('GE-6: what somebody did about themselves is answered to nobody else', async () => {
  const acme = await createOrganisation(password)
  const { session } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
  const wish = { label: 'my script', scopes: ['users:read'] }
  const first = await mine(acme, '/keys', wish)

  const colleague = await mine(acme, '/keys', wish, session)
  const nobody = await acme.send('POST', '/api/v1/me/keys', wish, { 'idempotency-key': 'one' })
  const forged = await acme.send('POST', '/api/v1/me/keys', wish, {
    cookie: `usher_session=${acme.session}`,
    'idempotency-key': 'one',
  })

  expect(colleague.status).toBe(201)
  expect(colleague.body.key).not.toBe(first.body.key)
  expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.required' } })
  expect(forged).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
})

test('GE-6: recovery codes are not made anew by a request that is sent again', async () => {
  const acme = await createOrganisation(password)
  const { session } = await acme.join(bob)
  await enrolTotp(acme, session)

  const first = await mine(acme, '/second-factor/recovery-codes', undefined, session)
  const second = await mine(acme, '/second-factor/recovery-codes', undefined, session)

  expect(first.status).toBe(200)
  expect(second.body).toEqual(first.body)
  expect(await acme.events('recovery_codes.made')).toHaveLength(1)
})

test('GE-6: ROLE_ROOT makes an organisation once, whose set-up link is not readable in the database', async () => {
  const { acme, root } = await signInRoot()
  const wish = (slug: string) => ({
    name: 'Beta',
    slug,
    manager: { ...bob, email: `${newId()}@beta.test` },
  })
  const [beta, gamma] = [wish(`beta-${newId().slice(-12)}`), wish(`gamma-${newId().slice(-12)}`)]
  const key = newId()
  const create = (body: object, headers: Record<string, string> = root) =>
    acme.send('POST', '/api/v1/platform/orgs', body, { ...headers, 'idempotency-key': key })

  const first = await create(beta)
  const second = await create(beta)
  const other = await create(gamma)
  const elsewhere = await create(beta, { cookie: root.cookie })

  const rows = await kept(acme, platformId)
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.text).toBe(first.text)
  expect(other).toMatchObject({ status: 409, body: { code: 'request.idempotency_mismatch' } })
  expect(elsewhere).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
  expect(JSON.stringify(rows)).not.toContain(first.body.setupUrl.split('.').at(-1))
})

test('GE-6: what opens a session is never kept: who assists again gets a session again', async () => {
  const { acme, root } = await signInRoot()
  const assist = () =>
    acme.send(
      'POST',
      `/api/v1/platform/orgs/${acme.id}/assist`,
      { reason: 'Ana asked' },
      {
        ...root,
        'idempotency-key': acme.id,
      },
    )

  const sessions = [await assist(), await assist()].map(({ headers }) =>
    String(headers['set-cookie']),
  )

  expect(sessions[1]).toContain('usher_session=')
  expect(sessions[1]).not.toBe(sessions[0])
})

test('GE-6: a file is not kept, and is written again in full', async () => {
  const acme = await createOrganisation(password)
  const { id } = (await acme.api('POST', '/users', ada)).body
  await acme.store(`update users set pending_reason = 'method_changed' where id = '${id}'`)
  const links = () => acme.api('POST', '/identity/login-method/links', undefined, keyed('one'))

  const files = [await links(), await links()]

  for (const { status, headers, text } of files) {
    expect(status).toBe(200)
    expect(headers['content-type']).toContain('text/csv')
    expect(text).toContain(ada.email)
  }
  expect(await kept(acme)).toEqual([])
})
