import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret } from '../lib/secrets.ts'
import type { Connection } from '../model/connection.ts'
import type { Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import {
  type Arrival,
  decideArrival,
  isName,
  isOwnedByIdp,
  type KnownPerson,
  managerOf,
} from '../policy/index.ts'
import {
  access,
  accounts,
  domains,
  events,
  invitations,
  scimPeople,
  sso,
  switches,
  users,
} from '../store/index.ts'
import { type AttemptReport, recordAttempt } from './attempts.ts'
import type { Expected } from './identity.ts'
import { land } from './join.ts'
import { completeRegistration } from './self-service.ts'
import { type Browser, type OpenedSession, openSession, signedIn } from './sessions.ts'
import { lockOrganisation, type Write } from './write.ts'

/** What an identity provider vouched for, in the directory's words. */
export type Vouched = {
  method: 'sso' | 'google'
  issuer: string
  subject: string | undefined
  email: string | undefined
  firstName: string | undefined
  lastName: string | undefined
  /** Which claim each value came from, for the audit (JI-23). */
  claimsUsed: Record<string, string>
  /** Whoever vouches also runs the mailbox, so that the address is theirs without a proved domain. */
  runsMailbox: boolean
  /**
   * The request that this answers, bound to the browser that asked, or what a request said that was
   * used up before; absent when unsolicited.
   */
  answers: { requestId: string; browserHash: string } | UsedRequest | undefined
  /** Remembered until it expires, so that the same assertion opens nothing twice; a code is spent already. */
  assertion: { id: string; expiresAt: number } | undefined
  session: {
    nameId: string | null
    nameIdFormat: string | null
    sessionIndex: string | null
    notOnOrAfter: number | null
  }
}

/** A request that nobody can answer any more, and what it was for. */
export type UsedRequest = { returnTo: string; expected: Expected | undefined }

export type ArrivalResult =
  | { session: OpenedSession; user: User; returnTo: string }
  | { refusal: Refusal; report: Pick<AttemptReport, 'reference'> }

/**
 * An SSO sign-in, whole: the request is used up, the assertion remembered, the person found, linked
 * or created, and their session opened, in one transaction. A refusal commits only the log of it.
 */
export async function arrive(
  write: Write,
  connection: Pick<Connection, 'name' | 'refresh'> & {
    claimNames: { firstName: string; lastName: string }
    claimScreen: string
  },
  vouched: Vouched,
  browser: Browser,
  report: AttemptReport,
): Promise<ArrivalResult> {
  const { db, now } = write
  const organisation = await lockOrganisation(write)

  async function refuse(refusal: Refusal, rule: string, userId?: string): Promise<ArrivalResult> {
    await recordAttempt(write, {
      ...report,
      code: refusal.code,
      rule,
      remedy: refusal.detail,
      email: vouched.email ?? null,
      userId: userId ?? null,
    })
    return { refusal, report }
  }

  if (organisation.loginMethod !== vouched.method) {
    const named = vouched.method === 'google' ? 'Google' : 'Single sign-on'
    return refuse(
      {
        code: 'login_method.disabled',
        detail: `${named} is not the login method of this organisation.`,
      },
      'login method',
    )
  }
  const used = await spend(write, vouched)
  if ('refusal' in used) return refuse(used.refusal, used.rule)

  const found = await findPerson(write, organisation, vouched)
  const { address, subject } = found
  const { expected } = used
  if (expected && expected.email !== address?.folded) {
    return refuse(
      {
        code: `${expected.kind}.email_mismatch`,
        detail: `The link is for ${expected.email}. Sign in with that address.`,
      },
      'e-mail of the link',
    )
  }
  const decision = decideArrival({
    organisation,
    bySubject: found.bySubject ? found.known : undefined,
    byEmail: found.bySubject ? undefined : found.known,
    email: address?.folded,
    firstName: vouched.firstName,
    lastName: vouched.lastName,
    claimNames: connection.claimNames,
    claimScreen: connection.claimScreen,
    domainVerified: found.domainVerified || vouched.runsMailbox,
    adoptionApproved: found.adoptionApproved || used.expected !== undefined,
    riskTaken: found.riskTaken,
    invited: found.invited,
  })
  if (decision.kind === 'refused') return refuse(decision.refusal, decision.rule, found.user?.id)
  if (decision.kind === 'await_adoption' && found.user && address) {
    const refusal = await queue(
      write,
      decision,
      found.user,
      address.address,
      vouched.issuer,
      subject,
    )
    return refuse(refusal, 'adoption', found.user.id)
  }

  if (decision.kind === 'link' && found.user) {
    const closed = await completeRegistration(write, organisation, found.user)
    if (closed) return refuse(closed, 'self-service link', found.user.id)
  }
  const linked = { issuer: vouched.issuer, subject, connection: connection.name, linkedAt: now }
  const data = {
    method: vouched.method,
    idp: vouched.issuer,
    subject,
    email: address?.address,
    claims: vouched.claimsUsed,
  }
  let user = found.user
  if (decision.kind === 'create') {
    user = await land(write, organisation, {
      email: address?.address ?? '',
      firstName: decision.firstName,
      lastName: decision.lastName,
      roles: [],
      groupIds: [],
      poolIds: [],
      status: 'active',
      managedBy: organisation.source === 'sso_jit' ? 'sso_jit' : 'portal',
      joinedBy: found.invited ? 'invited' : 'sso_jit',
      kind: 'jit',
      emailVerified: true,
      data,
    })
    // Somebody with this address came in at the same moment: on a second look they are known.
    if (!user) throw new ArrivedMeanwhile()
  }
  if (!user) throw new Error('A decision to sign in without a person.')
  if (decision.kind === 'create' || decision.kind === 'link') {
    if (!(await sso.link(db, organisation.id, user.id, linked))) throw new ArrivedMeanwhile()
  }
  if (decision.kind === 'link') user = await complete(write, organisation, user, linked, decision)
  user = await refresh(write, organisation, user, vouched, connection.refresh)
  user = await followEmail(write, organisation, user, address, found.domainVerified, decision)
  user = await signedIn(write, user, vouched.method, { idp: vouched.issuer })

  const session = await openSession(
    write,
    { userId: user.id },
    {
      method: vouched.method,
      browser,
      sso: { issuer: vouched.issuer, ...vouched.session },
    },
  )
  await recordAttempt(write, { ...report, code: null, email: user.email, userId: user.id })
  return { session, user, returnTo: used.returnTo }
}

/** Two first sign-ins of one person met; the second finds the first one's work when it is run again. */
class ArrivedMeanwhile extends Error {}

const meetings = 3

/** Runs an arrival until it meets no other; each time in a transaction of its own. */
export async function meet(attempt: () => Promise<ArrivalResult>): Promise<ArrivalResult> {
  for (let meeting = 1; ; meeting += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof ArrivedMeanwhile) || meeting === meetings) throw error
    }
  }
}

