import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Provenance, ProvenanceKind } from '../model/user.ts'
import { type AccessFacts, explainAccess } from './index.ts'

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
  grants: [
    {
      subjectKind: 'group',
      subjectId: 'default',
      poolId: 'p1',
      role: 'ROLE_USER',
      provenance: by('default'),
    },
    {
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
    grants: fc.array(
      fc.record({
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
          random.pools.has(poolId) &&
          (subjectKind === 'user' || random.memberships.some((one) => one.id === subjectId)),
      )
      for (const grant of reached) expect(keys).toContain(`${grant.poolId} ${grant.role}`)
    }),
    { numRuns: 500 },
  )
})
