import type { FieldFault } from '../model/refusals.ts'

/**
 * The password rule (LM-36). Length counts characters as people see them in code points.
 * @param leaked whether the bundled list of leaked passwords holds it.
 * @returns the rules that it fails, none when it is good.
 */
export function passwordFaults(
  password: string,
  leaked: (password: string) => boolean,
): FieldFault[] {
  const length = [...password].length
  const classes = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u].filter((one) =>
    one.test(password),
  )
  const faults: FieldFault[] = []
  if (length < 8 || length > 128) {
    faults.push({ pointer: '/password', code: 'length', detail: '8 to 128 characters' })
  }
  if (classes.length < 3) {
    faults.push({
      pointer: '/password',
      code: 'classes',
      detail: 'Three of: lower case, upper case, digit, other character',
    })
  }
  if (leaked(password)) {
    faults.push({
      pointer: '/password',
      code: 'leaked',
      detail: 'Not in the list of leaked passwords',
    })
  }
  return faults
}
