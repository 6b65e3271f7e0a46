import { describe, expect, test } from 'vitest'
import { cookieOptions, safeReturnTo } from './cookies.ts'

describe('SE-1: only paths of the same portal are followed after sign-in', () => {
  test.each([
    '/',
    '/o/acme',
    '/o/acme/settings/users?page=2&sort=name,asc',
    '/o/acme#top',
    '/%2F%2Fevil.example',
  ])('%j', (path) => {
    expect(safeReturnTo(path, '/home')).toBe(path)
    expect(new URL(path, 'https://usher.example').origin).toBe('https://usher.example')
  })

  test.each([
    undefined,
    '',
    'o/acme',
    'https://evil.example',
    'http:evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/o\\acme',
    'javascript:alert(1)',
    '/\t/evil.example',
    '/\n/evil.example',
    '/ö',
    ' /o/acme',
    '/o/acme\r\nSet-Cookie: x=y',
    '/\u2028',
  ])('%j leads home', (path) => {
    expect(safeReturnTo(path, '/home')).toBe('/home')
  })
})

test('SE-2: cookies are HttpOnly and SameSite, and Secure wherever the product is served by https', () => {
  expect(cookieOptions('https://usher.example', 'session')).toMatchObject({
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    path: '/',
  })
  expect(cookieOptions('https://usher.example', 'browser')).toMatchObject({
    sameSite: 'none',
    secure: true,
  })
  expect(cookieOptions('http://localhost:8080', 'browser')).toMatchObject({
    sameSite: 'lax',
    secure: false,
  })
})
