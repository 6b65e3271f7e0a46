import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyPatch } from './apply.ts'
import { ScimError } from './errors.ts'
import type { JsonObject } from './json.ts'
import { readGroupChange } from './membership.ts'
import { enterpriseSchema, patchSchema, userSchema } from './names.ts'
import { parsePatch } from './patch.ts'
import { groupResource, userResource } from './schema.ts'

const type = userResource({ syncRoles: true })

/** A person as the model knows them: a handful of fields, and no protocol. */
type Email = { type?: string; value: string; primary?: boolean }
type Model = {
  title?: string
  active?: boolean
  givenName?: string
  familyName?: string
  department?: string
  emails: Email[]
}

/** One change, as it is meant and in the ways in which it can be sent. */
type Change = { mean(model: Model): Model; say: object[] }

const word = fc.constantFrom('a', 'b', 'c', 'd')
const kind = fc.constantFrom('work', 'home', 'other')

function setField(
  field: 'title' | 'givenName' | 'familyName' | 'department',
  path: string,
  nested: (value: string | null) => object,
): fc.Arbitrary<Change> {
  return fc.option(word, { freq: 3 }).map((value) => ({
    mean(model) {
      const { [field]: _, ...rest } = model
      return value === null ? rest : { ...rest, [field]: value }
    },
    say: [
      { op: 'replace', path, value },
      { op: 'Add', path: path.toUpperCase(), value: value ?? '' },
      { op: 'Replace', value: { [path]: value } },
      { op: 'add', value: nested(value) },
      ...(value === null ? [{ op: 'Remove', path }] : []),
    ],
  }))
}

const setActive: fc.Arbitrary<Change> = fc.boolean().map((active) => ({
  mean: (model) => ({ ...model, active }),
  say: [
    { op: 'replace', path: 'active', value: active },
    { op: 'Replace', path: 'active', value: active ? 'True' : 'False' },
    { op: 'replace', value: { ACTIVE: String(active) } },
  ],
}))

const addEmail: fc.Arbitrary<Change> = fc
  .record({ value: word, type: kind, primary: fc.boolean() })
  .map(({ primary, ...sent }) => {
    const email: Email = primary ? { ...sent, primary } : sent
    return {
      mean(model) {
        const others = model.emails.map((one) =>
          primary && one.primary ? { ...one, primary: false } : one,
        )
        const at = model.emails.findIndex(
          (one) => one.value === email.value && one.type === email.type,
        )
        if (at === -1) return { ...model, emails: [...others, email] }
        return { ...model, emails: others.with(at, { ...(model.emails[at] as Email), ...email }) }
      },
      say: [
        { op: 'add', path: 'emails', value: [email] },
        { op: 'Add', path: 'emails', value: email },
        { op: 'add', value: { emails: [email] } },
        { op: 'add', path: `${userSchema}:emails`, value: [email] },
      ],
    }
  })

const setAddress: fc.Arbitrary<Change> = fc.tuple(kind, word).map(([of, value]) => ({
  mean(model) {
    if (!model.emails.some((one) => one.type === of))
      return { ...model, emails: [...model.emails, { type: of, value }] }
    return {
      ...model,
      emails: model.emails.map((one) => (one.type === of ? { ...one, value } : one)),
    }
  },
  say: [
    { op: 'Replace', path: `emails[type eq "${of}"].value`, value },
    { op: 'add', path: `EMAILS[Type EQ "${of}"].VALUE`, value },
    { op: 'Add', value: { [`emails[type eq "${of}"].value`]: value } },
  ],
}))

const removeKind: fc.Arbitrary<Change> = kind.map((of) => ({
  mean: (model) => ({ ...model, emails: model.emails.filter((one) => one.type !== of) }),
  say: [
    { op: 'remove', path: `emails[type eq "${of}"]` },
    { op: 'Remove', path: `emails[type eq "${of}"].value` },
    { op: 'replace', path: `emails[type eq "${of}"].value`, value: '' },
  ],
}))

const removeAddress: fc.Arbitrary<Change> = word.map((gone) => ({
  mean: (model) => ({ ...model, emails: model.emails.filter((one) => one.value !== gone) }),
  say: [
    { op: 'remove', path: 'emails', value: [{ value: gone }] },
    { op: 'Remove', path: `emails[value eq "${gone}"]` },
  ],
}))

const replaceEmails: fc.Arbitrary<Change> = fc
  .uniqueArray(fc.record({ value: word, type: kind }), {
    maxLength: 3,
    selector: ({ value, type: of }) => value + of,
  })
  .map((emails) => ({
    mean: (model) => ({ ...model, emails }),
    say: [
      { op: 'replace', path: 'emails', value: emails },
      { op: 'replace', value: { emails } },
      ...(emails.length === 0 ? [{ op: 'remove', path: 'emails' }] : []),
    ],
  }))

const change = fc.oneof(
  setField('title', 'title', (title) => ({ [userSchema]: { title } })),
  setField('givenName', 'name.givenName', (givenName) => ({ name: { givenName } })),
  setField('familyName', `${userSchema}:name.familyName`, (familyName) => ({
    Name: { FAMILYNAME: familyName },
  })),
  setField('department', `${enterpriseSchema}:department`, (department) => ({
    [enterpriseSchema]: { department },
  })),
  setActive,
  addEmail,
  setAddress,
  removeKind,
  removeAddress,
  replaceEmails,
)
const said = change.chain(({ mean, say }) =>
  fc.record({ mean: fc.constant(mean), say: fc.constantFrom(...say) }),
)

