import { describe, expect, it } from 'vitest'
import { createScimOrganisation } from '../../testing/scim.ts'

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
    expect(await acme.eventNames()).toEqual(['user.adopted', 'user.changed'])
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
})
