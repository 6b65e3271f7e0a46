import { describe, expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }
const manager = ['ROLE_MANAGER', 'ROLE_USER']
const nobody = '01900000-0000-7000-8000-000000000000'
const day = 86_400_000

const password = { method: 'password' } as const

async function create(acme: TestOrganisation, person: object) {
  const created = await acme.api('POST', '/users', { ...ada, ...person })
  expect(created.status).toBe(201)
  return created.body
}

const emailsOf = (list: { body: { items: { email: string }[] } }) =>
  list.body.items.map((one) => one.email)

describe('creating', () => {
  test('MU-2, MU-4, MU-5, MU-6, EM-7: a person is Pending, in the list at once, with a mail in the same act and no link for the manager', async () => {
    const acme = await createOrganisation({ ...password, mailbox: { port: 9 } })

    const created = await acme.api('POST', '/users', ada)

    expect(created).toMatchObject({
      status: 201,
      body: {
        ...ada,
        status: 'pending',
        pendingReason: 'not_activated',
        roles: ['ROLE_USER'],
        managedBy: 'portal',
        joinedBy: 'created',
        createdBy: 'Ana Ruiz',
        lastSignInAt: null,
        groups: [{ name: 'Default' }],
        pools: [{ poolName: 'Default', roles: ['ROLE_USER'] }],
      },
    })
    expect(created.body).not.toHaveProperty('activationLink')
    expect((await acme.people()).map((one) => one.email)).toContain(ada.email)
    expect(await acme.mails()).toEqual([{ template: 'activation', recipient: ada.email }])
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test.each(['portal', 'sso_jit'] as const)(
    'MU-1, EM-5: without a mail service under %s the answer holds the link to hand over, this once',
    async (source) => {
      const acme = await createOrganisation({ method: 'sso', source })

      const { activationLink, ...created } = await create(acme, {})

      const opened = await acme.send(
        'GET',
        `/api/v1/activations/${activationLink.split('/').at(-1)}`,
      )
      expect(opened).toMatchObject({ status: 200, body: { email: ada.email } })
      expect((await acme.api('GET', `/users/${created.id}`)).body).toEqual(created)
      expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
      expect(JSON.stringify(await acme.events())).not.toContain(activationLink)
    },
  )

  test('MU-2: roles, groups and pools that are named are given', async () => {
    const acme = await createOrganisation(password)
    const groupId = await acme.makeGroup('Engineers')
    const poolId = await acme.makePool('Production')

    const created = await create(acme, {
      roles: ['ROLE_VIEWER'],
      groups: [groupId],
      pools: [poolId],
    })

    expect(created.roles).toEqual(['ROLE_VIEWER'])
    expect(created.groups.map((one: { name: string }) => one.name).sort()).toEqual([
      'Default',
      'Engineers',
    ])
    expect(created.pools.map((one: { poolName: string }) => one.poolName).sort()).toEqual([
      'Default',
      'Production',
    ])
  })

  test.each([
    ['a group', { groups: [nobody] }],
    ['a pool', { pools: [nobody] }],
  ])('%s that does not exist leaves nothing behind', async (_, wish) => {
    const acme = await createOrganisation(password)
    const before = await acme.rows()

    const refused = await acme.api('POST', '/users', { ...ada, ...wish })

    expect(refused).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual([])
  })

  test.each([
    ['no fields', {}, ['/email', '/firstName', '/lastName']],
    ['a blank name', { ...ada, firstName: '   ' }, ['/firstName']],
    ['a name of 101 characters', { ...ada, lastName: 'a'.repeat(101) }, ['/lastName']],
    ['a control character in a name', { ...ada, firstName: 'A\u0007da' }, ['/firstName']],
    ['an e-mail without a domain', { ...ada, email: 'ada.lovelace' }, ['/email']],
    ['an e-mail of four characters', { ...ada, email: 'a@bc' }, ['/email']],
    [
      'an e-mail of 255 characters',
      { ...ada, email: `${'a'.repeat(243)}@acme.test.x` },
      ['/email'],
    ],
    ['a number as a name', { ...ada, firstName: 7 }, ['/firstName']],
    ['two wrong fields', { ...ada, firstName: '', email: 'x' }, ['/email', '/firstName']],
    ['an unknown role', { ...ada, roles: ['ROLE_ADMIN'] }, ['/roles/0']],
    ['ROLE_ROOT', { ...ada, roles: ['ROLE_ROOT'] }, ['/roles/0']],
  ])('MU-3: %s is told per field and creates nobody', async (_, body, pointers) => {
    const acme = await createOrganisation(password)
    const before = await acme.rows()

    const refused = await acme.api('POST', '/users', body)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    const told = refused.body.errors.map((one: { pointer: string }) => one.pointer).sort()
    expect(told).toEqual(pointers)
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual([])
  })

  test.each([
    ['another letter case', 'ada@acme.test', 'ADA@Acme.TEST'],
    ['blanks around', 'ada@acme.test', '  ada@acme.test '],
    ['the IDN spelling', 'ada@bücher.test', 'ada@xn--bcher-kva.test'],
    ['full-width letters in the domain', 'ada@acme.test', 'ada@ａｃｍｅ.test'],
    ['a decomposed accent', 'zo\u00eb@acme.test', 'zoe\u0308@acme.test'],
  ])('MU-7, GE-8: an e-mail in %s is the same e-mail', async (_, first, second) => {
    const acme = await createOrganisation(password)
    await create(acme, { email: first })
    const before = await acme.rows()

    const refused = await acme.api('POST', '/users', { ...bob, email: second })

    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'user.email_exists', errors: [{ pointer: '/email' }] },
    })
    expect(await acme.rows()).toEqual(before)
  })

  test('GE-8: look-alike letters are another e-mail, and other organisations are independent', async () => {
    const acme = await createOrganisation(password)
    const other = await createOrganisation(password)

    await create(acme, { email: 'paul@acme.test' })
    const cyrillic = await create(acme, { email: 'pаul@acme.test' })
    const elsewhere = await create(other, { email: 'paul@acme.test' })

    expect(cyrillic.status).toBe('pending')
    expect(elsewhere.status).toBe('pending')
    expect(await acme.people()).toHaveLength(3)
  })

  test('MU-7: an e-mail of a deactivated person is taken too', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})
    await acme.api('PUT', `/users/${id}/disable`)

    expect((await acme.api('POST', '/users', ada)).status).toBe(409)
  })

  test('MU-7: two simultaneous creates give one user', async () => {
    const acme = await createOrganisation(password)

    const answers = await Promise.all([1, 2, 3, 4].map(() => acme.api('POST', '/users', ada)))

    expect(answers.map((one) => one.status).sort((a, b) => a - b)).toEqual([201, 409, 409, 409])
    expect(await acme.people()).toHaveLength(2)
    expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
    expect(await acme.mails()).toHaveLength(1)
  })
})

