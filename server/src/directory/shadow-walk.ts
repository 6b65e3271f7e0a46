import { setImmediate as breathe } from 'node:timers/promises'
import { type Clock, minutes } from '../lib/clock.ts'
import { type Actor, systemActor } from '../model/actor.ts'
import { type Organisation, platformId } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { SentPerson } from '../model/scim.ts'
import type { ShadowRefusal } from '../model/shadow.ts'
import { organisations, scimConnection, shadows, tombstones } from '../store/index.ts'
import { changeScimGroup, createScimGroup, removeScimGroup } from './scim-groups.ts'
import {
  changeByScim,
  joinByScim,
  joinTogetherByScim,
  removeByScim,
  type ScimPerson,
} from './scim-people.ts'
import { differingPeople, end, tell } from './shadow.ts'
import type { Directory, Write } from './write.ts'

export type ShadowWalk = {
  /** Goes on with every copy that is being made, brought to people or erased, of one organisation or of all. */
  walk(which?: { organisationId?: string; signal?: AbortSignal }): Promise<void>
}

const heldMinutes = 1
const movedAtOnce = 1_000
const refusedShown = 200
const passesAtMost = 5

type Step = { directory: Directory; clock: Clock; row: shadows.ShadowRow; signal: AbortSignal }

/** Each step is a change of its own, so that others come in between and any node goes on. */
export function createShadowWalk(directory: Directory, clock: Clock): ShadowWalk {
  const system = systemActor(platformId)

  async function take(row: shadows.ShadowRow, signal: AbortSignal): Promise<void> {
    const now = clock.now()
    const held = await directory.change(system, ({ db }) =>
      shadows.claim(db, row, now, now + minutes(heldMinutes)),
    )
    if (!held) return
    try {
      await goOn({ directory, clock, row: held, signal })
    } finally {
      await directory.change(system, ({ db }) => shadows.change(db, row, { claimed_until: 0 }))
    }
  }

  return {
    async walk({ organisationId, signal = new AbortController().signal } = {}) {
      for (const row of await directory.view(system, ({ db }) => shadows.atWork(db))) {
        if (signal.aborted) return
        if (organisationId && row.org_id !== organisationId) continue
        const isDue =
          row.state !== 'open' || (await directory.view(system, ({ db }) => shadows.waits(db, row)))
        if (isDue) await take(row, signal)
      }
    },
  }
}

async function goOn(step: Step): Promise<void> {
  const { state } = step.row
  if (state === 'copying' || state === 'open') await copy(step)
  if (state === 'applying') await bringLive(step)
  if (state === 'erasing') await erase(step)
}

/** The organisation, while it is still this shadow's. */
async function own(
  { db }: Pick<Write, 'db'>,
  { org_id, copy_id }: shadows.ShadowRow,
  how: 'share' | 'alone',
): Promise<Organisation | undefined> {
  const organisation = await organisations.lock(db, org_id, how)
  return organisation?.shadow?.copyId === copy_id ? organisation : undefined
}

const pairOf = ({ org_id, copy_id }: shadows.ShadowRow) => ({ live: org_id, copy: copy_id })
const holdOn = ({ clock }: Step) => ({ claimed_until: clock.now() + minutes(heldMinutes) })

async function copy(step: Step): Promise<void> {
  const { directory, row, signal } = step
  const actor = systemActor(row.org_id)
  for (let more = true; more && !signal.aborted; await breathe()) {
    more = await directory.change(actor, async ({ db, now }) => {
      const fresh = (await own({ db }, row, 'share')) && (await shadows.find(db, pairOf(row)))
      if (!fresh) return false
      await shadows.change(db, row, holdOn(step))
      return shadows.copyNext(db, fresh, now)
    })
  }
  if (row.state === 'open' || signal.aborted) return
  await directory.change(actor, async ({ db }) => {
    const organisation = await own({ db }, row, 'alone')
    if (organisation?.shadow?.state !== 'copying') return
    await shadows.change(db, row, { state: 'open' })
    const shadow = { copyId: row.copy_id, state: 'open' as const }
    await organisations.change(db, organisation.id, { shadow })
  })
}

async function erase({ directory, row, signal }: Step): Promise<void> {
  const system = systemActor(platformId)
  for (let more = true; more; await breathe()) {
    if (signal.aborted) return
    more = await directory.change(system, ({ db }) => shadows.eraseNext(db, row))
  }
  await directory.change(system, ({ db }) => shadows.change(db, row, { state: 'ended' }))
}

/** The identity provider, whose word it is that is brought to people, as a manager let it. */
function rehearsedBy({ org_id, copy_id, live_by }: shadows.ShadowRow): Actor {
  const label = `SCIM (shadow, taken live by ${live_by})`
  return { ...systemActor(org_id), kind: 'scim', id: copy_id, label }
}

