import { expect, test } from 'vitest'
import { endOfTurn, oncePerTurn } from './turn.ts'

test('who asks the same in one turn shares the answer; the next turn asks anew', async () => {
  const asked: string[] = []
  const find = oncePerTurn(
    async ({ name }: { name: string }) => asked.push(name),
    ({ name }) => name,
  )

  const answers = await Promise.all(['ada', 'bob', 'ada'].map((name) => find({ name })))
  await endOfTurn()
  const later = await find({ name: 'ada' })

  expect(answers).toEqual([1, 2, 1])
  expect(later).toBe(3)
  expect(asked).toEqual(['ada', 'bob', 'ada'])
})

test('a question that failed fails whoever shared it, and is asked anew', async () => {
  let isDown = true
  const find = oncePerTurn(
    async () => {
      if (isDown) throw new Error('down')
      return 'here'
    },
    () => 'one',
  )

  const answers = await Promise.allSettled([find({}), find({})])
  await endOfTurn()
  isDown = false

  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await find({})).toBe('here')
})
