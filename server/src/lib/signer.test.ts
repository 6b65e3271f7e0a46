import { expect, test } from 'vitest'
import { createSigner } from './signer.ts'

// RFC 8032 §7.1, test 1: the empty message.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex')
const signature = Buffer.from(
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  'hex',
).toString('base64url')
const other = Buffer.alloc(32, 7)

test('signs as the standard says, with the newest key', () => {
  expect(createSigner([seed, other]).sign('')).toBe(signature)
})

test('knows what an older key signed, and nothing else', () => {
  const signer = createSigner([other, seed])

  expect(signer.hasSigned('', signature)).toBe(true)
  expect(signer.hasSigned('x', signature)).toBe(false)
  expect(createSigner([other]).hasSigned('', signature)).toBe(false)
  for (const broken of ['', 'no', signature.slice(0, -2), `A${signature.slice(1)}`])
    expect(signer.hasSigned('', broken)).toBe(false)
})
