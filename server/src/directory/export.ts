import { events, organisations, people, peopleExport } from '../store/index.ts'
import { filterOf, refuseToSort, type WantedPeople, withAccess } from './people.ts'
import { allow, notFound, type Read, type Write } from './write.ts'

const readAtOnce = 500

/** What leaves the house is recorded before it leaves: by which filter, in which order (US-16). */
export async function beginExport(
  write: Write,
  wanted: WantedPeople,
  sort: people.PeopleSort,
): Promise<void> {
  const { db, actor } = write
  allow(actor, 'users.read')
  const asked = await filterOf(write, wanted)
  const canSort = !sort.thenBy || (await people.findFew(db, actor.organisationId, asked, sort))
  if (!canSort) refuseToSort()
  await record(write, 'users.exported', { filter: given(wanted), sort })
}

/** How many left, and whether it was everybody or the reader went away in the middle. */
export function endExport(
  write: Write,
  told: { people: number; complete: boolean },
): Promise<void> {
  return record(write, 'users.export_ended', told)
}

/** As `beginExport`, of the audit trail (AU-3). */
export async function beginAuditExport(
  write: Write,
  conditions: events.EventConditions,
): Promise<void> {
  allow(write.actor, 'audit.read')
  await record(write, 'audit.exported', { filter: given(conditions) })
}

export function endAuditExport(
  write: Write,
  told: { events: number; complete: boolean },
): Promise<void> {
  return record(write, 'audit.export_ended', told)
}

const given = (conditions: object) =>
  Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined))

/** Every event that the page would show, newest first, without pages. */
export async function* exportedEvents(
  { db, actor }: Read,
  conditions: events.EventConditions,
): AsyncGenerator<events.RecordedEvent[]> {
  allow(actor, 'audit.read')
  let before: string | undefined
  for (;;) {
    const some = await events.list(
      db,
      actor.organisationId,
      { ...conditions, before },
      { skip: 0, limit: readAtOnce },
    )
    if (some.length > 0) yield some
    if (some.length < readAtOnce) return
    before = some.at(-1)?.id
  }
}

async function record(
  { db, actor, now }: Write,
  name: 'users.exported' | 'users.export_ended' | 'audit.exported' | 'audit.export_ended',
  data: object,
): Promise<void> {
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const subject = { kind: 'organisation', id: organisation.id, label: organisation.name }
  await events.append(db, actor, now, [{ name, subject, data }])
}

/** Everybody whom the list would show, without pages. */
export async function* exportedPeople(
  read: Read,
  wanted: WantedPeople,
  sort: people.PeopleSort,
): AsyncGenerator<Awaited<ReturnType<typeof withAccess>>> {
  const { db, actor } = read
  allow(actor, 'users.read')
  const filter = await filterOf(read, wanted)
  for await (const some of peopleExport.eachFound(db, actor.organisationId, filter, sort)) {
    yield await withAccess(read, some)
  }
}
