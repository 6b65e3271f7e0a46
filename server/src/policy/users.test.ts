import { describe, expect, test } from 'vitest'
import type { LoginMethod, ProvisioningSource } from '../model/organisation.ts'
import type { User } from '../model/user.ts'
import {
  decideDelete,
  decideDisable,
  decideEdit,
  decideHold,
  isOwnedByIdp,
  isSlug,
  managerOf,
  passwordFaults,
} from './index.ts'

const sources = ['portal', 'sso_jit', 'scim', 'ldap'] as const
const always = { firstName: 'every_sign_in', lastName: 'every_sign_in' } as const

function facts(
  source: ProvisioningSource,
  user: Partial<Pick<User, 'id' | 'managedBy' | 'status'>> = {},
  changes: {
    byBreakGlass?: boolean
    loginMethod?: LoginMethod
    actorId?: string
    handedOver?: ProvisioningSource[]
  } = {},
) {
  return {
    organisation: {
      source,
      loginMethod: changes.loginMethod ?? ('sso' as const),
      handedOver: changes.handedOver ?? [],
    },
    user: { id: 'bob', managedBy: source, status: 'deactivated' as const, ...user },
    actorId: changes.actorId ?? 'ana',
    byBreakGlass: changes.byBreakGlass ?? false,
  }
}

describe('PV-8: the columns of the sources', () => {
  const external = 'user.managed_externally'

  test.each([
    ['portal', undefined, undefined, undefined],
    ['sso_jit', undefined, undefined, 'user.attribute_managed'],
    ['scim', external, external, external],
    ['ldap', external, external, external],
  ] as const)('%s, a person whom the source manages', (source, disable, remove, edit) => {
    expect(decideDisable(facts(source))?.code).toBe(disable)
    expect(decideDelete(facts(source))?.code).toBe(remove)
    expect(decideEdit(facts(source), always, ['firstName'])?.code).toBe(edit)
  })

  test.each([
    ['portal', undefined, undefined],
    ['sso_jit', undefined, undefined],
    ['scim', external, external],
    ['ldap', external, external],
  ] as const)('%s, a person whom the portal manages', (source, remove, edit) => {
    const user = { managedBy: 'portal' } as const

    expect(decideDisable(facts(source, user))).toBeUndefined()
    expect(decideDelete(facts(source, user))?.code).toBe(remove)
    expect(decideEdit(facts(source, user), always, ['firstName'])?.code).toBe(edit)
  })

  test.each(sources)('PV-9: an emergency account may under %s', (source) => {
    const emergency = facts(source, { managedBy: source }, { byBreakGlass: true })
    const names = source === 'sso_jit' ? [] : (['firstName', 'lastName'] as const)

    expect(decideDisable(emergency)).toBeUndefined()
    expect(decideDelete(emergency)).toBeUndefined()
    expect(decideEdit(emergency, always, [...names])).toBeUndefined()
  })
})

describe('US-9, US-10: deleting', () => {
  test.each(['active', 'pending'] as const)(
    'needs that a person who is %s is deactivated first',
    (status) => {
      expect(decideDelete(facts('portal', { status }))?.code).toBe('user.must_deactivate_first')
    },
  )

  test.each(sources)('nobody deletes themselves under %s', (source) => {
    expect(decideDelete(facts(source, { id: 'ana' }))?.code).toBe('user.self_delete')
  })
})

describe('JI-16: who owns a name', () => {
  const methods = ['password', 'google', 'sso'] as const
  const policies = ['first_sign_in', 'every_sign_in', 'portal'] as const
  const cells = methods.flatMap((loginMethod) =>
    sources.flatMap((managedBy) => policies.map((policy) => ({ loginMethod, managedBy, policy }))),
  )

  test('the identity provider does only under SSO, for people of JIT, at every sign-in', () => {
    const owned = cells.filter(({ loginMethod, managedBy, policy }) =>
      isOwnedByIdp(
        facts('sso_jit', { managedBy }, { loginMethod }),
        { firstName: policy, lastName: 'portal' },
        'firstName',
      ),
    )

    expect(owned).toEqual([{ loginMethod: 'sso', managedBy: 'sso_jit', policy: 'every_sign_in' }])
  })

  test('an edit is told every name that it may not touch', () => {
    const refusal = decideEdit(facts('sso_jit'), always, ['firstName', 'lastName'])

    expect(refusal?.errors?.map((one) => one.pointer)).toEqual(['/firstName', '/lastName'])
  })
})

describe('GE-7: slugs', () => {
  test.each(['abc', 'acme', 'a1b', '123', 'a-b', 'acme-2', 'a'.repeat(40), 'a--b'])(
    '%s is one',
    (slug) => {
      expect(isSlug(slug)).toBe(true)
    },
  )

  test.each([
    '',
    'a',
    'ab',
    'a'.repeat(41),
    'Acme',
    'ac me',
    '-acme',
    'acme-',
    'acme_',
    'äcme',
    'acme.io',
    'acme\n',
    'admin',
    'api',
    'login',
    'saml',
    'scim',
    'setup',
    'platform',
    'settings',
  ])('%j is none', (slug) => {
    expect(isSlug(slug)).toBe(false)
  })
})

describe('LM-36: passwords', () => {
  const leaked = (password: string) => password === 'Leaked-one-1'

  test.each([
    ['Abcdef1x', []],
    ['abcdef1-', []],
    ['ABCDEF1-', []],
    ['Äöüßéñ1-', []],
    [`Ab1${'x'.repeat(125)}`, []],
    ['Ab1🦉🦉🦉🦉🦉', []],
    ['Abcdef1', ['length']],
    ['Ab1🦉🦉🦉🦉', ['length']],
    [`Ab1${'x'.repeat(126)}`, ['length']],
    ['abcdefgh', ['classes']],
    ['abcdefg1', ['classes']],
    ['ABCDEFG1', ['classes']],
    ['--------', ['classes']],
    ['Leaked-one-1', ['leaked']],
    ['', ['length', 'classes']],
  ])('%j breaks %j', (password, faults) => {
    expect(passwordFaults(password, leaked).map((fault) => fault.code)).toEqual(faults)
  })
})

describe('PV-13: after a hand-over the portal manages whom the source brought', () => {
  test('their names are the portal’s, and they are deactivated, not held', () => {
    const brought = facts('portal', { managedBy: 'sso_jit' }, { handedOver: ['sso_jit'] })
    const synced = facts('portal', { managedBy: 'scim' }, { handedOver: ['scim'] })

    expect(managerOf(brought.organisation, brought.user)).toBe('portal')
    expect(decideEdit(brought, always, ['firstName'])).toBeUndefined()
    expect(decideHold(synced)?.code).toBe('request.invalid')
    expect(decideDisable(synced)).toBeUndefined()
  })

  test('only of that source, and not before', () => {
    const brought = facts('portal', { managedBy: 'sso_jit' }, { handedOver: ['scim'] })

    expect(managerOf(brought.organisation, brought.user)).toBe('sso_jit')
    expect(decideEdit(brought, always, ['firstName'])?.code).toBe('user.attribute_managed')
    expect(decideHold(facts('scim'))).toBeUndefined()
  })
})
