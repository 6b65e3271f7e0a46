import { events, organisations, people, peopleExport } from '../store/index.ts'
import { filterOf, refuseToSort, type WantedPeople, withAccess } from './people.ts'
import { allow, notFound, type Read, type Write } from './write.ts'

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
  const filter = Object.fromEntries(
    Object.entries(wanted).filter(([, value]) => value !== undefined),
  )
  await record(write, 'users.exported', { filter, sort })
}

/** How many left, and whether it was everybody or the reader went away in the middle. */
export function endExport(
  write: Write,
  told: { people: number; complete: boolean },
): Promise<void> {
  return record(write, 'users.export_ended', told)
}

async function record(
  { db, actor, now }: Write,
  name: 'users.exported' | 'users.export_ended',
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
