import type { Actor } from '../model/actor.ts'
import type { Refusal } from '../model/refusals.ts'
import { type Role, syncableRoles } from '../model/user.ts'

// BEHAVIOURS.md RB-1: what each built-in role may do. `.read` and `.write` per area of Usher itself.
const permissions: Record<Role, string[]> = {
  ROLE_MANAGER: [
    'usher.identity.read',
    'usher.identity.write',
    'usher.users.read',
    'usher.users.write',
    'usher.access.read',
    'usher.access.write',
    'usher.audit.read',
  ],
  ROLE_GROUP_ADMIN: [],
  ROLE_VIEWER: ['usher.identity.read', 'usher.users.read', 'usher.access.read', 'usher.audit.read'],
  ROLE_USER: ['usher.own.read'],
  ROLE_ROOT: ['usher.platform.write'],
}
/** What ROLE_USER means on a pool (RB-9). */
const poolPermissions: Record<string, string[]> = { ROLE_USER: ['pool.use'] }
const labels: Record<Role, string> = {
  ROLE_ROOT: 'Root',
  ROLE_MANAGER: 'Manager',
  ROLE_GROUP_ADMIN: 'Group admin',
  ROLE_VIEWER: 'Viewer',
  ROLE_USER: 'User',
}

export type Area = 'identity' | 'users' | 'access' | 'audit'
export type Act = `${Area}.${'read' | 'write'}`

export function permissionsOf(role: string): string[] {
  return Object.hasOwn(permissions, role) ? permissions[role as Role] : []
}

export function poolPermissionsOf(role: string): string[] {
  return Object.hasOwn(poolPermissions, role) ? (poolPermissions[role] ?? []) : []
}

/** The label of the highest role held (RB-3). */
export function roleLabel(roles: string[]): string {
  const highest = (Object.keys(labels) as Role[]).find((role) => roles.includes(role))
  return highest ? labels[highest] : 'None'
}

/** The permissions that a scope of an API key stands for; who may write may read. */
function holds(scope: string): string[] {
  const [area, verb] = scope.split(':')
  return verb === 'write' ? [`usher.${area}.read`, `usher.${area}.write`] : [`usher.${area}.read`]
}

/** Whether this caller may do this at all, by roles or by the scopes of an API key (PV-2, AK-5). */
export function mayAct(actor: Actor, act: Act): Refusal | undefined {
  if (actor.kind === 'operator' || actor.kind === 'system') return undefined
  if (actor.kind === 'anonymous') {
    return { code: 'auth.required', detail: 'Sign in first.' }
  }
  if (actor.kind === 'api_key') {
    const lacks = lacksScope(actor, act)
    if (lacks || !actor.owner) return lacks
    if (mayByRoles(actor.owner.roles, act)) return undefined
    return { code: 'auth.forbidden', detail: 'The owner of this key may not do this.' }
  }
  if (actor.kind === 'scim') {
    return { code: 'auth.forbidden', detail: 'A SCIM credential opens the SCIM endpoint alone.' }
  }
  if (mayByRoles(actor.roles, act)) return undefined
  return { code: 'auth.forbidden', detail: 'Only a manager of this organisation may do this.' }
}

function mayByRoles(roles: Role[], act: Act): boolean {
  return roles.some((role) => permissionsOf(role).includes(`usher.${act}`))
}

function lacksScope(actor: Actor, act: Act): Refusal | undefined {
  if (actor.scopes.flatMap(holds).includes(`usher.${act}`)) return undefined
  const needed = act.replace('.', ':')
  return { code: 'api_key.scope_missing', detail: `This key lacks the scope ${needed}.` }
}

/** Everyone may look after themselves; by a personal key as far as its scopes go. */
export function mayActOn(actor: Actor, userId: string, act: Act): Refusal | undefined {
  if (actor.id === userId) return undefined
  return actor.owner?.id === userId ? lacksScope(actor, act) : mayAct(actor, act)
}

/** The scopes of which a personal key can make use: what its owner may do, and reading themselves. */
export function personalScopes(roles: Role[]): string[] {
  const areas = ['identity', 'users', 'access', 'audit'] as const
  const acts = areas.flatMap((area) => [`${area}.read`, `${area}.write`] as const)
  const theirs = acts.filter((act) => act === 'users.read' || mayByRoles(roles, act))
  return theirs.map((act) => act.replace('.', ':'))
}

/** Nobody may give a role holding permissions they lack (MU-11). */
export function decideRoles(actor: Actor, wanted: Role[]): Refusal | undefined {
  if (wanted.includes('ROLE_ROOT')) {
    return { code: 'role.escalation', detail: 'ROLE_ROOT cannot be given in an organisation.' }
  }
  if (actor.kind === 'operator' || actor.kind === 'system') return undefined
  const byKey = actor.scopes.flatMap(holds)
  const { owner } = actor
  const byOwner = owner && new Set(owner.roles.flatMap(permissionsOf))
  const own = new Set([
    ...actor.roles.flatMap(permissionsOf),
    ...(byOwner ? byKey.filter((permission) => byOwner.has(permission)) : byKey),
  ])
  own.add('usher.own.read')
  const beyond = wanted.find((role) =>
    permissionsOf(role).some((permission) => !own.has(permission)),
  )
  if (!beyond) return undefined
  return {
    code: 'role.escalation',
    detail: `${labels[beyond]} holds permissions that you do not have.`,
  }
}

/** Groups and pools are given by those who may change access (MU-11). */
export function decideAssignment(
  actor: Actor,
  { groupIds, poolIds }: { groupIds: string[]; poolIds: string[] },
): Refusal | undefined {
  if (groupIds.length + poolIds.length === 0 || !mayAct(actor, 'access.write')) return undefined
  return {
    code: 'role.escalation',
    detail: 'You may not put people into groups or pools.',
    errors: [{ pointer: groupIds.length > 0 ? '/groups' : '/pools', code: 'role.escalation' }],
  }
}

/**
 * RB-6: roles of the organisation cannot be attached to a pool or a grant. Roles of pools never hold
 * permissions of Usher itself, so whoever may change access may give each of them (MU-11).
 */
export function decidePoolRoles(wanted: string[]): Refusal | undefined {
  for (const [index, role] of wanted.entries()) {
    if (Object.hasOwn(poolPermissions, role)) continue
    if (!Object.hasOwn(permissions, role)) {
      return {
        code: 'request.invalid',
        detail: `There is no role ${role}.`,
        errors: [{ pointer: `/roles/${index}`, code: 'unknown' }],
      }
    }
    return {
      code: 'role.scope_invalid',
      detail: `${role} is a role of the whole organisation and cannot be attached to a pool.`,
      errors: [{ pointer: `/roles/${index}`, code: 'role.scope_invalid' }],
    }
  }
  return undefined
}

/** The built-in roles, which are fixed (RB-1). */
export function builtInRoles() {
  return (Object.keys(permissions) as Role[]).map((role) => ({
    role,
    label: labels[role],
    permissions: permissions[role],
    poolPermissions: poolPermissionsOf(role),
  }))
}

/** Refuses what is no role here, and ROLE_ROOT, which no organisation gives. */
export function decideSyncedRoles(wanted: string[]): Refusal | undefined {
  const unknown = wanted.find((role) => !syncableRoles.some((known) => known === role))
  if (unknown === undefined) return undefined
  return {
    code: 'request.invalid',
    detail: `${JSON.stringify(unknown.slice(0, 100))} cannot be given by the identity provider; ${syncableRoles.join(', ')} can.`,
    errors: [{ pointer: '/roles', code: 'role' }],
  }
}
