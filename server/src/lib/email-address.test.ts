import { domainToASCII } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normaliseDomain, readEmailAddress } from './email-address.ts'

describe('GE-8: an address that is one', () => {
  test.each([
    ['ada@acme.test', 'ada@acme.test', 'ada@acme.test'],
    ['  ada@acme.test\n', 'ada@acme.test', 'ada@acme.test'],
    ['Ada.King@ACME.Test', 'Ada.King@acme.test', 'ada.king@acme.test'],
    ['ada+tag@acme.test', 'ada+tag@acme.test', 'ada+tag@acme.test'],
    ["o'brien@acme.test", "o'brien@acme.test", "o'brien@acme.test"],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@ａｃｍｅ.test', 'ada@acme.test', 'ada@acme.test'],
    ['ada@acme。test', 'ada@acme.test', 'ada@acme.test'],
    ['zoe\u0308@acme.test', 'zo\u00eb@acme.test', 'zo\u00eb@acme.test'],
    ['ZO\u00cb@acme.test', 'ZO\u00cb@acme.test', 'zo\u00eb@acme.test'],
    ['小明@例え.jp', '小明@xn--r8jz45g.jp', '小明@xn--r8jz45g.jp'],
    ['a@b.c', 'a@b.c', 'a@b.c'],
  ])('%j', (input, address, folded) => {
    const domain = folded.split('@')[1]

    expect(readEmailAddress(input)).toEqual({ address, folded, domain })
  })
})

describe('GE-8: an address that is none', () => {
  test.each([
    '',
    'a@b',
    'ada',
    'ada@',
    '@acme.test',
    'ada@@acme.test',
    'ada@acme@evil.test',
    '"ada"@acme.test',
    '"ada@evil.test"@acme.test',
    'ada (comment)@acme.test',
    '<ada@acme.test>',
    'ada@[192.0.2.1]',
    'ada@acme.test/evil.test',
    'ada@acme.test:25',
    'ada@acme.test?evil.test',
    'ada@acme.test#evil.test',
    'ada@acme.test\\\\evil.test',
    'ada@acme%2etest',
    'ada@192.0.2.1',
    'ada@acme',
    'ada@.acme.test',
    'ada@acme..test',
    'ada@acme.test.',
    'ada@-acme.test',
    'ada@acme-.test',
    '.ada@acme.test',
    'ada.@acme.test',
    'a..da@acme.test',
    'ada lovelace@acme.test',
    'ada@acme .test',
    'ada\u0000@acme.test',
    'ada\r\nBcc: x@acme.test',
    'ada\u200b@acme.test',
    'ada\u202e@acme.test',
    'ada\uff20acme.test',
    'ada@evil.test\uff20acme.test',
    'ada\ufe6bacme.test',
    'ada@acme,test',
    'ada,eve@acme.test',
    'ada;eve@acme.test',
    `${'a'.repeat(65)}@acme.test`,
    `ada@${'a'.repeat(64)}.test`,
    `${'a'.repeat(60)}@${'b.'.repeat(97)}test`,
  ])('%j', (input) => {
    expect(readEmailAddress(input)).toBeUndefined()
  })
})

test.each([
  ['acme.test', 'аcme.test'],
  ['paypal.example', 'рaypal.example'],
  ['google.example', 'gооgle.example'],
])('SS-10: the look-alike of %s is another domain', (domain, alike) => {
  expect(normaliseDomain(alike)).toMatch(/^xn--/)
  expect(normaliseDomain(alike)).not.toBe(normaliseDomain(domain))
})

test.each([
  ['acme.test', 'acme.test.evil.example'],
  ['acme.test', 'evil-acme.test'],
  ['acme.test', 'eu.acme.test'],
])('SS-10: %s is not %s', (domain, other) => {
  expect(readEmailAddress(`ada@${other}`)?.domain).not.toBe(domain)
})

test('a domain that is plain already is what IDNA makes of it', () => {
  const plain = fc.stringMatching(/^([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){1,3}[a-z]{2,6}$/)
  fc.assert(
    fc.property(plain, (domain) => {
      fc.pre(!domain.includes('xn--'))
      expect(normaliseDomain(domain)).toBe(domain)
      expect(domainToASCII(domain)).toBe(domain)
    }),
  )
})

test.each([
  ['ACME.test', 'acme.test'],
  ['acme.0x7f', undefined],
  ['0x7f.1', undefined],
  ['xn--iñvalid.com', undefined],
  ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
  ['münchen.de', 'xn--mnchen-3ya.de'],
])('the domain %s is %s', (input, domain) => {
  expect(normaliseDomain(input)).toBe(domain)
})
