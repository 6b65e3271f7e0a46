import { minutes } from '../lib/clock.ts'
import { readEmailAddress } from '../lib/email-address.ts'
import { newId } from '../lib/ids.ts'
import { hashSecret } from '../lib/secrets.ts'
import type { ConnectionSettings, GoogleSettings, Tested } from '../model/connection.ts'
import type { LoginMethod, Organisation } from '../model/organisation.ts'
import { type Refusal, Refused } from '../model/refusals.ts'
import {
  adoptionRisk,
  decideMethodChange,
  decideTicks,
  isProved,
  type TestFacts,
  takesNothing,
} from '../policy/index.ts'
import {
  access,
  accounts,
  events,
  invitations,
  organisations,
  people,
  secondFactors,
  sessions,
  sso,
  switches,
  users,
} from '../store/index.ts'
import { approve, provedDomains, type Ticks, waitingFor } from './approvals.ts'
import { type AttemptReport, recordAttempt } from './attempts.ts'
import { digestOf, issuerOf, readConnection, storeConnection } from './connections.ts'
import { isMailless } from './mail.ts'
import { allow, expectVersion, lockOrganisation, notFound, type Read, type Write } from './write.ts'

const exampleCount = 50
const requestMinutes = 10

export async function loginMethodView({ db, actor, now }: Read) {
  allow(actor, 'identity.read')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const [connection, breakGlass, password] = await Promise.all([
    readConnection(db, actor.organisationId),
    accounts.breakGlassAccounts(db, actor.organisationId),
    actor.id ? accounts.password(db, actor.organisationId, actor.id) : undefined,
  ])
  const facts = breakGlass.map((account) => ({
    lastSignInAt: account.last_sign_in_at,
    credentialsChangedAt: account.credentials_changed_at,
  }))
  return {
    organisation,
    connection,
    breakGlass: {
      exists: facts.length > 0,
      proved: facts.some((account) => isProved(account, now)),
      facts,
    },
    ownPasswordSet: password !== undefined,
  }
}

/** The connection that sign-ins use, whoever asks. */
export const findConnection = ({ db, actor }: Read) => readConnection(db, actor.organisationId)

export type MethodChangeRequest = {
  method: LoginMethod
  connection: ConnectionSettings | undefined
  /** Undefined keeps what is settled. */
  google?: GoogleSettings | undefined
  testId: string | undefined
  /** Under `password`; undefined leaves it as it is. */
  requireSecondFactor?: boolean | undefined
  /** Who was ticked in the preview (JI-20). */
  adopt?: Ticks | undefined
  googleAvailable: boolean
  /** The version that the manager saw (GE-5); undefined when the caller sent none. */
  ifVersion: number | undefined
}