describe('the list', () => {
  /** Five people beside the manager, each found by something of their own. */
  async function populated() {
    const acme = await createOrganisation(password)
    const groupId = await acme.makeGroup('Engineers')
    const poolId = await acme.makePool('Production')
    await create(acme, { email: 'zoe@acme.test', firstName: 'Zoë', lastName: 'Ångström' })
    await create(acme, {
      email: 'ada@acme.test',
      firstName: 'Ada',
      lastName: 'Lovelace',
      groups: [groupId],
    })
    await create(acme, { email: 'bo@acme.test', firstName: 'Bo', lastName: 'Li', pools: [poolId] })
    await create(acme, {
      email: 'carl@other.test',
      firstName: 'Carl',
      lastName: 'Öberg',
      roles: ['ROLE_VIEWER'],
    })
    const gone = await create(acme, {
      email: 'dora@acme.test',
      firstName: 'Dora',
      lastName: '100% Sure',
    })
    await acme.api('PUT', `/users/${gone.id}/disable`)
    return { acme, groupId, poolId }
  }

  test('US-2: search finds parts of names and e-mails without case and accents', async () => {
    const { acme } = await populated()
    const searches: [string, string[]][] = [
      ['lovel', ['ada@acme.test']],
      ['LOVELACE', ['ada@acme.test']],
      ['zoe', ['zoe@acme.test']],
      ['ZOË', ['zoe@acme.test']],
      ['angstrom', ['zoe@acme.test']],
      ['Öberg', ['carl@other.test']],
      ['other.test', ['carl@other.test']],
      ['bo', ['bo@acme.test']],
      ['100%', ['dora@acme.test']],
      ['%%%', []],
      ['___', []],
      ['"ada"', []],
      ["' or 1=1 --", []],
      ['ada AND bob', []],
      ['nobody', []],
    ]

    const found = await Promise.all(
      searches.map(async ([search]) =>
        emailsOf(await acme.api('GET', `/users?search=${encodeURIComponent(search)}`)),
      ),
    )

    expect(found).toEqual(searches.map(([, emails]) => emails))
  })

  test('US-2: someone created a moment ago is found by their name', async () => {
    const acme = await createOrganisation(password)

    await create(acme, { firstName: 'Wilhelmina', lastName: 'Quux' })

    expect(emailsOf(await acme.api('GET', '/users?search=helmina'))).toEqual([ada.email])
  })

  test('US-3: filters apply one by one and together', async () => {
    const { acme, groupId, poolId } = await populated()
    const me = acme.manager.email
    const filters: [string, string[]][] = [
      ['status=active', [me]],
      ['status=deactivated', ['dora@acme.test']],
      ['status=pending&role=ROLE_VIEWER', ['carl@other.test']],
      ['role=ROLE_MANAGER', [me]],
      [`group=${groupId}`, ['ada@acme.test']],
      [`pool=${poolId}`, ['bo@acme.test']],
      [`group=${groupId}&pool=${poolId}`, []],
      ['managedBy=sso_jit', []],
      ['managedBy=portal&status=active', [me]],
      ['lastSignIn=never&role=ROLE_VIEWER', ['carl@other.test']],
      [`group=${groupId}&search=lovelace`, ['ada@acme.test']],
      [`group=${groupId}&search=zoe`, []],
    ]

    const lists = await Promise.all(filters.map(([query]) => acme.api('GET', `/users?${query}`)))

    expect(lists.map(emailsOf)).toEqual(filters.map(([, emails]) => emails))
    expect(lists.map((one) => one.body.total)).toEqual(filters.map(([, emails]) => emails.length))
  })

  test('US-3: the pool filter finds people who reach it through a group', async () => {
    const { acme } = await populated()
    const pools = (await acme.api('GET', '/pools')).body.items
    const byDefault = pools.find((pool: { isDefault: boolean }) => pool.isDefault)

    const found = await acme.api('GET', `/users?pool=${byDefault.id}&size=200`)

    expect(found.body.total).toBe(6)
  })

  test('US-3: people who did not sign in for so many days', async () => {
    const acme = await createOrganisation(password)
    await acme.join(bob)
    acme.usher.clock.advance(31 * day)
    const { session = '' } = await acme.signInByPassword(acme.manager.email, acme.manager.password)

    const month = await acme.api('GET', '/users?lastSignIn=30d', undefined, { session })
    const quarter = await acme.api('GET', '/users?lastSignIn=90d', undefined, { session })

    expect(emailsOf(month)).toEqual([bob.email])
    expect(emailsOf(quarter)).toEqual([])
  })

  test.each(['name', 'email', 'managedBy', 'createdBy', 'updatedBy', 'updatedAt', 'lastSignIn'])(
    'US-3: sorted by %s both ways it is the same list turned round',
    async (field) => {
      const { acme } = await populated()

      const up = await acme.api('GET', `/users?sort=${field},asc`)
      const down = await acme.api('GET', `/users?sort=${field},desc`)

      expect(up.status).toBe(200)
      expect(emailsOf(up)).toHaveLength(6)
      expect(emailsOf(down)).toEqual(emailsOf(up).reverse())
    },
  )

  test('US-3: names sort without case and accents', async () => {
    const { acme } = await populated()

    const list = await acme.api('GET', '/users?sort=name,asc&status=pending')

    expect(emailsOf(list)).toEqual([
      'ada@acme.test',
      'bo@acme.test',
      'carl@other.test',
      'zoe@acme.test',
    ])
  })

  test('GE-4: of several fields each decides where those before it say nothing', async () => {
    const { acme } = await populated()
    await acme.store(`update users set last_sign_in_at = 7, updated_at = 9
      where org_id = '${acme.id}' and email_folded in ('bo@acme.test', 'zoe@acme.test')`)
    const query = 'sort=lastSignIn,desc&sort=updatedAt,asc&sort=email,desc'

    const whole = await acme.api('GET', `/users?${query}&status=pending`)
    const pages = await Promise.all(
      [0, 1, 2].map((page) =>
        acme.api('GET', `/users?${query}&status=pending&size=2&page=${page}`),
      ),
    )

    expect(emailsOf(whole).slice(0, 2)).toEqual(['zoe@acme.test', 'bo@acme.test'])
    expect(emailsOf(whole)).toHaveLength(4)
    expect(pages.flatMap(emailsOf)).toEqual(emailsOf(whole))
    expect(whole.body).toMatchObject({ total: 4, totalExact: true })
  })

  test('GE-4: a field that is named a thousand times counts once', async () => {
    const { acme } = await populated()

    const once = await acme.api('GET', '/users?sort=email,desc')
    const often = await acme.api('GET', `/users?${'sort=email,desc&'.repeat(900)}sort=email,asc`)

    expect(often.status).toBe(200)
    expect(emailsOf(often)).toEqual(emailsOf(once))
  })

  test('GE-4: pages neither repeat nor lose anyone, and answer their total', async () => {
    const { acme } = await populated()

    const pages = await Promise.all(
      [0, 1, 2, 3].map((page) => acme.api('GET', `/users?size=2&page=${page}&sort=email,asc`)),
    )

    const whole = await acme.api('GET', '/users?sort=email,asc')
    expect(pages.flatMap(emailsOf)).toEqual(emailsOf(whole))
    expect(pages.map((one) => one.body.items.length)).toEqual([2, 2, 2, 0])
    expect(pages.map(({ body: { total, page, size } }) => [total, page, size])).toEqual([
      [6, 0, 2],
      [6, 1, 2],
      [6, 2, 2],
      [6, 3, 2],
    ])
  })

  test.each([
    'sort=password,asc',
    'sort=name,up',
    'sort=id',
    'sort=name,asc;drop table users',
    'sort=name,asc&sort=password,asc',
    'sort=name,asc,desc',
    'size=201',
    'size=0',
    'page=-1',
    'page=x',
    'status=gone',
    'managedBy=csv',
    'role=ROLE_ROOT',
    'group=x',
    'lastSignIn=1d',
  ])('GE-4: the query %s is refused', async (query) => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('GET', `/users?${query}`)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })
})

