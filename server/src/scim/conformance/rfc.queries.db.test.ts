/** RFC 7644 §3.4.2, §3.4.3 and RFC 9865. */
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  groupSchema,
  type ScimOrganisation,
  scimError,
  sorted,
  userSchema,
} from '../../../testing/scim.ts'

const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'
const searchSchema = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest'

/** Three people who differ in everything that is asked for. */
const anna = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'anna@acme.test',
  externalId: 'Ext-A',
  name: { givenName: 'Anna', familyName: 'berg' },
  displayName: 'Anna Berg',
  nickName: 'Ann "A" \\ Berg',
  title: 'Engineer',
  active: true,
  emails: [{ value: 'anna@acme.test', type: 'work', primary: true }],
  [enterpriseSchema]: { department: 'R&D', employeeNumber: '100' },
}
const bert = {
  schemas: [userSchema],
  userName: 'Bert@acme.test',
  externalId: 'ext-b',
  name: { givenName: 'Bert', familyName: 'Adler' },
  displayName: 'Bert Adler',
  title: 'manager',
  active: false,
  emails: [
    { value: 'bert@acme.test', type: 'work', primary: true },
    { value: 'bert@home.example', type: 'home' },
  ],
}
const carl = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'carl@acme.test',
  externalId: 'ext-c',
  name: { givenName: 'Carl', familyName: 'Dorn' },
  displayName: 'Carl Dorn',
  active: true,
  emails: [{ value: 'carl@acme.test', type: 'work', primary: true }],
  [enterpriseSchema]: { department: 'Sales', employeeNumber: '9' },
}

async function withThree() {
  const acme = await createScimOrganisation()
  const ids = new Map([
    [await acme.user(anna), 'anna'],
    [await acme.user(bert), 'bert'],
    [await acme.user(carl), 'carl'],
  ])
  const named = (list: { id: string }[]) => list.map(({ id }) => ids.get(id) ?? id)
  return {
    acme,
    idOf: (name: string) => [...ids].find((entry) => entry[1] === name)?.[0] ?? '',
    ask: (query: string) => acme.scim('GET', `/Users?${query}`),
    /** Who is found, in the order of the answer. */
    async who(query: string) {
      const { status, text, body } = await acme.scim('GET', `/Users?${query}`)
      expect(status, text).toBe(200)
      return named(body.Resources)
    },
  }
}

const filterOf = (text: string) => `filter=${encodeURIComponent(text)}`

/** Many people in one request; their names sort as they were made. */
async function crowd(acme: ScimOrganisation, count: number): Promise<string[]> {
  const made = await acme.scim('POST', '/Bulk', {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
    Operations: Array.from({ length: count }, (_, index) => ({
      method: 'POST',
      path: '/Users',
      bulkId: `b${index}`,
      data: { schemas: [userSchema], userName: `p${String(index).padStart(4, '0')}@acme.test` },
    })),
  })
  return made.body.Operations.map(({ location }: { location: string }) =>
    location.split('/').at(-1),
  )
}

