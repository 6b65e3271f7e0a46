import type { Domain, DomainOutcome, DomainState } from '../model/domain.ts'
import type { Refusal } from '../model/refusals.ts'

/** So long a proof may be missing before it stops counting (decision 6). */
export const domainGraceMs = 7 * 86_400_000

type Proved = Pick<Domain, 'verifiedAt' | 'missingSince' | 'lapsedAt'>

export function domainState({ verifiedAt, missingSince, lapsedAt }: Proved): DomainState {
  if (verifiedAt === null) return 'waiting'
  if (lapsedAt !== null) return 'lapsed'
  return missingSince === null ? 'verified' : 'lapsing'
}

/** May an organisation call this domain its own at all? */
export function decideDomainOwner(
  name: string | undefined,
  { publicSuffix, freeMail }: { publicSuffix: boolean; freeMail: boolean },
): Refusal | undefined {
  if (name !== undefined && !publicSuffix && !freeMail) return undefined
  const why = freeMail
    ? `Anybody can have an address at ${name}, so it proves nothing.`
    : 'Enter a whole domain of your own, such as company.com.'
  return {
    code: 'domain.not_allowed',
    detail: why,
    errors: [{ pointer: '/name', code: 'domain.not_allowed', detail: why }],
  }
}

/** What a look into the DNS means. A name server that does not answer takes nothing away. */
export function decideDomainCheck(
  domain: Proved,
  outcome: DomainOutcome,
  now: number,
): Proved & { happened: 'verified' | 'lapsing' | 'lapsed' | undefined } {
  const { verifiedAt, missingSince, lapsedAt } = domain
  const before = domainState(domain)
  if (outcome === 'found') {
    return {
      verifiedAt: before === 'waiting' || before === 'lapsed' ? now : verifiedAt,
      missingSince: null,
      lapsedAt: null,
      happened: before === 'verified' ? undefined : 'verified',
    }
  }
  if (outcome === 'unanswered' || before === 'waiting' || before === 'lapsed') {
    return { ...domain, happened: undefined }
  }
  if (missingSince === null) {
    return { verifiedAt, missingSince: now, lapsedAt, happened: 'lapsing' }
  }
  if (now - missingSince < domainGraceMs) return { ...domain, happened: undefined }
  return { verifiedAt, missingSince, lapsedAt: now, happened: 'lapsed' }
}
