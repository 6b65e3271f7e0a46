import { days } from '../lib/clock.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Happening } from '../model/event.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { ResourcePage, ResourceQuery, SentPerson } from '../model/scim.ts'
import type { User } from '../model/user.ts'
import { decideScim, decideSyncedRoles } from '../policy/index.ts'
import {
  access,
  accounts,
  adopted,
  events,
  newcomers,
  organisations,
  scimConnection,
  scimPeople,
  scimShown,
  together,
  tombstones,
  users,
} from '../store/index.ts'
import { endAccess, keepLastManager } from './lifecycle.ts'
import { subjectOf } from './people.ts'
import { claimInvitation } from './promises.ts'
import { restoreFrom, tombstoneOf } from './tombstones.ts'
import { allowOn, lockOrganisation, notFound, provenance, type Read, type Write } from './write.ts'

export type ScimPerson = scimPeople.ScimPerson
export type ShownPerson = scimShown.ShownPerson

const scimIssuer = 'scim'

/** Only the identity provider comes this way, and only while it is the source (SC-6). */
export async function lockForScim(write: Write): Promise<Organisation> {
  const organisation = await lockOrganisation(write)
  requireScim(write.actor, organisation)
  return organisation
}

function requireScim(actor: Actor, organisation: Organisation): void {
  if (actor.kind !== 'scim') {
    throw new Refused({
      code: 'auth.forbidden',
      detail: 'This is for the identity provider alone.',
    })
  }
  const refusal = decideScim(organisation, actor.id)
  if (refusal) throw new Refused(refusal)
}

/**
 * Several newcomers at once, each in the name of its own call. Nobody is looked up: whoever is not
 * plainly new is left out, as undefined, for `joinByScim` to decide, and so is everybody when the
 * organisation is no longer as it was when the call came.
 */
export async function joinTogetherByScim(
  write: Write,
  organisation: Organisation,
  arrivals: { actor: Actor; person: SentPerson; id?: string }[],
): Promise<(ScimPerson | undefined)[]> {
  requireScim(write.actor, organisation)
  const arriving = arrivals.map(({ actor, person, id }) =>
    newcomerOf({ ...write, actor }, organisation, person, id),
  )
  const landed = await newcomers.landPlain(write.db, organisation, arriving)
  return arriving.map((newcomer) => (landed.has(newcomer.user.id) ? personOf(newcomer) : undefined))
}

/**
 * What refuses those who came together and whose userName is somebody's whom the identity provider
 * manages, as `joinByScim` would refuse each; undefined for the others.
 */
export async function refuseKnown(
  { db }: Read,
  organisation: Organisation,
  arrivals: { person: SentPerson }[],
): Promise<(Refused | undefined)[]> {
  const names = arrivals.map(({ person }) => person.userName.toLowerCase())
  const known = await scimPeople.managedUserNames(db, organisation, names)
  return arrivals.map(({ person }, at) =>
    known.has(names[at] ?? '') ? userNameTaken(person.userName) : undefined,
  )
}

function personOf({ user, roles, attributes }: newcomers.Newcomer): ScimPerson {
  return { user, attributes, roles: roles.map(({ role }) => role), groups: [] }
}

function newcomerOf(
  write: Write,
  organisation: Organisation,
  sent: SentPerson,
  id = newId(),
): newcomers.Newcomer {
  const { actor, now } = write
  const address = addressOf(sent)
  const user: User = {
    id,
    organisationId: organisation.id,
    email: address.address,
    emailFolded: address.folded,
    firstName: sent.firstName,
    lastName: sent.lastName,
    status: sent.active === false ? 'deactivated' : 'active',
    pendingReason: null,
    held: false,
    managedBy: 'scim',
    joinedBy: 'scim',
    emailVerifiedAt: now,
    createdBy: actor.label,
    createdAt: now,
    updatedBy: actor.label,
    updatedAt: now,
    lastSignInAt: null,
    userName: sent.userName,
    externalId: sent.externalId,
    activeAssigned: true,
    version: 1,
  }
  const synced = wantedRoles(sent)
  const roles = (synced ?? ['ROLE_USER']).map((role) => ({
    role,
    provenance: provenance(write, synced ? 'scim' : 'default'),
  }))
  return {
    user,
    roles,
    groups: [{ id: organisation.defaultGroupId, provenance: provenance(write, 'default') }],
    attributes: sent.attributes,
    event: {
      actor,
      now,
      happening: {
        name: 'user.joined',
        subject: subjectOf(user),
        after: {
          email: user.email,
          firstName: user.firstName,
          lastName: user.lastName,
          status: user.status,
          roles: roles.map(({ role }) => role),
          managedBy: user.managedBy,
          joinedBy: user.joinedBy,
          userName: user.userName,
          externalId: user.externalId,
        },
        source: 'scim',
      },
    },
  }
}

