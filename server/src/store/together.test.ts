import { expect, test } from 'vitest'
import { together } from './together.ts'

const failed = (code: string) => Object.assign(new Error(code), { code })

test('steps that do not wait for each other answer in their order', async () => {
  const answers = await together(Promise.resolve('one'), undefined, Promise.resolve(3))

  expect(answers).toEqual(['one', undefined, 3])
})

test('nothing runs on when one step has failed', async () => {
  const slow = Promise.withResolvers<void>()
  let hasEnded = false

  const all = together(
    Promise.reject(failed('23505')),
    slow.promise.then(() => {
      hasEnded = true
    }),
  )
  slow.resolve()

  await expect(all).rejects.toThrow('23505')
  expect(hasEnded).toBe(true)
})

test('what failed first is told, and not what the database refused because of it', async () => {
  const all = together(Promise.reject(failed('25P02')), Promise.reject(failed('40P01')))

  await expect(all).rejects.toThrow('40P01')
})
