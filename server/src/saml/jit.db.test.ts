import { describe, expect, test } from 'vitest'
import { formats } from '../../testing/identity-provider.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const microsoft = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'
const jit = { method: 'sso', source: 'sso_jit' } as const
const minute = 60_000

async function find(acme: TestOrganisation, email: string) {
  return (await acme.people()).find((user) => user.email === email)
}

async function detailsOf(acme: TestOrganisation, email: string) {
  const user = await find(acme, email)
  return (await acme.api('GET', `/users/${user?.id}`)).body
}

/** Ada as a subject that is not her e-mail address. */
function persistent(subject: string, mail = ada.email) {
  return {
    nameId: subject,
    nameIdFormat: formats.persistent,
    attributes: { firstName: 'Ada', lastName: 'Lovelace', mail },
  }
}

const byClaim = { saml: { emailFrom: { claim: 'mail' } } }

describe('a first sign-in', () => {
  test('JI-3, JI-10, JI-12: of an unknown person creates the account and signs them in', async () => {
    const acme = await createOrganisation(jit)

    const arrived = await acme.signIn(ada)

    expect(arrived).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
    const me = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_session=${arrived.session}`,
    })
    expect(me.body.user).toMatchObject({
      ...ada,
      managedBy: 'sso_jit',
      roles: ['ROLE_USER'],
    })
    expect(await detailsOf(acme, ada.email)).toMatchObject({
      status: 'active',
      joinedBy: 'sso_jit',
      groups: [{ name: 'Default' }],
      pools: [{ poolName: 'Default', roles: ['ROLE_USER'] }],
    })
    expect(await acme.eventNames()).toEqual(['user.joined', 'auth.succeeded'])
  })

  test('JI-1, JI-2: happens only after SAML JIT was switched on and saved', async () => {
    const acme = await createOrganisation({ method: 'sso' })

    const early = await acme.signIn(ada)
    const saved = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
    const late = await acme.signIn(ada)

    expect(early.status).toBe(403)
    expect(saved).toMatchObject({ status: 200, body: { source: 'sso_jit' } })
    expect(late.status).toBe(303)
  })

  test('JI-10: people made by JIT are found by the filter “managed by”', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)

    const found = await acme.api('GET', '/users?managedBy=sso_jit')

    expect(found.body).toMatchObject({ total: 1, items: [{ email: ada.email }] })
  })

  test('JI-22: twenty at the same moment make one user, and all succeed', async () => {
    const acme = await createOrganisation(jit)

    const arrivals = await Promise.all(Array.from({ length: 20 }, () => acme.signIn(ada)))

    expect(arrivals.map((one) => one.status)).toEqual(Array(20).fill(303))
    expect((await acme.people()).filter((user) => user.email === ada.email)).toHaveLength(1)
    expect(await acme.events('user.joined')).toHaveLength(1)
    expect(await acme.events('auth.succeeded')).toHaveLength(20)
  })

  test('JI-23: is recorded with System as actor, the identity provider, the e-mail and the claims used', async () => {
    const acme = await createOrganisation(jit)

    await acme.signIn(ada)

    expect(await acme.events('user.joined')).toMatchObject([
      {
        actor: 'System',
        source: 'sso_jit',
        subject: ada.email,
        data: {
          method: 'sso',
          idp: acme.idp.entityId,
          email: ada.email,
          claims: { firstName: 'firstName', lastName: 'lastName', email: 'NameID' },
        },
      },
    ])
  })

  test.each([
    ['JI-6: more claims', { ...names(), department: 'Engines', 'urn:oid:2.5.4.20': '12345' }],
    [
      'JI-6: repeated values, of which the first counts',
      { firstName: ['Ada', 'Eve'], lastName: ['Lovelace', 'Evil'] },
    ],
    ['JI-6: surrounding blanks', { firstName: '  Ada\n', lastName: '\t Lovelace ' }],
    [
      'JI-7: the claims of Microsoft',
      { [`${microsoft}/givenname`]: 'Ada', [`${microsoft}/surname`]: 'Lovelace' },
    ],
    [
      'JI-7: both, of which the plain one counts',
      { ...names(), [`${microsoft}/givenname`]: 'Eve', [`${microsoft}/surname`]: 'Evil' },
    ],
    ['prototype names as claims', { ...names(), constructor: 'x', __proto__x: 'x', toString: 'x' }],
  ])('%s name her Ada Lovelace', async (_, attributes) => {
    const acme = await createOrganisation(jit)

    const arrived = await acme.signIn(ada, { attributes })

    expect(arrived.status).toBe(303)
    expect(await find(acme, ada.email)).toMatchObject({ firstName: 'Ada', lastName: 'Lovelace' })
  })

  test('a claim called __proto__ names nobody and changes nothing', async () => {
    const acme = await createOrganisation(jit)

    const arrived = await acme.signIn(ada, {
      attributes: [
        ['__proto__', 'polluted'],
        ['firstName', 'Ada'],
        ['lastName', 'Lovelace'],
      ],
    })

    expect(arrived.status).toBe(303)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect((await acme.lastAttempt()).claims).toContainEqual({
      name: '__proto__',
      values: ['polluted'],
    })
  })

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a setting that names the claim %s finds no inherited value',
    async (claim) => {
      const acme = await createOrganisation({
        ...jit,
        saml: { attributes: { firstName: claim, lastName: claim } },
      })

      const refused = await acme.signIn(ada)

      expect(refused.status).toBe(403)
      expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.claim_missing' })
    },
  )

  test('JI-5: a display name is never split into names', async () => {
    const acme = await createOrganisation(jit)

    const refused = await acme.signIn(ada, {
      attributes: { displayName: 'Ada Lovelace', name: 'Ada Lovelace', cn: 'Ada Lovelace' },
    })

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.claim_missing' })
  })

  test.each([
    ['accents', 'Zoë Ångström', 'Núñez-O’Brien'],
    ['a right-to-left script', 'عائشة', 'בן־דוד'],
    ['Chinese characters', '小明', '王'],
    ['emoji', '👩🏽‍🚀', '🦉'],
    ['a hundred characters', 'A'.repeat(100), '𝒜'.repeat(100)],
    ['markup', '<script>alert(1)</script>', "'; drop table users; --"],
    ['a formula', '=HYPERLINK("x")', '@SUM(1)'],
  ])('a name with %s is kept as it was sent', async (_, firstName, lastName) => {
    const acme = await createOrganisation(jit)

    const arrived = await acme.signIn({ ...ada, firstName, lastName })

    expect(arrived.status).toBe(303)
    expect(await find(acme, ada.email)).toMatchObject({ firstName, lastName })
  })

  test.each([
    ['no first name', { lastName: 'Lovelace' }, 'firstName'],
    ['no last name', { firstName: 'Ada' }, 'lastName'],
    ['no names', {}, 'firstName and lastName'],
    ['a blank first name', { firstName: '  ', lastName: 'Lovelace' }, 'firstName'],
    ['an empty last name', { firstName: 'Ada', lastName: '' }, 'lastName'],
    ['a name of 101 characters', { firstName: 'A'.repeat(101), lastName: 'Lovelace' }, 'firstName'],
  ])('JI-8: with %s creates nobody, and the log names the claim', async (_, attributes, claim) => {
    const acme = await createOrganisation(jit)
    const before = await acme.rows()

    const refused = await acme.signIn(ada, { attributes })

    expect(refused).toMatchObject({ status: 403, session: undefined })
    const attempt = await acme.lastAttempt()
    expect(attempt).toMatchObject({ code: 'jit.claim_missing', rule: `claim ${claim}` })
    expect(`${attempt.remedy} ${attempt.idpScreen}`).toMatch(/Attributes & Claims/)
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test.each([
    'ada',
    'ada@',
    '@acme.test',
    'ada@acme',
    'ada@acme@test.example',
    'ada @acme.test',
    '"ada@x"@acme.test',
    'ada＠acme.test',
    'ada@acme..test',
    'ada@127.0.0.1',
    'ada@[127.0.0.1]',
    `${'a'.repeat(65)}@acme.test`,
    'S-1-5-21-4711',
  ])('JI-9: with the e-mail %s creates nobody', async (email) => {
    const acme = await createOrganisation(jit)
    const before = await acme.rows()

    const refused = await acme.signIn({ ...ada, email })

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.email_invalid' })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual(['auth.failed'])
  })

  test('JI-13: claims of roles, groups and pools have no effect, and portal-set roles survive', async () => {
    const acme = await createOrganisation(jit)
    const claims = {
      ...names(),
      roles: ['ROLE_MANAGER', 'ROLE_ROOT'],
      role: 'ROLE_MANAGER',
      groups: ['Default', 'Administrators'],
      'http://schemas.microsoft.com/ws/2008/06/identity/claims/role': 'ROLE_MANAGER',
      managedBy: 'portal',
      status: 'active',
    }
    await acme.signIn(ada, { attributes: claims })
    const user = await detailsOf(acme, ada.email)
    await acme.api('PATCH', `/users/${user.id}`, { roles: ['ROLE_VIEWER'] })

    await acme.signIn(ada, { attributes: claims })

    expect(user).toMatchObject({ roles: ['ROLE_USER'], managedBy: 'sso_jit' })
    expect(user.groups).toHaveLength(1)
    expect((await detailsOf(acme, ada.email)).roles).toEqual(['ROLE_VIEWER'])
  })

  test('JI-14: assigned to a further pool, they inherit the roles of that pool', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)
    const { id } = await detailsOf(acme, ada.email)
    const poolId = await acme.makePool('Production')

    await acme.api('POST', `/users/${id}/pool-grants`, { poolId })

    expect((await detailsOf(acme, ada.email)).pools).toContainEqual(
      expect.objectContaining({ poolName: 'Production', roles: ['ROLE_USER'] }),
    )
  })
})

function names() {
  return { firstName: 'Ada', lastName: 'Lovelace' }
}

describe('people who are here already', () => {
  test('JI-4: a linked person is signed in, and no second one is made', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)

    const again = await acme.signIn(ada)

    expect(again.status).toBe(303)
    expect(await acme.people()).toHaveLength(2)
    expect(await acme.eventNames()).toEqual(['user.joined', 'auth.succeeded', 'auth.succeeded'])
  })

  test('JI-4, JI-17: the letter case of the e-mail makes no second person', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))

    const again = await acme.signIn(ada, persistent('subject-1', 'ADA@ACME.test'))

    expect(again.status).toBe(303)
    expect(await acme.people()).toHaveLength(2)
  })

  test('JI-11: someone who does not come any more stays until a manager removes them', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)
    const { id } = await detailsOf(acme, ada.email)

    const early = await acme.api('DELETE', `/users/${id}`)
    await acme.api('PUT', `/users/${id}/disable`)
    const late = await acme.api('DELETE', `/users/${id}`)

    expect(early).toMatchObject({ status: 409, body: { code: 'user.must_deactivate_first' } })
    expect(late.status).toBe(204)
    expect(await find(acme, ada.email)).toBeUndefined()
  })

  test('JI-16: every sign-in brings the names, and a missing claim keeps the last', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)

    await acme.signIn({ ...ada, lastName: 'King' })
    await acme.signIn({ email: ada.email, firstName: 'Augusta' })

    expect(await find(acme, ada.email)).toMatchObject({ firstName: 'Augusta', lastName: 'King' })
    expect(await acme.events('user.changed')).toMatchObject([
      { before: { lastName: 'Lovelace' }, after: { lastName: 'King' } },
      { before: { firstName: 'Ada' }, after: { firstName: 'Augusta' } },
    ])
  })

  test('JI-16: a name that every sign-in brings is read-only in the portal', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)
    const { id, managedAttributes } = await detailsOf(acme, ada.email)

    const refused = await acme.api('PATCH', `/users/${id}`, { firstName: 'Eve' })

    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'user.attribute_managed', errors: [{ pointer: '/firstName' }] },
    })
    expect(managedAttributes.map((one: { attribute: string }) => one.attribute)).toEqual([
      'firstName',
      'lastName',
    ])
    expect(await find(acme, ada.email)).toMatchObject({ firstName: 'Ada' })
  })

  test.each(['first_sign_in', 'portal'] as const)(
    'JI-16: with “%s” the portal may change the name and no sign-in undoes it',
    async (policy) => {
      const acme = await createOrganisation({
        ...jit,
        saml: { refresh: { firstName: policy, lastName: policy } },
      })
      await acme.signIn(ada)
      const { id } = await detailsOf(acme, ada.email)

      const changed = await acme.api('PATCH', `/users/${id}`, { firstName: 'Augusta' })
      await acme.signIn(ada)

      expect(changed.status).toBe(200)
      expect(await find(acme, ada.email)).toMatchObject({ firstName: 'Augusta' })
    },
  )

  test('JI-17, JI-18: a changed e-mail is the same person and is taken over in a verified domain', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))
    const before = await find(acme, ada.email)

    const arrived = await acme.signIn(ada, persistent('subject-1', 'ada.king@acme.test'))

    expect(arrived.status).toBe(303)
    expect(await find(acme, ada.email)).toBeUndefined()
    expect((await find(acme, 'ada.king@acme.test'))?.id).toBe(before?.id)
    expect(await acme.events('user.changed')).toMatchObject([
      { before: { email: ada.email }, after: { email: 'ada.king@acme.test' } },
    ])
  })

  test('JI-18: into a domain that is not verified the e-mail does not move, and a notice is raised', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))

    const arrived = await acme.signIn(ada, persistent('subject-1', 'ada@elsewhere.test'))

    expect(arrived.status).toBe(303)
    expect(await find(acme, ada.email)).toBeDefined()
    expect(await find(acme, 'ada@elsewhere.test')).toBeUndefined()
    expect(await acme.events('user.email_change_refused')).toHaveLength(1)
  })

  test('JI-18: an address of somebody else is not taken over', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))
    await acme.signIn(ada, persistent('subject-2', 'bob@acme.test'))

    const arrived = await acme.signIn(ada, persistent('subject-1', 'bob@acme.test'))

    expect(arrived.status).toBe(303)
    const me = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_session=${arrived.session}`,
    })
    expect(me.body.user.email).toBe(ada.email)
    expect(await acme.events('user.email_change_refused')).toHaveLength(1)
  })

  test('JI-17: another subject with the e-mail of a linked person is never that person', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))
    const before = await detailsOf(acme, ada.email)

    const refused = await acme.signIn(ada, persistent('subject-2'))

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.adoption_pending' })
    expect(await detailsOf(acme, ada.email)).toEqual(before)
    const queue = (await acme.api('GET', '/adoptions')).body.items
    expect(queue).toMatchObject([{ email: ada.email, subject: 'subject-2', risk: 'high' }])
  })

  test('JI-17, JI-20: the person made anew in the identity provider is linked once a manager approved', async () => {
    const acme = await createOrganisation({ ...jit, ...byClaim })
    await acme.signIn(ada, persistent('subject-1'))
    await acme.signIn(ada, persistent('subject-2'))
    const [entry] = (await acme.api('GET', '/adoptions')).body.items

    await acme.api('POST', `/adoptions/${entry.id}/approve`)
    const arrived = await acme.signIn(ada, persistent('subject-2'))

    expect(arrived.status).toBe(303)
    expect(await acme.people()).toHaveLength(2)
    expect((await detailsOf(acme, ada.email)).identities).toHaveLength(2)
  })

  test('JI-24: a deactivated person is refused, not made anew, and nothing else is written', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)
    const { id } = await detailsOf(acme, ada.email)
    expect((await acme.api('PUT', `/users/${id}/disable`)).status).toBe(204)
    const before = await acme.rows()

    const refused = await acme.signIn(ada)

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.lastAttempt()).toMatchObject({
      code: 'user.deactivated',
      email: ada.email,
      result: 'failure',
    })
    expect((await acme.eventNames()).slice(-2)).toEqual(['user.deactivated', 'auth.failed'])
  })

  test('JI-25: a person deleted here is created anew with defaults at the next sign-in', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn(ada)
    const before = await detailsOf(acme, ada.email)
    await acme.api('PATCH', `/users/${before.id}`, { roles: ['ROLE_MANAGER', 'ROLE_USER'] })
    await acme.api('PUT', `/users/${before.id}/disable`)
    await acme.api('DELETE', `/users/${before.id}`)

    const arrived = await acme.signIn(ada)

    expect(arrived.status).toBe(303)
    const after = await detailsOf(acme, ada.email)
    expect(after.id).not.toBe(before.id)
    expect(after).toMatchObject({ roles: ['ROLE_USER'], status: 'active', joinedBy: 'sso_jit' })
  })

  test('JI-26: with JIT off people keep flag and access, and new ones are refused', async () => {
    const acme = await createOrganisation(jit)
    const { session = '' } = await acme.signIn(ada)
    await acme.api('PUT', '/identity/provisioning', { source: 'portal' })

    const again = await acme.signIn(ada)
    const stranger = await acme.signIn({ ...ada, email: 'new@acme.test' })

    expect(again.status).toBe(303)
    expect(stranger.status).toBe(403)
    expect(await find(acme, ada.email)).toMatchObject({ managedBy: 'sso_jit', status: 'active' })
    const me = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_session=${session}`,
    })
    expect(me.status).toBe(200)
  })
})

describe('adoption', () => {
  /** A person made before SSO, whose domain nobody verified. */
  async function unverified() {
    const acme = await createOrganisation({ ...jit, verifiedDomains: [] })
    const { id, email } = { id: acme.manager.id, email: acme.manager.email }
    await acme.store(`delete from identities where user_id = '${id}'`)
    return { acme, id, person: { ...ada, email } }
  }

  test('JI-19: the e-mail of a manager in an unverified domain waits in the queue, untouched', async () => {
    const { acme, id, person } = await unverified()
    const before = (await acme.api('GET', `/users/${id}`)).body

    const refused = await acme.signIn(person)
    await acme.signIn(person)

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.adoption_pending', userId: id })
    expect((await acme.api('GET', `/users/${id}`)).body).toEqual(before)
    expect((await acme.api('GET', '/adoptions')).body.items).toMatchObject([
      { userId: id, email: person.email, risk: 'high', attempts: 2 },
    ])
    expect(await acme.eventNames()).toEqual(['adoption.queued', 'auth.failed', 'auth.failed'])
  })

  test('JI-20: approved, the next sign-in is theirs', async () => {
    const { acme, id, person } = await unverified()
    await acme.signIn(person)
    const [entry] = (await acme.api('GET', '/adoptions')).body.items

    const approved = await acme.api('POST', `/adoptions/${entry.id}/approve`)
    const arrived = await acme.signIn(person)

    expect(approved.status).toBe(204)
    expect(arrived.status).toBe(303)
    expect((await acme.api('GET', `/users/${id}`)).body.identities).toHaveLength(1)
    expect(await acme.people()).toHaveLength(1)
    expect((await acme.eventNames()).slice(2)).toEqual([
      'adoption.approved',
      'user.linked',
      'auth.succeeded',
    ])
  })

  test('JI-20: an approval is for the subject that asked and for no other', async () => {
    const { acme, person } = await unverified()
    await acme.signIn(person)
    const [entry] = (await acme.api('GET', '/adoptions')).body.items
    await acme.api('POST', `/adoptions/${entry.id}/approve`)

    const other = await acme.signIn(person, { nameId: person.email.toUpperCase() })

    expect(other.status).toBe(403)
  })

  test('JI-19: declined, the person stays out, and the account as it was', async () => {
    const { acme, id, person } = await unverified()
    await acme.signIn(person)
    const [entry] = (await acme.api('GET', '/adoptions')).body.items

    const declined = await acme.api('POST', `/adoptions/${entry.id}/decline`)
    const refused = await acme.signIn(person)
    const twice = await acme.api('POST', `/adoptions/${entry.id}/approve`)

    expect(declined.status).toBe(204)
    expect(refused.status).toBe(403)
    expect(twice.status).toBe(404)
    expect((await acme.api('GET', `/users/${id}`)).body.identities).toEqual([])
    expect((await acme.eventNames()).slice(2)).toEqual(['adoption.declined', 'auth.failed'])
  })

  test('JI-19: in a verified domain the account is linked at once', async () => {
    const acme = await createOrganisation(jit)
    await acme.signIn({ ...ada, email: 'ada@acme.test' })
    await acme.store(`delete from identities where org_id = '${acme.id}'`)

    const arrived = await acme.signIn(ada)

    expect(arrived.status).toBe(303)
    expect(await acme.people()).toHaveLength(2)
    expect(await acme.events('user.linked')).toHaveLength(1)
  })

  test('JI-21, MU-10: a person whom a manager created is completed with the roles promised', async () => {
    const acme = await createOrganisation({ ...jit, verifiedDomains: [] })
    const poolId = await acme.makePool('Production')
    const person = { ...ada, email: 'ada@elsewhere.test' }
    await acme.api('POST', '/users', { ...person, roles: ['ROLE_VIEWER'], pools: [poolId] })
    expect(await find(acme, person.email)).toMatchObject({ status: 'pending' })

    const arrived = await acme.signIn({ ...person, firstName: 'Augusta' })

    expect(arrived.status).toBe(303)
    expect(await detailsOf(acme, person.email)).toMatchObject({
      status: 'active',
      managedBy: 'sso_jit',
      joinedBy: 'created',
      firstName: 'Augusta',
      roles: ['ROLE_VIEWER'],
    })
    expect((await detailsOf(acme, person.email)).pools).toHaveLength(2)
    expect(await acme.people()).toHaveLength(2)
  })
})

describe('one request, one answer', () => {
  test('the same response brought again at once or later opens nothing', async () => {
    const acme = await createOrganisation(jit)
    const started = await acme.startSso()
    const response = acme.respondTo(started, ada)

    const first = await acme.postResponse(response, started)
    const before = await acme.rows()
    const again = await acme.postResponse(response, started)
    acme.usher.clock.advance(4 * minute)
    const later = await acme.postResponse(response, started)
    acme.usher.clock.advance(10 * minute)
    const expired = await acme.postResponse(response, started)

    expect([first, again, later, expired].map((one) => one.status)).toEqual([303, 403, 403, 403])
    const log = (await acme.api('GET', '/sign-in-log')).body.items
    expect(log.map((one: { code: string }) => one.code)).toEqual([
      'saml.expired',
      'saml.replayed',
      'saml.replayed',
      null,
    ])
    expect(await acme.rows()).toEqual(before)
  })

  test('of two at the same moment with one response, one comes in', async () => {
    const acme = await createOrganisation(jit)
    const started = await acme.startSso()
    const response = acme.respondTo(started, ada)

    const both = await Promise.all([1, 2].map(() => acme.postResponse(response, started)))

    expect(both.map((one) => one.status).sort((a, b) => a - b)).toEqual([303, 403])
  })

  test.each<[string, (acme: TestOrganisation) => Promise<{ browser: string; requestId: string }>]>([
    ['another browser', async (acme) => ({ ...(await acme.startSso()), browser: 'stolen' })],
    ['no browser at all', async (acme) => ({ ...(await acme.startSso()), browser: '' })],
    [
      'the browser of another request',
      async (acme) => ({ ...(await acme.startSso()), browser: (await acme.startSso()).browser }),
    ],
    [
      'an invented request',
      async (acme) => ({ ...(await acme.startSso()), requestId: '_invented' }),
    ],
    [
      'a request of another organisation',
      async (acme) => {
        const other = await createOrganisation({ ...jit, idp: acme.idp })
        return other.startSso()
      },
    ],
    [
      'a request older than ten minutes',
      async (acme) => {
        const started = await acme.startSso()
        acme.usher.clock.advance(10 * minute + 1_000)
        return started
      },
    ],
    [
      'a request that was answered already',
      async (acme) => {
        const started = await acme.startSso()
        await acme.postResponse(acme.respondTo(started, ada), started)
        return started
      },
    ],
  ])('a fresh response to %s opens nothing', async (_, start) => {
    const acme = await createOrganisation(jit)
    const started = await start(acme)
    const before = await acme.rows()
    const happened = await acme.eventNames()

    const refused = await acme.postResponse(
      acme.respondTo(started, { ...ada, email: 'eve@acme.test' }),
      started,
    )

    expect(refused).toMatchObject({ status: 403, session: undefined })
    expect(await acme.lastAttempt()).toMatchObject({ code: 'saml.in_response_to_mismatch' })
    expect(await acme.rows()).toEqual(before)
    expect(await acme.eventNames()).toEqual([...happened, 'auth.failed'])
  })

  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
    '/o/other',
  ])('RelayState %s leads nowhere but home', async (relayState) => {
    const acme = await createOrganisation({ ...jit, saml: { allowIdpInitiated: true } })
    const started = await acme.startSso()

    const solicited = await acme.postResponse(acme.respondTo(started, ada), {
      ...started,
      relayState,
    })
    const unsolicited = await acme.postResponse(
      acme.respondTo({ requestId: '' }, ada, { inResponseTo: undefined }),
      { browser: '', relayState },
    )

    expect(solicited).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
    expect(unsolicited).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
  })

  test.each([
    ['/o/acme/settings/users?page=2', '/o/acme/settings/users?page=2'],
    ['https://evil.example/', undefined],
    ['//evil.example', undefined],
    ['/\\evil.example', undefined],
    ['/%5Cevil.example\\x', undefined],
  ])(
    'SE-1: a sign-in that began for %s ends there only when it is a path of the portal',
    async (returnTo, place) => {
      const acme = await createOrganisation(jit)
      const started = await acme.startSso(`?returnTo=${encodeURIComponent(returnTo)}`)

      const arrived = await acme.postResponse(acme.respondTo(started, ada), started)

      expect(arrived).toMatchObject({ status: 303, location: place ?? `/o/${acme.slug}` })
    },
  )

  test('SE-10: a response for one organisation opens no other, though the same key vouches for both', async () => {
    const acme = await createOrganisation(jit)
    const other = await createOrganisation(jit)
    const shared = await createOrganisation({ ...jit, idp: acme.idp })

    for (const target of [other, shared]) {
      const started = await target.startSso()
      const refused = await target.postResponse(acme.respondTo(started, ada), started)

      expect(refused).toMatchObject({ status: 403, session: undefined })
      expect(await target.people()).toHaveLength(1)
    }
    expect(await other.lastAttempt()).toMatchObject({ code: 'saml.issuer_mismatch' })
    expect(await shared.lastAttempt()).toMatchObject({ code: 'saml.destination_mismatch' })
  })
})
