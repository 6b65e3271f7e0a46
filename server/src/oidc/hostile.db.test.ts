import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  claimsOf,
  createOpenIdOrganisation,
  type OpenIdOrganisation,
} from '../../testing/openid-organisation.ts'
import {
  createOpenIdProvider,
  type OpenIdProvider,
  type Token,
} from '../../testing/openid-provider.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const jit = { source: 'sso_jit' } as const

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await createOpenIdProvider()
})
afterAll(() => provider.close())

/** Nothing but the log of one refused attempt may be left of it. */
async function expectRefused(
  acme: OpenIdOrganisation,
  answer: { status: number; text: string; session: string | undefined },
  code: string,
) {
  expect(answer.status).toBe(403)
  expect(answer.session).toBeUndefined()
  expect(answer.text).toContain('You could not be signed in')
  expect(answer.text).not.toContain(code)
  const attempt = await acme.lastAttempt()
  expect(attempt).toMatchObject({ code, result: 'failure', test: false })
  expect(answer.text).toContain(attempt.reference)
  expect(attempt.remedy).toBeTruthy()
  expect(attempt.rule).toBeTruthy()
  return attempt
}

describe('an ID token', () => {
  const seconds = () => Math.floor(Date.now() / 1_000)
  const wrong: [name: string, code: string, token: () => Token, told?: object][] = [
    ['of another issuer', 'oidc.issuer_mismatch', () => claim({ iss: 'https://evil.example' })],
    ['without an issuer', 'oidc.issuer_mismatch', () => claim({ iss: undefined })],
    [
      'for another client',
      'oidc.audience_mismatch',
      () => claim({ aud: 'somebody-else' }),
      { expected: 'usher', received: 'somebody-else' },
    ],
    ['for others only', 'oidc.audience_mismatch', () => claim({ aud: ['a', 'b'] })],
    ['for us and others', 'oidc.audience_mismatch', () => claim({ aud: ['usher', 'b'] })],
    [
      'for us and others, made for them',
      'oidc.audience_mismatch',
      () => claim({ aud: ['usher', 'b'], azp: 'b' }),
    ],
    ['without an audience', 'oidc.audience_mismatch', () => claim({ aud: undefined })],
    ['that has expired', 'oidc.token_expired', () => claim({ exp: seconds() - 61 })],
    ['that never expires', 'oidc.token_expired', () => claim({ exp: undefined })],
    ['that expires in words', 'oidc.token_expired', () => claim({ exp: 'tomorrow' })],
    ['that is not valid yet', 'oidc.token_expired', () => claim({ nbf: seconds() + 120 })],
    ['of another sign-in', 'oidc.nonce_mismatch', () => claim({ nonce: 'another' })],
    ['of no sign-in', 'oidc.nonce_mismatch', () => claim({ nonce: undefined })],
    ['by an unknown key', 'oidc.signature_invalid', () => ({ signed: 'by a stranger' })],
    ['that was changed', 'oidc.signature_invalid', () => ({ signed: 'broken' })],
    ['with the algorithm none', 'oidc.signature_invalid', () => ({ signed: 'not at all' })],
    [
      'signed with the client secret',
      'oidc.signature_invalid',
      () => ({ signed: 'by client secret' }),
      { received: 'HS256' },
    ],
    [
      'signed with the public key as a secret',
      'oidc.signature_invalid',
      () => ({ signed: 'by public key' }),
    ],
    [
      'with a key id that nobody publishes',
      'oidc.signature_invalid',
      () => ({ header: { kid: 'nobody' } }),
    ],
    [
      'of another access token',
      'oidc.signature_invalid',
      () => claim({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }),
    ],
    [
      'with an unverified e-mail',
      'oidc.email_unverified',
      () => claim({ email_verified: false }),
      { expected: 'true', received: 'false' },
    ],
    [
      'with an e-mail unverified in words',
      'oidc.email_unverified',
      () => claim({ email_verified: 'false' }),
    ],
    ['with a subject that is no text', 'oidc.provider_refused', () => claim({ sub: 42 })],
    ['without an e-mail', 'jit.email_invalid', () => claim({ email: undefined })],
    ['with a malformed e-mail', 'jit.email_invalid', () => claim({ email: 'ada at acme' })],
    ['without a last name', 'jit.claim_missing', () => claim({ family_name: undefined })],
    ['with a blank first name', 'jit.claim_missing', () => claim({ given_name: '  ' })],
    ['that is no token', 'oidc.signature_invalid', () => ({ response: { id_token: 'nonsense' } })],
    ['that is missing', 'oidc.provider_refused', () => ({ response: { id_token: undefined } })],
  ]

  test.each(wrong)('LM-31, JI-8, JI-9: %s is refused: %s', async (_, code, token, told = {}) => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const before = await acme.rows()

    const answer = await acme.signInOidc(ada, token())

    const attempt = await expectRefused(acme, answer, code)
    expect(attempt).toMatchObject(told)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
    expect(await acme.rows()).toEqual(before)
  })
})