describe('a filter', () => {
  test.each<[string, string[]]>([
    ['userName eq "anna@acme.test"', ['anna']],
    ['userName eq "BERT@ACME.TEST"', ['bert']],
    ['USERNAME EQ "anna@acme.test"', ['anna']],
    ['externalId eq "Ext-A"', ['anna']],
    ['externalId eq "ext-a"', []],
    ['title ne "Engineer"', ['bert']],
    ['displayName co "D"', ['bert', 'carl']],
    ['displayName sw "carl"', ['carl']],
    ['displayName ew "ADLER"', ['bert']],
    ['title pr', ['anna', 'bert']],
    ['userName gt "bert@acme.test"', ['carl']],
    ['userName ge "bert@acme.test"', ['bert', 'carl']],
    ['userName lt "bert@acme.test"', ['anna']],
    ['userName le "bert@acme.test"', ['anna', 'bert']],
    ['name.familyName eq "Berg"', ['anna']],
    ['nickName eq "Ann \\"A\\" \\\\ Berg"', ['anna']],
    ['active eq true', ['anna', 'carl']],
    ['active eq false', ['bert']],
    ['active ne true', ['bert']],
    ['title eq null', ['carl']],
    ['title ne null', ['anna', 'bert']],
    ['meta.created gt "2020-01-01T00:00:00Z"', ['anna', 'bert', 'carl']],
    ['meta.lastModified le "2020-01-01T00:00:00Z"', []],
    ['meta.resourceType eq "User"', ['anna', 'bert', 'carl']],
    ['id pr', ['anna', 'bert', 'carl']],
    [`schemas eq "${enterpriseSchema}"`, ['anna', 'carl']],
    [`schemas eq "${userSchema}"`, ['anna', 'bert', 'carl']],
    [`${userSchema}:userName eq "anna@acme.test"`, ['anna']],
    [`${enterpriseSchema}:department eq "sales"`, ['carl']],
    [`${enterpriseSchema}:employeeNumber pr`, ['anna', 'carl']],
    ['emails eq "bert@home.example"', ['bert']],
    ['emails.value ew "@acme.test"', ['anna', 'bert', 'carl']],
    ['emails.type eq "home"', ['bert']],
    ['emails pr', ['anna', 'bert', 'carl']],
    ['phoneNumbers pr', []],
    ['emails[type eq "home"]', ['bert']],
    ['emails[type eq "home" and value co "bert"]', ['bert']],
    ['emails[type eq "work" and value ew "home.example"]', []],
    ['emails.type eq "work" and emails.value ew "home.example"', ['bert']],
    ['emails[type eq "home" or primary eq true]', ['anna', 'bert', 'carl']],
    ['emails[not (type eq "work")]', ['bert']],
    ['not (active eq true)', ['bert']],
    ['not (title pr)', ['carl']],
    ['not (title eq "Engineer")', ['bert', 'carl']],
    ['active eq true or title eq "manager" and userName sw "x"', ['anna', 'carl']],
    ['(active eq true or title eq "manager") and userName sw "b"', ['bert']],
    ['title eq "manager" or title eq "Engineer"', ['anna', 'bert']],
    ['active eq true and not (title pr)', ['carl']],
    ['roles.value eq "ROLE_USER"', ['anna', 'bert', 'carl']],
  ])('%s finds %j', async (filter, expected) => {
    const { who } = await withThree()

    expect((await who(filterOf(filter))).toSorted()).toEqual(expected)
  })

  test('finds by id, and by the group that somebody is in', async () => {
    const { acme, idOf, who } = await withThree()
    const group = await acme.group('Engines', idOf('carl'))

    expect(await who(filterOf(`id eq "${idOf('bert')}"`))).toEqual(['bert'])
    expect(await who(filterOf(`groups.value eq "${group}"`))).toEqual(['carl'])
  })

  test.each<[string, (ids: { one: string; engines: string }) => string, string[]]>([
    ['a name in any case', () => 'displayName eq "ENGINES"', ['engines']],
    ['a part of the name', () => 'displayName co "o"', ['motors']],
    ['a key, exactly', () => 'externalId eq "G-1"', []],
    ['a member', ({ one }) => `members.value eq "${one}"`, ['engines']],
    ['a member by value path', ({ one }) => `members[value eq "${one}"]`, ['engines']],
    ['having members', () => 'members pr', ['engines']],
    ['its id', ({ engines }) => `id eq "${engines}"`, ['engines']],
  ])('finds a group by %s', async (_, filter, expected) => {
    const acme = await createScimOrganisation()
    const one = await acme.user(anna)
    const engines = await acme.group('Engines', one)
    const motors = await acme.group('Motors')

    const found = await acme.find(filter({ one, engines }), '/Groups')

    const names = new Map([
      [engines, 'engines'],
      [motors, 'motors'],
    ])
    expect(found.map((id) => names.get(id))).toEqual(expected)
  })

  test.each([
    'userName eq anna',
    'userName eq',
    'userName',
    'userName is "anna"',
    'shoeSize eq "38"',
    'name.shoeSize eq "38"',
    'userName eq "anna',
    'userName eq "anna" and',
    '(userName eq "anna"',
    'not userName eq "anna"',
    'emails[type eq "work"',
    'emails[shoeSize eq "38"]',
    'userName[value eq "x"]',
    'active gt true',
    'active lt false',
    'active eq "perhaps"',
    'x509Certificates.value gt "AA"',
    'meta.created gt "yesterday"',
    'password eq "Correct-horse-9"',
    'name eq "Anna"',
    'userName eq 7',
    'userName eq "anna" xor active eq true',
    'members.value eq "x"',
    'urn:example:User:userName eq "x"',
  ])('%s is invalidFilter', async (filter) => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim('GET', `/Users?${filterOf(filter)}`)

    expect(refused).toMatchObject(scimError(400, 'invalidFilter', /./))
  })

  test.each([
    ['userName eq "ÉMILE"', 1],
    ['userName eq "émile"', 1],
    ['displayName co "ÉLAN"', 1],
    ['displayName eq "STRAßE élan"', 1],
    ['displayName eq "Strase Elan"', 0],
  ])('knows the letters of all languages in any case: %s', async (filter, count) => {
    const acme = await createScimOrganisation()
    const emails = [{ value: 'emile@acme.test', primary: true }]
    await acme.user({ userName: 'Émile', displayName: 'Straße Élan', emails })

    expect(await acme.find(filter)).toHaveLength(count)
  })

  test.each<[string, (manager: string) => string, boolean]>([
    ['the exact userName', (manager) => `userName eq "${manager}"`, true],
    ['the exact address', (manager) => `emails.value eq "${manager}"`, true],
    ['both', (manager) => `userName eq "${manager}" and active eq true`, true],
    ['the beginning of it', (manager) => `userName sw "${manager}"`, false],
    ['not being somebody', () => 'not (userName eq "nobody")', false],
  ])('finds who is here already by %s: %s', async (_, filter, isFound) => {
    const acme = await createScimOrganisation()

    const found = await acme.find(filter(acme.manager.email))

    expect(found).toEqual(isFound ? [acme.manager.id] : [])
  })

  test('sent twice is invalidFilter', async () => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim(
      'GET',
      `/Users?${filterOf('active eq true')}&${filterOf('title pr')}`,
    )

    expect(refused).toMatchObject(scimError(400, 'invalidFilter'))
  })

  test('cannot break out into the database', async () => {
    const { ask } = await withThree()

    const found = await ask(
      filterOf(`userName eq "x' OR '1'='1" or userName co "%" or userName sw "_"`),
    )

    expect(found).toMatchObject({ status: 200, body: { totalResults: 0 } })
  })
})

