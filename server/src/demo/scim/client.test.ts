import { describe, expect, test } from 'vitest'
import { simulatedProviders, simulatedScimClient } from './client.ts'
import { personOf } from './directory.ts'
import {
  type Exchange,
  isAsExpected,
  isObject,
  type JsonObject,
  type ScimRequest,
} from './exchange.ts'
import { sampleDirectory, sampleYear } from './sample.ts'

/** A server that takes everything as it comes: enough to talk to, and strict about nothing. */
function createFake() {
  const resources = new Map<string, JsonObject>()
  const requests: ScimRequest[] = []
  let made = 0

  const fold = (value: unknown) => String(value).toLowerCase()
  const key = ({ userName, displayName }: JsonObject) => fold(userName ?? displayName)
  const under = (endpoint: string) =>
    [...resources].filter(([path]) => path.startsWith(endpoint)).map(([, resource]) => resource)

  function list(endpoint: string, filter: string | null) {
    const wanted = /"(.*)"$/.exec(filter ?? '')?.[1]
    const found = under(endpoint).filter(
      (one) =>
        wanted === undefined ||
        JSON.stringify(one)
          .toLowerCase()
          .includes(fold(`"${wanted}"`)),
    )
    const body = { totalResults: found.length, Resources: structuredClone(found) }
    return { status: 200, headers: {}, body }
  }

  function set(resource: JsonObject, op: string, path: string, value: unknown) {
    const removed = /^members\[value eq "(.*)"\]$/.exec(path)?.[1]
    const sent = Array.isArray(value) ? value.map((one) => one.value) : [removed]
    if (path.startsWith('members')) {
      const now = Array.isArray(resource.members) ? resource.members.filter(isObject) : []
      const others = now.filter((one) => !sent.includes(one.value))
      const added = op === 'remove' ? [] : sent.map((id) => ({ value: id }))
      resource.members = op === 'replace' ? added : [...others, ...added]
    } else if (path === 'active') resource.active = fold(value) === 'true'
    else if (path === 'emails[type eq "work"].value')
      resource.emails = [{ type: 'work', value: String(value) }]
    else if (op === 'remove') delete resource[path]
    else if (path !== 'schemas') resource[path] = value as JsonObject
  }

  function patch(resource: JsonObject, body: JsonObject) {
    for (const operation of body.Operations as JsonObject[]) {
      const { op, path, value } = operation
      if (typeof path === 'string') set(resource, fold(op), path, value)
      else
        for (const [name, one] of Object.entries(value as JsonObject))
          set(resource, fold(op), name, one)
    }
  }

  const exchange: Exchange = async (request) => {
    requests.push(request)
    const [path = '', query] = request.path.split('?')
    const endpoint = `/${path.split('/')[1]}`
    const body = structuredClone(request.body ?? {})
    const resource = resources.get(path)
    const answer = (status: number, shown?: unknown) => ({
      status,
      headers: {},
      body: structuredClone(shown),
    })
    if (path === '/ServiceProviderConfig')
      return answer(200, { patch: { supported: true }, bulk: { maxOperations: 2 } })
    if (request.method === 'POST') {
      if (under(endpoint).some((one) => key(one) === key(body)))
        return answer(409, { scimType: 'uniqueness' })
      made += 1
      const created: JsonObject = { ...body, id: `server-${made}` }
      set(created, 'replace', 'active', body.active)
      resources.set(`${endpoint}/server-${made}`, created)
      return answer(201, created)
    }
    if (path === endpoint) return list(endpoint, new URLSearchParams(query).get('filter'))
    if (!resource) return answer(404)
    if (request.method === 'PUT') resources.set(path, { ...body, id: resource.id as string })
    if (request.method === 'PATCH') patch(resource, body)
    if (request.method === 'DELETE') resources.delete(path)
    if (request.method === 'DELETE') {
      for (const group of under('/Groups'))
        set(group, 'remove', 'members', [{ value: resource.id }])
      return answer(204)
    }
    return answer(200, resources.get(path))
  }

  return {
    exchange,
    requests,
    state: () => ({
      people: under('/Users').map(({ id, userName, active }) => ({ id, userName, active })),
      groups: under('/Groups').map(({ id, displayName, members }) => ({
        id,
        displayName,
        members: (Array.isArray(members) ? members : [])
          .map((one) => (isObject(one) && typeof one.value === 'string' ? one.value : ''))
          .toSorted((a, b) => a.localeCompare(b)),
      })),
    }),
  }
}

