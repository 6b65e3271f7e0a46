import { domainToASCII } from 'node:url'

// RFC 5321 dot-string and RFC 5322 atext, plus letters beyond ASCII (RFC 6531). Quoted local parts
// are legal and unused by honest mailboxes; attackers use them to split one reader from another.
const local = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const looksSafe = /^[^\p{C}\p{Z}\uFF20\uFE6B]*$/u

/** A valid address with its domain in IDNA ASCII, and the form in which addresses compare (GE-8). */
export type EmailAddress = { address: string; folded: string; domain: string }

/** Returns undefined for what cannot be an address; 5 to 254 characters (MU-3). */
export function readEmailAddress(input: string): EmailAddress | undefined {
  const trimmed = input.normalize('NFC').trim()
  if (trimmed.length < 5 || trimmed.length > 254 || !looksSafe.test(trimmed)) return undefined
  const parts = trimmed.split('@')
  const [name, host] = parts
  if (parts.length !== 2 || !name || !host || name.length > 64 || !local.test(name))
    return undefined

  const domain = normaliseDomain(host)
  if (!domain) return undefined
  return { address: `${name}@${domain}`, folded: `${name.toLowerCase()}@${domain}`, domain }
}

/** Where a URL would go on behind the host, which Node's reader of hosts cuts off in silence. */
const beyondHost = /[/?#\\:%]/

/** What IDNA leaves as it is; only of an ASCII form, which begins with `xn--`, is more to be known. */
const plainDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/

/** IDNA ASCII in lower case, with at least two labels; undefined when it is no domain name. */
export function normaliseDomain(input: string): string | undefined {
  if (input.length <= 253 && plainDomain.test(input) && !input.includes('xn--')) return input
  if (beyondHost.test(input)) return undefined
  const domain = domainToASCII(input.trim()).toLowerCase()
  const labels = domain.split('.')
  if (labels.length < 2 || domain.length > 253 || !labels.every((one) => label.test(one)))
    return undefined
  return /^\d+$/.test(labels.at(-1) ?? '') ? undefined : domain
}
