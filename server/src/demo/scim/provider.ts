/** What one identity provider does on each occasion. The order of occasions is the cycle's. */
import type { Group, Person } from './directory.ts'
import type { JsonObject, Method } from './exchange.ts'
import { equals, filled, filtered, groupSchema, type Operation, patchOf } from './messages.ts'
import { firstOf, type Session } from './session.ts'

export type Provider = {
  label: string
  /** Of the request with this number, from 0. */
  headers: (turn: number, method: Method) => Record<string, string>
  testConnection(session: Session): Promise<void>
  /** Whether someone who is not there yet is sent at all. */
  sends(person: Person): boolean
  personArrives(session: Session, person: Person): Promise<void>
  /** Once everyone has arrived, what names another person. */
  personIsLinked?(session: Session, person: Person): Promise<void>
  personChanges(session: Session, before: Person, after: Person): Promise<void>
  /** Absent for those who never delete anyone. */
  personIsDeleted?(session: Session, person: Person): Promise<void>
  /** Absent for those who send no groups. */
  groups?: GroupProvider
  /** What the server holds of a person; absent where that is what the directory says. */
  shown?(person: Person): Person
}

export type GroupProvider = {
  /** Whether a group inside a group is sent as its member. */
  nested: boolean
  arrives(session: Session, group: Group): Promise<void>
  isRenamed(session: Session, group: Group): Promise<void>
  /** `add` and `remove` are ids at the identity provider of what the server knows. */
  membersChange(session: Session, group: Group, change: MemberChange): Promise<void>
}

export type MemberChange = { add: readonly string[]; remove: readonly string[] }

export type NewResource = {
  id: string
  endpoint: '/Users' | '/Groups'
  called: string
  /** Filters to find it by, in order; the first that finds one wins. */
  lookUps: readonly string[]
  /** Parameters before the filter. */
  parameters?: string
  body: JsonObject
}

/**
 * Looks for the resource and makes it when it is not there. What the server answers that it has
 * already is looked for once more.
 * @returns what was found, or undefined when it was made or refused.
 */
export async function findOrMake(
  session: Session,
  resource: NewResource,
): Promise<JsonObject | undefined> {
  const found = await find(session, resource)
  if (found) return found
  const { id, endpoint, called, body } = resource
  const title = `Create ${called}`
  const made = await session.ask({ title, method: 'POST', path: endpoint, body, expect: [201] })
  if (made.status === 409) await find(session, resource)
  else session.learn(id, made.body)
  return undefined
}

async function find(session: Session, resource: NewResource): Promise<JsonObject | undefined> {
  const { id, endpoint, called, lookUps, parameters } = resource
  for (const filter of lookUps) {
    const path = filtered(endpoint, filter, parameters)
    const answer = await session.ask({
      title: `Is ${called} there already?`,
      method: 'GET',
      path,
      expect: [200],
    })
    const first = firstOf(answer)
    if (first) {
      session.learn(id, first)
      return first
    }
  }
  return undefined
}

export const byUserName = ({ userName }: Person) => equals('userName', userName)

/** The whole person, as it is now. */
export async function putPerson(session: Session, person: Person, body: JsonObject): Promise<void> {
  await session.ask({
    title: `Update ${person.displayName}`,
    method: 'PUT',
    path: `/Users/${session.idOf(person.id)}`,
    body,
    expect: [200],
    holds: { userName: person.userName, active: person.active },
  })
}

/** People for those who look for somebody, make them, and send them whole ever after. */
export function wholePeople(
  body: (person: Person) => JsonObject,
  lookUp: (person: Person) => string = byUserName,
): Pick<Provider, 'personArrives' | 'personChanges'> {
  return {
    async personArrives(session, person) {
      const found = await findOrMake(session, {
        id: person.id,
        endpoint: '/Users',
        called: person.displayName,
        lookUps: [lookUp(person)],
        body: body(person),
      })
      if (found) await putPerson(session, person, body(person))
    },
    personChanges: (session, _, after) => putPerson(session, after, body(after)),
  }
}

/** Looks for the group by its name and makes it when it is not there. */
export async function findOrMakeGroup(
  session: Session,
  { id, name }: Group,
  body: JsonObject,
): Promise<void> {
  await findOrMake(session, {
    id,
    endpoint: '/Groups',
    called: `the group ${name}`,
    lookUps: [equals('displayName', name)],
    body: { schemas: [groupSchema], displayName: name, ...body },
  })
}

export async function patchGroup(
  session: Session,
  { id }: Group,
  title: string,
  ...operations: Operation[]
): Promise<void> {
  await session.ask({
    title,
    method: 'PATCH',
    path: `/Groups/${session.idOf(id)}`,
    body: patchOf(...operations),
    expect: [204, 200],
  })
}

/** The new name by its path. */
export function renameByPath(session: Session, group: Group): Promise<void> {
  const operation = { op: 'replace', path: 'displayName', value: group.name }
  return patchGroup(session, group, `Rename the group to ${group.name}`, operation)
}

/** `active` alone, by its path. */
export async function setActive(session: Session, person: Person): Promise<void> {
  await session.ask({
    title: `${person.active ? 'Reactivate' : 'Deactivate'} ${person.displayName}`,
    method: 'PATCH',
    path: `/Users/${session.idOf(person.id)}`,
    body: patchOf({ op: 'replace', path: 'active', value: person.active }),
    expect: [200, 204],
  })
}

export async function deletePerson(session: Session, person: Person): Promise<void> {
  await session.ask({
    title: `Delete ${person.displayName}`,
    method: 'DELETE',
    path: `/Users/${session.idOf(person.id)}`,
    expect: [204],
  })
  session.forget(person.id)
}

/** RFC 7643 §4.1 as most send it, with the address as primary work e-mail. */
export function plainPerson(person: Person): JsonObject {
  const { id, userName, firstName, lastName, displayName, email, active } = person
  return filled({
    userName,
    externalId: id,
    name: filled({ givenName: firstName, familyName: lastName, formatted: displayName }),
    displayName,
    emails: email ? [{ value: email, type: 'work', primary: true }] : undefined,
    active,
  })
}
