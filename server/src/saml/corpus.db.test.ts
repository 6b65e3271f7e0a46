import { describe, expect, test } from 'vitest'
import { createIdentityProvider } from '../../testing/identity-provider.ts'
import { createOrganisation } from '../../testing/organisation.ts'
import { createWorld, hostileResponses, legalResponses } from '../../testing/saml-corpus/index.ts'
import { refusalStatus } from '../model/refusals.ts'

const known = createWorld()

/** An organisation whose sign-in is open in one browser, and the world that its documents are made in. */
async function openSignIn(
  row: (typeof hostileResponses)[number] | (typeof legalResponses)[number],
) {
  const idp = createIdentityProvider({ key: known.idp.key })
  const acme = await createOrganisation({
    method: 'sso',
    source: 'sso_jit',
    idp,
    settings: (sp) => row.settings?.({ ...known, idp, sp }) ?? {},
  })
  const started = await acme.startSso()
  const world = {
    idp,
    sp: acme.sp,
    encryptionCertificatePem: acme.encryptionCertificatePem,
    inResponseTo: started.requestId,
    now: acme.usher.clock.now(),
  }
  return { acme, started, document: row.build(world) }
}

describe('a hostile response opens nothing, writes nothing and is told once', () => {
  test.each(hostileResponses)('$class: $name', async (row) => {
    const { acme, started, document } = await openSignIn(row)
    const before = await acme.rows()

    const refused = await acme.postResponse(document, started)

    const attempts = (await acme.api('GET', '/sign-in-log')).body.items
    expect(attempts.map((one: { code: string }) => one.code)).toEqual([row.code])
    expect(refused.status).toBe(refusalStatus[row.code])
    expect(refused.session).toBeUndefined()
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })
})

describe('a legal response of an honest identity provider signs its person in', () => {
  test.each(legalResponses.filter((row) => !lacking(row)))('$name', async (row) => {
    const { acme, started, document } = await openSignIn(row)

    const arrived = await acme.postResponse(document, started)

    expect((await acme.lastAttempt()).code).toBeNull()
    expect(arrived.status).toBe(303)
    expect(arrived.session).toBeDefined()
    expect(await acme.eventNames()).toEqual(['user.joined', 'auth.succeeded'])
  })
})

describe('JI-8, JI-9: a legal response without a name or an e-mail is read, and creates nobody', () => {
  test.each(legalResponses.filter(lacking))('$name', async (row) => {
    const { acme, started, document } = await openSignIn(row)
    const before = await acme.rows()

    const refused = await acme.postResponse(document, started)

    const attempt = await acme.lastAttempt()
    expect(attempt.code).toBe(lacking(row))
    expect(attempt.checks.filter((check: { ok: boolean }) => !check.ok)).toEqual([])
    expect(refused.status).toBe(403)
    expect(refused.session).toBeUndefined()
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })
})

/** What the corpus itself says is not in the document. */
function lacking({ name, identity = {} }: (typeof legalResponses)[number]) {
  const { attributes, nameId } = identity
  if (name === 'no NameID' || (nameId && !nameId.value.includes('@'))) return 'jit.email_invalid'
  const named = (...claims: string[]) =>
    claims.some((claim) => (attributes?.[claim] ?? []).some((value) => value.trim() !== ''))
  const complete =
    named('firstName', `${microsoft}/givenname`) && named('lastName', `${microsoft}/surname`)
  return attributes && !complete ? 'jit.claim_missing' : undefined
}

/** JI-7: these stand in for the plain claims. */
const microsoft = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'
