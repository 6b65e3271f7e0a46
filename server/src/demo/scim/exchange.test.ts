import { expect, test } from 'vitest'
import { isAsExpected, type Json, type Step } from './exchange.ts'

function step(status: number, body: unknown, expectedBody?: Json): Step {
  return {
    title: 'Read somebody',
    request: { method: 'GET', path: '/Users/1', headers: {} },
    response: { status, headers: {}, body },
    expected: {
      status: [200, 204],
      ...(expectedBody ? { body: expectedBody as Record<string, Json> } : {}),
    },
  }
}

test.each<[string, Step, boolean]>([
  ['one of the statuses is enough', step(204, undefined), true],
  ['another status is not', step(404, {}), false],
  ['more in the body than was asked for is fine', step(200, { a: 1, b: 2 }, { a: 1 }), true],
  ['another value is not', step(200, { a: 2 }, { a: 1 }), false],
  ['a missing name is not', step(200, {}, { a: 1 }), false],
  ['a body that is none is not', step(200, 'text', { a: 1 }), false],
  ['an empty list is empty', step(200, { a: [] }, { a: [] }), true],
  ['a longer list is not', step(200, { a: [1] }, { a: [] }), false],
  ['parts inside are compared alike', step(200, { a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }), true],
])('%s', (_, given, expected) => {
  expect(isAsExpected(given)).toBe(expected)
})
