import { describe, expect, test } from 'vitest'
import { type Actor, systemActor } from '../model/actor.ts'
import type { Role } from '../model/user.ts'
import {
  type Act,
  decideAssignment,
  decidePoolRoles,
  decideRoles,
  mayAct,
  permissionsOf,
  poolPermissionsOf,
  roleLabel,
} from './index.ts'

const areas = ['identity', 'users', 'access', 'audit'] as const
const acts = areas.flatMap((area) => [`${area}.read`, `${area}.write`] as Act[])
const roles: Role[] = ['ROLE_MANAGER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER', 'ROLE_ROOT']

const actor = (changes: Partial<Actor>): Actor => ({
  ...systemActor('acme'),
  kind: 'user',
  id: 'ana',
  label: 'Ana Ruiz',
  ...changes,
})

describe('RB-1, PV-2: what each role may do', () => {
  const may: Record<Role, Act[]> = {
    ROLE_MANAGER: acts.filter((act) => act !== 'audit.write'),
    ROLE_GROUP_ADMIN: [],
    ROLE_VIEWER: ['identity.read', 'users.read', 'access.read', 'audit.read'],
    ROLE_USER: [],
    ROLE_ROOT: [],
  }

  test.each(roles)('%s', (role) => {
    expect(acts.filter((act) => !mayAct(actor({ roles: [role] }), act))).toEqual(may[role])
  })

  test('nobody signed in may nothing and is asked to sign in', () => {
    const answers = acts.map((act) => mayAct(actor({ kind: 'anonymous' }), act)?.code)

    expect(new Set(answers)).toEqual(new Set(['auth.required']))
  })

  test('several roles are their union', () => {
    expect(mayAct(actor({ roles: ['ROLE_USER', 'ROLE_MANAGER'] }), 'users.write')).toBeUndefined()
  })
})

describe('AK-5: what each scope opens', () => {
  test.each(areas)('%s', (area) => {
    const opened = (scope: string) =>
      acts.filter((act) => !mayAct(actor({ kind: 'api_key', scopes: [scope] }), act))

    expect(opened(`${area}:read`)).toEqual([`${area}.read`])
    expect(opened(`${area}:write`)).toEqual([`${area}.read`, `${area}.write`])
  })

  test('a key is told which scope it lacks, and roles do not help it', () => {
    const key = actor({ kind: 'api_key', scopes: ['users:read'], roles: ['ROLE_MANAGER'] })

    expect(mayAct(key, 'users.write')).toMatchObject({
      code: 'api_key.scope_missing',
      detail: expect.stringContaining('users:write'),
    })
  })
})

describe('MU-11: who may give which role', () => {
  const may: Record<Role, Role[]> = {
    ROLE_MANAGER: ['ROLE_MANAGER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER'],
    ROLE_VIEWER: ['ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER'],
    ROLE_GROUP_ADMIN: ['ROLE_GROUP_ADMIN', 'ROLE_USER'],
    ROLE_USER: ['ROLE_GROUP_ADMIN', 'ROLE_USER'],
    ROLE_ROOT: ['ROLE_GROUP_ADMIN', 'ROLE_USER'],
  }

  test.each(roles)('%s', (role) => {
    const giver = actor({ roles: [role] })

    expect(roles.filter((wanted) => !decideRoles(giver, [wanted]))).toEqual(may[role])
  })

  test.each([
    [['users:write'], ['ROLE_GROUP_ADMIN', 'ROLE_USER']],
    [
      ['identity:read', 'users:write', 'access:read', 'audit:read'],
      ['ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER'],
    ],
    [
      ['identity:write', 'users:write', 'access:write', 'audit:read'],
      ['ROLE_MANAGER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER', 'ROLE_USER'],
    ],
  ])('a key with %j', (scopes, given) => {
    const key = actor({ kind: 'api_key', scopes })

    expect(roles.filter((wanted) => !decideRoles(key, [wanted]))).toEqual(given)
  })

  test('one role too many refuses them all', () => {
    const refusal = decideRoles(actor({ roles: ['ROLE_VIEWER'] }), ['ROLE_USER', 'ROLE_MANAGER'])

    expect(refusal).toMatchObject({ code: 'role.escalation' })
  })

  test('nobody gives ROLE_ROOT, not even an operator', () => {
    expect(decideRoles(actor({ kind: 'operator' }), ['ROLE_ROOT'])?.code).toBe('role.escalation')
  })
})

test.each([
  [['ROLE_USER', 'ROLE_MANAGER'], 'Manager'],
  [['ROLE_USER', 'ROLE_VIEWER'], 'Viewer'],
  [['ROLE_USER', 'ROLE_GROUP_ADMIN', 'ROLE_VIEWER'], 'Group admin'],
  [['ROLE_USER'], 'User'],
  [[], 'None'],
])('RB-3: of %j the list shows %s', (held, label) => {
  expect(roleLabel(held)).toBe(label)
})

test('an unknown role holds nothing, whatever it is called', () => {
  for (const name of ['ROLE_ADMIN', '__proto__', 'constructor', 'toString']) {
    expect(permissionsOf(name)).toEqual([])
    expect(poolPermissionsOf(name)).toEqual([])
  }
})

test.each([
  [['ROLE_USER'], undefined],
  [[], undefined],
  [['ROLE_USER', 'ROLE_MANAGER'], 'role.scope_invalid'],
  [['ROLE_VIEWER'], 'role.scope_invalid'],
  [['ROLE_GROUP_ADMIN'], 'role.scope_invalid'],
  [['ROLE_ROOT'], 'role.scope_invalid'],
  [['toString'], 'request.invalid'],
])('RB-6: %j on a pool', (wanted, code) => {
  expect(decidePoolRoles(wanted)?.code).toBe(code)
})

test.each([
  [['users:write'], 'role.escalation'],
  [['users:write', 'access:read'], 'role.escalation'],
  [['users:write', 'access:write'], undefined],
])('MU-11: whether a key with %j puts a newcomer into a group', (scopes, code) => {
  const key = actor({ kind: 'api_key', scopes })

  expect(decideAssignment(key, { groupIds: ['engineers'], poolIds: [] })?.code).toBe(code)
  expect(decideAssignment(key, { groupIds: [], poolIds: ['production'] })?.code).toBe(code)
  expect(decideAssignment(key, { groupIds: [], poolIds: [] })).toBeUndefined()
})
