/** From an ID token that kept every rule to the facts the directory asks for. */
import type { GoogleSettings, OidcSettings } from '../model/connection.ts'
import { Fault } from './faults.ts'

export type TokenClaims = Record<string, unknown>

export type Person = {
  subject: string
  email?: string
  firstName?: string
  lastName?: string
  /** Which claim each of these came from. */
  claimsUsed: Record<string, string>
}

export type ClaimNames = Pick<OidcSettings, 'subjectClaim' | 'emailClaim' | 'attributes'>

/** JI-7: used when the claim of the configured name is absent (OpenID Connect core §5.1). */
const fallbacks = { email: 'email', firstName: 'given_name', lastName: 'family_name' }
/** OpenID Connect core §2 limits a subject to 255 characters. */
const longestSubject = 255
const shownAtMost = 100
const longestShown = 300

export function readPerson(claims: TokenClaims, names: ClaimNames): Person {
  const found = {
    email: find(claims, names.emailClaim, fallbacks.email),
    firstName: find(claims, names.attributes.firstName, fallbacks.firstName),
    lastName: find(claims, names.attributes.lastName, fallbacks.lastName),
  }
  // A configured claim is the key or there is none: falling back would make two people of one.
  const subject = find(claims, names.subjectClaim)
  if (!subject || subject.value.length > longestSubject) {
    throw new Fault('subject', { expected: names.subjectClaim, received: subject?.value })
  }
  const person: Person = {
    subject: subject.value,
    claimsUsed: { subject: subject.from },
  }
  for (const field of ['email', 'firstName', 'lastName'] as const) {
    const claim = found[field]
    if (!claim) continue
    person[field] = claim.value
    person.claimsUsed[field] = claim.from
  }
  return person
}

/** Whether the UserInfo endpoint could add something that is needed. */
export function isComplete({ email, firstName, lastName }: Person): boolean {
  return email !== undefined && firstName !== undefined && lastName !== undefined
}

/**
 * Entra ID and others send no `email_verified`: the organisation chose its provider, which vouches
 * for its people (LM-35). One that says no is believed; Google has to say yes.
 */
export function requireVerifiedEmail(claims: TokenClaims, mustSay: boolean): void {
  const said = claims.email_verified
  // AWS Cognito and others send a text.
  const verified = said === true || said === 'true'
  if (verified || (said === undefined && !mustSay)) return
  throw new Fault('emailVerified', {
    expected: 'true',
    received: said === undefined ? 'nothing' : JSON.stringify(said),
  })
}

export function requireWorkspace(claims: TokenClaims, { workspaceDomain }: GoogleSettings): void {
  if (workspaceDomain === undefined) return
  const received = typeof claims.hd === 'string' ? claims.hd : 'no Workspace account'
  if (received.toLowerCase() === workspaceDomain) return
  throw new Fault('workspace', { expected: workspaceDomain, received })
}

/**
 * Google says itself for which addresses it is the authority: its own and those of Workspaces. Any
 * other address it verified once, when the account was made; it may have another owner today.
 */
export function isGoogleMailbox(claims: TokenClaims): boolean {
  const email = typeof claims.email === 'string' ? claims.email.toLowerCase() : ''
  return typeof claims.hd === 'string' || /@(gmail|googlemail)\.com$/.test(email)
}

/** JI-6: of several values the first counts, surrounding blanks do not. */
function find(
  claims: TokenClaims,
  ...names: string[]
): { value: string; from: string } | undefined {
  for (const name of names) {
    const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
    const values: unknown[] = Array.isArray(claim) ? claim : [claim]
    const texts = values.filter((value) => typeof value === 'string').map((text) => text.trim())
    const value = texts.find((text) => text !== '')
    if (value !== undefined) return { value, from: name }
  }
  return undefined
}

/** For the manager who looks: everything that was said, cut to what fits a log. */
export function shownClaims(claims: TokenClaims): { name: string; values: string[] }[] {
  return Object.entries(claims)
    .slice(0, shownAtMost)
    .map(([name, claim]) => ({
      name: name.slice(0, longestShown),
      values: (Array.isArray(claim) ? claim : [claim]).slice(0, shownAtMost).map(show),
    }))
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.slice(0, longestShown)
}
