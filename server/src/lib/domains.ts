import freeMail from 'email-providers/all.json' with { type: 'json' }
import { getPublicSuffix } from 'tldts'
import { normaliseDomain } from './email-address.ts'

const freeMailDomains = new Set<string>(freeMail)

/** A domain as people type it, `company.com` or `@company.com`, in IDNA ASCII; undefined when it is none. */
export function readDomain(input: string): string | undefined {
  return normaliseDomain(input.trim().replace(/^@/, ''))
}

/** A name under which strangers register their own, such as `co.uk` or `github.io` (publicsuffix.org). */
export function isPublicSuffix(domain: string): boolean {
  return getPublicSuffix(domain, { allowPrivateDomains: true }) === domain
}

/** Where anybody gets a mailbox, so that the domain says nothing about its owner. */
export function isFreeMail(domain: string): boolean {
  return freeMailDomains.has(domain)
}
