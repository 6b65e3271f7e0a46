import { expect, test } from 'vitest'
import { chosenIn, searchOf } from './chosen.ts'

test.each([
  [{}, { kind: 'user' }],
  [{ difference: 'matched' }, { kind: 'user', difference: 'matched' }],
  [
    { kind: 'group', difference: 'deleted' },
    { kind: 'group', difference: 'deleted' },
  ],
  [{ kind: 'group', difference: 'matched' }, { kind: 'group' }],
  [{ kind: 'pool', difference: 'toString' }, { kind: 'user' }],
])('%j asks for %j', (search, chosen) => {
  expect(chosenIn(search)).toEqual(chosen)
})

test('an address says no more than it has to', () => {
  expect(searchOf({ kind: 'user' })).toEqual({})
  expect(searchOf({ kind: 'group', difference: 'created' })).toEqual({
    kind: 'group',
    difference: 'created',
  })
})
