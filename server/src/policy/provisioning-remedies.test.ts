import { expect, test } from 'vitest'
import { remedyFor } from './provisioning-remedies.ts'

test('SC-42: what succeeded needs nothing', () => {
  expect(remedyFor({ status: 200, code: null, known: true })).toBeNull()
  expect(remedyFor({ status: 204, code: 'uniqueness', known: true })).toBeNull()
})

test.each([
  [409, 'uniqueness', /approve the adoption/],
  [400, 'invalidFilter', /userName/],
  [400, 'noTarget', /Restart provisioning/],
  [409, 'manager.last_working', /last manager/],
  [403, 'provisioning.method_conflict', /Choose SCIM/],
  [403, 'scim.group_sync_off', /Push Groups/],
  [401, 'invalid_client', /another method/],
  [429, 'rate.limited', /Retry-After/],
])('SC-42: %i %s says what to do', (status, code, says) => {
  expect(remedyFor({ status, code, known: true })).toMatch(says)
})

test('SC-42: a code that nobody foresaw gets the remedy of its status, and never none', () => {
  for (let status = 400; status < 600; status += 1) {
    for (const code of [null, 'something.new', 'constructor']) {
      expect(remedyFor({ status, code, known: false })).toMatch(/^\S.*\.$/)
    }
  }
  expect(remedyFor({ status: 413, code: 'toString', known: true })).toMatch(/larger than 1 MB/)
})

test('SC-42: a token that was refused although it is ours has expired', () => {
  expect(remedyFor({ status: 401, code: null, known: true })).toMatch(/has expired/)
  expect(remedyFor({ status: 401, code: null, known: false })).toMatch(/without a live token/)
})
