import { expect, inject, test } from 'vitest'

test('the suite runs on the store that its project names', () => {
  const store = process.env.USHER_TEST_STORE

  expect(store).toBe(inject('databaseUrl') ? 'postgres' : 'sqlite')
})
