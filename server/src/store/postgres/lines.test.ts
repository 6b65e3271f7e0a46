import { expect, test } from 'vitest'
import type { Db } from '../dialect.ts'
import { createLines } from './lines.ts'

const none = {} as Db

/** Units that remember which works shared one. */
function remembering({ commitFails = false } = {}) {
  const units: string[] = []
  const lines = createLines({
    async alone(work) {
      units.push('alone')
      return work(none)
    },
    async shared(work) {
      const at = units.push('shared') - 1
      const done = await work(none)
      units[at] = `shared by ${(done as unknown[]).length}`
      if (commitFails) throw new Error('The commit failed.')
      return done
    },
  })
  return { units, lines }
}

test('who waits at the same moment goes together, each with an answer of their own', async () => {
  const { units, lines } = remembering()

  const answers = [1, 2, 3].map((number) =>
    lines.write('people', `${number}`, async () => number * 10),
  )

  expect(await Promise.all(answers)).toEqual([10, 20, 30])
  expect(units).toEqual(['shared by 3'])
})

test('who comes alone goes alone', async () => {
  const { units, lines } = remembering()

  expect(await lines.write('people', '1', async () => 10)).toBe(10)

  expect(units).toEqual(['alone'])
})

test('two of one subject go one after the other, in their order', async () => {
  const { units, lines } = remembering()
  const order: string[] = []
  const go = (subject: string, name: string) =>
    lines.write('people', subject, async () => order.push(name))

  await Promise.all([go('ada', 'first'), go('bob', 'beside it'), go('ada', 'second')])

  expect(order).toEqual(['first', 'beside it', 'second'])
  expect(units).toEqual(['shared by 2', 'alone'])
})

test('two lines do not wait for each other', async () => {
  const { units, lines } = remembering()

  await Promise.all([
    lines.write('acme', '1', async () => 1),
    lines.write('globex', '1', async () => 1),
  ])

  expect(units).toEqual(['alone', 'alone'])
})

test('one that is refused is refused alone', async () => {
  const { units, lines } = remembering()

  const answers = await Promise.allSettled(
    [1, 2, 3].map((number) =>
      lines.write('people', `${number}`, async () => {
        if (number === 2) throw new Error('refused')
        return number
      }),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(units).toEqual(['shared', 'alone', 'alone', 'alone'])
})

test('what could not be committed together is committed one by one', async () => {
  const { units, lines } = remembering({ commitFails: true })

  const answers = [1, 2].map((number) => lines.write('people', `${number}`, async () => number))

  expect(await Promise.all(answers)).toEqual([1, 2])
  expect(units).toEqual(['shared by 2', 'alone', 'alone'])
})
