import { days } from '../lib/clock.ts'
import { type EmailAddress, readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { InviteResult, Promised } from '../model/invitation.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { Role } from '../model/user.ts'
import { decideAssignment, decideManualEntry, decideRoles } from '../policy/index.ts'
import {
  access,
  events,
  invitations,
  mail as mails,
  organisations,
  sessions,
  users,
} from '../store/index.ts'
import { type AttemptReport, byMethod, recordAttempt } from './attempts.ts'
import { land } from './join.ts'
import { isMailless } from './mail.ts'
import { setPassword } from './passwords.ts'
import { sendInvitation } from './promises.ts'
import { type Browser, nameOf } from './sessions.ts'
import { type LetIn, letIn } from './sign-in.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/** Somebody to invite; what they are promised besides what everyone in the request is. */
export type Invitee = Partial<Promised> & { email: string; firstName?: string; lastName?: string }

export type InviteRequest = Promised & {
  people: Invitee[]
  expiresInDays: number
  installationMails: boolean
}

export type Invited = {
  email: string
  result: InviteResult
  id?: string
  /** Where no mail is sent: for the manager to hand over, shown once. */
  token?: string
}

/** One wording for revoked, used, expired and unknown (IN-6). */
export const invalidInvitation: Refusal = {
  code: 'invitation.invalid',
  detail:
    'This invitation does not work any more. Ask the person who invited you for a new one; if you have used it already, just sign in.',
}

/** Invites people, each with a result of their own (IN-1, IN-2); nobody becomes a user yet (IN-3). */
export async function invite(write: Write, request: InviteRequest): Promise<Invited[]> {
  const { actor } = write
  allow(actor, 'users.write')
  // Nobody else may bring one of these addresses in meanwhile.
  const organisation = await lockOrganisation(write, 'alone')
  await expectMay(write, organisation, request)

  const mailless = await isMailless(write, request.installationMails)
  const results: Invited[] = []
  const seen = new Set<string>()
  for (const person of request.people) {
    results.push(await inviteOne(write, organisation, { request, person, seen, mailless }))
  }
  return results
}

/** What inviting them would do; nothing is sent and nothing stays (IN-12). */
export async function tryInvite(write: Write, request: InviteRequest): Promise<Invited[]> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const results: Invited[] = []
  await expectMay(write, await lockOrganisation(write), request)
  const seen = new Set<string>()
  for (const person of request.people) {
    results.push(await judge({ db, actor, now }, person, seen))
  }
  return results
}

/** Ids of groups or pools by the names that people typed, in any letter case. */
export async function findNamesOf(
  { db, actor }: Read,
  table: 'groups' | 'pools',
  names: string[],
): Promise<Map<string, string>> {
  allow(actor, 'users.write')
  const found = new Map<string, string>()
  for (const name of new Set(names)) {
    const named = await access.findByName(db, table, actor.organisationId, name)
    if (named) found.set(name, named.id)
  }
  return found
}

async function inviteOne(
  write: Write,
  organisation: Organisation,
  {
    request,
    person,
    seen,
    mailless,
  }: { request: InviteRequest; person: Invitee; seen: Set<string>; mailless: boolean },
): Promise<Invited> {
  const { db, actor, now } = write
  const { address, ...judged } = await judge(write, person, seen)
  if (!address) return judged
  const { email } = judged
  const expired = await invitations.findByEmail(db, organisation.id, address.folded)
  if (expired) await invitations.take(db, expired)

  const promised: Promised = {
    roles: union<Role>(request.roles, person.roles),
    groupIds: union(request.groupIds, person.groupIds),
    poolIds: union(request.poolIds, person.poolIds),
  }
  const invitation: invitations.Invitation = {
    org_id: organisation.id,
    id: newId(),
    email,
    email_folded: address.folded,
    first_name: person.firstName?.trim() ?? '',
    last_name: person.lastName?.trim() ?? '',
    promised: JSON.stringify(promised),
    lives_days: request.expiresInDays,
    inviter: actor.label,
    inviter_id: actor.id,
    hash: null,
    created_at: now,
    expires_at: now + days(request.expiresInDays),
  }
  await invitations.add(db, invitation)
  await events.append(db, actor, now, [
    {
      name: 'invitation.sent',
      subject: subjectOf(invitation),
      after: { ...promised, expiresAt: invitation.expires_at },
    },
  ])
  const token = await send(write, organisation, invitation, mailless)
  return { email, result: 'sent', id: invitation.id, ...(token && { token }) }
}

