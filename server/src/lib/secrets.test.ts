import { describe, expect, test } from 'vitest'
import { hashSecret, newSecret, openVault, sameSecret } from './secrets.ts'

const older = 'an older key of at least thirty-two characters'
const newer = 'a newer key of at least thirty-two characters'

describe('SE-7: what must be read again is encrypted with a rotatable key', () => {
  test('what an older key sealed opens after a newer one was put before it', () => {
    const sealed = openVault([older]).seal('secret', 'totp')

    expect(openVault([newer, older]).open(sealed, 'totp')).toBe('secret')
  })

  test('after a rotation the newer key seals, and the older one is not needed for it', () => {
    const sealed = openVault([newer, older]).seal('secret', 'totp')

    expect(openVault([newer]).open(sealed, 'totp')).toBe('secret')
    expect(() => openVault([older]).open(sealed, 'totp')).toThrow(/key that is not here/)
  })

  test('what is sealed for one purpose opens for no other', () => {
    const vault = openVault([newer])

    expect(() => vault.open(vault.seal('secret', 'totp'), 'saml-key')).toThrow()
  })

  test('the same text is sealed differently each time, and shows nothing of itself', () => {
    const vault = openVault([newer])
    const [first, second] = [vault.seal('secret', 'totp'), vault.seal('secret', 'totp')]

    expect(first).not.toBe(second)
    expect(Buffer.from(first).toString()).not.toContain('secret')
  })

  test('one changed character opens nothing', () => {
    const vault = openVault([newer])
    const sealed = vault.seal('secret', 'totp')
    const body = sealed.split('.')[2] ?? ''
    const opened = [...body].flatMap((character, index) => {
      const other = character === 'A' ? 'B' : 'A'
      const text = `${body.slice(0, index)}${other}${body.slice(index + 1)}`
      const same = Buffer.from(text, 'base64url').equals(Buffer.from(body, 'base64url'))
      if (same) return []
      try {
        return [vault.open(sealed.replace(body, text), 'totp')]
      } catch {
        return []
      }
    })

    expect(opened).toEqual([])
  })

  test.each(['', 'v1', 'v1.x.y', 'v2.a.b', 'plain'])('%j is nothing sealed', (sealed) => {
    expect(() => openVault([newer]).open(sealed, 'totp')).toThrow()
  })

  test('a vault needs a key', () => {
    expect(() => openVault([])).toThrow(/secret key/)
  })
})

test('bearer secrets are long, never repeat, and compare by value', () => {
  const secrets = Array.from({ length: 100 }, () => newSecret())

  expect(new Set(secrets).size).toBe(100)
  expect(Buffer.from(secrets[0] ?? '', 'base64url')).toHaveLength(32)
  expect(hashSecret('a')).not.toBe(hashSecret('b'))
  expect(sameSecret('a', 'a')).toBe(true)
  expect(sameSecret('a', 'a ')).toBe(false)
})
