/**
 * Microsoft Entra ID, a non-gallery application with the attributes that are mapped at first.
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups
 * https://learn.microsoft.com/en-us/entra/identity/app-provisioning/application-provisioning-config-problem-scim-compatibility
 */
import { stableGuid } from '../tenant.ts'
import type { Group, Person } from './directory.ts'
import { isObject, type Json, type JsonObject } from './exchange.ts'
import {
  enterpriseSchema,
  equals,
  filled,
  filtered,
  groupSchema,
  type Operation,
  patchOf,
  userSchema,
} from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMake,
  type MemberChange,
  type Provider,
} from './provider.ts'
import type { Session } from './session.ts'

export type EntraOptions = {
  /** The tenant URL carries `?aadOptscim062020`: requests follow the standard more closely. */
  aadOptscim062020?: boolean
  /** The role of a person is mapped. */
  roles?: boolean
}

const microsoftGroup = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'
const manager = `${enterpriseSchema}:manager`

/** Target paths of the mapping, and what of a person goes there. */
const mapping: Record<string, (person: Person) => string | undefined> = {
  userName: (person) => shown(person).userName,
  displayName: ({ displayName }) => displayName,
  title: ({ title }) => title,
  preferredLanguage: ({ language }) => language,
  'name.givenName': ({ firstName }) => firstName,
  'name.familyName': ({ lastName }) => lastName,
  'name.formatted': ({ firstName, lastName }) => [firstName, lastName].filter(Boolean).join(' '),
  'emails[type eq "work"].value': ({ email }) => email,
  'addresses[type eq "work"].formatted': ({ office }) => office,
  'phoneNumbers[type eq "work"].value': ({ phone }) => phone,
  'phoneNumbers[type eq "mobile"].value': ({ mobile }) => mobile,
  externalId: ({ id }) => id,
  [`${enterpriseSchema}:employeeNumber`]: ({ employeeNumber }) => employeeNumber,
  [`${enterpriseSchema}:department`]: ({ department }) => department,
}

const role = 'roles[primary eq "True"].value'

