import { describe, expect, test } from 'vitest'
import { decideMethodChange, drillDueAt, isProved, type MethodChange } from './index.ts'

const now = Date.UTC(2026, 4, 3)
const minute = 60_000
const day = 86_400_000
const proved = { lastSignInAt: now - day, credentialsChangedAt: now - 2 * day }
const test1 = {
  managerId: 'ana',
  succeeded: true,
  finishedAt: now - minute,
  digest: 'new',
  resolvesTo: 'ana',
  resolvesToManager: true,
}

/** Everything that leaving the password for SSO needs is there. */
const ready: MethodChange = {
  organisation: { loginMethod: 'password', source: 'portal' },
  method: 'sso',
  digest: 'new',
  liveDigest: null,
  protocol: 'saml',
  saverId: 'ana',
  byBreakGlass: false,
  managerHasPassword: true,
  googleAvailable: true,
  test: test1,
  breakGlass: [proved],
  byOperator: false,
  now,
}

const from = (loginMethod: 'sso' | null): Partial<MethodChange> => ({
  organisation: { loginMethod, source: 'portal' },
})
const decide = (changes: Partial<MethodChange>) =>
  decideMethodChange({ ...ready, ...changes })?.code ?? 'yes'
const tested = (changes: Partial<typeof test1>) => decide({ test: { ...test1, ...changes } })

describe('LM-16 to LM-18: enforcing SSO', () => {
  test.each([
    ['with everything ready', {}, 'yes'],
    ['from the start', { organisation: { loginMethod: null, source: 'portal' } }, 'yes'],
    ['without an emergency account', { breakGlass: [] }, 'break_glass.required'],
    ['without a test', { test: undefined }, 'login_method.test_required'],
    ['by a caller who is no person', { saverId: null }, 'login_method.test_required'],
    ['with other settings', { digest: 'other' }, 'login_method.test_stale'],
    [
      'by an operator, without a test',
      { byOperator: true, test: undefined, breakGlass: [] },
      'yes',
    ],
  ] as [string, Partial<MethodChange>, string][])('%s: %s', (_, changes, answer) => {
    expect(decide(changes)).toBe(answer)
  })

  test.each([
    ['failed', { succeeded: false }, 'login_method.test_required'],
    ['of another manager', { managerId: 'bob' }, 'login_method.test_required'],
    ['resolving to somebody else', { resolvesTo: 'bob' }, 'login_method.test_required'],
    ['resolving to nobody', { resolvesTo: null as never }, 'login_method.test_required'],
    ['30 minutes old', { finishedAt: now - 30 * minute }, 'yes'],
    ['a little older', { finishedAt: now - 30 * minute - 1 }, 'login_method.test_required'],
  ])('a test %s', (_, changes, answer) => {
    expect(tested(changes)).toBe(answer)
  })

  test.each([
    ['lets a manager in', { resolvesTo: 'bob', resolvesToManager: true }, 'yes'],
    [
      'lets somebody else in',
      { resolvesTo: 'eve', resolvesToManager: false },
      'login_method.test_required',
    ],
    ['was run by a manager', { managerId: 'bob' }, 'login_method.test_required'],
  ])('an emergency account repairs SSO by a test of its own that %s: %s', (_, changes, answer) => {
    const own = { ...test1, managerId: 'safe', ...changes }

    expect(decide({ saverId: 'safe', byBreakGlass: true, test: own })).toBe(answer)
  })

  test('settings that stay as they are need neither a test nor a drill', () => {
    const live = {
      organisation: { loginMethod: 'sso', source: 'sso_jit' },
      liveDigest: 'new',
    } as const

    expect(decide({ ...live, test: undefined, breakGlass: [] })).toBe('yes')
    expect(decide({ ...live, digest: 'other', test: undefined })).toBe('login_method.test_required')
  })
})

describe('LM-14: leaving SSO', () => {
  const sources = ['portal', 'sso_jit', 'scim', 'ldap'] as const
  const methods = ['password', 'google', 'sso'] as const
  const cells = sources.flatMap((source) => methods.map((method) => ({ source, method })))

  test.each(cells)('for $method while people enter by $source', ({ source, method }) => {
    const answer = decide({
      organisation: { loginMethod: 'sso', source },
      method,
      byOperator: true,
    })

    const leaves = method !== 'sso' && source !== 'portal'
    expect(answer).toBe(leaves ? 'login_method.provisioning_active' : 'yes')
  })
})

test.each([
  ['with a password of one’s own', { managerHasPassword: true }, 'yes'],
  ['without one', { managerHasPassword: false, ...from('sso') }, 'login_method.test_required'],
  [
    'without one, from none',
    { managerHasPassword: false, ...from(null) },
    'login_method.test_required',
  ],
  ['again, without one', { managerHasPassword: false }, 'yes'],
  [
    'without one, by an operator',
    { managerHasPassword: false, byOperator: true, ...from('sso') },
    'yes',
  ],
])('LM-11: choosing the password %s', (_, changes, answer) => {
  expect(decide({ method: 'password', test: undefined, breakGlass: [], ...changes })).toBe(answer)
})

test.each([
  ['without a client', { googleAvailable: false }, 'login_method.google_unavailable'],
  [
    'without a client, by an operator',
    { googleAvailable: false, byOperator: true },
    'login_method.google_unavailable',
  ],
  ['without a test', { test: undefined }, 'login_method.test_required'],
  ['after a test, without an emergency account', { breakGlass: [] }, 'yes'],
  ['after a test of another domain', { digest: 'other' }, 'login_method.test_stale'],
])('LM-11, LM-32: choosing Google %s', (_, changes, answer) => {
  expect(decide({ method: 'google', ...changes })).toBe(answer)
})

test.each([
  ['never signed in', { lastSignInAt: null, credentialsChangedAt: now }, false],
  [
    'signed in before its credentials changed',
    { lastSignInAt: now - 2, credentialsChangedAt: now - 1 },
    false,
  ],
  ['signed in as they changed', { lastSignInAt: now - 1, credentialsChangedAt: now - 1 }, true],
  ['signed in 90 days ago', { lastSignInAt: now - 90 * day, credentialsChangedAt: 0 }, true],
  [
    'signed in a little earlier',
    { lastSignInAt: now - 90 * day - 1, credentialsChangedAt: 0 },
    false,
  ],
])('LM-18, SE-14: an emergency account that %s', (_, account, answer) => {
  expect(isProved(account, now)).toBe(answer)
})

test('SE-14: a drill is due ninety days after the last sign-in', () => {
  expect(drillDueAt({ lastSignInAt: now, credentialsChangedAt: 0 })).toBe(now + 90 * day)
  expect(drillDueAt({ lastSignInAt: null, credentialsChangedAt: 0 })).toBeNull()
})
