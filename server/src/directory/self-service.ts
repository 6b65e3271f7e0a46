import { days } from '../lib/clock.ts'
import { isPublicSuffix, readDomain } from '../lib/domains.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { newSecret, sameSecret } from '../lib/secrets.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { JoinLink, RegistrationState, SelfService } from '../model/self-service.ts'
import type { User } from '../model/user.ts'
import {
  decideDomain,
  decideEntry,
  decidePaused,
  decideSelfService,
  registrationClosed,
  type SelfServiceWish,
  selfServiceState,
  sourceLabels,
} from '../policy/index.ts'
import { events, invitations, organisations, selfService, users } from '../store/index.ts'
import { land } from './join.ts'
import { isMailless, sendMail } from './mail.ts'
import { subjectOf } from './people.ts'
import { sendInvitation } from './promises.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

const provesWithinDays = 7
const waitsDays = 30

export function newJoinLink(now: number): Omit<JoinLink, 'uses'> {
  return { id: newId(), token: newSecret(18), createdAt: now }
}

/** What the link is and whether it is open; every manager's page about it starts here. */
export type JoinFacts = {
  organisation: Organisation
  link: SelfService
  state: ReturnType<typeof selfServiceState>
  /** Without a mail service nobody can prove an address alone: a manager looks at each (SS-21). */
  approves: boolean
}

/** @param installationMails whether the operator set a mail server up. */
export async function joinFacts(
  { db, now }: Pick<Read, 'db' | 'now'>,
  organisation: Organisation,
  installationMails: boolean,
): Promise<JoinFacts> {
  const [link, mailless] = await Promise.all([
    selfService.find(db, organisation.id),
    isMailless({ db, actor: { organisationId: organisation.id } }, installationMails),
  ])
  return {
    organisation,
    link,
    state: selfServiceState(organisation, link, now),
    approves: link.requireApproval || mailless,
  }
}

/** The page behind a link. @throws Refused alike for every link that admits nobody (SS-12). */
export async function readJoinLink(
  read: Read,
  token: string,
  installationMails: boolean,
): Promise<JoinFacts> {
  const organisation = await organisations.find(read.db, read.actor.organisationId)
  if (!organisation) throw new Refused(registrationClosed)
  const facts = await joinFacts(read, organisation, installationMails)
  expectOpen(facts, token)
  return facts
}

function expectOpen({ link, state }: JoinFacts, token: string): void {
  if (!sameSecret(link.link.token, token)) throw new Refused(registrationClosed)
  const refusal = decideEntry(state)
  if (refusal) throw new Refused(refusal)
}

export type RegisterRequest = {
  token: string
  email: string
  firstName: string
  lastName: string
  acceptsTerms: boolean
  challenge: { hash: string; expiresAt: number }
  installationMails: boolean
}

/**
 * Somebody registers by the link. Whoever the address belongs to, the answer is the same; what there
 * is to know goes to the mailbox (SS-16).
 * @param mayMail whether this address may be mailed once more.
 */
