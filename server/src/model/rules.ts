import type { RefusalCode } from './refusals.ts'

/** What a sign-in is held against: its code, what to do about it, and on which screen of the identity provider. */
export type Rule = { code: RefusalCode; rule: string; remedy: string; idpScreen: string }

/** What should have been there, and what was: from strangers, so cut to a length fit for a log line. */
export type Values = { expected?: string | undefined; received?: string | undefined }
type Shown = { expected?: string; received?: string }

/** One line of the check-list shown to a manager. */
export type Check = Shown & { rule: string; ok: boolean }
export type RuleRefusal = Shown & Rule

const longestValue = 300

function cut(value: string): string {
  return value.length > longestValue ? `${value.slice(0, longestValue)}…` : value
}

function shown({ expected, received }: Values): Shown {
  return {
    ...(expected === undefined ? {} : { expected: cut(expected) }),
    ...(received === undefined ? {} : { received: cut(received) }),
  }
}

export function checkOf({ rule }: Rule, ok: boolean, values: Values): Check {
  return { rule, ok, ...shown(values) }
}

export function refusalBy({ code, rule, remedy, idpScreen }: Rule, values: Values): RuleRefusal {
  return { code, rule, ...shown(values), remedy, idpScreen }
}

/** A rule is broken; caught where the message is read, never further out. */
export class RuleFault<Name extends string> extends Error {
  readonly rule: Name
  readonly values: Values

  constructor(rule: Name, values: Values = {}) {
    super(rule)
    this.name = 'Fault'
    this.rule = rule
    this.values = values
  }
}
