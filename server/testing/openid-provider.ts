import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

/** An address of the loopback network that nothing else listens on. */
export const openIdHost = '127.0.0.26'

/** How an ID token is made, when it is not made as it should be. */
export type Token = {
  claims?: Record<string, unknown>
  header?: Record<string, unknown>
  /** By a key that is published, by one that is not, by a shared secret, or not at all. */
  signed?: 'well' | 'by a stranger' | 'by client secret' | 'by public key' | 'not at all' | 'broken'
  /** What the token endpoint says besides. */
  response?: Record<string, unknown>
  userInfo?: Record<string, unknown>
}

/** What the provider was asked, to count. */
export type Asked = { discovery: number; keys: number; token: number; userInfo: number }

type Pair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string }
type Grant = {
  request: URLSearchParams
  token: Token
  now: number
  accessToken: string
}

/**
 * A small OpenID provider on loopback that signs whatever it is told to: the good token, and every
 * forgery of it. It still checks what an honest provider checks of its client, so that a client that
 * leaves PKCE or its secret out is found out too.
 */
export async function createOpenIdProvider({
  clientId = 'usher',
  clientSecret = 'a secret: with/odd characters+%',
  metadata = {},
}: {
  clientId?: string
  clientSecret?: string
  /** Changes to the discovery document; undefined leaves a member out. */
  metadata?: Record<string, unknown>
} = {}) {
  const pair = async (kid: string): Promise<Pair> => ({
    ...(await generateKeyPair('ES256', { extractable: true })),
    kid,
  })
  let keys = [await pair('first')]
  const stranger = await pair('first')
  const grants = new Map<string, Grant>()
  const byAccessToken = new Map<string, Grant>()
  const asked: Asked = { discovery: 0, keys: 0, token: 0, userInfo: 0 }
  let failing: Partial<Record<keyof Asked, number>> = {}
  let document = metadata
  let drawn = 0

  const server = createServer((request, response) => {
    void answer(request, response)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, openIdHost, resolve)
  })
  const issuer = `http://${openIdHost}:${(server.address() as AddressInfo).port}`

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '', issuer).pathname
    const kind = kinds[path]
    if (!kind) return send(response, 404, {})
    asked[kind] += 1
    const status = failing[kind]
    if (status) return send(response, status, { error: 'server_error' })
    if (kind === 'discovery') return send(response, 200, discovery())
    if (kind === 'keys') {
      const published = await Promise.all(
        keys.map(async ({ publicKey, kid }) => ({ ...(await exportJWK(publicKey)), kid })),
      )
      return send(response, 200, { keys: published })
    }
    if (kind === 'userInfo') {
      const grant = byAccessToken.get(request.headers.authorization?.replace('Bearer ', '') ?? '')
      return grant ? send(response, 200, grant.token.userInfo ?? {}) : send(response, 401, {})
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    return token(request, response, new URLSearchParams(Buffer.concat(chunks).toString()))
  }

  function discovery() {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
      token_endpoint_auth_methods_supported: [
        'client_secret_basic',
        'client_secret_post',
        'private_key_jwt',
      ],
      ...document,
    }
  }

  async function token(
    request: IncomingMessage,
    response: ServerResponse,
    form: URLSearchParams,
  ): Promise<void> {
    const code = form.get('code') ?? ''
    const grant = grants.get(code)
    grants.delete(code)
    if (!knows(request, form)) return send(response, 401, { error: 'invalid_client' })
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '')
    if (
      !grant ||
      challenge.digest('base64url') !== grant.request.get('code_challenge') ||
      form.get('redirect_uri') !== grant.request.get('redirect_uri')
    ) {
      return send(response, 400, { error: 'invalid_grant', error_description: 'no such code' })
    }
    byAccessToken.set(grant.accessToken, grant)
    send(response, 200, {
      access_token: grant.accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      id_token: await sign(grant),
      ...grant.token.response,
    })
  }

  function knows(request: IncomingMessage, form: URLSearchParams): boolean {
    const basic = request.headers.authorization?.match(/^Basic (.+)$/)?.[1]
    const [id, secret] = basic
      ? Buffer.from(basic, 'base64').toString().split(':').map(decodeForm)
      : [form.get('client_id'), form.get('client_secret')]
    return id === clientId && secret === clientSecret
  }

  async function sign({ request, token, now, accessToken }: Grant): Promise<string> {
    const [current] = keys
    if (!current) throw new Error('A provider without a key.')
    const seconds = Math.floor(now / 1_000)
    const hash = createHash('sha256').update(accessToken).digest()
    const claims = Object.fromEntries(
      Object.entries({
        iss: issuer,
        aud: clientId,
        iat: seconds,
        exp: seconds + 300,
        nonce: request.get('nonce'),
        at_hash: hash.subarray(0, 16).toString('base64url'),
        ...token.claims,
      }).filter(([, value]) => value !== undefined),
    )
    const { signed = 'well' } = token
    if (signed === 'not at all') return `${part({ alg: 'none' })}.${part(claims)}.`
    if (signed === 'by client secret') return hs256(claims, clientSecret)
    if (signed === 'by public key') return hs256(claims, await exportSPKI(current.publicKey))
    const key = signed === 'by a stranger' ? stranger : current
    const jwt = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...token.header })
      .sign(key.privateKey)
    if (signed !== 'broken') return jwt
    const [header, , signature] = jwt.split('.')
    return `${header}.${part({ ...claims, email: 'eve@acme.test' })}.${signature}`
  }

  function hs256(claims: object, secret: string): string {
    const input = `${part({ alg: 'HS256', kid: keys[0]?.kid })}.${part(claims)}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }

  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    clientId,
    clientSecret,
    asked,
    /** What a person's consent brings back: the query of the redirect URI. */
    consent(location: string, now: number, token: Token): URLSearchParams {
      const request = new URL(location).searchParams
      drawn += 1
      const code = `code-${drawn}`
      grants.set(code, { request, token, now, accessToken: `access-${drawn}` })
      return new URLSearchParams({ code, state: request.get('state') ?? '' })
    },
    /** A new key signs from now on; the old ones stay published, or are gone. */
    async rotate(kid: string, { keeping = false } = {}) {
      keys = [await pair(kid), ...(keeping ? keys : [])]
    },
    /** Endpoints that answer with this status from now on. */
    fail(statuses: Partial<Record<keyof Asked, number>>) {
      failing = statuses
    },
    describe(changes: Record<string, unknown>) {
      document = changes
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

export type OpenIdProvider = Awaited<ReturnType<typeof createOpenIdProvider>>

const kinds: Record<string, keyof Asked> = {
  '/.well-known/openid-configuration': 'discovery',
  '/keys': 'keys',
  '/token': 'token',
  '/userinfo': 'userInfo',
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
const decodeForm = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