export function entra({ aadOptscim062020 = false, roles = true }: EntraOptions = {}): Provider {
  const withFlag = aadOptscim062020
  const mark = (path: string) =>
    withFlag ? `${path}${path.includes('?') ? '&' : '?'}aadOptscim062020` : path
  const paths = Object.entries({ ...mapping, ...(roles ? { [role]: roleOf } : {}) })

  /** What of the one differs from the other, path by path. */
  function differences(before: (path: string) => string | undefined, after: Person): Operation[] {
    const operations: Operation[] = []
    for (const [path, read] of paths) {
      const [old, value] = [before(path), read(after)]
      if (old === value) continue
      if (value === undefined) operations.push({ op: 'Remove', path })
      else operations.push({ op: old === undefined ? 'Add' : 'Replace', path, value })
    }
    return operations
  }

  const activeAs = (active: boolean): Json => (withFlag ? active : active ? 'True' : 'False')

  async function patchPerson(session: Session, person: Person, operations: Operation[]) {
    if (operations.length === 0) return
    await session.ask({
      title: `Update ${person.displayName}`,
      method: 'PATCH',
      path: mark(`/Users/${session.idOf(person.id)}`),
      body: withFlag ? standardPatch(operations) : patchOf(...operations),
      expect: [200, 204],
    })
  }

  function managerChange(session: Session, was: string | undefined, is: string | undefined) {
    if (was === is) return []
    if (is === undefined) return [{ op: 'Replace', path: manager, value: { value: '' } }]
    return session.knows(is) ? [{ op: 'Add', path: manager, value: session.idOf(is) }] : []
  }

  async function patchMembers(session: Session, group: Group, operation: Operation) {
    await session.ask({
      title: `${operation.op === 'Add' ? 'Add a member to' : 'Remove a member from'} ${group.name}`,
      method: 'PATCH',
      path: mark(`/Groups/${session.idOf(group.id)}`),
      body: patchOf(operation),
      expect: [204, 200],
    })
  }

  return {
    label: 'Microsoft Entra ID',
    // Now and then there is no User-Agent.
    headers: (turn, method) => ({
      accept: 'application/scim+json',
      ...(method === 'GET' ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
      ...(turn % 3 === 2 ? {} : { 'user-agent': 'Microsoft-Entra-Provisioning' }),
    }),

    /** "Test connection" looks for someone and a group that cannot be there. */
    async testConnection(session) {
      const nobody = stableGuid('nobody', session.directory.people[0]?.id ?? '')
      const asks = [
        ['a person', filtered('/Users', equals('userName', nobody))],
        [
          'a group',
          filtered('/Groups', equals('displayName', nobody), 'excludedAttributes=members'),
        ],
      ] as const
      for (const [what, path] of asks)
        await session.ask({
          title: `Test connection: ${what} that cannot be there`,
          method: 'GET',
          path: mark(path),
          expect: [200],
          holds: { totalResults: 0, Resources: [] },
        })
    },

    // Whoever is disabled already is not made only to be disabled.
    sends: ({ active }) => active,

    async personArrives(session, person) {
      const workAddress = person.email ? [equals('emails[type eq "work"].value', person.email)] : []
      const found = await findOrMake(session, {
        id: person.id,
        endpoint: '/Users',
        called: person.displayName,
        lookUps: [byUserName(person), ...workAddress],
        ...(withFlag ? { parameters: 'aadOptscim062020' } : {}),
        body: newPerson(person, activeAs(person.active), roles),
      })
      if (!found) return
      const isActive = found.active === person.active
      await patchPerson(session, person, [
        ...differences((path) => valueAt(found, path), person),
        ...(isActive ? [] : [{ op: 'Replace', path: 'active', value: activeAs(person.active) }]),
      ])
    },

    async personIsLinked(session, person) {
      await patchPerson(session, person, managerChange(session, undefined, person.manager))
    },

    async personChanges(session, before, after) {
      await session.ask({
        title: `Read ${after.displayName}`,
        method: 'GET',
        path: mark(`/Users/${session.idOf(after.id)}`),
        expect: [200],
        holds: { userName: shown(before).userName, active: before.active },
      })
      await patchPerson(session, after, [
        ...(before.active === after.active
          ? []
          : [{ op: 'Replace', path: 'active', value: activeAs(after.active) }]),
        ...differences((path) => paths.find(([known]) => known === path)?.[1](before), after),
        ...managerChange(session, before.manager, after.manager),
      ])
    },

    personIsDeleted: deletePerson,
    shown,

    groups: {
      nested: true,
      async arrives(session, group) {
        await findOrMake(session, {
          id: group.id,
          endpoint: '/Groups',
          called: `the group ${group.name}`,
          lookUps: [equals('displayName', group.name)],
          parameters: `${withFlag ? 'aadOptscim062020&' : ''}excludedAttributes=members`,
          body: {
            schemas: [groupSchema, microsoftGroup],
            externalId: group.id,
            displayName: group.name,
            members: [],
            meta: { resourceType: 'Group' },
          },
        })
      },
      async isRenamed(session, group) {
        await session.ask({
          title: `Rename the group to ${group.name}`,
          method: 'PATCH',
          path: mark(`/Groups/${session.idOf(group.id)}`),
          body: patchOf({
            op: withFlag ? 'replace' : 'Replace',
            path: 'displayName',
            value: group.name,
          }),
          expect: [204, 200],
        })
      },
      /** A request for every member. */
      async membersChange(session, group, { add, remove }: MemberChange) {
        for (const id of remove.map(session.idOf))
          await patchMembers(session, group, withFlag ? removedByPath(id) : removedByValue(id))
        for (const id of add.map(session.idOf))
          await patchMembers(session, group, {
            op: 'Add',
            path: 'members',
            value: [{ $ref: null, value: id }],
          })
      },
    },
  }
}

function removedByValue(id: string): Operation {
  return { op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }
}

function removedByPath(id: string): Operation {
  return { op: 'Remove', path: `members[${equals('value', id)}]` }
}

/** In the recycle bin, the user name has the object id in front, without its hyphens. */
function shown(person: Person): Person {
  if (!person.binned) return person
  return { ...person, userName: `${person.id.replaceAll('-', '')}${person.userName}` }
}

/** The role that everybody has is not worth a mapping. */
function roleOf({ role: named }: Person): string | undefined {
  return named
}

function newPerson(person: Person, active: Json, roles: boolean): JsonObject {
  const { firstName, lastName, email, phone, mobile, office, employeeNumber, department } = person
  const phones = [
    { type: 'work', value: phone },
    { type: 'mobile', value: mobile },
  ].flatMap(({ type, value }) => (value ? [{ type, value }] : []))
  return filled({
    schemas: [userSchema, enterpriseSchema],
    externalId: person.id,
    userName: person.userName,
    active,
    displayName: person.displayName,
    title: person.title,
    preferredLanguage: person.language,
    name: filled({
      formatted: [firstName, lastName].filter(Boolean).join(' '),
      familyName: lastName,
      givenName: firstName,
    }),
    emails: email ? [{ primary: true, type: 'work', value: email }] : undefined,
    phoneNumbers: phones.length > 0 ? phones : undefined,
    addresses: office ? [{ type: 'work', primary: true, formatted: office }] : undefined,
    roles: roles && person.role ? [{ primary: 'True', value: person.role }] : [],
    meta: { resourceType: 'User' },
    [enterpriseSchema]:
      employeeNumber || department ? filled({ employeeNumber, department }) : undefined,
  })
}

/**
 * With the flag, what is set is one operation without a path, its paths as names, and what is
 * removed one each.
 */
function standardPatch(operations: Operation[]): JsonObject {
  const value: JsonObject = {}
  for (const { op, path = '', value: set } of operations)
    if (op !== 'Remove' && set !== undefined) value[path] = set
  const removed = operations.filter(({ op }) => op === 'Remove')
  return patchOf(
    ...(Object.keys(value).length > 0 ? [{ op: 'replace', value }] : []),
    ...removed.map(({ path = '' }) => ({ op: 'remove', path })),
  )
}

/** What a resource has at a path of the mapping. */
function valueAt(resource: JsonObject, path: string): string | undefined {
  const extension = path.startsWith(`${enterpriseSchema}:`)
  const home = extension ? resource[enterpriseSchema] : resource
  const [name = '', sub] = (extension ? path.slice(enterpriseSchema.length + 1) : path).split('.')
  const [, list = '', key = '', wanted = ''] = /^(\w+)\[(\w+) eq "(\w+)"\]$/.exec(name) ?? []
  if (!isObject(home)) return undefined
  const values = home[list]
  const chosen = list
    ? (Array.isArray(values) ? values : []).find(
        (one) => isObject(one) && (one[key] === wanted || (one[key] === true && wanted === 'True')),
      )
    : home[name]
  const value = sub && isObject(chosen) ? chosen[sub] : sub ? undefined : chosen
  return typeof value === 'string' ? value : undefined
}