describe('changing', () => {
  test('US-7: the e-mail cannot be edited', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})

    const refused = await acme.api('PATCH', `/users/${id}`, { email: 'new@acme.test' })

    expect(refused).toMatchObject({ status: 400, body: { code: 'user.email_immutable' } })
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe(ada.email)
  })

  test('an edit is recorded with what was before and after', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})

    const changed = await acme.api('PATCH', `/users/${id}`, { lastName: 'King' })
    await acme.api('PATCH', `/users/${id}`, { lastName: ' King ' })

    expect(changed).toMatchObject({
      status: 200,
      body: { lastName: 'King', updatedBy: 'Ana Ruiz' },
    })
    expect(await acme.events('user.changed')).toMatchObject([
      { before: { lastName: 'Lovelace' }, after: { lastName: 'King' }, subject_id: id },
    ])
  })

  test('a change that is refused in one part changes nothing in the other', async () => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('PATCH', `/users/${acme.manager.id}`, {
      firstName: 'Anna',
      roles: ['ROLE_USER'],
    })

    expect(refused).toMatchObject({ status: 409, body: { code: 'manager.last_working' } })
    expect((await acme.api('GET', `/users/${acme.manager.id}`)).body).toMatchObject({
      firstName: 'Ana',
      roles: manager,
    })
    expect(await acme.eventNames()).toEqual([])
  })

  test('RB-3, RB-11: roles are exactly those sent, each with its provenance', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})

    const changed = await acme.api('PATCH', `/users/${id}`, {
      roles: ['ROLE_VIEWER', 'ROLE_MANAGER'],
    })

    expect(changed.body.roles.sort()).toEqual(['ROLE_MANAGER', 'ROLE_VIEWER'])
    expect(changed.body.roleLabel).toBe('Manager')
    expect(changed.body.roleGrants).toContainEqual({
      role: 'ROLE_MANAGER',
      provenance: expect.objectContaining({ kind: 'manual', actor: 'Ana Ruiz' }),
    })
    expect((await acme.eventNames()).slice(2)).toEqual([
      'user.role_granted',
      'user.role_granted',
      'user.role_revoked',
    ])
  })
})

