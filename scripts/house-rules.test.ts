import { describe, expect, test } from 'vitest'
import { faultsIn } from './house-rules.ts'

describe('broken house rules are named with their line', () => {
  test.each([
    ['server/src/api/users.ts', 'const a = 1\nconst b = process.env.PORT', 2],
    ['server/src/api/users.ts', "const b = process['env']", 1],
    ['server/src/api/users.ts', "import { env } from 'node:process'", 1],
    ['server/src/api/users.test.ts', 'const b = process.env.PORT', 1],
    ['server/src/directory/join.ts', 'const now = Date.now()', 1],
    ['server/src/directory/join.ts', 'const now = new Date()', 1],
    ['server/src/directory/join.ts', 'const now = Date()', 1],
    ['server/src/saml/metadata.ts', '\n\nawait fetch(address)', 3],
    ['server/src/saml/metadata.ts', 'await globalThis.fetch(address)', 1],
    ['server/src/saml/metadata.ts', "import { request } from 'undici'", 1],
    ['server/src/saml/metadata.ts', "await import('../lib/undici.ts')", 1],
    ['server/src/saml/metadata.ts', "const { get } = await import('node:https')", 1],
    ['server/src/saml/saml.test.ts', "test.only('a', () => {})", 1],
    ['e2e/arrival.story.ts', "describe.skip('a', () => {})", 1],
    ['portal/src/pages/users/users.test.tsx', "const a = <p />\nit.todo('a')", 2],
    ['portal/src/parts/utils.ts', 'export const a = 1', 1],
    ['server/src/auth/service.ts', 'export const a = 1', 1],
  ])('%s: %s', (path, text, line) => {
    const faults = faultsIn(path, text)

    expect(faults).toMatchObject([{ path, line }])
  })
})

describe('what the house rules leave alone', () => {
  test.each([
    ['the one reader of the environment', 'server/src/app/config.ts', 'process.env.PORT'],
    ['the one clock', 'server/src/lib/clock.ts', 'Date.now()'],
    ['the one way out', 'server/src/lib/outbound.ts', "import { fetch } from 'undici'\nfetch(a)"],
    ['a moment that was passed in', 'server/src/scim/render.ts', 'new Date(now).toISOString()'],
    ['words in a comment', 'server/src/scim/render.ts', '// fetch(), Date.now(), process.env'],
    ['words in a string', 'server/src/scim/render.ts', "const a = 'Date.now() process.env'"],
    ['a type', 'server/src/api/users.ts', "import type { Server } from 'node:http'"],
    ['the browser, which may fetch', 'portal/src/client/client.ts', "fetch('/api/v1/me')"],
    ['a test that reads the time', 'server/src/scim/render.test.ts', 'Date.now()'],
    ['a query that skips', 'server/src/store/page.test.ts', 'query.skip(10)'],
  ])('%s', (_what, path, text) => {
    expect(faultsIn(path, text)).toEqual([])
  })
})
