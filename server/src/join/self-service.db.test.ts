import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMailbox, type Mailbox } from '../../testing/mailbox.ts'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
  type Wish,
} from '../../testing/organisation.ts'
import { pathOf, register, solve } from '../../testing/registration.ts'

let mailbox: Mailbox
beforeAll(async () => {
  mailbox = await createMailbox()
})
afterAll(() => mailbox.close())

const company = 'company.com'
const day = 86_400_000

/** An organisation whose link is open for company.com. */
async function open(wish: Wish = {}, settings: object = {}) {
  const acme = await createOrganisation({ method: 'password', mailbox, ...wish })
  const saved = await configure(acme, { allowedDomains: [company], ...settings })
  return { acme, url: saved.body.selfService.url as string }
}

const configure = (acme: TestOrganisation, settings: object) =>
  acme.api('PUT', '/identity/provisioning', {
    source: 'portal',
    selfService: { enabled: true, ...settings },
  })
const selfServiceOf = async (acme: TestOrganisation) =>
  (await acme.api('GET', '/identity/provisioning')).body.selfService
const requestsOf = async (acme: TestOrganisation, state = 'waiting') =>
  (await acme.api('GET', `/identity/self-service/requests?state=${state}`)).body.items

/** Follows the newest link that was mailed to somebody, and chooses a password there. */
async function prove(acme: TestOrganisation, email: string) {
  await acme.deliverMail()
  const token = mailbox
    .all(email)
    .at(-1)
    ?.links.find((link) => link.includes('/activate/'))
    ?.split('/')
    .at(-1)
  return acme.send('POST', `/api/v1/activations/${token}`, { password: managerPassword })
}

