import { describe, expect, test } from 'vitest'
import { createScimOrganisation, scimError, sorted } from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

/** OneLogin's default JSON template, with the macros filled in and what is not mapped left empty. */
const kirk = {
  schemas: ['urn:scim:schemas:core:1.0'],
  userName: 'kirk@acme.test',
  externalId: '30587217',
  displayName: 'James Kirk',
  name: { givenName: 'James', familyName: 'Kirk', formatted: 'James Kirk' },
  emails: [{ value: 'kirk@acme.test', type: 'work', primary: true }],
  phoneNumbers: [{ value: '', type: 'work' }],
  title: '',
  department: '',
  userType: '',
  preferredLanguage: '',
  active: true,
}

const headers = {
  accept: 'application/json',
  'content-type': 'application/json',
  'user-agent': 'OneLogin SCIM',
}

async function connect() {
  const acme = await createScimOrganisation()
  const onelogin = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  const create = async (path: string, body: object): Promise<string> => {
    const made = await onelogin('POST', path, body)
    expect(made).toMatchObject({ status: 201 })
    return made.body.id
  }
  return { acme, onelogin, create }
}

describe('OneLogin enables the connection', () => {
  test('by looking for somebody who cannot exist', async () => {
    const { onelogin } = await connect()

    const nobody = await onelogin('GET', '/Users?filter=userName%20eq%20%22no-such-user-11%22')

    expect(nobody).toMatchObject({ status: 200, body: { totalResults: 0, Resources: [] } })
  })

  test('and reads the answer, asked for as application/json', async () => {
    const { onelogin } = await connect()

    const answers = [
      await onelogin('GET', '/Users?filter=userName%20eq%20%22x%22'),
      await onelogin('GET', '/ServiceProviderConfig'),
      await onelogin('GET', '/Users/unknown'),
    ]

    for (const { headers: sent } of answers)
      expect(sent['content-type']).toMatch(/^application\/json/)
  })

  test('and reads the whole list of groups', async () => {
    const { onelogin, create } = await connect()
    const group = await create('/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Bridge',
    })

    const list = await onelogin('GET', '/Groups')

    expect(list).toMatchObject({
      status: 200,
      body: { totalResults: 1, Resources: [{ id: group, displayName: 'Bridge' }] },
    })
  })
})

describe('OneLogin creates a person', () => {
  test('by a template that names SCIM 1.x', async () => {
    const { onelogin } = await connect()

    const made = await onelogin('POST', '/Users', kirk)

    expect(made).toMatchObject({
      status: 201,
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: 'kirk@acme.test',
        externalId: '30587217',
      },
    })
  })

  test('with empty texts, which are no values', async () => {
    const { onelogin, create } = await connect()
    const id = await create('/Users', kirk)

    const { body } = await onelogin('GET', `/Users/${id}`)

    expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['title']))
    for (const name of ['title', 'userType', 'preferredLanguage', 'phoneNumbers', 'department'])
      expect(body).not.toHaveProperty(name)
  })

  test('whose e-mail is empty, so that the user name is the address', async () => {
    const { acme, create } = await connect()

    await create('/Users', { ...kirk, emails: [{ value: '', type: 'work', primary: true }] })

    expect((await acme.people()).map(({ email }) => email)).toContain('kirk@acme.test')
  })

  test('without any address: refused with the reason', async () => {
    const { onelogin } = await connect()

    const refused = await onelogin('POST', '/Users', { ...kirk, userName: 'kirk', emails: [] })

    expect(refused).toMatchObject(scimError(400, 'invalidValue', /e-mail/))
  })
})

describe('OneLogin changes a person', () => {
  test('by PUT of the template', async () => {
    const { onelogin, create } = await connect()
    const id = await create('/Users', { ...kirk, title: 'Captain' })

    const changed = await onelogin('PUT', `/Users/${id}`, { ...kirk, displayName: 'J. T. Kirk' })

    expect(changed).toMatchObject({ status: 200, body: { id, displayName: 'J. T. Kirk' } })
    expect(changed.body).not.toHaveProperty('title')
  })

  test('by suspending, and by deleting', async () => {
    const { onelogin, create } = await connect()
    const id = await create('/Users', kirk)

    const suspended = await onelogin('PUT', `/Users/${id}`, { ...kirk, active: false })
    const deleted = await onelogin('DELETE', `/Users/${id}`)

    expect(suspended).toMatchObject({ status: 200, body: { active: false } })
    expect(deleted.status).toBe(204)
  })
})

describe('OneLogin provisions entitlements', () => {
  test('by adding to a group and removing from it', async () => {
    const { acme, onelogin, create } = await connect()
    const id = await create('/Users', kirk)
    const other = await create('/Users', {
      ...kirk,
      userName: 'spock@acme.test',
      externalId: '2',
      emails: [],
    })
    const group = await create('/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'Bridge',
    })
    const change = (operation: object) =>
      onelogin('PATCH', `/Groups/${group}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [operation],
      })

    const added = await change({
      op: 'add',
      path: 'members',
      value: [{ value: id }, { value: other }],
    })
    const both = await acme.membersOf(group)
    const removed = await change({ op: 'remove', path: `members[value eq "${id}"]` })

    expect([added.status, removed.status]).toEqual([204, 204])
    expect(both).toEqual(sorted(id, other))
    expect(await acme.membersOf(group)).toEqual([other])
  })
})

test('a short cycle of OneLogin is recorded event by event', async () => {
  const { acme, onelogin, create } = await connect()
  const id = await create('/Users', kirk)

  await onelogin('PUT', `/Users/${id}`, kirk)
  await onelogin('PUT', `/Users/${id}`, { ...kirk, title: 'Captain' })
  await onelogin('PUT', `/Users/${id}`, { ...kirk, title: 'Captain', active: false })
  await onelogin('DELETE', `/Users/${id}`)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'user.changed',
    'user.deactivated',
    'user.deleted',
  ])
})

test.each([0, 2])(
  'the simulated OneLogin brings its directory, and a year of it (every %d. write times out)',
  async (timeoutEvery) => {
    const { acme } = await connect()
    const { exchange } = acme
    const directory = sampleDirectory()
    const idp = simulatedScimClient('onelogin', { directory, exchange, timeoutEvery })

    await idp.testConnection()
    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  },
)
