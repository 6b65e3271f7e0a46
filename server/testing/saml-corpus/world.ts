/** What every document of the corpus is built from: an identity provider, an attacker and a target. */
import type { RefusalCode } from '../../src/model/refusals.ts'
import type { IdpCertificate, SamlSettings } from '../../src/model/saml.ts'
import {
  certificateFacts,
  createIdentityProvider,
  createTestKey,
  type IdentityProvider,
  type KeyKind,
  type ResponseOptions,
  type TestKey,
} from '../identity-provider.ts'

export type World = {
  idp: IdentityProvider
  sp: { entityId: string; acsUrl: string; sloUrl: string }
  /** The certificate of the service provider to encrypt for. */
  encryptionCertificatePem: string
  /** The id of a request that is open right now. */
  inResponseTo: string
  now: number
}

export type HostileCase = {
  /** The row of the threat list that the document belongs to. */
  class: string
  name: string
  /** The code the refusal has to carry. */
  code: RefusalCode
  /** The `SAMLResponse` form field. */
  build: (world: World) => string
  /** Settings of the organisation that differ from the usual ones. */
  settings?: (world: World) => Partial<SamlSettings>
}

export type LegalCase = {
  name: string
  build: (world: World) => string
  settings?: (world: World) => Partial<SamlSettings>
  /** Exactly who is read from it; Ada with her two names unless told. */
  identity?: {
    nameId?: { value: string; format?: string; nameQualifier?: string; spNameQualifier?: string }
    attributes?: Record<string, string[]>
    sessionIndex?: string
    sessionNotOnOrAfter?: (world: World) => number
    inResponseTo?: false
  }
}

export const ada = 'ada@acme.example'
export const mallory = 'mallory@acme.example'
export const names = { firstName: 'Ada', lastName: 'Lovelace' }
export const minute = 60_000

/** A world of its own for tests of the protocol alone; doors build one from a real organisation. */
export function createWorld(overrides: Partial<World> = {}): World & { decryption: TestKey } {
  const decryption = key('rsa2048', 'the service provider')
  const base = 'https://usher.example/saml/0198c5a1'
  return {
    idp: createIdentityProvider({ key: key('rsa2048', 'the identity provider') }),
    sp: { entityId: `${base}/metadata`, acsUrl: `${base}/acs`, sloUrl: `${base}/slo` },
    encryptionCertificatePem: decryption.certificatePem,
    inResponseTo: '_4fee3b046395c4e751011e97f8900b5273d56685',
    now: Date.now(),
    decryption,
    ...overrides,
  }
}

const keys = new Map<string, TestKey>()

/** Making keys is slow, so the same name gives the same key again. */
export function key(kind: KeyKind, owner = 'the attacker', notAfter?: number): TestKey {
  const name = `${kind} of ${owner} until ${notAfter}`
  const known = keys.get(name)
  if (known) return known
  const made = createTestKey({ kind, commonName: owner, ...(notAfter ? { notAfter } : {}) })
  keys.set(name, made)
  return made
}

/** A response that would be accepted, changed as asked. */
export function honest(world: World, overrides: Partial<ResponseOptions> = {}): string {
  return world.idp.respondXml({
    sp: world.sp,
    now: world.now,
    inResponseTo: world.inResponseTo,
    nameId: ada,
    attributes: names,
    ...overrides,
  })
}

/** A key's certificate as the settings of an organisation hold it. */
export function facts(one: TestKey): IdpCertificate {
  return certificateFacts(one.certificatePem)
}

export type Parts = { head: string; assertion: string; tail: string }

/** The document around its assertion. */
export function parts(xml: string): Parts {
  const found = /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)
  if (!found) throw new Error('No assertion')
  const at = found.index
  return { head: xml.slice(0, at), assertion: found[0], tail: xml.slice(at + found[0].length) }
}

export function signatureOf(xml: string): string {
  return /<ds:Signature[\s\S]*?<\/ds:Signature>/.exec(xml)?.[0] ?? ''
}

export function unsigned(xml: string): string {
  return xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/g, '')
}

/** The same with another person in it, and a new ID unless the attacker keeps the old one. */
export function evil(xml: string, id?: string): string {
  const other = xml.replaceAll(ada, mallory)
  return id === undefined ? other : other.replace(/ ID="[^"]*"/, ` ID="${id}"`)
}

export function idOf(xml: string): string {
  return / ID="([^"]*)"/.exec(xml)?.[1] ?? ''
}
