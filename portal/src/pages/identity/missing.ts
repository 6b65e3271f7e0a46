import type { LoginMethodView } from '../../../../contract/src/index.ts'
import { type Changes, type Draft, settingsOf } from './draft.ts'
import type { TestSignIn } from './testSignIn.ts'

export type Gap = { id: 'idp' | 'emergency' | 'test' | 'password'; words: string }

/** What Save still waits for, in words; the server has the last one (LM-11, LM-16, LM-18). */
export function missing(
  draft: Draft,
  changes: Changes,
  view: LoginMethodView,
  { test, stale }: TestSignIn,
): Gap[] {
  if (!changes.login) return []
  if (draft.method === 'password') {
    return view.ownPasswordSet || !changes.method
      ? []
      : [{ id: 'password', words: 'Set a password of your own first, so that you can come back.' }]
  }
  const words = testGap(test, stale)
  if (draft.method !== 'sso') return words ? [{ id: 'test', words }] : []
  const gaps: Gap[] = []
  if (!settingsOf(draft)) {
    gaps.push({ id: 'idp', words: 'Enter your identity provider’s side.' })
  }
  if (!view.breakGlass.exists) {
    gaps.push({ id: 'emergency', words: 'Create an emergency account.' })
  } else if (!view.breakGlass.proved) {
    gaps.push({ id: 'emergency', words: 'Sign in once with the emergency account to prove it.' })
  }
  if (words) gaps.push({ id: 'test', words })
  return gaps
}

function testGap(test: TestSignIn['test'], stale: boolean): string | null {
  if (!test) return 'Run “Test sign-in” and sign in as yourself.'
  if (stale) return 'The settings have changed since the test: run “Test sign-in” again.'
  if (test.state === 'pending') return 'Finish the test sign-in in the other window.'
  if (test.state === 'expired') return 'The test has expired: run “Test sign-in” again.'
  if (test.state === 'failed') return 'The last test failed: see what to do, then test again.'
  if (!test.resolved?.isYou) return 'The test must resolve to your own account.'
  return null
}
