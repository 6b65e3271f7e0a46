import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BadConfiguration, readConfig } from './config.ts'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'usher-config-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}
const key = 'a key of at least thirty-two characters'

function faultsOf(env: Record<string, string>): string[] {
  try {
    readConfig({ DATA_DIR: folder(), ...env })
  } catch (error) {
    if (error instanceof BadConfiguration) return error.faults
    throw error
  }
  return []
}

test('OP-1: nothing has to be set: an embedded database, loopback, a key made once', () => {
  const dataDir = folder()

  const first = readConfig({ DATA_DIR: dataDir })
  const second = readConfig({ DATA_DIR: dataDir })

  expect(first).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    baseUrl: 'http://127.0.0.1:8080',
    databaseUrl: undefined,
    rateLimits: true,
    outboundAllow: [],
    google: undefined,
  })
  expect(second.secretKeys).toEqual(first.secretKeys)
  expect(first.secretKeys[0]?.length).toBeGreaterThanOrEqual(32)
  expect(readFileSync(join(dataDir, 'secret.key'), 'utf8')).toBe(first.secretKeys[0])
  expect(statSync(join(dataDir, 'secret.key')).mode & 0o077).toBe(0)
})

describe('a wrong setting stops the start and is named', () => {
  test.each([
    [{ PORT: 'eighty' }, 'PORT'],
    [{ PORT: '70000' }, 'PORT'],
    [{ PORT: '-1' }, 'PORT'],
    [{ PORT: '80.5' }, 'PORT'],
    [{ BASE_URL: 'usher.example' }, 'BASE_URL'],
    [{ BASE_URL: 'ftp://usher.example' }, 'BASE_URL'],
    [{ BASE_URL: 'https://usher.example/usher' }, 'BASE_URL'],
    [{ BASE_URL: 'https://usher.example/?a=b' }, 'BASE_URL'],
    [{ DATABASE_URL: 'mysql://localhost/usher' }, 'DATABASE_URL'],
    [{ OUTBOUND_ALLOW: '10.0.0.1' }, 'OUTBOUND_ALLOW'],
    [{ OUTBOUND_ALLOW: '10.0.0.0/8, everything' }, 'OUTBOUND_ALLOW'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
    [{ RATE_LIMITS: 'no' }, 'RATE_LIMITS'],
    [{ AUDIT_DAYS: '29' }, 'AUDIT_DAYS'],
    [{ AUDIT_DAYS: 'all' }, 'AUDIT_DAYS'],
    [{ AUDIT_DAYS: '30.5' }, 'AUDIT_DAYS'],
    [{ RATE_LIMITS: 'off', HOST: '0.0.0.0' }, 'RATE_LIMITS'],
    [{ SECRET_KEY: 'short' }, 'SECRET_KEY'],
    [{ SECRET_KEY: `${key},short` }, 'SECRET_KEY'],
    [{ TRUST_PROXY: 'perhaps' }, 'TRUST_PROXY'],
    [{ TRUST_PROXY: '-1' }, 'TRUST_PROXY'],
    [{ GOOGLE_CLIENT_ID: 'a' }, 'GOOGLE_CLIENT_SECRET'],
    [{ GOOGLE_CLIENT_SECRET: 'b' }, 'GOOGLE_CLIENT_ID'],
    // Nothing can be made there, and the parent is there all the same.
    [{ DATA_DIR: '/proc/usher' }, 'DATA_DIR'],
    [{ DATA_DIR: '/proc/usher/data', SECRET_KEY: key }, 'DATA_DIR'],
    [{ DATA_DIR: import.meta.filename }, 'DATA_DIR'],
    [{ DATA_DIR: join(import.meta.filename, 'data') }, 'DATA_DIR'],
  ] as [Record<string, string>, string][])('%j', (env, name) => {
    const faults = faultsOf(env)

    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(name)
    if (name === 'SECRET_KEY') expect(faults[0]).not.toContain('short')
  })

  test('several at once are named line by line', () => {
    const faults = faultsOf({
      PORT: 'x',
      LOG_LEVEL: 'loud',
      BASE_URL: 'x',
      SECRET_KEY: 'short',
      DATA_DIR: import.meta.filename,
    })

    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      'PORT',
      'BASE_URL',
      'LOG_LEVEL',
      'DATA_DIR',
      'SECRET_KEY',
    ])
  })

  test('a key file that lost its key is named, and not replaced by a key that opens nothing', () => {
    const dataDir = folder()
    writeFileSync(join(dataDir, 'secret.key'), '')

    expect(faultsOf({ DATA_DIR: dataDir })).toEqual([expect.stringContaining('secret.key')])
    expect(readFileSync(join(dataDir, 'secret.key'), 'utf8')).toBe('')
  })
})

test.each([
  [{ BASE_URL: 'https://Usher.Example:8443/' }, { baseUrl: 'https://usher.example:8443' }],
  [{ HOST: '0.0.0.0', PORT: '9000' }, { baseUrl: 'http://localhost:9000' }],
  [{ HOST: '::1' }, { baseUrl: 'http://[::1]:8080' }],
  [{ RATE_LIMITS: 'off' }, { rateLimits: false }],
  [{}, { auditDays: 400 }],
  [{ AUDIT_DAYS: '30' }, { auditDays: 30 }],
  [{ OUTBOUND_ALLOW: '10.0.0.0/8, fd00::/8' }, { outboundAllow: ['10.0.0.0/8', 'fd00::/8'] }],
  [{ SECRET_KEY: `${key}1, ${key}2` }, { secretKeys: [`${key}1`, `${key}2`] }],
  // With both, nothing is kept in a folder.
  [
    { DATA_DIR: '/proc/usher', SECRET_KEY: key, DATABASE_URL: 'postgres://localhost/usher' },
    { secretKeys: [key] },
  ],
  [{ NODE_ENV: 'production' }, { demo: false }],
  [{ NODE_ENV: 'production', DEMO: 'on' }, { demo: true }],
  [{ GOOGLE_CLIENT_ID: '', GOOGLE_CLIENT_SECRET: '' }, { google: undefined }],
  [
    { GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' },
    { google: { clientId: 'a', clientSecret: 'b', issuer: 'https://accounts.google.com' } },
  ],
  [{ TRUST_PROXY: 'true' }, { proxies: 1 }],
  [{ TRUST_PROXY: '0' }, { proxies: 0 }],
  [{ TRUST_PROXY: '2' }, { proxies: 2 }],
  [
    { PORT: '', HOST: '', BASE_URL: ' ', LOG_LEVEL: '' },
    { port: 8080, host: '127.0.0.1' },
  ],
] as [Record<string, string>, object][])('%j is read', (env, read) => {
  expect(readConfig({ DATA_DIR: folder(), ...env })).toMatchObject(read)
})
