import type { FieldValues, Path, UseFormSetError } from 'react-hook-form'
import type { Problem } from '../../../contract/src/index.ts'

/**
 * Puts what the server found wrong beside the fields, focusing the first.
 * Answers whether every fault found its field; if not, the problem itself must be shown.
 */
export function placeFaults<Values extends FieldValues>(
  problem: Problem,
  setError: UseFormSetError<Values>,
  fields: readonly Path<Values>[],
): boolean {
  const faults = (problem.errors ?? []).map((fault) => ({
    field: fields.find((field) => pointerOf(field) === fault.pointer),
    message: fault.detail ?? problem.detail,
  }))
  let first = true
  for (const { field, message } of faults) {
    if (!field) continue
    setError(field, { type: 'server', message }, { shouldFocus: first })
    first = false
  }
  return faults.length > 0 && faults.every(({ field }) => field !== undefined)
}

function pointerOf(field: string): string {
  return `/${field.replaceAll('.', '/')}`
}

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

/** First checks, so that a slip is seen at once; the server decides. */
export const fieldRules = {
  name: {
    required: 'Please enter a name.',
    maxLength: { value: 100, message: 'At most 100 characters.' },
    validate: (value: string) => value.trim() !== '' || 'Please enter a name.',
  },
  email: {
    required: 'Please enter an e-mail address.',
    maxLength: { value: 254, message: 'At most 254 characters.' },
    validate: (value: string) =>
      email.test(value.trim()) || 'This does not look like an e-mail address.',
  },
  slug: {
    required: 'Please choose a short name for the address.',
    pattern: {
      value: /^[a-z0-9-]{3,40}$/,
      message: '3 to 40 of a–z, 0–9 and hyphen.',
    },
  },
}

/** A short name for addresses, from an organisation's name. */
export function slugFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, '')
}