function claim(claims: Record<string, unknown>): Token {
  return { claims }
}

describe('the way back', () => {
  test('LM-31: a state that was used once opens nothing again, and the provider is not asked', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)
    const first = await acme.comeBack(query, left)
    const asked = provider.asked.token

    const again = await acme.comeBack(query, left)

    expect(first.status).toBe(303)
    await expectRefused(acme, again, 'oidc.state_mismatch')
    expect(provider.asked.token).toBe(asked)
  })

  test('LM-31: of the same answer brought twice at once one opens a session', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)

    const answers = await Promise.all([acme.comeBack(query, left), acme.comeBack(query, left)])

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([303, 403])
    expect(await acme.events('auth.succeeded')).toHaveLength(1)
  })

  test('LM-31: a code that was used before is refused by the provider and told so', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const first = await acme.leave()
    const query = acme.consent(first, ada)
    await acme.comeBack(query, first)
    const second = await acme.leave()
    const state = new URL(second.location).searchParams.get('state') ?? ''

    const answer = await acme.comeBack(
      new URLSearchParams({ code: query.get('code') ?? '', state }),
      second,
    )

    const attempt = await expectRefused(acme, answer, 'oidc.provider_refused')
    expect(attempt.received).toContain('invalid_grant')
  })

  test.each([
    ['without a start', () => 'code=a&state=b'],
    ['without a state', () => 'code=a'],
    ['with two states', (query: URLSearchParams) => `${query}&state=b`],
  ])('LM-31: %s it is refused', async (_, change) => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()

    const answer = await acme.comeBack(change(acme.consent(left, ada)), left)

    await expectRefused(acme, answer, 'oidc.state_mismatch')
  })

  test('LM-31: another browser’s state is refused, and stays open for its own', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const victim = await acme.leave()
    const attacker = await acme.leave()
    const query = acme.consent(victim, ada)

    const stolen = await acme.comeBack(query, attacker)
    const without = await acme.comeBack(query, { browser: '' })
    const own = await acme.comeBack(query, victim)

    await expectRefused({ ...acme, lastAttempt: acme.firstFailure }, stolen, 'oidc.state_mismatch')
    expect(without.status).toBe(403)
    expect(own.status).toBe(303)
  })

  test('SE-10: a state of another organisation is refused there and here', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const other = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()

    const answer = await other.comeBack(acme.consent(left, ada), left)

    await expectRefused(other, answer, 'oidc.state_mismatch')
    expect(await acme.eventNames()).toEqual([])
  })

  test('LM-31: after ten minutes a state is closed', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)
    await acme.store(`update sso_requests set expires_at = created_at where org_id = '${acme.id}'`)

    const answer = await acme.comeBack(query, left)

    await expectRefused(acme, answer, 'oidc.state_mismatch')
  })

  test('RFC 9207: an answer that names another provider is refused before its code goes anywhere', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)
    query.set('iss', 'https://evil.example')
    const asked = provider.asked.token

    const answer = await acme.comeBack(query, left)

    const attempt = await expectRefused(acme, answer, 'oidc.issuer_mismatch')
    expect(attempt).toMatchObject({
      expected: provider.issuer,
      received: 'https://evil.example',
    })
    expect(provider.asked.token).toBe(asked)
  })

  test('RFC 9207: where the provider says that it names itself, an answer without a name is refused', async () => {
    const named = await createOpenIdProvider({
      metadata: { authorization_response_iss_parameter_supported: true },
    })
    const acme = await createOpenIdOrganisation(named, jit)
    const left = await acme.leave()

    const answer = await acme.comeBack(acme.consent(left, ada), left)
    const again = await acme.leave()
    const query = acme.consent(again, ada)
    query.set('iss', named.issuer)
    const good = await acme.comeBack(query, again)

    await expectRefused({ ...acme, lastAttempt: acme.firstFailure }, answer, 'oidc.issuer_mismatch')
    expect(good.status).toBe(303)
    await named.close()
  })

  test('a code of one provider is never taken to another that was connected meanwhile', async () => {
    const evil = await createOpenIdProvider()
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)
    const moved = { discoveryUrl: evil.discoveryUrl, issuer: evil.issuer }
    await acme.changeStoredSettings(moved)

    const answer = await acme.comeBack(query, left)

    await expectRefused(acme, answer, 'oidc.state_mismatch')
    expect(evil.asked.token).toBe(0)
    await evil.close()
  })

  test('LM-28: a person who cancels at the provider is told apart from a fault', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const state = new URL(left.location).searchParams.get('state') ?? ''

    const answer = await acme.comeBack(
      new URLSearchParams({ error: 'access_denied', error_description: 'not assigned', state }),
      left,
    )

    const attempt = await expectRefused(acme, answer, 'oidc.provider_refused')
    expect(attempt).toMatchObject({
      rule: 'The identity provider let the person sign in',
      received: 'access_denied: not assigned',
    })
  })

  test('the words of a stranger are shown as text and not as markup', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const state = new URL(left.location).searchParams.get('state') ?? ''

    const answer = await acme.comeBack(
      new URLSearchParams({ error: 'x', error_description: '<script>alert(1)</script>', state }),
      left,
    )

    expect(answer.text).not.toContain('alert(1)')
  })

  test('LM-8: under another login method a right answer opens nothing', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)
    await acme.store(
      `update organisations set login_method = 'password', source = 'portal' where id = '${acme.id}'`,
    )

    const answer = await acme.comeBack(query, left)
    const start = await acme.leave()

    await expectRefused(acme, answer, 'login_method.disabled')
    expect(start.status).toBe(403)
  })

  test('LM-8: a SAML response opens nothing while the connection speaks OpenID Connect', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const answer = await acme.postResponse(acme.respondTo({ requestId: '_a' }, ada), {
      browser: '',
    })

    expect(answer.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'login_method.disabled' })
  })

  test('a HEAD request uses up no sign-in', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const left = await acme.leave()
    const query = acme.consent(left, ada)

    const head = await acme.usher.app.inject({
      method: 'HEAD',
      url: `/oidc/${acme.id}/callback?${query}`,
      headers: { cookie: `usher_browser=${left.browser}` },
    })
    const answer = await acme.comeBack(query, left)

    expect(head.statusCode).toBe(404)
    expect(answer.status).toBe(303)
  })
})