/**
 * Brings what differs to people and groups, each in a change of its own and as if the identity
 * provider said it now. Begun anew it finds what is left. What is refused because of what comes later,
 * such as a name that is free by then, is tried again until nothing moves any more.
 */
async function bringLive(step: Step): Promise<void> {
  const { directory, row, signal } = step
  const actor = rehearsedBy(row)
  let { applied } = row
  let refused: ShadowRefusal[] = []

  for (let pass = 0; pass < passesAtMost; pass += 1) {
    refused = []
    const done = await onePass(step, actor, async (moved, no) => {
      applied += moved
      refused.push(...no)
      const told = { applied, refused_total: refused.length }
      await directory.change(actor, ({ db }) =>
        shadows.change(db, row, { ...told, ...holdOn(step) }),
      )
    })
    if (done === 'interrupted' || signal.aborted) return
    if (refused.length === 0 || done.moved === 0) break
  }

  await directory.change(actor, async (write) => {
    const organisation = await own(write, row, 'alone')
    if (!organisation) return
    const told = { applied, refused_total: refused.length }
    const shown = JSON.stringify(refused.slice(0, refusedShown))
    await end(write, organisation, row.copy_id, { ...told, refused: shown, ended_at: write.now })
    await tell(write, organisation, 'scim.shadow_applied', {
      applied,
      refused: refused.length,
    })
  })
}

type Told = (applied: number, refused: ShadowRefusal[]) => Promise<void>

async function onePass(
  step: Step,
  actor: Actor,
  tell: Told,
): Promise<{ moved: number } | 'interrupted'> {
  const { directory, row, signal } = step
  const pair = pairOf(row)
  let moved = 0
  const isInterrupted = async () => {
    const organisation = await directory.view(actor, ({ db }) => organisations.find(db, row.org_id))
    // PV-15: what is paused waits, and so does this. A manager may have stopped it.
    const isOwn = organisation?.shadow?.copyId === row.copy_id
    return signal.aborted || !isOwn || organisation.paused !== null
  }
  const settings = await directory.view(actor, ({ db }) => scimConnection.settings(db, row.org_id))
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after
    const { people, next } = await directory.view(actor, (read) =>
      differingPeople(read, { pair, ...settings }, from),
    )
    if (await isInterrupted()) return 'interrupted'
    const outcome = await bringPeople(step, actor, settings, people)
    moved += outcome.applied
    await tell(outcome.applied, outcome.refused)
    after = next
  }
  if (await isInterrupted()) return 'interrupted'
  const outcome = await bringGroups(step, actor)
  await tell(outcome.applied, outcome.refused)
  return { moved: moved + outcome.applied }
}

type Outcome = { applied: number; refused: ShadowRefusal[] }
type Settings = scimConnection.ScimSettings

async function bringPeople(
  { directory, row }: Step,
  actor: Actor,
  settings: Settings,
  page: shadows.PersonDifference[],
): Promise<Outcome> {
  const outcome: Outcome = { applied: 0, refused: [] }
  const ids = page.map(({ id }) => id)
  const [organisation, rehearsed, left] = await directory.view(actor, ({ db }) =>
    Promise.all([
      organisations.find(db, row.org_id),
      shadows.peopleIn(db, row.copy_id, ids),
      tombstones.amongThose(db, row.org_id, ids),
    ]),
  )
  const landed = new Set<string>()
  const plain = page.flatMap(({ id, difference }) => {
    const person = rehearsed.get(id)
    return difference === 'created' && person && !left.has(id)
      ? [{ actor, id, person: sentOf(person, settings, true) }]
      : []
  })
  if (organisation && plain.length > 0) {
    const joined = await directory
      .changeAtOnce(actor, (write) => joinTogetherByScim(write, organisation, plain))
      // Whoever cannot land with the others is asked alone.
      .catch((error: unknown) => (error instanceof Refused ? [] : Promise.reject(error)))
    for (const person of joined) if (person) landed.add(person.user.id)
    outcome.applied += landed.size
  }
  for (const one of page) {
    if (landed.has(one.id)) continue
    const person = rehearsed.get(one.id)
    const label = person?.email ?? one.id
    await attempt(outcome, { kind: 'user', label }, () =>
      directory.change(actor, (write) => bringPerson(write, one, person, settings)),
    )
  }
  return outcome
}

async function attempt(
  outcome: Outcome,
  about: Pick<ShadowRefusal, 'kind' | 'label'>,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act()
    outcome.applied += 1
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const { code, detail } = error.refusal
    outcome.refused.push({ ...about, code, detail })
  }
}

