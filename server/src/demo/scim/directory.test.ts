import { expect, test } from 'vitest'
import { type Change, changed, groupOf, type Person, personOf } from './directory.ts'

const ada: Person = {
  id: 'ada',
  userName: 'ada@contoso.example',
  lastName: 'Lovelace',
  displayName: 'Ada Lovelace',
  title: 'Engineer',
  active: true,
}
const bob: Person = { ...ada, id: 'bob', userName: 'bob@contoso.example', manager: 'ada' }
const company = {
  people: [ada, bob],
  groups: [
    { id: 'engines', name: 'Engines', people: ['ada', 'bob'] },
    { id: 'all', name: 'All', people: [], groups: ['engines'] },
  ],
}

test.each<[Change, object]>([
  [{ kind: 'person.changed', id: 'ada', set: { title: undefined } }, { title: undefined }],
  [
    { kind: 'person.binned', id: 'ada' },
    { active: false, binned: true },
  ],
  [
    { kind: 'person.restored', id: 'ada' },
    { active: true, binned: undefined },
  ],
])('after %j she is %j, and what she was is still known', (change, expected) => {
  const after = changed(company, change)

  expect(personOf(after, 'ada')).toMatchObject({ ...ada, ...expected })
  expect(personOf(company, 'ada')).toEqual(ada)
})

test('whoever is deleted is in no group, and nobody reports to them', () => {
  const after = changed(company, { kind: 'person.deleted', id: 'ada' })

  expect(after.people).toEqual([{ ...bob, manager: undefined }])
  expect(groupOf(after, 'engines').people).toEqual(['bob'])
})

test('whoever is hired is there, and in no group yet', () => {
  const after = changed(company, { kind: 'person.hired', person: { ...ada, id: 'eve' } })

  expect(after.people.map(({ id }) => id)).toEqual(['ada', 'bob', 'eve'])
  expect(after.groups).toEqual(company.groups)
})

test('members come and go, and nobody is in a group twice', () => {
  const change: Change = { kind: 'group.members', id: 'engines', add: ['bob'], remove: ['ada'] }

  expect(groupOf(changed(company, change), 'engines').people).toEqual(['bob'])
})

test('a group is made, renamed, and deleted out of the groups that it was in', () => {
  const night = { id: 'night', name: 'Night shift', people: [] }
  const made = changed(company, { kind: 'group.made', group: night })
  const renamed = changed(made, { kind: 'group.renamed', id: 'night', name: 'Late shift' })
  const deleted = changed(renamed, { kind: 'group.deleted', id: 'engines' })

  expect(groupOf(renamed, 'night').name).toBe('Late shift')
  expect(deleted.groups.map(({ id }) => id)).toEqual(['all', 'night'])
  expect(groupOf(deleted, 'all').groups).toEqual([])
})

test('nobody is made up', () => {
  expect(() => personOf(company, 'eve')).toThrow('has no eve')
})