export async function register(
  write: Write,
  request: RegisterRequest,
  mayMail: boolean,
): Promise<void> {
  const { db, actor, now } = write
  const organisation = await lockOrganisation(write)
  const facts = await joinFacts(write, organisation, request.installationMails)
  expectOpen(facts, request.token)
  const { link } = facts
  if (!(await selfService.spendChallenge(db, organisation.id, request.challenge))) {
    throw new Refused(unsolved)
  }
  const address = readEmailAddress(request.email)
  if (!address) {
    throw new Refused({
      code: 'request.invalid',
      detail: 'Enter your work e-mail address.',
      errors: [{ pointer: '/email', code: 'email' }],
    })
  }
  const refusal = decideDomain(link, address.domain)
  if (refusal) throw new Refused(refusal)
  if (link.termsUrl !== null && !request.acceptsTerms) {
    throw new Refused({
      code: 'request.invalid',
      detail: 'Accept the terms to register.',
      errors: [{ pointer: '/acceptsTerms', code: 'required' }],
    })
  }
  const known = await users.findByEmail(db, organisation.id, address.folded)
  if (known) return mayMail ? remind(write, organisation, known) : undefined
  // Who is invited is sent the invitation anew: an address that nobody has proved uses no promise up.
  const invitation = await invitations.findByEmail(db, organisation.id, address.folded)
  const invited = invitation !== undefined && invitation.expires_at > now
  if (invited && !facts.approves) {
    return mayMail ? sendInvitation(write, organisation, invitation) : undefined
  }

  const registration: selfService.Registration = {
    org_id: organisation.id,
    id: newId(),
    link_id: link.link.id,
    user_id: null,
    email: address.address,
    email_folded: address.folded,
    first_name: request.firstName.trim(),
    last_name: request.lastName.trim(),
    state: 'waiting',
    terms_url: link.termsUrl,
    terms_at: link.termsAt,
    created_at: now,
    expires_at: now + days(waitsDays),
    joined_at: null,
  }
  if (!(await selfService.addRegistration(db, registration))) return
  if (!facts.approves) return void (await admit(write, organisation, registration, mayMail))
  await events.append(db, actor, now, [
    {
      name: 'registration.requested',
      subject: { kind: 'registration', id: registration.id, label: registration.email },
      data: { link: registration.link_id },
    },
  ])
}

/** A missing, wrong, expired or reused challenge (SS-17). */
export const unsolved: Refusal = {
  code: 'challenge.invalid',
  detail: 'The check that you are no robot is out of date. Try again.',
  errors: [{ pointer: '/challenge', code: 'challenge.invalid' }],
}

async function remind(write: Write, organisation: Organisation, user: User): Promise<void> {
  const unfinished = user.status === 'pending' && !user.held
  await sendMail(write, organisation, unfinished ? 'activation' : 'link_exists', user)
}

/** The person is here, Pending until their address is proved (SS-14, SS-15). */
async function admit(
  write: Write,
  organisation: Organisation,
  registration: selfService.Registration,
  mayMail: boolean,
): Promise<User | undefined> {
  const { db, now } = write
  const user = await land(write, organisation, {
    email: registration.email,
    firstName: registration.first_name,
    lastName: registration.last_name,
    roles: ['ROLE_USER'],
    groupIds: [],
    poolIds: [],
    status: 'pending',
    managedBy: 'portal',
    joinedBy: 'self_service',
    kind: 'link',
    rule: registration.link_id,
    emailVerified: false,
    data: {
      link: registration.link_id,
      ...(registration.terms_url !== null && {
        terms: {
          url: registration.terms_url,
          version: registration.terms_at,
          acceptedAt: registration.created_at,
        },
      }),
    },
  })
  if (!user) return undefined
  await selfService.changeRegistration(db, registration, {
    state: 'unproved',
    user_id: user.id,
    expires_at: now + days(provesWithinDays),
  })
  // Under Google and SSO the mail explains how to continue; the identity provider proves the address.
  const proves = organisation.loginMethod === 'password' ? 'verification' : 'activation'
  if (mayMail) await sendMail(write, organisation, proves, user)
  return user
}

/**
 * Called when a person proves their address: of those who registered by the link, each takes a seat
 * of it (SS-20).
 * @returns why they cannot come in: the seats are taken, or people enter another way by now.
 */
export async function completeRegistration(
  { db, now }: Write,
  organisation: Organisation,
  user: User,
): Promise<Refusal | undefined> {
  if (user.joinedBy !== 'self_service' || user.status !== 'pending') return undefined
  const registration = await selfService.registrationOf(db, organisation.id, user.id)
  if (registration?.state !== 'unproved') return undefined
  if (organisation.source === 'scim' || organisation.source === 'ldap') return registrationClosed
  const paused = decidePaused(organisation)
  if (paused) return paused
  // Under SAML JIT whoever signs in comes in: no link, no seats.
  const needsSeat = organisation.source === 'portal'
  if (needsSeat && !(await selfService.takeSeat(db, organisation.id, registration.link_id))) {
    return registrationClosed
  }
  await selfService.changeRegistration(db, registration, {
    state: 'joined',
    joined_at: now,
    expires_at: null,
  })
  return undefined
}

