import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { RequestInit } from 'undici'

/** Why a fetch was not made or not finished; `notAllowed` is the operator's rule, not the network's. */
export class OutboundError extends Error {
  readonly notAllowed: boolean

  constructor(message: string, notAllowed = false) {
    super(message)
    this.name = 'OutboundError'
    this.notAllowed = notAllowed
  }
}

export type Outbound = {
  /** GET of a text document: at most 3 redirects, 2 MB, 10 s; each hop is checked anew. */
  getText(url: string, accept: string): Promise<string>
  /**
   * One exchange of a protocol, without redirects: at most 2 MB, 10 s. Plain http carries secrets
   * and keys in the open, so it is for addresses that the operator allowed.
   */
  send(
    url: string,
    request: {
      method: string
      headers: Record<string, string>
      body?: string | Uint8Array | undefined
    },
  ): Promise<{ status: number; headers: Record<string, string>; body: string }>
  /** The checked address of a host, for protocols other than HTTP: connect to it and to no other. */
  addressOf(host: string): Promise<string>
}

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text)
}

const maxBytes = 2_000_000
const maxRedirects = 3
const timeoutMs = 10_000

/**
 * The one client for requests that the server makes by itself (SE-8). The address that was checked
 * is the address that is connected to, so a DNS answer that changes in between gains nothing.
 * @param allow CIDRs that may be reached although they are not public (OUTBOUND_ALLOW).
 */
export function createOutbound(allow: string[]): Outbound {
  const allowed = new BlockList()
  for (const cidr of allow) {
    const [address, prefix] = ipaddr.parseCIDR(cidr)
    allowed.addSubnet(address.toString(), prefix, address.kind())
  }

  function isAllowed(address: string): boolean {
    const parsed = ipaddr.process(address)
    return allowed.check(parsed.toString(), parsed.kind())
  }

  function mayReach(address: string): boolean {
    return isAllowed(address) || ipaddr.process(address).range() === 'unicast'
  }

  async function resolve(hostname: string): Promise<{ address: string; family: number }> {
    const host = hostname.replace(/^\[|\]$/g, '')
    const answers = isIP(host)
      ? [{ address: host, family: isIP(host) }]
      : await lookup(host, { all: true }).catch(() => {
          throw new OutboundError(`${host} has no address.`)
        })
    const blocked = answers.find(({ address }) => !mayReach(address))
    const first = answers[0]
    if (blocked) {
      throw new OutboundError(
        `${host} is at ${blocked.address}, which is not a public address. The operator can allow it with OUTBOUND_ALLOW.`,
        true,
      )
    }
    if (!first) throw new OutboundError(`${host} has no address.`)
    return first
  }

  async function exchange(
    url: URL,
    request: RequestInit,
    { httpsOnly = false }: { httpsOnly?: boolean } = {},
  ) {
    if (url.protocol !== 'https:' && url.protocol !== 'http:') {
      throw new OutboundError('Only http and https addresses can be fetched.', true)
    }
    if (url.username || url.password) {
      throw new OutboundError('An address with a user name or password cannot be fetched.', true)
    }
    const target = await resolve(url.hostname)
    if (httpsOnly && url.protocol === 'http:' && !isAllowed(target.address)) {
      throw new OutboundError(`${url.host} must be reached by https.`, true)
    }
    const { Agent, fetch } = await import('./undici.ts')
    const agent = new Agent({
      connect: {
        lookup: (_host, options, callback) =>
          options.all
            ? callback(null, [{ address: target.address, family: target.family }])
            : callback(null, target.address, target.family),
      },
    })
    try {
      const response = await fetch(url, {
        ...request,
        dispatcher: agent,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      })
      const chunks: Uint8Array[] = []
      let size = 0
      for await (const chunk of response.body ?? []) {
        size += chunk.length
        if (size > maxBytes) throw new OutboundError(`${url.host} sent more than 2 MB.`)
        chunks.push(chunk)
      }
      return { response, text: Buffer.concat(chunks).toString('utf8') }
    } catch (error) {
      if (error instanceof OutboundError) throw error
      throw new OutboundError(`${url.host} could not be reached.`)
    } finally {
      await agent.destroy()
    }
  }

  async function hop(url: URL, accept: string) {
    const { response, text } = await exchange(url, { headers: { accept, 'user-agent': 'Usher' } })
    if (response.status >= 300 && response.status < 400) {
      return { redirect: response.headers.get('location') }
    }
    if (!response.ok) throw new OutboundError(`${url.host} answered ${response.status}.`)
    return { text }
  }

  return {
    async send(address, { method, headers, body }) {
      const { response, text } = await exchange(
        new URL(address),
        {
          method,
          headers: { ...headers, 'user-agent': 'Usher' },
          ...(body !== undefined && { body }),
        },
        { httpsOnly: true },
      )
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: text,
      }
    },
    addressOf: async (host) => (await resolve(host)).address,
    async getText(address, accept) {
      let url = new URL(address)
      for (let hops = 0; hops <= maxRedirects; hops += 1) {
        const answer = await hop(url, accept)
        if (answer.text !== undefined) return answer.text
        if (!answer.redirect) throw new OutboundError(`${url.host} redirects nowhere.`)
        url = new URL(answer.redirect, url)
      }
      throw new OutboundError(`${address} redirects too often.`)
    },
  }
}
