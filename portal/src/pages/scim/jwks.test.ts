import { expect, test } from 'vitest'
import { readJwks } from './jwks.ts'

const key = { kty: 'OKP', crv: 'Ed25519', x: 'abc' }

test('a JWK set is taken as it is, and one key alone as a set of one', () => {
  expect(readJwks(JSON.stringify({ keys: [key] }))).toEqual({ keys: [key] })
  expect(readJwks(JSON.stringify(key))).toEqual({ keys: [key] })
})

test.each([
  ['', /Paste or upload/],
  ['-----BEGIN PUBLIC KEY-----', /not JSON/],
  ['{"keys": []}', /no list/],
  ['[1]', /no list/],
  [JSON.stringify({ keys: [{ ...key, d: 'secret' }] }), /private or secret/],
  [JSON.stringify({ keys: [{ kty: 'oct', k: 'secret' }] }), /private or secret/],
])('%s is refused before it is sent', (text, reason) => {
  expect(readJwks(text)).toEqual({ fault: expect.stringMatching(reason) })
})
