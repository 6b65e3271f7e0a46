import { inflateRawSync } from 'node:zlib'

export type AuthnRequest = { id: string; issuer: string; acsUrl: string }

/** What Entra ID shows instead of its sign-in page. */
export type RequestRefusal = { code: string; detail: string }

const maximumBytes = 64 * 1024

/**
 * Reads the few things that the simulator answers to, from a request that Usher has written. The
 * sender is not believed: a response goes to an address of this Usher or nowhere.
 */
export function readAuthnRequest(
  encoded: string,
  baseUrl: string,
): { request: AuthnRequest } | { refusal: RequestRefusal } {
  if (encoded === '') return refuse('AADSTS750054', 'No SAMLRequest in the query string.')
  const xml = inflated(encoded)
  const start = xml && /^\s*(?:<\?xml[^<>]*\?>\s*)?<(?:\w+:)?AuthnRequest\s([^<>]*)>/.exec(xml)
  if (!xml || !start?.[1] || xml.includes('<!')) {
    return refuse('AADSTS75005', 'The request is not a valid SAML 2.0 protocol message.')
  }

  const attributes = readAttributes(start[1])
  const id = attributes.get('ID') ?? ''
  const issuer = /<(?:\w+:)?Issuer(?:\s[^<>]*)?>([^<]*)<\/(?:\w+:)?Issuer>/.exec(xml)?.[1]?.trim()
  if (!/^[A-Za-z_][\w.-]{0,255}$/.test(id) || attributes.get('Version') !== '2.0' || !issuer) {
    return refuse('AADSTS75005', 'The request needs an ID, version 2.0 and an issuer.')
  }
  const acsUrl = attributes.get('AssertionConsumerServiceURL') ?? ''
  if (!isOurs(acsUrl, baseUrl)) {
    const detail = `The reply URL '${acsUrl}' specified in the request does not match the reply URLs configured for the application '${decoded(issuer)}'.`
    return refuse('AADSTS50011', detail)
  }
  return { request: { id, issuer: decoded(issuer), acsUrl } }
}

function refuse(code: string, detail: string): { refusal: RequestRefusal } {
  return { refusal: { code, detail } }
}

function inflated(encoded: string): string | undefined {
  try {
    const bytes = inflateRawSync(Buffer.from(encoded, 'base64'), { maxOutputLength: maximumBytes })
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined // whatever was sent, it is not a request
  }
}

function readAttributes(tag: string): Map<string, string> {
  const found = tag.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)
  return new Map([...found].map(([, name = '', a, b]) => [name, decoded(a ?? b ?? '')]))
}

function decoded(xml: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return xml.replace(/&(amp|lt|gt|quot|apos);/g, (_all, name) => characters[name] ?? '')
}

function isOurs(address: string, baseUrl: string): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  const base = new URL(baseUrl).href.replace(/\/*$/, '/')
  return !url.username && !url.password && !url.hash && url.href.startsWith(base)
}