const modes = [
  ...simulatedProviders.map((name) => [name, {}] as const),
  ['entra', { aadOptscim062020: true }] as const,
  ['okta', { application: 'wizard' }] as const,
]

const year = sampleYear().flatMap(({ changes }) => changes)

function client(
  name: (typeof simulatedProviders)[number],
  options: object = {},
  fake = createFake(),
) {
  const directory = sampleDirectory()
  return {
    fake,
    client: simulatedScimClient(name, { directory, exchange: fake.exchange, ...options }),
  }
}

async function live(name: (typeof simulatedProviders)[number], options: object = {}) {
  const { fake, client: idp } = client(name, options)
  await idp.testConnection()
  await idp.initialCycle()
  await idp.incrementalCycle(year)
  return { fake, idp }
}

describe.each(modes)('%s %j', (name, options) => {
  test('brings the whole directory, and what happens to it over a year, to the server', async () => {
    const { fake, idp } = await live(name, options)

    const outcome = idp.outcome()
    const people = outcome.people.map(({ id, userName, active }) => ({ id, userName, active }))
    const byId = (a: { id: unknown }, b: { id: unknown }) =>
      String(a.id).localeCompare(String(b.id))
    expect(fake.state().people.toSorted(byId)).toEqual(people.toSorted(byId))
    expect(fake.state().groups.toSorted(byId)).toEqual(outcome.groups.toSorted(byId))
    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
  })

  test('says the same at every start', async () => {
    const [first, second] = [await live(name, options), await live(name, options)]

    expect(first.fake.requests).toEqual(second.fake.requests)
  })

  test('finds what a first run made, and makes nothing twice', async () => {
    const { fake, client: idp } = client(name, options)
    await idp.initialCycle()
    const before = fake.state()

    const again = client(name, options, fake).client
    const steps = await again.initialCycle()

    expect(steps.filter(({ request }) => request.method === 'POST')).toEqual([])
    expect(fake.state().people).toEqual(before.people)
  })

  test('sends what timed out once more, and comes to the same end', async () => {
    const { fake, idp } = await live(name, { ...options, timeoutEvery: 3 })

    expect(idp.transcript.some(({ title }) => title.endsWith('once more after a timeout'))).toBe(
      true,
    )
    expect(idp.transcript.filter((step) => !isAsExpected(step))).toEqual([])
    expect(fake.state().people).toHaveLength(idp.outcome().people.length)
  })

  test('writes no credential into the transcript', async () => {
    const { idp } = await live(name, options)

    expect(JSON.stringify(idp.transcript)).not.toMatch(/authorization|bearer/i)
  })
})

test('a transcript step tells what was expected, and whether it came so', async () => {
  const refusing: Exchange = async () => ({ status: 401, headers: {}, body: { status: '401' } })
  const idp = simulatedScimClient('entra', { directory: sampleDirectory(), exchange: refusing })

  const steps = await idp.testConnection()

  expect(steps.map(isAsExpected)).toEqual([false, false])
  expect(steps[0]).toMatchObject({
    request: { method: 'GET' },
    response: { status: 401 },
    expected: { status: [200], body: { totalResults: 0, Resources: [] } },
  })
})

test('whom the server refuses is left out, and the cycle goes on', async () => {
  const fake = createFake()
  const exchange: Exchange = async (request) =>
    request.method === 'POST' && JSON.stringify(request.body).includes('Lovelace')
      ? { status: 400, headers: {}, body: {} }
      : fake.exchange(request)
  const idp = simulatedScimClient('entra', { directory: sampleDirectory(), exchange })

  await idp.initialCycle()

  expect(idp.outcome().people.map(({ displayName }) => displayName)).not.toContain('Ada Lovelace')
  expect(idp.outcome().people).toHaveLength(10)
})

test('Contoso has twelve people and four groups, one of them in another', () => {
  const { people, groups } = sampleDirectory()

  expect(people).toHaveLength(12)
  expect(groups).toHaveLength(4)
  expect(groups.filter(({ groups: inside = [] }) => inside.length > 0)).toHaveLength(1)
  for (const { manager } of people)
    if (manager) expect(personOf({ people, groups }, manager)).toBeDefined()
})

test('two companies have nobody in common', () => {
  const ids = new Set(sampleDirectory('a.example').people.map(({ id }) => id))

  expect(sampleDirectory('b.example').people.filter(({ id }) => ids.has(id))).toEqual([])
})
