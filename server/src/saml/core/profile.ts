/**
 * The rules of SAML core and of the Web Browser SSO profile as a list, to be held against both
 * documents. Everything here looks at parts that were signed, or at parts that may only refuse.
 */
import type { Check, Values } from '../../model/rules.ts'
import type { SamlSettings } from '../../model/saml.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { Fault, failed, passed, type RuleName } from './faults.ts'
import { bearer, nameIdFormats } from './names.ts'
import type { ServiceProvider } from './service-provider.ts'
import { longestLifetime, readInstant, skew } from './time.ts'

export type ResponseContext = {
  serviceProvider: ServiceProvider
  settings: SamlSettings
  /** Unix milliseconds. */
  now: number
}

export type Facts = ResponseContext & {
  response: XmlElement
  assertion: XmlElement
  /** The bearer confirmation for this URL, else the first bearer confirmation, if any. */
  confirmation: XmlElement | undefined
  conditions: XmlElement | undefined
  authentications: XmlElement[]
}

export function readFacts(
  response: XmlElement,
  assertion: XmlElement,
  context: ResponseContext,
): Facts {
  const subject = childOf(assertion, 'saml:Subject')
  const bearers = (subject ? childrenOf(subject, 'saml:SubjectConfirmation') : [])
    .filter((confirmation) => attributeOf(confirmation, 'Method') === bearer)
    .map((confirmation) => childOf(confirmation, 'saml:SubjectConfirmationData'))
    .filter((data) => data !== undefined)
  const { acsUrl } = context.serviceProvider
  return {
    ...context,
    response,
    assertion,
    confirmation: bearers.find((data) => attributeOf(data, 'Recipient') === acsUrl) ?? bearers[0],
    conditions: childOf(assertion, 'saml:Conditions'),
    authentications: childrenOf(assertion, 'saml:AuthnStatement'),
  }
}

/** Says what is wrong, or nothing when the rule is kept. */
type Rule = (facts: Facts) => { expected?: string; received?: string | undefined } | undefined

const profile: [RuleName, Rule][] = [
  // Core §2.3.3, §3.2.2
  [
    'version',
    ({ response, assertion }) =>
      differs('2.0', attributeOf(response, 'Version')) ??
      differs('2.0', attributeOf(assertion, 'Version')),
  ],
  // Profiles §4.1.4.2: both issuers are this organisation's identity provider.
  [
    'issuer.response',
    ({ response, settings }) => wrongIssuer(childOf(response, 'saml:Issuer'), settings.idpEntityId),
  ],
  [
    'issuer.assertion',
    ({ assertion, settings }) =>
      wrongIssuer(childOf(assertion, 'saml:Issuer'), settings.idpEntityId),
  ],
  // Bindings §3.5.5.2
  [
    'destination',
    ({ response, serviceProvider }) =>
      differs(serviceProvider.acsUrl, attributeOf(response, 'Destination')),
  ],
  // Core §2.5.1: a condition that is not understood makes the assertion invalid.
  [
    'conditions',
    ({ conditions }) =>
      conditions && childOf(conditions, 'saml:Condition')
        ? { received: 'saml:Condition of an unknown type' }
        : undefined,
  ],
  // Core §2.5.1.4: every restriction has to hold, and holds when it names us once.
  [
    'audience',
    ({ conditions, serviceProvider }) => wrongAudience(conditions, serviceProvider.entityId),
  ],
  // Profiles §4.1.4.2, §4.1.4.3: one bearer confirmation, for this URL, for this request, in time.
  [
    'subject.confirmation',
    ({ confirmation }) =>
      confirmation ? undefined : { expected: bearer, received: 'no bearer confirmation' },
  ],
  [
    'recipient',
    ({ confirmation, serviceProvider }) =>
      differs(serviceProvider.acsUrl, confirmation && attributeOf(confirmation, 'Recipient')),
  ],
  [
    'inResponseTo',
    ({ response, confirmation }) => {
      const outside = attributeOf(response, 'InResponseTo')
      const inside = confirmation && attributeOf(confirmation, 'InResponseTo')
      return outside === inside
        ? undefined
        : { expected: outside ?? 'no InResponseTo', received: inside ?? 'no InResponseTo' }
    },
  ],
  [
    'unsolicited',
    ({ response, settings }) =>
      attributeOf(response, 'InResponseTo') === undefined && !settings.allowIdpInitiated
        ? { expected: 'an answer to a request', received: 'no InResponseTo' }
        : undefined,
  ],
  ['notYetValid', notYetValid],
  ['expired', expired],
  ['lifetime', livesTooLong],
  [
    'authentication',
    ({ authentications }) =>
      authentications.length > 0
        ? undefined
        : { expected: 'saml:AuthnStatement', received: 'nothing' },
  ],
  ['session', sessionEnded],
]

const same = (value: string | undefined): Values => ({ expected: value, received: value })
const at = (milliseconds: number) => new Date(milliseconds).toISOString()

