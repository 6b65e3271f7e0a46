import type { Draft } from './draft.ts'
import type { TestSignIn } from './testSignIn.ts'

type Proof = 'done' | 'failed' | 'open'

/** Which steps of the guide the latest test sign-in proves, or disproves. */
export function proofs(draft: Draft, { test }: TestSignIn) {
  const answered = test !== null && (test.state === 'succeeded' || test.state === 'failed')
  const checked = (about: RegExp): Proof => {
    if (!answered) return 'open'
    const found = test.checks.filter(({ rule }) => about.test(rule))
    if (found.length === 0) return test.state === 'succeeded' ? 'done' : 'open'
    return found.every(({ ok }) => ok) ? 'done' : 'failed'
  }
  const { read } = draft.saml
  const named = test?.resolved?.firstName && test.resolved.lastName && test.resolved.email
  return {
    application: (read !== null || answered ? 'done' : 'open') as Proof,
    basic: checked(/meant for this service|addressed to this URL|delivered to this URL/i),
    claims: (named
      ? 'done'
      : answered && (test.claims.length > 0 || test.resolved)
        ? 'failed'
        : 'open') as Proof,
    metadata:
      read === null
        ? ('open' as const)
        : answered
          ? checked(/sign(ed|ature)|certificate|configured identity provider/i)
          : 'done',
    // Entra answers at all only for people who are assigned to the application.
    assigned: (answered ? 'done' : 'open') as Proof,
    test: (!answered
      ? 'open'
      : test.state === 'succeeded' && test.resolved?.isYou
        ? 'done'
        : 'failed') as Proof,
  }
}