/** Everyone has a role: who is given none is a user. */
function wantedRoles({ roles }: SentPerson): string[] | undefined {
  if (roles === undefined) return undefined
  const refusal = decideSyncedRoles(roles)
  if (refusal) throw new Refused(refusal)
  return roles.length > 0 ? [...new Set(roles)] : ['ROLE_USER']
}

function addressOf({ email }: SentPerson) {
  const address = readEmailAddress(email)
  if (address) return address
  throw new Refused({
    code: 'request.invalid',
    detail: `${JSON.stringify(email.slice(0, 100))} is not an e-mail address.`,
    errors: [{ pointer: '/emails', code: 'email' }],
  })
}

/**
 * The identity provider sends a person (SC-11, SC-16 to SC-19): somebody who left comes back under
 * their id, somebody who is here is adopted, and anybody else lands as new.
 * @param id of who they are: they land, or come back, under it, and are nobody else. Without, they are
 *   whom their keys say, and who is new is given one.
 * @returns the refusal when the person waits in the adoption queue, whose entry has to be kept.
 */
export async function joinByScim(
  write: Write,
  sent: SentPerson,
  id?: string,
): Promise<ScimPerson | { refusal: Refusal }> {
  const { db, now } = write
  const organisation = await lockForScim(write)
  const here = await scimPeople.findByUserName(db, organisation.id, sent.userName)
  if (here?.user.managedBy === 'scim') throw userNameTaken(sent.userName)
  const local = here ?? (await findLocal(write, sent))
  if (local && id !== undefined) throw userNameTaken(sent.userName)
  if (local) return adoptOrQueue(write, organisation, local, sent)

  const owner = await users.findByEmail(db, organisation.id, addressOf(sent).folded)
  if (owner && isRenamedForDeletion(owner, sent.userName)) {
    const person = await scimPeople.lock(db, organisation.id, owner.id)
    if (person) {
      const back = { ...sent, active: sent.active ?? true }
      return keep(write, organisation, person, back, { restores: true })
    }
  }
  if (owner) throw emailTaken(sent.email)

  const keys = {
    userNames: [sent.userName.toLowerCase()],
    externalIds: asList(sent.externalId),
  }
  const left =
    id === undefined
      ? (await tombstones.find(db, organisation.id, keys, now))[0]
      : await tombstones.findById(db, organisation.id, id, now)
  if (left) {
    const restored = await restoreFrom(write, organisation, left, {
      userName: sent.userName,
      email: addressOf(sent),
    })
    if (!restored) throw userNameTaken(sent.userName)
    const back = { ...sent, active: sent.active ?? true }
    return keep(write, organisation, restored, back, { restores: true })
  }
  const newcomer = newcomerOf(write, organisation, sent, id)
  const invitation = await claimInvitation(write, organisation.id, newcomer.user.emailFolded)
  const roles = new Map(
    [...(invitation?.roles ?? []), ...newcomer.roles].map((one) => [one.role, one]),
  )
  newcomer.roles = [...roles.values()]
  const landed = await newcomers.land(db, [newcomer])
  if (landed.size === 0) throw userNameTaken(sent.userName)
  if (!invitation) return personOf(newcomer)
  await invitation.keep(newcomer.user)
  return (await scimPeople.lock(db, organisation.id, newcomer.user.id)) ?? personOf(newcomer)
}

function asList(value: string | null): string[] {
  return value === null ? [] : [value]
}

/** Somebody who is here and whom the identity provider does not manage, by userName, then by e-mail. */
async function findLocal({ db, actor }: Write, sent: SentPerson): Promise<ScimPerson | undefined> {
  const name = sent.userName.toLowerCase()
  const address = addressOf(sent).folded
  const found = await scimPeople.findUnmanaged(db, actor.organisationId, {
    ids: [],
    userNames: [name],
    emails: [name, address],
    externalIds: [],
  })
  return found.find(({ user }) => user.emailFolded === name) ?? found[0]
}

/**
 * SC-17: 32 hexadecimal characters in front of the name that somebody had. Whose address begins with
 * them as well was always called so.
 */
export function withoutDeletionMark(userName: string, email: string): string | undefined {
  if (userName.toLowerCase() === email.toLowerCase()) return undefined
  return /^[0-9a-f]{32}([^@].*)$/is.exec(userName)?.[1]
}

