import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import { buildServerWhenStale } from '../../scripts/builds.ts'
import { freePort } from './free-port.ts'
import {
  createIdentityProvider,
  type IdentityProvider,
  parseAuthnRequest,
} from './identity-provider.ts'

/** Where an installation keeps everything: a folder, and PostgreSQL when there is a URL. */
export type Place = { dataDir: string; databaseUrl?: string | undefined }

export type UsherProcess = {
  url: string
  pid: number
  /** SIGKILL: the process is gone without a chance to save anything. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Which of the two databases this run of the tests is for. */
export const onPostgres = process.env.USHER_TEST_STORE === 'postgres'

/** As `npm start` has it: with less, an import copies what it is still at work on again and again. */
const nodeOptions = ['--max-semi-space-size=16', '--expose-gc']
const startsWithinMs = 30_000

function environment({ dataDir, databaseUrl }: Place): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
    OUTBOUND_ALLOW: '127.0.0.0/8',
    RATE_LIMITS: 'off',
    // What a bench fills in was long ago.
    AUDIT_DAYS: '36500',
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  }
}

/** `usher serve` as its users start it; resolves at its first answer. */
export async function startUsherProcess(
  place: Place,
  { port }: { port?: number } = {},
): Promise<UsherProcess> {
  const listens = port ?? (await freePort())
  const main = await buildServerWhenStale()
  const server = spawn(process.execPath, [...nodeOptions, main, 'serve'], {
    env: { ...environment(place), PORT: String(listens) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  await untilReady(server)
  const end = async (signal: NodeJS.Signals) => {
    server.kill(signal)
    await ended
  }
  return {
    url: `http://127.0.0.1:${listens}`,
    pid: server.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  }
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const late = setTimeout(() => reject(new Error(`Usher did not start: ${said}`)), startsWithinMs)
    const listen = (chunk: Buffer) => {
      said = `${said}${String(chunk)}`.slice(-10_000)
      if (!said.includes('Usher is ready')) return
      clearTimeout(late)
      resolve()
    }
    server.stdout?.on('data', listen)
    server.stderr?.on('data', listen)
    server.once('exit', (code) => {
      clearTimeout(late)
      reject(new Error(`Usher ended with ${code}: ${said}`))
    })
  })
}

export type AppliedOrganisation = {
  id: string
  slug: string
  apiKey: string
  /** Empty where people do not come by SCIM. */
  scimToken: string
  idp: IdentityProvider
}

/** One organisation, made as an operator makes it, where people sign in by SAML and a script may write. */
export function applyOrganisation(
  place: Place,
  { slug, port, source = 'sso_jit' }: { slug: string; port: number; source?: 'sso_jit' | 'scim' },
): AppliedOrganisation {
  mkdirSync(place.dataDir, { recursive: true })
  const idp = createIdentityProvider()
  writeFileSync(join(place.dataDir, 'idp.xml'), idp.metadataXml)
  const state = join(place.dataDir, 'state.json')
  writeFileSync(
    state,
    JSON.stringify({
      organisation: { name: 'Acme', slug },
      domains: [{ name: 'acme.test', verified: true }],
      managers: [{ email: 'ana@acme.test', firstName: 'Ana', lastName: 'Ruiz' }],
      loginMethod: { method: 'sso', saml: { metadataFile: 'idp.xml' } },
      provisioning: {
        source,
        ...(source === 'scim' && { scim: { syncGroups: true, tokens: [{ label: 'entra' }] } }),
      },
      apiKeys: [{ label: 'script', scopes: ['users:read', 'users:write'] }],
    }),
  )
  const main = join(import.meta.dirname, '../src/main.ts')
  const said = execFileSync(process.execPath, [main, 'apply', '-f', state, '--json'], {
    env: { ...environment(place), PORT: String(port) },
    encoding: 'utf8',
  })
  const { id, apiKeys, scim } = JSON.parse(said) as {
    id: string
    apiKeys: { key: string }[]
    scim: { tokens: { token: string }[] }
  }
  return {
    id,
    slug,
    apiKey: apiKeys[0]?.key ?? '',
    scimToken: scim.tokens[0]?.token ?? '',
    idp,
  }
}

export type Started = { browser: string; requestId: string }

/** Many browsers and scripts at once, over real connections. */
export function createClient(url: string, organisation: AppliedOrganisation, connections = 64) {
  const dispatcher = new Agent({ connections, keepAliveTimeout: 60_000 })
  const authorization = `Bearer ${organisation.apiKey}`
  const { id, idp } = organisation
  const sp = { entityId: `${url}/saml/${id}/metadata`, acsUrl: `${url}/saml/${id}/acs` }

  async function api(method: 'GET' | 'POST', path: string, body?: object) {
    const answer = await request(`${url}/api/v1/orgs/${id}${path}`, {
      method,
      dispatcher,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }

  /** The way out: what the identity provider is asked, and the cookie of this browser. */
  async function startSignIn(): Promise<Started> {
    const { headers, body } = await request(`${url}/saml/${id}/start`, { dispatcher })
    await body.dump()
    const cookie = [headers['set-cookie']].flat().find((one) => one?.startsWith('usher_browser='))
    return {
      browser: cookie?.split(';')[0] ?? '',
      requestId: parseAuthnRequest(String(headers.location)).id,
    }
  }

  function respond({ requestId }: Started, email: string): string {
    const attributes = { firstName: 'Ada', lastName: email.split('@')[0] ?? '' }
    const answer = { sp, now: Date.now(), inResponseTo: requestId, nameId: email, attributes }
    return new URLSearchParams({ SAMLResponse: idp.respond(answer) }).toString()
  }

  /** The way back; the status is 303 for somebody who is in. */
  async function finishSignIn({ browser }: Started, form: string): Promise<number> {
    const { statusCode, body } = await request(sp.acsUrl, {
      method: 'POST',
      dispatcher,
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: browser },
      body: form,
    })
    await body.dump()
    return statusCode
  }

  return {
    api,
    startSignIn,
    respond,
    finishSignIn,
    async signIn(email: string): Promise<number> {
      const started = await startSignIn()
      return finishSignIn(started, respond(started, email))
    },
    async createUser(email: string): Promise<number> {
      const person = { email, firstName: 'Ada', lastName: email.split('@')[0] ?? '' }
      return (await api('POST', '/users', person)).status
    },
    /** As an identity provider sends it. @returns the status and the id of what was made. */
    async scim(method: 'POST' | 'PATCH', path: string, body: object) {
      const answer = await request(`${url}/scim/${id}/v2${path}`, {
        method,
        dispatcher,
        headers: {
          authorization: `Bearer ${organisation.scimToken}`,
          'content-type': 'application/scim+json',
        },
        body: JSON.stringify(body),
      })
      const text = await answer.body.text()
      const made = text === '' ? {} : (JSON.parse(text) as { id?: string })
      return { status: answer.statusCode, id: made.id ?? '' }
    },
    close: () => dispatcher.destroy(),
  }
}
