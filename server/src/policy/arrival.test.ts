import { describe, expect, test } from 'vitest'
import type { Paused } from '../model/organisation.ts'
import { type ArrivalFacts, decideArrival, isName, type KnownPerson } from './index.ts'

const person: KnownPerson = {
  status: 'active',
  held: false,
  joinedBy: 'self_service',
  pendingReason: null,
  everSignedIn: true,
  linkedElsewhere: false,
  isManager: false,
}

function arrive(facts: Partial<ArrivalFacts>) {
  return decideArrival({
    organisation: { name: 'Acme', source: 'sso_jit', loginMethod: 'sso', paused: null },
    bySubject: undefined,
    byEmail: undefined,
    email: 'ada@acme.test',
    firstName: 'Ada',
    lastName: 'Lovelace',
    claimNames: { firstName: 'given', lastName: 'family' },
    claimScreen: 'Open Attributes & Claims.',
    domainVerified: false,
    adoptionApproved: false,
    riskTaken: undefined,
    invited: undefined,
    ...facts,
  })
}

/** The decision in one word, or the code of the refusal. */
function outcome(facts: Partial<ArrivalFacts>): string {
  const decision = arrive(facts)
  return 'refusal' in decision ? decision.refusal.code : decision.kind
}

const sources = ['portal', 'sso_jit', 'scim', 'ldap'] as const
const from = (source: (typeof sources)[number], paused: Paused | null = null) => ({
  organisation: { name: 'Acme', source, loginMethod: 'sso' as const, paused },
})
const paused = { by: 'Ana Ruiz', at: Date.UTC(2026, 4, 3) }

describe('an unknown person', () => {
  test.each([
    ['portal', 'sso.user_unknown'],
    ['sso_jit', 'create'],
    ['scim', 'sso.user_unknown'],
    ['ldap', 'sso.user_unknown'],
  ] as const)('JI-3, LM-33, PV-8: under %s: %s', (source, decision) => {
    expect(outcome(from(source))).toBe(decision)
    expect(outcome(from(source, paused))).toBe(
      decision === 'create' ? 'provisioning.paused' : decision,
    )
  })

  test('PV-15: who is invited waits too, and who is here comes in', () => {
    const invited = { firstName: 'Ada', lastName: 'Lovelace' }

    expect(outcome({ ...from('portal', paused), invited })).toBe('provisioning.paused')
    expect(outcome({ ...from('sso_jit', paused), bySubject: person })).toBe('known')
  })

  test.each([
    ['no first name', { firstName: undefined }, 'claim given'],
    ['no last name', { lastName: undefined }, 'claim family'],
    ['neither', { firstName: undefined, lastName: '' }, 'claim given and family'],
    ['a blank name', { firstName: ' \t' }, 'claim given'],
    ['a control character', { lastName: 'a\u0000b' }, 'claim family'],
    ['a name too long', { lastName: 'é'.repeat(101) }, 'claim family'],
  ])('JI-8: with %s is refused, naming the claim', (_, facts, rule) => {
    expect(arrive(facts)).toMatchObject({ rule, refusal: { code: 'jit.claim_missing' } })
  })

  test.each(sources)('JI-9: without an e-mail is refused under %s', (source) => {
    expect(outcome({ ...from(source), email: undefined })).toBe('jit.email_invalid')
  })
})

describe('a known person', () => {
  const blocked: Partial<KnownPerson>[] = [{ status: 'deactivated' }, { held: true }]
  const waysIn = sources.flatMap((source) =>
    (['bySubject', 'byEmail'] as const).flatMap((found) =>
      blocked.map((facts) => ({ source, found, ...facts })),
    ),
  )

  test.each(waysIn)('LM-34, JI-24: is refused: %j', ({ source, found, ...facts }) => {
    const decision = outcome({
      ...from(source),
      [found]: { ...person, ...facts },
      domainVerified: true,
      adoptionApproved: true,
    })

    expect(decision).toBe('user.deactivated')
  })

  test.each(sources)(
    'JI-4, JI-26: found by subject comes in under %s, whatever the claims',
    (source) => {
      const facts = {
        ...from(source),
        bySubject: person,
        firstName: undefined,
        lastName: undefined,
      }

      expect(outcome(facts)).toBe('known')
      expect(outcome({ ...facts, bySubject: { ...person, status: 'pending' } })).toBe('known')
    },
  )
})

