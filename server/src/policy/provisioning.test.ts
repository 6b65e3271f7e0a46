import { describe, expect, test } from 'vitest'
import {
  decideManualEntry,
  decideRollback,
  decideScim,
  decideSource,
  entrySentence,
  handedOverAfter,
  type ProvisioningWish,
  unavailableBecause,
} from './index.ts'

const sources = ['portal', 'sso_jit', 'scim', 'ldap'] as const
const methods = [null, 'password', 'google', 'sso'] as const
const all = { portal: true, sso_jit: true, scim: true, ldap: true }
const own = { portal: undefined, sso_jit: 'ssoJit', scim: 'scim', ldap: 'ldap' } as const
type Source = (typeof sources)[number]
type Switches = { selfService?: boolean; ssoJit?: boolean; scim?: boolean; ldap?: boolean }

const wishOf = (source: Source, switches: Switches): ProvisioningWish => ({
  source,
  ...Object.fromEntries(Object.entries(switches).map(([name, enabled]) => [name, { enabled }])),
})

const decide = (loginMethod: (typeof methods)[number], wish: ProvisioningWish, running = all) =>
  decideSource({ loginMethod }, wish, running)?.code ?? 'yes'

describe('PV-4, PV-6, LM-5: every method against every source', () => {
  test.each(methods.flatMap((method) => sources.map((source) => [method, source] as const)))(
    'under %s, %s',
    (method, source) => {
      const expected =
        method === null
          ? 'login_method.not_set'
          : source === 'portal' || method === 'sso'
            ? 'yes'
            : 'provisioning.sso_required'

      expect(decide(method, { source })).toBe(expected)
      expect(unavailableBecause(method, source, all) === null).toBe(expected === 'yes')
    },
  )
})

describe('PV-7: every source against every set of switches', () => {
  const states = [undefined, true, false]
  const wishes = sources.flatMap((source) =>
    states.flatMap((selfService) =>
      states.flatMap((ssoJit) =>
        states.flatMap((scim) =>
          states.map((ldap) => {
            const named = Object.entries({ selfService, ssoJit, scim, ldap })
            return { source, ...Object.fromEntries(named.filter(([, one]) => one !== undefined)) }
          }),
        ),
      ),
    ),
  ) as ({ source: Source } & Switches)[]

  test('a wish passes only when nothing but its own source is switched on', () => {
    const wrong = wishes.filter(({ source, ...switches }) => {
      const on = Object.entries(switches).flatMap(([name, enabled]) => (enabled ? [name] : []))
      const allowed = source === 'portal' ? 'selfService' : own[source]
      const contradicts =
        on.some((name) => name !== allowed) ||
        (source !== 'portal' && switches[own[source]] === false)
      const expected = contradicts ? 'provisioning.method_conflict' : 'yes'
      return decide('sso', wishOf(source, switches)) !== expected
    })

    expect(wishes).toHaveLength(4 * 81)
    expect(wrong).toEqual([])
  })
})

test('PV-5: a source that this version does not run is refused and says so', () => {
  const running = { ...all, scim: false }

  expect(decide('sso', { source: 'scim' }, running)).toBe('request.invalid')
  expect(unavailableBecause('sso', 'scim', running)).toBe('Not available in this version')
  expect(unavailableBecause('password', 'scim', running)).toBe('Requires SSO as the login method')
  expect(unavailableBecause(null, 'portal', running)).toBe('Choose how people sign in first')
})

const byAna = { by: 'Ana Ruiz', at: Date.UTC(2026, 5, 30) }

describe('LM-4, PV-8, PV-9, PV-15: may people be added by hand?', () => {
  const cells = methods.flatMap((loginMethod) =>
    sources.flatMap((source) =>
      [false, true].flatMap((emergency) =>
        [null, byAna].map((paused) => ({ loginMethod, source, emergency, paused })),
      ),
    ),
  )

  test.each(cells)('%j', ({ loginMethod, source, emergency, paused }) => {
    const refusal = decideManualEntry({ loginMethod, source, name: 'Acme', paused }, emergency)

    const governed = source === 'scim' || source === 'ldap'
    expect(refusal?.code).toBe(
      loginMethod === null
        ? 'login_method.not_set'
        : governed && !emergency
          ? 'provisioning.method_conflict'
          : paused
            ? 'provisioning.paused'
            : undefined,
    )
  })
})

