/** Reading logout messages, from either binding. DESIGN §4, step 9. */
import { inflateRawSync } from 'node:zlib'
import type { RuleRefusal } from '../../model/rules.ts'
import type { SamlSettings } from '../../model/saml.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { decodeBase64, decodeField, decodeText, messageLimits, parseDocument } from './document.ts'
import { Fault, type RuleName, refusalOf } from './faults.ts'
import { readNameId } from './identity.ts'
import { statusSuccess } from './names.ts'
import { wrongIssuer } from './profile.ts'
import type { ServiceProvider } from './service-provider.ts'
import { readSigned, signatureMethodOf, type Trust, verifiesByAny } from './signature.ts'
import { checkStructure } from './structure.ts'
import { readInstant, skew } from './time.ts'

export type LogoutMessage =
  | {
      kind: 'request'
      id: string
      issuer: string
      nameId: string
      nameIdFormat?: string
      sessionIndexes: string[]
      /** From then on the time alone refuses it. */
      expiresAt: number
    }
  | { kind: 'response'; id: string; issuer: string; inResponseTo?: string; success: boolean }

export type LogoutInput =
  | { binding: 'redirect'; rawQuery: string }
  | { binding: 'post'; samlMessage: string; field: 'SAMLRequest' | 'SAMLResponse' }

export type LogoutContext = {
  serviceProvider: ServiceProvider
  settings: SamlSettings
  now: number
}

export type LogoutReading =
  | { ok: true; message: LogoutMessage; relayState?: string }
  | { ok: false; refusal: RuleRefusal }

/**
 * A request counts only when it is signed (LM-25). A response may come unsigned, as Entra ID sends
 * it, because it ends nothing: the person was signed out here before we asked. A signature that is
 * there has to be right in both cases.
 */
export function readLogout(input: LogoutInput, context: LogoutContext): LogoutReading {
  try {
    return { ok: true, ...read(input, context) }
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return { ok: false, refusal: refusalOfLogout(fault) }
  }
}

/** Whatever is wrong with the signature, the answer is the one code of LM-25. */
function refusalOfLogout({ rule, values }: Fault): RuleRefusal {
  const refusal = refusalOf(rule, values)
  const aboutSignature = signatureRules.includes(rule)
  return aboutSignature ? { ...refusal, code: 'saml.logout_unsigned' } : refusal
}

const signatureRules: RuleName[] = [
  'logout.signature',
  'signature.missing',
  'signature.algorithm',
  'signature.key',
  'signature.transforms',
  'signature.reference',
  'signature.certificateExpired',
  'signature.digest',
  'signature.value',
]

function read(input: LogoutInput, context: LogoutContext) {
  const trust: Trust = { certificates: context.settings.certificates, now: context.now }
  if (input.binding === 'redirect') {
    const query = readQuery(input.rawQuery)
    const { root } = parseDocument(decodeText(inflate(query.message)), messageLimits)
    checkKind(root, query.field)
    // Bindings §3.4.4.1: a signature inside the message does not count in this binding.
    if (childOf(root, 'ds:Signature')) throw new Fault('signature.reference')
    const signed = checkQuerySignature(query, trust)
    const message = readMessage(root, signed, context)
    return { message, ...(query.relayState === undefined ? {} : { relayState: query.relayState }) }
  }
  const { root } = parseDocument(decodeText(decodeField(input.samlMessage)), messageLimits)
  checkKind(root, input.field)
  const signed = childOf(root, 'ds:Signature') ? readSigned(root, trust) : undefined
  if (signed) checkKind(signed, input.field)
  return { message: readMessage(signed ?? root, signed !== undefined, context) }
}

function checkKind(root: XmlElement, field: 'SAMLRequest' | 'SAMLResponse'): void {
  checkStructure(root, field === 'SAMLRequest' ? 'samlp:LogoutRequest' : 'samlp:LogoutResponse')
}

type Query = {
  field: 'SAMLRequest' | 'SAMLResponse'
  message: string
  relayState?: string
  algorithm?: string
  signature?: string
  /** The octets that the signature is over, as they were sent. */
  signedOctets: string
}

const longestQuery = 64 * 1024
const redirectParameters = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature']

/**
 * Bindings §3.4.4.1. The raw text is kept, because decoding and encoding again may give other bytes
 * than the sender signed. A parameter that comes twice could be read one way and verified another.
 */
