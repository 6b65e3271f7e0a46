import { leakedPasswords } from '../auth/index.ts'
import { passwordFaults } from '../directory/index.ts'
import { Refused } from '../model/refusals.ts'

/** Throws with each failed rule (LM-36). */
export async function judgePassword(password: string, pointer = '/password'): Promise<void> {
  const faults = passwordFaults(password, await leakedPasswords())
  if (faults.length === 0) return
  throw new Refused({
    code: 'password.too_weak',
    detail: `The password breaks a rule: ${faults.map((fault) => fault.detail).join('; ')}.`,
    errors: faults.map((fault) => ({ ...fault, pointer })),
  })
}
