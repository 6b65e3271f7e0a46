import { isFreeMail } from '../lib/domains.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import type { Organisation, ProvisioningSource } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { JoinedBy, Provenance, ProvenanceKind, Role, User, UserStatus } from '../model/user.ts'
import { decideAssignment, decideManualEntry, decideRoles } from '../policy/index.ts'
import { access, newcomers, selfService } from '../store/index.ts'
import { sendMail } from './mail.ts'
import { setPassword } from './passwords.ts'
import { expectMayOpen } from './people.ts'
import { type Claimed, claimInvitation } from './promises.ts'
import { refuseRestorable } from './restore.ts'
import { allow, lockOrganisation, notFound, provenance, type Write } from './write.ts'

export type Newcomer = {
  email: string
  firstName: string
  lastName: string
  roles: Role[]
  groupIds: string[]
  poolIds: string[]
  status: UserStatus
  managedBy: ProvisioningSource
  joinedBy: JoinedBy
  kind: ProvenanceKind
  /** What let them in, when it was not a person: the id of the link (SS-15). */
  rule?: string
  emailVerified: boolean
  /** For the event: the claims or the file that brought them. */
  data?: unknown
}

/**
 * Lands a person in the organisation: their row, ROLE_USER or the roles named, the Default group and
 * so the Default pool, and the event, as one act. Every way in ends here.
 * @returns undefined when the address belongs to somebody already; nothing is written then.
 */
export async function land(
  write: Write,
  organisation: Organisation,
  newcomer: Newcomer,
): Promise<User | undefined> {
  const { db, actor, now } = write
  const address = readEmailAddress(newcomer.email)
  if (!address) {
    throw new Refused({
      code: 'request.invalid',
      detail: `${newcomer.email} is not an e-mail address.`,
      errors: [{ pointer: '/email', code: 'email' }],
    })
  }
  const user: User = {
    id: newId(),
    organisationId: organisation.id,
    email: address.address,
    emailFolded: address.folded,
    firstName: newcomer.firstName.trim(),
    lastName: newcomer.lastName.trim(),
    status: newcomer.status,
    pendingReason: newcomer.status === 'pending' ? 'not_activated' : null,
    held: false,
    managedBy: newcomer.managedBy,
    joinedBy: newcomer.joinedBy,
    emailVerifiedAt: newcomer.emailVerified ? now : null,
    createdBy: actor.label,
    createdAt: now,
    updatedBy: actor.label,
    updatedAt: now,
    lastSignInAt: null,
    userName: null,
    externalId: null,
    activeAssigned: true,
    version: 1,
  }
  const rule = newcomer.rule ?? null
  const invitation = await claimInvitation(write, organisation.id, address.folded)
  const roles = rolesFor(write, newcomer, invitation)
  const landed = await newcomers.land(db, [
    {
      user,
      roles,
      groups: [{ id: organisation.defaultGroupId, provenance: provenance(write, 'default', rule) }],
      attributes: undefined,
      event: {
        actor,
        now,
        happening: {
          name: 'user.joined',
          subject: { kind: 'user', id: user.id, label: user.email },
          after: {
            email: user.email,
            firstName: user.firstName,
            lastName: user.lastName,
            status: user.status,
            roles: roles.map(({ role }) => role),
            managedBy: user.managedBy,
            joinedBy: user.joinedBy,
          },
          source: newcomer.managedBy,
          ...(newcomer.data !== undefined && { data: newcomer.data }),
        },
      },
    },
  ])
  if (landed.size === 0) return undefined
  await joinGroups(write, user, newcomer)
  await invitation?.keep(user)
  return user
}