function readQuery(rawQuery: string): Query {
  if (rawQuery.length > longestQuery) throw new Fault('form.size')
  const raw = new Map<string, string>()
  for (const part of rawQuery.replace(/^\?/, '').split('&')) {
    const name = part.split('=', 1)[0] ?? ''
    if (!redirectParameters.includes(name)) {
      // A name in disguise, such as `%53igAlg`, would be a second one to whoever decodes it.
      if (redirectParameters.includes(decode(name))) throw new Fault('form.query')
      continue
    }
    if (raw.has(name)) throw new Fault('form.query', { received: `${name} twice` })
    raw.set(name, part)
  }
  const [field, other] = (['SAMLRequest', 'SAMLResponse'] as const).filter((name) => raw.has(name))
  if (!field || other) {
    throw new Fault('form.query', { expected: 'SAMLRequest or SAMLResponse' })
  }
  const value = (name: string) => {
    const part = raw.get(name)
    return part === undefined ? undefined : decode(part.slice(name.length + 1))
  }
  const relayState = value('RelayState')
  const algorithm = value('SigAlg')
  const signature = value('Signature')
  return {
    field,
    message: value(field) ?? '',
    ...(relayState === undefined ? {} : { relayState }),
    ...(algorithm === undefined ? {} : { algorithm }),
    ...(signature === undefined ? {} : { signature }),
    signedOctets: [field, 'RelayState', 'SigAlg']
      .map((name) => raw.get(name))
      .filter((part) => part !== undefined)
      .join('&'),
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Fault('form.query', { received: text })
  }
}

const mostInflated = 64 * 1024

function inflate(message: string): Buffer {
  const packed = decodeBase64(message)
  if (!packed) throw new Fault('form.base64')
  try {
    return inflateRawSync(packed, { maxOutputLength: mostInflated })
  } catch {
    throw new Fault('form.compression')
  }
}

/** True when signed and right, false when not signed at all. */
function checkQuerySignature(query: Query, trust: Trust): boolean {
  const { algorithm, signature, signedOctets } = query
  if (algorithm === undefined && signature === undefined) return false
  if (algorithm === undefined || signature === undefined) throw new Fault('logout.signature')
  const method = signatureMethodOf(algorithm)
  const value = decodeBase64(signature)
  if (value && verifiesByAny(Buffer.from(signedOctets), value, method, trust)) return true
  throw new Fault('signature.value', {
    expected: trust.certificates.map((certificate) => certificate.fingerprint).join(' or '),
    received: 'a signature by another key',
  })
}

function readMessage(root: XmlElement, signed: boolean, context: LogoutContext): LogoutMessage {
  const isRequest = root.known === 'samlp:LogoutRequest'
  if (isRequest && !signed) throw new Fault('logout.signature', { received: 'no signature' })
  const expiresAt = checkEnvelope(root, context)
  const envelope = { id: attributeOf(root, 'ID') ?? '', issuer: context.settings.idpEntityId }
  return isRequest ? readRequest(root, { ...envelope, expiresAt }) : readAnswer(root, envelope)
}

function readRequest(
  root: XmlElement,
  envelope: { id: string; issuer: string; expiresAt: number },
): LogoutMessage {
  const element = childOf(root, 'saml:NameID')
  if (!element) throw new Fault('xml.structure', { expected: 'saml:NameID' })
  const { value, format } = readNameId(element)
  return {
    kind: 'request',
    ...envelope,
    nameId: value,
    ...(format === undefined ? {} : { nameIdFormat: format }),
    sessionIndexes: childrenOf(root, 'samlp:SessionIndex').map(textOf),
  }
}

function readAnswer(root: XmlElement, envelope: { id: string; issuer: string }): LogoutMessage {
  const inResponseTo = attributeOf(root, 'InResponseTo')
  const status = childOf(root, 'samlp:Status')
  const code = status && childOf(status, 'samlp:StatusCode')
  const success =
    code !== undefined &&
    attributeOf(code, 'Value') === statusSuccess &&
    !childOf(code, 'samlp:StatusCode')
  return {
    kind: 'response',
    ...envelope,
    ...(inResponseTo === undefined ? {} : { inResponseTo }),
    success,
  }
}

/** A message older than this is taken for a replay; the door needs to remember ids no longer. */
const freshFor = 5 * 60_000

function checkEnvelope(
  root: XmlElement,
  { serviceProvider, settings, now }: LogoutContext,
): number {
  const version = attributeOf(root, 'Version')
  if (version !== '2.0') throw new Fault('version', { expected: '2.0', received: version })
  const issuer = wrongIssuer(childOf(root, 'saml:Issuer'), settings.idpEntityId)
  if (issuer) throw new Fault('issuer.response', issuer)
  const destination = attributeOf(root, 'Destination')
  if (destination !== serviceProvider.sloUrl) {
    const received = destination ?? 'nothing'
    throw new Fault('destination', { expected: serviceProvider.sloUrl, received })
  }
  const issued = readInstant(attributeOf(root, 'IssueInstant') ?? '')
  const end = attributeOf(root, 'NotOnOrAfter')
  const received = new Date(issued).toISOString()
  if (issued > now + skew) throw new Fault('notYetValid', { received })
  if (issued + freshFor + skew <= now) throw new Fault('expired', { received })
  if (end !== undefined && readInstant(end) + skew <= now) {
    throw new Fault('expired', { received: end })
  }
  return issued + freshFor + skew
}
