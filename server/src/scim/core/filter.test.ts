import { expect, test } from 'vitest'
import {
  enterpriseSchema,
  type Filter,
  filterLimits,
  groupResource,
  matches,
  parseFilter,
  printFilter,
  ScimError,
  userResource,
  userSchema,
} from './index.ts'

const person = userResource({ syncRoles: true })

const ada = {
  schemas: [userSchema, enterpriseSchema],
  id: '2819c223-7f76-453a-919d-413861904646',
  externalId: 'Ada-1',
  userName: 'Ada@Acme.example',
  name: { givenName: 'Ada', familyName: "O'Neill" },
  title: 'Countess "of" numbers',
  active: true,
  emails: [
    { type: 'work', value: 'ada@acme.example', primary: true },
    { type: 'home', value: 'ada@home.example' },
  ],
  meta: { resourceType: 'User', lastModified: '2026-05-13T04:42:34Z' },
  [enterpriseSchema]: { employeeNumber: '0042', manager: { value: 'm-1' } },
}

function shape(filter: Filter): unknown {
  return JSON.parse(
    JSON.stringify(filter, (key, value) => (key === 'attribute' ? value.path : value)),
  )
}

test.each([
  ['userName eq "ada@acme.example"', true],
  ['USERNAME EQ "ADA@ACME.EXAMPLE"', true],
  ['userName ne "ada@acme.example"', false],
  ['userName co "ACME"', true],
  ['userName sw "ada"', true],
  ['userName ew ".example"', true],
  ['userName gt "ad"', true],
  ['userName ge "ada@acme.example"', true],
  ['userName lt "ad"', false],
  ['userName le "ada@acme.example"', true],
  ['externalId eq "Ada-1"', true],
  ['externalId eq "ada-1"', false],
  ['id eq "2819c223-7f76-453a-919d-413861904646"', true],
  ['title pr', true],
  ['nickName pr', false],
  ['name pr', true],
  ['addresses pr', false],
  ['nickName eq "x"', false],
  ['nickName ne "x"', false],
  ['nickName eq null', true],
  ['userName eq null', false],
  ['userName ne null', true],
  ['title eq "countess \\"of\\" numbers"', true],
  ['title eq "\\u0043ountess \\"of\\" numbers"', true],
  ['name.familyName co "O\'Neill"', true],
  ['active eq true', true],
  ['active eq false', false],
  ['meta.lastModified gt "2011-05-13T04:42:34Z"', true],
  ['meta.lastModified eq "2026-05-13T06:42:34+02:00"', true],
  ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
  ['title pr and userName sw "ada"', true],
  ['title pr and nickName pr', false],
  ['nickName pr or title pr', true],
  ['nickName pr and nickName pr or title pr', true],
  ['title pr or nickName pr and nickName pr', true],
  ['(title pr or nickName pr) and nickName pr', false],
  ['not (nickName pr)', true],
  ['not(nickName pr) and title pr', true],
  ['not (nickName pr) and not (title pr)', false],
  ['emails eq "ada@home.example"', true],
  ['emails co "HOME.example"', true],
  ['emails.type eq "home" and emails.primary eq true', true],
  ['emails[type eq "home" and primary eq true]', false],
  ['emails[type eq "work" and value co "@acme"]', true],
  ['emails[type eq "work" and not (value co "@acme")]', false],
  ['emails[type eq "home" or primary eq true] and title pr', true],
  ['emails[type eq "work"].value eq "ADA@acme.example"', true],
  ['emails[type eq "home"].value eq "ada@acme.example"', false],
  ['emails[primary eq "True"].value pr', true],
  [`schemas eq "${enterpriseSchema}"`, true],
  [`schemas eq "${enterpriseSchema.toUpperCase()}"`, true],
  ['schemas eq "urn:other"', false],
  [`${userSchema}:userName sw "ada"`, true],
  [`${userSchema}:name.givenName eq "ada"`, true],
  [`${enterpriseSchema}:employeeNumber eq "0042"`, true],
  [`${enterpriseSchema.toUpperCase()}:EMPLOYEENUMBER eq "0042"`, true],
  [`${enterpriseSchema}:manager.value eq "m-1"`, true],
  [`${enterpriseSchema}:manager eq "m-1"`, true],
  ['  userName   pr  ', true],
])('%s is %s of Ada', (text, holds) => {
  const filter = parseFilter(person, text)

  expect(matches(filter, ada)).toBe(holds)
  expect(parseFilter(person, printFilter(filter))).toEqual(filter)
})

test('"not" binds tighter than "and", and "and" tighter than "or"', () => {
  const filter = parseFilter(person, 'title pr or nickName pr and not (active eq true)')

  expect(shape(filter)).toEqual({
    kind: 'or',
    terms: [
      { kind: 'present', attribute: 'title' },
      {
        kind: 'and',
        terms: [
          { kind: 'present', attribute: 'nickName' },
          {
            kind: 'not',
            term: { kind: 'compare', attribute: 'active', operator: 'eq', value: true },
          },
        ],
      },
    ],
  })
})

