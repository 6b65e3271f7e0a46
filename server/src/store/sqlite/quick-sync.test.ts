import { expect, test } from 'vitest'
import { quickSync } from './quick-sync.ts'

/** A disk that takes as long as it is told, and who waited for it. */
function createDisk() {
  const waited: ('here' | 'beside')[] = []
  let clock = 0
  let takesMs = 0.2
  let isLoaded = false
  const sync = quickSync({
    here() {
      clock += takesMs
      waited.push('here')
    },
    async beside() {
      waited.push('beside')
    },
    isLoaded: () => isLoaded,
    now: () => clock,
  })
  return {
    load(loaded: boolean) {
      isLoaded = loaded
    },
    async syncs(times: number, ms: number) {
      takesMs = ms
      waited.length = 0
      for (let at = 0; at < times; at += 1) await sync()
      return waited.filter((who) => who === 'here').length
    },
  }
}

test('a quick disk is waited for at once', async () => {
  const { syncs } = createDisk()
  expect(await syncs(100, 0.2)).toBe(100)
})

test.each([
  [1, 0.02],
  [5, 0.004],
  [20, 0.001],
])('of a disk that takes %d ms the event loop waits for a share of %d', async (ms, share) => {
  const { syncs } = createDisk()
  await syncs(10, ms)
  expect(await syncs(10_000, ms)).toBeLessThanOrEqual(10_000 * share + 1)
})

test('after a second in which the disk stood still it is waited for at once again', async () => {
  const { syncs } = createDisk()
  await syncs(100, 0.2)
  expect(await syncs(3, 1_000)).toBe(2)
  expect(await syncs(50, 0.2)).toBeLessThan(50)
  await syncs(1_000, 0.2)
  expect(await syncs(100, 0.2)).toBe(100)
})

test.each([1, 100])('a sync that takes %d ms once among quick ones changes little', async (ms) => {
  const { syncs } = createDisk()
  await syncs(100, 0.2)
  await syncs(1, ms)
  expect(await syncs(100, 0.2)).toBe(100)
})

test('while the disk has a lot to write the event loop does not wait for it', async () => {
  const { load, syncs } = createDisk()
  await syncs(100, 0.2)
  load(true)
  expect(await syncs(100, 30)).toBe(0)
  load(false)
  expect(await syncs(100, 0.2)).toBe(100)
})

test('a disk that fails says so to whoever waits', async () => {
  const sync = quickSync({
    here() {
      throw new Error('EIO')
    },
    beside: async () => undefined,
    isLoaded: () => false,
    now: () => 0,
  })
  await expect(sync()).rejects.toThrow('EIO')
})