/** One-time use of the request and of the assertion; each is one atomic statement. */
async function spend(
  { db, actor, now }: Write,
  { answers, assertion, issuer }: Pick<Vouched, 'answers' | 'assertion' | 'issuer'>,
): Promise<UsedRequest | { refusal: Refusal; rule: string }> {
  const hash = assertion && hashSecret(`${issuer}\n${assertion.id}`)
  if (hash && !(await sso.rememberMessage(db, actor.organisationId, hash, assertion.expiresAt))) {
    return {
      rule: 'replay',
      refusal: {
        code: 'saml.replayed',
        detail: 'This assertion was used before. The person signs in anew.',
      },
    }
  }
  if (!answers) return { returnTo: '', expected: undefined }
  if ('returnTo' in answers) return answers
  const request = await sso.consumeRequest(
    db,
    actor.organisationId,
    answers.requestId,
    answers.browserHash,
    now,
  )
  if (request) {
    const expected = request.expected ? (JSON.parse(request.expected) as Expected) : undefined
    return { returnTo: request.return_to, expected }
  }
  return {
    rule: 'InResponseTo',
    refusal: {
      code: 'saml.in_response_to_mismatch',
      detail:
        'The response answers no open sign-in of this browser: it took longer than ten minutes, was used already, or was started elsewhere.',
    },
  }
}

