/**
 * PingFederate's SCIM connector with the work address as the unique identifier, and deletion as the
 * action for those who leave.
 * https://docs.pingidentity.com/integrations/scim/setup/pf_scim_connector_scim_connector_settings_reference.html
 */
import type { Person } from './directory.ts'
import {
  enterpriseSchema,
  equals,
  filled,
  groupSchema,
  members,
  patchOf,
  userSchema,
} from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMake,
  type Provider,
  plainPerson,
  putPerson,
} from './provider.ts'

export function ping(): Provider {
  return {
    label: 'Ping',
    headers: () => ({
      accept: 'application/scim+json',
      'content-type': 'application/scim+json',
      'user-agent': 'PingFederate',
    }),

    async testConnection(session) {
      await session.ask({
        title: 'Read what the service can do',
        method: 'GET',
        path: '/ServiceProviderConfig',
        expect: [200],
      })
      await session.ask({
        title: 'Read one person',
        method: 'GET',
        path: '/Users?startIndex=1&count=1',
        expect: [200],
      })
    },

    sends: ({ active }) => active,

    async personArrives(session, person) {
      const found = await findOrMake(session, {
        id: person.id,
        endpoint: '/Users',
        called: person.displayName,
        lookUps: [person.email ? equals('emails', person.email) : byUserName(person)],
        body: body(person),
      })
      if (found) await putPerson(session, person, body(person))
    },
    personChanges: (session, _, after) => putPerson(session, after, body(after)),
    personIsDeleted: deletePerson,

    groups: {
      nested: false,
      async arrives(session, group) {
        await findOrMake(session, {
          id: group.id,
          endpoint: '/Groups',
          called: `the group ${group.name}`,
          lookUps: [equals('displayName', group.name)],
          body: { schemas: [groupSchema], displayName: group.name, externalId: group.id },
        })
      },
      async isRenamed(session, group) {
        await session.ask({
          title: `Rename the group to ${group.name}`,
          method: 'PATCH',
          path: `/Groups/${session.idOf(group.id)}`,
          body: patchOf({ op: 'replace', path: 'displayName', value: group.name }),
          expect: [204, 200],
        })
      },
      async membersChange(session, group, { add, remove }) {
        const gone = remove.map((id) => `members[${equals('value', session.idOf(id))}]`)
        const added = { op: 'add', path: 'members', value: members(add.map(session.idOf)) }
        await session.ask({
          title: `Update the memberships of ${group.name}`,
          method: 'PATCH',
          path: `/Groups/${session.idOf(group.id)}`,
          body: patchOf(
            ...gone.map((path) => ({ op: 'remove', path })),
            ...(add.length > 0 ? [added] : []),
          ),
          expect: [204, 200],
        })
      },
    },
  }
}

function body(person: Person) {
  const { title, department, employeeNumber } = person
  const enterprise = department || employeeNumber
  return {
    schemas: enterprise ? [userSchema, enterpriseSchema] : [userSchema],
    ...plainPerson(person),
    ...filled({
      title,
      [enterpriseSchema]: enterprise ? filled({ department, employeeNumber }) : undefined,
    }),
  }
}
