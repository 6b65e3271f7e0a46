import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { access } from '../store/index.ts'

const permission = 'pool.use'
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

const check = async (acme: TestOrganisation, userId: string, poolId: string) =>
  (await acme.api('POST', '/access/check', { userId, poolId, permission })).body

describe('RB-14: pools', () => {
  test('are created with their roles, changed and deleted, each with an event', async () => {
    const acme = await plain()

    const made = await acme.api('POST', '/pools', { name: 'Production' })
    const path = `/pools/${made.body.id}`
    const changed = await acme.api('PATCH', path, { name: 'Live', roles: [] })
    await acme.api('POST', `/users/${acme.manager.id}/pool-grants`, { poolId: made.body.id })
    const deleted = await acme.api('DELETE', path)

    expect(made).toMatchObject({ status: 201, body: { name: 'Production', roles: ['ROLE_USER'] } })
    expect(changed).toMatchObject({ status: 200, body: { name: 'Live', roles: [], version: 3 } })
    expect(deleted.status).toBe(204)
    expect(await acme.events()).toMatchObject([
      { type: 'pool.created', after: { name: 'Production', roles: ['ROLE_USER'] } },
      { type: 'pool.changed', before: { name: 'Production' }, after: { name: 'Live' } },
      { type: 'pool.changed', before: { roles: ['ROLE_USER'] }, after: { roles: [] } },
      { type: 'pool.granted', after: { pool: 'Live', role: 'ROLE_USER' } },
      {
        type: 'pool.deleted',
        before: { name: 'Live', roles: [] },
        data: { removed: { groups: 0, people: 1 } },
      },
    ])
    expect((await acme.rows()).grants).toBe(1)
  })

  test('a name that is taken in any letter case is refused, also of two at the same moment', async () => {
    const acme = await plain()

    const race = await Promise.all(
      ['Production', 'PRODUCTION'].map((name) => acme.api('POST', '/pools', { name })),
    )
    const [other] = [await acme.makePool('Staging')]
    const renamed = await acme.api('PATCH', `/pools/${other}`, { name: 'production' })

    expect(race.map(({ status }) => String(status)).sort()).toEqual(['201', '409'])
    expect(renamed).toMatchObject({
      status: 409,
      body: { code: 'pool.name_exists', errors: [{ pointer: '/name' }] },
    })
  })

  test('RB-6: a role of the organisation is not attached to a pool or a grant', async () => {
    const acme = await plain()
    const poolId = await acme.makePool('Production')
    const groupId = await acme.makeGroup('Engineers')
    const roles = ['ROLE_MANAGER']
    const before = await acme.rows()

    const answers = [
      await acme.api('POST', '/pools', { name: 'Staging', roles }),
      await acme.api('PATCH', `/pools/${poolId}`, { roles }),
      await acme.api('POST', `/groups/${groupId}/pool-grants`, { poolId, roles }),
      await acme.api('POST', `/users/${acme.manager.id}/pool-grants`, { poolId, roles }),
    ]

    for (const refused of answers) {
      expect(refused).toMatchObject({
        status: 400,
        body: { code: 'role.scope_invalid', errors: [{ pointer: '/roles/0' }] },
      })
    }
    expect(await acme.rows()).toEqual(before)
  })

  test('RB-8: the Default pool and the grant that opens it to everyone stay', async () => {
    const acme = await plain()
    const [pool] = (await acme.api('GET', '/pools')).body.items
    const [group] = (await acme.api('GET', '/groups')).body.items
    const [grant] = (await acme.api('GET', `/groups/${group.id}/pool-grants`)).body.items

    const deleted = await acme.api('DELETE', `/pools/${pool.id}`)
    const revoked = await acme.api('DELETE', `/groups/${group.id}/pool-grants/${grant.id}`)

    for (const refused of [deleted, revoked]) {
      expect(refused).toMatchObject({ status: 403, body: { code: 'pool.default_undeletable' } })
    }
    expect(grant.locked).toBe('Everyone reaches the Default pool through the Default group.')
    expect(await acme.eventNames()).toEqual([])
  })

  test('GE-5: a stale version changes and deletes nothing', async () => {
    const acme = await plain()
    const id = await acme.makePool('Production')
    const headers = { 'if-match': String((await acme.api('GET', `/pools/${id}`)).headers.etag) }
    await acme.api('PATCH', `/pools/${id}`, { name: 'Live' })

    const changed = await acme.api('PATCH', `/pools/${id}`, { name: 'Prod' }, { headers })
    const deleted = await acme.api('DELETE', `/pools/${id}`, undefined, { headers })

    expect([changed.body.code, deleted.body.code]).toEqual(['request.stale', 'request.stale'])
  })

  test('RB-10: a grant given twice is one, and another group’s grant is not found', async () => {
    const acme = await plain()
    const [first, second] = [await acme.makeGroup('Engineers'), await acme.makeGroup('Testers')]
    const poolId = await acme.makePool('Production')

    const [one, two] = await Promise.all([
      acme.api('POST', `/groups/${first}/pool-grants`, { poolId }),
      acme.api('POST', `/groups/${first}/pool-grants`, { poolId }),
    ])
    const wrong = await acme.api('DELETE', `/groups/${second}/pool-grants/${one.body.id}`)
    const absent = await acme.api('POST', `/groups/${first}/pool-grants`, { poolId: nobody })

    expect(one.body).toEqual(two.body)
    expect([wrong.status, absent.status]).toEqual([404, 404])
    expect(await acme.events('group.pool_granted')).toMatchObject([
      { subject_id: first, after: { pool: 'Production', role: 'ROLE_USER' } },
    ])
  })
})