describe('sorting', () => {
  test.each<[string, string[]]>([
    ['sortBy=userName', ['anna', 'bert', 'carl']],
    ['sortBy=userName&sortOrder=descending', ['carl', 'bert', 'anna']],
    ['sortBy=name.familyName', ['bert', 'anna', 'carl']],
    ['sortBy=NAME.FAMILYNAME&sortOrder=Ascending', ['bert', 'anna', 'carl']],
    ['sortBy=title', ['anna', 'bert', 'carl']],
    ['sortBy=title&sortOrder=descending', ['carl', 'bert', 'anna']],
    ['sortBy=emails', ['anna', 'bert', 'carl']],
    ['sortBy=emails.value&sortOrder=descending', ['carl', 'bert', 'anna']],
    [`sortBy=${enterpriseSchema}:employeeNumber`, ['anna', 'carl', 'bert']],
    [`sortBy=${enterpriseSchema}:employeeNumber&sortOrder=descending`, ['bert', 'carl', 'anna']],
    ['sortBy=meta.created', ['anna', 'bert', 'carl']],
    ['sortBy=externalId', ['anna', 'bert', 'carl']],
    [`sortBy=userName&sortOrder=descending&${filterOf('active eq true')}`, ['carl', 'anna']],
  ])('%s gives %j', async (query, expected) => {
    const { who } = await withThree()

    expect(await who(query)).toEqual(expected)
  })

  test('without an attribute is no sorting', async () => {
    const { ask } = await withThree()

    expect(await ask('sortOrder=descending')).toMatchObject({
      status: 200,
      body: { totalResults: 3 },
    })
  })

  test.each(['sortBy=shoeSize', 'sortBy=password', 'sortBy=name', 'sortBy=userName&sortOrder=up'])(
    '%s is refused',
    async (query) => {
      const { ask } = await withThree()

      expect(await ask(query)).toMatchObject(scimError(400, 'invalidValue'))
    },
  )

  test('groups goes by their names', async () => {
    const acme = await createScimOrganisation()
    for (const name of ['beta', 'Alpha', 'gamma']) await acme.group(name)

    const { body } = await acme.scim('GET', '/Groups?sortBy=displayName&sortOrder=descending')

    const names = body.Resources.map(({ displayName }: { displayName: string }) => displayName)
    expect(names).toEqual(['gamma', 'beta', 'Alpha'])
  })
})

