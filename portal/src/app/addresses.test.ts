import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageIn, parseSearch, stringifySearch, texts } from './addresses.ts'

test('whatever text a parameter holds, it is the same after it stood in an address', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (search) => {
      expect(parseSearch(stringifySearch(search))).toEqual(search)
    }),
  )
})

test.each([
  ['signedOut=1', '?signedOut=1'],
  ['code=007&page=2', '?code=007&page=2'],
  ['search=1e5', '?search=1e5'],
  ['search=true', '?search=true'],
  ['', ''],
])('%s stays as it was written', (query, written) => {
  expect(stringifySearch(parseSearch(query))).toBe(written)
})

test('what is not said is not written', () => {
  expect(stringifySearch({ search: undefined, page: 3 })).toBe('?page=3')
})

test('of the parameters only the named ones count, and only those that say something', () => {
  expect(texts({ search: '42', sort: '', other: 'x' }, 'search', 'sort')).toEqual({ search: '42' })
})

test.each([
  ['2', { page: 2 }],
  [2, { page: 2 }],
  ['0', {}],
  ['-1', {}],
  ['1.5', {}],
  ['1e99', {}],
  ['two', {}],
  [undefined, {}],
])('page %s', (page, read) => {
  expect(pageIn({ page })).toEqual(read)
})
