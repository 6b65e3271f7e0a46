import { describe, expect, test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import { createScimOrganisation, patchSchema, userSchema } from '../../testing/scim.ts'

const fifty = Array.from({ length: 50 }, (_, at) => at)

function makeFifty(acme: { user: (user: { userName: string }) => Promise<string> }) {
  return Promise.all(fifty.map((at) => acme.user({ userName: `p${at}@acme.test` })))
}

describe('fifty at the same moment', () => {
  test('make one person of one userName: one 201 and 49 uniqueness', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const answers = await Promise.all(
      fifty.map((at) =>
        acme.scim('POST', '/Users', {
          schemas: [userSchema],
          userName: at % 2 ? 'bob@acme.test' : 'BOB@acme.test',
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 201)
    expect(others.every(({ body }) => body.scimType === 'uniqueness')).toBe(true)
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('SC-37: join one group, and none is lost', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const group = await acme.group('Everybody')
    const answers = await Promise.all(
      ids.map((value) =>
        acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value }] }),
      ),
    )
    expect(answers.every(({ status }) => status === 204)).toBe(true)
    expect(await acme.membersOf(group)).toEqual(ids.toSorted((a, b) => a.localeCompare(b)))
    const left = await Promise.all(
      ids.map((value) =>
        acme.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${value}"]` }),
      ),
    )
    expect(left.every(({ status }) => status === 204)).toBe(true)
    expect(await acme.membersOf(group)).toEqual([])
    expect((await acme.scim('GET', `/Groups/${group}`)).body.meta.version).toBe('W/"101"')
  })

  test('change one person, each change is there and each version is another', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const id = await acme.user({ userName: 'bob@acme.test' })
    const attributes = ['title', 'nickName', 'displayName', 'userType', 'locale', 'timezone']
    const answers = await Promise.all(
      attributes.map((path) => acme.patch(`/Users/${id}`, { op: 'add', path, value: path })),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    const { body } = await acme.scim('GET', `/Users/${id}`)
    expect(attributes.map((name) => body[name])).toEqual(attributes)
    expect(body.meta.version).toBe(`W/"${attributes.length + 1}"`)
  })

  test('leave or stay, each with an answer of their own: whoever is refused refuses nobody else', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const leaving = {
      schemas: [patchSchema],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    }
    const isStale = (at: number) => at % 10 === 3
    const answers = await Promise.all(
      ids.map((id, at) =>
        acme.scim('PATCH', `/Users/${id}`, leaving, isStale(at) ? { 'if-match': 'W/"7"' } : {}),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(
      fifty.map((at) => (isStale(at) ? 412 : 200)),
    )
    const people = new Map((await acme.people()).map(({ id, status }) => [id, status]))
    expect(ids.map((id) => people.get(id))).toEqual(
      fifty.map((at) => (isStale(at) ? 'active' : 'deactivated')),
    )
    const left = (await acme.events()).filter(({ type }) => type === 'user.deactivated')
    expect(new Set(left.map((event) => event.subject_id))).toEqual(
      new Set(ids.filter((_, at) => !isStale(at))),
    )
    expect((await acme.eventNames()).length).toBe(95)
  })

  test('take one userName: one person gets it and 49 are told that it is taken', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const answers = await Promise.all(
      ids.map((id) =>
        acme.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value: 'bob@acme.test' }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const others = answers.filter(({ status }) => status !== 200)
    expect(others.every(({ body }) => body.scimType === 'uniqueness')).toBe(true)
    expect((await acme.eventNames()).filter((name) => name === 'user.changed')).toHaveLength(1)
  })

  test('change one group by the version that they saw: one does, and 49 are told that it is stale', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const group = await acme.group('Everybody')
    const answers = await Promise.all(
      ids.map((value) =>
        acme.scim(
          'PATCH',
          `/Groups/${group}`,
          {
            schemas: [patchSchema],
            Operations: [{ op: 'add', path: 'members', value: [{ value }] }],
          },
          { 'if-match': 'W/"1"' },
        ),
      ),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(49)
    expect(await acme.membersOf(group)).toHaveLength(1)
  })

  test('join groups that others delete by the version that they saw: never both', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const answers = await Promise.all(
      ids.map(async (value, at) => {
        const group = await acme.group(`Group ${at}`)
        return Promise.all([
          acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value }] }),
          acme.scim('DELETE', `/Groups/${group}`, undefined, { 'if-match': 'W/"1"' }),
        ])
      }),
    )
    const seen = new Set(answers.map(([joined, gone]) => `${joined.status} ${gone.status}`))
    expect([...seen].filter((pair) => pair !== '204 412' && pair !== '404 204')).toEqual([])
  })

  test('replace the members of one group: they are those of one of them', async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const ids = await makeFifty(acme)
    const group = await acme.group('Everybody')
    const answers = await Promise.all(
      ids.map((value) =>
        acme.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: [{ value }] }),
      ),
    )
    expect(answers.every(({ status }) => status === 204)).toBe(true)
    expect(await acme.membersOf(group)).toHaveLength(1)
  })
})