async function findPerson(write: Write, organisation: Organisation, vouched: Vouched) {
  const { db } = write
  const address = vouched.email === undefined ? undefined : readEmailAddress(vouched.email)
  const subject = vouched.subject ?? address?.folded ?? ''
  const identity = await sso.identity(db, organisation.id, vouched.issuer, subject)
  const locked = identity
    ? await users.lock(db, organisation.id, identity.userId)
    : ((await lockBySource(write, organisation, subject, address?.folded)) ??
      (address && (await lockByEmail(write, organisation.id, address.folded))))
  const user = locked && (await switches.bringTo(db, organisation.switching, locked))
  const identities = user && !identity ? await sso.identitiesOf(db, organisation.id, user.id) : []
  const ofThisIdp = identities.filter((one) => one.issuer === vouched.issuer)
  // A sign-in of the same subject at the same moment may have linked them since the first look.
  const bySubject = identity !== undefined || ofThisIdp.some((one) => one.subject === subject)
  const roles = user ? await access.rolesOf(db, organisation.id, [user.id]) : []
  const known: KnownPerson | undefined = user && {
    status: user.status,
    held: user.held,
    joinedBy: user.joinedBy,
    pendingReason: user.pendingReason,
    everSignedIn: user.lastSignInAt !== null,
    linkedElsewhere: ofThisIdp.length > 0 && !bySubject,
    isManager: roles.some(({ role }) => role === 'ROLE_MANAGER'),
  }
  const approved =
    user && !bySubject
      ? await accounts.isAdoptionApproved(db, organisation.id, user.id, vouched.issuer, subject)
      : false
  const riskTaken =
    user && !bySubject
      ? await accounts.approvedRisk(db, organisation.id, user.id, vouched.issuer)
      : undefined
  const invitation =
    !user && address
      ? await invitations.findByEmail(db, organisation.id, address.folded)
      : undefined
  return {
    invited:
      invitation && invitation.expires_at > write.now
        ? { firstName: invitation.first_name, lastName: invitation.last_name }
        : undefined,
    address,
    subject,
    user,
    known,
    bySubject,
    adoptionApproved: approved,
    riskTaken,
    domainVerified: address ? await domains.isVerified(db, organisation.id, address.domain) : false,
  }
}

/** SC-23: the identity provider that vouches here also sent the person, perhaps under another key. */
async function lockBySource(
  { db }: Write,
  organisation: Organisation,
  subject: string,
  email: string | undefined,
): Promise<User | undefined> {
  if (organisation.source !== 'scim') return undefined
  const userNames = [subject.toLowerCase(), ...(email ? [email] : [])]
  const id = await scimPeople.findManaged(db, organisation.id, { externalId: subject, userNames })
  return id ? users.lock(db, organisation.id, id) : undefined
}

async function lockByEmail({ db }: Write, organisationId: string, folded: string) {
  const user = await users.findByEmail(db, organisationId, folded)
  return user && users.lock(db, organisationId, user.id)
}

async function queue(
  { db, actor, now }: Write,
  { refusal, risk, reason }: Extract<Arrival, { kind: 'await_adoption' }>,
  user: User,
  email: string,
  issuer: string,
  subject: string,
): Promise<Refusal> {
  const entry = await accounts.queueAdoption(db, {
    org_id: user.organisationId,
    id: newId(),
    user_id: user.id,
    email,
    issuer,
    subject,
    risk,
    reason,
    state: 'open',
    created_at: now,
    last_attempt_at: now,
    attempts: 1,
  })
  if (entry.created) {
    await events.append(db, actor, now, [
      {
        name: 'adoption.queued',
        subject: { kind: 'user', id: user.id, label: user.email },
        data: { issuer, subject, risk, reason },
      },
    ])
  }
  return refusal
}