test('the conditions of a value path stay together, and names get the spelling of the schema', () => {
  const filter = parseFilter(person, 'EMAILS[TYPE EQ "work"].VALUE EQ "x"')

  expect(shape(filter)).toEqual({
    kind: 'value',
    attribute: 'emails',
    where: {
      kind: 'and',
      terms: [
        { kind: 'compare', attribute: 'emails.type', operator: 'eq', value: 'work' },
        { kind: 'compare', attribute: 'emails.value', operator: 'eq', value: 'x' },
      ],
    },
  })
})

test('a group is found by its members', () => {
  const group = { displayName: 'Tour Guides', members: [{ value: 'u-1' }, { value: 'u-2' }] }

  expect(matches(parseFilter(groupResource, 'members eq "u-2"'), group)).toBe(true)
  expect(matches(parseFilter(groupResource, 'members[value eq "U-2"]'), group)).toBe(false)
  expect(matches(parseFilter(groupResource, 'displayName eq "tour guides"'), group)).toBe(true)
})

test.each([
  ['', 'an attribute is missing before the end'],
  ['userName', 'is not an operator'],
  ['userName eq', 'compared with nothing'],
  ['userName eq jyoung', 'the value "jyoung" for userName needs quotation marks'],
  ["userName eq 'jyoung'", 'needs quotation marks'],
  ['userName is "x"', '"is" is not an operator'],
  ['userName eq 7', 'not a value for userName, which is string'],
  ['userName eq true', 'not a value for userName'],
  ['userName eq "x', 'a quotation mark is not closed'],
  ['userName eq "x\\', 'a quotation mark is not closed'],
  ['userName eq "\\x"', 'is not a JSON string'],
  ['userName eq "\\u0000"', 'NUL'],
  ['userName eq "\\ud800"', 'surrogate'],
  ['userName gt null', 'with null'],
  ['shoeSize eq "7"', '"shoeSize" is not an attribute of User'],
  ['constructor pr', 'is not an attribute of User'],
  ['__proto__ pr', 'is not an attribute of User'],
  ['emails.constructor pr', 'is not an attribute of User'],
  ['name.givenName.first pr', 'is not an attribute of User'],
  ['employeeNumber pr', 'is not an attribute of User'],
  ['urn:unknown:User:userName pr', 'is not an attribute of User'],
  ['password eq "guess"', '"password" is not an attribute of User'],
  ['password pr', '"password" is not an attribute of User'],
  ['active eq "yes"', 'which is boolean'],
  ['active gt true', 'gt cannot compare active, which is boolean'],
  ['active lt false', 'lt cannot compare'],
  ['active co "true"', 'co cannot compare'],
  ['x509Certificates ge "MII"', 'ge cannot compare x509Certificates.value, which is binary'],
  ['meta.lastModified gt "yesterday"', 'is not a value for meta.lastModified'],
  ['meta.lastModified gt "2026-13-45T00:00:00Z"', 'is not a value for meta.lastModified'],
  ['meta.created sw "2026"', 'sw cannot compare'],
  ['name eq "Ada"', 'name needs a sub-attribute'],
  ['addresses co "Paris"', 'addresses needs a sub-attribute'],
  ['userName pr userName pr', 'is one too many'],
  ['userName pr)', 'is one too many'],
  ['(userName pr', '")" is missing before the end'],
  ['not userName pr', '"not" needs parentheses'],
  ['userName pr and', 'an attribute is missing'],
  ['userName pr or or title pr', 'is not an attribute'],
  ['emails[type eq "work"', '"]" is missing'],
  ['emails[type eq "work")', '"]" is missing'],
  ['emails[]', 'an attribute is missing'],
  ['emails[shoe eq "work"]', '"shoe" is not an attribute of emails'],
  ['emails[emails[type pr]]', 'is not an attribute of emails'],
  ['emails[type[value pr]]', 'has no values to choose from'],
  ['userName[value pr]', 'has no values to choose from'],
  ['emails[type eq "work"].shoe pr', '"shoe" is not an attribute of emails'],
  ['emails[type eq "work"] .value pr', 'is one too many'],
  ['"userName" eq "x"', 'an attribute is missing'],
  [`title eq "${'x'.repeat(filterLimits.length)}"`, 'longer than 8192'],
  [`${'('.repeat(40)}title pr${')'.repeat(40)}`, 'nests deeper than 32'],
  [`${'not ('.repeat(40)}title pr${')'.repeat(40)}`, 'nests deeper than 32'],
  [Array.from({ length: 300 }, () => 'title pr').join(' or '), 'more than 250 conditions'],
])('%.60s is refused: %s', (text, why) => {
  const error = refusalOf(() => parseFilter(person, text))

  expect(error).toMatchObject({ status: 400, scimType: 'invalidFilter' })
  expect(error.detail).toContain(why)
})

function refusalOf(act: () => unknown): ScimError {
  try {
    act()
  } catch (error) {
    if (error instanceof ScimError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}
