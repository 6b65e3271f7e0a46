/**
 * JumpCloud, a custom SCIM application: activating it makes a person, changes and removes them, and
 * members of groups come and go as lists of values.
 * https://app.uni-moni.com/en/kb/sso-setup-jumpcloud
 */
import { stableGuid } from '../tenant.ts'
import type { Person } from './directory.ts'
import { equals, groupSchema, members, patchOf, userSchema } from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMake,
  type Provider,
  plainPerson,
  putPerson,
} from './provider.ts'
import type { Session } from './session.ts'

export function jumpcloud(): Provider {
  const body = (person: Person) => ({ schemas: [userSchema], ...plainPerson(person) })

  return {
    label: 'JumpCloud',
    headers: () => ({
      accept: 'application/scim+json',
      'content-type': 'application/scim+json',
      'user-agent': 'JumpCloud/1.0',
    }),

    async testConnection(session) {
      const somebody = activationPerson(session)
      await findOrMake(session, {
        id: somebody.id,
        endpoint: '/Users',
        called: 'the person who tests the activation',
        lookUps: [byUserName(somebody)],
        body: body(somebody),
      })
      if (!session.knows(somebody.id)) return
      const renamed = { ...somebody, displayName: 'JumpCloud Test Updated' }
      await putPerson(session, renamed, body(renamed))
      await putPerson(session, { ...renamed, active: false }, body({ ...renamed, active: false }))
      await deletePerson(session, renamed)
    },

    sends: ({ active }) => active,

    async personArrives(session, person) {
      const found = await findOrMake(session, {
        id: person.id,
        endpoint: '/Users',
        called: person.displayName,
        lookUps: [byUserName(person)],
        body: body(person),
      })
      if (found) await putPerson(session, person, body(person))
    },
    personChanges: (session, _, after) => putPerson(session, after, body(after)),

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
          body: patchOf({ op: 'replace', value: { displayName: group.name } }),
          expect: [204, 200],
        })
      },
      async membersChange(session, group, { add, remove }) {
        for (const [op, ids] of [['remove', remove] as const, ['add', add] as const])
          if (ids.length > 0)
            await session.ask({
              title: `${op === 'add' ? 'Add to' : 'Remove from'} the group ${group.name}`,
              method: 'PATCH',
              path: `/Groups/${session.idOf(group.id)}`,
              body: patchOf({ op, path: 'members', value: members(ids.map(session.idOf)) }),
              expect: [204, 200],
            })
      },
    },
  }
}

function activationPerson({ directory }: Session): Person {
  const mark = stableGuid('activation', directory.people[0]?.id ?? '').slice(0, 8)
  const address = `jumpcloud-test-${mark}@${directory.people[0]?.userName.split('@').at(-1) ?? 'contoso.example'}`
  return {
    id: `activation ${mark}`,
    userName: address,
    firstName: 'JumpCloud',
    lastName: 'Test',
    displayName: 'JumpCloud Test',
    email: address,
    active: true,
  }
}