function isRenamedForDeletion(owner: User, userName: string): boolean {
  const original = owner.userName && withoutDeletionMark(owner.userName, owner.email)
  return owner.managedBy === 'scim' && original?.toLowerCase() === userName.toLowerCase()
}

function userNameTaken(userName: string): Refused {
  return new Refused({
    code: 'user.user_name_exists',
    detail: `The userName ${JSON.stringify(userName.slice(0, 100))} belongs to somebody here already.`,
    errors: [{ pointer: '/userName', code: 'user.user_name_exists' }],
  })
}

function emailTaken(email: string): Refused {
  return new Refused({
    code: 'user.email_exists',
    detail: `The e-mail address ${JSON.stringify(email.slice(0, 100))} belongs to somebody here already.`,
    errors: [{ pointer: '/emails', code: 'user.email_exists' }],
  })
}

async function adoptOrQueue(
  write: Write,
  organisation: Organisation,
  local: ScimPerson,
  sent: SentPerson,
): Promise<ScimPerson | { refusal: Refusal }> {
  const { db, now } = write
  const { user } = local
  const settings = await scimConnection.settings(db, organisation.id)
  const mayAdopt =
    settings.provisionExistingUsers ||
    (await accounts.isAdoptionApproved(db, organisation.id, user.id, scimIssuer, sent.userName))
  if (mayAdopt) {
    const locked = await scimPeople.lock(db, organisation.id, user.id)
    if (!locked) throw notFound('user')
    // The same was sent at the same moment, and came first.
    if (locked.user.managedBy === 'scim') throw userNameTaken(sent.userName)
    return keep(write, organisation, locked, sent, {})
  }
  const isManager = local.roles.includes('ROLE_MANAGER')
  const reason = 'SCIM sent somebody who is here already, and "Provision existing users" is off.'
  const risk = isManager ? 'high' : 'medium'
  const entry = await accounts.queueAdoption(db, {
    org_id: organisation.id,
    id: newId(),
    user_id: user.id,
    email: user.email,
    issuer: scimIssuer,
    subject: sent.userName,
    risk,
    reason,
    state: 'open',
    created_at: now,
    last_attempt_at: now,
    attempts: 1,
  })
  if (entry.created) {
    await events.append(db, write.actor, now, [
      {
        name: 'adoption.queued',
        subject: subjectOf(user),
        data: { issuer: scimIssuer, subject: sent.userName, risk, reason },
      },
    ])
  }
  return { refusal: userNameTaken(sent.userName).refusal }
}

/** One person, if a SCIM client may see them: SC-19 hides people whom it does not manage. */
export async function scimPerson({ db, actor }: Read, id: string): Promise<ShownPerson> {
  const person = await scimShown.find(db, actor.organisationId, id)
  if (!person || !(await isVisible({ db, actor }, person))) throw notFound('user')
  return person
}

/** Whoever calls by a personal key, as a SCIM client would see them (SC-33). */
export async function ownScimPerson({ db, actor }: Read): Promise<ShownPerson> {
  const id = actor.owner?.id
  if (id === undefined) throw notFound('user')
  allowOn(actor, id, 'users.read')
  const person = await scimShown.find(db, actor.organisationId, id)
  if (!person) throw notFound('user')
  return person
}

async function isVisible(
  { db, actor }: Pick<Read, 'db' | 'actor'>,
  { user }: ShownPerson | ScimPerson,
): Promise<boolean> {
  if (user.managedBy === 'scim') return true
  return (await scimConnection.settings(db, actor.organisationId)).provisionExistingUsers
}

export async function listScimPeople(
  { db, actor }: Read,
  query: ResourceQuery,
): Promise<ResourcePage<ShownPerson>> {
  return scimShown.list(db, actor.organisationId, query)
}

export const { shownOf } = scimShown

/** People whom the identity provider may adopt and whom an exact look-up finds (SC-18). */
export async function adoptablePeople(
  { db, actor }: Read,
  keys: { ids: string[]; userNames: string[]; emails: string[]; externalIds: string[] },
): Promise<ScimPerson[]> {
  const settings = await scimConnection.settings(db, actor.organisationId)
  if (!settings.provisionExistingUsers) return []
  const addresses = keys.emails.flatMap((email) => readEmailAddress(email)?.folded ?? [])
  const names = keys.userNames.map((name) => name.toLowerCase())
  return scimPeople.findUnmanaged(db, actor.organisationId, {
    ids: keys.ids,
    userNames: names,
    emails: [...names, ...addresses],
    externalIds: keys.externalIds,
  })
}

