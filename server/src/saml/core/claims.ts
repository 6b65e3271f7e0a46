/** From a good reading to the facts the directory asks for: who, under which key, by what name. */
import type { SamlSettings } from '../../model/saml.ts'
import type { SamlIdentity } from './identity.ts'
import { nameIdFormats } from './names.ts'

export type Claims = {
  /** The stable key of the person at the identity provider; undefined when it sent none. */
  subject?: string
  /** The NameID's format, or the name of the claim that serves as key. */
  subjectFormat?: string
  email?: string
  firstName?: string
  lastName?: string
  /** Which claim each of these came from, `NameID` included. */
  claimsUsed: Record<string, string>
  all: { name: string; values: string[] }[]
}

/** JI-7: used when the claim of the configured name is absent. Entra ID sends these by default. */
const fallbacks = {
  email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  firstName: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname',
  lastName: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname',
}

type Found = { value: string; from: string }

export function readClaims(identity: SamlIdentity, settings: SamlSettings): Claims {
  const { emailFrom, attributes } = settings
  const found = {
    subject: findSubject(identity, settings.subjectClaim),
    email:
      emailFrom === 'nameId'
        ? findEmailInNameId(identity)
        : findClaim(identity, emailFrom.claim, fallbacks.email),
    firstName: findClaim(identity, attributes.firstName, fallbacks.firstName),
    lastName: findClaim(identity, attributes.lastName, fallbacks.lastName),
  }
  const claims: Claims = {
    claimsUsed: {},
    all: [...identity.attributes].map(([name, values]) => ({ name, values: [...values] })),
  }
  for (const field of ['subject', 'email', 'firstName', 'lastName'] as const) {
    const claim = found[field]
    if (!claim) continue
    claims[field] = claim.value
    claims.claimsUsed[field] = claim.from
  }
  const format = found.subject && (settings.subjectClaim ?? identity.nameId?.format)
  if (format !== undefined) claims.subjectFormat = format
  return claims
}

/**
 * A configured claim is the key or there is none: falling back to NameID would make two people of
 * one. A transient NameID is another one at every sign-in (SAML core §8.3.8), so it is no key.
 */
function findSubject({ nameId, attributes }: SamlIdentity, claim?: string): Found | undefined {
  if (claim !== undefined) return firstValue(attributes, claim)
  if (!nameId || nameId.format === nameIdFormats.transient) return undefined
  return { value: nameId.value, from: 'NameID' }
}

/**
 * LM-29: NameID is the e-mail when its format says so. `unspecified`, or no format at all, leaves
 * the meaning to the parties (SAML core §8.3.1); the setting is that agreement, so an address is
 * taken, and nothing that merely could be one. Any other format says that it is not an e-mail.
 */
function findEmailInNameId({ nameId }: SamlIdentity): Found | undefined {
  if (!nameId) return undefined
  const { value, format = nameIdFormats.unspecified } = nameId
  if (format === nameIdFormats.emailAddress) return { value, from: 'NameID' }
  return format === nameIdFormats.unspecified && looksLikeEmail(value)
    ? { value, from: 'NameID' }
    : undefined
}

/** Whether the address is acceptable is for the directory to say; this only tells it from a login. */
function looksLikeEmail(value: string): boolean {
  const parts = value.split('@')
  const [local = '', domain = ''] = parts
  return (
    parts.length === 2 &&
    local !== '' &&
    /^[^\s.]+(?:\.[^\s.]+)+$/.test(domain) &&
    !/\s/.test(local)
  )
}

function findClaim(identity: SamlIdentity, name: string, fallback: string): Found | undefined {
  return firstValue(identity.attributes, name) ?? firstValue(identity.attributes, fallback)
}

/** JI-6: the first value counts; a claim without any text in it counts as absent. */
function firstValue(attributes: SamlIdentity['attributes'], name: string): Found | undefined {
  const value = attributes.get(name)?.find((candidate) => candidate !== '')
  return value === undefined ? undefined : { value, from: name }
}
