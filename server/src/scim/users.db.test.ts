import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../testing/organisation.ts'
import { createScimOrganisation } from '../../testing/scim.ts'
import type { Db } from '../store/index.ts'

const core = 'urn:ietf:params:scim:schemas:core:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

const bob = {
  schemas: [core],
  userName: 'Bob.Miller@acme.test',
  externalId: 'b-1',
  name: { givenName: 'Bob', familyName: 'Miller' },
  emails: [{ value: 'bob.miller@acme.test', type: 'work', primary: true }],
  title: 'Engineer',
}

describe('a person over SCIM', () => {
  it('SC-11: is created with Location and ETag, and read as they were sent', async () => {
    const acme = await createScimOrganisation()
    const made = await acme.scim('POST', '/Users', bob)
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({
      ...bob,
      active: true,
      roles: [{ value: 'ROLE_USER' }],
      meta: { resourceType: 'User' },
    })
    expect(made.headers.location).toBe(made.body.meta.location)
    expect(made.headers.etag).toBe(made.body.meta.version)
    expect((await acme.scim('GET', `/Users/${made.body.id}`)).body).toEqual(made.body)
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  it('SC-12: has a userName of their own, in whatever case it is written', async () => {
    const acme = await createScimOrganisation()
    await acme.scim('POST', '/Users', bob)
    const again = await acme.scim('POST', '/Users', {
      ...bob,
      userName: 'BOB.MILLER@ACME.TEST',
      emails: [{ value: 'other@acme.test', primary: true }],
    })
    expect(again).toMatchObject({ status: 409, body: { scimType: 'uniqueness', status: '409' } })
    const found = await acme.scim('GET', '/Users?filter=userName eq "bob.MILLER@acme.test"')
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ externalId: 'b-1' }] })
    const none = await acme.scim('GET', '/Users?filter=userName eq "nobody@acme.test"')
    expect(none).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } })
  })

  it('SC-14, SC-15: is deactivated by the text "False", which ends their sessions', async () => {
    const acme = await createScimOrganisation()
    const { body } = await acme.scim('POST', '/Users', bob)
    const patched = await acme.scim('PATCH', `/Users/${body.id}`, {
      schemas: [patchOp],
      Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    })
    expect(patched).toMatchObject({ status: 200, body: { active: false } })
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.deactivated'])
  })

  it('SC-16: comes back within the grace period under the same id', async () => {
    const acme = await createScimOrganisation()
    const { body } = await acme.scim('POST', '/Users', bob)
    expect((await acme.scim('DELETE', `/Users/${body.id}`)).status).toBe(204)
    expect((await acme.scim('GET', `/Users/${body.id}`)).status).toBe(404)
    expect((await acme.scim('GET', '/Users')).body.totalResults).toBe(0)
    const back = await acme.scim('POST', '/Users', { ...bob, title: 'Lead' })
    expect(back).toMatchObject({ status: 201, body: { id: body.id, title: 'Lead', active: true } })
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.deleted', 'user.restored'])
  })

  it('SC-18: is adopted when they are here already', async () => {
    const acme = await createScimOrganisation()
    const made = await acme.scim('POST', '/Users', {
      ...bob,
      userName: acme.manager.email,
      emails: [{ value: acme.manager.email, primary: true }],
    })
    expect(made).toMatchObject({ status: 201, body: { id: acme.manager.id } })
    expect(await acme.events()).toMatchObject([
      {
        type: 'user.adopted',
        before: { managedBy: 'portal' },
        after: { managedBy: 'scim', userName: acme.manager.email, externalId: 'b-1' },
      },
      {
        type: 'user.changed',
        before: { firstName: 'Ana', lastName: 'Ruiz', title: null },
        after: { firstName: 'Bob', lastName: 'Miller', title: 'Engineer' },
      },
    ])
  })
})

