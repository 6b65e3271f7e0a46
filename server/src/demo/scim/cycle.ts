/** The provisioning cycle that all identity providers have in common (RFC 7644 from the client's side). */
import { type Change, changed, type Group, groupOf, type Person, personOf } from './directory.ts'
import type { Provider } from './provider.ts'
import type { Session } from './session.ts'

/** Everyone, then who reports to whom, then the groups, which name people. */
export async function initialCycle(provider: Provider, session: Session): Promise<void> {
  const { people, groups } = session.directory
  const sent = people.filter((person) => provider.sends(person))
  for (const person of sent) await provider.personArrives(session, person)
  for (const person of sent)
    if (session.knows(person.id)) await provider.personIsLinked?.(session, person)
  // Groups that are in others are there before them.
  for (const group of groups.toSorted((a, b) => depth(a) - depth(b)))
    await groupArrives(provider, session, group)
}

function depth({ groups = [] }: Group): number {
  return groups.length
}

async function groupArrives(provider: Provider, session: Session, group: Group): Promise<void> {
  if (!provider.groups) return
  await provider.groups.arrives(session, group)
  const add = membersOf(provider, group).filter(session.knows)
  if (add.length > 0 && session.knows(group.id))
    await provider.groups.membersChange(session, group, { add, remove: [] })
}

/** What of a group is sent: people, and groups where they are sent. */
export function membersOf(provider: Provider, { people, groups = [] }: Group): string[] {
  return [...people, ...(provider.groups?.nested ? groups : [])]
}

/** One thing that happened at the identity provider, brought to the server. */
export async function carryOut(
  provider: Provider,
  session: Session,
  change: Change,
): Promise<void> {
  const before = session.directory
  // Those who never delete anyone leave the person behind as they are, deactivated.
  const stays = change.kind === 'person.deleted' && !provider.personIsDeleted
  const after = stays ? before : changed(before, change)
  session.directory = after
  switch (change.kind) {
    case 'person.hired':
      if (!provider.sends(change.person)) return
      await provider.personArrives(session, change.person)
      await provider.personIsLinked?.(session, change.person)
      return
    case 'person.changed':
    case 'person.binned':
    case 'person.restored':
      return personChanges(
        provider,
        session,
        personOf(before, change.id),
        personOf(after, change.id),
      )
    case 'person.deleted':
      if (session.knows(change.id))
        await provider.personIsDeleted?.(session, personOf(before, change.id))
      return
    case 'group.made':
      return groupArrives(provider, session, change.group)
    case 'group.renamed':
      if (session.knows(change.id))
        await provider.groups?.isRenamed(session, groupOf(after, change.id))
      return
    case 'group.members':
      if (session.knows(change.id))
        await provider.groups?.membersChange(session, groupOf(after, change.id), {
          add: (change.add ?? []).filter(session.knows),
          remove: (change.remove ?? []).filter(session.knows),
        })
      return
    case 'group.deleted':
      if (session.knows(change.id)) await groupIsDeleted(session, groupOf(before, change.id))
  }
}

async function personChanges(
  provider: Provider,
  session: Session,
  before: Person,
  after: Person,
): Promise<void> {
  if (session.knows(after.id)) return provider.personChanges(session, before, after)
  if (provider.sends(after)) await provider.personArrives(session, after)
}

async function groupIsDeleted(session: Session, group: Group): Promise<void> {
  await session.ask({
    title: `Delete the group ${group.name}`,
    method: 'DELETE',
    path: `/Groups/${session.idOf(group.id)}`,
    expect: [204],
  })
  session.forget(group.id)
}
