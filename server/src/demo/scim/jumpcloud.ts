/**
 * JumpCloud, a custom SCIM application: activating it makes a person, changes and removes them, and
 * members of groups come and go as lists of values.
 * https://app.uni-moni.com/en/kb/sso-setup-jumpcloud
 */
import { stableGuid } from '../tenant.ts'
import type { Person } from './directory.ts'
import { members, userSchema } from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMake,
  findOrMakeGroup,
  type Provider,
  patchGroup,
  plainPerson,
  putPerson,
  wholePeople,
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

    ...wholePeople(body),

    groups: {
      nested: false,
      arrives: (session, group) => findOrMakeGroup(session, group, { externalId: group.id }),
      isRenamed: (session, group) =>
        patchGroup(session, group, `Rename the group to ${group.name}`, {
          op: 'replace',
          value: { displayName: group.name },
        }),
      async membersChange(session, group, { add, remove }) {
        for (const [op, ids] of [['remove', remove] as const, ['add', add] as const])
          if (ids.length > 0)
            await patchGroup(
              session,
              group,
              `${op === 'add' ? 'Add to' : 'Remove from'} the group ${group.name}`,
              { op, path: 'members', value: members(ids.map(session.idOf)) },
            )
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