describe('the link', () => {
  test('SS-5: is open from the first day, for the domain of the first manager', async () => {
    const acme = await createOrganisation({ method: 'password', mailbox })

    expect(await selfServiceOf(acme)).toMatchObject({
      enabled: true,
      state: 'open',
      allowedDomains: [`${acme.slug}.test`],
      anyDomain: false,
      requireApproval: false,
      approvalForced: false,
      uses: 0,
    })
  })

  test('SS-2: stands on the sign-in page while it is open, and nowhere once it is closed', async () => {
    const { acme, url } = await open()
    const signInPage = `/api/v1/sign-in/${acme.slug}`

    expect((await acme.send('GET', signInPage)).body.joinUrl).toBe(new URL(url).pathname)
    const closed = await configure(acme, { enabled: false })
    expect(closed.body.selfService).toMatchObject({ state: 'closed_off', url: null })
    expect((await acme.send('GET', signInPage)).body.joinUrl).toBeNull()
  })

  test('SS-6, SS-12: every closed state is shown to the manager, and is one page to everybody else', async () => {
    const { acme, url } = await open()
    const closed = { status: 410, body: { code: 'self_service.closed' } }
    const states: [object, string][] = [
      [{ enabled: false }, 'closed_off'],
      [{ allowedDomains: [] }, 'closed_no_domain'],
      [{ expiresAt: acme.usher.clock.now() - 1 }, 'closed_expired'],
    ]
    const texts = new Set<string>()
    for (const [settings, state] of states) {
      const before = { enabled: true, allowedDomains: [company], expiresAt: null }
      expect((await configure(acme, { ...before, ...settings })).body.selfService.state).toBe(state)
      const answer = await acme.send('GET', pathOf(url))
      expect(answer).toMatchObject(closed)
      texts.add(answer.body.detail)
    }
    const unknown = [`/api/v1/join/${acme.slug}/wrong`, '/api/v1/join/nobody-here/wrong']
    for (const path of unknown) texts.add((await acme.send('GET', path)).body.detail)
    expect(texts.size).toBe(1)
  })

  test('SS-12: before a login method is chosen the link says so', async () => {
    const acme = await createOrganisation({ mailbox })
    const { state } = await selfServiceOf(acme)
    const { token } = await acme.usher.store.read
      .selectFrom('self_service')
      .select('token')
      .where('org_id', '=', acme.id)
      .executeTakeFirstOrThrow()

    expect(state).toBe('closed_no_login_method')
    expect(await acme.send('GET', `/api/v1/join/${acme.slug}/${token}`)).toMatchObject({
      status: 409,
      body: { code: 'login_method.not_set' },
    })
  })

  test('SS-7: is closed under another source, and is what it was when the portal is chosen again', async () => {
    const { acme } = await open({ method: 'sso' })

    const jit = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
    expect(jit.body.selfService).toMatchObject({
      enabled: false,
      state: 'closed_source',
      url: null,
    })
    const conflict = await acme.api('PUT', '/identity/provisioning', {
      source: 'sso_jit',
      selfService: { enabled: true },
    })
    expect(conflict).toMatchObject({ status: 409, body: { code: 'provisioning.method_conflict' } })
    const back = await acme.api('PUT', '/identity/provisioning', { source: 'portal' })
    expect(back.body.selfService).toMatchObject({ enabled: true, state: 'open' })
  })

  test('SS-19: rotating closes the old link at once', async () => {
    const { acme, url } = await open()

    expect((await acme.api('POST', '/identity/self-service/rotate')).status).toBe(204)

    const fresh = (await selfServiceOf(acme)).url
    expect(fresh).not.toBe(url)
    expect((await acme.send('GET', pathOf(url))).status).toBe(410)
    expect((await register(acme, url)).status).toBe(410)
    expect((await acme.send('GET', pathOf(fresh))).status).toBe(200)
    expect(await acme.eventNames()).toEqual(['self_service.changed', 'self_service.rotated'])
  })

  test.each([
    ['anyDomain', { anyDomain: true }, 400, 'self_service.risk_unacknowledged'],
    ['a public suffix', { allowedDomains: ['co.uk'] }, 400, 'domain.not_allowed'],
    ['no domain', { allowedDomains: ['company'] }, 400, 'domain.not_allowed'],
    ['no uses', { maxUses: 0 }, 400, 'request.invalid'],
    ['no address of terms', { termsUrl: 'javascript:alert(1)' }, 400, 'request.invalid'],
  ])('SS-9, SS-11: %s is refused and nothing is stored', async (_, settings, status, code) => {
    const { acme } = await open()
    const before = await selfServiceOf(acme)

    expect(await configure(acme, settings)).toMatchObject({ status, body: { code } })
    expect(await selfServiceOf(acme)).toEqual(before)
  })

  test('SS-11: domains may be typed with an @ and in capitals', async () => {
    const { acme } = await open()
    const saved = await configure(acme, {
      allowedDomains: ['@Company.COM', 'bücher.example', company],
    })
    expect(saved.body.selfService.allowedDomains).toEqual([company, 'xn--bcher-kva.example'])
  })

  test('GE-5: two managers never overwrite each other', async () => {
    const { acme } = await open()
    const { headers } = await acme.api('GET', '/identity/provisioning')
    await configure(acme, { maxUses: 5 })

    const stale = await acme.api(
      'PUT',
      '/identity/provisioning',
      { source: 'portal', selfService: { enabled: true, maxUses: 7 } },
      { headers: { 'if-match': String(headers.etag) } },
    )
    expect(stale).toMatchObject({ status: 412, body: { code: 'request.stale' } })
    expect((await selfServiceOf(acme)).maxUses).toBe(5)
  })

  test('PV-2: a ROLE_VIEWER looks, and changes nothing', async () => {
    const { acme } = await open()
    const vera = await acme.join({ email: 'vera@acme.test', firstName: 'Vera', lastName: 'Voss' }, [
      'ROLE_VIEWER',
    ])
    const as = { session: vera.session }

    expect((await acme.api('GET', '/identity/provisioning', undefined, as)).status).toBe(200)
    const rotated = await acme.api('POST', '/identity/self-service/rotate', undefined, as)
    expect(rotated).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
  })
})