/** What a kept rule expected and received, for the manager who tests (LM-15). */
const evidence: Partial<Record<RuleName, (facts: Facts) => Values>> = {
  version: () => same('2.0'),
  'issuer.response': ({ settings }) => same(settings.idpEntityId),
  'issuer.assertion': ({ settings }) => same(settings.idpEntityId),
  destination: ({ serviceProvider }) => same(serviceProvider.acsUrl),
  audience: ({ serviceProvider }) => same(serviceProvider.entityId),
  'subject.confirmation': () => same(bearer),
  recipient: ({ serviceProvider }) => same(serviceProvider.acsUrl),
  inResponseTo: ({ response }) => same(attributeOf(response, 'InResponseTo') ?? 'no InResponseTo'),
  notYetValid: ({ assertion, now }) => ({
    expected: `at most ${at(now + skew)}`,
    received: attributeOf(assertion, 'IssueInstant'),
  }),
  expired: ({ confirmation, now }) => ({
    expected: `later than ${at(now - skew)}`,
    received: confirmation && attributeOf(confirmation, 'NotOnOrAfter'),
  }),
}

/** Holds every rule against the response, so that a manager sees them all; the first breach counts. */
export function checkProfile(facts: Facts, checks: Check[]): void {
  let first: Fault | undefined
  for (const [name, rule] of profile) {
    const fault = breachOf(name, rule, facts)
    checks.push(fault ? failed(fault.rule, fault.values) : passed(name, evidence[name]?.(facts)))
    first ??= fault
  }
  if (first) throw first
}

/** A rule may also stumble over a time that cannot be read, which is a breach of its own. */
function breachOf(name: RuleName, rule: Rule, facts: Facts): Fault | undefined {
  try {
    const breach = rule(facts)
    return breach && new Fault(name, breach)
  } catch (fault) {
    if (fault instanceof Fault) return fault
    throw fault
  }
}

function differs(expected: string, received: string | undefined) {
  return received === expected ? undefined : { expected, received: received ?? 'nothing' }
}

/** Core §8.3.6: an entity identifier has no qualifiers; it is compared byte by byte, blanks included. */
export function wrongIssuer(issuer: XmlElement | undefined, expected: string) {
  const format = issuer && attributeOf(issuer, 'Format')
  if (format !== undefined && format !== nameIdFormats.entity) {
    return { expected: nameIdFormats.entity, received: format }
  }
  return differs(expected, issuer && textOf(issuer))
}

function wrongAudience(conditions: XmlElement | undefined, expected: string) {
  const restrictions = conditions ? childrenOf(conditions, 'saml:AudienceRestriction') : []
  const audiences = restrictions.map((one) => childrenOf(one, 'saml:Audience').map(textOf))
  if (restrictions.length === 0) return { expected, received: 'no audience restriction' }
  const other = audiences.find((names) => !names.includes(expected))
  return other && { expected, received: other.join(', ') }
}

function notYetValid({
  response,
  assertion,
  conditions,
  confirmation,
  authentications,
  now,
}: Facts) {
  const starts = [
    attributeOf(response, 'IssueInstant'),
    attributeOf(assertion, 'IssueInstant'),
    conditions && attributeOf(conditions, 'NotBefore'),
    confirmation && attributeOf(confirmation, 'NotBefore'),
    ...authentications.map((statement) => attributeOf(statement, 'AuthnInstant')),
  ]
  for (const start of starts) {
    if (start !== undefined && readInstant(start) > now + skew) {
      return { expected: `at most ${new Date(now + skew).toISOString()}`, received: start }
    }
  }
  return undefined
}

/** Profiles §4.1.4.2: a bearer confirmation always has an end. */
function expired({ conditions, confirmation, now }: Facts) {
  const end = confirmation && attributeOf(confirmation, 'NotOnOrAfter')
  if (end === undefined) return { expected: 'NotOnOrAfter', received: 'nothing' }
  for (const time of [end, conditions && attributeOf(conditions, 'NotOnOrAfter')]) {
    if (time !== undefined && readInstant(time) + skew <= now) {
      return { expected: `later than ${new Date(now - skew).toISOString()}`, received: time }
    }
  }
  return undefined
}

function livesTooLong(facts: Facts) {
  const end = endOf(facts)
  return end !== undefined && end > facts.now + longestLifetime
    ? {
        expected: `at most ${new Date(facts.now + longestLifetime).toISOString()}`,
        received: new Date(end).toISOString(),
      }
    : undefined
}

/** Until when the assertion could be used, skew not included; undefined when it does not say. */
export function endOf({ conditions, confirmation }: Facts): number | undefined {
  const end = confirmation && attributeOf(confirmation, 'NotOnOrAfter')
  if (end === undefined) return undefined
  const outer = conditions && attributeOf(conditions, 'NotOnOrAfter')
  return Math.min(
    readInstant(end),
    outer === undefined ? Number.POSITIVE_INFINITY : readInstant(outer),
  )
}

function sessionEnded({ authentications, now }: Facts) {
  for (const statement of authentications) {
    const end = attributeOf(statement, 'SessionNotOnOrAfter')
    if (end !== undefined && readInstant(end) + skew <= now) {
      return { expected: `later than ${new Date(now - skew).toISOString()}`, received: end }
    }
  }
  return undefined
}
