import type { Organisation } from '../model/organisation.ts'
import type { Refusal } from '../model/refusals.ts'
import type { SelfService, SelfServiceSettings, SelfServiceState } from '../model/self-service.ts'

type Facts = Pick<Organisation, 'loginMethod' | 'source' | 'selfServiceEnabled' | 'paused'>

/** Whether the link admits anybody now, or the first reason why not (SS-6). */
export function selfServiceState(
  { loginMethod, source, selfServiceEnabled, paused }: Facts,
  { anyDomain, allowedDomains, expiresAt, maxUses, link }: SelfService,
  now: number,
): SelfServiceState {
  if (source !== 'portal') return 'closed_source'
  if (!selfServiceEnabled) return 'closed_off'
  if (loginMethod === null) return 'closed_no_login_method'
  if (!anyDomain && allowedDomains.length === 0) return 'closed_no_domain'
  if (expiresAt !== null && expiresAt <= now) return 'closed_expired'
  if (maxUses !== null && link.uses >= maxUses) return 'closed_exhausted'
  return paused ? 'closed_paused' : 'open'
}

/** Said alike for every closed, rotated and unknown link (SS-12). */
export const registrationClosed: Refusal = {
  code: 'self_service.closed',
  detail: 'Registration is closed. Ask the person who gave you this link.',
}

/** What somebody without an account is answered when they come by the link (SS-12). */
export function decideEntry(state: SelfServiceState): Refusal | undefined {
  if (state === 'open') return undefined
  if (state !== 'closed_no_login_method') return registrationClosed
  return {
    code: 'login_method.not_set',
    detail: 'Nobody can register before a manager decides how people sign in.',
  }
}

/** Does the allowlist admit this domain? Whole and exact: a subdomain is another one (SS-8, SS-10). */
export function decideDomain(
  { anyDomain, allowedDomains }: Pick<SelfServiceSettings, 'anyDomain' | 'allowedDomains'>,
  domain: string,
): Refusal | undefined {
  if (anyDomain || allowedDomains.includes(domain)) return undefined
  return {
    code: 'self_service.domain_not_allowed',
    detail: `Addresses of ${domain} cannot register here. Use your work e-mail, or ask for an invitation.`,
    errors: [{ pointer: '/email', code: 'self_service.domain_not_allowed' }],
  }
}

/** What is left out, or undefined, stays as it is. */
export type SelfServiceWish = {
  [Setting in keyof Omit<SelfServiceSettings, 'termsAt'>]?: SelfServiceSettings[Setting] | undefined
} & { acknowledgeRisk?: boolean | undefined }

/** The settings after a manager's wish; "any domain" needs their word that they know the risk (SS-9). */
export function decideSelfService(
  before: SelfServiceSettings,
  { acknowledgeRisk, ...wish }: SelfServiceWish,
  now: number,
): { settings: SelfServiceSettings } | { refusal: Refusal } {
  const wished = Object.entries(wish).filter(([, value]) => value !== undefined)
  const settings: SelfServiceSettings = { ...before, ...Object.fromEntries(wished) }
  if (settings.anyDomain && !before.anyDomain && !acknowledgeRisk) {
    return {
      refusal: {
        code: 'self_service.risk_unacknowledged',
        detail:
          'With any domain, whoever has the link becomes a member. Send acknowledgeRisk: true if that is meant.',
        errors: [
          { pointer: '/selfService/acknowledgeRisk', code: 'self_service.risk_unacknowledged' },
        ],
      },
    }
  }
  if (settings.termsUrl === before.termsUrl) return { settings }
  return { settings: { ...settings, termsAt: settings.termsUrl === null ? null : now } }
}
