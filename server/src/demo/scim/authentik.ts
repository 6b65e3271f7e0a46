/**
 * authentik's SCIM provider: people by PUT, groups by a PATCH that repeats what they are, and one
 * operation for every member, in portions of what bulk allows.
 * https://github.com/goauthentik/authentik/tree/main/authentik/providers/scim/clients
 */
import type { Group, Person } from './directory.ts'
import { isObject, type JsonObject } from './exchange.ts'
import { groupSchema, members, type Operation, userSchema } from './messages.ts'
import {
  deletePerson,
  findOrMakeGroup,
  type Provider,
  patchGroup,
  plainPerson,
  wholePeople,
} from './provider.ts'
import type { Session } from './session.ts'

export function authentik(): Provider {
  const body = (person: Person) => ({ schemas: [userSchema], ...plainPerson(person) })
  let portion = 100

  async function inPortions(session: Session, group: Group, operations: Operation[]) {
    const title = `Update the group ${group.name}`
    for (let at = 0; at < operations.length; at += portion)
      await patchGroup(session, group, title, ...operations.slice(at, at + portion))
  }

  return {
    label: 'authentik',
    headers: () => ({
      accept: 'application/scim+json',
      'content-type': 'application/scim+json',
      'user-agent': 'goauthentik.io/2026.2',
    }),

    async testConnection(session) {
      const answer = await session.ask({
        title: 'Read what the service can do',
        method: 'GET',
        path: '/ServiceProviderConfig',
        expect: [200],
        holds: { patch: { supported: true } },
      })
      const bulk = isObject(answer.body) ? answer.body.bulk : undefined
      if (isObject(bulk) && typeof bulk.maxOperations === 'number')
        portion = Math.max(bulk.maxOperations, 1)
    },

    sends: () => true,

    ...wholePeople(body),
    personIsDeleted: deletePerson,

    groups: {
      nested: false,
      arrives: (session, group) => findOrMakeGroup(session, group, whole(group)),
      isRenamed: (session, group) =>
        inPortions(session, group, [
          { op: 'replace', value: { ...whole(group), id: session.idOf(group.id) } },
        ]),
      async membersChange(session, group, { add, remove }) {
        await session.ask({
          title: `Who is in ${group.name} now?`,
          method: 'GET',
          path: `/Groups/${session.idOf(group.id)}`,
          expect: [200],
        })
        const operation = (op: string) => (id: string) => ({
          op,
          path: 'members',
          value: members([session.idOf(id)]),
        })
        await inPortions(session, group, [
          ...remove.map(operation('remove')),
          ...add.map(operation('add')),
        ])
      },
    },
  }
}

function whole({ id, name }: Group): JsonObject {
  return { schemas: [groupSchema], externalId: id, displayName: name }
}
