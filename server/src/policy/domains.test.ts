import { expect, test } from 'vitest'
import type { DomainOutcome, DomainState } from '../model/domain.ts'
import { decideDomainCheck, decideDomainOwner, domainGraceMs, domainState } from './domains.ts'

const now = 1_800_000_000_000
const day = 86_400_000
const states = {
  waiting: { verifiedAt: null, missingSince: null, lapsedAt: null },
  verified: { verifiedAt: 1, missingSince: null, lapsedAt: null },
  lapsing: { verifiedAt: 1, missingSince: now - day, lapsedAt: null },
  lapsed: { verifiedAt: 1, missingSince: 2, lapsedAt: 3 },
}

test.each<[DomainState, DomainOutcome, DomainState, string | undefined]>([
  ['waiting', 'found', 'verified', 'verified'],
  ['waiting', 'other', 'waiting', undefined],
  ['waiting', 'none', 'waiting', undefined],
  ['waiting', 'unanswered', 'waiting', undefined],
  ['verified', 'found', 'verified', undefined],
  ['verified', 'other', 'lapsing', 'lapsing'],
  ['verified', 'none', 'lapsing', 'lapsing'],
  ['verified', 'unanswered', 'verified', undefined],
  ['lapsing', 'found', 'verified', 'verified'],
  ['lapsing', 'other', 'lapsing', undefined],
  ['lapsing', 'none', 'lapsing', undefined],
  ['lapsing', 'unanswered', 'lapsing', undefined],
  ['lapsed', 'found', 'verified', 'verified'],
  ['lapsed', 'other', 'lapsed', undefined],
  ['lapsed', 'none', 'lapsed', undefined],
  ['lapsed', 'unanswered', 'lapsed', undefined],
])('SE-15: %s, and the look finds %s: %s', (before, outcome, after, happened) => {
  const decision = decideDomainCheck(states[before], outcome, now)

  expect([domainState(decision), decision.happened]).toEqual([after, happened])
})

test.each<[number, DomainOutcome, DomainState]>([
  [domainGraceMs - 1, 'none', 'lapsing'],
  [domainGraceMs, 'none', 'lapsed'],
  [domainGraceMs, 'other', 'lapsed'],
  [domainGraceMs * 10, 'unanswered', 'lapsing'],
])('SE-15: missing for %s ms, and the look finds %s: %s', (missingFor, outcome, after) => {
  const domain = { ...states.lapsing, missingSince: now - missingFor }

  expect(domainState(decideDomainCheck(domain, outcome, now))).toBe(after)
})

test('SE-15: what nobody owns alone is nobody’s domain', () => {
  const owned = { publicSuffix: false, freeMail: false }

  expect(decideDomainOwner('acme.test', owned)).toBeUndefined()
  for (const refusal of [
    decideDomainOwner(undefined, owned),
    decideDomainOwner('co.uk', { ...owned, publicSuffix: true }),
    decideDomainOwner('gmail.com', { ...owned, freeMail: true }),
  ]) {
    expect(refusal).toMatchObject({ code: 'domain.not_allowed', errors: [{ pointer: '/name' }] })
  }
})
