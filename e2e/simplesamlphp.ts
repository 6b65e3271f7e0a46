import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../server/testing/free-port.ts'

export type IdentityProviderUser = {
  username: string
  password: string
  email?: string
  firstName?: string
  lastName?: string
  /** Further attributes, by the name that is sent. */
  attributes?: Record<string, string[]>
}

export type ServiceProvider = {
  entityId: string
  acsUrl: string
  sloUrl?: string
  /** To check signatures of its requests, PEM or bare base64. */
  signingCertificates?: string[]
  /** To encrypt assertions for it. */
  encryptionCertificate?: string
  requireSignedRequests?: boolean
  signAssertion?: boolean
  signResponse?: boolean
}

/** What the browser would post to the service provider. */
export type PostedResponse = { action: string; samlResponse: string; relayState: string }

export type SimpleSamlPhp = {
  url: string
  entityId: string
  metadataUrl: string
  metadataXml(): Promise<string>
  certificatePem: string
  addServiceProvider(serviceProvider: ServiceProvider): void
  /** Replaces everyone, for stories in which the directory changes between two sign-ins. */
  setUsers(users: IdentityProviderUser[]): void
  /** Follows a service provider's request, fills in the sign-in form, and returns the answer. */
  signIn(startUrl: string, username: string, password: string): Promise<PostedResponse>
  stop(): Promise<void>
}

const home = '/usr/share/simplesamlphp'
const startsWithinSeconds = 20
const emailFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
const unspecifiedFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

/** People whom most stories need; every password is the username. */
export const usualUsers: IdentityProviderUser[] = [
  person('ada', 'Ada', 'Lovelace'),
  person('grace', 'Grace', 'Hopper'),
  person('zoe', 'Zoë', "O'Brien-Müller"),
  { username: 'mono', password: 'mono', email: 'mono@acme.test', lastName: 'Mononym' },
  { username: 'blank', password: 'blank', email: 'blank@acme.test', firstName: ' ', lastName: '' },
  { ...person('mallory', 'Mallory', 'Elsewhere'), email: 'mallory@other.test' },
]

function person(username: string, firstName: string, lastName: string): IdentityProviderUser {
  return { username, password: username, email: `${username}@acme.test`, firstName, lastName }
}

