/**
 * PingFederate's SCIM connector with the work address as the unique identifier, and deletion as the
 * action for those who leave.
 * https://docs.pingidentity.com/integrations/scim/setup/pf_scim_connector_scim_connector_settings_reference.html
 */
import type { Person } from './directory.ts'
import { enterpriseSchema, equals, filled, members, userSchema } from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMakeGroup,
  type Provider,
  patchGroup,
  plainPerson,
  renameByPath,
  wholePeople,
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

    ...wholePeople(body, (person) =>
      person.email ? equals('emails', person.email) : byUserName(person),
    ),
    personIsDeleted: deletePerson,

    groups: {
      nested: false,
      arrives: (session, group) => findOrMakeGroup(session, group, { externalId: group.id }),
      isRenamed: renameByPath,
      async membersChange(session, group, { add, remove }) {
        const gone = remove.map((id) => `members[${equals('value', session.idOf(id))}]`)
        const added = { op: 'add', path: 'members', value: members(add.map(session.idOf)) }
        await patchGroup(
          session,
          group,
          `Update the memberships of ${group.name}`,
          ...gone.map((path) => ({ op: 'remove', path })),
          ...(add.length > 0 ? [added] : []),
        )
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
