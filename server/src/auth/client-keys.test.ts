import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { Refused } from '../model/refusals.ts'
import { readClientKeys } from './client-keys.ts'

type Key = Record<string, unknown>
const rsa = (bits: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength: bits, publicExponent })
const jwk = (pair: ReturnType<typeof rsa>, which: 'publicKey' | 'privateKey' = 'publicKey') =>
  pair[which].export({ format: 'jwk' }) as Key
const strong = rsa(2_048)
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const edwards = generateKeyPairSync('ed25519')

test.each<[string, Key]>([
  ['RSA of 2048 bits', jwk(strong)],
  ['P-256', jwk(curve('P-256'))],
  ['P-384', jwk(curve('P-384'))],
  ['P-521', jwk(curve('P-521'))],
  ['Ed25519', jwk(edwards)],
])('SC-4: a client may be known by a public key: %s', (_, key) => {
  const named = { ...key, kid: 'one', use: 'sig', x5c: ['anything'] }

  expect(readClientKeys([named])).toEqual([{ ...key, kid: 'one' }])
})

test.each<[string, Key[], RegExp]>([
  ['a private key', [jwk(strong, 'privateKey')], /private or symmetric/],
  ['a private key of a curve', [jwk(edwards, 'privateKey')], /private or symmetric/],
  ['a symmetric key', [{ kty: 'oct', k: 'c2VjcmV0' }], /private or symmetric/],
  ['RSA of 1024 bits', [jwk(rsa(1_024))], /2048 to 8192 bits/],
  ['RSA with exponent 3', [jwk(rsa(2_048, 3))], /exponent/],
  ['a key for encryption', [{ ...jwk(strong), use: 'enc' }], /use: sig/],
  ['secp256k1', [jwk(curve('secp256k1'))], /P-256/],
  ['X25519', [jwk(generateKeyPairSync('x25519'))], /Ed25519/],
  ['a point that is on no curve', [{ ...jwk(curve('P-256')), x: 'AAAA' }], /no point/],
  ['no key at all', [{}], /RSA, EC/],
  ['two keys of one name', [1, 2].map(() => ({ ...jwk(strong), kid: 'one' })), /same kid/],
])('SC-4: %s is refused', (_, keys, says) => {
  const read = () => readClientKeys(keys)

  expect(read).toThrow(Refused)
  expect(read).toThrow(says)
})
