import { describe, expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { groups } from '../store/index.ts'

const nobody = '01990000-0000-7000-8000-000000000000'

const plain = () => createOrganisation({ method: 'password' })

async function create(acme: TestOrganisation, name: string): Promise<string> {
  const created = await acme.api('POST', '/users', {
    email: `${name.toLowerCase()}@acme.test`,
    firstName: name,
    lastName: 'Lovelace',
  })
  expect(created.status).toBe(201)
  return created.body.id
}

async function makeGroup(acme: TestOrganisation, name: string): Promise<string> {
  const made = await acme.api('POST', '/groups', { name })
  expect(made.status).toBe(201)
  return made.body.id
}

/** A group that the identity provider owns, while SCIM is the source. */
async function ownedByScim() {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const id = await acme.makeGroup('Engineers')
  await acme.store(`update groups set managed_by = 'scim' where id = '${id}'`)
  return { acme, id }
}

describe('RB-14: groups', () => {
  test('are created with a name of their own, renamed and deleted, each with an event', async () => {
    const acme = await plain()

    const made = await acme.api('POST', '/groups', { name: '  Engineers ' })
    const renamed = await acme.api('PATCH', `/groups/${made.body.id}`, { name: 'Engineering' })
    const again = await acme.api('PATCH', `/groups/${made.body.id}`, { name: 'Engineering' })
    const deleted = await acme.api('DELETE', `/groups/${made.body.id}`)

    expect(made).toMatchObject({
      status: 201,
      body: { name: 'Engineers', isDefault: false, members: { count: 0, exact: true } },
    })
    expect([renamed, again].map(({ status, body }) => [status, body.name, body.version])).toEqual([
      [200, 'Engineering', 2],
      [200, 'Engineering', 2],
    ])
    expect(deleted.status).toBe(204)
    const [created, changed, gone, ...others] = await acme.events()
    expect(others).toEqual([])
    expect(created).toMatchObject({ type: 'group.created', after: { name: 'Engineers' } })
    expect(changed).toMatchObject({
      type: 'group.changed',
      before: { name: 'Engineers' },
      after: { name: 'Engineering' },
    })
    expect(gone).toMatchObject({
      type: 'group.deleted',
      subject_id: made.body.id,
      before: { name: 'Engineering', managedBy: 'portal' },
      data: { removed: { members: 0, groups: 0, pools: 0 } },
    })
    expect((await acme.api('GET', `/groups/${made.body.id}`)).status).toBe(404)
  })

  test.each([
    ['in another letter case', 'ENGINEERS É'],
    ['in another normal form', 'Engineers É'],
  ])('a name that is taken %s is refused beside the field', async (_, name) => {
    const acme = await plain()
    await makeGroup(acme, 'Engineers É')
    const other = await makeGroup(acme, 'Testers')

    const created = await acme.api('POST', '/groups', { name })
    const renamed = await acme.api('PATCH', `/groups/${other}`, { name })
    const duplicated = await acme.api('POST', `/groups/${other}/duplicate`, { name })

    for (const refused of [created, renamed, duplicated]) {
      expect(refused).toMatchObject({
        status: 409,
        body: {
          code: 'group.name_exists',
          errors: [{ pointer: '/name', code: 'group.name_exists' }],
        },
      })
    }
    expect(await acme.eventNames()).toEqual(['group.created', 'group.created'])
  })

  test('its own name in another letter case may be taken', async () => {
    const acme = await plain()
    const id = await makeGroup(acme, 'engineers')

    const renamed = await acme.api('PATCH', `/groups/${id}`, { name: 'Engineers' })

    expect(renamed).toMatchObject({ status: 200, body: { name: 'Engineers' } })
  })

  test('of two created with one name at the same moment, one is there', async () => {
    const acme = await plain()

    const answers = await Promise.all(
      ['Engineers', 'engineers', 'ENGINEERS'].map((name) => acme.api('POST', '/groups', { name })),
    )

    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['201', '409', '409'])
    expect(await acme.eventNames()).toEqual(['group.created'])
  })

  test.each([
    [{}, '/name'],
    [{ name: ' ' }, '/name'],
    [{ name: 'a\u0000b' }, '/name'],
    [{ name: 'x'.repeat(101) }, '/name'],
  ])('%j is no name', async (body, pointer) => {
    const acme = await plain()

    const refused = await acme.api('POST', '/groups', body)

    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer }] },
    })
  })

  test('GE-5: a stale version renames and deletes nothing', async () => {
    const acme = await plain()
    const id = await makeGroup(acme, 'Engineers')
    const seen = await acme.api('GET', `/groups/${id}`)
    await acme.api('PATCH', `/groups/${id}`, { name: 'Engineering' })

    const headers = { 'if-match': String(seen.headers.etag) }
    const renamed = await acme.api('PATCH', `/groups/${id}`, { name: 'Devs' }, { headers })
    const deleted = await acme.api('DELETE', `/groups/${id}`, undefined, { headers })

    for (const refused of [renamed, deleted]) {
      expect(refused).toMatchObject({ status: 412, body: { code: 'request.stale' } })
    }
    expect(await acme.eventNames()).toEqual(['group.created', 'group.changed'])
  })

  test('are listed with what they hold, the Default one first, by page and by a part of the name', async () => {
    const acme = await plain()
    const [engineers, testers] = [
      await makeGroup(acme, 'Engineers'),
      await makeGroup(acme, 'Testers'),
    ]
    const ada = await create(acme, 'Ada')
    await acme.api('POST', `/groups/${engineers}/members`, { userId: ada })
    await acme.api('POST', `/groups/${engineers}/groups`, { groupId: testers })
    const poolId = await acme.makePool('Production')
    await acme.api('POST', `/groups/${engineers}/pool-grants`, { poolId })

    const list = await acme.api('GET', '/groups')
    const found = await acme.api('GET', '/groups?search=GINEE')
    const page = await acme.api('GET', '/groups?page=1&size=2')

    expect(
      list.body.items.map(
        (one: { name: string; members: object; nested: number; pools: number }) => [
          one.name,
          one.members,
          one.nested,
          one.pools,
        ],
      ),
    ).toEqual([
      ['Default', { count: 2, exact: true }, 0, 1],
      ['Engineers', { count: 1, exact: true }, 1, 1],
      ['Testers', { count: 0, exact: true }, 0, 0],
    ])
    expect(found.body).toMatchObject({ items: [{ name: 'Engineers' }], total: 1 })
    expect(page.body).toMatchObject({ items: [{ name: 'Testers' }], total: 3, page: 1, size: 2 })
  })

  test('a duplicate gives what the first gives, and its people only on request', async () => {
    const acme = await plain()
    const id = await makeGroup(acme, 'Engineers')
    const inner = await makeGroup(acme, 'Testers')
    const ada = await create(acme, 'Ada')
    const poolId = await acme.makePool('Production')
    await acme.api('POST', `/groups/${id}/members`, { userId: ada })
    await acme.api('POST', `/groups/${id}/groups`, { groupId: inner })
    await acme.api('POST', `/groups/${id}/pool-grants`, { poolId })
    const before = (await acme.events()).length

    const empty = await acme.api('POST', `/groups/${id}/duplicate`, { name: 'Operators' })
    const full = await acme.api('POST', `/groups/${id}/duplicate`, { name: 'Devs', members: true })

    expect(empty).toMatchObject({
      status: 201,
      body: { members: { count: 0 }, pools: 1, inside: [{ name: 'Testers' }] },
    })
    expect(full).toMatchObject({ status: 201, body: { members: { count: 1 }, pools: 1 } })
    expect((await acme.events()).slice(before)).toMatchObject([
      {
        type: 'group.created',
        after: {
          name: 'Operators',
          duplicateOf: 'Engineers',
          pools: ['Production'],
          groups: ['Testers'],
        },
      },
      { type: 'group.created', after: { name: 'Devs', members: 1 } },
      { type: 'group.member_added', subject_id: ada, after: { group: 'Devs' } },
    ])
  })

  test('deleting one takes away only what it gave, and the event counts that', async () => {
    const acme = await plain()
    const [first, second] = [await makeGroup(acme, 'Engineers'), await makeGroup(acme, 'Testers')]
    const poolId = await acme.makePool('Production')
    const [ada, bob] = [await create(acme, 'Ada'), await create(acme, 'Bob')]
    for (const group of [first, second]) {
      await acme.api('POST', `/groups/${group}/pool-grants`, { poolId })
      await acme.api('POST', `/groups/${group}/members`, { userId: ada })
    }
    await acme.api('POST', `/groups/${first}/members`, { userId: bob })
    const check = async (userId: string) =>
      (await acme.api('POST', '/access/check', { userId, poolId, permission: 'pool.use' })).body
        .allowed
    expect([await check(ada), await check(bob)]).toEqual([true, true])

    await acme.api('DELETE', `/groups/${first}`)

    expect([await check(ada), await check(bob)]).toEqual([true, false])
    expect((await acme.events('group.deleted'))[0]?.data).toEqual({
      removed: { members: 2, groups: 0, pools: 1 },
    })
    expect((await acme.api('GET', `/users/${bob}`)).body.memberships).toMatchObject([
      { name: 'Default' },
    ])
  })

  test('a group of thousands is gone at once, and its memberships are cleared in steps', async () => {
    const acme = await plain()
    const id = await makeGroup(acme, 'Everybody')
    const { store } = acme.usher
    await store.write(async (db) => {
      for (let number = 0; number < 2_500; number += 1) {
        await db
          .insertInto('group_members')
          .values({
            org_id: acme.id,
            group_id: id,
            user_id: `u${number}`,
            provenance: 'manual',
            actor: 'Ana Ruiz',
            actor_id: null,
            rule: null,
            request_id: null,
            at: 1,
          })
          .execute()
      }
    })
    const left = async () => {
      const [row] = await store.read
        .selectFrom('group_members')
        .select((count) => count.fn.countAll<number>().as('left'))
        .where('org_id', '=', acme.id)
        .where('group_id', '=', id)
        .execute()
      return Number(row?.left)
    }

    await acme.api('DELETE', `/groups/${id}`)
    const atOnce = await left()
    const steps: boolean[] = []
    for (let step = 0; step < 4; step += 1) {
      steps.push(await store.write((db) => groups.clearLeftovers(db, acme.id)))
    }

    expect((await acme.events('group.deleted'))[0]?.data).toEqual({
      removed: { members: 2_500, groups: 0, pools: 0 },
    })
    expect((await acme.api('GET', `/users?group=${id}`)).body.items).toEqual([])
    expect([atOnce, await left()]).toEqual([1_500, 0])
    expect(steps).toEqual([true, true, false, false])
  })

  test('RB-8: the Default group is not deleted, and may be renamed', async () => {
    const acme = await plain()
    const [first] = (await acme.api('GET', '/groups')).body.items

    const deleted = await acme.api('DELETE', `/groups/${first.id}`)
    const renamed = await acme.api('PATCH', `/groups/${first.id}`, { name: 'Everyone' })

    expect(deleted).toMatchObject({ status: 403, body: { code: 'group.default_undeletable' } })
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Everyone', isDefault: true } })
  })
})

