import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Provenance, ProvenanceKind } from '../model/user.ts'
import { type AccessFacts, type CheckFacts, decideAccess, explainAccess } from './index.ts'

const by = (kind: ProvenanceKind): Provenance => ({
  kind,
  actor: 'Ana Ruiz',
  actorId: 'ana',
  rule: null,
  requestId: null,
  at: 0,
})

const facts: AccessFacts = {
  roles: [{ role: 'ROLE_MANAGER', provenance: by('manual') }],
  memberships: [{ id: 'default', name: 'Default', provenance: by('default') }],
  nestings: [],
  grants: [
    {
      id: 'g1',
      subjectKind: 'group',
      subjectId: 'default',
      poolId: 'p1',
      role: 'ROLE_USER',
      provenance: by('default'),
    },
    {
      id: 'g2',
      subjectKind: 'user',
      subjectId: 'ada',
      poolId: 'p1',
      role: 'ROLE_USER',
      provenance: by('manual'),
    },
  ],
  pools: new Map([['p1', { name: 'Production', roles: ['ROLE_USER'] }]]),
}

test('RB-12: every path that confers a role is told in a sentence', () => {
  const explained = explainAccess(facts)

  expect(
    explained.map(({ scope, role, paths }) => [scope, role, paths.map((path) => path.sentence)]),
  ).toEqual([
    ['organisation', 'ROLE_MANAGER', ['ROLE_MANAGER in the organisation: given by Ana Ruiz.']],
    [
      'pool',
      'ROLE_USER',
      [
        'ROLE_USER on Production: through the group Default (everybody has it).',
        'ROLE_USER on Production: assigned directly (given by Ana Ruiz).',
      ],
    ],
  ])
})

test('RB-9: a role that belongs to the pool is inherited, and the path says so', () => {
  const pools = new Map([['p1', { name: 'Production', roles: ['ROLE_USER', 'deployer'] }]])
  const [, , inherited] = explainAccess({ ...facts, pools })

  expect(inherited).toMatchObject({ role: 'deployer', poolId: 'p1' })
  expect(inherited?.paths[0]?.sentence).toMatch(/, a role of the pool\.$/)
  expect(inherited?.paths[0]?.steps.map((step) => step.kind)).toEqual([
    'membership',
    'group_grant',
    'pool_role',
  ])
})

test('RB-10: a grant of a group that one is not in, or on a pool that is gone, gives nothing', () => {
  expect(
    explainAccess({ ...facts, roles: [], memberships: [] }).flatMap((one) => one.paths),
  ).toHaveLength(1)
  expect(explainAccess({ ...facts, roles: [], pools: new Map() })).toEqual([])
})

test('RB-12: nothing is effective without a path, and no path is without its steps', () => {
  const id = fc.constantFrom('a', 'b', 'c')
  const role = fc.constantFrom('ROLE_USER', 'deployer')
  const kind = fc.constantFrom<ProvenanceKind>(
    'manual',
    'invite',
    'link',
    'jit',
    'scim',
    'ldap',
    'default',
    'temporary',
  )
  const provenance = kind.map(by)
  const shape = fc.record({
    roles: fc.array(fc.record({ role: fc.constantFrom('ROLE_USER', 'ROLE_VIEWER'), provenance })),
    memberships: fc.uniqueArray(fc.record({ id, name: id, provenance }), {
      selector: (one) => one.id,
    }),
    nestings: fc.array(fc.record({ childId: id, id, name: id, provenance })),
    grants: fc.array(
      fc.record({
        id: fc.uuid(),
        subjectKind: fc.constantFrom('group' as const, 'user' as const),
        subjectId: id,
        poolId: id,
        role,
        provenance,
      }),
    ),
    pools: fc
      .uniqueArray(fc.record({ id, roles: fc.uniqueArray(role) }), { selector: (one) => one.id })
      .map(
        (pools) => new Map(pools.map((pool) => [pool.id, { name: pool.id, roles: pool.roles }])),
      ),
  })

  fc.assert(
    fc.property(shape, (random) => {
      const explained = explainAccess(random)

      const keys = explained.map(({ poolId, role: held }) => `${poolId} ${held}`)
      expect(new Set(keys).size).toBe(keys.length)
      for (const { paths } of explained) {
        expect(paths.length).toBeGreaterThan(0)
        for (const path of paths) {
          expect(path.steps.length).toBeGreaterThan(0)
          expect(path.sentence).toMatch(/\.$/)
        }
      }
      const reached = random.grants.filter(
        ({ subjectKind, subjectId, poolId }) =>
          random.pools.has(poolId) && (subjectKind === 'user' || groupsOf(random).has(subjectId)),
      )
      for (const grant of reached) expect(keys).toContain(`${grant.poolId} ${grant.role}`)
    }),
    { numRuns: 500 },
  )
})

