import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Refused } from '../model/refusals.ts'
import { readPeople, readRole } from './csv.ts'

test('IN-12: headings are read as people write them, and columns in any order', () => {
  const rows = readPeople(
    '\uFEFFLast name,E-Mail,First name,Role,Groups\r\n"Levi, PhD",noa@acme.test,Noa,Viewer,"Ops;Sales"\r\n\r\n,lea@acme.test,,,\r\n',
  )
  expect(rows).toEqual([
    {
      line: 2,
      email: 'noa@acme.test',
      firstName: 'Noa',
      lastName: 'Levi, PhD',
      roles: ['Viewer'],
      groups: ['Ops', 'Sales'],
    },
    { line: 4, email: 'lea@acme.test', firstName: '', lastName: '', roles: [], groups: [] },
  ])
})

test('IN-12: a file with semicolons, as spreadsheets of half of Europe write it', () => {
  const [row] = readPeople('email;first;last\nnoa@acme.test;Noa;Levi')
  expect(row).toMatchObject({ email: 'noa@acme.test', firstName: 'Noa', lastName: 'Levi' })
})

test.each([
  ['', 'headings'],
  ['noa@acme.test', 'without headings'],
  ['email,first', 'without rows'],
  ['email,first\n"noa@acme.test', 'with an open quote'],
  [`email\n${'a@b.test\n'.repeat(1_001)}`, 'that is too long'],
])('IN-12: %j is refused as a file %s', (csv) => {
  expect(() => readPeople(csv)).toThrow(Refused)
})

test.each([
  ['ROLE_MANAGER', 'ROLE_MANAGER'],
  ['manager', 'ROLE_MANAGER'],
  ['Group admin', 'ROLE_GROUP_ADMIN'],
  ['root', undefined],
  ['', undefined],
])('IN-12: %s is the role %s', (typed, role) => expect(readRole(typed)).toBe(role))

test('IN-12: whatever stands in cells comes back out of them', () => {
  const text = fc
    .string({ unit: 'binary', maxLength: 40 })
    .map((one) => one.replace(/\s+/g, ' ').trim())
  const cell = text.filter(
    (one) => one !== '' && !one.includes('\u0000') && !one.startsWith('\uFEFF'),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 20 }), (people) => {
      const quoted = (one: string) => `"${one.replaceAll('"', '""')}"`
      const csv = ['email,first', ...people.map((row) => row.map(quoted).join(','))].join('\n')
      expect(readPeople(csv).map(({ email, firstName }) => [email, firstName])).toEqual(people)
    }),
  )
})