/** Saves the login method and its settings (LM-1 to LM-19). */
export async function changeLoginMethod(write: Write, request: MethodChangeRequest): Promise<void> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  const organisation = await lockOrganisation(write, 'alone')
  expectVersion(organisation.version, request.ifVersion)

  if (request.adopt) {
    allow(actor, 'users.write')
    const misplaced = decideTicks(organisation, request.method)
    if (misplaced) throw new Refused(misplaced)
  }
  const live = await readConnection(db, organisation.id)
  const wanted = request.method === 'sso' ? (request.connection ?? live) : undefined
  if (request.method === 'sso' && !wanted) {
    throw new Refused({
      code: 'request.invalid',
      detail:
        'Connect the identity provider: by SAML with its metadata, or by OpenID Connect with its discovery URL.',
      errors: [{ pointer: '/saml', code: 'required' }],
    })
  }
  const test = request.testId ? await sso.findTest(db, organisation.id, request.testId) : undefined
  const byOperator = actor.kind === 'operator'
  const google = request.google ?? organisation.google
  const wantedDigest =
    request.method === 'google' ? digestOf(googleTest(google)) : wanted ? digestOf(wanted) : null
  const liveDigest =
    request.method === 'google'
      ? digestOf(googleTest(organisation.google))
      : live
        ? digestOf(live)
        : null
  const breakGlass = await accounts.breakGlassAccounts(db, organisation.id)
  const refusal = decideMethodChange({
    organisation,
    method: request.method,
    digest: wantedDigest,
    liveDigest,
    protocol: live?.protocol ?? 'saml',
    saverId: actor.id,
    byBreakGlass: actor.kind === 'break_glass',
    managerHasPassword:
      actor.id !== null && (await accounts.password(db, organisation.id, actor.id)) !== undefined,
    googleAvailable: request.googleAvailable,
    test: test && (await testFacts(write, test)),
    breakGlass: breakGlass.map((account) => ({
      lastSignInAt: account.last_sign_in_at,
      credentialsChangedAt: account.credentials_changed_at,
    })),
    byOperator,
    now,
  })
  if (refusal) throw new Refused(refusal)

  if (request.method === 'sso' && request.connection) {
    // Approvals are for the identity provider that they were given for.
    if (live && issuerOf(live) !== issuerOf(request.connection))
      await accounts.removeApprovals(db, organisation.id)
    await storeConnection(db, organisation.id, request.connection, now)
    await events.append(db, actor, now, [
      {
        name: 'connection.changed',
        subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
        before: live ? summary(live) : null,
        after: summary(request.connection),
        data: byOperator ? { withoutTest: true } : { testId: request.testId },
      },
    ])
  }
  const requires = request.requireSecondFactor ?? organisation.requireSecondFactor
  await organisations.change(db, organisation.id, {
    loginMethod: request.method,
    requireSecondFactor: requires,
    ...(request.method === 'google' && { google }),
  })
  if (requires !== organisation.requireSecondFactor) {
    await events.append(db, actor, now, [
      {
        name: 'second_factor.requirement_changed',
        subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
        before: { required: organisation.requireSecondFactor },
        after: { required: requires },
      },
    ])
  }
  if (test?.state === 'succeeded' && actor.kind === 'user' && actor.id)
    await linkTester(write, test, actor.id, test.name)
  const domainChanged = google.workspaceDomain !== organisation.google.workspaceDomain
  if (request.method === 'google' && domainChanged) {
    await events.append(db, actor, now, [
      {
        name: 'connection.changed',
        subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
        before: organisation.google,
        after: google,
        data: byOperator ? { withoutTest: true } : { testId: request.testId },
      },
    ])
  }
  if (organisation.loginMethod === request.method) return
  await switchPeople(write, organisation, request.method)
  await events.append(db, actor, now, [
    {
      name: 'login_method.changed',
      subject: { kind: 'organisation', id: organisation.id, label: organisation.name },
      before: { method: organisation.loginMethod },
      after: { method: request.method },
      data: byOperator
        ? { withoutTest: request.method === 'sso' }
        : { testId: request.testId ?? null },
    },
  ])
  if (request.adopt && wanted) await approve(write, organisation, issuerOf(wanted), request.adopt)
}

const googleTest = (google: GoogleSettings): Tested => ({
  protocol: 'google',
  name: 'Google',
  google,
})

/** What the audit keeps of a connection: everything but secrets. */
function summary(connection: ConnectionSettings) {
  const { protocol, name, provider, refresh } = connection
  if (protocol === 'oidc') {
    const { secret, secretMark: _, ...settings } = connection.oidc
    return {
      protocol,
      name,
      provider,
      ...settings,
      refresh,
      clientSecretSet: secret !== undefined,
    }
  }
  const { certificates, ...settings } = connection.saml
  return {
    name,
    provider,
    ...settings,
    refresh,
    certificates: certificates.map((one) => one.fingerprint),
  }
}

/** The manager who proved the sign-in is known by it from now on, so that saving never locks them out. */
async function linkTester(
  { db, actor, now }: Write,
  test: sso.SsoTest,
  userId: string,
  name: string,
): Promise<void> {
  const result = test.result ? (JSON.parse(test.result) as TestResult) : undefined
  if (!result?.issuer || !result.subject) return
  const identity = {
    issuer: result.issuer,
    subject: result.subject,
    connection: name,
    linkedAt: now,
  }
  if (!(await sso.link(db, actor.organisationId, userId, identity))) return
  await events.append(db, actor, now, [
    {
      name: 'user.linked',
      subject: { kind: 'user', id: userId, label: actor.label },
      data: { issuer: result.issuer, subject: result.subject, by: 'test sign-in' },
    },
  ])
}

