/**
 * Okta: applications of the catalogue change by PATCH, those made with the wizard by PUT.
 * https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20
 */
import type { Group, Person } from './directory.ts'
import type { JsonObject } from './exchange.ts'
import { enterpriseSchema, equals, filled, groupSchema, patchOf, userSchema } from './messages.ts'
import { byUserName, findOrMake, type Provider, putPerson } from './provider.ts'
import type { Session } from './session.ts'

export type OktaOptions = {
  /** How the application came to be, which decides how changes are sent. */
  application?: 'catalogue' | 'wizard'
}

const page = 'startIndex=1&count=100'

export function okta({ application = 'catalogue' }: OktaOptions = {}): Provider {
  const isWizard = application === 'wizard'

  async function patchGroup(session: Session, group: Group, title: string, body: JsonObject) {
    const path = `/Groups/${session.idOf(group.id)}`
    await session.ask({ title, method: 'PATCH', path, body, expect: [204, 200] })
  }

  /** The wizard's applications: the whole group, with everyone in it. */
  async function putGroup(session: Session, group: Group) {
    const people = group.people.filter(session.knows)
    await session.ask({
      title: `Push the whole group ${group.name}`,
      method: 'PUT',
      path: `/Groups/${session.idOf(group.id)}`,
      body: {
        schemas: [groupSchema],
        id: session.idOf(group.id),
        displayName: group.name,
        members: membersOf(session, people),
      },
      expect: [200],
      holds: { displayName: group.name },
    })
  }

  return {
    label: 'Okta',
    headers: () => ({
      accept: 'application/scim+json',
      'accept-charset': 'utf-8',
      'content-type': 'application/scim+json; charset=utf-8',
      'user-agent': 'Okta SCIM Client 1.0.0',
    }),

    async testConnection(session) {
      await session.ask({
        title: 'Test API credentials',
        method: 'GET',
        path: '/Users?startIndex=1&count=2',
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
        parameters: page,
        body: { ...wholePerson(person), groups: [], password: '1mz050nq' },
      })
      if (found) await update(session, undefined, person)
    },

    async personChanges(session, before, after) {
      const path = `/Users/${session.idOf(after.id)}`
      const title = `Read ${after.displayName}`
      await session.ask({ title, method: 'GET', path, expect: [200] })
      await update(session, before, after)
    },

    groups: {
      nested: false,
      async arrives(session, group) {
        await findOrMake(session, {
          id: group.id,
          endpoint: '/Groups',
          called: `the group ${group.name}`,
          lookUps: [equals('displayName', group.name)],
          parameters: page,
          body: { schemas: [groupSchema], displayName: group.name, members: [] },
        })
        // "Push now" on a group with nobody in it.
        if (!isWizard && group.people.length === 0 && session.knows(group.id))
          await patchGroup(session, group, `Push ${group.name}, which is empty`, {
            ...patchOf({ op: 'replace', path: 'members', value: [] }),
          })
      },
      async isRenamed(session, group) {
        if (isWizard) return putGroup(session, group)
        const value = { id: session.idOf(group.id), displayName: group.name }
        const title = `Rename the group to ${group.name}`
        await patchGroup(session, group, title, patchOf({ op: 'replace', value }))
      },
      async membersChange(session, group, { add, remove }) {
        if (isWizard) return putGroup(session, group)
        const gone = remove.map((id) => `members[${equals('value', session.idOf(id))}]`)
        const added = { op: 'add', path: 'members', value: membersOf(session, add) }
        await patchGroup(
          session,
          group,
          `Push the memberships of ${group.name}`,
          patchOf(
            ...gone.map((path) => ({ op: 'remove', path })),
            ...(add.length > 0 ? [added] : []),
          ),
        )
      },
    },
  }

  async function update(session: Session, before: Person | undefined, after: Person) {
    if (isWizard) {
      const body = { ...wholePerson(after), id: session.idOf(after.id), groups: [] }
      return putPerson(session, after, body)
    }
    const { active: _, ...profile } = wholePerson(after)
    const isSame =
      before &&
      JSON.stringify({ ...wholePerson(before), active: 0 }) ===
        JSON.stringify({ ...wholePerson(after), active: 0 })
    const path = `/Users/${session.idOf(after.id)}`
    if (!isSame)
      await session.ask({
        title: `Push the profile of ${after.displayName}`,
        method: 'PATCH',
        path,
        body: patchOf({ op: 'replace', value: profile }),
        expect: [200, 204],
      })
    if (before?.active !== after.active)
      await session.ask({
        title: `${after.active ? 'Reactivate' : 'Deactivate'} ${after.displayName}`,
        method: 'PATCH',
        path,
        body: patchOf({ op: 'replace', value: { active: after.active } }),
        expect: [200, 204],
      })
  }
}

function membersOf(session: Session, people: readonly string[]) {
  const display = new Map(session.directory.people.map(({ id, userName }) => [id, userName]))
  return people.map((id) => ({ value: session.idOf(id), display: display.get(id) ?? '' }))
}

function wholePerson(person: Person): JsonObject {
  const { firstName, lastName, email, phone, mobile, department, employeeNumber } = person
  const phones = [
    { type: 'work', value: phone },
    { type: 'mobile', value: mobile },
  ].flatMap(({ type, value }) => (value ? [{ type, value }] : []))
  return {
    ...filled({
      schemas: department || employeeNumber ? [userSchema, enterpriseSchema] : [userSchema],
      userName: person.userName,
      name: filled({ givenName: firstName, familyName: lastName }),
      emails: email ? [{ primary: true, value: email, type: 'work' }] : undefined,
      displayName: person.displayName,
      locale: person.language ?? 'en-US',
      externalId: person.id,
      title: person.title ?? '',
      phoneNumbers: phones.length > 0 ? phones : undefined,
      [enterpriseSchema]:
        department || employeeNumber ? filled({ department, employeeNumber }) : undefined,
    }),
    active: person.active,
  }
}
