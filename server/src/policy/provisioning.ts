import type {
  LoginMethod,
  Organisation,
  ProvisioningSource,
  Rollback,
} from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'

export const sourceLabels: Record<ProvisioningSource, string> = {
  portal: 'Portal',
  sso_jit: 'SAML JIT',
  scim: 'SCIM',
  ldap: 'LDAP',
}

export type SsoProtocol = 'saml' | 'oidc'

/** JI-1: just-in-time joining is named after the protocol that the connection speaks. */
export function sourceLabel(source: ProvisioningSource, protocol: SsoProtocol): string {
  return source === 'sso_jit' && protocol === 'oidc' ? 'OIDC JIT' : sourceLabels[source]
}

export const needsSso: Record<ProvisioningSource, boolean> = {
  portal: false,
  sso_jit: true,
  scim: true,
  ldap: true,
}

export type ProvisioningWish = {
  source: ProvisioningSource
  selfService?: { enabled: boolean } | undefined
  ssoJit?: { enabled: boolean } | undefined
  scim?: { enabled: boolean } | undefined
  ldap?: { enabled: boolean } | undefined
}

/** Which sources this installation can run; the others are shown with the reason (PV-5). */
export type Running = Record<ProvisioningSource, boolean>

/** May this be the source now? (LM-5, PV-4, PV-6, PV-7) */
export function decideSource(
  organisation: Pick<Organisation, 'loginMethod'>,
  wish: ProvisioningWish,
  running: Running,
): Refusal | undefined {
  if (organisation.loginMethod === null) {
    return { code: 'login_method.not_set', detail: 'Choose how people sign in first.' }
  }
  const switchedOn = (['ssoJit', 'scim', 'ldap'] as const).filter((one) => wish[one]?.enabled)
  const named = { ssoJit: 'sso_jit', scim: 'scim', ldap: 'ldap' } as const
  const others = switchedOn.filter((one) => named[one] !== wish.source)
  const own = { sso_jit: wish.ssoJit, scim: wish.scim, ldap: wish.ldap, portal: undefined }[
    wish.source
  ]
  if (others.length > 0 || own?.enabled === false) {
    return {
      code: 'provisioning.method_conflict',
      detail: 'Only one provisioning source can be on. Turn the others off.',
    }
  }
  if (wish.selfService?.enabled && wish.source !== 'portal') {
    return {
      code: 'provisioning.method_conflict',
      detail: `The self-service link works with the portal as source, not with ${sourceLabels[wish.source]}.`,
    }
  }
  if (needsSso[wish.source] && organisation.loginMethod !== 'sso') {
    return {
      code: 'provisioning.sso_required',
      detail: `${sourceLabels[wish.source]} requires SSO as the login method.`,
    }
  }
  if (!running[wish.source]) {
    return {
      code: 'request.invalid',
      detail: `${sourceLabels[wish.source]} is not available in this version.`,
    }
  }
  return undefined
}

const bringsPeople = ({ source }: Pick<Organisation, 'source'>) =>
  source === 'portal' ? [] : [source]

/** Sources whose people the portal manages once `to` is the source: those left before, and the one left now (PV-13). */
export function handedOverAfter(
  organisation: Pick<Organisation, 'source' | 'handedOver'>,
  to: ProvisioningSource,
): ProvisioningSource[] {
  const left = new Set([...organisation.handedOver, ...bringsPeople(organisation)])
  left.delete(to)
  return [...left]
}

const rollbackDays = 30
const rollbackMs = rollbackDays * 86_400_000

/** To what the last change of the source is rolled back, or why that cannot be done (PV-14). */
export function decideRollback(
  organisation: Pick<Organisation, 'loginMethod' | 'rollback'>,
  running: Running,
  now: number,
): Rollback | Refusal {
  const { rollback } = organisation
  const unavailable = (detail: string): Refusal => ({
    code: 'provisioning.rollback_unavailable',
    detail,
  })
  if (!rollback) return unavailable('There is no change of the source to roll back.')
  if (now > rollbackUntil(rollback))
    return unavailable(`The source was changed more than ${rollbackDays} days ago.`)
  const refusal = decideSource(organisation, { source: rollback.source }, running)
  return refusal ? unavailable(refusal.detail) : rollback
}

export function rollbackUntil({ at }: Pick<Rollback, 'at'>): number {
  return at + rollbackMs
}

/** Why a source cannot be switched on now, or null. */
export function unavailableBecause(
  method: LoginMethod | null,
  source: ProvisioningSource,
  running: Running,
): string | null {
  if (method === null) return 'Choose how people sign in first'
  if (needsSso[source] && method !== 'sso') return 'Requires SSO as the login method'
  if (!running[source]) return 'Not available in this version'
  return null
}

