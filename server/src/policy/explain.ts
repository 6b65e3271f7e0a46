import type { Provenance } from '../model/user.ts'
import { permissionsOf, poolPermissionsOf } from './roles.ts'

type Step = {
  kind: 'role' | 'membership' | 'group_grant' | 'direct_grant' | 'pool_role'
  label: string
  provenance: Provenance
}
export type Path = { sentence: string; steps: Step[] }
export type Explained = {
  scope: 'organisation' | 'pool'
  poolId: string | null
  poolName: string | null
  role: string
  permissions: string[]
  paths: Path[]
}

export type AccessFacts = {
  roles: { role: string; provenance: Provenance }[]
  memberships: { id: string; name: string; via?: string[]; provenance: Provenance }[]
  grants: {
    subjectKind: 'group' | 'user'
    subjectId: string
    poolId: string
    role: string
    provenance: Provenance
  }[]
  pools: Map<string, { name: string; roles: string[] }>
}

const because: Record<Provenance['kind'], (provenance: Provenance) => string> = {
  manual: ({ actor }) => `given by ${actor}`,
  invite: ({ actor }) => `promised in the invitation by ${actor}`,
  link: () => 'given by the self-service link',
  jit: () => 'given at the first sign-in (JIT)',
  scim: () => 'sent by the identity provider (SCIM)',
  ldap: () => 'mapped from the directory (LDAP)',
  default: () => 'everybody has it',
  temporary: ({ actor }) => `given for a time by ${actor}`,
}

/** SC-39: a group in a group. */
function byWayOf({ via = [] }: { via?: string[] }): string {
  return via.length > 0 ? ` by way of ${via.join(' and ')}` : ''
}

/** Every path by which every role is held: nothing effective without a reason (RB-12). */
export function explainAccess(facts: AccessFacts): Explained[] {
  const explained = new Map<string, Explained>()

  function add(found: Omit<Explained, 'paths' | 'permissions'>, permissions: string[], path: Path) {
    const key = `${found.poolId ?? ''} ${found.role}`
    const known = explained.get(key)
    if (known) known.paths.push(path)
    else explained.set(key, { ...found, permissions, paths: [path] })
  }

  for (const { role, provenance } of facts.roles) {
    add({ scope: 'organisation', poolId: null, poolName: null, role }, permissionsOf(role), {
      sentence: `${role} in the organisation: ${because[provenance.kind](provenance)}.`,
      steps: [{ kind: 'role', label: role, provenance }],
    })
  }
  for (const grant of facts.grants) {
    const pool = facts.pools.get(grant.poolId)
    const membership = facts.memberships.find((one) => one.id === grant.subjectId)
    if (!pool || (grant.subjectKind === 'group' && !membership)) continue
    const steps: Step[] = membership
      ? [
          {
            kind: 'membership',
            label: `Member of ${membership.name}${byWayOf(membership)}`,
            provenance: membership.provenance,
          },
          {
            kind: 'group_grant',
            label: `${membership.name} reaches ${pool.name}`,
            provenance: grant.provenance,
          },
        ]
      : [{ kind: 'direct_grant', label: `Assigned to ${pool.name}`, provenance: grant.provenance }]
    const path = membership
      ? `through the group ${membership.name}${byWayOf(membership)} (${because[membership.provenance.kind](membership.provenance)})`
      : `assigned directly (${because[grant.provenance.kind](grant.provenance)})`
    // RB-9: whoever reaches a pool inherits its associated roles, plus those named on the grant.
    for (const role of new Set([grant.role, ...pool.roles])) {
      const inherited = role !== grant.role
      add(
        { scope: 'pool', poolId: grant.poolId, poolName: pool.name, role },
        poolPermissionsOf(role),
        {
          sentence: `${role} on ${pool.name}: ${path}${inherited ? ', a role of the pool' : ''}.`,
          steps: inherited
            ? [
                ...steps,
                {
                  kind: 'pool_role',
                  label: `${role} belongs to ${pool.name}`,
                  provenance: grant.provenance,
                },
              ]
            : steps,
        },
      )
    }
  }
  return [...explained.values()]
}