describe('RB-17: members', () => {
  test('several are added at once: those who are not there are told, the others are in', async () => {
    const acme = await plain()
    const other = await plain()
    const id = await makeGroup(acme, 'Engineers')
    const [ada, bob] = [await create(acme, 'Ada'), await create(acme, 'Bob')]
    const foreign = await create(other, 'Eve')
    const path = `/groups/${id}/members`

    const first = await acme.api('POST', path, { userIds: [ada] })
    const mixed = await acme.api('POST', path, { userIds: [ada, bob, nobody, foreign] })

    expect(first).toMatchObject({ status: 200, body: { items: [{ id: ada, status: 204 }] } })
    expect(mixed.status).toBe(207)
    expect(
      mixed.body.items.map((one: { status: number; code: string }) => [one.status, one.code]),
    ).toEqual([
      [204, null],
      [204, null],
      [404, 'resource.not_found'],
      [404, 'resource.not_found'],
    ])
    expect(
      (await acme.events('group.member_added')).map((event) => [event.subject, event.after]),
    ).toEqual([
      ['ada@acme.test', { group: 'Engineers', groupId: id }],
      ['bob@acme.test', { group: 'Engineers', groupId: id }],
    ])
  })

  test('the list has pages and a search, and says who is in it through another group', async () => {
    const acme = await plain()
    const [staff, engineers] = [await makeGroup(acme, 'Staff'), await makeGroup(acme, 'Engineers')]
    const [ada, bob] = [await create(acme, 'Ada'), await create(acme, 'Bob')]
    await acme.api('POST', `/groups/${staff}/groups`, { groupId: engineers })
    await acme.api('POST', `/groups/${engineers}/members`, { userId: ada })
    await acme.api('POST', `/groups/${staff}/members`, { userId: bob })
    const list = async (query: string) => {
      const { body } = await acme.api('GET', `/groups/${staff}/members${query}`)
      return body.items.map((one: { firstName: string; inherited: boolean; via: string[] }) => [
        one.firstName,
        one.inherited,
        one.via,
      ])
    }

    expect(await list('')).toEqual([
      ['Ada', true, ['Engineers']],
      ['Bob', false, []],
    ])
    expect(await list('?direct=true')).toEqual([['Bob', false, []]])
    expect(await list('?search=ada')).toEqual([['Ada', true, ['Engineers']]])
    expect(await list('?page=1&size=1')).toEqual([['Bob', false, []]])
    expect((await acme.api('GET', `/users?group=${staff}`)).body.total).toBe(2)
  })

  test('while a group is deleted nobody is added to what is no more', async () => {
    const acme = await plain()
    const ada = await create(acme, 'Ada')
    for (let round = 0; round < 8; round += 1) {
      const id = await makeGroup(acme, `Engineers ${round}`)

      const [added, deleted] = await Promise.all([
        acme.api('POST', `/groups/${id}/members`, { userIds: [ada] }),
        acme.api('DELETE', `/groups/${id}`),
      ])

      expect(deleted.status).toBe(204)
      expect([200, 404]).toContain(added.status)
    }
    expect((await acme.rows()).group_members).toBe(2)
  })

  test('US-15: nobody is taken out of the Default group, and no group is put into it', async () => {
    const acme = await plain()
    const [everyone] = (await acme.api('GET', '/groups')).body.items
    const id = await makeGroup(acme, 'Engineers')

    const answers = [
      await acme.api('DELETE', `/groups/${everyone.id}/members/${acme.manager.id}`),
      await acme.api('POST', `/groups/${everyone.id}/groups`, { groupId: id }),
    ]
    const inside = await acme.api('POST', `/groups/${id}/groups`, { groupId: everyone.id })

    for (const refused of answers) {
      expect(refused).toMatchObject({ status: 409, body: { code: 'group.default_membership' } })
    }
    expect(inside).toMatchObject({ status: 400, body: { errors: [{ pointer: '/groupId' }] } })
  })

  test('SC-39: groups in groups never go in a circle, whoever is first', async () => {
    const acme = await plain()
    const [a, b, c] = [
      await makeGroup(acme, 'A'),
      await makeGroup(acme, 'B'),
      await makeGroup(acme, 'C'),
    ]
    await acme.api('POST', `/groups/${a}/groups`, { groupId: b })

    const own = await acme.api('POST', `/groups/${a}/groups`, { groupId: a })
    const around = await acme.api('POST', `/groups/${b}/groups`, { groupId: a })
    const race = await Promise.all([
      acme.api('POST', `/groups/${b}/groups`, { groupId: c }),
      acme.api('POST', `/groups/${c}/groups`, { groupId: a }),
    ])

    expect([own, around].map(({ status }) => status)).toEqual([400, 400])
    expect(race.map(({ status }) => String(status)).sort()).toEqual(['204', '400'])
  })

  test('SC-36, PV-8: what SCIM sends is changed there, and pools stay with the manager', async () => {
    const { acme, id } = await ownedByScim()
    const other = await acme.makeGroup('Testers')
    const poolId = await acme.makePool('Production')
    const before = await acme.eventNames()

    const refused = [
      await acme.api('POST', `/groups/${id}/members`, { userId: acme.manager.id }),
      await acme.api('POST', `/groups/${id}/members`, { userIds: [acme.manager.id] }),
      await acme.api('DELETE', `/groups/${id}/members/${acme.manager.id}`),
      await acme.api('POST', `/groups/${id}/groups`, { groupId: other }),
      await acme.api('PATCH', `/groups/${id}`, { name: 'Devs' }),
      await acme.api('DELETE', `/groups/${id}`),
    ]
    const seen = await acme.api('GET', `/groups/${id}`)
    const granted = await acme.api('POST', `/groups/${id}/pool-grants`, { poolId })
    const revoked = await acme.api('DELETE', `/groups/${id}/pool-grants/${granted.body.id}`)

    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 409, body: { code: 'group.managed_externally' } })
    }
    expect(seen.body.locked.members).toContain('belongs to the identity provider')
    expect([granted.status, revoked.status]).toEqual([201, 204])
    expect((await acme.eventNames()).slice(before.length)).toEqual([
      'group.pool_granted',
      'group.pool_revoked',
    ])
  })

  test.each(['portal', 'sso_jit', 'scim'] as const)(
    'PV-8: groups and pools of the portal are changed there under the source %s',
    async (source) => {
      const acme = await createOrganisation({ method: 'sso', source })
      const id = await makeGroup(acme, 'Engineers')
      const pool = await acme.api('POST', '/pools', { name: 'Production' })
      const members = `/groups/${id}/members`

      const statuses = [
        await acme.api('POST', members, { userId: acme.manager.id }),
        await acme.api('DELETE', `${members}/${acme.manager.id}`),
        await acme.api('POST', `/groups/${id}/pool-grants`, { poolId: pool.body.id }),
        await acme.api('POST', `/users/${acme.manager.id}/pool-grants`, { poolId: pool.body.id }),
        await acme.api('DELETE', `/groups/${id}`),
        await acme.api('DELETE', `/pools/${pool.body.id}`),
      ].map(({ status }) => status)

      expect(statuses).toEqual([204, 204, 201, 201, 204, 204])
    },
  )
})