/** Whether this caller may promise all this here now. */
async function expectMay(
  write: Write,
  organisation: Organisation,
  request: InviteRequest,
): Promise<void> {
  const { actor } = write
  const promises = [request, ...request.people]
  const all = {
    groupIds: promises.flatMap(({ groupIds }) => groupIds ?? []),
    poolIds: promises.flatMap(({ poolIds }) => poolIds ?? []),
  }
  const refusal =
    decideManualEntry(organisation, actor.kind === 'break_glass') ??
    decideRoles(actor, [...new Set(promises.flatMap(({ roles }) => roles ?? []))]) ??
    decideAssignment(actor, all)
  if (refusal) throw new Refused(refusal)
  await expectNamed(write, 'groups', all.groupIds)
  await expectNamed(write, 'pools', all.poolIds)
}

/** `sent` when nothing is against it; the id of the invitation that is open already. */
async function judge(
  { db, actor, now }: Read,
  person: Invitee,
  seen: Set<string>,
): Promise<Invited & { address?: EmailAddress }> {
  const address = readEmailAddress(person.email)
  if (!address) return { email: person.email, result: 'invalid' }
  const { address: email, folded } = address
  if (seen.has(folded)) return { email, result: 'duplicate' }
  seen.add(folded)
  if (await users.findByEmail(db, actor.organisationId, folded)) {
    return { email, result: 'already_member' }
  }
  const open = await invitations.findByEmail(db, actor.organisationId, folded)
  if (open && open.expires_at > now) return { email, result: 'already_invited', id: open.id }
  return { email, result: 'sent', address }
}

function union<One>(base: One[], more: One[] = []): One[] {
  return [...new Set([...base, ...more])]
}

async function expectNamed(
  { db, actor }: Write,
  table: 'groups' | 'pools',
  ids: string[],
): Promise<void> {
  const wanted = [...new Set(ids)].map((id) => ({ id }))
  const found = await access.stillThere(db, table, actor.organisationId, wanted)
  if (found.length < wanted.length) throw notFound(table === 'groups' ? 'group' : 'pool')
}

/** By mail the link is made when it is sent; without mail it is made now and handed over. */
async function send(
  write: Write,
  organisation: Organisation,
  invitation: invitations.Invitation,
  mailless: boolean,
): Promise<string | undefined> {
  if (mailless) return issue(write, invitation)
  await sendInvitation(write, organisation, invitation)
  return undefined
}

async function issue({ db }: Write, invitation: invitations.Invitation): Promise<string> {
  const token = `${invitation.org_id}.${newSecret()}`
  await invitations.change(db, invitation, { hash: hashSecret(token) })
  return token
}

/** The link of an invitation's mail; older ones end. @returns its path; undefined when it is no more. */
export async function linkForInvitation(write: Write, id: string): Promise<string | undefined> {
  const invitation = await invitations.lock(write.db, write.actor.organisationId, id)
  if (!invitation || invitation.expires_at <= write.now) return undefined
  return `/invite/${await issue(write, invitation)}`
}

