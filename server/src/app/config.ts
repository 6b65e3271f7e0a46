import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isNameServer } from '../lib/dns.ts'
import { isCidr } from '../lib/outbound.ts'
import { readSmtpUrl } from '../lib/smtp.ts'

export type Config = {
  port: number
  host: string
  /** Without a slash at the end. */
  baseUrl: string
  dataDir: string
  databaseUrl: string | undefined
  /** Newest first. */
  secretKeys: string[]
  /** The installation's client at Google; without one nobody can choose Google. */
  google: { clientId: string; clientSecret: string; issuer: string } | undefined
  smtpUrl: string | undefined
  /** How many proxies stand before this process; who calls is that many entries from the end of `X-Forwarded-For`. */
  proxies: number
  logLevel: string
  outboundAllow: string[]
  /** Whom to ask about domains; the machine's own name servers when there are none. */
  dnsServers: string[]
  rateLimits: boolean
  /** How long events of the audit trail are kept (AU-4). */
  auditDays: number
  demo: boolean
}

export class BadConfiguration extends Error {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(faults.join('\n'))
    this.name = 'BadConfiguration'
    this.faults = faults
  }
}

type Environment = Record<string, string | undefined>

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const shortestKey = 32
const keptDays = 400
const fewestDays = 30
const defaultPort = 8080

/**
 * Reads the environment (DESIGN §7). A setting that is empty is none, as templates of containers leave it.
 * @throws BadConfiguration with one line per fault; nothing starts then.
 */
export function readConfig(given: Environment = process.env): Config {
  const env: Environment = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value?.trim()),
  )
  const faults: string[] = []
  const port = readPort(env.PORT, faults)
  const host = env.HOST ?? '127.0.0.1'
  const baseUrl = readBaseUrl(env.BASE_URL, host, port, faults)
  const dataDir = env.DATA_DIR ?? './data'
  const databaseUrl = env.DATABASE_URL
  if (databaseUrl && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    faults.push('DATABASE_URL must begin with postgres:// or postgresql://.')
  }
  const outboundAllow = (env.OUTBOUND_ALLOW ?? '').split(/[\s,]+/).filter(Boolean)
  for (const cidr of outboundAllow) {
    if (!isCidr(cidr)) faults.push(`OUTBOUND_ALLOW: ${cidr} is not a CIDR such as 10.0.0.0/8.`)
  }
  const dnsServers = (env.DNS_SERVERS ?? '').split(/[\s,]+/).filter(Boolean)
  for (const server of dnsServers) {
    if (!isNameServer(server)) {
      faults.push(
        `DNS_SERVERS: ${server} is not an address such as 1.1.1.1 or [2606:4700::1111]:53.`,
      )
    }
  }
  const smtpUrl = env.SMTP_URL
  if (smtpUrl && !readSmtpUrl(smtpUrl, 'http://localhost')) {
    faults.push('SMTP_URL must be an address such as smtp://user:password@mail.example.com:587.')
  }
  const logLevel = env.LOG_LEVEL ?? 'info'
  if (!logLevels.includes(logLevel))
    faults.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}.`)
  const rateLimits = env.RATE_LIMITS ?? 'on'
  if (rateLimits !== 'on' && rateLimits !== 'off') faults.push('RATE_LIMITS must be on or off.')
  if (rateLimits === 'off' && !isLoopback(host)) {
    faults.push('RATE_LIMITS=off is for runs on loopback only: set HOST to 127.0.0.1.')
  }
  const auditDays = Number(env.AUDIT_DAYS ?? keptDays)
  if (!Number.isInteger(auditDays) || auditDays < fewestDays)
    faults.push(`AUDIT_DAYS must be a number of days, ${fewestDays} or more.`)
  const google = readGoogle(env, faults)
  const proxies = readProxies(env.TRUST_PROXY, faults)
  const secretKeys = readSecretKeys({ ...env, DATA_DIR: dataDir }, faults)
  if (faults.length > 0) throw new BadConfiguration(faults)
  return {
    port,
    host,
    baseUrl,
    dataDir,
    databaseUrl,
    secretKeys,
    google,
    smtpUrl,
    proxies,
    logLevel,
    outboundAllow,
    dnsServers,
    rateLimits: rateLimits === 'on',
    auditDays,
    demo: env.NODE_ENV !== 'production' || env.DEMO === 'on',
  }
}

function readPort(value: string | undefined, faults: string[]): number {
  const port = Number(value ?? defaultPort)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  faults.push('PORT must be a number from 0 to 65535.')
  return defaultPort
}

function readBaseUrl(
  value: string | undefined,
  host: string,
  port: number,
  faults: string[],
): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  const text = value ?? `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    faults.push('BASE_URL must be an http or https address such as https://usher.example.com.')
    return text
  }
  const url = new URL(text)
  if (url.pathname !== '/' || url.search || url.hash) {
    faults.push(
      'BASE_URL must not have a path: Usher is served from the root of its own host name.',
    )
  }
  return url.origin
}

const googleIssuer = 'https://accounts.google.com'

function readGoogle(
  { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret }: Environment,
  faults: string[],
): Config['google'] {
  if (clientId && clientSecret) return { clientId, clientSecret, issuer: googleIssuer }
  if (clientId) faults.push('GOOGLE_CLIENT_SECRET is missing: it goes with GOOGLE_CLIENT_ID.')
  if (clientSecret) faults.push('GOOGLE_CLIENT_ID is missing: it goes with GOOGLE_CLIENT_SECRET.')
  return undefined
}

/** Taken for none, a word that is no number would count every caller as the proxy. */
function readProxies(value: string | undefined, faults: string[]): number {
  if (value === undefined || ['false', 'no', 'off'].includes(value)) return 0
  if (['true', 'yes', 'on'].includes(value)) return 1
  if (/^\d$/.test(value)) return Number(value)
  faults.push('TRUST_PROXY is how many proxies stand before Usher: 0, 1 or more, to 9.')
  return 0
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/**
 * `SECRET_KEY` may hold several keys, newest first, separated by commas; else a key file is made once.
 * With it and a database elsewhere nothing is kept in the folder, which need not be there then.
 */
function readSecretKeys(
  { SECRET_KEY: value, DATABASE_URL: databaseUrl, DATA_DIR: dataDir = '' }: Environment,
  faults: string[],
): string[] {
  const file = join(dataDir, 'secret.key')
  const typed = value?.split(',').map((key) => key.trim())
  let keys = typed ?? []
  try {
    if (!typed || !databaseUrl) makeFolder(resolve(dataDir))
    if (!databaseUrl) accessSync(`${dataDir}/.`, constants.W_OK)
    keys = typed ?? [keyIn(file)]
  } catch (error) {
    faults.push(`DATA_DIR cannot be used. ${(error as Error).message}`)
  }
  if (keys.some((key) => key.length < shortestKey)) {
    faults.push(
      `${typed ? 'SECRET_KEY' : file} needs at least ${shortestKey} characters, e.g. from: openssl rand -base64 32`,
    )
  }
  return keys
}

function keyIn(file: string): string {
  if (!existsSync(file)) {
    try {
      writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process made it at the same moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
  return readFileSync(file, 'utf8').trim()
}

/** Folder by folder: where nothing can be made, as under /proc, `recursive` tries again for ever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
