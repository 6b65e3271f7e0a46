/**
 * OneLogin with its default JSON template: everything by name, empty where nothing is mapped.
 * https://developers.onelogin.com/scim/implement-scim-api, https://scim.dev/guide/applications/onelogin
 */
import type { Person } from './directory.ts'
import type { JsonObject } from './exchange.ts'
import { equals, filtered, members } from './messages.ts'
import {
  deletePerson,
  findOrMakeGroup,
  type Provider,
  patchGroup,
  renameByPath,
  wholePeople,
} from './provider.ts'

export function onelogin(): Provider {
  return {
    label: 'OneLogin',
    headers: () => ({
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'OneLogin SCIM',
    }),

    async testConnection(session) {
      await session.ask({
        title: 'Enable the API connection: somebody who cannot exist',
        method: 'GET',
        path: filtered('/Users', equals('userName', 'onelogin-connection-test')),
        expect: [200, 404],
      })
      await session.ask({
        title: 'Refresh entitlements: all groups',
        method: 'GET',
        path: '/Groups',
        expect: [200],
      })
    },

    sends: ({ active }) => active,

    ...wholePeople(template),
    personIsDeleted: deletePerson,

    groups: {
      nested: false,
      arrives: (session, group) => findOrMakeGroup(session, group, {}),
      isRenamed: renameByPath,
      async membersChange(session, group, { add, remove }) {
        const removed = remove.map((id) => ({
          op: 'remove',
          path: `members[${equals('value', session.idOf(id))}]`,
        }))
        const value = members(add.map(session.idOf))
        const added = add.length > 0 ? [{ op: 'add', path: 'members', value }] : []
        for (const operation of [...removed, ...added])
          await patchGroup(
            session,
            group,
            `${operation.op === 'add' ? 'Add to' : 'Remove from'} the group ${group.name}`,
            operation,
          )
      },
    },
  }
}

function template(person: Person): JsonObject {
  const { firstName = '', lastName, email = '', phone = '', title = '', department = '' } = person
  return {
    schemas: ['urn:scim:schemas:core:1.0'],
    userName: person.userName,
    externalId: person.id,
    displayName: person.displayName,
    name: { givenName: firstName, familyName: lastName, formatted: person.displayName },
    emails: [{ value: email, type: 'work', primary: true }],
    phoneNumbers: [{ value: phone, type: 'work' }],
    title,
    department,
    userType: '',
    preferredLanguage: person.language ?? '',
    active: person.active,
  }
}
