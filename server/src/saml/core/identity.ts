/** Who signed in, read from a response that kept every rule. */
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from './canonical.ts'
import { Fault } from './faults.ts'
import { endOf, type Facts } from './profile.ts'
import { readInstant, skew } from './time.ts'

export type SamlIdentity = {
  issuer: string
  /** When only the assertion is signed, this one is nobody's promise: replay goes by `assertionId`. */
  responseId: string
  assertionId: string
  /** Equal in the response and in the subject confirmation; absent when unsolicited. */
  inResponseTo?: string
  nameId?: NameId
  /** Attribute name to values in order, trimmed. A map, since `__proto__` is a possible name. */
  attributes: Map<string, string[]>
  sessionIndex?: string
  /** Unix milliseconds. */
  sessionNotOnOrAfter?: number
  /** Unix milliseconds until which the assertion's id has to be remembered, skew included. */
  expiresAt: number
}

export type NameId = {
  value: string
  format?: string
  nameQualifier?: string
  spNameQualifier?: string
}

export function readIdentity(facts: Facts): SamlIdentity {
  const { response, assertion, settings } = facts
  const inResponseTo = attributeOf(response, 'InResponseTo')
  const subject = childOf(assertion, 'saml:Subject')
  const nameId = subject && childOf(subject, 'saml:NameID')
  return {
    issuer: settings.idpEntityId,
    responseId: attributeOf(response, 'ID') ?? '',
    assertionId: attributeOf(assertion, 'ID') ?? '',
    ...(inResponseTo === undefined ? {} : { inResponseTo }),
    ...(nameId ? { nameId: readNameId(nameId) } : {}),
    attributes: readAttributes(assertion),
    ...readSession(facts),
    expiresAt: (endOf(facts) ?? facts.now) + skew,
  }
}

/**
 * Characters that a reader does not see or that change how the rest is shown: controls, formats such
 * as zero-width and bidirectional marks, unassigned code points, line and paragraph separators.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}]/u
/** SAML core §8.3.7 limits persistent identifiers to 256; addresses and distinguished names fit too. */
const longestNameId = 1024

export function readNameId(element: XmlElement): NameId {
  const value = trimBlanks(textOf(element))
  if (value === '' || value.length > longestNameId || invisible.test(value)) {
    throw new Fault('nameId', { received: visibly(value) })
  }
  const format = attributeOf(element, 'Format')
  const nameQualifier = attributeOf(element, 'NameQualifier')
  const spNameQualifier = attributeOf(element, 'SPNameQualifier')
  return {
    value,
    ...(format === undefined ? {} : { format }),
    ...(nameQualifier === undefined ? {} : { nameQualifier }),
    ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
  }
}

/** For the log: `ada\u{200b}@…` instead of a text that looks right. */
function visibly(value: string): string {
  const shown = [...value.slice(0, 200)].map((character) =>
    invisible.test(character) ? `\\u{${character.codePointAt(0)?.toString(16)}}` : character,
  )
  return `“${shown.join('')}”`
}

/** An attribute that is given twice has the values of both, in order. */
function readAttributes(assertion: XmlElement): Map<string, string[]> {
  const attributes = new Map<string, string[]>()
  for (const statement of childrenOf(assertion, 'saml:AttributeStatement')) {
    for (const attribute of childrenOf(statement, 'saml:Attribute')) {
      const name = attributeOf(attribute, 'Name') ?? ''
      const values = attributes.get(name) ?? []
      values.push(...childrenOf(attribute, 'saml:AttributeValue').flatMap(readValue))
      attributes.set(name, values)
    }
  }
  return attributes
}

/**
 * Plain text, or a NameID as `eduPersonTargetedID` has it. Other structured values cannot be claims
 * and are left out; text beside elements is refused, since two readers would see two values.
 */
function readValue(value: XmlElement): string[] {
  const elements = value.children.filter((child) => typeof child !== 'string')
  if (elements.length === 0) return [trimBlanks(textOf(value))]
  if (value.children.some((child) => typeof child === 'string' && trimBlanks(child) !== '')) {
    throw new Fault('attributes', { received: 'text beside elements' })
  }
  const [only, ...more] = elements
  return only?.known === 'saml:NameID' && more.length === 0 ? [readNameId(only).value] : []
}

function readSession({ authentications }: Facts) {
  const ends = authentications
    .map((statement) => attributeOf(statement, 'SessionNotOnOrAfter'))
    .filter((end) => end !== undefined)
    .map(readInstant)
  const sessionIndex = authentications
    .map((statement) => attributeOf(statement, 'SessionIndex'))
    .find((index) => index !== undefined)
  return {
    ...(sessionIndex === undefined ? {} : { sessionIndex }),
    ...(ends.length === 0 ? {} : { sessionNotOnOrAfter: Math.min(...ends) }),
  }
}

/** JI-6: surrounding blanks do not count. Only XML's four, so that no other character is lost unseen. */
function trimBlanks(text: string): string {
  return text.replace(/^[\t\n\r ]+/, '').replace(/(?<![\t\n\r ])[\t\n\r ]+$/, '')
}
