import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  findAttribute,
  groupResource,
  type JsonObject,
  leaf,
  listResponse,
  pageLimits,
  printFilter,
  readQuery,
  readSearch,
  shows,
  userResource,
} from './index.ts'
import { searchSchema } from './names.ts'

const type = userResource({ syncRoles: true })

test('Okta looks a person up: filter and page', () => {
  const { filter, paging, sort } = readQuery(type, {
    filter: 'userName eq "ADA"',
    startIndex: '1',
    count: '100',
  })

  expect(filter && printFilter(filter)).toBe('userName eq "ADA"')
  expect(paging).toEqual({ kind: 'index', startIndex: 1, count: 100 })
  expect(sort).toBeUndefined()
})

test('parameters that nobody knows are ignored, as Entra ID needs', () => {
  const search = readQuery(type, { aadOptscim062020: '', filter: '' })

  expect(search).toEqual({
    projection: { type },
    paging: { kind: 'index', startIndex: 1, count: pageLimits.defaultResults },
  })
})

test.each<[object, string, boolean]>([
  [{ sortBy: 'username' }, 'userName', false],
  [{ sortBy: 'userName', sortOrder: 'Descending' }, 'userName', true],
  [{ sortBy: 'emails' }, 'emails.value', false],
  [{ sortBy: 'name.familyName', sortOrder: '' }, 'name.familyName', false],
  [{ sortBy: 'meta.lastModified' }, 'meta.lastModified', false],
])('%j sorts by %s', (query, path, descending) => {
  expect(readQuery(type, { ...query }).sort).toEqual({ by: findAttribute(type, path), descending })
})

test.each<[object, string]>([
  [{ sortBy: 'shoeSize' }, 'invalidValue'],
  [{ sortBy: 'name' }, 'invalidValue'],
  [{ sortBy: 'password' }, 'invalidValue'],
  [{ sortBy: ['userName', 'title'] }, 'invalidValue'],
  [{ sortBy: 'userName', sortOrder: 'up' }, 'invalidValue'],
  [{ filter: ['title pr', 'active pr'] }, 'invalidFilter'],
  [{ filter: 'shoeSize pr' }, 'invalidFilter'],
  [{ count: 'x' }, 'invalidCount'],
])('%j is refused: %s', (query, scimType) => {
  expect(() => readQuery(type, { ...query })).toThrow(
    expect.objectContaining({ status: 400, scimType }),
  )
})

test.each([
  ['userName', 'string', false],
  ['externalId', 'string', true],
  ['emails.value', 'string', false],
  ['members.value', undefined, undefined],
  ['meta.created', 'dateTime', false],
  ['profileUrl', 'reference', true],
])('whoever looks for %s learns that it is %s, compared by case: %s', (path, kind, caseExact) => {
  const found = findAttribute(type, path)

  expect(found && leaf(found).type).toBe(kind)
  expect(found && leaf(found).caseExact).toBe(caseExact)
})

test('a search by POST has the same parameters, in any case', () => {
  const body: JsonObject = {
    Schemas: [searchSchema],
    FILTER: 'displayName sw "a"',
    excludedattributes: ['members'],
    startIndex: 11,
    count: 5,
  }

  const search = readSearch(groupResource, body)

  expect(search.filter).toMatchObject({ operator: 'sw', value: 'a' })
  expect(shows(search.projection, 'members')).toBe(false)
  expect(search.paging).toEqual({ kind: 'index', startIndex: 11, count: 5 })
  expect(() => readSearch(groupResource, {})).toThrow('"schemas" of a search')
  expect(() => readSearch(groupResource, { schemas: [null] })).toThrow('"schemas" of a search')
})

test('a list says how many there are, and Resources is there even when it is empty', () => {
  const paging = { kind: 'index', startIndex: 1, count: 100 } as const

  const page = JSON.parse(String(listResponse({ resources: [], totalResults: 0, paging }).bytes))

  expect(page).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: 0,
    itemsPerPage: 0,
    startIndex: 1,
    Resources: [],
  })
})

test('a page by cursor names the next one and no index', () => {
  const { bytes } = listResponse({
    resources: ['{"id":"u-1"}'],
    totalResults: 2,
    paging: { kind: 'cursor', count: 1 },
    nextCursor: 'abc',
  })

  const page = JSON.parse(String(bytes))
  expect(page).toMatchObject({ itemsPerPage: 1, totalResults: 2, nextCursor: 'abc' })
  expect(page.Resources).toEqual([{ id: 'u-1' }])
  expect(page).not.toHaveProperty('startIndex')
})

test.each([
  ['whole, when it is short', 2, 2],
  ['by its first resources, as JSON, when it is long', 100, 3],
])('a list begins %s', (_, count, begun) => {
  const resources = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ id: `u-${at}`, title: 'é'.repeat(1_500) }),
  )
  const paging = { kind: 'index', startIndex: 1, count: 100 } as const

  const { bytes, beginning, length } = listResponse({ resources, totalResults: count, paging })

  const text = String(bytes)
  expect(length).toBe(text.length)
  expect(JSON.parse(text).Resources).toHaveLength(count)
  expect(JSON.parse(beginning)).toEqual({
    ...JSON.parse(text),
    Resources: JSON.parse(text).Resources.slice(0, begun),
  })
})

const letters = fc.array(fc.constantFrom('a', 'ü', '語', '🙂'), { maxLength: 12 })

test('a list has every byte of its resources, in whatever script they are', () => {
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 4 }), (titles) => {
      const sent = titles.map((title) => ({ title: title.join('') }))
      const { bytes } = listResponse({
        resources: sent.map((one) => JSON.stringify(one)),
        totalResults: sent.length,
        paging: { kind: 'index', startIndex: 1, count: 100 },
      })

      expect(JSON.parse(String(bytes)).Resources).toEqual(sent)
    }),
  )
})
