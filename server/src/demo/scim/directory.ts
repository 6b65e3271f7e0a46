/** The people and groups of a simulated identity provider, and what happens to them over time. */

export type Person = {
  /** The key at the identity provider. */
  id: string
  userName: string
  firstName?: string | undefined
  lastName: string
  displayName: string
  email?: string | undefined
  title?: string | undefined
  department?: string | undefined
  employeeNumber?: string | undefined
  phone?: string | undefined
  mobile?: string | undefined
  office?: string | undefined
  language?: string | undefined
  /** The role in the organisation, for identity providers that are asked to send one. */
  role?: string | undefined
  /** The id of another person. */
  manager?: string | undefined
  active: boolean
  /** In the recycle bin: to be restored, or deleted for good. */
  binned?: boolean | undefined
}

export type Group = {
  id: string
  name: string
  /** Ids of people. */
  people: readonly string[]
  /** Ids of groups inside this one. */
  groups?: readonly string[]
}

export type SimulatedDirectory = { people: readonly Person[]; groups: readonly Group[] }

/** What an administrator does at the identity provider between two cycles. */
export type Change =
  | { kind: 'person.hired'; person: Person }
  /** Attributes, name, manager, or `active`. */
  | { kind: 'person.changed'; id: string; set: Partial<Omit<Person, 'id' | 'binned'>> }
  | { kind: 'person.binned'; id: string }
  | { kind: 'person.restored'; id: string }
  | { kind: 'person.deleted'; id: string }
  | { kind: 'group.made'; group: Group }
  | { kind: 'group.renamed'; id: string; name: string }
  | { kind: 'group.members'; id: string; add?: readonly string[]; remove?: readonly string[] }
  | { kind: 'group.deleted'; id: string }

export function personOf(directory: SimulatedDirectory, id: string): Person {
  return found(directory.people, id)
}

export function groupOf(directory: SimulatedDirectory, id: string): Group {
  return found(directory.groups, id)
}

function found<T extends { id: string }>(list: readonly T[], id: string): T {
  const one = list.find((candidate) => candidate.id === id)
  if (!one) throw new Error(`The simulated directory has no ${id}.`)
  return one
}

/** The directory after the change; the one given stays as it is. */
export function changed(directory: SimulatedDirectory, change: Change): SimulatedDirectory {
  const { people, groups } = directory
  switch (change.kind) {
    case 'person.hired':
      return { groups, people: [...people, change.person] }
    case 'person.changed':
      return { groups, people: withOne(people, change.id, change.set) }
    case 'person.binned':
      return { groups, people: withOne(people, change.id, { active: false, binned: true }) }
    case 'person.restored':
      return { groups, people: withOne(people, change.id, { active: true, binned: undefined }) }
    case 'person.deleted':
      return {
        people: people
          .filter(({ id }) => id !== change.id)
          .map((one) => (one.manager === change.id ? { ...one, manager: undefined } : one)),
        groups: groups.map((group) => withoutMember(group, change.id)),
      }
    case 'group.made':
      return { people, groups: [...groups, change.group] }
    case 'group.renamed':
      return { people, groups: withOne(groups, change.id, { name: change.name }) }
    case 'group.members':
      return { people, groups: groups.map((group) => withMembers(group, change)) }
    case 'group.deleted':
      return {
        people,
        groups: groups
          .filter(({ id }) => id !== change.id)
          .map((group) => withoutMember(group, change.id)),
      }
  }
}

function withOne<T extends { id: string }>(
  list: readonly T[],
  id: string,
  set: Partial<NoInfer<T>>,
): T[] {
  return list.map((one) => (one.id === id ? { ...one, ...set } : one))
}

function withMembers(group: Group, change: Change & { kind: 'group.members' }): Group {
  if (group.id !== change.id) return group
  const { add = [], remove = [] } = change
  const kept = group.people.filter((id) => !remove.includes(id) && !add.includes(id))
  return { ...group, people: [...kept, ...add] }
}

function withoutMember(group: Group, id: string): Group {
  const people = group.people.filter((member) => member !== id)
  const groups = group.groups?.filter((member) => member !== id)
  return { ...group, people, ...(groups ? { groups } : {}) }
}