describe('paging by index', () => {
  test.each<[string, string[], object]>([
    ['startIndex=1&count=2', ['anna', 'bert'], { startIndex: 1, itemsPerPage: 2 }],
    ['startIndex=3&count=2', ['carl'], { startIndex: 3, itemsPerPage: 1 }],
    ['startIndex=0&count=1', ['anna'], { startIndex: 1, itemsPerPage: 1 }],
    ['startIndex=-7', ['anna', 'bert', 'carl'], { startIndex: 1, itemsPerPage: 3 }],
    ['startIndex=4', [], { startIndex: 4, itemsPerPage: 0 }],
    ['startIndex=999999', [], { itemsPerPage: 0 }],
    ['count=0', [], { itemsPerPage: 0 }],
    ['count=-1', [], { itemsPerPage: 0 }],
    ['count=3', ['anna', 'bert', 'carl'], { itemsPerPage: 3 }],
    ['count=5000', ['anna', 'bert', 'carl'], { itemsPerPage: 3 }],
    ['startIndex=&count=', ['anna', 'bert', 'carl'], { startIndex: 1 }],
  ])('%s gives %j', async (query, expected, shown) => {
    const { ask, who } = await withThree()

    const { body } = await ask(`sortBy=userName&${query}`)

    expect(body).toMatchObject({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
      totalResults: 3,
      ...shown,
    })
    expect(await who(`sortBy=userName&${query}`)).toEqual(expected)
  })

  test.each(['count=two', 'count=1.5', 'startIndex=first', 'startIndex=1e3'])(
    '%s is refused',
    async (query) => {
      const acme = await createScimOrganisation()

      expect(await acme.scim('GET', `/Users?${query}`)).toMatchObject(scimError(400))
    },
  )

  test('gives a hundred at a time, and never more than two hundred', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 230)

    const usual = await acme.scim('GET', '/Users')
    const most = await acme.scim('GET', '/Users?count=1000')

    expect(usual.body).toMatchObject({ totalResults: 230, itemsPerPage: 100 })
    expect(usual.body.Resources).toHaveLength(100)
    expect(most.body).toMatchObject({ totalResults: 230, itemsPerPage: 200 })
  })

  test('shows everybody once', async () => {
    const acme = await createScimOrganisation()
    const made = await crowd(acme, 25)

    const seen: string[] = []
    for (let start = 1; start <= 25; start += 7)
      seen.push(
        ...(await acme.scim('GET', `/Users?startIndex=${start}&count=7`)).body.Resources.map(
          ({ id }: { id: string }) => id,
        ),
      )

    expect(sorted(...seen)).toEqual(sorted(...made))
  })

  test('that came to its end forgets where an earlier walk was', async () => {
    const acme = await createScimOrganisation()
    const made = await crowd(acme, 10)
    const page = async (start: number, count: number) =>
      (await acme.scim('GET', `/Users?startIndex=${start}&count=${count}`)).body
    for (const start of [1, 5]) await page(start, 4)
    for (const id of made.slice(0, 2)) await acme.scim('DELETE', `/Users/${id}`)
    expect((await page(1, 8)).totalResults).toBe(8)
    const last = await acme.user({ userName: 'late@acme.test' })

    const { totalResults, Resources } = await page(9, 4)

    expect(totalResults).toBe(9)
    expect(Resources.map(({ id }: { id: string }) => id)).toEqual([last])
  })
})

test.each(['élodie@acme.test', 'ÉLODIE@acme.test'])(
  'a group is found by how a member is shown, as %s too',
  async (asked) => {
    const acme = await createScimOrganisation()
    const person = await acme.user({
      userName: 'Élodie@acme.test',
      emails: [{ value: 'elodie@acme.test', primary: true }],
    })
    const group = await acme.group('Auditors', person)

    expect(await acme.find(`members.display eq "${asked}"`, '/Groups')).toEqual([group])
  },
)

