import { Resolver } from 'node:dns/promises'

/** What the DNS says at a name; nobody answering is no answer (RFC 2308 §2, RFC 1035 §4.1.1). */
export type TextRecords = { found: string[] } | { unanswered: string }

export type Dns = {
  /** The TXT records at a name, aliases followed, the strings of each put together. */
  texts(name: string): Promise<TextRecords>
}

const timeoutMs = 2_000
const tries = 2
const nothingThere = ['ENOTFOUND', 'ENODATA']

/** An address, with a port if need be. */
export function isNameServer(text: string): boolean {
  try {
    new Resolver().setServers([text])
    return true
  } catch {
    return false
  }
}

/** @param servers addresses, each with a port if need be; the machine's own when there are none. */
export function createDns(servers: string[]): Dns {
  return {
    async texts(name) {
      // One for each look: nothing is remembered from an earlier answer.
      const resolver = new Resolver({ timeout: timeoutMs, tries })
      if (servers.length > 0) resolver.setServers(servers)
      try {
        const records = await resolver.resolveTxt(name)
        return { found: records.map((strings) => strings.join('')) }
      } catch (error) {
        const { code = 'unknown' } = error as NodeJS.ErrnoException
        return nothingThere.includes(code) ? { found: [] } : { unanswered: code }
      }
    },
  }
}
