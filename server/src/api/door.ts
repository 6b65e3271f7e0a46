import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type {
  OidcInput,
  SamlInput,
  SimulatedCall,
  SimulationView,
} from '../../../contract/src/index.ts'
import type { Enrolments, Passkeys, RateLimits } from '../auth/index.ts'
import {
  allow,
  allowOn,
  type Directory,
  isMailless,
  renewActivation,
  type Write,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Dns } from '../lib/dns.ts'
import { isId } from '../lib/ids.ts'
import type { Signer } from '../lib/signer.ts'
import type { Actor } from '../model/actor.ts'
import type { Connection, ConnectionSettings } from '../model/connection.ts'
import type { MailSettings } from '../model/mail.ts'
import { refuse } from '../model/refusals.ts'
import type { IdpCertificate } from '../model/saml.ts'
import { actOf } from './areas.ts'

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

export type SsoSession = {
  org_id: string
  issuer: string | null
  name_id: string | null
  name_id_format: string | null
  session_index: string | null
}

/** What the other doors lend the Management API; doors do not know each other. */
export type SamlTools = {
  readSettings(input: SamlInput): Promise<ConnectionSettings>
  readMetadata(input: {
    metadataXml?: string | undefined
    metadataUrl?: string | undefined
  }): Promise<{
    settings: {
      idpEntityId: string
      ssoUrl: string
      ssoBinding: 'redirect' | 'post'
      sloUrl?: string
      certificates: IdpCertificate[]
    }
    warnings: string[]
  }>
  addresses(organisationId: string): {
    acsUrl: string
    entityId: string
    metadataUrl: string
    sloUrl: string
    startUrl: string
  }
  logoutUrl(
    request: FastifyRequest,
    reply: FastifyReply,
    actor: Actor,
    session: SsoSession,
  ): Promise<string | undefined>
}

export type OidcTools = {
  /** Looks at the provider; a secret that was left out is the live one. */
  readSettings(input: OidcInput, live: Connection | undefined): Promise<ConnectionSettings>
  addresses(organisationId: string): {
    redirectUri: string
    jwksUrl: string
    startUrl: string
    googleRedirectUri: string
  }
}

/** What the SCIM door knows and the Management API shows. */
export type ScimTools = {
  addresses(organisationId: string): { baseUrl: string; tokenUrl: string }
  dialects: { name: string; label: string; quirks: { says: string; source: string }[] }[]
}

/** A simulated identity provider that can be set to work on an organisation (BY-10). */
export type SimulationTools = {
  providers: readonly string[]
  start(actor: Actor, provider: string): Promise<void>
  proceed(actor: Actor, howFar: 'next' | 'rest'): Promise<void>
  view(organisationId: string): Omit<NonNullable<SimulationView['run']>, 'label'> | undefined
  call(
    organisationId: string,
    number: number,
  ): (SimulatedCall & { request: unknown; response: unknown }) | undefined
}

export type SecretTools = {
  hashPassword(password: string): Promise<string>
  /** Throws `password.too_weak` with each failed rule. */
  judgePassword(password: string): Promise<void>
  newTotp(label: string): { secret: string; uri: string }
  /** Encrypts for one purpose; what was sealed for another does not open. */
  seal(plain: string, purpose: 'totp' | 'idempotency' | 'mail' | 'preview'): string
  open(sealed: string, purpose: 'idempotency' | 'preview'): string
  qr(uri: string): Promise<string>
}

/** What mail needs of the world outside. */
export type MailTools = {
  /** Throws `url.not_allowed` for a host that the operator keeps out of reach (SE-8). */
  checkHost(host: string): Promise<void>
  /** @returns the mail server's refusal in its words; undefined when it took the mail. */
  sendTest(
    organisationId: string,
    settings: MailSettings,
    to: { email: string; firstName: string },
  ): Promise<string | undefined>
}