describe('what is known of the provider', () => {
  test('a key that was rotated works at once, and a key that nobody has is not looked for again and again', async () => {
    const rotating = await createOpenIdProvider()
    const acme = await createOpenIdOrganisation(rotating, jit)
    await acme.signInOidc(ada)
    await rotating.rotate('second')

    const rotated = await acme.signInOidc(ada)
    const known = rotating.asked.keys
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await acme.signInOidc(ada, { header: { kid: 'nobody' } })
    }

    expect(rotated.status).toBe(303)
    expect(known).toBe(2)
    expect(rotating.asked.keys).toBe(known)
    acme.usher.clock.advance(6_000)
    await rotating.rotate('third')
    expect((await acme.signInOidc(ada)).status).toBe(303)
    await rotating.close()
  })

  test('however many people leave for the provider, its document is read once', async () => {
    const asked = await createOpenIdProvider()
    const acme = await createOpenIdOrganisation(asked, jit)
    const before = asked.asked.discovery

    const left = await Promise.all(Array.from({ length: 20 }, () => acme.leave()))

    expect(left.map(({ status }) => status)).toEqual(Array(20).fill(302))
    expect(asked.asked.discovery).toBe(before + 1)
    await asked.close()
  })

  test('LM-28: a provider that is down is logged, left alone for a moment, and asked again', async () => {
    const down = await createOpenIdProvider()
    const acme = await createOpenIdOrganisation(down, jit)
    down.fail({ discovery: 503 })
    const before = down.asked.discovery

    const first = await acme.leave()
    await acme.leave()
    const asked = down.asked.discovery - before
    down.fail({})
    acme.usher.clock.advance(6_000)
    const later = await acme.leave()

    expect(first.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({
      code: 'oidc.provider_refused',
      rule: 'The identity provider can be reached',
    })
    expect(asked).toBe(1)
    expect(later.status).toBe(302)
    await down.close()
  })

  test.each([
    ['its token endpoint', { token: 500 }],
    ['its keys', { keys: 500 }],
  ])(
    'LM-28: a sign-in during which %s fails is refused and can be repeated',
    async (_, failing) => {
      const down = await createOpenIdProvider()
      const acme = await createOpenIdOrganisation(down, jit)
      down.fail(failing)

      const answer = await acme.signInOidc(ada)
      down.fail({})
      acme.usher.clock.advance(6_000)
      const again = await acme.signInOidc(ada)

      await expectRefused(
        { ...acme, lastAttempt: acme.firstFailure },
        answer,
        'oidc.provider_refused',
      )
      expect(again.status).toBe(303)
      await down.close()
    },
  )

  test('a document that names another issuer than when it was saved is another provider', async () => {
    const moved = await createOpenIdProvider()
    const acme = await createOpenIdOrganisation(moved, jit)
    moved.describe({ issuer: 'https://evil.example' })

    const answer = await acme.leave()

    expect(answer.status).toBe(403)
    await moved.close()
  })
})

test('the claims of a refused sign-in are in the log for managers, its tokens and secrets are not', async () => {
  const acme = await createOpenIdOrganisation(provider, jit)

  await acme.signInOidc(ada, claim({ family_name: undefined }))

  const attempt = await acme.lastAttempt()
  expect(attempt.claims).toContainEqual({ name: 'email', values: [ada.email] })
  const log = JSON.stringify([attempt, await acme.events()])
  expect(log).not.toContain(provider.clientSecret)
  expect(log).not.toContain('access-')
  expect(claimsOf(ada).sub).toBe('sub-of-ada@acme.test')
})
