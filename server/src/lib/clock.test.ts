import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime } from './clock.ts'

test('a time is written as ISO 8601 has it, whatever the day and on whichever side of 1970', () => {
  const day = 86_400_000
  fc.assert(
    fc.property(
      fc.oneof(
        fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
        fc.integer({ min: -20_000, max: 40_000 }).map((days) => days * day),
        fc.integer({ min: -20_000, max: 40_000 }).map((days) => days * day - 1),
      ),
      (at) => {
        expect(isoTime(at)).toBe(new Date(at).toISOString())
      },
    ),
    { numRuns: 3_000 },
  )
})
