/**
 * Google Workspace: people alone, suspended first and deleted after a set number of days.
 * https://workspaceupdates.googleblog.com/2016/07/automatically-provision-users-with-scim.html
 */
import type { Person } from './directory.ts'
import { userSchema } from './messages.ts'
import {
  byUserName,
  deletePerson,
  findOrMake,
  type Provider,
  plainPerson,
  putPerson,
  setActive,
} from './provider.ts'

export function google(): Provider {
  const body = (person: Person) => ({ schemas: [userSchema], ...plainPerson(person) })
  return {
    label: 'Google Workspace',
    headers: () => ({
      accept: 'application/scim+json',
      'content-type': 'application/scim+json; charset=utf-8',
      'user-agent': 'Google-Auto-Provisioning',
    }),

    async testConnection(session) {
      await session.ask({
        title: 'Connect: one person of any name',
        method: 'GET',
        path: '/Users?count=1',
        expect: [200],
      })
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
    async personChanges(session, before, after) {
      if (before.active === after.active) await putPerson(session, after, body(after))
      else await setActive(session, after)
    },
    personIsDeleted: deletePerson,
  }
}
