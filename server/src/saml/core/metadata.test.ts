import { expect, test } from 'vitest'
import { createTestKey, idpMetadataXml, pemBody } from '../../../testing/identity-provider.ts'
import { createWorld, metadataDocuments } from '../../../testing/saml-corpus/index.ts'
import { Refused } from '../../model/refusals.ts'
import { createKeyPair, loadParser, readCertificate, readIdpMetadata, spMetadata } from './index.ts'

await loadParser()

const world = createWorld()

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'accepted'
  } catch (error) {
    if (error instanceof Refused) return error.refusal.code
    throw error
  }
}

test.each(metadataDocuments)('metadata, $code: $name', ({ code, build }) => {
  const xml = build(world)
  const started = performance.now()

  expect(codeOf(() => readIdpMetadata(xml, { now: world.now }))).toBe(code)

  expect(performance.now() - started).toBeLessThan(1000)
})

test('metadata gives entity ID, addresses and every certificate', () => {
  const next = createTestKey({ commonName: 'Next year' })
  const { entityId, ssoUrl, sloUrl, certificatePem } = world.idp
  const certificates = [certificatePem, next.certificatePem]

  const { settings, warnings } = readIdpMetadata(
    idpMetadataXml({ entityId, ssoUrl, sloUrl, certificates }),
    { now: world.now },
  )

  expect(settings).toMatchObject({ idpEntityId: entityId, ssoUrl, sloUrl, ssoBinding: 'redirect' })
  expect(settings.certificates.map((certificate) => pemBody(certificate.pem))).toEqual(
    certificates.map(pemBody),
  )
  expect(settings.certificates[1]?.subject).toBe('CN=Next year')
  expect(warnings).toEqual([])
})

test('metadata with a certificate that ends soon is imported with a warning', () => {
  const { entityId, ssoUrl } = world.idp
  const soon = createTestKey({ notAfter: world.now + 10 * 24 * 60 * 60_000 })
  const xml = idpMetadataXml({ entityId, ssoUrl, certificates: [soon.certificatePem] })

  expect(readIdpMetadata(xml, { now: world.now }).warnings).toEqual([
    expect.stringMatching(/expires on/),
  ])
})

test('a certificate is read as PEM, as PEM in one line and as base64 alone', () => {
  const { certificatePem } = world.idp

  const read = [certificatePem, `  ${certificatePem}\n`, pemBody(certificatePem)].map(
    readCertificate,
  )

  expect(new Set(read.map((certificate) => certificate.fingerprint)).size).toBe(1)
  expect(read[0]?.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  expect(read[0]?.notAfter).toBeGreaterThan(world.now)
})

test.each([
  ['nothing', ''],
  ['words', 'my certificate'],
  ['a private key', world.idp.key.privateKeyPem],
  ['two certificates', world.idp.certificatePem.repeat(2)],
  ['base64 of something else', Buffer.from('hello').toString('base64')],
  ['a weak key', createTestKey({ kind: 'rsa1024' }).certificatePem],
  ['a megabyte', 'A'.repeat(1_000_000)],
])('%s is no certificate', (_, text) => {
  expect(codeOf(() => readCertificate(text))).toBe('saml.certificate_required')
})

test('our own metadata can be read by the XML tools of others and names all our keys', async () => {
  const signing = await createKeyPair('Acme & Söhne', world.now)
  const decryption = [world.decryption, signing]
  const { XmlDocument } = await import('libxml2-wasm')

  using document = XmlDocument.fromString(spMetadata({ ...world.sp, signing, decryption }))

  const md = { md: 'urn:oasis:names:tc:SAML:2.0:metadata' }
  const count = (xpath: string) => document.find(xpath, md).length
  expect(count(`/md:EntityDescriptor[@entityID='${world.sp.entityId}']`)).toBe(1)
  expect(count("//md:KeyDescriptor[@use='signing']")).toBe(1)
  expect(count("//md:KeyDescriptor[@use='encryption']")).toBe(2)
  expect(count(`//md:AssertionConsumerService[@Location='${world.sp.acsUrl}']`)).toBe(1)
  expect(count(`//md:SingleLogoutService[@Location='${world.sp.sloUrl}']`)).toBe(2)
})

test('a new key pair is RSA with 2048 bits and lasts ten years', async () => {
  const pair = await createKeyPair('Acme', world.now)

  const certificate = readCertificate(pair.certificatePem)

  expect(certificate.subject).toBe('CN=Acme')
  expect(certificate.notBefore).toBeLessThan(world.now)
  expect(certificate.notAfter).toBeGreaterThan(world.now + 9.9 * 365 * 24 * 60 * 60_000)
  expect(pair.privateKeyPem).toContain('PRIVATE KEY')
})
