import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ShownPerson } from '../directory/index.ts'
import {
  type JsonObject,
  project,
  readProjection,
  readResource,
  userResource,
} from './core/index.ts'
import { personWriter, readPerson, renderPerson } from './person.ts'

const type = userResource({ syncRoles: true })
const baseUrl = 'https://usher.test/scim/acme/v2'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('null', '[]', '{}', '"roles":', '\\', '"}', '\u2028', ''),
)
const sent: fc.Arbitrary<JsonObject> = fc.record(
  {
    name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
    displayName: text,
    title: fc.option(text),
    emails: fc.array(fc.record({ value: fc.emailAddress(), type: text }), { maxLength: 2 }),
    phoneNumbers: fc.array(fc.record({ value: text }, { requiredKeys: [] }), { maxLength: 2 }),
    roles: fc.array(fc.record({ value: fc.constantFrom('ROLE_USER', 'ROLE_VIEWER') }), {
      maxLength: 2,
    }),
    [enterprise]: fc.record({ department: text, manager: fc.record({ value: text }) }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>
const person = fc.record({
  attributes: sent,
  wasSent: fc.boolean(),
  externalId: fc.option(text),
  userName: text.filter((name) => name.trim() !== ''),
  activeAssigned: fc.boolean(),
  status: fc.constantFrom('active' as const, 'deactivated' as const),
  groups: fc.array(fc.record({ id: fc.uuid(), name: text, inherited: fc.boolean() }), {
    maxLength: 2,
  }),
})
const asked = fc.constantFrom(
  {},
  { attributes: 'userName,emails.value' },
  { excludedAttributes: 'groups,name' },
)

test('what is written of a person is what the projection shows of them, whatever was sent', () => {
  fc.assert(
    fc.property(person, asked, (about, query) => {
      const { emails = [], ...others } = about.attributes
      const { resource } = readResource(type, {
        ...others,
        userName: about.userName,
        emails: [...(emails as JsonObject[]), { value: 'ana@acme.test', primary: true }],
      })
      const { attributes } = readPerson(resource, { syncRoles: true })
      const user: ShownPerson['user'] = {
        id: '0192f0c1-2345-7abc-8def-0123456789ab',
        email: 'ana@acme.test',
        firstName: 'Ana',
        lastName: 'Ruiz',
        status: about.status,
        managedBy: 'scim',
        userName: about.userName,
        externalId: about.externalId,
        activeAssigned: about.activeAssigned,
        createdAt: 1_700_000_000_000,
        updatedAt: 1_700_000_100_000,
        version: 3,
      }
      const shown: ShownPerson = {
        user,
        roles: ['ROLE_USER'],
        groups: about.groups,
        sent: about.wasSent ? JSON.stringify(attributes) : undefined,
      }
      const projection = readProjection(type, query)
      const known = { ...shown, attributes: about.wasSent ? attributes : undefined }

      const written = JSON.parse(personWriter(projection, baseUrl)(shown))

      expect(written).toEqual({ ...project(projection, renderPerson(known, baseUrl)) })
    }),
    { numRuns: 500 },
  )
})
