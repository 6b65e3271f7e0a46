import type { LoginMethod, Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import { type SsoProtocol, sourceLabel } from './provisioning.ts'

/** A test sign-in as far as saving asks (LM-16, LM-17). */
export type TestFacts = {
  managerId: string
  succeeded: boolean
  finishedAt: number
  digest: string
  resolvesTo: string | null
  /** Whether that person is an enabled manager. */
  resolvesToManager: boolean
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
  /** Digest of the settings of SSO, or of Google, that would be in force; null for passwords. */
  digest: string | null
  /** Digest of those that are settled now. */
  liveDigest: string | null
  /** Of the connection that is settled now. */
  protocol: SsoProtocol
  /** Who saves: a manager, or a break-glass account. */
  saverId: string | null
  /** A break-glass account has no account at the identity provider: its test has to let a manager in. */
  byBreakGlass: boolean
  managerHasPassword: boolean
  googleAvailable: boolean
  test: TestFacts | undefined
  breakGlass: BreakGlassFacts[]
  /** An operator acts on the machine itself and needs no test (DESIGN §7). */
  byOperator: boolean
  now: number
}

/**
 * May someone set a password of their own? Under `password` everyone; under another method managers,
 * so that they can prove the way back (LM-11). It opens nothing until the method allows it (LM-8).
 */
export function decideOwnPassword(
  organisation: Pick<Organisation, 'loginMethod'>,
  roles: string[],
): Refusal | undefined {
  const byPassword = organisation.loginMethod === null || organisation.loginMethod === 'password'
  if (byPassword || roles.includes('ROLE_MANAGER')) return undefined
  return {
    code: 'login_method.disabled',
    detail: 'Passwords are not the login method of this organisation.',
  }
}

/** LM-3: the first choice takes nothing from anyone when it is the password that people have already. */
export function takesNothing(now: LoginMethod | null, wanted: LoginMethod): boolean {
  return now === null && wanted === 'password'
}

/** May the login method, or the live SSO settings, become this? (LM-11, LM-14 to LM-18) */
export function decideMethodChange(change: MethodChange): Refusal | undefined {
  const { organisation, method } = change
  if (organisation.loginMethod === 'sso' && method !== 'sso' && organisation.source !== 'portal') {
    const source = sourceLabel(organisation.source, change.protocol)
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
    const isChosen = organisation.loginMethod === 'password'
    if (change.managerHasPassword || isChosen) return undefined
    return { code: 'login_method.test_required', detail: 'Set your own password first.' }
  }
  if (organisation.loginMethod === method && change.digest === change.liveDigest) return undefined
  return (method === 'sso' ? decideEmergency(change) : undefined) ?? decideTest(change)
}

/** People are ticked for adoption together with a switch to SSO, and never without one (JI-20). */
export function decideTicks(
  organisation: Pick<Organisation, 'loginMethod'>,
  method: LoginMethod,
): Refusal | undefined {
  if (method === 'sso' && organisation.loginMethod !== 'sso') return undefined
  return {
    code: 'request.invalid',
    detail:
      'People are ticked for adoption only when the login method is switched to SSO. Later, approve them in the Adoption queue.',
    errors: [{ pointer: '/adopt', code: 'not_accepted' }],
  }
}

function decideEmergency({ breakGlass, now }: MethodChange): Refusal | undefined {
  if (breakGlass.length === 0) {
    return {
      code: 'break_glass.required',
      detail:
        'Create an emergency account first, so that a broken identity provider locks nobody out.',
    }
  }
  if (!breakGlass.some((account) => isProved(account, now))) {
    return {
      code: 'break_glass.unproven',
      detail:
        'Sign in once with the emergency account: none has signed in since its credentials were changed, or in the last 90 days.',
    }
  }
  return undefined
}

function decideTest(change: MethodChange): Refusal | undefined {
  const { test, now } = change
  if (!test?.succeeded || test.managerId !== change.saverId) {
    return { code: 'login_method.test_required', detail: 'Run a successful test sign-in first.' }
  }
  if (now - test.finishedAt > testLivesMs) {
    return {
      code: 'login_method.test_required',
      detail: 'The test sign-in is older than 30 minutes. Run it again.',
    }
  }
  if (change.byBreakGlass ? !test.resolvesToManager : test.resolvesTo !== change.saverId) {
    return {
      code: 'login_method.test_required',
      detail: change.byBreakGlass
        ? 'The test signed in as nobody who manages this organisation. Ask a manager to sign in at the identity provider.'
        : 'The test signed in as somebody else. Sign in at the identity provider with your own account.',
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