/** An invitation says what somebody gets; a manager who creates them adds to it. Who is given nothing is a user. */
function rolesFor(
  write: Write,
  { roles, kind, rule }: Newcomer,
  invitation: Claimed | undefined,
): { role: Role; provenance: Provenance }[] {
  const own = roles.map((role) => ({ role, provenance: provenance(write, kind, rule ?? null) }))
  const promised = invitation?.roles ?? []
  const given =
    promised.length === 0
      ? own
      : kind === 'manual'
        ? [...own, ...promised.filter(({ role }) => !roles.includes(role))]
        : promised
  if (given.length > 0) return given
  return [{ role: 'ROLE_USER', provenance: provenance(write, 'default', rule ?? null) }]
}

async function joinGroups(
  write: Write,
  user: User,
  { groupIds, poolIds, kind }: Newcomer,
): Promise<void> {
  const { db } = write
  for (const id of groupIds) {
    const group = await access.findNamed(db, 'groups', user.organisationId, id)
    if (!group) throw notFound('group')
    await access.addMember(db, user.organisationId, id, user.id, provenance(write, kind))
  }
  for (const poolId of poolIds) {
    const pool = await access.findNamed(db, 'pools', user.organisationId, poolId)
    if (!pool) throw notFound('pool')
    await access.addGrant(db, user.organisationId, {
      id: newId(),
      subjectKind: 'user',
      subjectId: user.id,
      poolId,
      role: 'ROLE_USER',
      provenance: provenance(write, kind),
    })
  }
}

export type CreateRequest = {
  email: string
  firstName: string
  lastName: string
  roles: Role[]
  groupIds: string[]
  poolIds: string[]
  /** Chosen by the manager, where no mail hands a link over (EM-5). */
  passwordHash?: string | undefined
}

/** A manager adds a person (MU-2); under SAML JIT their first sign-in completes them (MU-10). */
export async function createUser(write: Write, request: CreateRequest): Promise<User> {
  const { actor } = write
  allow(actor, 'users.write')
  const organisation = await lockOrganisation(write)
  const refusal =
    decideManualEntry(organisation, actor.kind === 'break_glass') ??
    decideRoles(actor, request.roles) ??
    decideAssignment(actor, request)
  if (refusal) throw new Refused(refusal)

  const { passwordHash, ...person } = request
  if (passwordHash !== undefined && organisation.loginMethod !== 'password') {
    throw new Refused({
      code: 'user.password_not_allowed',
      detail: 'Passwords are not the login method of this organisation.',
      errors: [{ pointer: '/password', code: 'user.password_not_allowed' }],
    })
  }
  await refuseRestorable(write, request.email)
  const user = await land(write, organisation, {
    ...person,
    status: 'pending',
    managedBy: 'portal',
    joinedBy: 'created',
    kind: 'manual',
    // Who hands a password over vouches for whose it is, as with a link.
    emailVerified: passwordHash !== undefined,
  })
  if (!user) {
    throw new Refused({
      code: 'user.email_exists',
      detail: `${request.email} is already here.`,
      errors: [{ pointer: '/email', code: 'user.email_exists' }],
    })
  }
  if (passwordHash !== undefined) {
    // An invitation may have given them more than was asked for.
    await expectMayOpen(write, user.id)
    await setPassword(write, user, passwordHash, { mustChange: true })
  } else await sendMail(write, organisation, 'activation', user)
  return user
}

/** An operator or the set-up page makes a manager, in whatever state the organisation is. */
export async function addManager(
  write: Write,
  person: { email: string; firstName: string; lastName: string; active: boolean },
): Promise<User | undefined> {
  const organisation = await lockOrganisation(write)
  const domain = readEmailAddress(person.email)?.domain
  if (domain) {
    await selfService.startDomains(write.db, organisation.id, isFreeMail(domain) ? [] : [domain])
  }
  return land(write, organisation, {
    ...person,
    roles: ['ROLE_MANAGER', 'ROLE_USER'],
    groupIds: [],
    poolIds: [],
    status: person.active ? 'active' : 'pending',
    managedBy: 'portal',
    joinedBy: 'first_manager',
    kind: 'manual',
    emailVerified: person.active,
  })
}
