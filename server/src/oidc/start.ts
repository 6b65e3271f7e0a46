import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  allowInsecureRequests,
  buildAuthorizationUrl,
  Configuration,
  calculatePKCECodeChallenge,
  None,
  type ServerMetadata,
} from 'openid-client'
import { browserCookie, cookieOptions, safeReturnTo } from '../auth/index.ts'
import {
  digestOf,
  type Expected,
  expectedBy,
  findConnection,
  openRequest,
  ownTestSettings,
  startReport,
} from '../directory/index.ts'
import { OutboundError } from '../lib/outbound.ts'
import { hashSecret, newSecret } from '../lib/secrets.ts'
import type { Tested } from '../model/connection.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import { type OidcDoor, type Party, partyOf, refuseAttempt, visit, type Who } from './door.ts'
import { createCheckList, Fault } from './faults.ts'
import { type Metadata, UnusableProvider } from './issuers.ts'
import { endTest } from './test-sign-in.ts'

/** What the way back is checked with; kept sealed until then. */
export type Kept = { nonce: string; verifier: string; digest: string }
export const keptFor = 'oidc-request'

const scope = 'openid profile email'
const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** The way out to the identity provider: code flow with PKCE, state and nonce (LM-30). */
export async function start(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  await door.rateLimits.pass(request.ip)
  const { organisationId } = request.params as { organisationId: string }
  const who = await visit(door, request, organisationId)
  const { test, link, returnTo, loginHint, reauth } = request.query as Record<string, unknown>
  const testId = text(test)
  const party = partyOf(
    door,
    who,
    testId ? await ownTest(door, request, who, testId) : await liveSettings(door, who),
  )
  if (!party) throw new Refused(disabled)
  const linkToken = text(link)
  const expected = linkToken
    ? await door.directory.view(who.actor, (read) => expectedBy(read, linkToken))
    : undefined
  const metadata = await metadataOf(door, party).catch((error: unknown) => {
    if (error instanceof Fault) return error
    throw error
  })
  if (metadata instanceof Fault)
    return refuseStart(door, request, reply, who, party, testId, metadata)
  return leave(door, request, reply, who, party, metadata, {
    expected,
    testId: testId ?? null,
    returnTo: safeReturnTo(text(returnTo), `/o/${who.organisation.slug}`),
    loginHint: text(loginHint),
    reauth: reauth !== undefined,
  })
}

export const disabled: Refusal = {
  code: 'login_method.disabled',
  detail: 'This is not the login method of this organisation.',
}

/** What people sign in with now, if it is of this door. */
export async function liveSettings(door: OidcDoor, who: Who): Promise<Tested | undefined> {
  const { loginMethod, google } = who.organisation
  if (loginMethod === 'google') return { protocol: 'google', name: 'Google', google }
  return loginMethod === 'sso' ? door.directory.view(who.actor, findConnection) : undefined
}

/** A test runs for the manager who began it and for nobody else (LM-16). */
async function ownTest(door: OidcDoor, request: FastifyRequest, who: Who, testId: string) {
  const caller = await door.callerOf(request)
  if (caller?.organisationId !== who.organisation.id) {
    throw new Refused({
      code: 'auth.required',
      detail: 'Sign in to the portal and start the test again.',
    })
  }
  return door.directory.view(caller, (read) => ownTestSettings(read, testId))
}

/** The provider's own word about itself. @throws Fault when it is silent or has become another. */
export async function metadataOf(door: OidcDoor, party: Party): Promise<Metadata> {
  try {
    const metadata = await door.issuers.read(party.discoveryUrl)
    if (metadata.issuer === party.issuer) return metadata
    throw new Fault('provider', { expected: party.issuer, received: metadata.issuer })
  } catch (error) {
    if (error instanceof OutboundError || error instanceof UnusableProvider) {
      throw new Fault('discovery', { expected: party.discoveryUrl, received: error.message })
    }
    throw error
  }
}

async function refuseStart(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: Who,
  party: Party,
  testId: string | undefined,
  fault: Fault,
): Promise<FastifyReply> {
  const list = createCheckList()
  const refusal = list.failed(fault)
  const report = {
    ...startReport(request, party.method === 'google' ? 'google' : 'oidc'),
    ...refusal,
    checks: list.checks,
  }
  if (testId)
    return endTest(door, request, reply, who, testId, { refusal, checks: list.checks }, report)
  const told = { code: refusal.code, detail: refusal.remedy }
  return refuseAttempt(door, request, reply, who, told, report)
}

async function leave(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  { actor, organisation }: Who,
  party: Party,
  metadata: Metadata,
  asked: {
    testId: string | null
    returnTo: string
    loginHint: string | undefined
    reauth: boolean
    expected: Expected | undefined
  },
): Promise<FastifyReply> {
  // Google returns everybody to one address of the installation: the state says to which organisation.
  const state = `${organisation.id}.${newSecret()}`
  const kept: Kept = { nonce: newSecret(), verifier: newSecret(), digest: digestOf(party.tested) }
  const browserSecret = request.cookies[browserCookie] ?? newSecret()
  await door.directory.change(actor, (write) =>
    openRequest(write, {
      id: hashSecret(state),
      browserSecret,
      returnTo: asked.returnTo,
      testId: asked.testId,
      kind: asked.testId ? 'test' : 'login',
      expected: asked.expected,
      sealed: door.vault.seal(JSON.stringify(kept), keptFor),
    }),
  )
  const { clientId, redirectUri } = await party.client(actor)
  const configuration = new Configuration(metadata as ServerMetadata, clientId, undefined, None())
  // The provider's addresses are as the operator allows them; see the guarded client.
  allowInsecureRequests(configuration)
  const url = buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope,
    state,
    nonce: kept.nonce,
    code_challenge: await calculatePKCECodeChallenge(kept.verifier),
    code_challenge_method: 'S256',
    ...(asked.loginHint && { login_hint: asked.loginHint }),
    ...(asked.reauth && { prompt: party.google ? 'select_account' : 'login' }),
    ...(party.google?.workspaceDomain && { hd: party.google.workspaceDomain }),
  })
  return reply
    .setCookie(browserCookie, browserSecret, cookieOptions(door.baseUrl, 'browser'))
    .header('cache-control', 'no-store')
    .redirect(url.href, 302)
}