describe('RB-13: the access check', () => {
  test('answers why, and a revoked grant is denied on the next call', async () => {
    const acme = await plain()
    const key = await acme.apiKey(['access:read'])
    const [userId, poolId] = [await create(acme, 'Ada'), await acme.makePool('Production')]
    const ask = async (asked: object) =>
      (await acme.byKey(key, 'POST', '/access/check', { userId, poolId, permission, ...asked }))
        .body

    const before = await ask({})
    const grant = await acme.api('POST', `/users/${userId}/pool-grants`, { poolId })
    const granted = await ask({})
    const other = await ask({ permission: 'reports.read' })
    await acme.api('DELETE', `/users/${userId}/pool-grants/${grant.body.id}`)
    const after = await ask({})

    expect(granted).toEqual({
      allowed: true,
      because: 'ROLE_USER on Production: assigned directly (given by Ana Ruiz).',
    })
    expect(other).toEqual({
      allowed: false,
      because:
        'Ada Lovelace reaches Production as ROLE_USER, and that does not include reports.read.',
    })
    const denied = { allowed: false, because: 'Ada Lovelace does not reach Production.' }
    expect([before, after]).toEqual([denied, denied])
  })

  test('counts groups in groups, and what is left when one way is taken', async () => {
    const acme = await plain()
    const [userId, poolId] = [await create(acme, 'Ada'), await acme.makePool('Production')]
    const [staff, engineers] = [await acme.makeGroup('Staff'), await acme.makeGroup('Engineers')]
    await acme.api('POST', `/groups/${staff}/groups`, { groupId: engineers })
    await acme.api('POST', `/groups/${engineers}/members`, { userId })
    await acme.api('POST', `/groups/${staff}/pool-grants`, { poolId })

    const nested = await check(acme, userId, poolId)
    await acme.api('DELETE', `/groups/${staff}/groups/${engineers}`)
    const taken = await check(acme, userId, poolId)

    expect(nested).toEqual({
      allowed: true,
      because:
        'ROLE_USER on Production: through the group Staff by way of Engineers (given by Ana Ruiz).',
    })
    expect(taken.allowed).toBe(false)
  })

  test.each([
    ['deactivated', 'disable', 'Ada Lovelace is deactivated.'],
    ['on hold', 'hold', 'Ada Lovelace is on hold.'],
  ])('nobody who is %s is allowed anything', async (_, act, because) => {
    const acme = await plain()
    const userId = await create(acme, 'Ada')
    const [pool] = (await acme.api('GET', '/pools')).body.items
    expect((await check(acme, userId, pool.id)).allowed).toBe(true)
    if (act === 'hold') {
      await acme.store(`update users set managed_by = 'scim' where id = '${userId}'`)
    }

    expect((await acme.api('PUT', `/users/${userId}/${act}`)).status).toBe(204)

    expect(await check(acme, userId, pool.id)).toEqual({ allowed: false, because })
  })

  test('TA-3: access for a time ends by itself at its time', async () => {
    const acme = await plain()
    const { store, clock } = acme.usher
    const [userId, poolId] = [await create(acme, 'Ada'), await acme.makePool('Production')]
    await store.write(async (db) => {
      await access.addGrant(db, acme.id, {
        id: nobody,
        subjectKind: 'user',
        subjectId: userId,
        poolId,
        role: 'ROLE_USER',
        provenance: {
          kind: 'temporary',
          actor: 'Ana Ruiz',
          actorId: null,
          rule: null,
          requestId: null,
          at: clock.now(),
        },
      })
      await db
        .updateTable('grants')
        .set({ expires_at: clock.now() + 60_000 })
        .where('org_id', '=', acme.id)
        .where('id', '=', nobody)
        .execute()
    })
    const people = async () => (await acme.api('GET', `/pools/${poolId}/people`)).body.total

    const during = [await check(acme, userId, poolId), await people()]
    clock.advance(61_000)
    const after = [await check(acme, userId, poolId), await people()]

    expect(during).toEqual([
      {
        allowed: true,
        because: 'ROLE_USER on Production: assigned directly (given for a time by Ana Ruiz).',
      },
      1,
    ])
    expect(after).toMatchObject([{ allowed: false }, 0])
  })

  test('SE-10, AK-5: strangers are not there, and a key needs its scope', async () => {
    const [acme, other] = [await plain(), await plain()]
    const [userId, poolId] = [await create(acme, 'Ada'), await acme.makePool('Production')]
    const [theirUser, theirPool] = [await create(other, 'Eve'), await other.makePool('Production')]
    const ask = (asked: object) =>
      acme.api('POST', '/access/check', { userId, poolId, permission, ...asked })

    const answers = [
      await ask({ userId: theirUser }),
      await ask({ poolId: theirPool }),
      await ask({ userId: nobody }),
      await ask({ poolId: nobody }),
    ]
    const key = await acme.apiKey(['users:write'])
    const scoped = await acme.byKey(key, 'POST', '/access/check', { userId, poolId, permission })

    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(4).fill([404, 'resource.not_found']),
    )
    expect(scoped).toMatchObject({
      status: 403,
      body: {
        code: 'api_key.scope_missing',
        detail: 'This key lacks the scope access:read.',
      },
    })
  })
})

