import { setImmediate as breathe } from 'node:timers/promises'
import { newId } from '../lib/ids.ts'
import type { Organisation, Shadow } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import {
  type Difference,
  differences,
  type GroupDifference,
  groupDifferenceNames,
  type ShadowRefusal,
} from '../model/shadow.ts'
import {
  decideShadow,
  mayAct,
  type ProvisioningWish,
  type Running,
  unavailableBecause,
} from '../policy/index.ts'
import { events, organisations, people, scimConnection, shadows } from '../store/index.ts'
import type { HandOver } from './hand-over.ts'
import { changeProvisioning } from './provisioning.ts'
import { notInIdp } from './scim-connection.ts'
import { allow, lockOrganisation, notFound, type Read, type Write } from './write.ts'

export type Summary = {
  people: Record<Difference, number>
  groups: Record<GroupDifference, number>
  memberships: { added: number; removed: number }
  notSent: number
}

const readAtOnce = 500
const membersShown = 20

/** Where the rehearsal of SCIM stands: the one that is there, or the one that ended last (BY-3). */
export async function shadowView({ db, actor }: Read, running: Running) {
  allow(actor, 'identity.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const latest = await shadows.latest(db, organisation.id)
  const { shadow } = organisation
  return {
    organisation,
    state: shadow?.state ?? ('none' as const),
    unavailableBecause: unavailableBecause(organisation.loginMethod, 'scim', running),
    latest: latest && {
      ...latest,
      // Who they are is for those who may read people.
      refused: mayAct(actor, 'users.read') ? [] : (JSON.parse(latest.refused) as ShadowRefusal[]),
    },
  }
}

/** From now on the identity provider is answered from a copy, once that is made. */
export async function beginShadow(write: Write, running: Running): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const refusal = decideShadow(organisation, running)
  if (refusal) throw new Refused(refusal)
  const [total, settings] = await Promise.all([
    people.total(db, organisation.id),
    scimConnection.settings(db, organisation.id),
  ])
  const copyId = newId()
  await shadows.begin(db, organisation, { copyId, by: actor.label, at: now, people: total })
  await scimConnection.putSettings(db, copyId, settings)
  await organisations.change(db, organisation.id, { shadow: { copyId, state: 'copying' } })
  await tell(write, organisation, 'scim.shadow_started', { people: total })
}

/**
 * The copy is thrown away, and nothing is different here. Of one that went live, what was brought to
 * people stays, and the rest is left for the identity provider to say again.
 */
export async function discardShadow(write: Write): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const { shadow, id } = organisation
  if (!shadow) throw notFound('shadow')
  await end(write, organisation, shadow.copyId, { ended_at: now })
  if (shadow.state !== 'applying') return tell(write, organisation, 'scim.shadow_discarded', {})
  const row = await shadows.find(db, { live: id, copy: shadow.copyId })
  const told = { applied: row?.applied ?? 0, of: row?.total ?? 0, stopped: true }
  await tell(write, organisation, 'scim.shadow_applied', told)
}

/** SCIM becomes the source, and what was rehearsed is brought to everybody from then on. */
export async function goLive(
  write: Write,
  handOver: HandOver,
  total: number,
  running: Running,
): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  const { copyId } = requireOpen(organisation)
  const wish: ProvisioningWish = { source: 'scim' }
  await changeProvisioning(write, { ...wish, handOver, goesLive: true }, running, undefined)
  await shadows.close(db, copyId)
  await shadows.change(
    db,
    { org_id: organisation.id, copy_id: copyId },
    { state: 'applying', live_by: actor.label, live_at: now, total },
  )
  await organisations.change(db, organisation.id, { shadow: { copyId, state: 'applying' } })
  await tell(write, organisation, 'scim.shadow_gone_live', { differences: total })
}

/** What is left to do is to erase the copy, which others need not wait for. */
export async function end(
  { db }: Write,
  organisation: Organisation,
  copyId: string,
  how: Parameters<typeof shadows.change>[2],
): Promise<void> {
  await shadows.close(db, copyId)
  const row = { org_id: organisation.id, copy_id: copyId }
  await shadows.change(db, row, { ...how, state: 'erasing' })
  await organisations.change(db, organisation.id, { shadow: null })
}

export async function tell(
  { db, actor, now }: Write,
  { id, name: label }: Pick<Organisation, 'id' | 'name'>,
  name:
    | 'scim.shadow_started'
    | 'scim.shadow_discarded'
    | 'scim.shadow_gone_live'
    | 'scim.shadow_applied',
  data: Record<string, unknown>,
): Promise<void> {
  await events.append(db, actor, now, [
    { name, subject: { kind: 'organisation', id, label }, data },
  ])
}