describe('a list', () => {
  it('SC-25: is filtered by every operator', async () => {
    const acme = await createScimOrganisation()
    await acme.scim('POST', '/Users', bob)
    const holds = async (filter: string) =>
      (await acme.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`)).body.totalResults
    for (const filter of [
      'title eq "ENGINEER"',
      'title co "gine"',
      'title sw "eng"',
      'title ew "eer"',
      'not (title eq "x")',
      'nickName pr or title pr',
      'emails[type eq "work" and value ew "@acme.test"]',
      'emails.value eq "Bob.Miller@acme.test"',
      'emails.type eq "work"',
      'externalId eq "b-1"',
      'active eq true',
      'roles.value eq "ROLE_USER"',
      'meta.created gt "2020-01-01T00:00:00Z"',
      `schemas eq "${core}"`,
      'name.familyName gt "a" and name.familyName lt "z"',
      'name pr',
    ])
      expect([filter, await holds(filter)]).toEqual([filter, 1])
    for (const filter of ['externalId eq "B-1"', 'groups pr', 'nickName ne "x"', 'active eq false'])
      expect([filter, await holds(filter)]).toEqual([filter, 0])
  })

  // Of what lies between the people of a page, no more than a few times the page is read in one go.
  it.each<[string, { groups: number; between: number }]>([
    ['who are in few groups', { groups: 2, between: 0 }],
    ['who are in more groups than a page is prepared for', { groups: 24, between: 0 }],
    ['who lie far apart, others between them', { groups: 1, between: 60 }],
  ])('shows groups and roles of people %s', async (_, { groups, between }) => {
    const acme = await createScimOrganisation()
    const ids: string[] = []
    for (const number of [0, 1, 2]) ids.push(await acme.user({ userName: `p${number}@acme.test` }))
    await acme.usher.store.write(async (db) => {
      for (let number = 0; number < between; number += 1)
        await insertNamesake(db, acme.id, ids[2] as string, number)
    })
    for (let number = 3; number < 11; number += 1)
      ids.push(await acme.user({ userName: `p${number}@acme.test` }))
    const names = Array.from({ length: groups }, (_, at) => `Team ${at}`)
    for (const displayName of names)
      await acme.scim('POST', '/Groups', {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName,
        members: ids.map((value) => ({ value })),
      })

    const behind = await acme.scim('GET', '/Users?startIndex=2&count=10')
    const first = await acme.scim('GET', '/Users?count=10')

    const shown = ({ body }: Answer) =>
      body.Resources.map(
        ({
          id,
          roles,
          groups,
        }: {
          id: string
          roles: object[]
          groups: { display: string }[]
        }) => ({
          id,
          roles,
          groups: groups.map(({ display }) => display).sort(),
        }),
      )
    const roles = [{ value: 'ROLE_USER' }]
    const all = ids.map((id) => ({ id, roles, groups: names.toSorted() }))
    expect([first.body.totalResults, behind.body.totalResults]).toEqual([11, 11])
    expect(shown(first)).toEqual(all.slice(0, 10))
    expect(shown(behind)).toEqual(all.slice(1))
  })
})

/** Somebody of the portal whose id comes right behind that of another. */
async function insertNamesake(db: Db, org: string, behind: string, number: number): Promise<void> {
  const id = `${behind.slice(0, -4)}${(0xff00 + number).toString(16)}`
  const email = `local${number}@acme.test`
  await sql`insert into users (org_id, id, email, email_folded, first_name, last_name, sort_name,
      search_text, status, held, managed_by, joined_by, created_by, created_at, updated_by,
      updated_at, active_assigned, version)
    values (${org}, ${id}, ${email}, ${email}, 'Lo', 'Cal', 'lo cal', ${email}, 'active', 0,
      'portal', 'created', 'System', 1, 'System', 1, 1, 1)`.execute(db)
  await sql`insert into user_roles (org_id, user_id, role, provenance, actor, at)
    values (${org}, ${id}, 'ROLE_USER', 'manual', 'System', 1)`.execute(db)
}
