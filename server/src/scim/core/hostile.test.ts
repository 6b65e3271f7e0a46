import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  applyPatch,
  groupResource,
  type JsonObject,
  parseBody,
  parseBulk,
  parseFilter,
  parsePatch,
  project,
  readCursor,
  readGroupChange,
  readPaging,
  readProjection,
  readResource,
  ScimError,
  userResource,
} from './index.ts'

const type = userResource({ syncRoles: true })
const mebibyte = 1_048_576

/** Runs to the end or to a ScimError; anything else is a bug. */
function survive(act: () => unknown) {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof ScimError)) throw error
    expect(error.detail.length).toBeLessThan(1000)
    return undefined
  }
}

const plainDocument = list(25_000, (n) => `{"value":"${String(n).padStart(30, '0')}"}`)

/**
 * As a share of the time that fifteen plain documents of 1 MB take here and now, some 50 ms: other work
 * shares the machine, so the two are done by turns and the best of each counts.
 */
function shareOfFifteenDocuments(act: () => unknown): number {
  const own: number[] = []
  const plain: number[] = []
  for (let turn = 0; turn < 5; turn += 1) {
    own.push(milliseconds(act))
    plain.push(
      milliseconds(() => {
        for (let document = 0; document < 15; document += 1) JSON.parse(plainDocument)
      }),
    )
  }
  return Math.min(...own) / Math.min(...plain)
}

function milliseconds(act: () => unknown): number {
  const began = performance.now()
  survive(act)
  return performance.now() - began
}

const token = fc.constantFrom(
  ...['userName', 'emails', 'emails[', 'type', 'value', '].value', ']', '(', ')', 'not', 'and'],
  ...['or', 'eq', 'pr', 'gt', '"x"', '"', '\\', 'true', 'null', '7', '-', '.', ':', '[', ' ', '\t'],
  ...['urn:ietf:params:scim:schemas:core:2.0:User:', '__proto__', 'constructor', 'members', '\0'],
)
const nearlyFilter = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(' '))
const anyText = fc.oneof(nearlyFilter, fc.string(), fc.string({ unit: 'binary' }))

const names = fc.constantFrom(
  ...['schemas', 'Operations', 'op', 'path', 'value', 'userName', 'name', 'emails', 'primary'],
  ...['type', 'members', 'manager', 'active', '$ref', 'id', 'data', 'method', 'bulkId', 'roles'],
  ...['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', '__proto__', 'constructor'],
  ...['prototype', 'toString', 'hasOwnProperty', 'name.givenName', 'emails[type eq "work"].value'],
)
const leafValue = fc.oneof(
  fc.constantFrom(
    'add',
    'Replace',
    'remove',
    'members',
    'emails',
    'POST',
    '/Users',
    'bulkId:a',
    '',
  ),
  fc.constantFrom(
    'urn:ietf:params:scim:api:messages:2.0:PatchOp',
    'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
  ),
  fc.constantFrom(null, true, false, 0, 1.5, -1),
  anyText,
)
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    leafValue,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(names, tie('tree')), { maxLength: 5 }).map((entries) =>
      // JSON.parse makes own properties of names that an object literal would not.
      JSON.parse(
        `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value ?? null)}`).join(',')}}`,
      ),
    ),
  ),
}))

test('whatever is sent as a filter is read or refused', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      survive(() => parseFilter(type, text))
      survive(() => parseFilter(groupResource, text))
    }),
    { numRuns: 3000 },
  )
})

test('whatever is sent as a body is read or refused, and nothing reaches a prototype', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).toSorted()
  fc.assert(
    fc.property(tree, tree, (value, other) => {
      const operations = Array.isArray(value) ? value : [value]
      const text = JSON.stringify({
        userName: 'a',
        displayName: 'b',
        Operations: operations,
        more: other,
      })
      const direct = [JSON.stringify(value) ?? '', text]
      for (const sent of direct) {
        const body = survive(() => parseBody(sent, mebibyte)) as JsonObject | undefined
        if (!body) continue
        for (const as of [type, groupResource]) {
          survive(() => project(readProjection(as, {}), readResource(as, body).resource))
          survive(() => {
            const { operations: read } = parsePatch({ type: as }, body)
            return as === type ? applyPatch(type, { userName: 'a' }, read) : readGroupChange(read)
          })
        }
        survive(() => parseBulk(body))
      }
      survive(() => readPaging({ startIndex: value, count: other, cursor: other }))
      survive(() => readProjection(type, { attributes: value, excludedAttributes: other }))
    }),
    { numRuns: 3000 },
  )
  expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before)
})

test('whatever is sent as a cursor is refused', () => {
  const context = { key: Buffer.alloc(32, 1), query: 'q', now: 0 }
  fc.assert(
    fc.property(anyText, (text) => {
      expect(() => readCursor(text, context)).toThrow(ScimError)
    }),
  )
})

const patchOf = (operations: string) =>
  `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":${operations}}`
