import { expect, test } from 'vitest'
import type { ShadowSummary } from '../../../../../contract/src/index.ts'
import {
  countLosingAccess,
  groupsSentence,
  isWithoutDifference,
  listed,
  outcome,
  peopleSentence,
} from './summary.ts'

const nothing: ShadowSummary = {
  people: {
    deleted: 0,
    deactivated: 0,
    created: 0,
    matched: 0,
    enabled: 0,
    adopted: 0,
    changed: 0,
  },
  groups: { deleted: 0, created: 0, adopted: 0, changed: 0 },
  memberships: { added: 0, removed: 0 },
  notSent: 1_204,
}

test('who was not sent is no difference; a membership is one', () => {
  expect(isWithoutDifference(nothing)).toBe(true)
  expect(isWithoutDifference({ ...nothing, memberships: { added: 0, removed: 1 } })).toBe(false)
})

test('a summary is read as a sentence that leaves out what does not happen', () => {
  const summary: ShadowSummary = {
    ...nothing,
    people: { ...nothing.people, created: 1_214, deactivated: 12, deleted: 2 },
    groups: { ...nothing.groups, adopted: 3 },
    memberships: { added: 2_140, removed: 0 },
  }

  expect(peopleSentence(summary)).toBe('People: 1,214 new, 12 deactivated, 2 deleted.')
  expect(groupsSentence(summary)).toBe('Groups: 3 taken over. Memberships: 2,140 added, 0 removed.')
  expect(groupsSentence(nothing)).toBe('Groups: no difference. Memberships: none changes.')
  expect(countLosingAccess(summary)).toBe(14)
})

test.each([
  [[], 0, ''],
  [['Ada'], 1, 'Ada'],
  [['Ada', 'Grace'], 2, 'Ada and Grace'],
  [['Ada', 'Grace'], 1_205, 'Ada, Grace and 1,203 more'],
])('%j of %d is listed as %s', (names, total, words) => {
  expect(listed(names, total)).toBe(words)
})

test.each([
  [1, 0, '1 difference applied'],
  [1_204, 2, '1,204 differences applied, 2 refused'],
])('%d applied and %d refused: %s', (applied, refusedTotal, words) => {
  const end = { startedBy: 'Ana Ruiz', startedAt: 0, endedAt: 1, wentLiveBy: 'Ana Ruiz' }

  expect(outcome({ ...end, applied, refusedTotal, refused: [] })).toBe(words)
})