describe('registering', () => {
  test('SS-13 to SS-15: a person of an allowed domain proves the address, chooses a password and is in', async () => {
    const { acme, url } = await open()
    const { linkId } = await selfServiceOf(acme)

    const answer = await register(acme, url)
    expect(answer).toMatchObject({ status: 202, body: { startUrl: null } })
    const [noa] = (await acme.people()).filter((one) => one.email === `noa@${company}`)
    expect(noa).toMatchObject({ status: 'pending', managedBy: 'portal' })
    const proved = await prove(acme, `noa@${company}`)

    expect(proved.status).toBe(200)
    const details = (await acme.api('GET', `/users/${noa?.id}`)).body
    expect(details).toMatchObject({ status: 'active', joinedBy: 'self_service' })
    expect(details.roles).toEqual(['ROLE_USER'])
    expect(
      await acme.usher.store.read
        .selectFrom('user_roles')
        .select(['role', 'provenance', 'rule'])
        .where('org_id', '=', acme.id)
        .where('user_id', '=', noa?.id ?? '')
        .execute(),
    ).toEqual([{ role: 'ROLE_USER', provenance: 'link', rule: linkId }])
    expect((await selfServiceOf(acme)).uses).toBe(1)
    expect(await requestsOf(acme, 'joined')).toMatchObject([
      { email: `noa@${company}`, linkId, userId: noa?.id },
    ])
    expect(await acme.eventNames()).toEqual([
      'self_service.changed',
      'user.joined',
      'activation.issued',
      'user.password_set',
      'user.activated',
      'auth.succeeded',
    ])
  })

  test.each([
    'evil-company.com',
    'company.com.evil',
    'eu.company.com',
    'cοmpany.com',
    'company.co',
    'company.com.',
  ])('SS-8, SS-10: nobody of %s gets in, and nothing is stored or mailed', async (domain) => {
    const { acme, url } = await open()
    const before = await acme.rows()

    const answer = await register(acme, url, { email: `noa@${domain}` })

    expect([400, 403]).toContain(answer.status)
    expect(['request.invalid', 'self_service.domain_not_allowed']).toContain(answer.body.code)
    expect(await acme.rows()).toEqual(before)
  })

  test('SS-10: letter case of the domain does not matter', async () => {
    const { acme, url } = await open()
    expect((await register(acme, url, { email: 'Noa@COMPANY.COM' })).status).toBe(202)
  })

  test('SS-15: no field of the request raises what a registrant gets', async () => {
    const { acme, url } = await open()
    const answer = await register(acme, url, { roles: ['ROLE_MANAGER'] })
    expect(answer).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  })

  test('SS-16: an address that exists is answered alike, and only its owner is told', async () => {
    const { acme, url } = await open()
    await configure(acme, { allowedDomains: [company, `${acme.slug}.test`] })
    const before = await acme.rows()

    const known = await register(acme, url, { email: acme.manager.email })
    const unknown = await register(acme, url)

    expect([known.status, known.text]).toEqual([unknown.status, unknown.text])
    expect((await acme.mails()).slice(before.outbox)).toEqual([
      { template: 'link_exists', recipient: acme.manager.email },
      { template: 'verification', recipient: `noa@${company}` },
    ])
  })

  test('SS-16: who registers again before proving the address is mailed again, and is one person', async () => {
    const { acme, url } = await open()
    await register(acme, url)
    await register(acme, url)

    expect((await acme.people()).filter(({ email }) => email === `noa@${company}`)).toHaveLength(1)
    expect((await acme.mails()).map(({ template }) => template)).toEqual([
      'verification',
      'activation',
    ])
  })

  test('SS-17: a challenge is ours, solved, fresh and used once', async () => {
    const { acme, url } = await open()
    const { challenge, bits } = (await acme.send('GET', pathOf(url))).body
    const solution = solve(challenge, bits)
    const wrong = { status: 400, body: { code: 'challenge.invalid' } }
    const forged = `${challenge.split('.').slice(0, 3).join('.')}.${'A'.repeat(43)}`
    const unsolved = Array.from({ length: 99 }, (_, tried) => String(tried)).find((tried) => {
      const digest = createHash('sha256').update(`${challenge}:${tried}`).digest()
      return digest.readUInt32BE(0) >>> (32 - bits) !== 0
    })

    expect(await register(acme, url, { challenge: '', solution: '' })).toMatchObject(wrong)
    expect(await register(acme, url, { challenge, solution: unsolved })).toMatchObject(wrong)
    expect(
      await register(acme, url, { challenge: forged, solution: solve(forged, bits) }),
    ).toMatchObject(wrong)
    expect((await register(acme, url, { challenge, solution })).status).toBe(202)
    expect(
      await register(acme, url, { challenge, solution, email: `other@${company}` }),
    ).toMatchObject(wrong)
    const old = (await acme.send('GET', pathOf(url))).body
    acme.usher.clock.advance(61 * 60_000)
    expect(
      await register(acme, url, {
        challenge: old.challenge,
        solution: solve(old.challenge, bits),
      }),
    ).toMatchObject(wrong)
  })

  test('SS-18: terms have to be accepted, and which ones is kept', async () => {
    const { acme, url } = await open({}, { termsUrl: 'https://company.com/terms' })

    expect(await register(acme, url)).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer: '/acceptsTerms', code: 'required' }] },
    })
    expect((await register(acme, url, { acceptsTerms: true })).status).toBe(202)
    expect(await requestsOf(acme, 'unproved')).toMatchObject([
      { terms: { url: 'https://company.com/terms', version: expect.any(Number) } },
    ])
  })

  test('SS-4, SS-13: under SSO the person continues with the identity provider, and the e-mails must match', async () => {
    const { acme, url } = await open({ method: 'sso' })
    const noa = { email: `noa@${company}`, firstName: 'Noa', lastName: 'Levi' }

    const answer = await register(acme, url, noa)
    expect(answer.body.startUrl).toContain(`/saml/${acme.id}/start`)
    const other = await acme.signIn({ ...noa, email: `other@${company}` })
    expect(other.status).toBe(403)
    expect((await acme.lastAttempt()).code).toBe('sso.user_unknown')
    const signedIn = await acme.signIn(noa)

    expect(signedIn.session).toBeDefined()
    expect((await acme.people()).find(({ email }) => email === noa.email)?.status).toBe('active')
    expect((await selfServiceOf(acme)).uses).toBe(1)
  })

  test('SS-14: who does not prove the address within 7 days vanishes', async () => {
    const { acme, url } = await open()
    await register(acme, url)
    await register(acme, url, { email: `lea@${company}` })
    expect((await prove(acme, `lea@${company}`)).status).toBe(200)

    const now = acme.usher.clock.now()
    const before = await acme.rows()
    await acme.sweep(now + 7 * day - 60_000)
    expect((await acme.rows()).users).toBe(before.users)
    await acme.sweep(now + 7 * day)

    const left = await acme.usher.store.read
      .selectFrom('users')
      .select('email')
      .where('org_id', '=', acme.id)
      .orderBy('email')
      .execute()
    expect(left.map(({ email }) => email)).toEqual([acme.manager.email, `lea@${company}`].sort())
    expect((await acme.rows()).registrations).toBe(1)
    expect((await acme.events('registration.lapsed')).map((one) => one.subject)).toEqual([
      `noa@${company}`,
    ])
  })
})