const patch = (text: string) => {
  const { operations } = parsePatch({ type }, parseBody(text, 2 * mebibyte))
  return applyPatch(type, { userName: 'a' }, operations)
}
function list(count: number, item: (n: number) => string): string {
  return `[${Array.from({ length: count }, (_, n) => item(n)).join(',')}]`
}

test.each<[string, () => unknown]>([
  ['a filter of 1 MB', () => parseFilter(type, 'title pr and '.repeat(80_000))],
  ['a filter 10,000 deep', () => parseFilter(type, '('.repeat(10_000))],
  ['a filter of 8 kB that is all depth', () => parseFilter(type, 'not ('.repeat(1600))],
  [
    'a filter of 8 kB that is one string',
    () => parseFilter(type, `title eq "${'\\'.repeat(8000)}`),
  ],
  [
    'a path of 1 MB',
    () => patch(patchOf(`[{"op":"remove","path":"emails[${'['.repeat(mebibyte)}"}]`)),
  ],
  [
    'a body 10,000 deep',
    () => parseBody(`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, mebibyte),
  ],
  [
    'a body of 1 MB that is all depth',
    () => parseBody(`{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}`, mebibyte),
  ],
  ['a body of 1 MB of open brackets', () => parseBody('['.repeat(mebibyte), mebibyte)],
  ['a body of 1 MB of backslashes', () => parseBody(`{"a":"${'\\\\'.repeat(520_000)}"}`, mebibyte)],
  [
    'a body of 1 MB of escaped quotation marks',
    () => parseBody(`{"a":"${'\\"'.repeat(520_000)}"}`, mebibyte),
  ],
  [
    'a list of 20,000 e-mails',
    () =>
      patch(
        patchOf(
          `[{"op":"add","path":"emails","value":${list(20_000, (n) => `{"value":"${n}"}`)}}]`,
        ),
      ),
  ],
  [
    '15,000 paths as names',
    () =>
      patch(
        patchOf(
          `[{"op":"add","value":{${list(15_000, (n) => `"emails[type eq \\"${n}\\"].value":"x"`).slice(1, -1)}}}]`,
        ),
      ),
  ],
  [
    'a thousand times one number',
    () =>
      patch(
        patchOf(list(1000, (n) => `{"op":"add","path":"emails","value":[{"value":"${n % 250}"}]}`)),
      ),
  ],
  [
    'a user with 30,000 unknown attributes',
    () =>
      readResource(
        type,
        parseBody(`{"userName":"a",${list(30_000, (n) => `"x${n}":1`).slice(1, -1)}}`, mebibyte),
      ),
  ],
])('%s is done with as soon as fifteen plain documents of 1 MB', (_, act) => {
  expect(shareOfFifteenDocuments(act)).toBeLessThan(1)
})

test('1 MB of members is read in little more than the time it takes to read 1 MB', () => {
  const text = patchOf(
    `[{"op":"add","path":"members","value":${list(18_000, (n) => `{"value":"${String(n).padStart(36, '0')}"}`)}}]`,
  )

  const share = shareOfFifteenDocuments(() =>
    readGroupChange(parsePatch({ type: groupResource }, parseBody(text, mebibyte)).operations),
  )

  expect(share).toBeLessThan(3)
})