function toResource({ givenName, familyName, department, emails, ...rest }: Model): JsonObject {
  const resource = {
    userName: 'ada',
    ...rest,
    ...(givenName || familyName ? { name: { givenName, familyName } } : {}),
    ...(emails.length > 0 ? { emails } : {}),
    ...(department ? { [enterpriseSchema]: { department } } : {}),
    schemas: [userSchema, ...(department ? [enterpriseSchema] : [])],
  }
  return JSON.parse(JSON.stringify(resource))
}

const patched = (resource: JsonObject, operations: object[]) => {
  const body = { schemas: [patchSchema], Operations: operations } as unknown as JsonObject
  return applyPatch(type, resource, parsePatch({ type }, body).operations)
}
const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('any sequence of changes, in any way of saying them, does what it means', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 12 }), (changes) => {
      const start: Model = { title: 'a', emails: [{ type: 'work', value: 'a', primary: true }] }
      const meant = changes.reduce((model, { mean }) => mean(model), start)

      const { resource, changed } = patched(toResource(start), [
        { op: 'replace', path: 'userName', value: 'ada' },
        ...changes.map(({ say }) => say),
      ])

      expect(plain(resource)).toEqual(toResource(meant))
      if (!changed) expect(toResource(meant)).toEqual(toResource(start))
    }),
    { numRuns: 1500 },
  )
})

test('one request with many operations does what many requests with one do', () => {
  fc.assert(
    fc.property(fc.array(said, { minLength: 1, maxLength: 8 }), (changes) => {
      const start = toResource({ emails: [] })
      const apart = changes.reduce((resource, { say }) => patched(resource, [say]).resource, start)

      const together = patched(
        start,
        changes.map(({ say }) => say),
      ).resource

      expect(plain(together)).toEqual(plain(apart))
    }),
    { numRuns: 500 },
  )
})

test('sent again, a single change changes nothing', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 4 }), said, (changes, { say }) => {
      const start = patched(toResource({ emails: [] }), [
        { op: 'replace', path: 'userName', value: 'ada' },
        ...changes.map((one) => one.say),
      ]).resource
      const once = patched(start, [say]).resource

      expect(patched(once, [say])).toEqual({ resource: once, changed: false })
    }),
    { numRuns: 500 },
  )
})

test('a request that ends in an error has changed nothing', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 5 }), (changes) => {
      const start = toResource({ title: 'a', emails: [{ type: 'work', value: 'a' }] })
      const before = structuredClone(start)
      const wrong = {
        op: 'replace',
        path: 'emails[type ne "x" and value eq "none"].value',
        value: 'b',
      }

      const act = () => patched(start, [...changes.map(({ say }) => say), wrong])

      expect(act).toThrow(ScimError)
      expect(start).toEqual(before)
    }),
  )
})

const id: fc.Arbitrary<string> = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const ids = fc.uniqueArray(id)
type MemberChange = { mean(members: string[]): string[]; say: object[] }
const values = (list: string[]) => list.map((value) => ({ value }))
const without = (members: string[], gone: string[]) =>
  members.filter((member) => !gone.includes(member))
const withAll = (members: string[], added: string[]) => [...new Set([...members, ...added])]

const memberChange: fc.Arbitrary<MemberChange> = fc.oneof(
  ids.map(
    (list): MemberChange => ({
      mean: (members) => withAll(members, list),
      say: [
        { op: 'Add', path: 'members', value: list.map((value) => ({ $ref: null, value })) },
        { op: 'add', value: { members: values(list) } },
      ],
    }),
  ),
  ids.map(
    (list): MemberChange => ({
      mean: (members) => without(members, list),
      say: [{ op: 'Remove', path: 'members', value: values(list) }],
    }),
  ),
  id.map(
    (one): MemberChange => ({
      mean: (members) => without(members, [one]),
      say: [{ op: 'remove', path: `members[value eq "${one}"]` }],
    }),
  ),
  ids.map(
    (list): MemberChange => ({
      mean: () => list,
      say: [
        { op: 'replace', path: 'members', value: values(list) },
        { op: 'replace', value: { members: values(list) } },
      ],
    }),
  ),
  fc.constant<MemberChange>({ mean: () => [], say: [{ op: 'remove', path: 'members' }] }),
)
const saidOfMembers = memberChange.chain(({ mean, say }) =>
  fc.record({ mean: fc.constant(mean), say: fc.constantFrom(...say) }),
)

test('any sequence of member operations adds up to one change that does the same', () => {
  fc.assert(
    fc.property(ids, fc.array(saidOfMembers, { minLength: 1, maxLength: 8 }), (start, changes) => {
      const meant = changes.reduce((members, { mean }) => mean(members), start)
      const Operations = changes.map(({ say }) => say)
      const body = { schemas: [patchSchema], Operations } as unknown as JsonObject

      const { members } = readGroupChange(parsePatch({ type: groupResource }, body).operations)

      const result =
        'replaceWith' in members
          ? members.replaceWith
          : withAll(without(start, members.remove), members.add)
      expect(result.toSorted()).toEqual(meant.toSorted())
      if ('add' in members) expect(without(members.add, members.remove)).toEqual(members.add)
    }),
    { numRuns: 1000 },
  )
})
