import type { Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { JoinedBy, PendingReason, UserStatus } from '../model/user.ts'
import { decidePaused, sourceLabels } from './provisioning.ts'

/** A person who exists here, as far as an SSO sign-in asks. */
export type KnownPerson = {
  status: UserStatus
  held: boolean
  joinedBy: JoinedBy
  pendingReason: PendingReason | null
  everSignedIn: boolean
  /** Whether another subject of the same identity provider is linked already (JI-17). */
  linkedElsewhere: boolean
  isManager: boolean
}

export type ArrivalFacts = {
  organisation: Pick<Organisation, 'name' | 'source' | 'loginMethod' | 'paused'>
  /** Found by the stable key (issuer, subject). */
  bySubject: KnownPerson | undefined
  /** Found by e-mail, when not found by subject. */
  byEmail: KnownPerson | undefined
  email: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  claimNames: { firstName: string; lastName: string }
  /** Where claims are set, in the words of the identity provider. */
  claimScreen: string
  /** The organisation proved the domain, or who vouches runs the mailbox. */
  domainVerified: boolean
  adoptionApproved: boolean
  /** The risk that a manager took in the preview of the switch that this person waits since (JI-20). */
  riskTaken: Risk | undefined
  /** An open invitation of this address, with the names that it was given (IN-9). */
  invited: { firstName: string; lastName: string } | undefined
}

export type Risk = 'low' | 'medium' | 'high'

export type Arrival =
  | { kind: 'known' }
  /** `ticked`: nothing but a tick in the preview of the switch let them in. */
  | { kind: 'link'; completes: boolean; ticked?: true }
  | { kind: 'create'; firstName: string; lastName: string }
  | { kind: 'await_adoption'; refusal: Refusal; risk: Risk; reason: string }
  | { kind: 'refused'; refusal: Refusal; rule: string }

const nameLimit = 100

/** Who is this, and may they come in? The whole of just-in-time joining (JI-3 to JI-26, LM-33, LM-34). */
export function decideArrival(facts: ArrivalFacts): Arrival {
  const { organisation, bySubject, byEmail } = facts
  if (!facts.email) {
    return refused(
      'jit.email_invalid',
      'e-mail',
      'The identity provider sent no valid e-mail address.',
    )
  }
  const person = bySubject ?? byEmail
  if (person && (person.status === 'deactivated' || person.held)) {
    return refused(
      'user.deactivated',
      'account status',
      'This person is deactivated here. Enable them in User Management to let them in.',
    )
  }
  if (bySubject) return { kind: 'known' }
  if (byEmail) return decideLink(facts, byEmail)

  const expected = facts.invited !== undefined && organisation.source === 'portal'
  if (organisation.source !== 'sso_jit' && !expected) {
    return refused(
      organisation.loginMethod === 'google' ? 'google.user_unknown' : 'sso.user_unknown',
      'provisioning source',
      `Nobody with this e-mail exists, and people enter ${organisation.name} by ${sourceLabels[organisation.source]}.`,
    )
  }
  const paused = decidePaused(organisation)
  if (paused) return { kind: 'refused', rule: 'provisioning paused', refusal: paused }
  const firstName = facts.firstName || facts.invited?.firstName
  const lastName = facts.lastName || facts.invited?.lastName
  const missing = [
    ...(isName(firstName) ? [] : (['firstName'] as const)),
    ...(isName(lastName) ? [] : (['lastName'] as const)),
  ]
  if (!isName(firstName) || !isName(lastName)) {
    const claims = missing.map((name) => facts.claimNames[name]).join(' and ')
    return refused(
      'jit.claim_missing',
      `claim ${claims}`,
      `The identity provider sent no usable ${claims}. ${facts.claimScreen}`,
    )
  }
  return { kind: 'create', firstName, lastName }
}

/** A first SSO sign-in whose e-mail belongs to somebody who is here already (JI-19 to JI-21). */
function decideLink(facts: ArrivalFacts, person: KnownPerson): Arrival {
  const source = facts.organisation.source
  // JI-17: a reused e-mail is never that person by itself; only a manager can say that it is.
  if (person.linkedElsewhere && !facts.adoptionApproved) {
    return awaitAdoption(
      'high',
      'Another account of the same identity provider is linked to this person.',
    )
  }
  const completes = person.status === 'pending'
  const vouched = source === 'scim' || source === 'ldap'
  const expected =
    (person.joinedBy === 'created' ||
      person.joinedBy === 'invited' ||
      // Nobody ever opened this account, and who signs in now has the address it waits for (SS-13).
      (person.joinedBy === 'self_service' && completes)) &&
    !person.everSignedIn
  if (vouched || facts.domainVerified || facts.adoptionApproved || expected) {
    return { kind: 'link', completes }
  }
  const { risk, reason } = adoptionRisk(person)
  const since = completes && person.pendingReason === 'method_changed'
  // Who became a manager after they were ticked is another risk than the one that was taken.
  if (since && (facts.riskTaken === risk || facts.riskTaken === 'high')) {
    return { kind: 'link', completes, ticked: true }
  }
  return awaitAdoption(risk, reason)
}

/** What a manager is told of somebody whose e-mail domain nobody proved (JI-19). */
export function adoptionRisk({ isManager }: Pick<KnownPerson, 'isManager'>): {
  risk: 'medium' | 'high'
  reason: string
} {
  return isManager
    ? { risk: 'high', reason: 'A manager’s e-mail from a domain that is not verified.' }
    : { risk: 'medium', reason: 'The e-mail domain is not verified.' }
}

function awaitAdoption(risk: Risk, reason: string): Arrival {
  return {
    kind: 'await_adoption',
    risk,
    reason,
    refusal: {
      code: 'jit.adoption_pending',
      detail: `${reason} A manager decides in the Adoption queue.`,
    },
  }
}

function refused(code: Refusal['code'], rule: string, detail: string): Arrival {
  return { kind: 'refused', rule, refusal: { code, detail } }
}

/** 1–100 characters without control characters (MU-3). */
export function isName(name: string | undefined): name is string {
  return (
    name !== undefined &&
    name.trim() !== '' &&
    [...name].length <= nameLimit &&
    !/\p{Cc}/u.test(name)
  )
}