/** LM-12, LM-13: everyone else waits for their first sign-in by the new method; old sessions end. */
async function switchPeople(
  write: Write,
  organisation: Organisation,
  method: LoginMethod,
): Promise<void> {
  const { db, actor, now } = write
  if (takesNothing(organisation.loginMethod, method)) return
  await accounts.removeApprovals(db, organisation.id)
  if (method !== 'password') {
    await accounts.removePasswords(db, organisation.id)
    await secondFactors.removeAll(db, organisation.id)
  }
  // What was opened otherwise than by a method ends at once; the rest ends with the switch, row by row
  // (`hasEnded`), unless an older one is under way, whose rows must not come to life again.
  await sessions.endAllBut(db, organisation.id, actor.sessionId, {
    ...(!organisation.switching && { methods: ['setup', 'platform', 'assist', 'recovery'] }),
  })
  // People are many: the first are Pending with this change, all others are taken for it until the outbox comes to them.
  const left = await switches.step(db, organisation.id, {
    at: now,
    method,
    keptSessionId: actor.sessionId,
    saverId: actor.kind === 'user' ? (actor.id ?? '') : '',
    tells: actor.kind !== 'operator' || organisation.loginMethod !== null,
    afterId: '',
    untilId: await users.lastId(db, organisation.id),
    done: 0,
    total: await countEnabled(db, organisation.id),
  })
  if (!left) return
  // Whether another manager works decides what may be done to this one.
  const managers = await users.withRole(db, organisation.id, 'ROLE_MANAGER')
  for (const { id } of managers) {
    const manager = await users.lock(db, organisation.id, id)
    if (manager) await switches.bringTo(db, left, manager)
  }
}

async function countEnabled(db: Read['db'], organisationId: string): Promise<number> {
  const active = await people.total(db, organisationId, { status: 'active' })
  return active + (await people.total(db, organisationId, { status: 'pending' }))
}

/** Who is affected by a switch, before it happens; changes nothing (LM-10). */
export async function previewLoginMethod(
  read: Read,
  method: LoginMethod,
  connection: ConnectionSettings | undefined,
  installationMails: boolean,
) {
  const { db, actor, now } = read
  allow(actor, 'identity.write')
  const organisation = await organisations.find(db, actor.organisationId)
  if (!organisation) throw notFound('organisation')
  const changes = !takesNothing(organisation.loginMethod, method)
  const proved = await provedDomains(db, actor.organisationId)
  const wanted = connection ?? (await readConnection(db, actor.organisationId))
  const [openInvitations, total, affected, sessionsToEnd, waiting] = await Promise.all([
    invitations.countOpen(db, actor.organisationId, now),
    people.total(db, actor.organisationId),
    people.affected(db, actor.organisationId, method, proved, exampleCount),
    changes ? sessions.countOpen(db, actor.organisationId, now, actor.sessionId) : 0,
    method === 'sso'
      ? waitingFor(read, wanted ? issuerOf(wanted) : '')
      : { managers: 0, others: 0, people: [] },
  ])
  const enabled = await countEnabled(db, actor.organisationId)
  // Whoever saves has proved the new method already.
  const others = Math.max(0, enabled - (actor.kind === 'user' ? 1 : 0))
  const becomePending = changes ? others : 0
  const mailless = await isMailless({ db, actor }, installationMails)
  return {
    total,
    ...affected,
    waiting: {
      ...waiting,
      people: waiting.people.map(({ isManager, ...person }) => ({
        ...person,
        ...adoptionRisk({ isManager }),
      })),
    },
    openInvitations,
    sessionsToEnd,
    becomePending,
    linksToHandOver: mailless ? becomePending : null,
  }
}

export type TestResult = {
  checks: { rule: string; ok: boolean; expected?: string; received?: string }[]
  claims: { name: string; values: string[] }[]
  code?: string
  remedy?: string
  idpScreen?: string
  issuer?: string
  subject?: string
  email?: string
  firstName?: string
  lastName?: string
}

