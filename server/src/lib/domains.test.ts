import { expect, test } from 'vitest'
import { isFreeMail, isPublicSuffix, readDomain } from './domains.ts'

test.each([
  ['company.com', 'company.com'],
  ['@company.com', 'company.com'],
  [' COMPANY.com ', 'company.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['@@company.com', undefined],
  ['company', undefined],
  ['company.com/path', undefined],
  ['ana@company.com', undefined],
  ['10.0.0.1', undefined],
])('SS-11: %s is read as %s', (typed, domain) => {
  expect(readDomain(typed)).toBe(domain)
})

test.each(['co.uk', 'com.au', 'github.io', 'blogspot.com'])(
  'SS-11: everybody registers under %s',
  (domain) => expect(isPublicSuffix(domain)).toBe(true),
)

test.each(['company.co.uk', 'company.com', 'acme.test', 'someone.github.io'])(
  'SS-11: %s has one owner',
  (domain) => expect(isPublicSuffix(domain)).toBe(false),
)

test('SS-5: anybody has a mailbox at gmail.com, and not at contoso.com', () => {
  expect(['gmail.com', 'outlook.com', 'gmx.de', 'qq.com'].map(isFreeMail)).toEqual(
    Array(4).fill(true),
  )
  expect(['contoso.com', 'acme.test'].map(isFreeMail)).toEqual([false, false])
})