export type SelfServiceRequest = SelfServiceWish & { enabled: boolean }

/** Applies a manager's wish; the caller holds the organisation alone. @returns whether anything changed. */
export async function changeSelfService(
  { db, actor, now }: Write,
  organisation: Organisation,
  { enabled: _, ...request }: SelfServiceRequest,
): Promise<boolean> {
  const { link: __, ...before } = await selfService.find(db, organisation.id)
  const wish = {
    ...request,
    ...(request.allowedDomains && { allowedDomains: readAllowlist(request.allowedDomains) }),
  }
  const decision = decideSelfService(before, wish, now)
  if ('refusal' in decision) throw new Refused(decision.refusal)
  const after = decision.settings
  if (JSON.stringify(before) === JSON.stringify(after)) return false
  await selfService.change(db, organisation.id, after)
  await events.append(db, actor, now, [
    {
      name: 'self_service.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before,
      after,
    },
  ])
  return true
}

/** @throws Refused with a pointer to each entry that is no domain of one owner (SS-11). */
function readAllowlist(typed: string[]): string[] {
  const domains = typed.map((one) => readDomain(one))
  const errors = domains.flatMap((domain, index) =>
    domain === undefined || isPublicSuffix(domain)
      ? [{ pointer: `/selfService/allowedDomains/${index}`, code: 'domain.not_allowed' }]
      : [],
  )
  if (errors.length > 0) {
    const wrong = errors.map(({ pointer }) => typed[Number(pointer.split('/').at(-1))])
    throw new Refused({
      code: 'domain.not_allowed',
      detail: `${wrong.join(', ')}: enter a domain of your own, such as company.com.`,
      errors,
    })
  }
  return [...new Set(domains.filter((domain) => domain !== undefined))].sort()
}

/** "Rotate link": the old one is closed at once (SS-19). */
export async function rotateJoinLink(write: Write): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const { link: before } = await selfService.find(db, organisation.id)
  const after = newJoinLink(now)
  await selfService.rotate(db, organisation.id, after)
  await events.append(db, actor, now, [
    {
      name: 'self_service.rotated',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before: { link: before.id, uses: before.uses },
      after: { link: after.id },
    },
  ])
}

export async function listRegistrations(
  { db, actor }: Read,
  state: RegistrationState,
  page: { page: number; size: number },
) {
  allow(actor, 'users.read')
  return selfService.registrations(db, actor.organisationId, state, page)
}

/** The registrant becomes a Pending person, who then proves their address (SS-21). */
export async function approveRegistration(write: Write, id: string): Promise<User> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const registration = await lockWaiting(write, id)
  if (organisation.source !== 'portal') {
    throw new Refused({
      code: 'provisioning.method_conflict',
      detail: `People enter ${organisation.name} by ${sourceLabels[organisation.source]}, not by the link.`,
    })
  }
  const paused = decidePaused(organisation)
  if (paused) throw new Refused(paused)
  const user = await admit(write, organisation, registration, true)
  if (!user) {
    throw new Refused({
      code: 'user.email_exists',
      detail: `${registration.email} is here already. Decline the registration.`,
    })
  }
  await events.append(db, actor, now, [
    { name: 'registration.approved', subject: subjectOf(user), data: { registration: id } },
  ])
  return user
}

/** The registrant is forgotten (SS-21). */
export async function declineRegistration(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const registration = await lockWaiting(write, id)
  await selfService.removeRegistration(db, registration)
  await events.append(db, actor, now, [
    {
      name: 'registration.declined',
      subject: { kind: 'registration', id, label: registration.email },
    },
  ])
}

async function lockWaiting({ db, actor }: Write, id: string): Promise<selfService.Registration> {
  const registration = await selfService.lockRegistration(db, actor.organisationId, id)
  if (registration?.state !== 'waiting') throw notFound('registration that waits')
  return registration
}
