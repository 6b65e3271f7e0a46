import type { Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { SignInStep } from '../model/second-factor.ts'

export type Progress = {
  /** The person has a second factor. */
  hasFactor: boolean
  /** And has proved it in this sign-in. */
  isProved: boolean
  /** A manager chose the password that they came with (EM-5). */
  mustChoosePassword: boolean
  /** The organisation requires a second factor (SE-11). */
  isRequired: boolean
}

/** What a person whose password was right still has to do; undefined when there is nothing left. */
export function nextStep(progress: Progress): SignInStep | undefined {
  if (progress.hasFactor && !progress.isProved) return 'second_factor'
  if (progress.mustChoosePassword) return 'new_password'
  if (progress.isRequired && !progress.hasFactor) return 'enrolment'
  return undefined
}

export function isByPassword({ loginMethod }: Pick<Organisation, 'loginMethod'>): boolean {
  return loginMethod === null || loginMethod === 'password'
}

/** A second factor belongs to the password: other methods bring their own (US-17). */
export function decideSecondFactor(
  organisation: Pick<Organisation, 'loginMethod'>,
): Refusal | undefined {
  if (isByPassword(organisation)) return undefined
  return {
    code: 'login_method.disabled',
    detail: 'People sign in another way here; a second factor belongs to the password.',
  }
}

/** While one is required, the last one stays. */
export function decideFactorLoss(
  organisation: Pick<Organisation, 'requireSecondFactor'>,
  othersLeft: number,
): Refusal | undefined {
  if (!organisation.requireSecondFactor || othersLeft > 0) return undefined
  return {
    code: 'second_factor.required',
    detail: 'Your organisation requires a second factor. Add another one before you remove this.',
  }
}