/** An account that was here before is linked; one that was promised is completed (JI-4, JI-21, MU-10). */
async function complete(
  { db, actor, now }: Write,
  organisation: Organisation,
  user: User,
  { linkedAt: _, ...linked }: sso.Identity,
  { completes, ticked }: Extract<Arrival, { kind: 'link' }>,
): Promise<User> {
  // An approval is for one linking, whatever it was that vouched for it.
  await accounts.spendApproval(db, organisation.id, user.id)
  await events.append(db, actor, now, [
    {
      name: 'user.linked',
      subject: { kind: 'user', id: user.id, label: user.email },
      data: { ...linked, ...(ticked && { approval: 'preview of the switch' }) },
    },
  ])
  const preRegistered =
    completes &&
    user.pendingReason === 'not_activated' &&
    organisation.source === 'sso_jit' &&
    user.joinedBy !== 'first_manager'
  if (!preRegistered) return user
  const managed: User = { ...user, managedBy: 'sso_jit', updatedAt: now, updatedBy: actor.label }
  await users.update(db, user, managed)
  return { ...managed, version: user.version + 1 }
}

/** Names that every sign-in brings (JI-16); a claim that is missing today keeps the last value. */
async function refresh(
  { db, actor, now }: Write,
  organisation: Organisation,
  user: User,
  vouched: Vouched,
  policy: Connection['refresh'],
): Promise<User> {
  const changed = (['firstName', 'lastName'] as const).filter(
    (name) =>
      isOwnedByIdp({ organisation, user }, policy, name) &&
      isName(vouched[name]) &&
      vouched[name]?.trim() !== user[name],
  )
  if (changed.length === 0) return user
  const after = Object.fromEntries(changed.map((name) => [name, vouched[name]?.trim()]))
  const before = Object.fromEntries(changed.map((name) => [name, user[name]]))
  const renamed: User = { ...user, ...after, updatedAt: now, updatedBy: actor.label }
  await users.update(db, user, renamed)
  await events.append(db, actor, now, [
    {
      name: 'user.changed',
      subject: { kind: 'user', id: user.id, label: user.email },
      before,
      after,
      source: 'sso_jit',
    },
  ])
  return { ...renamed, version: user.version + 1 }
}

/** A linked person's new address is taken over only when its domain is verified and it is free (JI-18). */
async function followEmail(
  { db, actor, now }: Write,
  organisation: Organisation,
  user: User,
  address: ReturnType<typeof readEmailAddress>,
  domainVerified: boolean,
  decision: Arrival,
): Promise<User> {
  if (decision.kind !== 'known' || !address || address.folded === user.emailFolded) return user
  // Of whom SCIM or LDAP manages, the address comes from there alone.
  const manager = managerOf(organisation, user)
  if (manager === 'scim' || manager === 'ldap') return user
  const subject = { kind: 'user', id: user.id, label: user.email }
  const taken = await users.findByEmail(db, user.organisationId, address.folded)
  if (!domainVerified || taken) {
    const reason = taken ? 'The address belongs to somebody else.' : 'Its domain is not verified.'
    await events.append(db, actor, now, [
      { name: 'user.email_change_refused', subject, data: { email: address.address, reason } },
    ])
    return user
  }
  const moved: User = {
    ...user,
    email: address.address,
    emailFolded: address.folded,
    updatedAt: now,
    updatedBy: actor.label,
  }
  await users.update(db, user, moved)
  await events.append(db, actor, now, [
    {
      name: 'user.changed',
      subject,
      before: { email: user.email },
      after: { email: moved.email },
      source: 'sso',
    },
  ])
  return { ...moved, version: user.version + 1 }
}
