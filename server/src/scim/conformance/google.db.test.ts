import { describe, expect, test } from 'vitest'
import { createScimOrganisation, scimError } from '../../../testing/scim.ts'
import { isAsExpected, sampleDirectory, sampleYear, simulatedScimClient } from '../../demo/index.ts'

const liz = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  externalId: '109876543210987654321',
  userName: 'liz@acme.test',
  name: { givenName: 'Elizabeth', familyName: 'Smith', formatted: 'Elizabeth Smith' },
  displayName: 'Elizabeth Smith',
  emails: [{ value: 'liz@acme.test', type: 'work', primary: true }],
  active: true,
}

const headers = { 'user-agent': 'Google-Auto-Provisioning' }

async function connect() {
  const acme = await createScimOrganisation()
  const google = (method: string, path: string, body?: unknown) =>
    acme.scim(method, path, body, headers)
  const create = async (body: object): Promise<string> => {
    const made = await google('POST', '/Users', body)
    expect(made).toMatchObject({ status: 201 })
    return made.body.id
  }
  const suspend = (id: string, active: boolean) =>
    google('PATCH', `/Users/${id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: active }],
    })
  return { acme, google, create, suspend }
}

describe('Google Workspace connects', () => {
  test('by asking for one person, and there is none', async () => {
    const { google } = await connect()

    const probe = await google('GET', '/Users?count=1')

    expect(probe).toMatchObject({
      status: 200,
      body: { totalResults: 0, itemsPerPage: 0, startIndex: 1, Resources: [] },
    })
  })

  test('by asking for one person, and gets no more than one', async () => {
    const { google, create } = await connect()
    await create(liz)
    await create({ ...liz, userName: 'max@acme.test', externalId: '1', emails: [] })

    const probe = await google('GET', '/Users?count=1')

    expect(probe).toMatchObject({ status: 200, body: { totalResults: 2, itemsPerPage: 1 } })
    expect(probe.body.Resources).toHaveLength(1)
  })
})

describe('Google Workspace provisions', () => {
  test('somebody whom it looked for first', async () => {
    const { acme, google, create } = await connect()

    const before = await google('GET', '/Users?filter=userName%20eq%20%22liz%40acme.test%22')
    const id = await create(liz)

    expect(before.body.Resources).toEqual([])
    expect(await acme.find('userName eq "liz@acme.test"')).toEqual([id])
  })

  test('a change of name by PUT', async () => {
    const { google, create } = await connect()
    const id = await create(liz)

    const changed = await google('PUT', `/Users/${id}`, {
      ...liz,
      name: { givenName: 'Liz', familyName: 'Jones', formatted: 'Liz Jones' },
      displayName: 'Liz Jones',
    })

    expect(changed).toMatchObject({
      status: 200,
      body: { id, displayName: 'Liz Jones', name: { givenName: 'Liz', familyName: 'Jones' } },
    })
  })
})

describe('Google Workspace deprovisions', () => {
  test('by suspending first: the person stays readable', async () => {
    const { google, create, suspend } = await connect()
    const id = await create(liz)

    const suspended = await suspend(id, false)

    expect(suspended).toMatchObject({ status: 200, body: { active: false } })
    expect(await google('GET', `/Users/${id}`)).toMatchObject({
      status: 200,
      body: { active: false },
    })
  })

  test('and takes it back in time', async () => {
    const { create, suspend } = await connect()
    const id = await create(liz)
    await suspend(id, false)

    expect(await suspend(id, true)).toMatchObject({ status: 200, body: { id, active: true } })
  })

  test('by deleting after some days, and only once', async () => {
    const { acme, google, create, suspend } = await connect()
    const id = await create(liz)
    await suspend(id, false)
    acme.usher.clock.advance(7 * 86_400_000)

    const deleted = await google('DELETE', `/Users/${id}`)
    const again = await google('DELETE', `/Users/${id}`)

    expect(deleted.status).toBe(204)
    expect(again).toMatchObject(scimError(404))
  })

  test('and provisions the same person again, suspended before they were deleted', async () => {
    const { google, create, suspend } = await connect()
    const id = await create(liz)
    await suspend(id, false)
    await google('DELETE', `/Users/${id}`)

    const back = await google('POST', '/Users', liz)

    expect(back).toMatchObject({ status: 201, body: { id, active: true } })
  })

  test('and after more than thirty days a person of that name is somebody new', async () => {
    const { acme, google, create } = await connect()
    const id = await create(liz)
    await google('DELETE', `/Users/${id}`)
    acme.usher.clock.advance(31 * 86_400_000)

    const another = await google('POST', '/Users', liz)

    expect(another.status).toBe(201)
    expect(another.body.id).not.toBe(id)
  })
})

test('a short cycle of Google Workspace is recorded event by event', async () => {
  const { acme, google, create, suspend } = await connect()
  const id = await create(liz)

  await google('PUT', `/Users/${id}`, { ...liz, displayName: 'Liz' })
  await suspend(id, false)
  await suspend(id, false)
  await google('DELETE', `/Users/${id}`)

  expect(await acme.eventNames()).toEqual([
    'user.joined',
    'user.changed',
    'user.deactivated',
    'user.deleted',
  ])
})

test.each([0, 2])(
  'the simulated Google Workspace brings its people, and a year of them (every %d. write times out)',
  async (timeoutEvery) => {
    const { acme } = await connect()
    const { exchange } = acme
    const directory = sampleDirectory()
    const idp = simulatedScimClient('google', { directory, exchange, timeoutEvery })

    await idp.testConnection()
    await idp.initialCycle()
    await idp.incrementalCycle(sampleYear().flatMap(({ changes }) => changes))

    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    await acme.expectOutcome(idp.outcome())
  },
)