/** Debian's SimpleSAMLphp on loopback: an identity provider that is not ours and knows no mercy. */
export async function startSimpleSamlPhp(
  options: { users?: IdentityProviderUser[]; serviceProviders?: ServiceProvider[] } = {},
): Promise<SimpleSamlPhp> {
  if (!existsSync(join(home, 'www/index.php'))) {
    throw new Error('No SimpleSAMLphp here: run node scripts/setup-tests.ts')
  }
  const directory = mkdtempSync(join(tmpdir(), 'usher-simplesamlphp-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const serviceProviders = new Map(options.serviceProviders?.map((one) => [one.entityId, one]))

  writeConfiguration(directory, url)
  const certificatePem = makeKey(directory)
  writeUsers(directory, options.users ?? usualUsers)
  writeServiceProviders(directory, serviceProviders)

  const server = serve(directory, url)
  const metadataUrl = `${url}/saml2/idp/metadata.php`
  const endWithUs = () => signalGroup(server)
  process.once('exit', endWithUs)
  const stop = async () => {
    process.off('exit', endWithUs)
    await end(server)
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await untilServing(server, metadataUrl)
  } catch (error) {
    await stop()
    throw error
  }

  return {
    url,
    entityId: metadataUrl,
    metadataUrl,
    metadataXml: async () => (await fetch(metadataUrl)).text(),
    certificatePem,
    addServiceProvider(serviceProvider) {
      serviceProviders.set(serviceProvider.entityId, serviceProvider)
      writeServiceProviders(directory, serviceProviders)
    },
    setUsers: (users) => writeUsers(directory, users),
    signIn,
    stop,
  }
}

/** Settings are JSON that a line of PHP reads, so that nothing of ours is ever quoted as PHP. */
function writePhp(directory: string, name: string, variable: string, value: unknown): void {
  writeFileSync(join(directory, `${name}.json`), JSON.stringify(value))
  const read = `json_decode(file_get_contents(__DIR__ . '/${name}.json'), true)`
  writeFileSync(join(directory, `${name}.php`), `<?php\n$${variable} = ${read};\n`)
}

function writeConfiguration(directory: string, url: string): void {
  for (const folder of ['metadata', 'cert', 'log', 'data', 'temp', 'sessions']) {
    mkdirSync(join(directory, folder))
  }
  writePhp(directory, 'config', 'config', {
    baseurlpath: `${url}/`,
    certdir: join(directory, 'cert/'),
    loggingdir: join(directory, 'log/'),
    datadir: join(directory, 'data/'),
    tempdir: join(directory, 'temp'),
    metadatadir: join(directory, 'metadata'),
    'metadata.sources': [{ type: 'flatfile', directory: join(directory, 'metadata') }],
    secretsalt: randomBytes(24).toString('hex'),
    'auth.adminpassword': randomBytes(24).toString('hex'),
    technicalcontact_name: 'Nobody',
    technicalcontact_email: 'nobody@acme.test',
    timezone: 'UTC',
    'admin.checkforupdates': false,
    'trusted.url.domains': [],
    showerrors: true,
    errorreporting: false,
    'logging.handler': 'file',
    'logging.level': 6,
    'enable.saml20-idp': true,
    'module.enable': { core: true, saml: true, exampleauth: true },
    'store.type': 'phpsession',
    'session.phpsession.savepath': join(directory, 'sessions'),
    'session.cookie.secure': false,
    'session.cookie.samesite': 'Lax',
    'language.cookie.secure': false,
    'language.default': 'en',
    'language.available': ['en'],
    'authproc.idp': {},
  })

  const nameId = (format: string) => ({
    class: 'saml:AttributeNameID',
    attribute: 'email',
    Format: format,
  })
  writePhp(join(directory, 'metadata'), 'saml20-idp-hosted', 'metadata', {
    [`${url}/saml2/idp/metadata.php`]: {
      host: '__DEFAULT__',
      privatekey: 'idp.key',
      certificate: 'idp.crt',
      auth: 'people',
      NameIDFormat: emailFormat,
      'signature.algorithm': 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      'sign.logout': true,
      'redirect.sign': true,
      authproc: { 10: nameId(emailFormat), 11: nameId(unspecifiedFormat) },
    },
  })
}

function makeKey(directory: string): string {
  const certificate = join(directory, 'cert/idp.crt')
  const subject = '/CN=SimpleSAMLphp for Usher'
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', join(directory, 'cert/idp.key')]
  execFileSync(
    'openssl',
    ['req', '-x509', '-sha256', '-days', '30', '-subj', subject, ...key, '-out', certificate],
    { stdio: 'ignore' },
  )
  return readFileSync(certificate, 'utf8')
}

function writeUsers(directory: string, users: IdentityProviderUser[]): void {
  const accounts = users.map(({ username, password, attributes, ...claims }) => {
    const released = Object.entries(claims).map(([name, value]) => [name, [value]])
    return [`${username}:${password}`, { ...Object.fromEntries(released), ...attributes }]
  })
  writePhp(directory, 'authsources', 'config', {
    admin: ['core:AdminPassword'],
    people: { 0: 'exampleauth:UserPass', ...Object.fromEntries(accounts) },
  })
}

function writeServiceProviders(directory: string, all: Map<string, ServiceProvider>): void {
  const entries = [...all.values()].map((one) => [one.entityId, spMetadata(one)])
  writePhp(join(directory, 'metadata'), 'saml20-sp-remote', 'metadata', Object.fromEntries(entries))
}

function spMetadata(one: ServiceProvider): Record<string, unknown> {
  const binding = (name: string) => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`
  const signing = (one.signingCertificates ?? []).map((pem) => asKey('signing', pem))
  const { encryptionCertificate: sealFor } = one
  const keys = sealFor ? [...signing, asKey('encryption', sealFor)] : signing
  return {
    AssertionConsumerService: [{ Binding: binding('HTTP-POST'), Location: one.acsUrl, index: 0 }],
    ...(one.sloUrl && {
      SingleLogoutService: [{ Binding: binding('HTTP-Redirect'), Location: one.sloUrl }],
    }),
    NameIDFormat: emailFormat,
    keys,
    'validate.authnrequest': one.requireSignedRequests ?? false,
    'validate.logout': signing.length > 0,
    'saml20.sign.assertion': one.signAssertion ?? true,
    'saml20.sign.response': one.signResponse ?? true,
    'assertion.encryption': sealFor !== undefined,
  }
}

function asKey(use: 'signing' | 'encryption', pem: string): Record<string, unknown> {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, '')
  return {
    type: 'X509Certificate',
    signing: use === 'signing',
    encryption: use === 'encryption',
    X509Certificate: base64,
  }
}

function serve(directory: string, url: string): ChildProcess {
  const quiet = ['-d', 'display_errors=0', '-d', 'log_errors=0']
  return spawn('php', [...quiet, '-S', new URL(url).host, '-t', join(home, 'www')], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      SIMPLESAMLPHP_CONFIG_DIR: directory,
      // PHP's own server answers one request at a time unless it may fork.
      PHP_CLI_SERVER_WORKERS: '4',
    },
    stdio: 'ignore',
    detached: true, // a process group of its own, so that its workers end with it
  })
}

async function untilServing(server: ChildProcess, metadataUrl: string): Promise<void> {
  const deadline = performance.now() + startsWithinSeconds * 1000
  let lastAnswer = 'nothing'
  while (performance.now() < deadline && server.exitCode === null) {
    try {
      const response = await fetch(metadataUrl)
      if (response.ok) return
      lastAnswer = `${response.status} ${await response.text()}`
    } catch {
      lastAnswer = 'no connection'
    }
    await sleep(100)
  }
  throw new Error(`SimpleSAMLphp did not start; it answered: ${lastAnswer.slice(0, 2000)}`)
}

async function end(server: ChildProcess): Promise<void> {
  if (!server.pid || server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  signalGroup(server)
  await ended
}

/** The server and the workers it forked, which it does not end by itself. */
function signalGroup({ pid, exitCode }: ChildProcess): void {
  if (pid && exitCode === null) process.kill(-pid, 'SIGTERM')
}

async function signIn(
  startUrl: string,
  username: string,
  password: string,
): Promise<PostedResponse> {
  const cookies = new Map<string, string>()
  const form = await browse(cookies, startUrl)
  const authState = fieldOf(form.html, 'AuthState')
  const answer = authState
    ? await browse(cookies, form.url, { AuthState: authState, username, password })
    : form

  const samlResponse = fieldOf(answer.html, 'SAMLResponse')
  const action = decodeEntities(/<form[^>]*action="([^"]*)"/.exec(answer.html)?.[1] ?? '')
  if (!samlResponse) throw new Error(`No response but: ${textOf(answer.html).slice(0, 600)}`)
  return { action, samlResponse, relayState: fieldOf(answer.html, 'RelayState') ?? '' }
}

/** A browser of few words: cookies and redirects. */
async function browse(
  cookies: Map<string, string>,
  start: string,
  form?: Record<string, string>,
): Promise<{ url: string; html: string }> {
  let url = start
  let body = form && new URLSearchParams(form)
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: { cookie },
      redirect: 'manual',
      ...(body && { body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name && value !== undefined) cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) return { url, html: await response.text() }
    url = new URL(location, url).href
    body = undefined
  }
  throw new Error(`Too many redirects, the last to ${url}`)
}

function fieldOf(html: string, name: string): string | undefined {
  const input = new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html)?.[0]
  const value = input && /value="([^"]*)"/.exec(input)?.[1]
  return value === undefined ? undefined : decodeEntities(value)
}

function textOf(html: string): string {
  return html.replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

function decodeEntities(text: string): string {
  const characters: Record<string, string> = { amp: '&', quot: '"', lt: '<', gt: '>', '#039': "'" }
  return text.replace(/&(amp|quot|lt|gt|#039);/g, (_all, name) => characters[name] ?? '')
}
