import { expect, test } from 'vitest'
import { readAddresses } from './addresses.ts'

test.each([
  ['', []],
  [' , ;\n', []],
  [
    'a@b.test, c@d.test;e@f.test\ng@h.test i@j.test',
    'a@b.test c@d.test e@f.test g@h.test i@j.test',
  ],
  ['Noa Levi <noa@acme.test>; "Lea" <lea@acme.test>', 'noa@acme.test lea@acme.test'],
  ['not an address', 'not an address'],
])('IN-1: %j is read as addresses', (typed, read) => {
  expect(readAddresses(typed)).toEqual(typeof read === 'string' ? read.split(' ') : read)
})