describe('JI-19, JI-20: an e-mail that belongs to somebody who is not linked', () => {
  type Row = [string, Partial<KnownPerson>, Partial<ArrivalFacts>, string, (string | undefined)?]
  const rows: Row[] = [
    ['nothing vouches', {}, {}, 'jit.adoption_pending', 'medium'],
    ['nothing vouches for a manager', { isManager: true }, {}, 'jit.adoption_pending', 'high'],
    ['a verified domain', {}, { domainVerified: true }, 'link'],
    ['a verified domain, a manager', { isManager: true }, { domainVerified: true }, 'link'],
    ['an approval', {}, { adoptionApproved: true }, 'link'],
    ['created and never here', { joinedBy: 'created', everSignedIn: false }, {}, 'link'],
    ['invited and never here', { joinedBy: 'invited', everSignedIn: false }, {}, 'link'],
    ['created and here before', { joinedBy: 'created' }, {}, 'jit.adoption_pending', 'medium'],
    [
      'the first manager, never here',
      { joinedBy: 'first_manager', everSignedIn: false, isManager: true },
      {},
      'jit.adoption_pending',
      'high',
    ],
    ['self-registered, never here', { everSignedIn: false }, {}, 'jit.adoption_pending', 'medium'],
    ['another subject is linked', { linkedElsewhere: true }, {}, 'jit.adoption_pending', 'high'],
    [
      'another subject, a verified domain',
      { linkedElsewhere: true },
      { domainVerified: true },
      'jit.adoption_pending',
      'high',
    ],
    [
      'another subject, created and never here',
      { linkedElsewhere: true, joinedBy: 'created', everSignedIn: false },
      {},
      'jit.adoption_pending',
      'high',
    ],
    ['another subject, approved', { linkedElsewhere: true }, { adoptionApproved: true }, 'link'],
  ]

  describe.each(['portal', 'sso_jit'] as const)('under %s', (source) => {
    test.each(rows)('%s', (_, facts, changes, decision, risk) => {
      const arrival = arrive({ ...from(source), byEmail: { ...person, ...facts }, ...changes })

      expect('refusal' in arrival ? arrival.refusal.code : arrival.kind).toBe(decision)
      expect('risk' in arrival ? arrival.risk : undefined).toBe(risk)
    })
  })

  test.each(['scim', 'ldap'] as const)('SC-23: under %s the source vouches for both', (source) => {
    expect(outcome({ ...from(source), byEmail: person })).toBe('link')
    expect(outcome({ ...from(source), byEmail: { ...person, linkedElsewhere: true } })).toBe(
      'jit.adoption_pending',
    )
  })

  const waits = { status: 'pending', pendingReason: 'method_changed' } as const
  test.each<[string, Partial<KnownPerson>, Partial<ArrivalFacts>, string]>([
    ['since that switch', waits, { riskTaken: 'medium' }, 'link'],
    ['a manager, as a manager', { ...waits, isManager: true }, { riskTaken: 'high' }, 'link'],
    ['a manager then, none any more', waits, { riskTaken: 'high' }, 'link'],
    [
      'a manager by now',
      { ...waits, isManager: true },
      { riskTaken: 'medium' },
      'jit.adoption_pending',
    ],
    ['active', {}, { riskTaken: 'high' }, 'jit.adoption_pending'],
    [
      'pending for another reason',
      { ...waits, pendingReason: 'not_activated' },
      { riskTaken: 'high' },
      'jit.adoption_pending',
    ],
    [
      'another subject is linked',
      { ...waits, linkedElsewhere: true },
      { riskTaken: 'high' },
      'jit.adoption_pending',
    ],
    ['on hold', { ...waits, held: true }, { riskTaken: 'high' }, 'user.deactivated'],
  ])('JI-20: ticked in the preview of a switch, %s: %s', (_, facts, changes, decision) => {
    expect(outcome({ byEmail: { ...person, ...facts }, ...changes })).toBe(decision)
  })

  test('JI-21: one that was pending is completed, one that was active is not', () => {
    const verified = { domainVerified: true }

    expect(arrive({ byEmail: { ...person, status: 'pending' }, ...verified })).toEqual({
      kind: 'link',
      completes: true,
    })
    expect(arrive({ byEmail: person, ...verified })).toEqual({ kind: 'link', completes: false })
  })
})

test.each([
  ['Ada', true],
  ['小', true],
  ['O’Brien-Núñez', true],
  ['a'.repeat(100), true],
  ['🦉'.repeat(100), true],
  ['🦉'.repeat(101), false],
  ['a'.repeat(101), false],
  ['', false],
  ['   ', false],
  ['a\nb', false],
  ['\u0085', false],
  [undefined, false],
])('MU-3: %j as a name: %s', (name, good) => {
  expect(isName(name)).toBe(good)
})
