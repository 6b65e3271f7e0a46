import { expect, test } from 'vitest'
import { countTicked, isTicked, nobody, tickEveryone, tickOne } from './ticks.ts'

const person = (id: string, risk: 'medium' | 'high') => ({
  id,
  email: id,
  name: id,
  risk,
  reason: '',
})
const waiting = {
  managers: 1,
  others: 3,
  people: [person('eve', 'high'), person('ada', 'medium'), person('bob', 'medium')],
}
const tickedIn = (ticks: typeof nobody) =>
  waiting.people.filter((one) => isTicked(ticks, one)).map(({ id }) => id)

test('everyone ticks all but managers, also those who are not shown', () => {
  const ticks = tickEveryone(nobody, waiting, true)

  expect(tickedIn(ticks)).toEqual(['ada', 'bob'])
  expect(ticks).toEqual({ everyone: true, users: [] })
  expect(countTicked(ticks, waiting)).toBe(3)
})

test('a manager is ticked by name, and stays so when everyone is ticked or not', () => {
  const eve = tickOne(nobody, waiting, 'eve', true)
  const all = tickEveryone(eve, waiting, true)

  expect(all).toEqual({ everyone: true, users: ['eve'] })
  expect(countTicked(all, waiting)).toBe(4)
  expect(tickEveryone(all, waiting, false)).toEqual(eve)
  expect(tickOne(all, waiting, 'eve', false)).toEqual({ everyone: true, users: [] })
})

test('whoever is taken out of everyone leaves the shown ones ticked by name', () => {
  const ticks = tickOne(tickEveryone(nobody, waiting, true), waiting, 'bob', false)

  expect(ticks).toEqual({ everyone: false, users: ['ada'] })
  expect(tickOne(ticks, waiting, 'ada', false)).toBe(nobody)
})