type Open = { pair: shadows.Pair; since: number; syncRoles: boolean }

function requireOpen({ shadow }: Organisation): Shadow {
  if (!shadow) throw notFound('shadow')
  if (shadow.state === 'open') return shadow
  throw new Refused({
    code: 'provisioning.method_conflict',
    detail: 'There is no difference to look at now: wait until this step is done.',
  })
}

async function openShadow({ db, actor }: Read): Promise<Open> {
  allow(actor, 'identity.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const pair = { live: organisation.id, copy: requireOpen(organisation).copyId }
  const [row, settings] = await Promise.all([
    shadows.find(db, pair),
    scimConnection.settings(db, organisation.id),
  ])
  if (!row) throw notFound('shadow')
  return { pair, since: row.started_at, syncRoles: settings.syncRoles }
}

/** What the difference is told from: with this unchanged, so is that, but for what changes here. */
export async function shadowMark(read: Read): Promise<string> {
  const { pair } = await openShadow(read)
  return `${pair.copy} ${await shadows.lastHappened(read.db, pair.copy)}`
}

/** How the copy differs from here, in figures. It looks at whom the identity provider changed, a few at a time. */
export async function shadowSummary(read: Read): Promise<Summary> {
  const { db } = read
  const { pair, since, syncRoles } = await openShadow(read)
  const none = <Name extends string>(names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
  const summary: Summary = {
    people: none(differences),
    groups: none(groupDifferenceNames),
    memberships: { added: 0, removed: 0 },
    notSent: await notInIdp(db, pair.copy),
  }
  for (let after: string | undefined = ''; after !== undefined; ) {
    const { people, next } = await differingPeople(read, { pair, syncRoles }, after)
    for (const { difference } of people) summary.people[difference] += 1
    after = next
  }
  for (const group of await shadows.groupDifferences(db, pair, since)) {
    summary.groups[group.difference] += 1
    summary.memberships.added += group.added
    summary.memberships.removed += group.removed
  }
  return summary
}

/** The next of those whom going live changes, and behind whom the ones after them come. */
export async function differingPeople(
  { db }: Pick<Read, 'db'>,
  { pair, syncRoles }: Pick<Open, 'pair' | 'syncRoles'>,
  after: string,
): Promise<{ people: shadows.PersonDifference[]; next: string | undefined }> {
  const ids = await shadows.touchedPeople(db, pair.copy, after, readAtOnce)
  const people = await shadows.differencesOf(db, pair, ids, { syncRoles })
  // Others are served in between.
  await breathe()
  return { people, next: ids.length === readAtOnce ? ids.at(-1) : undefined }
}

export type Asked = {
  kind: 'user' | 'group'
  difference?: Difference | undefined
  after?: string | undefined
  size: number
}

/** A page of what differs, person by person or group by group. */
export async function listDifferences(read: Read, asked: Asked) {
  allow(read.actor, 'users.read')
  const open = await openShadow(read)
  return asked.kind === 'user' ? listPeople(read, open, asked) : listGroups(read, open, asked)
}

async function listPeople(
  { db }: Read,
  { pair, syncRoles }: Open,
  { difference, after, size }: Asked,
) {
  const found: shadows.PersonDifference[] = []
  for (let from: string | undefined = after ?? ''; from !== undefined && found.length <= size; ) {
    const { people, next } = await differingPeople({ db }, { pair, syncRoles }, from)
    found.push(...people.filter((one) => !difference || one.difference === difference))
    from = next
  }
  const shown = found.slice(0, size)
  const ids = shown.map(({ id }) => id)
  const [here, there] = await Promise.all([
    shadows.peopleIn(db, pair.live, ids),
    shadows.peopleIn(db, pair.copy, ids),
  ])
  return {
    items: shown.map((one) => personShown(one, here.get(one.id), there.get(one.id), syncRoles)),
    next: found.length > size ? (ids.at(-1) ?? null) : null,
  }
}

type Person = shadows.PersonRow | undefined

function personShown(
  { id, difference, statusSaid }: shadows.PersonDifference,
  here: Person,
  there: Person,
  syncRoles: boolean,
) {
  const known = there ?? here
  const isNew = difference === 'created' || difference === 'matched'
  const rolesCount = syncRoles || isNew || difference === 'deleted'
  const [heldHere, heldThere] = rolesCount ? [here?.roles ?? [], there?.roles ?? []] : [[], []]
  const [inHere = [], inThere = []] = [here, there].map((one) =>
    one?.groups.map(({ name: group }) => group),
  )
  const added = without(inThere, inHere)
  const removed = without(inHere, inThere)
  return {
    id,
    kind: 'user' as const,
    difference,
    label: known?.email ?? id,
    name: `${known?.first_name ?? ''} ${known?.last_name ?? ''}`.trim(),
    isManager: [...(here?.roles ?? []), ...(there?.roles ?? [])].includes('ROLE_MANAGER'),
    fields: difference === 'deleted' ? [] : fieldsOf(here, there, { statusSaid, isNew }),
    roles: { gained: without(heldThere, heldHere), lost: without(heldHere, heldThere) },
    members: {
      added: added.slice(0, membersShown),
      removed: removed.slice(0, membersShown),
      addedTotal: added.length,
      removedTotal: removed.length,
    },
  }
}

const without = (all: string[], others: string[]) => all.filter((one) => !others.includes(one))

const fieldNames = {
  email: 'email',
  first_name: 'firstName',
  last_name: 'lastName',
  user_name: 'userName',
  external_id: 'externalId',
} as const

/** Of who is new, what tells them from others; of who is here, everything that is to be another. */
function fieldsOf(
  here: Person,
  there: Person,
  { statusSaid, isNew }: { statusSaid: boolean; isNew: boolean },
) {
  const plain = Object.entries(fieldNames).map(([column, field]) => {
    const name = column as keyof typeof fieldNames
    return { field, here: here?.[name] ?? null, shadow: there?.[name] ?? null }
  })
  const status = { field: 'status', here: here?.status ?? null, shadow: there?.status ?? null }
  const said = statusSaid || (isNew && there?.status === 'deactivated') ? [status] : []
  const told = isNew
    ? plain.filter(({ field }) => field === 'userName' || field === 'externalId')
    : [...plain, ...attributesOf(here?.sent ?? null, there?.sent ?? null)]
  return [...said, ...told].filter((one) => one.here !== one.shadow)
}

const longestShown = 200

/** What the identity provider sends besides, by the names that it has there. */
function attributesOf(here: string | null, there: string | null) {
  const [was, is] = [here, there].map((sent) => (sent === null ? {} : flattened(JSON.parse(sent))))
  const names = new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])
  // The name and the addresses are shown as what they are here.
  for (const told of ['name', 'emails', 'roles', 'userName', 'externalId']) names.delete(told)
  const text = (value: unknown) =>
    value === undefined
      ? null
      : (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, longestShown)
  return [...names].map((field) => ({
    field: field.slice(0, longestShown),
    here: text(was?.[field]),
    shadow: text(is?.[field]),
  }))
}

