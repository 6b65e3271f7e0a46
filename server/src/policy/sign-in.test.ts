import { expect, test } from 'vitest'
import { nextStep } from './sign-in.ts'

// has a factor, has proved it, must choose a password, organisation requires a factor
test.each([
  [0, 0, 0, 0, undefined],
  [0, 0, 0, 1, 'enrolment'],
  [0, 0, 1, 0, 'new_password'],
  [0, 0, 1, 1, 'new_password'],
  [1, 0, 0, 0, 'second_factor'],
  [1, 0, 0, 1, 'second_factor'],
  [1, 0, 1, 0, 'second_factor'],
  [1, 0, 1, 1, 'second_factor'],
  [1, 1, 0, 0, undefined],
  [1, 1, 0, 1, undefined],
  [1, 1, 1, 0, 'new_password'],
  [1, 1, 1, 1, 'new_password'],
] as const)(
  'SE-11: factor %i, proved %i, password to change %i, required %i: next is %s',
  (hasFactor, isProved, mustChoosePassword, isRequired, step) => {
    const progress = {
      hasFactor: hasFactor === 1,
      isProved: isProved === 1,
      mustChoosePassword: mustChoosePassword === 1,
      isRequired: isRequired === 1,
    }

    expect(nextStep(progress)).toBe(step)
  },
)
