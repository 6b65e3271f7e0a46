import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  scimError,
  sorted,
} from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

const pat = {
  schemas: [
    'urn:ietf:params:scim:schemas:core:2.0:User',
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  ],
  externalId: 'uid=pat,ou=people,dc=acme',
  userName: 'pat',
  name: { givenName: 'Pat', familyName: 'Ping', formatted: 'Pat Ping' },
  displayName: 'Pat Ping',
  emails: [{ value: 'pat@acme.test', type: 'work', primary: true }],
  title: 'Engineer',
  active: true,
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'R&D' },
}

const headers = { 'user-agent': 'PingFederate', 'content-type': 'application/scim+json' }

async function connect() {
  const acme = await createScimOrganisation()
  const ping = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  const create = async (path: string, body: object): Promise<string> => {
    const made = await ping('POST', path, body)
    expect(made).toMatchObject({ status: 201 })
    return made.body.id
  }
  return { acme, ping, create }
}

describe('Ping finds a person', () => {
  test.each([
    ['the user name', 'userName eq "pat"'],
    ['the work address, without a sub-attribute', 'emails eq "pat@acme.test"'],
    ['the work address in another case', 'emails eq "PAT@ACME.TEST"'],
    ['a filter of its administrator', 'emails.value eq "pat@acme.test" and active eq true'],
    ['another of theirs', `${enterpriseSchema}:department eq "R&D"`],
  ])('by %s', async (_, filter) => {
    const { acme, create } = await connect()
    const id = await create('/Users', pat)
    await create('/Users', {
      ...pat,
      userName: 'sam',
      externalId: 'uid=sam',
      emails: [{ value: 'sam@acme.test', type: 'work' }],
      [enterpriseSchema]: {},
    })

    expect(await acme.find(filter)).toEqual([id])
  })

  test('who is in the organisation already, by the address', async () => {
    const { acme } = await connect()

    expect(await acme.find(`emails eq "${acme.manager.email}"`)).toEqual([acme.manager.id])
  })
})

describe('Ping reads', () => {
  test('what the service can do', async () => {
    const { ping } = await connect()

    const config = await ping('GET', '/ServiceProviderConfig')

    expect(config).toMatchObject({
      status: 200,
      body: {
        patch: { supported: true },
        bulk: { supported: true },
        filter: { supported: true },
        sort: { supported: true },
        etag: { supported: true },
        changePassword: { supported: false },
      },
    })
  })
})

describe('Ping changes a person', () => {
  test('whose user name is no address, by PUT', async () => {
    const { acme, ping, create } = await connect()
    const id = await create('/Users', pat)

    const changed = await ping('PUT', `/Users/${id}`, { ...pat, title: 'Architect' })

    expect(changed).toMatchObject({
      status: 200,
      body: { id, userName: 'pat', title: 'Architect' },
    })
    expect((await acme.people()).map(({ email }) => email)).toContain('pat@acme.test')
  })

  test('whose work address changes', async () => {
    const { acme, ping, create } = await connect()
    const id = await create('/Users', pat)
    const emails = [{ value: 'pat.ping@acme.test', type: 'work', primary: true }]

    await ping('PUT', `/Users/${id}`, { ...pat, emails })

    expect(await acme.find('emails eq "pat.ping@acme.test"')).toEqual([id])
    expect(await acme.find('emails eq "pat@acme.test"')).toEqual([])
  })

  test('by disabling, when that is the action for those who leave', async () => {
    const { ping, create } = await connect()
    const id = await create('/Users', pat)

    const disabled = await ping('PUT', `/Users/${id}`, { ...pat, active: false })

    expect(disabled).toMatchObject({ status: 200, body: { active: false } })
  })

  test('by deleting, when that is the action for those who leave', async () => {
    const { ping, create } = await connect()
    const id = await create('/Users', pat)

    expect((await ping('DELETE', `/Users/${id}`)).status).toBe(204)
    expect(await ping('GET', `/Users/${id}`)).toMatchObject(scimError(404))
  })

  test('who is created disabled', async () => {
    const { ping } = await connect()

    const made = await ping('POST', '/Users', { ...pat, active: false })

    expect(made).toMatchObject({ status: 201, body: { active: false } })
  })
})

test('Ping changes the memberships of a group in one request', async () => {
  const { acme, ping, create } = await connect()
  const one = await create('/Users', pat)
  const two = await create('/Users', {
    ...pat,
    userName: 'sam',
    externalId: 'uid=sam',
    emails: [{ value: 'sam@acme.test', type: 'work' }],
  })
  const group = await create('/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
    displayName: 'Research',
    externalId: 'cn=research',
    members: [{ value: one }],
  })

  const changed = await ping('PATCH', `/Groups/${group}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [
      { op: 'remove', path: `members[value eq "${one}"]` },
      { op: 'add', path: 'members', value: [{ value: two }] },
    ],
  })

  expect(changed.status).toBe(204)
  expect(await acme.membersOf(group)).toEqual(sorted(two))
})

test('a short cycle of Ping is recorded event by event', async () => {
  const { acme, ping, create } = await connect()
  const id = await create('/Users', pat)

  await ping('PUT', `/Users/${id}`, pat)
  await ping('PUT', `/Users/${id}`, { ...pat, title: 'Architect' })
  await ping('PUT', `/Users/${id}`, { ...pat, title: 'Architect', active: false })
  await ping('PUT', `/Users/${id}`, { ...pat, title: 'Architect', active: true })

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'user.changed',
    'user.deactivated',
    'user.enabled',
  ])
})

test.each([0, 2])(
  'the simulated Ping brings its directory, and a year of it (every %d. write times out)',
  async (timeoutEvery) => {
    const { acme } = await connect()
    const { exchange } = acme
    const directory = sampleDirectory()
    const idp = simulatedScimClient('ping', { directory, exchange, timeoutEvery })

    await idp.testConnection()
    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  },
)
