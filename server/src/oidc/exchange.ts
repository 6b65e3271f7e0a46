import { createHash } from 'node:crypto'
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clockSkew,
  clockTolerance,
  customFetch,
  enableNonRepudiationChecks,
  fetchUserInfo,
  modifyAssertion,
  PrivateKeyJwt,
  ResponseBodyError,
  type ServerMetadata,
} from 'openid-client'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Outbound, OutboundError } from '../lib/outbound.ts'
import type { Values } from '../model/rules.ts'
import { type ClaimNames, isComplete, readPerson, type TokenClaims } from './claims.ts'
import type { ClientKey } from './client-keys.ts'
import { type CheckList, Fault, type RuleName } from './faults.ts'
import { type Issuers, type Metadata, UnusableProvider } from './issuers.ts'

/** Who we are to one provider. */
export type Client = {
  clientId: string
  redirectUri: string
  auth:
    | { method: 'client_secret_basic' | 'client_secret_post'; secret: string }
    | { method: 'private_key_jwt'; key: ClientKey; audience: 'issuer' | 'token endpoint' }
}

/** Only public keys vouch: with a shared secret, whoever knows it could sign as the provider. */
export const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
/** OpenID Connect Discovery §3: RS256 must be there, so a document that names none means that one. */
export function signingAlgorithms(metadata: Metadata): string[] {
  const offered = metadata.id_token_signing_alg_values_supported ?? ['RS256']
  return offered.filter((name) => algorithms.includes(name))
}

const toleranceSeconds = 60

type Parts = { outbound: Outbound; issuers: Issuers; clock: Clock }

/**
 * The way back: authorization response, code and ID token, checked by openid-client. What we add is
 * the guarded network, the keys' cache, `at_hash`, and words for whatever went wrong.
 */
export async function exchange(
  parts: Parts,
  { metadata, client, names }: { metadata: Metadata; client: Client; names: ClaimNames },
  answer: { query: URLSearchParams; state: string; nonce: string; verifier: string },
  list: CheckList,
): Promise<TokenClaims> {
  const { configuration, received } = configure(parts, metadata, client)
  const url = new URL(client.redirectUri)
  url.search = answer.query.toString()
  const tokens = await authorizationCodeGrant(configuration, url, {
    expectedState: answer.state,
    expectedNonce: answer.nonce,
    pkceCodeVerifier: answer.verifier,
    idTokenExpected: true,
  }).catch((error: unknown) => {
    const fault = faultOf(error)
    tellPassed(list, fault.rule, metadata, client, received())
    throw fault
  })
  tellPassed(list, undefined, metadata, client, received())
  const claims = { ...tokens.claims() } as TokenClaims
  checkAccessToken(tokens.id_token ?? '', tokens.access_token, claims)
  if (claims.at_hash !== undefined) list.passed('accessToken')
  if (!metadata.userinfo_endpoint || isComplete(readPerson(claims, names))) return claims

  const more = await fetchUserInfo(configuration, tokens.access_token, String(claims.sub)).catch(
    (error: unknown) => {
      throw new Fault('userinfo', { received: wordsOf(error) })
    },
  )
  list.passed('userinfo')
  // What was signed counts more than what was fetched.
  return { ...more, ...claims }
}

function configure({ outbound, issuers, clock }: Parts, metadata: Metadata, client: Client) {
  let idToken: string | undefined
  const known = {
    ...metadata,
    id_token_signing_alg_values_supported: signingAlgorithms(metadata),
  } as ServerMetadata
  const configuration = new Configuration(
    known,
    client.clientId,
    {
      [clockTolerance]: toleranceSeconds,
      // The library reads the machine's clock; the house's own may be ahead of it.
      [clockSkew]: Math.round((clock.now() - systemClock.now()) / 1_000),
    },
    authentication(client, metadata),
  )
  // Https is enforced where every request leaves, which also knows what the operator allowed.
  allowInsecureRequests(configuration)
  enableNonRepudiationChecks(configuration)
  configuration[customFetch] = async (url, { method, headers, body }) => {
    if (url === metadata.jwks_uri) {
      const keys = await issuers.keys(url, kidOf(idToken))
      return new Response(keys, { headers: { 'content-type': 'application/json' } })
    }
    const sent = body instanceof URLSearchParams ? body.toString() : undefined
    const answer = await outbound.send(url, { method, headers, body: sent })
    if (url === metadata.token_endpoint) idToken = idTokenIn(answer.body)
    const { 'content-type': type = '', 'www-authenticate': challenge } = answer.headers
    return new Response(answer.body || null, {
      status: answer.status,
      headers: { 'content-type': type, ...(challenge && { 'www-authenticate': challenge }) },
    })
  }
  return { configuration, received: () => payloadOf(idToken) }
}

function authentication({ auth }: Client, metadata: Metadata) {
  if (auth.method !== 'private_key_jwt') {
    const withSecret = {
      client_secret_basic: ClientSecretBasic,
      client_secret_post: ClientSecretPost,
    }
    return withSecret[auth.method](auth.secret)
  }
  return PrivateKeyJwt(auth.key, {
    [modifyAssertion](_header, payload) {
      if (auth.audience === 'token endpoint') payload.aud = metadata.token_endpoint
    },
  })
}

