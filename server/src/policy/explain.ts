import type { Provenance, UserStatus } from '../model/user.ts'
import { permissionsOf, poolPermissionsOf } from './roles.ts'

type Step = {
  kind: 'role' | 'membership' | 'nesting' | 'group_grant' | 'direct_grant' | 'pool_role'
  label: string
  provenance: Provenance
  /** The group that this step leads into or starts from. */
  groupId: string | null
  grantId: string | null
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

type Membership = { id: string; name: string; provenance: Provenance }
/** A group in a group (SC-39). */
type Nesting = { childId: string; id: string; name: string; provenance: Provenance }
type Grant = {
  id: string
  subjectKind: 'group' | 'user'
  subjectId: string
  poolId: string
  role: string
  provenance: Provenance
}
export type AccessFacts = {
  roles: { role: string; provenance: Provenance }[]
  /** The groups that somebody is in directly. */
  memberships: Membership[]
  nestings: Nesting[]
  /** Those of the person, and those of the groups that they are in. */
  grants: Grant[]
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

/** Ways beyond these to one group are not told: groups in groups can give more than anybody reads. */
const waysAtMost = 50

/** A way into a group: the membership it begins with, then each group that the one before is in. */
type Way = [Membership, ...Nesting[]]

/** Every way by which somebody is in this group, shortest first. */
function waysInto(groupId: string, { memberships, nestings }: AccessFacts): Way[] {
  const found: Way[] = []
  let open: { at: string; rest: Nesting[] }[] = [{ at: groupId, rest: [] }]
  while (open.length > 0 && found.length < waysAtMost) {
    const further: typeof open = []
    for (const { at, rest } of open) {
      for (const membership of memberships) {
        if (membership.id === at) found.push([membership, ...rest])
      }
      for (const nesting of nestings) {
        const isCircle =
          nesting.childId === groupId || rest.some(({ id }) => id === nesting.childId)
        if (nesting.id === at && !isCircle) {
          further.push({ at: nesting.childId, rest: [nesting, ...rest] })
        }
      }
    }
    open = further.slice(0, waysAtMost)
  }
  return found.slice(0, waysAtMost)
}

/** "through the group Staff by way of Engineers (given by Ana Ruiz)" */
export function throughGroup(groups: string[], first: Provenance): string {
  const last = groups.at(-1)
  const before = groups.slice(0, -1)
  const byWayOf = before.length > 0 ? ` by way of ${before.join(' and ')}` : ''
  return `through the group ${last}${byWayOf} (${because[first.kind](first)})`
}

export function directly(provenance: Provenance): string {
  return `assigned directly (${because[provenance.kind](provenance)})`
}

function stepsOf(way: Way): Step[] {
  const [membership, ...nestings] = way
  return [
    {
      kind: 'membership',
      label: `Member of ${membership.name}`,
      provenance: membership.provenance,
      groupId: membership.id,
      grantId: null,
    },
    ...nestings.map(
      ({ id, name, provenance }, index): Step => ({
        kind: 'nesting',
        label: `${way[index]?.name} is in ${name}`,
        provenance,
        groupId: id,
        grantId: null,
      }),
    ),
  ]
}

function pathsOf(grant: Grant, poolName: string, facts: AccessFacts): Path[] {
  const { provenance, id: grantId } = grant
  if (grant.subjectKind === 'user') {
    const label = `Assigned to ${poolName}`
    const step: Step = { kind: 'direct_grant', label, provenance, groupId: null, grantId }
    return [{ sentence: directly(provenance), steps: [step] }]
  }
  return waysInto(grant.subjectId, facts).map((way) => {
    const names = way.map(({ name }) => name)
    const label = `${names.at(-1)} reaches ${poolName}`
    const step: Step = {
      kind: 'group_grant',
      label,
      provenance,
      groupId: grant.subjectId,
      grantId,
    }
    return {
      sentence: throughGroup(names, way[0].provenance),
      steps: [...stepsOf(way), step],
    }
  })
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
      steps: [{ kind: 'role', label: role, provenance, groupId: null, grantId: null }],
    })
  }
  for (const grant of facts.grants) {
    const pool = facts.pools.get(grant.poolId)
    if (!pool) continue
    const { poolId, provenance } = grant
    for (const { sentence, steps } of pathsOf(grant, pool.name, facts)) {
      // RB-9: whoever reaches a pool inherits its associated roles, plus those named on the grant.
      for (const role of new Set([grant.role, ...pool.roles])) {
        const inherited = role !== grant.role
        const label = `${role} belongs to ${pool.name}`
        const ofPool: Step = { kind: 'pool_role', label, provenance, groupId: null, grantId: null }
        add({ scope: 'pool', poolId, poolName: pool.name, role }, poolPermissionsOf(role), {
          sentence: onPool(role, pool.name, sentence, inherited),
          steps: inherited ? [...steps, ofPool] : steps,
        })
      }
    }
  }
  return [...explained.values()]
}

function onPool(role: string, pool: string, how: string, inherited: boolean): string {
  return `${role} on ${pool}: ${how}${inherited ? ', a role of the pool' : ''}.`
}

/** What is known of somebody and one pool when an access check asks. */
export type CheckFacts = {
  person: { name: string; status: UserStatus; held: boolean }
  pool: { name: string; roles: string[] }
  /** Grants that reach the person now, each with how. */
  ways: { role: string; how: string }[]
}

/** May this person do this on this pool, and why or why not (RB-13)? */
export function decideAccess(
  { person, pool, ways }: CheckFacts,
  permission: string,
): { allowed: boolean; because: string } {
  const no = (because: string) => ({ allowed: false, because })
  if (person.status === 'deactivated') return no(`${person.name} is deactivated.`)
  if (person.held) return no(`${person.name} is on hold.`)
  if (ways.length === 0) return no(`${person.name} does not reach ${pool.name}.`)
  for (const { role, how } of ways) {
    const giving = [role, ...pool.roles].find((one) => poolPermissionsOf(one).includes(permission))
    if (giving) return { allowed: true, because: onPool(giving, pool.name, how, giving !== role) }
  }
  const held = [...new Set([...ways.map(({ role }) => role), ...pool.roles])]
  return no(
    `${person.name} reaches ${pool.name} as ${held.join(', ')}, and that does not include ${permission}.`,
  )
}