async function testFacts({ db }: Read, test: sso.SsoTest): Promise<TestFacts> {
  const who = test.resolves_to ? await users.find(db, test.org_id, test.resolves_to) : undefined
  const roles = who ? await access.rolesOf(db, test.org_id, [who.id]) : []
  return {
    managerId: test.manager_id,
    succeeded: test.state === 'succeeded',
    finishedAt: test.finished_at ?? 0,
    digest: test.digest,
    resolvesTo: test.resolves_to,
    resolvesToManager:
      who !== undefined &&
      who.status !== 'deactivated' &&
      !who.held &&
      roles.some(({ role }) => role === 'ROLE_MANAGER'),
  }
}

async function findByAddress({ db, actor }: Read, email: string | undefined) {
  const folded = email === undefined ? undefined : readEmailAddress(email)?.folded
  return folded ? users.findByEmail(db, actor.organisationId, folded) : undefined
}

/** Remembers the unsaved settings that a test sign-in will run (LM-15); nothing else sees them. */
export async function startTest(write: Write, tested: Tested): Promise<sso.SsoTest> {
  const { db, actor, now } = write
  allow(actor, 'identity.write')
  if (!actor.id)
    throw new Refused({ code: 'auth.forbidden', detail: 'A test sign-in needs a manager.' })
  const test: sso.SsoTest = {
    org_id: actor.organisationId,
    id: newId(),
    manager_id: actor.id,
    digest: digestOf(tested),
    settings: JSON.stringify(tested),
    name: tested.name,
    state: 'pending',
    result: null,
    resolves_to: null,
    created_at: now,
    finished_at: null,
  }
  await sso.addTest(db, test)
  return test
}

export async function findTest({ db, actor }: Read, id: string) {
  allow(actor, 'identity.read')
  const test = await sso.findTest(db, actor.organisationId, id)
  if (!test || test.manager_id !== actor.id) throw notFound('test')
  return test
}

export async function latestTest({ db, actor }: Read) {
  allow(actor, 'identity.read')
  return actor.id ? sso.latestTest(db, actor.organisationId, actor.id) : undefined
}

/** A test is run by the manager who began it and by nobody else (LM-16). */
export async function ownTestSettings(read: Read, id: string): Promise<Tested> {
  const { settings } = await findTest(read, id)
  return JSON.parse(settings) as Tested
}

/** The settings that a test's response is read under; the browser's open request says whose it is. */
export async function testSettings(
  { db, actor }: Read,
  testId: string,
): Promise<Tested | undefined> {
  const test = await sso.findTest(db, actor.organisationId, testId)
  return test && (JSON.parse(test.settings) as Tested)
}

/** Ends a test sign-in; no user, no session, whatever it found (LM-15). @returns why it ended no test. */
export async function finishTest(
  write: Write,
  testId: string,
  answers: { requestId: string; browserHash: string } | 'used up',
  result: TestResult,
  report: AttemptReport,
): Promise<Refusal | undefined> {
  const { db, actor, now } = write
  const open =
    answers === 'used up' ||
    (await sso.consumeRequest(
      db,
      actor.organisationId,
      answers.requestId,
      answers.browserHash,
      now,
    ))
  const test = open && (await sso.findTest(db, actor.organisationId, testId))
  if (!test) {
    const refusal: Refusal = {
      code: 'saml.in_response_to_mismatch',
      detail: 'The response answers no open test of this browser. Start the test again.',
    }
    await recordAttempt(write, {
      ...report,
      code: refusal.code,
      rule: 'InResponseTo',
      remedy: refusal.detail,
      test: true,
    })
    return refusal
  }
  const owner =
    result.issuer && result.subject
      ? await sso.identity(db, actor.organisationId, result.issuer, result.subject)
      : undefined
  const manager = await users.find(db, actor.organisationId, test.manager_id)
  // A break-glass account is no person: whoever has the address is who the test let in.
  const sought = manager ?? (await findByAddress(write, result.email))
  const byEmail = !owner && sought && result.email?.toLowerCase() === sought.emailFolded
  await sso.finishTest(db, actor.organisationId, testId, {
    state: result.code ? 'failed' : 'succeeded',
    result: JSON.stringify(result),
    resolves_to: owner?.userId ?? (byEmail ? sought.id : null),
    finished_at: now,
  })
  await events.append(db, actor, now, [
    {
      name: 'connection.tested',
      result: result.code ? 'failure' : 'success',
      subject: { kind: 'user', id: test.manager_id, ...(manager && { label: manager.email }) },
      data: { testId, digest: test.digest, code: result.code ?? null },
    },
  ])
  await recordAttempt(write, { ...report, test: true })
  return undefined
}