/** While provisioning is paused nobody enters, by whatever way (PV-15). */
export function decidePaused({
  name,
  paused,
}: Pick<Organisation, 'name' | 'paused'>): Refusal | undefined {
  if (!paused) return undefined
  return {
    code: 'provisioning.paused',
    detail: `${paused.by} paused provisioning of ${name} on ${dayOf(paused.at)}: nobody new can enter before a manager resumes it under Identity Configuration.`,
  }
}

/** May a manager create or invite people now? (LM-4, PV-8, PV-15) */
export function decideManualEntry(
  organisation: Pick<Organisation, 'loginMethod' | 'source' | 'name' | 'paused'>,
  byBreakGlass: boolean,
): Refusal | undefined {
  if (organisation.loginMethod === null) {
    return {
      code: 'login_method.not_set',
      detail: 'Choose how people sign in before adding people.',
    }
  }
  if ((organisation.source === 'scim' || organisation.source === 'ldap') && !byBreakGlass) {
    return {
      code: 'provisioning.method_conflict',
      detail: `People enter ${organisation.name} by ${sourceLabels[organisation.source]}, not by the portal.`,
    }
  }
  return decidePaused(organisation)
}

/** How long the identity provider is asked to wait while provisioning is paused. */
const callAgainSeconds = 600

const callAgainSoonSeconds = 30

/**
 * May the identity provider read and write people by SCIM now? (SC-6, PV-15, BY-3)
 * @param callerId of whoever calls: a shadow that is brought to people is heard, and nobody else then.
 */
export function decideScim(
  organisation: Pick<Organisation, 'source' | 'name' | 'paused' | 'shadow'>,
  callerId?: string | null,
): Refusal | undefined {
  const { shadow, name } = organisation
  if (shadow?.state === 'copying' || (shadow?.state === 'applying' && shadow.copyId !== callerId)) {
    const what =
      shadow.state === 'copying'
        ? `the people of ${name} are being copied for a shadow of SCIM`
        : `what was rehearsed is being brought to the people of ${name}`
    return {
      code: 'provisioning.paused',
      detail: `Call again in a moment: ${what}.`,
      retryAfterSeconds: callAgainSoonSeconds,
    }
  }
  if (organisation.source === 'scim') {
    const refusal = decidePaused(organisation)
    return refusal && { ...refusal, retryAfterSeconds: callAgainSeconds }
  }
  return {
    code: 'provisioning.method_conflict',
    detail: `People enter ${organisation.name} by ${sourceLabels[organisation.source]}. A manager chooses SCIM under Identity Configuration.`,
  }
}

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** How people enter and why, in one sentence (PV-10). */
export function entrySentence(
  organisation: Pick<
    Organisation,
    'name' | 'loginMethod' | 'source' | 'sourceChosenBy' | 'sourceChosenAt' | 'paused'
  >,
  connection: { name: string; protocol: SsoProtocol } | null,
  linkIsOpen: boolean,
): string {
  if (organisation.loginMethod === null) {
    return `Nobody can enter ${organisation.name} yet: choose how people sign in.`
  }
  const through = connection ? ` through ${connection.name}` : ''
  const how: Record<ProvisioningSource, string> = {
    portal: `when a manager creates or invites them${linkIsOpen ? ', or by the self-service link' : ''}`,
    sso_jit: `by signing in${through} (${sourceLabel('sso_jit', connection?.protocol ?? 'saml')})`,
    scim: 'when the identity provider sends them (SCIM)',
    ldap: 'when the directory sync finds them (LDAP)',
  }
  const { paused } = organisation
  const enter = `eople enter ${organisation.name} ${how[organisation.source]}; ${chosen(organisation)}.`
  return paused
    ? `Nobody new enters ${organisation.name} now: ${paused.by} paused provisioning on ${dayOf(paused.at)}. Otherwise p${enter}`
    : `P${enter}`
}

function chosen({
  sourceChosenBy,
  sourceChosenAt,
}: Pick<Organisation, 'sourceChosenBy' | 'sourceChosenAt'>): string {
  if (!sourceChosenBy || sourceChosenAt === null) return 'this is the default'
  return `chosen by ${sourceChosenBy} on ${dayOf(sourceChosenAt)}`
}

function dayOf(at: number): string {
  const day = new Date(at)
  return `${day.getUTCDate()} ${months[day.getUTCMonth()]} ${day.getUTCFullYear()}`
}
