/** Reading a SAML response. DESIGN §4, steps 1 to 6 and 8, in that order. */
import type { Check, RuleRefusal } from '../../model/rules.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { decodeField, decodeText, messageLimits, parseDocument } from './document.ts'
import { openAssertion } from './encryption.ts'
import { Fault, failed, passed, refusalOf } from './faults.ts'
import { readIdentity, type SamlIdentity } from './identity.ts'
import { statusSuccess } from './names.ts'
import { checkProfile, type ResponseContext, readFacts } from './profile.ts'
import { redact } from './redaction.ts'
import { readSigned, type Trust } from './signature.ts'
import { checkStructure } from './structure.ts'

export type Reading =
  | { ok: true; identity: SamlIdentity; checks: Check[]; redacted: string }
  | {
      ok: false
      refusal: RuleRefusal
      checks: Check[]
      redacted?: string
      /** What the message claims, unverified: good for finding the attempt, for nothing else. */
      inResponseTo?: string
      issuer?: string
    }

/** What has been found so far, for the manager who asks why a sign-in was refused. */
type Progress = { checks: Check[]; redacted?: string; inResponseTo?: string; issuer?: string }

/**
 * Reads the `SAMLResponse` form field. Never throws on what a stranger sends; matching
 * `InResponseTo` to a request of this browser and refusing replays is left to the caller, who has
 * the store.
 */
export function readResponse(samlResponse: string, context: ResponseContext): Reading {
  const progress: Progress = { checks: [] }
  try {
    const identity = read(samlResponse, context, progress)
    const { checks, redacted = '' } = progress
    return { ok: true, identity, checks, redacted }
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    const line = failed(fault.rule, fault.values)
    if (!progress.checks.some((check) => !check.ok)) progress.checks.push(line)
    return { ok: false, refusal: refusalOf(fault.rule, fault.values), ...progress }
  }
}

function read(samlResponse: string, context: ResponseContext, progress: Progress): SamlIdentity {
  const { checks } = progress
  const { root, canonical } = parseDocument(decodeText(decodeField(samlResponse)), messageLimits)
  progress.redacted = redact(canonical)
  checks.push(passed('xml.wellFormed'))

  checkStructure(root, 'samlp:Response')
  noteClaims(root, progress)
  checks.push(passed('xml.structure'))
  checkStatus(root)
  checks.push(passed('status', { expected: statusSuccess, received: statusSuccess }))

  const trust: Trust = { certificates: context.settings.certificates, now: context.now }
  const { response, assertion } = readSignedParts(root, context, trust, progress)
  checks.push(passed('signature.value'))

  const facts = readFacts(response, assertion, context)
  checkProfile(facts, checks)
  return readIdentity(facts)
}

function noteClaims(response: XmlElement, progress: Progress): void {
  const inResponseTo = attributeOf(response, 'InResponseTo')
  const issuer = childOf(response, 'saml:Issuer')
  if (inResponseTo !== undefined) progress.inResponseTo = inResponseTo.slice(0, 300)
  if (issuer) progress.issuer = textOf(issuer).slice(0, 300)
}

/**
 * SAML core §3.2.2.2: exactly one top-level Success. Identity providers often leave a refusal
 * unsigned, and all this rule does is refuse, so it comes first and gives the true reason.
 */
function checkStatus(response: XmlElement): void {
  const status = childOf(response, 'samlp:Status')
  const code = status && childOf(status, 'samlp:StatusCode')
  const nested = code && childOf(code, 'samlp:StatusCode')
  const value = code && attributeOf(code, 'Value')
  if (value === statusSuccess && !nested) return
  const message = status && childOf(status, 'samlp:StatusMessage')
  const received = [value, nested && attributeOf(nested, 'Value'), message && textOf(message)]
  throw new Fault('status', {
    expected: statusSuccess,
    received: received.filter((part) => part !== undefined).join(' · '),
  })
}

/**
 * The assertion as it was signed: read again from the bytes of its own signature or, when only the
 * response is signed, from those of the response. Every signature present has to verify. A response
 * that is not signed itself is handed back as it came, and its parts may only refuse.
 */
function readSignedParts(
  root: XmlElement,
  { serviceProvider }: ResponseContext,
  trust: Trust,
  progress: Progress,
): { response: XmlElement; assertion: XmlElement } {
  checkSingle(root)
  const signed = childOf(root, 'ds:Signature') ? readSigned(root, trust) : undefined
  if (signed) checkStructure(signed, 'samlp:Response')
  const response = signed ?? root

  const encrypted = childOf(response, 'saml:EncryptedAssertion')
  if (encrypted) {
    const keys = serviceProvider.decryption.map((pair) => pair.privateKeyPem)
    const { assertion, canonical } = readEncrypted(encrypted, keys, trust, signed !== undefined)
    progress.redacted = redact(`${progress.redacted}\n${canonical}`)
    progress.checks.push(passed('encryption.content'))
    return { response, assertion }
  }
  const found = childOf(response, 'saml:Assertion')
  if (!found) throw new Fault('assertion.single', { received: '0' })
  const bare = signed && !childOf(found, 'ds:Signature')
  return { response, assertion: bare ? found : readSignedAssertion(found, trust) }
}

function checkSingle(response: XmlElement): void {
  const assertions = [
    ...childrenOf(response, 'saml:Assertion'),
    ...childrenOf(response, 'saml:EncryptedAssertion'),
  ]
  if (assertions.length !== 1) {
    throw new Fault('assertion.single', { expected: '1', received: String(assertions.length) })
  }
}

function readSignedAssertion(assertion: XmlElement, trust: Trust): XmlElement {
  const signed = readSigned(assertion, trust)
  checkStructure(signed, 'saml:Assertion')
  return signed
}

/** One refusal for everything from the ciphertext to the signature inside; see `encryption.ts`. */
function readEncrypted(
  encrypted: XmlElement,
  privateKeys: string[],
  trust: Trust,
  envelopeSigned: boolean,
): { assertion: XmlElement; canonical: string } {
  for (const plaintext of openAssertion(encrypted, privateKeys)) {
    try {
      const { root, canonical } = parseDocument(decodeText(plaintext), messageLimits)
      checkStructure(root, 'saml:Assertion')
      const bare = envelopeSigned && !childOf(root, 'ds:Signature')
      return { assertion: bare ? root : readSignedAssertion(root, trust), canonical }
    } catch (fault) {
      if (!(fault instanceof Fault)) throw fault
    }
  }
  throw new Fault('encryption.content')
}