/** Whose activation or invitation a sign-in completes: only that address may (MU-8, IN-8). */
export type Expected = { kind: 'activation' | 'invitation'; email: string }

/** What the link says that a sign-in was started from. @throws Refused when it does not work any more. */
export async function expectedBy(read: Read, token: string): Promise<Expected> {
  const { db, actor, now } = read
  const hash = hashSecret(token)
  const link = await accounts.findLink(db, actor.organisationId, hash, now)
  const user = link && (await users.find(db, actor.organisationId, link.user_id))
  if (user) return { kind: 'activation', email: user.emailFolded }
  const invitation = await invitations.findByHash(db, actor.organisationId, hash, now)
  if (invitation) return { kind: 'invitation', email: invitation.email_folded }
  throw new Refused({
    code: 'activation.expired',
    detail: 'This link does not work any more. Ask a manager of your organisation for a new one.',
  })
}

/** Remembers a request to the identity provider until it is answered; the browser that asked is part of it. */
export async function openRequest(
  { db, actor, now }: Write,
  request: {
    id: string
    browserSecret: string
    returnTo: string
    testId: string | null
    kind: 'login' | 'test' | 'logout'
    expected?: Expected | undefined
    /** What the answer is checked with, sealed. */
    sealed?: string | undefined
  },
): Promise<void> {
  await sso.addRequest(db, {
    org_id: actor.organisationId,
    id: request.id,
    kind: request.kind,
    browser_hash: hashSecret(request.browserSecret),
    return_to: request.returnTo,
    test_id: request.testId,
    expected: request.expected ? JSON.stringify(request.expected) : null,
    sealed: request.sealed ?? null,
    created_at: now,
    expires_at: now + minutes(requestMinutes),
    consumed_at: null,
  })
}

export const findRequest = ({ db, actor }: Read, id: string) =>
  sso.findRequest(db, actor.organisationId, id)

export const consumeRequest = ({ db, actor, now }: Write, id: string, browserHash: string) =>
  sso.consumeRequest(db, actor.organisationId, id, browserHash, now)

export const findOidcKey = ({ db, actor }: Read) => sso.oidcKey(db, actor.organisationId)
/** Of two made at the same moment the first counts, on every node. @returns the key that counts. */
export async function keepOidcKey(
  write: Write,
  key: { id: string; privateKey: string; publicKey: string },
): Promise<sso.OidcKey> {
  const { db, now } = write
  const { id: org_id } = await lockOrganisation(write, 'alone')
  const known = await sso.oidcKey(db, org_id)
  if (known) return known
  const { id, privateKey: private_key, publicKey: public_key } = key
  const made = { org_id, id, private_key, public_key, created_at: now }
  await sso.addOidcKey(db, made)
  return made
}

export const findSpKeys = ({ db, actor }: Read) => sso.spKeys(db, actor.organisationId)
/** As `keepOidcKey`. @returns the keys that count, newest first. */
export async function keepSpKey(
  write: Write,
  key: { privateKey: string; certificate: string },
): Promise<sso.SpKey[]> {
  const { db, now } = write
  const { id: org_id } = await lockOrganisation(write, 'alone')
  const known = await sso.spKeys(db, org_id)
  if (known.length > 0) return known
  const { privateKey: private_key, certificate } = key
  const made = { org_id, id: newId(), private_key, certificate, created_at: now }
  await sso.addSpKey(db, made)
  return [made]
}