test('MU-11: a key for people alone puts nobody into a group or a pool', async () => {
  const acme = await plain()
  const group = await makeGroup(acme, 'Engineers')
  const pool = await acme.makePool('Production')
  const key = await acme.apiKey(['users:write'])
  const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }

  const answers = [
    await acme.byKey(key, 'POST', '/users', { ...ada, groups: [group] }),
    await acme.byKey(key, 'POST', '/users', { ...ada, pools: [pool] }),
    await acme.byKey(key, 'POST', '/users', { ...ada, roles: ['ROLE_MANAGER'] }),
  ]

  for (const refused of answers) {
    expect(refused).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
  }
  expect(await acme.events('user.joined')).toEqual([])
})

test('RB-1: the built-in roles are listed and fixed', async () => {
  const acme = await plain()

  const { body } = await acme.api('GET', '/roles')
  const [changed, deleted, unknown] = [
    await acme.api('PATCH', '/roles/ROLE_MANAGER', { permissions: [] }),
    await acme.api('DELETE', '/roles/ROLE_USER'),
    await acme.api('DELETE', '/roles/deployer'),
  ]

  expect(
    body.items.map((one: { role: string; poolPermissions: string[] }) => [
      one.role,
      one.poolPermissions,
    ]),
  ).toEqual([
    ['ROLE_MANAGER', []],
    ['ROLE_GROUP_ADMIN', []],
    ['ROLE_VIEWER', []],
    ['ROLE_USER', ['pool.use']],
    ['ROLE_ROOT', []],
  ])
  expect([changed.body.code, deleted.body.code]).toEqual(['role.builtin', 'role.builtin'])
  expect([changed.status, deleted.status, unknown.status]).toEqual([403, 403, 404])
})