describe('SC-6, PV-15: may the identity provider come by SCIM?', () => {
  test.each([
    ['scim', null, undefined],
    ['scim', byAna, 'provisioning.paused'],
    ['portal', null, 'provisioning.method_conflict'],
    ['portal', byAna, 'provisioning.method_conflict'],
  ] as const)('under %s, paused %j: %s', (source, paused, code) => {
    const refusal = decideScim({ name: 'Acme', source, paused, shadow: null })

    expect(refusal?.code).toBe(code)
    expect(refusal?.retryAfterSeconds).toBe(code === 'provisioning.paused' ? 600 : undefined)
  })
})

describe('PV-13, PV-14: a hand-over and the way back', () => {
  test.each([
    ['portal', [], 'scim', []],
    ['scim', [], 'portal', ['scim']],
    ['scim', ['sso_jit'], 'portal', ['sso_jit', 'scim']],
    ['scim', ['sso_jit'], 'sso_jit', ['scim']],
    ['portal', ['scim', 'sso_jit'], 'scim', ['sso_jit']],
    ['scim', ['sso_jit'], 'scim', ['sso_jit']],
  ] as const)('from %s, with %j handed over, to %s: %j', (source, handedOver, to, after) => {
    expect(handedOverAfter({ source, handedOver: [...handedOver] }, to)).toEqual(after)
  })

  const at = Date.UTC(2026, 4, 3)
  const month = 30 * 86_400_000
  const running = { portal: true, sso_jit: true, scim: true, ldap: false }
  const toScim = { source: 'scim', selfService: false, handedOver: [], at } as const
  const back = { ...toScim, handedOver: [] }

  test.each([
    ['at its last moment', 'sso', back, at + month, undefined],
    ['a moment later', 'sso', back, at + month + 1, /more than 30 days ago/],
    ['of nothing', 'sso', null, at, /no change of the source/],
    ['under another login method', 'password', back, at, /requires SSO/],
    ['to what does not run here', 'sso', { ...back, source: 'ldap' }, at, /not available/],
  ] as const)('rolling back %s', (_, loginMethod, rollback, now, refused) => {
    const copy = rollback && { ...rollback, handedOver: [...rollback.handedOver] }
    const decided = decideRollback({ loginMethod, rollback: copy }, running, now)

    expect(decided).toEqual(
      refused
        ? { code: 'provisioning.rollback_unavailable', detail: expect.stringMatching(refused) }
        : rollback,
    )
  })
})

describe('PV-10: the entry sentence', () => {
  const chosen = { sourceChosenBy: 'Ana Ruiz', sourceChosenAt: Date.UTC(2026, 4, 3, 23, 59) }
  const base = {
    name: 'Acme',
    loginMethod: 'sso',
    selfServiceEnabled: false,
    paused: null,
    ...chosen,
  } as const

  test.each([
    [
      'portal',
      'People enter Acme when a manager creates or invites them; chosen by Ana Ruiz on 3 May 2026.',
    ],
    [
      'sso_jit',
      'People enter Acme by signing in through Entra ID (SAML JIT); chosen by Ana Ruiz on 3 May 2026.',
    ],
    [
      'scim',
      'People enter Acme when the identity provider sends them (SCIM); chosen by Ana Ruiz on 3 May 2026.',
    ],
    [
      'ldap',
      'People enter Acme when the directory sync finds them (LDAP); chosen by Ana Ruiz on 3 May 2026.',
    ],
  ] as const)('under %s', (source, sentence) => {
    expect(entrySentence({ ...base, source }, { name: 'Entra ID', protocol: 'saml' }, false)).toBe(
      sentence,
    )
  })

  test('PV-15: while provisioning is paused', () => {
    const organisation = { ...base, source: 'scim', paused: byAna } as const

    expect(entrySentence(organisation, null, false)).toBe(
      'Nobody new enters Acme now: Ana Ruiz paused provisioning on 30 June 2026. Otherwise people enter Acme when the identity provider sends them (SCIM); chosen by Ana Ruiz on 3 May 2026.',
    )
  })

  test('before anything is chosen', () => {
    const none = { ...base, source: 'portal', sourceChosenBy: null, sourceChosenAt: null } as const

    expect(entrySentence({ ...none, loginMethod: null }, null, false)).toBe(
      'Nobody can enter Acme yet: choose how people sign in.',
    )
    expect(entrySentence(none, null, false)).toBe(
      'People enter Acme when a manager creates or invites them; this is the default.',
    )
    expect(entrySentence(none, null, true)).toBe(
      'People enter Acme when a manager creates or invites them, or by the self-service link; this is the default.',
    )
  })
})