describe('who reaches a pool', () => {
  test('is told by page and search, each with every path', async () => {
    const acme = await plain()
    const poolId = await acme.makePool('Production')
    const [staff, engineers] = [await acme.makeGroup('Staff'), await acme.makeGroup('Engineers')]
    const [ada, bob, eve] = [
      await create(acme, 'Ada'),
      await create(acme, 'Bob'),
      await create(acme, 'Eve'),
    ]
    await acme.api('POST', `/groups/${staff}/groups`, { groupId: engineers })
    await acme.api('POST', `/groups/${engineers}/members`, { userIds: [ada, bob] })
    await acme.api('POST', `/groups/${staff}/pool-grants`, { poolId })
    const own = await acme.api('POST', `/users/${ada}/pool-grants`, { poolId })
    const list = async (query: string) => {
      const { body } = await acme.api('GET', `/pools/${poolId}/people${query}`)
      return body.items.map((one: { firstName: string; paths: { sentence: string }[] }) => [
        one.firstName,
        one.paths.length,
      ])
    }

    const { body } = await acme.api('GET', `/pools/${poolId}/people`)

    expect(body.items[0]).toMatchObject({
      id: ada,
      roles: ['ROLE_USER'],
      directGrantId: own.body.id,
    })
    expect(body.items[1].paths.map((path: { sentence: string }) => path.sentence)).toEqual([
      'ROLE_USER on Production: through the group Staff by way of Engineers (given by Ana Ruiz).',
    ])
    expect(body).toMatchObject({ total: 2, totalExact: true })
    expect(await list('')).toEqual([
      ['Ada', 2],
      ['Bob', 1],
    ])
    expect(await list('?direct=true')).toEqual([['Ada', 2]])
    expect(await list('?search=bob')).toEqual([['Bob', 1]])
    expect(await list('?size=1&page=1')).toEqual([['Bob', 1]])
    expect((await acme.api('GET', `/users?pool=${poolId}`)).body.total).toBe(2)
    expect(body.items.map((one: { id: string }) => one.id)).not.toContain(eve)
  })
})