describe('SC-28: a walk over everybody, while some are deleted', () => {
  const people = howMany('USHER_WALK', 2_000)

  async function crowd() {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    const numbers = Array.from({ length: people }, (_, at) => at)
    for (let from = 0; from < people; from += 500) {
      const Operations = numbers.slice(from, from + 500).map((at) => ({
        method: 'POST',
        path: '/Users',
        bulkId: `b${at}`,
        data: { schemas: [userSchema], userName: `p${at}@acme.test` },
      }))
      const schemas = ['urn:ietf:params:scim:api:messages:2.0:BulkRequest']
      const { body } = await acme.scim('POST', '/Bulk', { schemas, Operations })
      expect(body.Operations.every(({ status }: { status: string }) => status === '201')).toBe(true)
    }
    return acme
  }

  type Organisation = Awaited<ReturnType<typeof crowd>>
  type Listed = { id: string }[]

  /** One of the shown and one of those to come leave after every page. */
  async function deleteSome(acme: Organisation, shown: Listed, gone: Set<string>) {
    const { body } = await acme.scim('GET', `/Users?startIndex=${people - 300}&count=3`)
    for (const one of [shown[3], shown.at(-1), body.Resources[1]]) {
      if (!one || gone.has(one.id)) continue
      gone.add(one.id)
      expect((await acme.scim('DELETE', `/Users/${one.id}`)).status).toBe(204)
    }
  }

  test.each(['', '&sortBy=userName', '&sortBy=title&sortOrder=descending'])(
    'by cursor%s loses nobody who stayed and shows nobody twice',
    async (order) => {
      const acme = await crowd()
      const gone = new Set<string>()
      const seen: string[] = []
      for (let cursor: string | undefined = ''; cursor !== undefined; ) {
        const { body } = await acme.scim('GET', `/Users?cursor=${cursor}&count=100${order}`)
        seen.push(...(body.Resources as Listed).map(({ id }) => id))
        cursor = body.nextCursor
        await deleteSome(acme, body.Resources, gone)
      }
      await expectWhole(acme, seen, gone)
    },
  )

  test.each(['', '&sortBy=userName', '&filter=userName sw "p"'])(
    'by startIndex%s loses nobody who stayed and shows nobody twice',
    async (order) => {
      const acme = await crowd()
      const gone = new Set<string>()
      const seen: string[] = []
      for (let start = 1, total = 1; start <= total; start += 100) {
        const { body } = await acme.scim('GET', `/Users?startIndex=${start}&count=100${order}`)
        seen.push(...(body.Resources as Listed).map(({ id }) => id))
        total = body.totalResults
        await deleteSome(acme, body.Resources, gone)
      }
      await expectWhole(acme, seen, gone)
    },
  )

  test('by startIndex ends no sooner, though everybody who was shown is deleted', async () => {
    const acme = await createScimOrganisation()
    const ids: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      ids.push(await acme.user({ userName: `${name}@acme.test` }))

    const seen: string[] = []
    for (let start = 1, total = 1; start <= total; start += 2) {
      const { body } = await acme.scim('GET', `/Users?startIndex=${start}&count=2`)
      total = body.totalResults
      for (const { id } of body.Resources as Listed) {
        seen.push(id)
        await acme.scim('DELETE', `/Users/${id}`)
      }
    }

    expect(seen).toEqual(ids)
  })

  async function expectWhole(acme: Organisation, seen: string[], gone: Set<string>) {
    expect(new Set(seen).size).toBe(seen.length)
    const rows = await acme.usher.store.read
      .selectFrom('users')
      .select('id')
      .where('org_id', '=', acme.id)
      .where('managed_by', '=', 'scim')
      .execute()
    expect(rows).toHaveLength(people - gone.size)
    expect(gone.size).toBeGreaterThan(40)
    const known = new Set(seen)
    expect(rows.filter(({ id }) => !known.has(id))).toEqual([])
  }
})

test('a PATCH of many operations applies whole or not at all', async () => {
  const acme = await createScimOrganisation({ overTwoNodes: true })
  const id = await acme.user({ userName: 'bob@acme.test' })
  const answer = await acme.scim('PATCH', `/Users/${id}`, {
    schemas: [patchSchema],
    Operations: [
      { op: 'add', path: 'title', value: 'Lead' },
      { op: 'replace', path: 'userName', value: 7 },
    ],
  })
  expect(answer.status).toBe(400)
  expect((await acme.scim('GET', `/Users/${id}`)).body.title).toBeUndefined()
  expect(await acme.eventNames()).toEqual(['user.joined'])
})
