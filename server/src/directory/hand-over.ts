import type {
  LoginMethod,
  Organisation,
  ProvisioningSource,
  Rollback,
} from '../model/organisation.ts'
import { Refused, refuse } from '../model/refusals.ts'
import type { User } from '../model/user.ts'
import {
  decideBesideShadow,
  decideRollback,
  decideSource,
  entrySentence,
  handedOverAfter,
  managerOf,
  mayAct,
  type ProvisioningWish,
  type Running,
} from '../policy/index.ts'
import {
  adopted,
  events,
  invitations,
  organisations,
  people,
  together,
  users,
} from '../store/index.ts'
import { readConnection } from './connections.ts'
import { deactivate, hasWorkingManager } from './lifecycle.ts'
import { lockUser } from './people.ts'
import { joinFacts } from './self-service.ts'
import { allow, expectVersion, lockOrganisation, notFound, type Read, type Write } from './write.ts'

/** So many are shown, to be kept or deactivated one by one. */
const shownAtMost = 200

/** Whom SCIM took over is managed as before only where the change is rolled back. */
type After = { source: ProvisioningSource; selfService: boolean; rollsBack: boolean }
export type HandOverPreview = Awaited<ReturnType<typeof foresee>>

/**
 * What a change of the source would do, and changes nothing (PV-11).
 * @param wish.loginMethod the method that is saved in the same form; else the one in force.
 */
export async function previewHandOver(
  read: Read,
  wish: ProvisioningWish & { loginMethod?: LoginMethod | undefined },
  running: Running,
  installationMails: boolean,
) {
  const organisation = await findOwn(read)
  const loginMethod = wish.loginMethod ?? organisation.loginMethod
  const refusal = decideSource({ loginMethod }, wish, running)
  if (refusal) throw new Refused(refusal)
  const selfService = wish.selfService?.enabled ?? organisation.selfServiceEnabled
  const after = { source: wish.source, selfService, rollsBack: false }
  return foresee(read, { ...organisation, loginMethod }, after, installationMails)
}

/** The same of rolling the last change back (PV-14). */
export async function previewRollback(read: Read, running: Running, installationMails: boolean) {
  const organisation = await findOwn(read)
  const { source, selfService } = requireRollback(organisation, running, read.now)
  const after = { source, selfService, rollsBack: true }
  return foresee(read, organisation, after, installationMails)
}

async function findOwn({ db, actor }: Read): Promise<Organisation> {
  allow(actor, 'identity.write')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  return organisation
}

/** @throws Refused unless there is a change that can be rolled back. */
function requireRollback(organisation: Organisation, running: Running, now: number): Rollback {
  const decided = decideRollback(organisation, running, now)
  if ('code' in decided) throw new Refused(decided)
  return decided
}

async function foresee(
  read: Read,
  organisation: Organisation,
  to: After,
  installationMails: boolean,
) {
  const { db, actor, now } = read
  const { id, source: from } = organisation
  const isChange = from !== to.source
  const leaves = isChange && from !== 'portal'
  const broughtBy = (source: ProvisioningSource) => people.total(db, id, { managedBy: [source] })
  const closesInvitations = isChange && (to.source === 'scim' || to.source === 'ldap')
  const [total, orphaned, returning, givenBack, shown, open, join, connection, workingManager] =
    await Promise.all([
      people.total(db, id),
      leaves ? broughtBy(from) : 0,
      isChange && to.source !== 'portal' ? broughtBy(to.source) : 0,
      to.rollsBack && from === 'scim' ? adopted.count(db, id, to.source) : 0,
      leaves && !mayAct(actor, 'users.read') ? leftBehind(read, from) : [],
      closesInvitations ? invitations.countOpen(db, id, now) : 0,
      joinFacts(read, organisation, installationMails),
      readConnection(db, id),
      hasWorkingManager(read, organisation),
    ])
  const linkStays = join.state === 'open' && to.source === 'portal' && to.selfService
  const after = {
    ...organisation,
    source: to.source,
    sourceChosenBy: actor.label,
    sourceChosenAt: now,
  }
  return {
    version: organisation.version,
    from,
    to: to.source,
    selfService: to.selfService,
    entrySentence: entrySentence(after, connection ?? null, linkStays),
    becomeManaged: returning + givenBack,
    stay: total - orphaned - returning,
    orphaned: { total: orphaned - givenBack, people: shown },
    invitationsToClose: open,
    linkCloses: join.state === 'open' && !linkStays,
    workingManager,
  }
}

/** Those whom the source that is left manages, and who can still get in, by name. */
async function leftBehind({ db, actor }: Read, from: ProvisioningSource) {
  const { organisationId } = actor
  const enabled = ['active', 'pending'] as const
  const [managers, ...pages] = await Promise.all([
    users.withRole(db, organisationId, 'ROLE_MANAGER'),
    ...enabled.map((status) =>
      people.list(
        db,
        organisationId,
        { managedBy: [from], status },
        { by: 'name', descending: false },
        { page: 0, size: shownAtMost },
      ),
    ),
  ])
  const managing = new Set(managers.map(({ id }) => id))
  return pages
    .flatMap(({ items }) => items)
    .map((user) => ({
      id: user.id,
      email: user.email,
      name: `${user.firstName} ${user.lastName}`.trim(),
      isManager: managing.has(user.id),
    }))
    .sort((one, other) => Number(other.isManager) - Number(one.isManager))
    .slice(0, shownAtMost)
}

/** A preview that was looked at, and who of those whom the source leaves is deactivated with it (PV-13). */
export type HandOver = { version: number; deactivate: readonly string[] }

/** @returns how many were deactivated. */
export async function deactivateLeft(
  write: Write,
  organisation: Organisation,
  ids: readonly string[],
): Promise<number> {
  const { source } = organisation
  if (ids.length > 0) allow(write.actor, 'users.write')
  const left: User[] = []
  for (const id of new Set(ids)) {
    const user = await lockUser(write, id)
    if (source === 'portal' || managerOf(organisation, user) !== source) {
      refuse(
        'request.invalid',
        'Only whom the source that is left manages can be deactivated with it. Deactivate others in User Management.',
        [{ pointer: '/deactivate', code: 'not_managed' }],
      )
    }
    if (user.status !== 'deactivated') left.push(user)
  }
  for (const user of left) await deactivate(write, organisation, user)
  return left.length
}

/**
 * Restores the source before the last change, with the link and with who managed whom (PV-14). Whoever
 * arrived since stays; whoever was deactivated with the change stays deactivated.
 */
export async function rollBackProvisioning(
  write: Write,
  running: Running,
  { version }: Pick<HandOver, 'version'>,
  ifVersion: number | undefined,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, ifVersion)
  expectVersion(organisation.version, version)
  const back = requireRollback(organisation, running, now)
  const beside = decideBesideShadow(organisation, back.source === 'scim')
  if (beside) throw new Refused(beside)
  const { id, name, source, selfServiceEnabled } = organisation
  const givenBack = source === 'scim' ? await adopted.giveBack(db, id) : 0
  const handedOver = handedOverAfter({ source, handedOver: back.handedOver }, back.source)
  await together(
    organisations.change(db, id, {
      source: { source: back.source, chosenBy: actor.label, at: now, handedOver, rollback: null },
      selfServiceEnabled: back.selfService,
    }),
    events.append(db, actor, now, [
      {
        name: 'provisioning.rolled_back',
        subject: { kind: 'organisation', id, label: name },
        before: { source, selfService: selfServiceEnabled },
        after: { source: back.source, selfService: back.selfService },
        data: { givenBack },
      },
    ]),
  )
}