/** What an extension adds, under its own names. */
function flattened(sent: Record<string, unknown>): Record<string, unknown> {
  const { true: extensions = [], false: core = [] } = Object.groupBy(
    Object.entries(sent),
    ([name, value]) => `${name.startsWith('urn:') && typeof value === 'object' && value !== null}`,
  )
  return Object.assign(Object.fromEntries(core), ...extensions.map(([, value]) => value))
}

async function listGroups(
  { db }: Read,
  { pair, since }: Open,
  { difference, after = '', size }: Asked,
) {
  const all = await shadows.groupDifferences(db, pair, since)
  const found = all.filter(
    (group) => group.id > after && (!difference || group.difference === difference),
  )
  const shown = found.slice(0, size)
  const limit = membersShown
  const items = await Promise.all(
    shown.map(async (group) => {
      const members = await shadows.edgesOf(db, pair, group.id, { since, limit })
      const told = [
        { field: 'displayName', here: group.name_here, shadow: group.name },
        { field: 'externalId', here: group.external_id_here, shadow: group.external_id },
      ]
      return {
        id: group.id,
        kind: 'group' as const,
        difference: group.difference,
        label: group.name,
        name: '',
        isManager: false,
        fields: group.difference === 'deleted' ? [] : told.filter((one) => one.here !== one.shadow),
        roles: { gained: [], lost: [] },
        members: {
          added: members.added.map(({ label }) => label),
          removed: members.removed.map(({ label }) => label),
          addedTotal: group.added,
          removedTotal: group.removed,
        },
      }
    }),
  )
  return { items, next: found.length > size ? (shown.at(-1)?.id ?? null) : null }
}
