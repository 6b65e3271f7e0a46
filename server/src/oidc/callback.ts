import type { FastifyReply, FastifyRequest } from 'fastify'
import { browserCookie, giveSession, safeReturnTo, sendRefusal } from '../auth/index.ts'
import {
  type AttemptReport,
  arrive,
  consumeRequest,
  digestOf,
  type Expected,
  findRequest,
  meet,
  startReport,
  testSettings,
  type UsedRequest,
} from '../directory/index.ts'
import { hashSecret } from '../lib/secrets.ts'
import type { Actor } from '../model/actor.ts'
import {
  isGoogleMailbox,
  readPerson,
  requireVerifiedEmail,
  requireWorkspace,
  shownClaims,
  type TokenClaims,
} from './claims.ts'
import { type OidcDoor, type Party, partyOf, refuseAttempt, visit, type Who } from './door.ts'
import { exchange } from './exchange.ts'
import { createCheckList, Fault } from './faults.ts'
import { disabled, type Kept, keptFor, liveSettings, metadataOf } from './start.ts'
import { endTest, type Outcome } from './test-sign-in.ts'

/** The way back from the identity provider (LM-31). */
export async function callback(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  method: 'sso' | 'google',
): Promise<FastifyReply> {
  await door.rateLimits.pass(request.ip)
  const query = new URL(request.raw.url ?? '', door.baseUrl).searchParams
  const state = sole(query, 'state')
  const { organisationId } = request.params as { organisationId?: string }
  const who = await visit(
    door,
    request,
    method === 'google' ? state?.split('.')[0] : organisationId,
  )
  const report = startReport(request, method === 'google' ? 'google' : 'oidc')
  const browserHash = hashSecret(request.cookies[browserCookie] ?? '')
  const testId = state && (await openTestOf(door, who.actor, state, browserHash))
  const party = partyOf(
    door,
    who,
    testId
      ? await door.directory.view(who.actor, (read) => testSettings(read, testId))
      : await liveSettings(door, who),
  )
  if (party?.method !== method) {
    return refuseAttempt(door, request, reply, who, disabled, { ...report, rule: 'login method' })
  }
  const { outcome, used } = await signInAt(door, who, party, { query, state, browserHash })
  if (testId) return endTest(door, request, reply, who, testId, outcome, report)
  return settle(door, request, reply, who, party, outcome, used, report)
}

/** A parameter that is there exactly once. */
function sole(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name)
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

/** The test that this browser has open under this state. */
async function openTestOf(door: OidcDoor, actor: Actor, state: string, browserHash: string) {
  const open = await door.directory.view(actor, (read) => findRequest(read, hashSecret(state)))
  const mine = open?.browser_hash === browserHash && open.consumed_at === null
  return mine ? (open.test_id ?? undefined) : undefined
}

type Answer = { query: URLSearchParams; state: string | undefined; browserHash: string }

/** Reads an answer to its end: who came, or which rule it broke. The request is used up either way. */
async function signInAt(
  door: OidcDoor,
  who: Who,
  party: Party,
  { query, state, browserHash }: Answer,
): Promise<{ outcome: Outcome; used?: UsedRequest }> {
  const list = createCheckList()
  let claims: TokenClaims | undefined
  try {
    const { kept, used } = await useUp(door, who.actor, party, state, browserHash)
    list.passed('state')
    const metadata = await metadataOf(door, party)
    claims = await exchange(
      door,
      { metadata, client: await party.client(who.actor), names: party.names },
      { query, state: state ?? '', ...kept },
      list,
    )
    if (party.google) requireWorkspace(claims, party.google)
    if (party.google?.workspaceDomain) list.passed('workspace')
    requireVerifiedEmail(claims, party.google !== undefined)
    list.passed('emailVerified')
    const person = readPerson(claims, party.names)
    return { used, outcome: { checks: list.checks, claims, issuer: party.issuer, person } }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const refusal = list.failed(error)
    return { outcome: { checks: list.checks, claims, refusal } }
  }
}

/**
 * The state is spent before anything else happens: one update decides, so one of two wins, and no
 * answer can be tried twice at the provider. Settings that changed meanwhile do not know it any more,
 * so that a code of one provider is never taken to another.
 */
async function useUp(
  door: OidcDoor,
  actor: Actor,
  party: Party,
  state: string | undefined,
  browserHash: string,
): Promise<{ kept: Kept; used: UsedRequest }> {
  const request = state
    ? await door.directory.change(actor, (write) =>
        consumeRequest(write, hashSecret(state), browserHash),
      )
    : undefined
  if (!request?.sealed) {
    throw new Fault('state', { received: state ? 'a state that is not open here' : 'no state' })
  }
  const kept = JSON.parse(door.vault.open(request.sealed, keptFor)) as Kept
  if (kept.digest !== digestOf(party.tested)) {
    throw new Fault('state', { received: 'an answer under settings that were changed meanwhile' })
  }
  const expected = request.expected ? (JSON.parse(request.expected) as Expected) : undefined
  return { kept, used: { returnTo: request.return_to, expected } }
}

async function settle(
  door: OidcDoor,
  request: FastifyRequest,
  reply: FastifyReply,
  who: Who,
  party: Party,
  { checks, claims = {}, person, refusal: broken }: Outcome,
  used: UsedRequest | undefined,
  started: AttemptReport,
): Promise<FastifyReply> {
  const report = { ...started, checks, claims: shownClaims(claims) }
  if (broken) {
    const email = typeof claims.email === 'string' ? claims.email : null
    const told = { code: broken.code, detail: broken.remedy }
    return refuseAttempt(door, request, reply, who, told, { ...report, email, ...broken })
  }
  if (!person) throw new Error('A sign-in without a person and without a fault.')
  const vouched = {
    method: party.method,
    issuer: party.issuer,
    subject: person.subject,
    email: person.email,
    firstName: person.firstName,
    lastName: person.lastName,
    claimsUsed: person.claimsUsed,
    runsMailbox: party.google !== undefined && isGoogleMailbox(claims),
    answers: used,
    assertion: undefined,
    session: { nameId: null, nameIdFormat: null, sessionIndex: null, notOnOrAfter: null },
  }
  const browser = { ip: request.ip, userAgent: request.headers['user-agent'] ?? '' }
  const system: Actor = { ...who.actor, kind: 'system', label: 'System' }
  const result = await meet(() =>
    door.directory.change(system, (write) => arrive(write, party.terms, vouched, browser, report)),
  )
  const back = `/login/${who.organisation.slug}`
  if ('refusal' in result) {
    return sendRefusal(request, reply, result.refusal, result.report.reference, back)
  }
  return giveSession(reply, door.baseUrl, result.session).redirect(
    safeReturnTo(result.returnTo, `/o/${who.organisation.slug}`),
    303,
  )
}
