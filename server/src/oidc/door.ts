import type { FastifyReply, FastifyRequest } from 'fastify'
import { anonymous, type RateLimits, sendRefusal } from '../auth/index.ts'
import {
  type AttemptReport,
  type Directory,
  findOrganisation,
  recordAttempt,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { isId } from '../lib/ids.ts'
import type { Outbound } from '../lib/outbound.ts'
import type { Vault } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import type { ConnectionSettings, GoogleSettings, Tested } from '../model/connection.ts'
import type { Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import type { ClaimNames } from './claims.ts'
import type { ClientKeys } from './client-keys.ts'
import type { Client } from './exchange.ts'
import type { Issuers } from './issuers.ts'
import { openClientSecret } from './settings.ts'

/** The client of the installation at Google, and where Google is. */
export type GoogleClient = { clientId: string; clientSecret: string; issuer: string }

/** What the OIDC door is given when it is opened. */
export type OidcDoor = {
  directory: Directory
  clock: Clock
  vault: Vault
  outbound: Outbound
  issuers: Issuers
  clientKeys: ClientKeys
  rateLimits: RateLimits
  baseUrl: string
  google: GoogleClient | undefined
  /** Who is signed in on this request, if anyone. */
  callerOf(request: FastifyRequest): Promise<Actor | undefined>
}

export type Who = { actor: Actor; organisation: Organisation }

/** The addresses of one organisation's client (LM-30). Google's client has one for the installation. */
export function oidcAddresses(baseUrl: string, organisationId: string) {
  const base = `${baseUrl}/oidc/${organisationId}`
  return {
    redirectUri: `${base}/callback`,
    jwksUrl: `${base}/jwks`,
    startUrl: `${base}/start`,
    googleRedirectUri: `${baseUrl}/oidc/google/callback`,
  }
}

/** The organisation that is meant, seen by nobody in particular. */
export async function visit(
  door: OidcDoor,
  request: FastifyRequest,
  organisationId: string | undefined,
): Promise<Who> {
  const detail = 'There is no such organisation.'
  if (!isId(organisationId)) throw new Refused({ code: 'resource.not_found', detail })
  const actor = anonymous(organisationId, { ip: request.ip, requestId: request.id })
  const organisation = await door.directory.view(actor, (read) =>
    findOrganisation(read, organisationId),
  )
  if (!organisation) throw new Refused({ code: 'resource.not_found', detail })
  return { organisation, actor }
}

/** Everything that a sign-in at one provider needs, whether saved or under test. */
export type Party = {
  tested: Tested
  method: 'sso' | 'google'
  discoveryUrl: string
  /** As it was when the settings were saved. */
  issuer: string
  names: ClaimNames
  /** What the directory is told of the connection. */
  terms: {
    name: string
    refresh: ConnectionSettings['refresh']
    claimNames: { firstName: string; lastName: string }
    claimScreen: string
  }
  google: GoogleSettings | undefined
  client(actor: Actor): Promise<Client>
}

const standard = { firstName: 'given_name', lastName: 'family_name' }

/** @returns undefined for settings of another door, and for Google where the operator has no client. */
export function partyOf(door: OidcDoor, who: Who, tested: Tested | undefined): Party | undefined {
  const { redirectUri, googleRedirectUri } = oidcAddresses(door.baseUrl, who.organisation.id)
  if (tested?.protocol === 'google' && door.google) {
    const { issuer, clientId, clientSecret } = door.google
    return {
      tested,
      method: 'google',
      discoveryUrl: `${issuer}/.well-known/openid-configuration`,
      issuer,
      names: { subjectClaim: 'sub', emailClaim: 'email', attributes: standard },
      terms: {
        name: 'Google',
        refresh: { firstName: 'portal', lastName: 'portal' },
        claimNames: standard,
        claimScreen: 'The Google account has no such name.',
      },
      google: tested.google,
      client: async () => ({
        clientId,
        redirectUri: googleRedirectUri,
        auth: { method: 'client_secret_post', secret: clientSecret },
      }),
    }
  }
  if (tested?.protocol !== 'oidc') return undefined
  const { oidc, provider } = tested
  // RFC 7523 §3 leaves it open; these two know themselves by their token endpoint alone.
  const audience = provider === 'entra' || provider === 'okta' ? 'token endpoint' : 'issuer'
  const { discoveryUrl, issuer, clientId, clientAuth } = oidc
  return {
    tested,
    method: 'sso',
    discoveryUrl,
    issuer,
    names: oidc,
    terms: {
      name: tested.name,
      refresh: tested.refresh,
      claimNames: oidc.attributes,
      claimScreen:
        'In Entra ID open App registrations, your app, Token configuration, add the optional claims given_name and family_name, and fill the names in on the person.',
    },
    google: undefined,
    client: async (actor) => ({
      clientId,
      redirectUri,
      auth:
        clientAuth === 'private_key_jwt'
          ? { method: clientAuth, key: await door.clientKeys.signing(actor), audience }
          : { method: clientAuth, secret: openClientSecret(door.vault, oidc) },
    }),
  }
}

/** Records a refused attempt once and answers it. */
export async function refuseAttempt(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  { actor, organisation }: Who,
  refusal: Refusal,
  report: AttemptReport,
): Promise<FastifyReply> {
  await door.directory.change(actor, (write) =>
    recordAttempt(write, { remedy: refusal.detail, ...report, code: refusal.code }),
  )
  return sendRefusal(request, reply, refusal, report.reference, `/login/${organisation.slug}`)
}
