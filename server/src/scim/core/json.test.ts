import { expect, test } from 'vitest'
import { type JsonObject, parseBody } from './json.ts'

const mebibyte = 1_048_576
const read = (body: string | Uint8Array) => parseBody(body, mebibyte)

test('a body is read into objects that inherit nothing, not even a prototype to set', () => {
  const body = read(
    '{"userName":"ada","name":{"givenName":"A\\"d\\\\\\"a"},"emails":[{"value":"a"}]}',
  )

  expect(body).toEqual({
    userName: 'ada',
    name: { givenName: 'A"d\\"a' },
    emails: [{ value: 'a' }],
  })
  for (const object of [body, body.name as JsonObject]) {
    const inherited = Object.getOwnPropertyNames(Object.prototype).filter((name) => name in object)
    expect(inherited).toEqual([])
    expect(Object.getPrototypeOf(Object.getPrototypeOf(object))).toBeNull()
    expect(Object.isFrozen(Object.getPrototypeOf(object))).toBe(true)
  }
})

test('bytes are read as UTF-8, with or without byte order mark', () => {
  expect(read(Buffer.from('{"a":"é"}'))).toEqual({ a: 'é' })
  expect(read(Buffer.from('\uFEFF{"a":"é"}'))).toEqual({ a: 'é' })
})

test.each([
  ['', 'not well-formed JSON'],
  ['{', 'not well-formed JSON'],
  ["{'a':1}", 'not well-formed JSON'],
  ['null', 'must be a JSON object'],
  ['[]', 'must be a JSON object'],
  ['"x"', 'must be a JSON object'],
  ['{"__proto__":{"admin":true}}', '"__proto__" is not an attribute name'],
  ['{"\\u005f_proto__":{}}', '"__proto__" is not an attribute name'],
  ['{"a":[{"constructor":{"prototype":{}}}]}', '"constructor" is not an attribute name'],
  ['{"Prototype":1}', '"Prototype" is not an attribute name'],
  ['{"a\\u0000":1}', 'is not an attribute name'],
  ['{"a":"\\u0000"}', 'NUL'],
  ['{"a":["\\ud800"]}', 'surrogate'],
  [JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [n, n]))), 'than 1000'],
  ['{"a":1e999}', 'too large'],
  ['{"userName":"a","USERNAME":"b"}', '"USERNAME" is there twice'],
  ['{"userName":"a","userName":"b"}', 'an attribute twice'],
  ['{"a":[{"b":1,"b" : 2}]}', 'an attribute twice'],
  ['{"a":1,"\\u0061":2}', 'an attribute twice'],
  [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'deeper than 32'],
  [`{"a":${'['.repeat(32)}${']'.repeat(32)}}`, 'deeper than 32'],
])('%.50s is refused: %s', (body, why) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({
      status: 400,
      scimType: 'invalidSyntax',
      detail: expect.stringContaining(why),
    }),
  )
})

test('as many names and levels as the limits say are read', () => {
  const names = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]))

  expect(read(JSON.stringify(names))).toEqual(names)
  expect(() => read(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`)).not.toThrow()
})

test('bytes that are not UTF-8 are refused', () => {
  expect(() => read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow('not UTF-8')
})

test('a body over the limit is 413 and names the limit', () => {
  expect(() => parseBody('{"a":"éé"}', 11)).toThrow(
    expect.objectContaining({ status: 413, detail: expect.stringContaining('11 bytes') }),
  )
  expect(parseBody('{"a":"éé"}', 12)).toEqual({ a: 'éé' })
})