describe('a page that nobody walked to', () => {
  const pages = [1, 2, 11, 12, 13, 22, 23, 24, 25].flatMap((start) =>
    [1, 5, 11, 23, 24, 200].map((count) => ({ start, count })),
  )

  test('is that part of the whole, from whichever end it is nearer', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 23)
    const idsOf = async (query: string) => {
      const { body } = await acme.scim('GET', `/Users?${query}`)
      return { ...body, ids: body.Resources.map(({ id }: { id: string }) => id) }
    }
    const { ids: everybody } = await idsOf('count=200')

    for (const { start, count } of pages.toReversed()) {
      const page = await idsOf(`startIndex=${start}&count=${count}`)

      expect(page.ids).toEqual(everybody.slice(start - 1, start - 1 + count))
      expect(page.totalResults).toBe(23)
    }
  })
})

describe('paging by cursor', () => {
  const next = (cursor: string) => `cursor=${encodeURIComponent(cursor)}`

  test.each(['cursor', 'cursor='])(
    'begins with %s, and goes on until there is no next',
    async (start) => {
      const acme = await createScimOrganisation()
      const made = await crowd(acme, 7)

      const first = await acme.scim('GET', `/Users?${start}&count=3`)
      const second = await acme.scim('GET', `/Users?${next(first.body.nextCursor)}&count=3`)
      const last = await acme.scim('GET', `/Users?${next(second.body.nextCursor)}&count=3`)

      for (const { body } of [first, second, last]) expect(body.totalResults).toBe(7)
      expect(first.body).not.toHaveProperty('previousCursor')
      expect(first.body.nextCursor).toMatch(/^[A-Za-z0-9\-._~]+$/)
      expect(last.body).not.toHaveProperty('nextCursor')
      const seen = [first, second, last].flatMap(({ body }) =>
        body.Resources.map(({ id }: { id: string }) => id),
      )
      expect(sorted(...seen)).toEqual(sorted(...made))
    },
  )

  test.each(
    ['title', 'active', 'emails', 'displayName', 'id'].flatMap((by) => [
      `sortBy=${by}`,
      `sortBy=${by}&sortOrder=descending`,
    ]),
  )('goes through equal and missing values in the order of the index: %s', async (sort) => {
    const acme = await createScimOrganisation()
    for (let at = 0; at < 9; at += 1)
      await acme.user({
        userName: `p${at}@acme.test`,
        ...(at % 3 === 0 ? {} : { title: at % 2 ? 'x' : 'X', active: at % 2 === 0 }),
      })

    const byCursor: string[] = []
    let cursor: string | undefined = ''
    while (cursor !== undefined && byCursor.length < 20) {
      const { body } = await acme.scim('GET', `/Users?${sort}&count=2&${next(cursor)}`)
      byCursor.push(...body.Resources.map(({ userName }: { userName: string }) => userName))
      cursor = body.nextCursor
    }
    const byIndex = await acme.scim('GET', `/Users?${sort}`)

    expect(byCursor).toEqual(
      byIndex.body.Resources.map(({ userName }: { userName: string }) => userName),
    )
    expect(new Set(byCursor).size).toBe(9)
  })

  test('goes through values that are longer than an address may be', async () => {
    const acme = await createScimOrganisation()
    const title = (at: number) => `${'語'.repeat(1_500)}${at}`
    for (let at = 0; at < 3; at += 1)
      await acme.user({ userName: `p${at}@acme.test`, title: title(at) })

    const seen = new Set<string>()
    let cursor: string | undefined = ''
    for (let turn = 0; cursor !== undefined && turn < 5; turn += 1) {
      const { status, body } = await acme.scim('GET', `/Users?sortBy=title&count=1&${next(cursor)}`)
      expect(status).toBe(200)
      for (const one of body.Resources) seen.add(one.userName)
      cursor = body.nextCursor
    }

    expect(cursor).toBeUndefined()
    expect(seen.size).toBe(3)
  })

  test('is not begun unless it is asked for', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 5)

    const { body } = await acme.scim('GET', '/Users?count=2')

    expect(body).toMatchObject({ startIndex: 1, itemsPerPage: 2 })
    expect(body).not.toHaveProperty('nextCursor')
  })

  test('keeps filter and order', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 6)
    const query = `sortBy=userName&sortOrder=descending&${filterOf('userName gt "p0001@acme.test"')}&count=3`

    const first = await acme.scim('GET', `/Users?${query}&cursor`)
    const second = await acme.scim('GET', `/Users?${query}&${next(first.body.nextCursor)}`)

    const names = [first, second].flatMap(({ body }) =>
      body.Resources.map(({ userName }: { userName: string }) => userName.slice(0, 5)),
    )
    expect(names).toEqual(['p0005', 'p0004', 'p0003', 'p0002'])
  })

  test('loses and repeats nobody who was there throughout, while others go', async () => {
    const acme = await createScimOrganisation()
    const made = await crowd(acme, 12)
    const leaving = [made[0], made[3], made[5], made[8]]

    const seen: string[] = []
    let cursor: string | undefined = ''
    for (const leaver of [...leaving, ...Array(4).fill(undefined)]) {
      if (cursor === undefined) break
      const { body } = await acme.scim('GET', `/Users?${next(cursor)}&count=2`)
      seen.push(...body.Resources.map(({ id }: { id: string }) => id))
      cursor = body.nextCursor
      if (leaver) await acme.scim('DELETE', `/Users/${leaver}`)
    }

    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(made.filter((id) => !leaving.includes(id))))
  })

  test('with a cursor that was never given is invalidCursor', async () => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', '/Users?cursor=made-up')).toMatchObject(
      scimError(400, 'invalidCursor'),
    )
  })

  test('with the cursor of another filter, order, list or organisation is invalidCursor', async () => {
    const acme = await createScimOrganisation()
    const globex = await createScimOrganisation()
    await crowd(acme, 3)
    const first = await acme.scim('GET', '/Users?cursor&count=1')
    const cursor = next(first.body.nextCursor)

    const answers = [
      await acme.scim('GET', `/Users?${cursor}&${filterOf('active eq true')}`),
      await acme.scim('GET', `/Users?${cursor}&sortBy=userName`),
      await acme.scim('GET', `/Groups?${cursor}`),
      await globex.scim('GET', `/Users?${cursor}`),
    ]

    for (const answer of answers) expect(answer).toMatchObject(scimError(400, 'invalidCursor'))
  })

  test('and by index at once is invalidCursor', async () => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', '/Users?cursor&startIndex=1')).toMatchObject(
      scimError(400, 'invalidCursor'),
    )
  })

  test('with a count below zero is invalidCount', async () => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('GET', '/Users?cursor&count=-1')).toMatchObject(
      scimError(400, 'invalidCount'),
    )
  })

  test('after more than an hour is expiredCursor', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 3)
    const first = await acme.scim('GET', '/Users?cursor&count=1')
    acme.usher.clock.advance(3_601_000)

    const late = await acme.scim('GET', `/Users?${next(first.body.nextCursor)}&count=1`)

    expect(late).toMatchObject(scimError(400, 'expiredCursor'))
  })

  test('goes for groups too', async () => {
    const acme = await createScimOrganisation()
    for (const name of ['a', 'b', 'c']) await acme.group(name)

    const first = await acme.scim('GET', '/Groups?cursor&count=2')
    const last = await acme.scim('GET', `/Groups?${next(first.body.nextCursor)}&count=2`)

    expect([first.body.itemsPerPage, last.body.itemsPerPage]).toEqual([2, 1])
    expect(last.body).not.toHaveProperty('nextCursor')
  })
})