async function bringPerson(
  write: Write,
  { id, difference, statusSaid }: shadows.PersonDifference,
  person: shadows.PersonRow | undefined,
  settings: Settings,
): Promise<void> {
  if (!person) return removeByScim(write, id, () => undefined)
  const isNew = difference === 'created' || difference === 'matched'
  const sent = sentOf(person, settings, statusSaid || isNew)
  if (isNew || (difference === 'adopted' && !settings.provisionExistingUsers)) {
    const joined = await joinByScim(write, sent, difference === 'created' ? id : undefined)
    if ('refusal' in joined) throw new Refused(joined.refusal)
    if (difference === 'created') await stayOut(write, joined, person)
    return
  }
  const kept = await changeByScim(write, id, () => sent)
  // First contact leaves address and roles as they are (SC-18): what was said after it follows.
  const isBehind =
    kept.user.email !== sent.email ||
    (sent.roles && sent.roles.toSorted().join() !== kept.roles.toSorted().join())
  if (isBehind) await changeByScim(write, id, () => sent)
}

/** Who comes back does so without the groups that the identity provider took them out of in the copy. */
async function stayOut(
  write: Write,
  { user, groups }: ScimPerson,
  person: shadows.PersonRow,
): Promise<void> {
  const kept = new Set(person.groups.map(({ id }) => id))
  const members = { add: [], remove: [user.id] }
  for (const { id, inherited } of groups) {
    if (inherited || kept.has(id)) continue
    await changeScimGroup(write, id, { members }, true, () => undefined)
  }
}

/** Somebody of the copy as the identity provider would send them. */
function sentOf(
  person: shadows.PersonRow,
  { syncRoles }: Settings,
  statusSaid: boolean,
): SentPerson {
  return {
    userName: person.user_name ?? person.email,
    externalId: person.external_id,
    active: statusSaid ? person.status !== 'deactivated' : undefined,
    activeAssigned: person.active_assigned === 1,
    email: person.email,
    firstName: person.first_name,
    lastName: person.last_name,
    roles: syncRoles ? person.roles : undefined,
    attributes: person.sent === null ? {} : JSON.parse(person.sent),
  }
}

type Group = Awaited<ReturnType<typeof shadows.groupDifferences>>[number]

/** Groups themselves first, then who leaves them, then who comes: none is in the way of another. */
async function bringGroups(step: Step, actor: Actor): Promise<Outcome> {
  const { directory, row } = step
  const pair = pairOf(row)
  const since = row.started_at
  const groups = await directory.view(actor, ({ db }) => shadows.groupDifferences(db, pair, since))
  const failed = new Map<string, ShadowRefusal>()
  const hold = () => directory.change(actor, ({ db }) => shadows.change(db, row, holdOn(step)))
  const bring = async (group: Group, act: () => Promise<void>) => {
    await hold()
    const outcome: Outcome = { applied: 0, refused: [] }
    await attempt(outcome, { kind: 'group', label: group.name }, act)
    for (const refusal of outcome.refused) failed.set(group.id, refusal)
  }
  for (const group of groups)
    await bring(group, () => directory.change(actor, (write) => bringGroup(write, group)))
  const remaining = groups.filter(({ difference }) => difference !== 'deleted')
  for (const side of ['removed', 'added'] as const) {
    for (const group of remaining.filter((one) => one[side] > 0))
      await bring(group, async () => {
        const move = { side, since }
        while (await directory.change(actor, (write) => moveMembers(write, pair, group.id, move)))
          await hold()
      })
  }
  return { applied: groups.length - failed.size, refused: [...failed.values()] }
}

async function bringGroup(write: Write, group: Group): Promise<void> {
  const { id, name: displayName, external_id: externalId, difference } = group
  const says = { displayName, externalId }
  if (difference === 'deleted') await removeScimGroup(write, id, () => undefined)
  else if (difference === 'created')
    await createScimGroup(write, { ...says, members: undefined }, id)
  else await changeScimGroup(write, id, says, true, () => undefined)
}

/** @returns whether more wait. */
async function moveMembers(
  write: Write,
  pair: shadows.Pair,
  groupId: string,
  { side, since }: { side: 'added' | 'removed'; since: number },
): Promise<boolean> {
  const found = await shadows.edgesOf(write.db, pair, groupId, { since, limit: movedAtOnce })
  // Who is not here could not be brought, which is said of them.
  const ids = found[side].flatMap(({ id }) => id ?? [])
  if (ids.length === 0) return false
  const members = side === 'added' ? { add: ids, remove: [] } : { add: [], remove: ids }
  await changeScimGroup(write, groupId, { members }, true, () => undefined)
  return ids.length === movedAtOnce
}