describe('seats', () => {
  test('SS-20: 50 people racing for the last seat: one comes in', async () => {
    const { acme, url } = await open({}, { maxUses: 1 })
    const emails = Array.from({ length: 50 }, (_, index) => `p${index}@${company}`)
    for (const answer of await Promise.all(emails.map((email) => register(acme, url, { email })))) {
      expect(answer.status).toBe(202)
    }

    const tokens = await Promise.all(
      (await acme.people())
        .filter(({ status }) => status === 'pending')
        .map(({ id }) => acme.activationToken(id)),
    )
    const outcomes = await Promise.all(
      tokens.map((token) =>
        acme.send('POST', `/api/v1/activations/${token}`, { password: managerPassword }),
      ),
    )

    const statuses = outcomes.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 410)).toHaveLength(49)
    expect(await selfServiceOf(acme)).toMatchObject({
      uses: 1,
      state: 'closed_exhausted',
      url: null,
    })
    expect((await acme.people()).filter(({ status }) => status === 'active')).toHaveLength(2)
  })

  test('SS-16: 20 registrations of one address at once make one person', async () => {
    const { acme, url } = await open()
    const answers = await Promise.all(Array.from({ length: 20 }, () => register(acme, url)))

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
    expect((await acme.people()).filter(({ email }) => email === `noa@${company}`)).toHaveLength(1)
    expect(await acme.events('user.joined')).toHaveLength(1)
  })
})

