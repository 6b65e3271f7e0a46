import { expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { type GroupChange, readGroupChange } from './membership.ts'
import { patchSchema } from './names.ts'
import { parsePatch } from './patch.ts'
import { groupResource } from './schema.ts'

function change(operations: unknown): GroupChange {
  const body = { schemas: [patchSchema], Operations: operations } as JsonObject
  return readGroupChange(parsePatch({ type: groupResource, id: 'g-1' }, body).operations)
}

const add = (...ids: string[]) => ({
  op: 'add',
  path: 'members',
  value: ids.map((value) => ({ value })),
})
const remove = (...ids: string[]) => ({
  op: 'remove',
  path: 'members',
  value: ids.map((value) => ({ value })),
})

test.each<[string, unknown, GroupChange['members']]>([
  [
    'Entra ID adds with an empty reference',
    { op: 'Add', path: 'members', value: [{ $ref: null, value: 'a' }] },
    { add: ['a'], remove: [] },
  ],
  [
    'Entra ID removes by a list of values (flag off)',
    { op: 'Remove', path: 'members', value: [{ $ref: null, value: 'a' }] },
    { add: [], remove: ['a'] },
  ],
  [
    'Entra ID removes by path (flag on)',
    { op: 'Remove', path: 'members[value eq "a"]' },
    { add: [], remove: ['a'] },
  ],
  [
    'the id of one by path',
    { op: 'remove', path: 'members[value eq "a"].value' },
    { add: [], remove: ['a'] },
  ],
  [
    'several by path',
    { op: 'Remove', path: 'members[value eq "a" or value eq "b"]' },
    { add: [], remove: ['a', 'b'] },
  ],
  [
    'JumpCloud adds without path',
    { op: 'add', value: { members: [{ value: 'a' }] } },
    { add: ['a'], remove: [] },
  ],
  [
    'one member without a list',
    { op: 'add', path: 'members', value: { value: 'a', type: 'User' } },
    { add: ['a'], remove: [] },
  ],
  [
    'members as bare ids',
    { op: 'add', path: 'members', value: ['a', 'a', 'b'] },
    { add: ['a', 'b'], remove: [] },
  ],
  [
    'Okta replaces the members',
    { op: 'replace', path: 'members', value: [{ value: 'a', display: 'Ada' }] },
    { replaceWith: ['a'] },
  ],
  [
    'Okta pushes an empty group',
    { op: 'replace', path: 'members', value: [] },
    { replaceWith: [] },
  ],
  [
    'Okta removes and adds in one request',
    [{ op: 'remove', path: 'members[value eq "a"]' }, add('b')],
    { add: ['b'], remove: ['a'] },
  ],
  ['removing without value removes all', { op: 'remove', path: 'members' }, { replaceWith: [] }],
  [
    'removing an empty list removes nobody',
    { op: 'remove', path: 'members', value: [] },
    { add: [], remove: [] },
  ],
  [
    'adding an empty list changes nothing',
    { op: 'add', path: 'members', value: [] },
    { add: [], remove: [] },
  ],
  ['the last word counts: removed', [add('a'), remove('a')], { add: [], remove: ['a'] }],
  ['the last word counts: added', [remove('a'), add('a')], { add: ['a'], remove: [] }],
  [
    'what follows a replacement is part of it',
    [add('x'), { op: 'replace', path: 'members', value: ['a', 'b'] }, remove('a'), add('c')],
    { replaceWith: ['b', 'c'] },
  ],
  [
    'a member by path is added when not there',
    { op: 'add', path: 'members[value eq "a"]', value: { display: 'Ada', type: 'User' } },
    { add: ['a'], remove: [] },
  ],
])('%s', (_, operations, members) => {
  expect(change(operations)).toEqual({ members, attributes: {} })
})

test('Okta renames a group without path and repeats its id', () => {
  expect(change({ op: 'replace', value: { id: 'g-1', displayName: 'Guides' } })).toEqual({
    members: { add: [], remove: [] },
    attributes: { displayName: 'Guides' },
  })
})

test('authentik replaces schemas, id, name and key at once', () => {
  expect(
    change({
      op: 'replace',
      value: {
        schemas: [groupResource.schema.id],
        id: 'g-1',
        externalId: '7',
        displayName: 'Guides',
      },
    }),
  ).toMatchObject({ attributes: { displayName: 'Guides', externalId: '7' } })
  expect(change({ op: 'remove', path: 'externalId' })).toMatchObject({
    attributes: { externalId: null },
  })
})

test.each<[string, unknown]>([
  ['mutability', { op: 'replace', path: 'members[value eq "a"]', value: { value: 'b' } }],
  ['mutability', { op: 'replace', path: 'members[value eq "a"].value', value: 'b' }],
  ['mutability', { op: 'replace', path: 'members.value', value: 'b' }],
  ['mutability', { op: 'add', path: 'members[value eq "a"].display', value: 'Ada' }],
  ['mutability', { op: 'remove', path: 'displayName' }],
  ['mutability', { op: 'replace', value: { id: 'g-2', displayName: 'x' } }],
  ['invalidPath', { op: 'remove', path: 'members[type eq "User"]' }],
  ['invalidPath', { op: 'remove', path: 'members[value sw "a"]' }],
  ['invalidPath', { op: 'remove', path: 'members[value eq "a" and type eq "User"]' }],
  ['invalidPath', { op: 'remove', path: 'members.value' }],
  ['invalidPath', { op: 'remove', path: 'members[value eq "a"].type' }],
  ['invalidPath', { op: 'replace', path: 'description', value: 'x' }],
  ['invalidValue', { op: 'remove', path: 'members', value: '' }],
  ['invalidValue', { op: 'remove', path: 'members', value: [{}] }],
  ['invalidValue', { op: 'add', path: 'members', value: [{ type: 'User' }] }],
  ['invalidValue', { op: 'add', path: 'members', value: [7] }],
  ['invalidValue', { op: 'replace', path: 'members', value: [{ value: 'a' }, { id: 'b' }] }],
  ['invalidValue', { op: 'add', value: { members: [{ value: 'a' }, {}] } }],
  ['invalidValue', { op: 'replace', path: 'members', value: [{ value: '' }] }],
  ['invalidValue', { op: 'replace', path: 'members', value: { value: null } }],
  ['invalidValue', { op: 'add', value: { members: [null] } }],
  ['invalidValue', { op: 'replace', path: 'displayName', value: '' }],
])('%s: %j is refused', (scimType, operation) => {
  expect(() => change(operation)).toThrow(expect.objectContaining({ status: 400, scimType }))
})
