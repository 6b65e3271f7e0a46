import { expect, test } from 'vitest'
import type { MailServer } from '../model/mail.ts'
import { decideMailSettings } from './mail.ts'

const server: MailServer = {
  host: 'smtp.acme.test',
  port: 587,
  from: 'usher@acme.test',
  tls: false,
  startTls: true,
  authentication: 'password',
  username: 'usher',
}
const before = { server, secret: 'sealed' }
const custom = (change: Partial<MailServer>, secret: string | null = null) =>
  decideMailSettings(before, { mode: 'custom', server: { ...server, ...change }, secret })

test.each([
  ['the same server keeps its secret', {}, null, 'sealed'],
  ['another sender keeps it too', { from: 'hello@acme.test', startTls: false }, null, 'sealed'],
  ['a new secret replaces it', {}, 'new', 'new'],
  ['another server with its own secret', { host: 'smtp.other.test' }, 'new', 'new'],
  ['without authentication nothing is kept', { authentication: 'none' as const }, null, null],
])('EM-1: %s', (_, change, secret, kept) => {
  expect(custom(change, secret)).toMatchObject({ settings: { secret: kept } })
})

test.each([
  ['another server', { host: 'smtp.evil.test' }, '/secret'],
  ['another port', { port: 25 }, '/secret'],
  ['another user', { username: 'eve' }, '/secret'],
  ['a token in place of a password', { authentication: 'token' as const }, '/secret'],
])('EM-1: a stored secret is not sent to %s', (_, change, pointer) => {
  expect(custom(change)).toMatchObject({ refusal: { errors: [{ pointer, code: 'required' }] } })
})

test.each([
  ['TLS and StartTLS at once', custom({ tls: true }), '/server/startTls', 'conflict'],
  ['a login without a user', custom({ username: null }, 'new'), '/server/username', 'required'],
  [
    'a secret that nobody asks for',
    custom({ authentication: 'none' }, 'x'),
    '/secret',
    'not_accepted',
  ],
  [
    'custom without a server',
    decideMailSettings(before, { mode: 'custom', server: null, secret: null }),
    '/server',
    'required',
  ],
  [
    'a server where the installation’s sends',
    decideMailSettings(before, { mode: 'default', server, secret: null }),
    '/server',
    'not_accepted',
  ],
])('EM-1: %s is refused with a pointer', (_, decision, pointer, code) => {
  expect(decision).toMatchObject({
    refusal: { code: 'request.invalid', errors: [{ pointer, code }] },
  })
})

test.each(['default', 'none'] as const)('EM-4: %s forgets server and secret', (mode) => {
  expect(decideMailSettings(before, { mode, server: null, secret: null })).toEqual({
    settings: { mode, server: null, secret: null },
  })
})
