import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { minutes } from '../lib/clock.ts'
import { type Outbound, OutboundError } from '../lib/outbound.ts'

const suffix = '/.well-known/openid-configuration'
const freshMs = minutes(10)
/** After a failure, and between two looks for a key that nobody has, the provider is left alone. */
const restMs = 5_000
const keptAtMost = 1_000
const longest = 1_000_000

const url = z.url({ protocol: /^https?$/ }).max(2_000)
const names = z.array(z.string()).optional()
/** What of OpenID Connect Discovery §3 is used here. */
const Metadata = z.object({
  issuer: z.string().max(2_000),
  authorization_endpoint: url,
  token_endpoint: url,
  jwks_uri: url,
  userinfo_endpoint: url.optional(),
  response_types_supported: names,
  id_token_signing_alg_values_supported: names,
  token_endpoint_auth_methods_supported: names,
  token_endpoint_auth_signing_alg_values_supported: names,
  code_challenge_methods_supported: names,
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
export type Metadata = z.output<typeof Metadata>
const Keys = z.object({ keys: z.array(z.looseObject({ kid: z.string().optional() })).max(200) })

/** Why a discovery document cannot be used, in words for the manager who typed its address. */
export class UnusableProvider extends Error {}

/** The address of the document, also when only the issuer was typed. */
export function discoveryUrlOf(typed: string): string {
  const trimmed = typed.trim().replace(/\/+$/, '')
  return trimmed.endsWith(suffix) ? trimmed : `${trimmed}${suffix}`
}

/**
 * Knows identity providers by their discovery documents. Everything is fetched through the guarded
 * client and kept for ten minutes, so that however many people sign in, a provider is asked rarely.
 */
export function createIssuers({ outbound, clock }: { outbound: Outbound; clock: Clock }) {
  const documents = createShelf(clock, (address) => get(outbound, address))
  const askedForKeys = new Map<string, number>()

  return {
    /** @param anew when a manager has just changed something at the provider and tries again. */
    async read(discoveryUrl: string, anew = false): Promise<Metadata> {
      if (anew) documents.forget(discoveryUrl)
      return readMetadata(await documents.read(discoveryUrl), discoveryUrl)
    },

    /**
     * The key set (RFC 7517 §5) with this key in it. A key that is not known yet is looked for at
     * once, so that a provider may rotate at any time, but not again and again.
     */
    async keys(jwksUri: string, kid: string | undefined): Promise<string> {
      const known = readKeys(await documents.read(jwksUri), jwksUri)
      if (kid === undefined || known.keys.some((key) => key.kid === kid)) {
        return JSON.stringify(known)
      }
      const now = clock.now()
      if (now - (askedForKeys.get(jwksUri) ?? 0) >= restMs) {
        remember(askedForKeys, jwksUri, now)
        documents.forget(jwksUri)
      }
      return JSON.stringify(readKeys(await documents.read(jwksUri), jwksUri))
    },
  }
}
export type Issuers = ReturnType<typeof createIssuers>

/** One fetch at a time for each address; what it brought, or why it failed, is kept for a while. */
function createShelf(clock: Clock, load: (address: string) => Promise<string>) {
  const kept = new Map<string, { until: number; text: Promise<string> }>()
  return {
    forget: (address: string) => kept.delete(address),
    read(address: string): Promise<string> {
      const found = kept.get(address)
      if (found && clock.now() < found.until) return found.text
      const text = load(address)
      const entry = { until: clock.now() + freshMs, text }
      remember(kept, address, entry)
      text.catch(() => {
        entry.until = clock.now() + restMs
      })
      return text
    },
  }
}

/** The oldest makes room: nobody can fill the memory with addresses. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > keptAtMost && oldest !== undefined) map.delete(oldest)
}

async function get(outbound: Outbound, address: string): Promise<string> {
  const answer = await outbound.send(address, {
    method: 'GET',
    headers: { accept: 'application/json' },
  })
  const { host } = new URL(address)
  if (answer.status !== 200) throw new OutboundError(`${host} answered ${answer.status}.`)
  if (answer.body.length > longest) throw new OutboundError(`${host} sent more than 1 MB.`)
  return answer.body
}

function readMetadata(text: string, discoveryUrl: string): Metadata {
  const parsed = Metadata.safeParse(json(text))
  if (!parsed.success) {
    const missing = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')
    throw new UnusableProvider(
      `There is no discovery document of an OpenID provider at this address (${missing || 'no JSON'}).`,
    )
  }
  const { issuer } = parsed.data
  if (issuer.includes('{tenantid}')) {
    throw new UnusableProvider(
      'This is the address for every tenant of Microsoft (common, organizations or consumers), so anybody’s tenant could vouch. Use the one of your own: https://login.microsoftonline.com/{your tenant ID}/v2.0.',
    )
  }
  // OpenID Connect Discovery §4.3: the issuer must be the address that led here.
  const expected = discoveryUrl.slice(0, -suffix.length)
  if (issuer.replace(/\/$/, '') !== expected) {
    throw new UnusableProvider(
      `The document at this address is of another issuer: ${issuer.slice(0, 300)}. Use ${discoveryUrlOf(issuer).slice(0, 300)}${issuer.startsWith('https://sts.windows.net/') ? ' or, for Microsoft Entra ID, the address that ends in /v2.0' : ''}.`,
    )
  }
  return parsed.data
}

function readKeys(text: string, address: string) {
  const parsed = Keys.safeParse(json(text))
  if (parsed.success) return parsed.data
  throw new OutboundError(`${new URL(address).host} sent no key set.`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