/** Who is in which group, which group is in which (a later one in an earlier one), who is granted what. */
type Wish = {
  members: [number, number][]
  nested: [number, number][]
  groupGrants: [number, number][]
  ownGrants: [number, number][]
}
const upTo = (most: number) => fc.integer({ min: 0, max: most })
const wishes: fc.Arbitrary<Wish> = fc.record({
  members: fc.uniqueArray(fc.tuple(upTo(2), upTo(3)), { maxLength: 6, selector: String }),
  nested: fc.uniqueArray(
    fc.tuple(upTo(3), upTo(3)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
    { maxLength: 4, selector: String },
  ),
  groupGrants: fc.uniqueArray(fc.tuple(upTo(3), upTo(1)), { maxLength: 4, selector: String }),
  ownGrants: fc.uniqueArray(fc.tuple(upTo(2), upTo(1)), { maxLength: 2, selector: String }),
})

/** By hand: whether somebody is in a group that was granted the pool, or was granted it. */
function reaches(wish: Wish, user: number, pool: number): boolean {
  const inside = (group: number): boolean =>
    wish.members.some(([one, other]) => one === user && other === group) ||
    wish.nested.some(([outer, inner]) => outer === group && inner !== group && inside(inner))
  return (
    wish.ownGrants.some(([one, other]) => one === user && other === pool) ||
    wish.groupGrants.some(([group, other]) => other === pool && inside(group))
  )
}

test('RB-12, RB-13: whatever is effective has a path, and is gone when its last path is', async () => {
  const property = fc.asyncProperty(wishes, async (wish) => {
    const acme = await plain()
    const users = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => create(acme, name)))
    const groups = await Promise.all(['A', 'B', 'C', 'D'].map((name) => acme.makeGroup(name)))
    const pools = await Promise.all(['P', 'Q'].map((name) => acme.makePool(name)))
    for (const [user, group] of wish.members) {
      await acme.api('POST', `/groups/${groups[group]}/members`, { userId: users[user] })
    }
    for (const [outer, inner] of wish.nested) {
      if (outer === inner) continue
      await acme.api('POST', `/groups/${groups[outer]}/groups`, { groupId: groups[inner] })
    }
    for (const [group, pool] of wish.groupGrants) {
      await acme.api('POST', `/groups/${groups[group]}/pool-grants`, { poolId: pools[pool] })
    }
    for (const [user, pool] of wish.ownGrants) {
      await acme.api('POST', `/users/${users[user]}/pool-grants`, { poolId: pools[pool] })
    }

    for (const [user, userId] of users.entries()) {
      for (const [pool, poolId] of pools.entries()) {
        const allowed = (await check(acme, userId, poolId)).allowed
        const paths = await pathsTo(acme, userId, poolId)
        expect(allowed).toBe(reaches(wish, user, pool))
        expect(paths.length > 0).toBe(allowed)
      }
    }
    const [userId, poolId] = [users[0] ?? '', pools[0] ?? '']
    for (let left = await pathsTo(acme, userId, poolId); left.length > 0; ) {
      const last = left[0]?.steps.findLast((step) => step.grantId !== null)
      const whose = last?.groupId ? `/groups/${last.groupId}` : `/users/${userId}`
      await acme.api('DELETE', `${whose}/pool-grants/${last?.grantId}`)

      const rest = left.filter((path) => path.steps.every((one) => one.grantId !== last?.grantId))
      left = await pathsTo(acme, userId, poolId)
      expect(left.map((path) => path.sentence).sort()).toEqual(
        rest.map((path) => path.sentence).sort(),
      )
      expect((await check(acme, userId, poolId)).allowed).toBe(rest.length > 0)
    }
  })

  await fc.assert(property, { numRuns: 20 })
}, 120_000)

async function pathsTo(acme: TestOrganisation, userId: string, poolId: string) {
  const { body } = await acme.api('GET', `/users/${userId}/access?explain=true`)
  return body.items
    .filter(
      (item: { poolId: string; permissions: string[] }) =>
        item.poolId === poolId && item.permissions.includes(permission),
    )
    .flatMap((item: { paths: object[] }) => item.paths) as {
    sentence: string
    steps: { groupId: string | null; grantId: string | null }[]
  }[]
}
