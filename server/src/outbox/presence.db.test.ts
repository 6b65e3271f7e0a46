import { expect, test } from 'vitest'
import { startUsherAlone } from '../../testing/organisation.ts'
import { createPresence } from './index.ts'

test('nodes of PostgreSQL know of each other until one leaves or falls silent; the embedded database has one', async () => {
  const { store, presence: own } = await startUsherAlone()
  const several = store.dialect.name === 'postgres'
  const first = createPresence(store)
  const second = createPresence(store)
  await own.leave()

  await first.beat()
  const alone = first.hasNeighbours()
  await second.beat()
  await first.beat()
  const together = [first.hasNeighbours(), second.hasNeighbours()]
  await second.leave()
  await first.beat()
  const left = first.hasNeighbours()
  await second.beat()
  await store.write((db) => db.updateTable('nodes').set({ seen_at: 1 }).execute())
  await first.beat()

  expect([alone, ...together, left]).toEqual([false, several, several, false])
  expect(first.hasNeighbours()).toBe(false)
})
