/** XML Signature as SAML uses it (SAML core §5.4), and nothing more of it. DESIGN §4, steps 4 and 5. */
import { hash, timingSafeEqual, verify } from 'node:crypto'
import type { IdpCertificate } from '../../model/saml.ts'
import {
  attributeOf,
  type Canonicalization,
  canonicalize,
  childOf,
  childrenOf,
  readCanonical,
  textOf,
  type XmlElement,
} from './canonical.ts'
import { fingerprintOf } from './certificates.ts'
import { decodeBase64 } from './document.ts'
import { Fault } from './faults.ts'
import { type VerificationKey, verificationKeyOf } from './keys.ts'
import {
  canonicalizations,
  digestMethods,
  envelopedSignature,
  type Hash,
  signatureMethods,
} from './names.ts'
import { skew } from './time.ts'

export type Trust = { certificates: IdpCertificate[]; now: number }

/**
 * Verifies the enveloped signature of an element and reads the bytes that it covers.
 *
 * Whatever is believed afterwards has to be read from the element returned here, which was parsed
 * from exactly the bytes that were hashed. The structure of the signature has been checked before.
 */
export function readSigned(element: XmlElement, trust: Trust): XmlElement {
  const signature = childOf(element, 'ds:Signature')
  if (!signature) throw new Fault('signature.missing', { received: element.known })
  const { signedInfo, bytes } = readSignedInfo(signature)
  const reference = needed(signedInfo, 'ds:Reference')

  const method = signatureMethod(signedInfo)
  const digest = digestMethod(reference)
  const how = canonicalizationOf(reference)
  const id = attributeOf(element, 'ID')
  if (id === undefined || attributeOf(reference, 'URI') !== `#${id}`) {
    const received = attributeOf(reference, 'URI')
    throw new Fault('signature.reference', { expected: `#${id}`, received })
  }

  const covered = canonicalize(element, how, signature)
  const digestValue = decodeBase64(textOf(needed(reference, 'ds:DigestValue')))
  if (!digestValue || !equal(digestValue, hash(digest, covered, 'buffer'))) {
    throw new Fault('signature.digest', { received: `changed ${element.known}` })
  }
  verifyValue(bytes, method, signature, trust)
  return readCanonical(covered)
}

/** SignedInfo, read again from its own canonical bytes, which are what the signature value is over. */
function readSignedInfo(signature: XmlElement): { signedInfo: XmlElement; bytes: string } {
  const found = needed(signature, 'ds:SignedInfo')
  const method = needed(found, 'ds:CanonicalizationMethod')
  const bytes = canonicalize(found, canonicalizationBy(method))
  return { signedInfo: readCanonical(bytes), bytes }
}

function signatureMethod(signedInfo: XmlElement) {
  const algorithm = attributeOf(needed(signedInfo, 'ds:SignatureMethod'), 'Algorithm') ?? ''
  return signatureMethodOf(algorithm)
}

export function signatureMethodOf(algorithm: string) {
  const method = signatureMethods.get(algorithm)
  if (!method) throw new Fault('signature.algorithm', { received: algorithm })
  return method
}

function digestMethod(reference: XmlElement) {
  const algorithm = attributeOf(needed(reference, 'ds:DigestMethod'), 'Algorithm') ?? ''
  const digest = digestMethods.get(algorithm)
  if (!digest) throw new Fault('signature.algorithm', { received: algorithm })
  return digest
}

/** SAML core §5.4.4 allows enveloped-signature and exclusive c14n; inclusive c14n is in use as well. */
function canonicalizationOf(reference: XmlElement): Canonicalization {
  const transforms = childrenOf(needed(reference, 'ds:Transforms'), 'ds:Transform')
  const [enveloped, c14n, ...more] = transforms
  const isEnveloped =
    enveloped &&
    attributeOf(enveloped, 'Algorithm') === envelopedSignature &&
    enveloped.children.every((child) => typeof child === 'string')
  if (!isEnveloped || !c14n || more.length > 0) {
    const received = transforms.slice(0, 5).map((one) => attributeOf(one, 'Algorithm'))
    throw new Fault('signature.transforms', { received: received.join(', ') })
  }
  return canonicalizationBy(c14n)
}

const mostPrefixes = 64

function canonicalizationBy(method: XmlElement): Canonicalization {
  const algorithm = attributeOf(method, 'Algorithm') ?? ''
  const mode = canonicalizations.get(algorithm)
  const list = childOf(method, 'ec:InclusiveNamespaces')
  if (!mode || (mode === 'inclusive' && list)) {
    throw new Fault('signature.transforms', { received: algorithm })
  }
  if (!list) return { mode }
  const prefixes = (attributeOf(list, 'PrefixList') ?? '').split(/[\t\n\r ]+/).filter(Boolean)
  if (prefixes.length > mostPrefixes) {
    throw new Fault('signature.transforms', { received: `${prefixes.length} prefixes` })
  }
  const inclusivePrefixes = prefixes.map((prefix) => (prefix === '#default' ? '' : prefix))
  return { mode, inclusivePrefixes }
}

function verifyValue(
  bytes: string,
  method: ReturnType<typeof signatureMethodOf>,
  signature: XmlElement,
  trust: Trust,
): void {
  const value = decodeBase64(textOf(needed(signature, 'ds:SignatureValue')))
  if (value && verifiesByAny(Buffer.from(bytes), value, method, trust)) return
  throw new Fault('signature.value', {
    expected: trust.certificates.map((certificate) => certificate.fingerprint).join(' or '),
    received: claimedCertificate(signature) ?? 'a signature that names no certificate',
  })
}

/** True when any of the configured certificates made this signature; the message names none. */
export function verifiesByAny(
  bytes: Uint8Array,
  value: Uint8Array,
  method: ReturnType<typeof signatureMethodOf>,
  { certificates, now }: Trust,
): boolean {
  const valid = certificates.filter(
    ({ notBefore, notAfter }) => notBefore - skew <= now && now <= notAfter + skew,
  )
  if (valid.length === 0) {
    const latest = Math.max(...certificates.map((certificate) => certificate.notAfter))
    const received = certificates.length === 0 ? 'no certificate' : new Date(latest).toISOString()
    throw new Fault('signature.certificateExpired', { received })
  }
  const keys = valid.map(({ pem }) => verificationKeyOf(pem))
  if (keys.every((key) => key === undefined)) throw new Fault('signature.key')
  return keys.some((key) => key?.type === method.key && verifies(key, method.hash, bytes, value))
}

/** RFC 9231 §2.3.6: ECDSA values in XML are the two numbers side by side, not DER. */
function verifies(
  { key, type }: VerificationKey,
  hash: Hash,
  bytes: Uint8Array,
  value: Uint8Array,
) {
  // Node prepares a bare key much faster than one with options.
  return type === 'rsa'
    ? verify(hash, bytes, key, value)
    : verify(hash, bytes, { key, dsaEncoding: 'ieee-p1363' }, value)
}

/** Only for the log: what KeyInfo says is never believed. */
function claimedCertificate(signature: XmlElement): string | undefined {
  const keyInfo = childOf(signature, 'ds:KeyInfo')
  const data = keyInfo && childOf(keyInfo, 'ds:X509Data')
  const certificate = data && childOf(data, 'ds:X509Certificate')
  const der = certificate && decodeBase64(textOf(certificate))
  return der && fingerprintOf(der)
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

function needed(element: XmlElement, known: string): XmlElement {
  const child = childOf(element, known)
  if (!child) throw new Fault('xml.structure', { expected: known, received: 'nothing' })
  return child
}
