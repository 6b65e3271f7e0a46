import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { diag } from 'libxml2-wasm'
import { expect, test } from 'vitest'
import { createTestKey, type ResponseOptions } from '../../../testing/identity-provider.ts'
import { createWorld, hostileResponses } from '../../../testing/saml-corpus/index.ts'
import { loadParser, readResponse } from './index.ts'

await loadParser()

const world = createWorld()
const serviceProvider = { ...world.sp, signing: world.decryption, decryption: [world.decryption] }

function respond(overrides: Partial<ResponseOptions> = {}): string {
  const { sp, now, inResponseTo } = world
  return world.idp.respond({
    sp,
    now,
    inResponseTo,
    attributes: { firstName: 'Ada' },
    ...overrides,
  })
}

function read(field: string, settings = world.idp.settings()) {
  return readResponse(field, { serviceProvider, settings, now: world.now })
}

test('a good response gives the person, the ids and a check-list without a fault', () => {
  const field = respond({
    responseId: '_r',
    assertionId: '_a',
    notOnOrAfter: '2099-01-01T00:00:00Z',
  })
  const good = respond({ responseId: '_r', assertionId: '_a', sessionIndex: '_s' })

  expect(read(field)).toMatchObject({ ok: false, refusal: { code: 'saml.expired' } })
  expect(read(good)).toMatchObject({
    ok: true,
    identity: {
      issuer: world.idp.entityId,
      responseId: '_r',
      assertionId: '_a',
      inResponseTo: world.inResponseTo,
      sessionIndex: '_s',
      attributes: new Map([['firstName', ['Ada']]]),
      expiresAt: world.now + 6 * 60_000,
    },
    checks: expect.arrayContaining([
      { rule: 'The signature is by a configured certificate of the identity provider', ok: true },
      {
        rule: 'The assertion is meant for this service provider',
        ok: true,
        expected: world.sp.entityId,
        received: world.sp.entityId,
      },
    ]),
  })
})

test('a refusal says what was expected, what came, what to do and where to do it', () => {
  const reading = read(respond({ audience: 'https://other.example/' }))

  expect(reading).toMatchObject({
    ok: false,
    refusal: {
      code: 'saml.audience_mismatch',
      expected: world.sp.entityId,
      received: 'https://other.example/',
      remedy: 'Copy the entity ID from this connection to the identity provider, letter by letter.',
      idpScreen: expect.stringContaining('Basic SAML Configuration → Identifier (Entity ID)'),
    },
    inResponseTo: world.inResponseTo,
    issuer: world.idp.entityId,
  })
})

test('everything that is wrong stands in the check-list, and the first of it is the refusal', () => {
  const field = respond({
    audience: 'https://other.example/',
    recipient: 'https://other.example/acs',
    notOnOrAfter: '2020-01-01T00:00:00Z',
  })

  const reading = read(field)

  expect(reading).toMatchObject({ refusal: { code: 'saml.audience_mismatch' } })
  expect(reading.checks.filter((check) => !check.ok).map((check) => check.rule)).toEqual([
    'The assertion is meant for this service provider',
    'The assertion is to be delivered to this URL',
    'The message is still valid (60 seconds of clock difference are allowed)',
  ])
})

test('a signature by an unknown certificate names both fingerprints', () => {
  const reading = read(respond({ signing: { key: createTestKey() } }))

  expect(reading).toMatchObject({
    refusal: {
      code: 'saml.signature_invalid',
      expected: world.idp.settings().certificates[0]?.fingerprint,
      received: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    },
  })
})

test('the status of a refusing identity provider is passed on with its words', () => {
  const reading = read(
    respond({
      statusXml:
        '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/><samlp:StatusMessage>AADSTS50105</samlp:StatusMessage></samlp:Status>',
    }),
  )

  expect(reading).toMatchObject({
    refusal: {
      code: 'auth.invalid_credentials',
      received: 'urn:oasis:names:tc:SAML:2.0:status:Responder · AADSTS50105',
    },
  })
})

test('invisible characters are made visible in the log', () => {
  expect(read(respond({ nameId: 'ada\u200b@acme.example' }))).toMatchObject({
    refusal: { received: '“ada\\u{200b}@acme.example”' },
  })
})

test('the redacted message shows the claims and none of the signatures, ciphers or certificates', () => {
  const encrypt = { certificatePem: world.encryptionCertificatePem }
  for (const field of [respond({ sign: 'both' }), respond({ encrypt })]) {
    const reading = read(field)

    expect(reading.redacted).toContain('ada@acme.example')
    expect(reading.redacted).toMatch(/<ds:SignatureValue>.{12}…</)
    expect(reading.redacted).not.toMatch(
      /<[\w:]*(?:SignatureValue|X509Certificate|CipherValue)[^>]*>[^<]{14}/,
    )
  }
})

test('the redacted message is at most 64 kB', () => {
  const reading = read(respond({ attributes: { groups: 'é'.repeat(60_000) } }))

  expect(reading.ok).toBe(true)
  expect(Buffer.byteLength(reading.redacted ?? '')).toBeLessThanOrEqual(64 * 1024)
  expect(reading.redacted).toMatch(/… \(shortened\)$/)
})

test('whatever is wrong behind the encryption, the answer is letter by letter the same', () => {
  const opaque = hostileResponses
    .filter((one) => one.class === 'Encryption' && one.code === 'saml.signature_invalid')
    .map((one) => read(one.build(world)))
    .filter((reading) => !reading.ok && !reading.refusal.rule.startsWith('What was signed'))
    .map((reading) => (reading.ok ? reading : reading.refusal))

  expect(opaque.length).toBeGreaterThan(15)
  expect(new Set(opaque.map((refusal) => JSON.stringify(refusal))).size).toBe(1)
})

test('an old decryption key still opens what was encrypted for it', () => {
  const older = createTestKey()
  const field = respond({ encrypt: { certificatePem: older.certificatePem } })

  const reading = readResponse(field, {
    serviceProvider: { ...serviceProvider, decryption: [world.decryption, older] },
    settings: world.idp.settings(),
    now: world.now,
  })

  expect(reading.ok).toBe(true)
})

test('60 seconds of clock difference are forgiven, 61 are not', () => {
  const at = (seconds: number) =>
    readResponse(respond(), {
      serviceProvider,
      settings: world.idp.settings(),
      now: world.now + seconds * 1000,
    })

  expect(at(-59).ok).toBe(true)
  expect(at(-61)).toMatchObject({ refusal: { code: 'saml.not_yet_valid' } })
  expect(at(5 * 60 + 59).ok).toBe(true)
  expect(at(5 * 60 + 60)).toMatchObject({ refusal: { code: 'saml.expired' } })
})

test('thousands of good and bad messages leave no parsed document and no memory behind', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const bad = hostileResponses
    .filter((one) => /Parser|wrapping|canonicalisation|Digest/.test(one.class))
    .map((one) => one.build(world))
  const fields = [respond(), respond({ sign: 'both' }), ...bad]
  const heap = async (times: number) => {
    for (let at = 0; at < times; at += 1) read(fields[at % fields.length] ?? '')
    await new Promise((resolve) => setTimeout(resolve, 20))
    collect()
    return process.memoryUsage().heapUsed
  }
  await heap(1000)

  diag.configure({ enabled: true })
  const before = await heap(1000)
  const after = await heap(4000)

  expect(diag.report()).toEqual({})
  expect((after - before) / 1e6).toBeLessThan(2)
})
