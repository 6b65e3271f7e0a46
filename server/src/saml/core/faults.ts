/** Every rule a SAML message is held against: its code, what to do, and where to do it in Entra ID. */
import {
  type Check,
  checkOf,
  type Rule,
  RuleFault,
  type RuleRefusal,
  refusalBy,
  type Values,
} from '../../model/rules.ts'

const app = 'Microsoft Entra ID → Enterprise applications → your app'
const basic = `${app} → Single sign-on → Basic SAML Configuration`
const signing = `${app} → Single sign-on → SAML Certificates`
const signingOptions = `${signing} → Edit → Signing option`
const claims = `${app} → Single sign-on → Attributes & Claims`
const encryption = `${app} → Token encryption`
const logs = `${app} → Sign-in logs`

const damaged =
  'Start the sign-in again from the sign-in page. If it happens again, something between the identity provider and this server changes the message, or it was not sent by the identity provider.'
const odd =
  'The message breaks the SAML 2.0 standard in a way that honest identity providers do not. Compare it with the redacted message in the sign-in log, and report it to the vendor of the identity provider or to your security team.'

/**
 * The order is the order in which the rules are checked. `saml.malformed` stands for every fault of
 * form: whatever is wrong before it is even a question who signed it.
 */
export const rules = {
  'form.size': {
    code: 'saml.malformed',
    rule: 'The message is at most 512 kB',
    remedy:
      'Send fewer values: restrict the groups claim to groups assigned to the application, or leave it out.',
    idpScreen: claims,
  },
  'form.base64': {
    code: 'saml.malformed',
    rule: 'The form field holds base64',
    remedy: damaged,
    idpScreen: logs,
  },
  'form.encoding': {
    code: 'saml.malformed',
    rule: 'The message is UTF-8',
    remedy: damaged,
    idpScreen: logs,
  },
  'form.query': {
    code: 'saml.malformed',
    rule: 'The query holds one SAML message, each parameter once',
    remedy: damaged,
    idpScreen: logs,
  },
  'form.compression': {
    code: 'saml.malformed',
    rule: 'The message unpacks to at most 64 kB',
    remedy: damaged,
    idpScreen: logs,
  },
  'xml.forbidden': {
    code: 'saml.malformed',
    rule: 'There is no document type, comment, CDATA section or processing instruction',
    remedy: odd,
    idpScreen: logs,
  },
  'xml.limits': {
    code: 'saml.malformed',
    rule: 'The message stays within the limits on elements, depth and attributes',
    remedy:
      'Send fewer values: restrict the groups claim to groups assigned to the application, or leave it out.',
    idpScreen: claims,
  },
  'xml.wellFormed': {
    code: 'saml.malformed',
    rule: 'The message is well-formed XML',
    remedy: damaged,
    idpScreen: logs,
  },
  'xml.structure': {
    code: 'saml.malformed',
    rule: 'The message has the structure of the SAML 2.0 schema',
    remedy: odd,
    idpScreen: logs,
  },
  'xml.ids': {
    code: 'saml.malformed',
    rule: 'Every ID is well-formed and occurs once',
    remedy: odd,
    idpScreen: logs,
  },
  version: {
    code: 'saml.malformed',
    rule: 'The message is SAML 2.0',
    remedy: 'Choose SAML 2.0 at the identity provider.',
    idpScreen: `${app} → Single sign-on`,
  },
  status: {
    code: 'auth.invalid_credentials',
    rule: 'The identity provider reports success',
    remedy:
      'The identity provider did not sign the person in. Look up the status it gave: the person may have cancelled, may not be assigned to the application, or the application may be set up differently there.',
    idpScreen: logs,
  },
  'assertion.single': {
    code: 'saml.malformed',
    rule: 'There is exactly one assertion',
    remedy: odd,
    idpScreen: logs,
  },
  'signature.missing': {
    code: 'saml.signature_missing',
    rule: 'The assertion or the response is signed',
    remedy: 'Let the identity provider sign the assertion, the response, or both.',
    idpScreen: signingOptions,
  },
  'signature.algorithm': {
    code: 'saml.algorithm_weak',
    rule: 'The signature uses RSA or ECDSA with SHA-256, SHA-384 or SHA-512',
    remedy: 'Choose SHA-256 as signing algorithm at the identity provider.',
    idpScreen: `${signing} → Edit → Signing algorithm`,
  },
  'signature.key': {
    code: 'saml.algorithm_weak',
    rule: 'The signing key is RSA with at least 2048 bits, or ECDSA on P-256, P-384 or P-521',
    remedy:
      'Create a new signing certificate at the identity provider and import its metadata here.',
    idpScreen: signing,
  },
  'signature.transforms': {
    code: 'saml.malformed',
    rule: 'The signature covers its whole parent: enveloped, then canonicalised, nothing else',
    remedy: odd,
    idpScreen: signingOptions,
  },
  'signature.reference': {
    code: 'saml.malformed',
    rule: 'The signature refers to the element that it stands in',
    remedy: odd,
    idpScreen: signingOptions,
  },
  'signature.certificateExpired': {
    code: 'saml.signature_invalid',
    rule: 'A configured certificate is valid today',
    remedy:
      'Activate a new signing certificate at the identity provider, then import its metadata here.',
    idpScreen: signing,
  },
  'signature.digest': {
    code: 'saml.signature_invalid',
    rule: 'What was signed was not changed afterwards',
    remedy:
      'The message was changed after it was signed. Start the sign-in again; if it happens again, look for a proxy that rewrites messages, or treat it as an attack.',
    idpScreen: logs,
  },
  'signature.value': {
    code: 'saml.signature_invalid',
    rule: 'The signature is by a configured certificate of the identity provider',
    remedy:
      'If the identity provider changed its certificate, import its metadata again or add the new certificate. Otherwise treat the attempt as an attack.',
    idpScreen: signing,
  },
  'encryption.algorithm': {
    code: 'saml.algorithm_weak',
    rule: 'The assertion is encrypted with AES (CBC or GCM) and RSA-OAEP',
    remedy: 'Choose AES-256 with RSA-OAEP at the identity provider, or turn encryption off.',
    idpScreen: encryption,
  },
  // One answer for everything that can go wrong behind the encryption, so that nobody learns from it.
  'encryption.content': {
    code: 'saml.signature_invalid',
    rule: 'The encrypted assertion opens with our key and is signed by the identity provider',
    remedy:
      'Upload the encryption certificate from this connection’s metadata to the identity provider, and let it sign the assertion.',
    idpScreen: encryption,
  },
  'issuer.response': {
    code: 'saml.issuer_mismatch',
    rule: 'The response comes from the configured identity provider',
    remedy:
      'Compare the identity provider’s entity ID with the one configured here. A different one means another tenant or another identity provider.',
    idpScreen: `${app} → Single sign-on → Set up → Microsoft Entra Identifier`,
  },
  'issuer.assertion': {
    code: 'saml.issuer_mismatch',
    rule: 'The assertion comes from the configured identity provider',
    remedy:
      'Compare the identity provider’s entity ID with the one configured here. A different one means another tenant or another identity provider.',
    idpScreen: `${app} → Single sign-on → Set up → Microsoft Entra Identifier`,
  },
  destination: {
    code: 'saml.destination_mismatch',
    rule: 'The message is addressed to this URL',
    remedy: 'Copy the ACS URL from this connection to the identity provider, letter by letter.',
    idpScreen: `${basic} → Reply URL (Assertion Consumer Service URL)`,
  },
  audience: {
    code: 'saml.audience_mismatch',
    rule: 'The assertion is meant for this service provider',
    remedy: 'Copy the entity ID from this connection to the identity provider, letter by letter.',
    idpScreen: `${basic} → Identifier (Entity ID)`,
  },
  'subject.confirmation': {
    code: 'saml.recipient_mismatch',
    rule: 'The subject is confirmed as bearer',
    remedy: 'Choose the Web Browser SSO profile (bearer confirmation) at the identity provider.',
    idpScreen: `${app} → Single sign-on`,
  },
  recipient: {
    code: 'saml.recipient_mismatch',
    rule: 'The assertion is to be delivered to this URL',
    remedy: 'Copy the ACS URL from this connection to the identity provider, letter by letter.',
    idpScreen: `${basic} → Reply URL (Assertion Consumer Service URL)`,
  },
  inResponseTo: {
    code: 'saml.in_response_to_mismatch',
    rule: 'Response and assertion answer the same request',
    remedy:
      'Start the sign-in again from the sign-in page. If it happens again, the message was put together from two, or the identity provider leaves InResponseTo out in one place.',
    idpScreen: logs,
  },
  unsolicited: {
    code: 'saml.unsolicited',
    rule: 'The response answers a request of ours',
    remedy:
      'Start from the sign-in page, set the sign-on URL at the identity provider so that its portal starts there too, or turn on “Allow IdP-initiated sign-in”.',
    idpScreen: `${basic} → Sign on URL`,
  },
  notYetValid: {
    code: 'saml.not_yet_valid',
    rule: 'The message is valid already (60 seconds of clock difference are allowed)',
    remedy:
      'Correct the clock of this server or of the identity provider. 60 seconds of difference are allowed, whatever the identity provider tolerates.',
    idpScreen: logs,
  },
  expired: {
    code: 'saml.expired',
    rule: 'The message is still valid (60 seconds of clock difference are allowed)',
    remedy:
      'Start the sign-in again. If it happens again, correct the clock of this server or of the identity provider; 60 seconds of difference are allowed.',
    idpScreen: logs,
  },
  lifetime: {
    code: 'saml.expired',
    rule: 'The assertion can be used for at most 24 hours',
    remedy: 'Shorten the lifetime of SAML tokens at the identity provider to 24 hours or less.',
    idpScreen: `${app} → Conditional Access`,
  },
  session: {
    code: 'saml.expired',
    rule: 'The session at the identity provider has not ended',
    remedy: 'Sign in again at the identity provider.',
    idpScreen: logs,
  },
  time: {
    code: 'saml.malformed',
    rule: 'Times are given in UTC',
    remedy: odd,
    idpScreen: logs,
  },
  conditions: {
    code: 'saml.malformed',
    rule: 'Every condition of the assertion is understood',
    remedy: 'Remove additional conditions at the identity provider.',
    idpScreen: `${app} → Single sign-on`,
  },
  authentication: {
    code: 'saml.malformed',
    rule: 'The assertion says when and how the person signed in',
    remedy: odd,
    idpScreen: logs,
  },
  nameId: {
    code: 'saml.malformed',
    rule: 'The NameID is one readable text without invisible characters',
    remedy: 'Choose another attribute as unique user identifier (NameID) or correct its value.',
    idpScreen: `${claims} → Unique User Identifier (Name ID)`,
  },
  attributes: {
    code: 'saml.malformed',
    rule: 'Attribute values are text',
    remedy: 'Send claims as plain text values.',
    idpScreen: claims,
  },
  'logout.signature': {
    code: 'saml.logout_unsigned',
    rule: 'The logout message is signed by the identity provider',
    remedy: 'Let the identity provider sign logout messages; until then they end nothing here.',
    idpScreen: signing,
  },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

export class Fault extends RuleFault<RuleName> {}

export function passed(rule: RuleName, values: Values = {}): Check {
  return checkOf(rules[rule], true, values)
}

export function failed(rule: RuleName, values: Values): Check {
  return checkOf(rules[rule], false, values)
}

export function refusalOf(rule: RuleName, values: Values): RuleRefusal {
  return refusalBy(rules[rule], values)
}
