import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import {
  createScimOrganisation,
  enterpriseSchema,
  type ScimOrganisation,
  sorted,
} from '../../testing/scim.ts'
import { matches, parseFilter, userResource } from './core/index.ts'

/** What the databases find is what the meaning of the filter says of each person. */
const filters = howMany('USHER_FILTERS', 300)
const people = 60

const words = [
  'Ada',
  'ada',
  'ÄDA',
  'ß',
  'İstanbul',
  'a%b',
  'a_b',
  'a\\b',
  'o\'Neil "x"',
  ' ',
  '😀 z',
  'z',
  '',
  "'; drop table users; --",
  '10',
  'true',
  'null',
]
const word = fc.constantFrom(...words)
const kind = fc.constantFrom('work', 'home', 'Work')

const person = fc.record(
  {
    title: word,
    nickName: word,
    displayName: word,
    active: fc.boolean(),
    externalId: word,
    name: fc.record({ givenName: word, familyName: word }, { requiredKeys: [] }),
    phoneNumbers: fc.array(
      fc.record(
        { value: word, type: kind, primary: fc.constant(false) },
        { requiredKeys: ['value'] },
      ),
      { maxLength: 3 },
    ),
    photos: fc.array(fc.record({ value: word, type: kind }), { maxLength: 2 }),
    profileUrl: word,
    [enterpriseSchema]: fc.record(
      { department: word, manager: fc.record({ value: fc.constantFrom('M1', 'm1') }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)

const texts = [
  'title',
  'nickName',
  'displayName',
  'userName',
  'externalId',
  'name.givenName',
  'name.familyName',
  'phoneNumbers',
  'phoneNumbers.value',
  'phoneNumbers.type',
  'photos.value',
  'profileUrl',
  'emails',
  'emails.value',
  'id',
  'groups.display',
  'roles',
  'roles.value',
  'schemas',
  'meta.resourceType',
  `${enterpriseSchema}:department`,
  `${enterpriseSchema}:manager.value`,
  `${enterpriseSchema}:manager`,
]
const present = [
  ...texts,
  'name',
  'active',
  'phoneNumbers.primary',
  'meta.created',
  'groups',
  'photos',
]
const quoted = word.map((value) => JSON.stringify(value))

const comparison = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...texts),
        fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le', 'EQ'),
        quoted,
      )
      .map((parts) => parts.join(' ')),
  },
  { weight: 2, arbitrary: fc.constantFrom(...present).map((name) => `${name} pr`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('active', 'phoneNumbers.primary'),
        fc.constantFrom('eq', 'ne'),
        fc.constantFrom('true', 'false', '"False"'),
      )
      .map((parts) => parts.join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('meta.created', 'meta.lastModified'),
        fc.constantFrom('gt', 'le'),
        fc.constantFrom('"2020-01-01T00:00:00Z"', '"2099-01-01T00:00:00+02:00"'),
      )
      .map((parts) => parts.join(' ')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('title', 'name.givenName', 'externalId'), fc.constantFrom('eq', 'ne'))
      .map((parts) => `${parts.join(' ')} null`),
  },
)
const inner = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('value', 'type'),
      fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'ge'),
      quoted,
    )
    .map((parts) => parts.join(' ')),
  fc.constantFrom('primary eq false', 'primary pr', 'type pr', 'not (type eq "work")'),
)
const valuePath = fc
  .tuple(
    fc.constantFrom('phoneNumbers', 'photos', 'emails'),
    inner,
    fc.constantFrom(' and ', ' or ', undefined),
    inner,
  )
  .map(([owner, one, joint, other]) => `${owner}[${joint ? `${one}${joint}${other}` : one}]`)

/** Brackets around an attribute that has one value are about that one. */
const onlyValuePath = fc
  .tuple(
    fc.constantFrom(
      'name[givenName',
      'name[familyName',
      'meta[resourceType',
      `${enterpriseSchema}:manager[value`,
    ),
    fc.constantFrom('eq', 'ne', 'co', 'sw'),
    quoted,
    fc.boolean(),
  )
  .map(([beginning, operator, value, negated]) => {
    const [owner, part] = beginning.split('[')
    const inside = `${part} ${operator} ${value}`
    return `${owner}[${negated ? `not (${inside})` : inside}]`
  })

const { filter } = fc.letrec<{ filter: string; term: string }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'filter' },
    tie('term'),
    fc
      .tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter'))
      .map((parts) => parts.join(' ')),
    tie('filter').map((one) => `(${one})`),
    tie('filter').map((one) => `not (${one})`),
  ),
  term: fc.oneof(
    { weight: 4, arbitrary: comparison },
    { weight: 1, arbitrary: valuePath },
    { weight: 1, arbitrary: onlyValuePath },
  ),
}))

describe('a filter', () => {
  test(`finds whom it means: ${filters} random ones of ${people} random people`, {
    timeout: 3_600_000,
  }, async () => {
    const acme = await crowd()
    const everyone = await all(acme)
    expect(everyone).toHaveLength(people)
    const type = userResource({ syncRoles: false })
    await fc.assert(
      fc.asyncProperty(filter, async (text) => {
        const meant = parseFilter(type, text)
        const wanted = everyone.filter((one) => matches(meant, one)).map(({ id }) => id)
        expect(sorted(...(await acme.find(text)))).toEqual(sorted(...wanted))
      }),
      { numRuns: filters, endOnFailure: false },
    )
  })

  test('sorts by any attribute, without the value last, and first when descending', async () => {
    const acme = await crowd()
    const everyone = await all(acme)
    for (const by of [
      'title',
      'name.familyName',
      'phoneNumbers',
      'externalId',
      'active',
      'meta.created',
    ]) {
      const inOrder = async (order: string) => {
        const { body } = await acme.scim('GET', `/Users?sortBy=${by}&sortOrder=${order}&count=200`)
        return (body.Resources as { id: string }[]).map(({ id }) => id)
      }
      const up = await inOrder('ascending')
      expect(sorted(...up)).toEqual(sorted(...everyone.map(({ id }) => id)))
      expect(await inOrder('descending')).toEqual(up.toReversed())
    }
  })
})

// biome-ignore lint/suspicious/noExplicitAny: resources as they are shown
async function all(acme: ScimOrganisation): Promise<any[]> {
  return (await acme.scim('GET', '/Users?count=200')).body.Resources
}

async function crowd(): Promise<ScimOrganisation> {
  const acme = await createScimOrganisation()
  const sample = fc.sample(person, { numRuns: people, seed: 7 })
  const ids: string[] = []
  for (const [at, one] of sample.entries()) {
    const emails = [
      { value: `p${at}@acme.test`, type: 'work', primary: true },
      ...(at % 3 ? [] : [{ value: `Other${at}@Elsewhere.test`, type: 'home' }]),
    ]
    ids.push(
      await acme.user({ ...clean(one), emails, userName: `${words[at % words.length]}-${at}` }),
    )
  }
  await acme.group('Ada', ...ids.slice(0, 9))
  const inner = await acme.group('inner', ...ids.slice(5, 15))
  await acme.group('outer', inner)
  return acme
}

function clean(one: object): object {
  return JSON.parse(JSON.stringify(one)) as object
}