/** "Resend": the expiry is renewed, also of an expired one, and the old link ends (IN-5). */
export async function resendInvitation(
  write: Write,
  id: string,
  installationMails: boolean,
): Promise<{ expiresAt: number; token?: string }> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const invitation = await invitations.lock(db, organisation.id, id)
  if (!invitation) throw notFound('invitation')
  const mailless = await isMailless(write, installationMails)
  const promised = invitations.promisedBy(invitation)
  // Whoever is handed the link can take what it promises (MU-11).
  const refusal =
    decideManualEntry(organisation, actor.kind === 'break_glass') ??
    (mailless
      ? (decideRoles(actor, promised.roles as Role[]) ?? decideAssignment(actor, promised))
      : undefined)
  if (refusal) throw new Refused(refusal)
  const expiresAt = now + days(invitation.lives_days)
  await invitations.change(db, invitation, { hash: null, expires_at: expiresAt })
  await events.append(db, actor, now, [
    {
      name: 'invitation.resent',
      subject: subjectOf(invitation),
      before: { expiresAt: invitation.expires_at },
      after: { expiresAt },
    },
  ])
  const renewed = { ...invitation, hash: null, expires_at: expiresAt }
  const token = await send(write, organisation, renewed, mailless)
  return { expiresAt, ...(token && { token }) }
}

/** At once and for good (IN-6). */
export async function revokeInvitation(write: Write, id: string): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'users.write')
  const invitation = await invitations.lock(db, actor.organisationId, id)
  if (!invitation) throw notFound('invitation')
  await invitations.take(db, invitation)
  await events.append(db, actor, now, [
    { name: 'invitation.revoked', subject: subjectOf(invitation) },
  ])
}

export async function listInvitations(
  { db, actor }: Read,
  wanted: { search: string | undefined; page: number; size: number },
) {
  allow(actor, 'users.read')
  const found = await invitations.list(db, actor.organisationId, wanted)
  const ids = found.items.map(({ id }) => id)
  const newest = await mails.newestOf(db, actor.organisationId, ids)
  return {
    ...found,
    items: found.items.map((invitation) => ({
      invitation,
      promised: invitations.promisedBy(invitation),
      mail: newest.get(invitation.id),
    })),
  }
}

/** Opening an invitation consumes nothing (IN-6). */
export async function readInvitation({ db, actor, now }: Read, token: string) {
  const organisation = await organisations.find(db, actor.organisationId)
  const invitation = await invitations.findByHash(db, actor.organisationId, hashSecret(token), now)
  if (!organisation || !invitation) throw new Refused(invalidInvitation)
  const refusal = decideManualEntry(organisation, false)
  if (refusal) throw new Refused(refusal)
  return { organisation, invitation }
}

/** The invited person chose name and password: the link proves the address (IN-8). */
export async function acceptInvitation(
  write: Write,
  token: string,
  person: { firstName: string; lastName: string; passwordHash: string },
  browser: Browser,
  report: AttemptReport,
): Promise<LetIn | { refusal: Refusal }> {
  const { db, actor } = write
  const organisation = await lockOrganisation(write)
  if (organisation.loginMethod !== 'password') {
    const refusal: Refusal = {
      code: 'login_method.disabled',
      detail: `People sign in to ${organisation.name} another way. Continue with it.`,
    }
    await recordAttempt(write, { ...report, ...byMethod(refusal) })
    return { refusal }
  }
  const { invitation } = await readInvitation(write, token)
  const user = await land(
    { ...write, actor: { ...actor, label: invitation.email } },
    organisation,
    {
      email: invitation.email,
      firstName: person.firstName,
      lastName: person.lastName,
      roles: [],
      groupIds: [],
      poolIds: [],
      status: 'pending',
      managedBy: 'portal',
      joinedBy: 'invited',
      kind: 'invite',
      emailVerified: true,
    },
  )
  // Somebody was faster, or they came in another way at this moment.
  if (!user) throw new Refused(invalidInvitation)
  const own: Write = {
    ...write,
    actor: { ...actor, kind: 'user', id: user.id, label: nameOf(user) },
  }
  await setPassword(own, user, person.passwordHash)
  await sessions.endOf(db, organisation.id, user.id)
  return letIn(own, { organisation, user, browser, returnTo: `/o/${organisation.slug}` })
}

function subjectOf({ id, email }: invitations.Invitation) {
  return { kind: 'invitation', id, label: email }
}
