import type { LoginMethod, Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import { sourceLabels } from './provisioning.ts'

/** A test sign-in as far as saving asks (LM-16, LM-17). */
export type TestFacts = {
  managerId: string
  succeeded: boolean
  finishedAt: number
  digest: string
  resolvesTo: string | null
}

export type BreakGlassFacts = { lastSignInAt: number | null; credentialsChangedAt: number }

const testLivesMs = 30 * 60_000
const drillEveryMs = 90 * 86_400_000

/** Signed in since its credentials last changed, and within 90 days (LM-18, SE-14). */
export function isProved(account: BreakGlassFacts, now: number): boolean {
  return (
    account.lastSignInAt !== null &&
    account.lastSignInAt >= account.credentialsChangedAt &&
    now - account.lastSignInAt <= drillEveryMs
  )
}

export function drillDueAt(account: BreakGlassFacts): number | null {
  return account.lastSignInAt === null ? null : account.lastSignInAt + drillEveryMs
}

export type MethodChange = {
  organisation: Pick<Organisation, 'loginMethod' | 'source'>
  method: LoginMethod
  /** Digest of the SSO settings that would be in force; null when the method is not SSO. */
  digest: string | null
  /** Digest of the SSO settings in force now. */
  liveDigest: string | null
  managerId: string | null
  managerHasPassword: boolean
  googleAvailable: boolean
  test: TestFacts | undefined
  breakGlass: BreakGlassFacts[]
  /** An operator acts on the machine itself and needs no test (DESIGN §7). */
  byOperator: boolean
  now: number
}

/** May the login method, or the live SSO settings, become this? (LM-11, LM-14 to LM-18) */
export function decideMethodChange(change: MethodChange): Refusal | undefined {
  const { organisation, method, test, now } = change
  if (organisation.loginMethod === 'sso' && method !== 'sso' && organisation.source !== 'portal') {
    const source = sourceLabels[organisation.source]
    return {
      code: 'login_method.provisioning_active',
      detail: `${source} needs SSO. Turn ${source} off before leaving SSO.`,
    }
  }
  if (method === 'google' && !change.googleAvailable) {
    return {
      code: 'login_method.google_unavailable',
      detail: 'This installation has no Google client. The operator sets GOOGLE_CLIENT_ID.',
    }
  }
  if (change.byOperator) return undefined
  if (method === 'password') {
    if (change.managerHasPassword) return undefined
    return { code: 'login_method.test_required', detail: 'Set your own password first.' }
  }
  if (method === 'google') {
    return { code: 'login_method.test_required', detail: 'Test signing in with Google first.' }
  }
  if (organisation.loginMethod === 'sso' && change.digest === change.liveDigest) return undefined

  if (change.breakGlass.length === 0) {
    return {
      code: 'break_glass.required',
      detail:
        'Create an emergency account first, so that a broken identity provider locks nobody out.',
    }
  }
  if (!change.breakGlass.some((account) => isProved(account, now))) {
    return {
      code: 'break_glass.unproven',
      detail:
        'Sign in once with the emergency account: none has signed in since its credentials were changed, or in the last 90 days.',
    }
  }
  if (!test?.succeeded || test.managerId !== change.managerId) {
    return { code: 'login_method.test_required', detail: 'Run a successful test sign-in first.' }
  }
  if (now - test.finishedAt > testLivesMs) {
    return {
      code: 'login_method.test_required',
      detail: 'The test sign-in is older than 30 minutes. Run it again.',
    }
  }
  if (test.resolvesTo !== change.managerId) {
    return {
      code: 'login_method.test_required',
      detail:
        'The test signed in as somebody else. Sign in at the identity provider with your own account.',
    }
  }
  if (test.digest !== change.digest) {
    return {
      code: 'login_method.test_stale',
      detail:
        'The settings changed after the test sign-in. Run the test again; the old settings stay in force.',
    }
  }
  return undefined
}