/** What every change moves on. */
const changing = ({ updatedAt, updatedBy, version }: Record<string, unknown>) => ({
  updatedAt,
  updatedBy,
  version,
})

describe('deactivating and deleting', () => {
  test('US-8, US-11, SE-2: deactivation ends every session on the very next call and can be repeated', async () => {
    const acme = await createOrganisation(password)
    const { id, session } = await acme.join(bob, ['ROLE_VIEWER'])
    const before = await acme.api('GET', '/users', undefined, { session })

    const first = await acme.api('PUT', `/users/${id}/disable`)
    const after = await acme.api('GET', '/users', undefined, { session })
    const second = await acme.api('PUT', `/users/${id}/disable`)

    expect(before.status).toBe(200)
    expect([first.status, second.status]).toEqual([204, 204])
    expect(after).toMatchObject({ status: 401, body: { code: 'auth.required' } })
    expect(await acme.events('user.deactivated')).toMatchObject([{ data: { sessionsEnded: 1 } }])
    const sessions = await acme.api('GET', `/users/${id}/sessions`)
    expect(sessions.body.items).toEqual([])
  })

  test('US-8: enabling restores roles, groups and pools, not sessions', async () => {
    const acme = await createOrganisation(password)
    const { id, session } = await acme.join(bob, ['ROLE_VIEWER'])
    const poolId = await acme.makePool('Production')
    await acme.api('POST', `/users/${id}/pool-grants`, { poolId })
    const before = (await acme.api('GET', `/users/${id}`)).body
    await acme.api('PUT', `/users/${id}/disable`)

    const enabled = [
      await acme.api('PUT', `/users/${id}/enable`),
      await acme.api('PUT', `/users/${id}/enable`),
    ]

    expect(enabled.map((one) => one.status)).toEqual([204, 204])
    const after = (await acme.api('GET', `/users/${id}`)).body
    expect(after).toEqual({ ...before, ...changing(after) })
    expect((await acme.api('GET', '/users', undefined, { session })).status).toBe(401)
    expect(await acme.events('user.enabled')).toHaveLength(1)
  })

  test('US-8: a pending person who was deactivated is pending again', async () => {
    const acme = await createOrganisation(password)
    const { id, activationLink } = await create(acme, {})
    await acme.api('PUT', `/users/${id}/disable`)
    const dead = await acme.send('GET', `/api/v1/activations/${activationLink.split('/').at(-1)}`)

    await acme.api('PUT', `/users/${id}/enable`)

    expect(dead).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
    expect((await acme.api('GET', `/users/${id}`)).body.status).toBe('pending')
  })

  test.each([
    ['PUT', '/disable'],
    ['PUT', '/enable'],
    ['DELETE', ''],
    ['GET', ''],
  ])('US-8: %s on an unknown person%s is 404', async (method, path) => {
    const acme = await createOrganisation(password)

    const refused = await acme.api(method, `/users/${nobody}${path}`)

    expect(refused).toMatchObject({ status: 404, body: { code: 'resource.not_found' } })
  })

  test('US-9, US-10: only a deactivated person is deleted, for good, and the audit remains', async () => {
    const acme = await createOrganisation(password)
    const { id } = await acme.join(bob)
    const early = await acme.api('DELETE', `/users/${id}`)
    await acme.api('PUT', `/users/${id}/disable`)

    const deleted = await acme.api('DELETE', `/users/${id}`)

    expect(early).toMatchObject({ status: 409, body: { code: 'user.must_deactivate_first' } })
    expect(deleted.status).toBe(204)
    expect((await acme.api('GET', `/users/${id}`)).status).toBe(404)
    expect((await acme.api('GET', '/users')).body.total).toBe(1)
    const audit = await acme.api('GET', `/audit-events?userId=${id}`)
    expect(audit.body.items.map((one: { type: string }) => one.type)).toContain('user.deleted')
    expect(await acme.rows()).toMatchObject({
      users: 1,
      user_roles: 2,
      group_members: 1,
      sessions: 1,
    })
  })

  test('US-10: a new person with the e-mail of a deleted one is a stranger with a new id', async () => {
    const acme = await createOrganisation(password)
    const { id } = await acme.join(bob, ['ROLE_MANAGER', 'ROLE_USER'])
    await acme.api('PUT', `/users/${id}/disable`)
    await acme.api('DELETE', `/users/${id}`)

    const again = await create(acme, bob)
    const old = await acme.signInByPassword(bob.email, acme.manager.password)

    expect(again).toMatchObject({ roles: ['ROLE_USER'], status: 'pending' })
    expect(again.id).not.toBe(id)
    expect(old.status).toBe(401)
  })

  test('US-10: nobody deletes themselves', async () => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('DELETE', `/users/${acme.manager.id}`)

    expect(refused).toMatchObject({ status: 409, body: { code: 'user.self_delete' } })
  })

  test.each<[string, string, object | undefined]>([
    ['PUT', '/disable', undefined],
    ['PATCH', '', { roles: ['ROLE_USER'] }],
    ['PATCH', '', { roles: [] }],
  ])(
    'US-13: the last working manager stays, whatever %s %s %j asks',
    async (method, path, body) => {
      const acme = await createOrganisation(password)
      await create(acme, { roles: manager })

      const refused = await acme.api(method, `/users/${acme.manager.id}${path}`, body)

      expect(refused).toMatchObject({ status: 409, body: { code: 'manager.last_working' } })
      expect(await acme.eventNames()).toEqual(['user.joined', 'activation.issued'])
    },
  )

  const acts = {
    demote: ['PATCH', '', { roles: ['ROLE_USER'] }],
    disable: ['PUT', '/disable', undefined],
  } as const

  test.each([
    { method: 'password', one: 'demote', other: 'demote' },
    { method: 'password', one: 'demote', other: 'disable' },
    { method: 'password', one: 'disable', other: 'disable' },
    { method: 'sso', one: 'demote', other: 'demote' },
    { method: 'sso', one: 'disable', other: 'demote' },
  ] as const)(
    'US-14: of two managers who $one and $other each other at once under $method, one succeeds',
    async ({ method, one, other }) => {
      const acme = await createOrganisation({ method })
      const { id, session } = await acme.join(bob, manager)
      const tokens = new Map<string, string>()
      for (const by of [session, acme.session]) tokens.set(by, await acme.csrfOf(by))
      const act = (name: keyof typeof acts, who: string, by: string) => {
        const [verb, path, body] = acts[name]
        const headers = { 'x-csrf-token': tokens.get(by) ?? '' }
        return acme.api(verb, `/users/${who}${path}`, body, { session: by, headers })
      }

      const answers = await Promise.all([
        act(one, id, acme.session),
        act(other, acme.manager.id, session),
      ])

      const refusals = answers.filter((answer) => answer.status >= 400)
      expect(refusals).toHaveLength(1)
      expect(refusals[0]?.body.code).toMatch(/^(manager\.last_working|auth\.(forbidden|required))$/)
      const left = await acme.usher.store.read
        .selectFrom('users')
        .innerJoin('user_roles', 'user_roles.user_id', 'users.id')
        .select('users.id')
        .where('users.org_id', '=', acme.id)
        .where('role', '=', 'ROLE_MANAGER')
        .where('status', '=', 'active')
        .execute()
      expect(left).toHaveLength(1)
    },
  )

  test('US-13: under SSO a manager who never signed in by it does not count', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    await create(acme, { roles: manager })

    const refused = await acme.api('PUT', `/users/${acme.manager.id}/disable`)

    expect(refused).toMatchObject({ status: 409, body: { code: 'manager.last_working' } })
  })
})