export type ApiDoor = {
  directory: Directory
  clock: Clock
  rateLimits: RateLimits
  enrolments: Enrolments
  passkeys: Passkeys
  baseUrl: string
  googleAvailable: boolean
  /** True while no mail service is configured: links are handed over by a manager (EM-4). */
  withoutMail: boolean
  saml: SamlTools
  oidc: OidcTools
  scim: ScimTools
  mail: MailTools
  dns: Dns
  /** Absent unless demos are on. */
  simulations: SimulationTools | undefined
  secrets: SecretTools
  callers: {
    /** Whose browser session this request carries; also checks the CSRF token of state-changing calls. */
    browser(request: FastifyRequest): Promise<
      | {
          actor: Actor
          session: SsoSession & {
            csrf: string
            method: string
            secret_hash: string
            signed_in_at: number
            expires_at: number
          }
        }
      | undefined
    >
    /** ROLE_ROOT by a session of the platform; what changes something comes from a page of this site. */
    platform(request: FastifyRequest): Promise<Actor | undefined>
    key(request: FastifyRequest, organisationId: string): Promise<Actor>
  }
  /** Knows what the seals of the audit trail were signed by. */
  signer: Signer
  requireFresh(actor: Actor): void
}

const ofOrganisation = /^\/api\/v1\/orgs\/:organisationId(\/.*)/

/** Who calls, and for an organisation whether they may, is asked before anything is said of what they sent. */
export function askWhoCalls(app: Api, door: ApiDoor): void {
  app.addHook('preValidation', async (request) => {
    const { url = '' } = request.routeOptions
    if (url.startsWith('/api/v1/me/') && !(await door.callers.browser(request)))
      refuse('auth.required', 'Sign in first.')
    if (url.startsWith('/api/v1/platform/orgs') && !(await door.callers.platform(request)))
      refuse('auth.required', 'Sign in as ROLE_ROOT first.')
    const path = ofOrganisation.exec(url)?.[1]
    if (path === undefined) return
    const actor = await whoCalls(door, request)
    asked.set(request, actor)
    const act = actOf(request.method, path)
    if (!act) return
    const { id } = request.params as { id?: string }
    // Whoever is asked about, or changed, may be the caller.
    if (id !== undefined && path.startsWith('/users/')) allowOn(actor, id, act)
    else allow(actor, act)
  })
}

const asked = new WeakMap<FastifyRequest, Actor>()

/** Who is calling for this organisation. */
export async function callerFor(door: ApiDoor, request: FastifyRequest): Promise<Actor> {
  return asked.get(request) ?? whoCalls(door, request)
}

/**
 * A session of this organisation, or one of its API keys. Another organisation's session sees nothing
 * here, not even that it exists (SE-10).
 */
async function whoCalls(door: ApiDoor, request: FastifyRequest): Promise<Actor> {
  const { organisationId } = request.params as { organisationId: string }
  if (!isId(organisationId)) refuse('resource.not_found', 'There is no such organisation.')
  if (request.headers.authorization) return door.callers.key(request, organisationId)
  const caller = await door.callers.browser(request)
  if (!caller) return refuse('auth.required', 'Sign in first.')
  if (caller.actor.organisationId !== organisationId) {
    return refuse('resource.not_found', 'There is no such organisation.')
  }
  return caller.actor
}

/** An answer that is a file: text in the OpenAPI document, and a stream here. */
export const csvFile = {
  description: 'A file with a line for each, headings first.',
  content: { 'text/csv': { schema: z.string() as unknown as z.ZodType<Readable> } },
}

/** Where no mail is sent: the activation link of somebody new, for a manager to hand over (EM-5). */
export async function handedOver(
  door: ApiDoor,
  write: Write,
  userId: string,
): Promise<{ activationLink?: string }> {
  if (!(await isMailless(write, !door.withoutMail))) return {}
  return { activationLink: `${door.baseUrl}/activate/${await renewActivation(write, userId)}` }
}

/** `"7"` as sent in If-Match becomes 7; `*` and none ask for nothing (RFC 9110 §13.1.1). */
export function ifVersion(request: FastifyRequest): number | undefined {
  const sent = request.headers['if-match']
  if (sent === undefined || sent.trim() === '*') return undefined
  const version = /^(?:W\/)?"(\d+)"$/.exec(sent.trim())?.[1]
  return version === undefined ? -1 : Number(version)
}