/** By hand: groups that somebody is in, and those that these are in, until there are no more. */
function groupsOf({ memberships, nestings }: AccessFacts): Set<string> {
  const found = new Set(memberships.map(({ id }) => id))
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { childId, id } of nestings) if (found.has(childId)) found.add(id)
  }
  return found
}

test('SC-39, RB-12: each way through groups in groups is a path of its own, the shortest first', () => {
  const nested: AccessFacts = {
    roles: [],
    memberships: [
      { id: 'staff', name: 'Staff', provenance: by('manual') },
      { id: 'engineers', name: 'Engineers', provenance: by('scim') },
    ],
    nestings: [
      { childId: 'engineers', id: 'technology', name: 'Technology', provenance: by('scim') },
      { childId: 'technology', id: 'staff', name: 'Staff', provenance: by('manual') },
    ],
    grants: [
      {
        id: 'g1',
        subjectKind: 'group',
        subjectId: 'staff',
        poolId: 'p1',
        role: 'ROLE_USER',
        provenance: by('manual'),
      },
    ],
    pools: new Map([['p1', { name: 'Production', roles: [] }]]),
  }

  const [explained] = explainAccess(nested)

  expect(explained?.paths.map((path) => path.sentence)).toEqual([
    'ROLE_USER on Production: through the group Staff (given by Ana Ruiz).',
    'ROLE_USER on Production: through the group Staff by way of Engineers and Technology (sent by the identity provider (SCIM)).',
  ])
  expect(explained?.paths[1]?.steps.map((step) => [step.label, step.groupId])).toEqual([
    ['Member of Engineers', 'engineers'],
    ['Engineers is in Technology', 'technology'],
    ['Technology is in Staff', 'staff'],
    ['Staff reaches Production', 'staff'],
  ])
})

test('RB-12: groups in groups in all directions are told up to a limit and end', () => {
  const names = Array.from({ length: 12 }, (_, index) => `g${index}`)
  const provenance = by('scim')
  const facts: AccessFacts = {
    roles: [],
    memberships: names.map((name) => ({ id: name, name, provenance })),
    nestings: names.flatMap((childId) =>
      names.map((name) => ({ childId, id: name, name, provenance })),
    ),
    grants: [
      {
        id: 'grant',
        subjectKind: 'group',
        subjectId: 'g0',
        poolId: 'p1',
        role: 'ROLE_USER',
        provenance,
      },
    ],
    pools: new Map([['p1', { name: 'Production', roles: [] }]]),
  }

  expect(explainAccess(facts)[0]?.paths).toHaveLength(50)
})

test.each<[string, Partial<CheckFacts> & { asked?: string }, boolean, string]>([
  [
    'a grant that holds it',
    {},
    true,
    'ROLE_USER on Production: assigned directly (given by Ana Ruiz).',
  ],
  [
    'a role of the pool that holds it',
    {
      ways: [{ role: 'deployer', how: 'assigned directly (given by Ana Ruiz)' }],
      pool: { name: 'Production', roles: ['ROLE_USER'] },
    },
    true,
    'ROLE_USER on Production: assigned directly (given by Ana Ruiz), a role of the pool.',
  ],
  ['no way', { ways: [] }, false, 'Ada Lovelace does not reach Production.'],
  [
    'another permission',
    { asked: 'reports.read' },
    false,
    'Ada Lovelace reaches Production as ROLE_USER, and that does not include reports.read.',
  ],
  [
    'deactivated',
    { person: { name: 'Ada Lovelace', status: 'deactivated', held: false } },
    false,
    'Ada Lovelace is deactivated.',
  ],
  [
    'held',
    { person: { name: 'Ada Lovelace', status: 'active', held: true } },
    false,
    'Ada Lovelace is on hold.',
  ],
])('RB-13: %s', (_, { asked = 'pool.use', ...changes }, allowed, because) => {
  const known: CheckFacts = {
    person: { name: 'Ada Lovelace', status: 'active', held: false },
    pool: { name: 'Production', roles: [] },
    ways: [{ role: 'ROLE_USER', how: 'assigned directly (given by Ana Ruiz)' }],
    ...changes,
  }

  expect(decideAccess(known, asked)).toEqual({ allowed, because })
})