describe('activation', () => {
  test('MU-8, MU-9: the link works once, by post, and the act is the person’s own', async () => {
    const acme = await createOrganisation(password)
    const { id, activationLink } = await create(acme, {})
    const path = `/api/v1/activations/${activationLink.split('/').at(-1)}`
    const body = { password: acme.manager.password }

    const opened = [await acme.send('GET', path), await acme.send('GET', path)]
    const first = await acme.send('POST', path, body)
    const second = await acme.send('POST', path, body)

    expect(opened.map((one) => one.status)).toEqual([200, 200])
    expect(first.status).toBe(200)
    expect(second).toMatchObject({ status: 410, body: { code: 'activation.expired' } })
    expect((await acme.api('GET', `/users/${id}`)).body).toMatchObject({
      status: 'active',
      updatedBy: 'Ada Lovelace',
    })
    expect((await acme.events()).map((one) => [one.type, one.actor])).toEqual([
      ['user.joined', 'Ana Ruiz'],
      ['activation.issued', 'Ana Ruiz'],
      ['user.password_set', 'Ada Lovelace'],
      ['user.activated', 'Ada Lovelace'],
      ['auth.succeeded', 'Ada Lovelace'],
    ])
  })

  test('MU-9: a newer link kills the older one, and each lives seven days', async () => {
    const acme = await createOrganisation(password)
    const made = await create(acme, {})
    const again = await acme.api('POST', `/users/${made.id}/activation-link`)
    const [older = '', newer = ''] = [made, again.body].map(
      ({ activationLink }) => `/api/v1/activations/${activationLink.split('/').at(-1)}`,
    )

    const answers = [await acme.send('GET', older), await acme.send('GET', newer)]
    acme.usher.clock.advance(7 * day + 1_000)
    answers.push(await acme.send('GET', newer))
    answers.push(await acme.send('GET', '/api/v1/activations/unknown'))

    expect(answers.map((one) => one.status)).toEqual([410, 200, 410, 410])
  })

  test('MU-9: of two who use one link at once, one chooses the password', async () => {
    const acme = await createOrganisation(password)
    const { activationLink } = await create(acme, {})
    const path = `/api/v1/activations/${activationLink.split('/').at(-1)}`

    const answers = await Promise.all(
      ['Correct-horse-7', 'Other-horse-8'].map((chosen) =>
        acme.send('POST', path, { password: chosen }),
      ),
    )

    expect(answers.map((one) => one.status).sort((a, b) => a - b)).toEqual([200, 410])
    expect(await acme.events('user.password_set')).toHaveLength(1)
  })

  test.each(['/activation-link', '/reset-link'])(
    'MU-11: a key that may write people opens no account of a manager by %s',
    async (path) => {
      const acme = await createOrganisation(password)
      const { id } = await create(acme, { roles: manager })
      const key = await acme.apiKey(['users:write'])
      const begun = (await acme.eventNames()).length
      const who = path === '/reset-link' ? acme.manager.id : id

      const refused = await acme.byKey(key, 'POST', `/users/${who}${path}`)
      const many = await acme.byKey(key, 'POST', '/users/resend-activation', { ids: [id] })

      expect(refused).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
      expect(many.body.items).toMatchObject([{ id, status: 403, code: 'role.escalation' }])
      expect((await acme.eventNames()).slice(begun)).toEqual([])
    },
  )

  test('EM-7: an active person has no activation link', async () => {
    const acme = await createOrganisation(password)

    const refused = await acme.api('POST', `/users/${acme.manager.id}/activation-link`)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    expect(await acme.eventNames()).toEqual([])
  })
})