describe('POST …/.search', () => {
  test('answers as GET does', async () => {
    const { acme, who } = await withThree()

    const found = await acme.scim('POST', '/Users/.search', {
      schemas: [searchSchema],
      filter: 'active eq true',
      sortBy: 'userName',
      sortOrder: 'descending',
      startIndex: 2,
      count: 1,
      attributes: ['userName'],
    })

    expect(found).toMatchObject({
      status: 200,
      body: {
        totalResults: 2,
        startIndex: 2,
        itemsPerPage: 1,
        Resources: [{ userName: anna.userName }],
      },
    })
    expect(found.body.Resources[0]).not.toHaveProperty('displayName')
    expect(await who(`${filterOf('active eq true')}&sortBy=userName`)).toEqual(['anna', 'carl'])
  })

  test('answers for groups', async () => {
    const acme = await createScimOrganisation()
    const group = await acme.group('Engines')

    const found = await acme.scim('POST', '/Groups/.search', {
      schemas: [searchSchema],
      filter: 'displayName eq "engines"',
      excludedAttributes: ['members'],
    })

    expect(found).toMatchObject({
      status: 200,
      body: { totalResults: 1, Resources: [{ schemas: [groupSchema], id: group }] },
    })
  })

  test.each([
    ['no schema', { filter: 'active eq true' }, 'invalidSyntax'],
    ['a bad filter', { schemas: [searchSchema], filter: 'active eq' }, 'invalidFilter'],
    ['a bad cursor', { schemas: [searchSchema], cursor: 'x' }, 'invalidCursor'],
  ])('with %s is refused', async (_, body, scimType) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('POST', '/Users/.search', body)).toMatchObject(scimError(400, scimType))
  })

  test('goes by cursor as well', async () => {
    const acme = await createScimOrganisation()
    await crowd(acme, 3)
    const ask = (cursor: string) =>
      acme.scim('POST', '/Users/.search', { schemas: [searchSchema], cursor, count: 2 })

    const first = await ask('')
    const last = await ask(first.body.nextCursor)

    expect([first.body.itemsPerPage, last.body.itemsPerPage]).toEqual([2, 1])
  })
})