describe('approval', () => {
  test('SS-21: registrants wait, are nobody yet, and become people when a manager approves', async () => {
    const { acme, url } = await open({}, { requireApproval: true })

    await register(acme, url)
    expect((await acme.people()).map(({ email }) => email)).toEqual([acme.manager.email])
    const [waiting] = await requestsOf(acme)
    expect(waiting).toMatchObject({ email: `noa@${company}`, userId: null })
    const approved = await acme.api('POST', `/identity/self-service/requests/${waiting.id}/approve`)

    expect(approved.status).toBe(200)
    expect(approved.body.activationLink).toBeUndefined()
    expect((await prove(acme, `noa@${company}`)).status).toBe(200)
    expect(await acme.eventNames()).toEqual([
      'self_service.changed',
      'registration.requested',
      'user.joined',
      'registration.approved',
      'activation.issued',
      'user.password_set',
      'user.activated',
      'auth.succeeded',
    ])
    const again = await acme.api('POST', `/identity/self-service/requests/${waiting.id}/approve`)
    expect(again.status).toBe(404)
  })

  test('SS-21: declining erases the registrant', async () => {
    const { acme, url } = await open({}, { requireApproval: true })
    await register(acme, url)
    const [waiting] = await requestsOf(acme)

    const declined = await acme.api('POST', `/identity/self-service/requests/${waiting.id}/decline`)

    expect(declined.status).toBe(204)
    expect(await requestsOf(acme)).toEqual([])
    expect((await acme.rows()).registrations).toBe(0)
    expect(await acme.eventNames()).toEqual([
      'self_service.changed',
      'registration.requested',
      'registration.declined',
    ])
  })

  test('SS-21: without a mail service a manager approves and hands the link over', async () => {
    const acme = await createOrganisation({ method: 'password' })
    const saved = await configure(acme, { allowedDomains: [company] })
    const { url, approvalForced } = saved.body.selfService
    expect(approvalForced).toBe(true)

    await register(acme, url)
    const [waiting] = await requestsOf(acme)
    const { body } = await acme.api('POST', `/identity/self-service/requests/${waiting.id}/approve`)

    const token = body.activationLink.split('/').at(-1)
    const used = await acme.send('POST', `/api/v1/activations/${token}`, {
      password: managerPassword,
    })
    expect(used.status).toBe(200)
  })

  test('SE-10: another organisation’s registrations are not there', async () => {
    const { acme, url } = await open({}, { requireApproval: true })
    const other = await createOrganisation({ method: 'password', mailbox })
    await register(acme, url)
    const [waiting] = await requestsOf(acme)

    const path = `/identity/self-service/requests/${waiting.id}`
    expect((await other.api('POST', `${path}/approve`)).status).toBe(404)
    expect((await other.api('POST', `${path}/decline`)).status).toBe(404)
    expect(await requestsOf(acme)).toHaveLength(1)
  })
})