/**
 * Changes a person as the identity provider says. `decide` sees them as they are, locked, and answers
 * what they are to be, or undefined when nothing changes; what it throws changes nothing.
 */
export async function changeByScim(
  write: Write,
  id: string,
  decide: (current: ScimPerson) => SentPerson | undefined,
): Promise<ScimPerson> {
  const [organisation, person] = await lockPerson(write, id)
  const sent = decide(person)
  return sent ? keep(write, organisation, person, sent, {}) : person
}

async function lockPerson(write: Write, id: string): Promise<[Organisation, ScimPerson]> {
  const [organisation, person] = await together(
    lockForScim(write),
    scimPeople.lock(write.db, write.actor.organisationId, id),
  )
  if (!person || !(await isVisible(write, person))) throw notFound('user')
  return [organisation, person]
}

type Keeping = { restores?: boolean }

/** Writes what the identity provider says of somebody who is here. */
async function keep(
  write: Write,
  organisation: Organisation,
  before: ScimPerson,
  sent: SentPerson,
  { restores = false }: Keeping,
): Promise<ScimPerson> {
  const { db, actor, now } = write
  const adopts = before.user.managedBy !== 'scim'
  // SC-18: e-mail and roles stay as they are on first contact.
  const roles = adopts ? undefined : wantedRoles(sent)
  const user = changedUser(write, before.user, sent, adopts)
  await keepKeysUnique(write, before.user, user)
  const losesRole = roles !== undefined && before.roles.some((role) => !roles.includes(role))
  const leaves = user.status === 'deactivated' && before.user.status !== 'deactivated'
  if (before.roles.includes('ROLE_MANAGER') && (leaves || losesRole)) {
    const losesManager = leaves || !roles?.includes('ROLE_MANAGER')
    if (losesManager) {
      await organisations.standInLine(db, organisation)
      await keepLastManager(write, organisation, user.id)
    }
  }
  const isResent = isSame(sent.attributes, before.attributes)
  const ended = leaves ? await endAccess(write, user.id) : undefined
  await together(
    users.update(db, before.user, user),
    isResent ? undefined : scimPeople.putAttributes(db, user, sent.attributes, before.attributes),
    adopts ? adopted.remember(db, before.user) : undefined,
    roles && setRoles(write, before, roles),
    events.append(db, actor, now, [
      ...whatHappened(before, user, sent, { adopts, restores, ended }),
      ...(roles ? roleEvents(before, roles) : []),
    ]),
  )
  return {
    ...before,
    user: { ...user, version: before.user.version + 1 },
    attributes: sent.attributes,
    roles: roles ?? before.roles,
  }
}

/** A PATCH shares with what was there all that it does not set. */
function isSame(sent: SentPerson['attributes'], before: ScimPerson['attributes']): boolean {
  if (before === undefined) return false
  const names = Object.keys(sent)
  const isShared =
    names.length === Object.keys(before).length &&
    names.every((name) => sent[name] === before[name])
  return isShared || JSON.stringify(sent) === JSON.stringify(before)
}

function changedUser({ actor, now }: Write, before: User, sent: SentPerson, adopts: boolean): User {
  const address = adopts || sent.email === before.email ? undefined : addressOf(sent)
  const moved = address !== undefined && address.folded !== before.emailFolded
  return {
    ...before,
    ...(address && { email: address.address, emailFolded: address.folded }),
    ...(moved && { emailVerifiedAt: now }),
    firstName: sent.firstName,
    lastName: sent.lastName,
    status: statusOf(before, sent),
    managedBy: 'scim',
    userName: sent.userName,
    externalId: sent.externalId,
    activeAssigned: sent.activeAssigned,
    updatedAt: now,
    updatedBy: actor.label,
  }
}

function statusOf(before: User, { active }: SentPerson): User['status'] {
  if (active === false) return 'deactivated'
  if (active === true && before.status === 'deactivated')
    return before.pendingReason ? 'pending' : 'active'
  return before.status
}

async function keepKeysUnique({ db }: Write, before: User, user: User): Promise<void> {
  const { organisationId } = user
  if (user.userName && user.userName.toLowerCase() !== before.userName?.toLowerCase()) {
    const other = await scimPeople.findByUserName(db, organisationId, user.userName)
    if (other && other.user.id !== user.id) throw userNameTaken(user.userName)
  }
  if (user.emailFolded !== before.emailFolded) {
    const other = await users.findByEmail(db, organisationId, user.emailFolded)
    if (other && other.id !== user.id) throw emailTaken(user.email)
  }
}

