import fc from 'fast-check'
import { test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import { createScimOrganisation } from '../../testing/scim.ts'
import { opening, Run, step } from '../../testing/scim-model.ts'

/**
 * Random calls against the door and against what RFC 7643 and RFC 7644 say, written down as plainly
 * as possible. USHER_SEQUENCES makes a long run of it.
 */
const sequences = howMany('USHER_SEQUENCES', 120)

test(`${sequences} random sequences of calls leave what the standard says`, {
  timeout: 3_600_000,
}, async () => {
  const acme = await createScimOrganisation({ overTwoNodes: true })
  let number = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 25 }), async (steps) => {
      number += 1
      const run = new Run(acme, `s${number}`)
      for (const one of [...opening, ...steps]) await run.take(one)
      await run.compare()
    }),
    { numRuns: sequences, endOnFailure: false },
  )
})