describe('access', () => {
  test('RB-7, RB-9: everyone is in the Default group and reaches the Default pool with ROLE_USER', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, { roles: ['ROLE_VIEWER'] })

    const { body } = await acme.api('GET', `/users/${id}/access?explain=true`)

    expect(body.items).toContainEqual(
      expect.objectContaining({
        scope: 'pool',
        poolName: 'Default',
        role: 'ROLE_USER',
        permissions: ['pool.use'],
        paths: [
          expect.objectContaining({
            sentence: 'ROLE_USER on Default: through the group Default (everybody has it).',
          }),
        ],
      }),
    )
  })

  test('RB-10, RB-12: removing one way leaves what another still gives, and each is told', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})
    const pools = (await acme.api('GET', '/pools')).body.items
    const grant = await acme.api('POST', `/users/${id}/pool-grants`, { poolId: pools[0].id })
    const both = (await acme.api('GET', `/users/${id}/access`)).body.items
    const removed = await acme.api('DELETE', `/users/${id}/pool-grants/${grant.body.id}`)
    const one = (await acme.api('GET', `/users/${id}/access`)).body.items

    const paths = (items: { scope: string; paths: unknown[] }[]) =>
      items.find((item) => item.scope === 'pool')?.paths.length
    expect(removed.status).toBe(204)
    expect([paths(both), paths(one)]).toEqual([2, 1])
    expect((await acme.eventNames()).slice(2)).toEqual(['pool.granted', 'pool.revoked'])
  })

  test('a grant is the person’s own: it cannot be taken by the path of another', async () => {
    const acme = await createOrganisation(password)
    const first = await create(acme, {})
    const second = await create(acme, bob)
    const poolId = await acme.makePool('Production')
    const grant = await acme.api('POST', `/users/${first.id}/pool-grants`, { poolId })

    const refused = await acme.api('DELETE', `/users/${second.id}/pool-grants/${grant.body.id}`)

    expect(refused.status).toBe(404)
    expect((await acme.api('GET', `/users/${first.id}`)).body.pools).toHaveLength(2)
  })

  test('granting twice is one grant and one event', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})
    const poolId = await acme.makePool('Production')

    const first = await acme.api('POST', `/users/${id}/pool-grants`, { poolId })
    const second = await acme.api('POST', `/users/${id}/pool-grants`, { poolId })

    expect(second.body.id).toBe(first.body.id)
    expect(await acme.events('pool.granted')).toHaveLength(1)
  })

  test('US-15, RB-8: nobody is removed from the Default group', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})
    const groups = (await acme.api('GET', '/groups')).body.items

    const refused = await acme.api('DELETE', `/groups/${groups[0].id}/members/${id}`)

    expect(refused).toMatchObject({ status: 409, body: { code: 'group.default_membership' } })
  })

  test('members of other groups come and go, each with an event', async () => {
    const acme = await createOrganisation(password)
    const { id } = await create(acme, {})
    const groupId = await acme.makeGroup('Engineers')
    const member = `/groups/${groupId}/members`

    const added = [
      await acme.api('POST', member, { userId: id }),
      await acme.api('POST', member, { userId: id }),
    ]
    const removed = [
      await acme.api('DELETE', `${member}/${id}`),
      await acme.api('DELETE', `${member}/${id}`),
    ]

    expect(added.map((one) => one.status)).toEqual([204, 204])
    expect(removed.map((one) => one.status)).toEqual([204, 404])
    expect((await acme.eventNames()).slice(2)).toEqual([
      'group.created',
      'group.member_added',
      'group.member_removed',
    ])
  })

  test('MU-11: a key takes nothing that a manager promised to somebody else', async () => {
    const acme = await createOrganisation(password)
    const key = await acme.apiKey(['users:write'])
    const invited = await acme.api('POST', '/invitations', { emails: [bob.email], roles: manager })
    const [{ id }] = invited.body.items
    const begun = (await acme.eventNames()).length

    const resent = await acme.byKey(key, 'POST', `/invitations/${id}/resend`)
    const made = await acme.byKey(key, 'POST', '/users', {
      ...bob,
      password: 'F1rst-horse-battery!',
    })

    expect(resent).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
    expect(made).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
    expect((await acme.eventNames()).slice(begun)).toEqual([])
    expect((await acme.api('POST', `/invitations/${id}/resend`)).status).toBe(200)
  })

  test('MU-11: an API key gives no role that holds more than its scopes', async () => {
    const acme = await createOrganisation(password)
    const key = await acme.apiKey(['users:write'])
    const { id } = await create(acme, {})

    const created = await acme.byKey(key, 'POST', '/users', { ...bob, roles: manager })
    const promoted = await acme.byKey(key, 'PATCH', `/users/${id}`, { roles: manager })
    const plain = await acme.byKey(key, 'POST', '/users', { ...bob, roles: ['ROLE_USER'] })

    expect(created).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
    expect(promoted).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
    expect(plain.status).toBe(201)
    expect((await acme.api('GET', `/users/${id}`)).body.roles).toEqual(['ROLE_USER'])
  })

  test('AK-5: an unknown, an expired and another organisation’s key open nothing', async () => {
    const acme = await createOrganisation(password)
    const other = await createOrganisation(password)
    const theirs = await other.apiKey(['users:read'])
    const own = await acme.apiKey(['users:read'])

    const before = await acme.byKey(own, 'GET', '/users')
    const refused = [
      await acme.byKey('usk_unknown', 'GET', '/users'),
      await acme.byKey(theirs, 'GET', '/users'),
      await acme.byKey('', 'GET', '/users'),
    ]
    acme.usher.clock.advance(91 * day)
    refused.push(await acme.byKey(own, 'GET', '/users'))

    expect(before.status).toBe(200)
    expect(refused.map((one) => [one.status, one.body.code])).toEqual(
      Array(4).fill([401, 'auth.required']),
    )
  })
})