function roleChanges({ roles: held }: ScimPerson, wanted: string[]) {
  return {
    given: wanted.filter((role) => !held.includes(role)),
    taken: held.filter((role) => !wanted.includes(role)),
  }
}

async function setRoles(write: Write, before: ScimPerson, wanted: string[]): Promise<void> {
  const { db } = write
  const { organisationId, id } = before.user
  const { given, taken } = roleChanges(before, wanted)
  for (const role of given)
    await access.addRole(db, organisationId, id, role, provenance(write, 'scim'))
  for (const role of taken) await access.removeRole(db, organisationId, id, role)
}

function roleEvents(before: ScimPerson, wanted: string[]): Happening[] {
  const { given, taken } = roleChanges(before, wanted)
  const subject = subjectOf(before.user)
  return [
    ...given.map(
      (role): Happening => ({
        name: 'user.role_granted',
        subject,
        after: { role },
        source: 'scim',
      }),
    ),
    ...taken.map(
      (role): Happening => ({
        name: 'user.role_revoked',
        subject,
        before: { role },
        source: 'scim',
      }),
    ),
  ]
}

const plainFields = ['email', 'firstName', 'lastName', 'userName', 'externalId'] as const

function whatHappened(
  before: ScimPerson,
  user: User,
  sent: SentPerson,
  { adopts, restores, ended }: { adopts: boolean; restores: boolean; ended: object | undefined },
): Happening[] {
  const subject = subjectOf(user)
  const source = 'scim'
  const happened: Happening[] = []
  if (restores) {
    const restored = { userName: user.userName, externalId: user.externalId, status: user.status }
    happened.push({ name: 'user.restored', subject, after: restored, source })
  }
  if (adopts) {
    happened.push({
      name: 'user.adopted',
      subject,
      before: { managedBy: before.user.managedBy },
      after: { managedBy: 'scim', userName: user.userName, externalId: user.externalId },
      source,
    })
  }
  const changes = changesBetween(before, user, sent)
  if (changes && !restores) happened.push({ name: 'user.changed', subject, ...changes, source })
  if (!restores && user.status !== before.user.status) {
    const isLeaving = user.status === 'deactivated'
    happened.push({
      name: isLeaving ? 'user.deactivated' : 'user.enabled',
      subject,
      before: { status: before.user.status },
      after: { status: user.status },
      ...(ended && { data: ended }),
      source,
    })
  }
  return happened
}

function changesBetween(before: ScimPerson, user: User, sent: SentPerson) {
  const was: Record<string, unknown> = {}
  const is: Record<string, unknown> = {}
  for (const field of plainFields) {
    if (before.user[field] === user[field]) continue
    was[field] = before.user[field]
    is[field] = user[field]
  }
  const names = new Set([...Object.keys(before.attributes ?? {}), ...Object.keys(sent.attributes)])
  // Roles have events of their own.
  names.delete('roles')
  for (const name of names) {
    const [old, next] = [before.attributes?.[name], sent.attributes[name]]
    if (JSON.stringify(old) === JSON.stringify(next)) continue
    was[name] = old ?? null
    is[name] = next ?? null
  }
  return Object.keys(is).length > 0 ? { before: was, after: is } : undefined
}

/** SC-16: gone from every answer at once; all they had stays for a while, in case they come back. */
export async function removeByScim(
  write: Write,
  id: string,
  decide: (current: ScimPerson) => void,
): Promise<void> {
  const { db, actor, now } = write
  const [organisation, person] = await lockPerson(write, id)
  decide(person)
  const { user } = person
  if (person.roles.includes('ROLE_MANAGER') && user.status !== 'deactivated') {
    await organisations.standInLine(db, organisation)
    await keepLastManager(write, organisation, id)
  }
  const [{ graceDays }, ended] = await together(
    scimConnection.settings(db, organisation.id),
    endAccess(write, id),
  )
  const original =
    user.userName && (withoutDeletionMark(user.userName, user.email) ?? user.userName)
  const tombstone = await tombstoneOf(write, person, {
    userName: original,
    eraseAt: now + days(graceDays),
  })
  await together(
    users.remove(db, user, now),
    graceDays > 0 ? tombstones.insert(db, tombstone) : undefined,
    events.append(db, actor, now, [
      {
        name: 'user.deleted',
        subject: subjectOf(user),
        before: { email: user.email, userName: user.userName, managedBy: user.managedBy },
        data: { ...ended, restorableUntil: graceDays > 0 ? tombstone.erase_at : null },
        source: 'scim',
      },
    ]),
  )
}
