import type { Problem, passwordRules } from '../../../contract/src/index.ts'
import { CheckMark, type CheckState } from './CheckList.tsx'

type Rule = (typeof passwordRules)[number]
// Typed from the contract, so the words cannot drift from the server's; only the type is imported,
// because the schemas would bring the whole schema library into the browser.
const labels: { [Each in Rule as Each['id']]: Each['label'] } = {
  length: '8 to 128 characters',
  classes: 'Three of: lower case, upper case, digit, other character',
  leaked: 'Not in the list of leaked passwords',
}

/** The rules of a password while it is typed. Only the server knows the leaked ones. */
export function PasswordRules({
  password,
  failed = [],
}: {
  password: string
  /** Rules the server has refused this very password for. */
  failed?: string[]
}) {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u]
  const long = [...password].length
  const met = {
    length: long >= 8 && long <= 128,
    classes: kinds.filter((kind) => kind.test(password)).length >= 3,
    leaked: false,
  }
  const state = (id: Rule['id']): CheckState =>
    failed.includes(id) ? 'failed' : met[id] ? 'done' : 'open'
  return (
    <ul aria-label="Password rules" className="flex flex-col gap-1.5">
      {(Object.keys(labels) as Rule['id'][]).map((id) => (
        <li key={id} className="flex items-center gap-2 text-sm text-ink-2">
          <CheckMark state={state(id)} />
          <span>
            {labels[id]}
            {id === 'leaked' && state(id) === 'open' ? (
              <span className="text-ink-3"> (checked when you continue)</span>
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  )
}

export function meetsPasswordRules(password: string): boolean {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u]
  const long = [...password].length
  return long >= 8 && long <= 128 && kinds.filter((kind) => kind.test(password)).length >= 3
}

/** What the server found wrong with a password, for the field and for its list of rules. */
export function passwordFault(problem: Problem): { words: string; failed: string[] } {
  const failed = (problem.errors ?? []).map((fault) => fault.code)
  const words = failed.includes('leaked')
    ? 'This password is in the list of leaked passwords. Please choose another.'
    : problem.detail
  return { words, failed }
}
