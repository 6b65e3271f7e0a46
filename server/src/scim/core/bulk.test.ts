import { expect, test } from 'vitest'
import {
  bulkLimits,
  bulkResponse,
  type JsonObject,
  parseBulk,
  resolveReferences,
  ScimError,
} from './index.ts'
import { bulkRequestSchema } from './names.ts'

const read = (Operations: unknown, more: object = {}) =>
  parseBulk({ schemas: [bulkRequestSchema], Operations, ...more } as JsonObject)

const post = (bulkId: string, ...members: string[]) => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { displayName: bulkId, members: members.map((value) => ({ value })) },
})

const order = (operations: unknown) =>
  read(operations).steps.map((step) =>
    'operation' in step ? step.operation.index : `${step.index}: ${step.error.status}`,
  )

test('operations are read with method, resource, version and data', () => {
  const { steps, failOnErrors } = read(
    [
      { METHOD: 'post', Path: '/users', bulkId: 'q', data: { userName: 'ada' } },
      { method: 'PATCH', path: '/Groups/g-1', version: 'W/"1"', data: { Operations: [] } },
      { method: 'DELETE', path: 'Users/u-1', version: null },
    ],
    { failOnErrors: 1 },
  )

  expect(failOnErrors).toBe(1)
  expect(steps).toEqual([
    {
      operation: {
        index: 0,
        method: 'POST',
        endpoint: '/Users',
        bulkId: 'q',
        data: { userName: 'ada' },
        needs: [],
      },
    },
    {
      operation: {
        index: 1,
        method: 'PATCH',
        endpoint: '/Groups',
        id: 'g-1',
        version: 'W/"1"',
        data: { Operations: [] },
        needs: [],
      },
    },
    { operation: { index: 2, method: 'DELETE', endpoint: '/Users', id: 'u-1', needs: [] } },
  ])
})

test.each<[string, unknown, unknown]>([
  ['as sent', [post('a'), post('b'), post('c')], [0, 1, 2]],
  [
    'a reference backward changes nothing',
    [post('a'), post('b', 'bulkId:a'), post('c')],
    [0, 1, 2],
  ],
  ['a reference forward waits', [post('a', 'bulkId:b'), post('b'), post('c')], [1, 0, 2]],
  [
    'a chain forward waits for its end',
    [post('a', 'bulkId:b'), post('b', 'bulkId:c'), post('c')],
    [2, 1, 0],
  ],
  ['waiting for two', [post('a', 'bulkId:b', 'bulkId:c'), post('b'), post('c')], [1, 2, 0]],
  ['by path', [{ method: 'DELETE', path: '/Groups/bulkId:a' }, post('a')], [1, 0]],
  [
    'a circle is 409, and the rest goes on',
    [post('a', 'bulkId:b'), post('b', 'bulkId:a'), post('c')],
    [2, '0: 409', '1: 409'],
  ],
  ['naming oneself is a circle', [post('a', 'bulkId:a')], ['0: 409']],
  [
    'what waits for a circle is 409',
    [post('x', 'bulkId:a'), post('a', 'bulkId:a')],
    ['0: 409', '1: 409'],
  ],
  ['an unknown reference fails alone', [post('a', 'bulkId:nobody'), post('b')], ['0: 400', 1]],
  ['a bulkId given twice fails the second', [post('a'), post('a')], [0, '1: 400']],
])('the order of operations: %s', (_, operations, expected) => {
  expect(order(operations)).toEqual(expected)
})

test('a chain of a thousand operations, last first, is put in order at once', () => {
  const chain = Array.from({ length: 1000 }, (_, n) =>
    post(`${n}`, ...(n < 999 ? [`bulkId:${n + 1}`] : [])),
  )

  expect(order(chain)).toEqual(Array.from({ length: 1000 }, (_, n) => 999 - n))
})

test.each<[unknown, string | undefined]>([
  ['x', 'invalidSyntax'],
  [{}, 'invalidSyntax'],
  [{ method: 'GET', path: '/Users' }, 'invalidSyntax'],
  [{ method: 'POST', path: '/Users', data: {} }, 'invalidSyntax'],
  [{ method: 'POST', path: '/Users', bulkId: 'a' }, 'invalidSyntax'],
  [{ method: 'POST', path: '/Users/u-1', bulkId: 'a', data: {} }, 'invalidPath'],
  [{ method: 'PUT', path: '/Users', data: {} }, 'invalidPath'],
  [{ method: 'PUT', path: '/Devices/1', data: {} }, 'invalidPath'],
  [{ method: 'DELETE', path: '/Users/../Groups/1' }, 'invalidPath'],
  [{ method: 'DELETE', path: '/Users/1?x=y' }, 'invalidPath'],
  [{ method: 'PATCH', path: '/Users/1', data: 'x' }, 'invalidSyntax'],
  [{ method: 'DELETE', path: '/Users/1', version: 99 }, 'invalidValue'],
])('%j fails alone: %s', (operation, scimType) => {
  const { steps } = read([operation, post('b')])

  expect(steps).toMatchObject([{ index: 0, error: { status: 400, scimType } }, { operation: {} }])
})

test.each<[number, string, JsonObject]>([
  [
    413,
    'at most 1000 operations',
    {
      schemas: [bulkRequestSchema],
      Operations: Array.from({ length: bulkLimits.operations + 1 }, () => ({})),
    },
  ],
  [400, 'schemas', { Operations: [] }],
  [400, 'schemas', { schemas: [null], Operations: [] }],
  [400, '"Operations"', { schemas: [bulkRequestSchema] }],
  [400, 'failOnErrors', { schemas: [bulkRequestSchema], Operations: [], failOnErrors: 0 }],
])('a request is refused as a whole with %s: %s', (status, why, body) => {
  expect(() => parseBulk(body)).toThrow(
    expect.objectContaining({ status, detail: expect.stringContaining(why) }),
  )
})

test('a name that begins like a reference is a name', () => {
  const data = { displayName: 'bulkId: the game', members: [{ value: 'u-1', display: 'bulkId:b' }] }
  const [step] = read([{ ...post('a'), data }]).steps

  expect(step).toMatchObject({ operation: { data, needs: [] } })
})

test('references become ids, or the operation fails', () => {
  const [step] = read([{ ...post('a', 'bulkId:b', 'u-1') }, post('b')]).steps.slice(-1)
  if (!step || !('operation' in step)) throw new Error('There is no such operation.')

  expect(resolveReferences(step.operation, new Map([['b', 'g-2']]))).toMatchObject({
    data: { members: [{ value: 'g-2' }, { value: 'u-1' }] },
  })
  expect(() => resolveReferences(step.operation, new Map())).toThrow('did not succeed')
})

test('the answer is in the order of the request, with every status as text', () => {
  const error = new ScimError({ status: 409, scimType: 'uniqueness', detail: 'Taken.' })

  const response = bulkResponse([
    { index: 1, method: 'POST', bulkId: 'b', status: 201, location: 'https://x/Users/1' },
    { index: 0, method: 'POST', bulkId: 'a', error },
  ])

  expect(response).toEqual({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'],
    Operations: [
      {
        method: 'POST',
        bulkId: 'a',
        status: '409',
        response: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
          status: '409',
          scimType: 'uniqueness',
          detail: 'Taken.',
        },
      },
      { method: 'POST', bulkId: 'b', status: '201', location: 'https://x/Users/1' },
    ],
  })
})