/** OpenID Connect core §3.1.3.6: the left half of the hash that the token's own algorithm uses. */
function checkAccessToken(idToken: string, accessToken: string, claims: TokenClaims): void {
  if (claims.at_hash === undefined) return
  const { alg } = headerOf(idToken)
  const bits = /(256|384|512)$/.exec(String(alg))?.[1]
  const digest = createHash(bits === undefined || alg === 'Ed25519' ? 'sha512' : `sha${bits}`)
  const hash = digest.update(accessToken).digest()
  const expected = hash.subarray(0, hash.length / 2).toString('base64url')
  if (claims.at_hash !== expected) {
    throw new Fault('accessToken', { expected, received: text(claims.at_hash) })
  }
}

/** The library's order of checks, so that a manager sees how far it came. */
const order: RuleName[] = [
  'answerIssuer',
  'consent',
  'exchange',
  'algorithm',
  'time',
  'issuer',
  'audience',
  'nonce',
  'signature',
]

function tellPassed(
  list: CheckList,
  failed: RuleName | undefined,
  metadata: Metadata,
  client: Client,
  token: TokenClaims,
): void {
  const end = failed === undefined ? order.length : order.indexOf(failed)
  const values: Partial<Record<RuleName, Values>> = {
    issuer: { expected: metadata.issuer, received: text(token.iss) },
    audience: { expected: client.clientId, received: text(token.aud) },
    time: { received: typeof token.exp === 'number' ? `until ${instant(token.exp)}` : undefined },
  }
  for (const rule of order.slice(0, Math.max(0, end))) list.passed(rule, values[rule])
}

const byClaim: Record<string, RuleName> = {
  iss: 'issuer',
  aud: 'audience',
  azp: 'audience',
  exp: 'time',
  nbf: 'time',
  iat: 'time',
  nonce: 'nonce',
  state: 'state',
  alg: 'algorithm',
  sub: 'subject',
}

/** From the library's words to ours. Whatever has no words of its own is a failed exchange. */
function faultOf(error: unknown): Fault {
  const outside = chain(error).find(
    (one) => one instanceof OutboundError || one instanceof UnusableProvider,
  )
  if (outside) return new Fault('exchange', { received: (outside as Error).message })
  if (error instanceof AuthorizationResponseError) {
    return new Fault('consent', { received: said(error.error, error.error_description) })
  }
  if (error instanceof ResponseBodyError) {
    return new Fault('exchange', { received: said(error.error, error.error_description) })
  }
  if (!(error instanceof ClientError)) throw error
  const [, inner] = chain(error) as [unknown, Partial<Error> | undefined]
  const message = inner?.message ?? error.message
  const told = (inner?.cause ?? {}) as {
    claims?: TokenClaims
    claim?: string
    expected?: unknown
    header?: { alg?: unknown; kid?: unknown }
    parameters?: URLSearchParams
    now?: number
  }
  const named = told.claim ?? /"(\w+)"/.exec(message)?.[1] ?? ''
  if (error.code === 'OAUTH_KEY_SELECTION_FAILED' || message.includes('signature verification')) {
    return new Fault('signature', { received: text(told.header?.kid) ?? message })
  }
  if (told.parameters && named === 'iss') {
    return new Fault('answerIssuer', {
      expected: text(told.expected) ?? 'a parameter iss',
      received: told.parameters.get('iss') ?? 'none',
    })
  }
  const rule = message.includes('response parameter "state"') ? 'state' : byClaim[named]
  if (rule) {
    const received = rule === 'algorithm' ? told.header?.alg : told.claims?.[named]
    const isTime = rule === 'time' && typeof received === 'number'
    return new Fault(rule, {
      expected: isTime && told.now ? `now: ${instant(told.now)}` : text(told.expected),
      received: isTime ? `${named}: ${instant(received)}` : (text(received) ?? `no ${named}`),
    })
  }
  if (/JWT|JWS|JWE/.test(message)) return new Fault('algorithm', { received: message })
  return new Fault('exchange', { received: message })
}

function chain(error: unknown): unknown[] {
  const found: unknown[] = []
  for (let one = error; one instanceof Error && found.length < 5; one = one.cause) found.push(one)
  return found
}

const said = (code: string, description: string | undefined) =>
  description ? `${code}: ${description}` : code

const wordsOf = (error: unknown) =>
  error instanceof Error ? ((chain(error).at(-1) as Error | undefined)?.message ?? '') : ''

function text(value: unknown): string | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const instant = (seconds: number) =>
  Number.isSafeInteger(seconds * 1_000) && Math.abs(seconds) < 8e12
    ? new Date(seconds * 1_000).toISOString()
    : String(seconds)

function idTokenIn(body: string): string | undefined {
  const token = (parse(body) as { id_token?: unknown } | undefined)?.id_token
  return typeof token === 'string' ? token : undefined
}

function headerOf(token: string | undefined): { kid?: unknown; alg?: unknown } {
  return (part(token, 0) ?? {}) as { kid?: unknown; alg?: unknown }
}

function kidOf(token: string | undefined): string | undefined {
  const { kid } = headerOf(token)
  return typeof kid === 'string' ? kid : undefined
}

/** To show; nothing is decided by it. */
const payloadOf = (token: string | undefined) => (part(token, 1) ?? {}) as TokenClaims

function part(token: string | undefined, index: number): object | undefined {
  const bytes = Buffer.from(token?.split('.')[index] ?? '', 'base64url')
  const value = parse(bytes.toString('utf8'))
  return typeof value === 'object' && value !== null ? value : undefined
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
