import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, {
  type Adapter,
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
} from 'oidc-provider'
import { openIdHost } from './openid-provider.ts'
import type { Person } from './organisation.ts'

const scopes = 'openid profile email'

/**
 * A certified OpenID provider (oidc-provider) on loopback, with a sign-in page that takes anybody at
 * their word. It gives names and e-mail by UserInfo, as its default is.
 */
export async function createCertifiedProvider({ port = 0 }: { port?: number } = {}) {
  const people = new Map<string, Person>()
  const kept = new Map<string, AdapterPayload>()
  let keys = [await newKey()]
  let clients: ClientMetadata[] = []
  let provider: Provider | undefined
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(port, openIdHost, resolve)
  })
  const issuer = `http://${openIdHost}:${(server.address() as AddressInfo).port}`

  function start(): void {
    const configuration: Configuration = {
      adapter: (name) => shelf(kept, name),
      clients,
      jwks: { keys: keys as never },
      clockTolerance: 60,
      cookies: { keys: ['a key for tests'] },
      claims: { email: ['email', 'email_verified'], profile: ['given_name', 'family_name'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/sign-in/${uid}` },
      enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
      ttl: { AccessToken: 300, IdToken: 300, Grant: 300, Session: 300, Interaction: 300 },
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => {
          const person = people.get(id)
          return {
            sub: id,
            email: person?.email,
            email_verified: true,
            given_name: person?.firstName,
            family_name: person?.lastName,
          }
        },
      }),
      async loadExistingGrant(context) {
        const { client, session } = context.oidc
        if (!client || !session?.accountId || !provider) return undefined
        const grant = new provider.Grant({
          clientId: client.clientId,
          accountId: session.accountId,
        })
        grant.addOIDCScope(scopes)
        await grant.save()
        return grant
      },
    }
    provider = new Provider(issuer, configuration)
  }
  start()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!provider) throw new Error('No provider.')
    if (!request.url?.startsWith('/sign-in/')) return provider.callback()(request, response)
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    const email = form.get('email') ?? ''
    const id = `id-of-${email}`
    people.set(id, {
      email,
      firstName: form.get('firstName') ?? '',
      lastName: form.get('lastName') ?? '',
    })
    await provider.interactionFinished(
      request,
      response,
      form.get('deny')
        ? { error: 'access_denied', error_description: 'The person said no.' }
        : { login: { accountId: id } },
    )
  }

  return {
    issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    /** Registers these applications, and no others. */
    register(...registered: ClientMetadata[]) {
      clients = registered
      start()
    },
    /** From now on another key signs, and the old one is gone. */
    async rotate() {
      keys = [await newKey()]
      start()
    },
    /** What a browser does there: follows every redirect, signs in as this person, and comes back. */
    async signIn(location: string, person: Person): Promise<URLSearchParams> {
      const cookies = new Map<string, string>()
      let url = location
      let form: URLSearchParams | undefined
      for (let hops = 0; hops < 10; hops += 1) {
        const response = await fetch(url, {
          redirect: 'manual',
          headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
          ...(form && { method: 'POST', body: form }),
        })
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          cookies.set(name, value)
        }
        const next = response.headers.get('location')
        form = undefined
        if (next && !new URL(next, url).href.startsWith(issuer)) return new URL(next).searchParams
        if (next) url = new URL(next, url).href
        else if (url.includes('/sign-in/')) form = new URLSearchParams(person)
        else throw new Error(`The provider stopped: ${await response.text()}`)
      }
      throw new Error('The provider redirects without end.')
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** What the provider remembers of one kind, such as codes. */
function shelf(kept: Map<string, AdapterPayload>, name: string): Adapter {
  const key = (id: string) => `${name} ${id}`
  const by = async (wanted: Partial<AdapterPayload>) =>
    [...kept].find(
      ([id, payload]) =>
        id.startsWith(key('')) &&
        Object.entries(wanted).every(([field, value]) => payload[field] === value),
    )?.[1]
  return {
    upsert: async (id, payload) => void kept.set(key(id), payload),
    find: async (id) => kept.get(key(id)),
    findByUid: (uid) => by({ uid }),
    findByUserCode: (userCode) => by({ userCode }),
    consume: async (id) => {
      const payload = kept.get(key(id))
      if (payload) kept.set(key(id), { ...payload, consumed: true })
    },
    destroy: async (id) => void kept.delete(key(id)),
    revokeByGrantId: async (grantId) => {
      for (const [id, payload] of kept) if (payload.grantId === grantId) kept.delete(id)
    },
  }
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }
}

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sign in</title><main><h1>Example identity provider</h1><form method="post">
<p><label>E-mail <input name="email" type="email" required></label></p>
<p><label>First name <input name="firstName"></label></p>
<p><label>Last name <input name="lastName"></label></p>
<button>Sign in</button></form></main></html>`
