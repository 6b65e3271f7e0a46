import { isIP } from 'node:net'

/** A mail server and how it is spoken to. */
export type Smtp = {
  host: string
  port: number
  from: string
  tls: boolean
  startTls: boolean
  login:
    | { kind: 'password'; username: string; password: string }
    | { kind: 'token'; username: string; token: string }
    | undefined
}

const submission = 587
const submissionOverTls = 465

/**
 * Reads `smtp://user:password@host:port?from=usher@example.com`, or `smtps://` for TLS from the
 * first byte on. Credentials are percent-encoded.
 * @returns undefined when it is no such address.
 */
export function readSmtpUrl(text: string, baseUrl: string): Smtp | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const tls = url.protocol === 'smtps:'
  if ((!tls && url.protocol !== 'smtp:') || !url.hostname) return undefined
  const domain = new URL(baseUrl).hostname.replace(/^\[|\]$/g, '')
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (tls ? submissionOverTls : submission),
    from: url.searchParams.get('from') ?? `usher@${isIP(domain) ? 'localhost' : domain}`,
    tls,
    startTls: url.searchParams.get('starttls') === 'required',
    login: url.username
      ? {
          kind: 'password',
          username: decodeURIComponent(url.username),
          password: decodeURIComponent(url.password),
        }
      : undefined,
  }
}
