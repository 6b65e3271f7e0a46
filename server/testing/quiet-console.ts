import { format } from 'node:util'
import { afterEach, expect } from 'vitest'

/**
 * Nobody reads the console of a test run, so whatever is said there fails the test that said it.
 * A test that expects words replaces the function: `vi.spyOn(console, 'error').mockReturnValue()`.
 */
const said: string[] = []
for (const method of ['error', 'warn'] as const) {
  console[method] = (...words: unknown[]) => void said.push(format(...words))
}

afterEach(() => {
  const heard = said.splice(0)

  expect(heard, 'unexpected words on the console').toEqual([])
})