describe('RFC 7644 §3.4.2.1: what is asked of the base URL', () => {
  const search = (acme: ScimOrganisation, wish: object) =>
    acme.scim('POST', '/.search', { schemas: [searchSchema], ...wish })
  const idsOf = ({ body }: { body: { Resources: { id: string }[] } }) =>
    body.Resources.map(({ id }) => id)

  /** Three people and two groups, and what lists of them alone show. */
  async function both() {
    const acme = await createScimOrganisation()
    await crowd(acme, 3)
    await acme.group('Engines')
    await acme.group('Wheels')
    const people = idsOf(await acme.scim('GET', '/Users'))
    const groups = idsOf(await acme.scim('GET', '/Groups'))
    return { acme, people, groups }
  }

  test('is asked of people and groups alike, the people first, in pages of any size', async () => {
    const { acme, people, groups } = await both()
    const all = [...people, ...groups]

    for (let count = 0; count <= 6; count += 1)
      for (let startIndex = 1; startIndex <= 7; startIndex += 1) {
        const page = await search(acme, { startIndex, count })
        const byQuery = await acme.scim('GET', `/?startIndex=${startIndex}&count=${count}`)
        const shown = all.slice(startIndex - 1, startIndex - 1 + count)
        expect(page).toMatchObject({
          status: 200,
          body: { schemas: [listSchema], totalResults: 5, startIndex, itemsPerPage: shown.length },
        })
        expect(idsOf(page)).toEqual(shown)
        expect(byQuery.body).toEqual(page.body)
      }
  })

  test('finds by a condition whoever can meet it', async () => {
    const { acme, people, groups } = await both()
    const found = async (filter: string) => idsOf(await search(acme, { filter }))

    expect(await found('meta.resourceType eq "Group"')).toEqual(groups)
    expect(await found('userName pr')).toEqual(people)
    expect(await found('displayName eq "wheels"')).toEqual(groups.slice(1))
    expect(await found('id eq "nobody"')).toEqual([])
  })

  test('shows what is asked for of each', async () => {
    const { acme, people } = await both()

    const { body } = await search(acme, { attributes: ['displayName'] })

    for (const { id, ...shown } of body.Resources) {
      const isPerson = people.includes(id)
      expect(Object.keys(shown)).toEqual(isPerson ? ['schemas'] : ['schemas', 'displayName'])
    }
  })

  test.each([
    ['no schema', { schemas: [] }, 'invalidSyntax'],
    ['a condition that nothing can meet', { filter: 'shoeSize eq 38' }, 'invalidFilter'],
    ['an order', { sortBy: 'displayName' }, 'invalidValue'],
    ['a cursor', { cursor: '' }, 'invalidCursor'],
  ])('with %s is refused', async (_, wish, scimType) => {
    const { acme } = await both()

    expect(await search(acme, wish)).toMatchObject(scimError(400, scimType))
  })
})
