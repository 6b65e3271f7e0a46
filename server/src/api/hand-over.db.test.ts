import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'
import { createScimOrganisation, type ScimOrganisation, type SentUser } from '../../testing/scim.ts'

const url = '/identity/provisioning'
const minute = 60_000
const day = 24 * 60 * minute
const bob = { userName: 'bob@acme.test', name: { givenName: 'Bob', familyName: 'Hall' } }
const ada = { userName: 'ada@acme.test', name: { givenName: 'Ada', familyName: 'Lovelace' } }
const previewRequired = { status: 409, body: { code: 'provisioning.preview_required' } }
const unavailable = { status: 409, body: { code: 'provisioning.rollback_unavailable' } }
const stale = { status: 412, body: { code: 'request.stale' } }

type Wish = { source: string; selfService?: { enabled: boolean }; deactivate?: string[] }

async function previewOf(acme: TestOrganisation, question: object) {
  const answer = await acme.api('POST', `${url}/preview`, question)
  expect(answer.status).toBe(200)
  return answer.body
}

/** As the portal does: looks at the preview of exactly this, and saves it. */
async function handOver(acme: TestOrganisation, { deactivate, ...wish }: Wish) {
  const { previewId } = await previewOf(acme, wish)
  return acme.api('PUT', url, { ...wish, previewId, ...(deactivate && { deactivate }) })
}

async function rollBack(acme: TestOrganisation) {
  const { previewId } = await previewOf(acme, { rollback: true })
  return acme.api('POST', `${url}/rollback`, { previewId })
}

async function managers(acme: TestOrganisation, query = ''): Promise<Record<string, string>> {
  const { body } = await acme.api('GET', `/users?size=200${query}`)
  const items = body.items as { email: string; managedBy: string }[]
  expect(body.total).toBe(items.length)
  const others = items.filter(({ email }) => email !== acme.manager.email)
  return Object.fromEntries(others.map(({ email, managedBy }) => [email, managedBy]))
}

const openSource = async (acme: TestOrganisation) => (await acme.api('GET', url)).body.source
const jitPerson = (acme: TestOrganisation, email: string) =>
  acme.signIn({ email, firstName: 'Jo', lastName: 'Doe' })

/** Two people by SCIM, of whom one is in a group of the identity provider. */
async function withScimPeople(wish: Parameters<typeof createScimOrganisation>[0] = {}) {
  const acme = await createScimOrganisation(wish)
  const ids = { bob: await acme.user(bob), ada: await acme.user(ada) }
  return { acme, ...ids, group: await acme.group('Engineers', ids.bob) }
}

describe('PV-11: the preview of a hand-over', () => {
  test('says who becomes managed, who stays, what closes, and changes nothing', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    await acme.api('POST', '/users', { email: 'zoe@acme.test', firstName: 'Zoe', lastName: 'Lee' })
    await acme.api('POST', '/invitations', { emails: ['noa@acme.test'] })
    await acme.api('PUT', url, {
      source: 'portal',
      selfService: { enabled: true, allowedDomains: ['acme.test'] },
    })
    const before = await acme.api('GET', url)
    const happened = await acme.eventNames()

    const preview = await previewOf(acme, { source: 'scim' })

    expect(preview).toEqual({
      previewId: expect.any(String),
      expiresAt: expect.closeTo(acme.usher.clock.now() + 10 * minute, -4),
      from: 'portal',
      to: 'scim',
      entrySentence: expect.stringMatching(
        /^People enter .+ when the identity provider sends them \(SCIM\); chosen by Ana Ruiz on /,
      ),
      becomeManaged: 0,
      stay: 2,
      orphaned: { total: 0, people: [] },
      invitationsToClose: 1,
      linkCloses: true,
      workingManager: true,
    })
    const after = await acme.api('GET', url)
    expect([after.body, after.headers.etag]).toEqual([before.body, before.headers.etag])
    expect(await acme.eventNames()).toEqual(happened)
  })

  test('names whom the source leaves, managers first, and only those who can still get in', async () => {
    const { acme, bob: bobId, ada: adaId } = await withScimPeople()
    await acme.api('PATCH', `/users/${bobId}`, { roles: ['ROLE_USER', 'ROLE_MANAGER'] })
    const gone = await acme.user({ userName: 'gus@acme.test', active: false })

    const { orphaned, stay, invitationsToClose } = await previewOf(acme, { source: 'portal' })

    expect(gone).toEqual(expect.any(String))
    expect({ stay, invitationsToClose }).toEqual({ stay: 1, invitationsToClose: 0 })
    expect(orphaned).toEqual({
      total: 3,
      people: [
        { id: bobId, email: 'bob@acme.test', name: 'Bob Hall', isManager: true },
        { id: adaId, email: 'ada@acme.test', name: 'Ada Lovelace', isManager: false },
      ],
    })
  })

  test('of a method that is saved in the same form asks about that one', async () => {
    const acme = await createOrganisation({ method: 'password' })

    const now = await acme.api('POST', `${url}/preview`, { source: 'scim' })
    const then = await previewOf(acme, { source: 'scim', loginMethod: 'sso' })

    expect(now).toMatchObject({ status: 409, body: { code: 'provisioning.sso_required' } })
    expect(then).toMatchObject({ from: 'portal', to: 'scim' })
  })

  test.each([
    ['made up', async () => 'v1.abc.def'],
    [
      'of another organisation',
      async () => {
        const other = await createOrganisation({ method: 'sso' })
        return (await previewOf(other, { source: 'scim' })).previewId
      },
    ],
    [
      'of another source',
      async (acme: TestOrganisation) => (await previewOf(acme, { source: 'sso_jit' })).previewId,
    ],
    [
      'with the link as it is not wanted',
      async (acme: TestOrganisation) =>
        (await previewOf(acme, { source: 'portal', selfService: { enabled: true } })).previewId,
    ],
  ])('%s is none', async (_, made) => {
    const acme = await createOrganisation({ method: 'sso' })
    const previewId = await made(acme)

    expect(await acme.api('PUT', url, { source: 'scim', previewId })).toMatchObject(previewRequired)
    expect(await openSource(acme)).toBe('portal')
    expect(await acme.eventNames()).toEqual([])
  })

  test('is good for ten minutes', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const key = await acme.apiKey(['identity:write'])
    const wish = {
      source: 'sso_jit',
      previewId: (await previewOf(acme, { source: 'sso_jit' })).previewId,
    }
    acme.usher.clock.advance(10 * minute)

    expect(await acme.byKey(key, 'PUT', url, wish)).toMatchObject(previewRequired)
    expect(await openSource(acme)).toBe('portal')
  })

  test('is out of date once the settings are others', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const { previewId } = await previewOf(acme, { source: 'scim' })
    await acme.api('PUT', url, { source: 'sso_jit' })

    expect(await acme.api('PUT', url, { source: 'scim', previewId })).toMatchObject(stale)
    expect(await openSource(acme)).toBe('sso_jit')
  })

  test('PV-12: of two changes by one preview one is made', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const { previewId } = await previewOf(acme, { source: 'scim' })

    const answers = await Promise.all(
      [1, 2].map(() => acme.api('PUT', url, { source: 'scim', previewId })),
    )

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
    expect(await acme.eventNames()).toEqual(['provisioning.changed'])
  })
})

describe('PV-13: leaving a source', () => {
  test('keeps everyone, managed in the portal: profiles and groups are the manager’s', async () => {
    const { acme, bob: bobId, group } = await withScimPeople()

    const left = await handOver(acme, { source: 'portal' })

    expect(left.status).toBe(200)
    expect(await managers(acme)).toEqual({ 'bob@acme.test': 'portal', 'ada@acme.test': 'portal' })
    expect(await managers(acme, '&managedBy=scim')).toEqual({})
    expect(Object.keys(await managers(acme, '&managedBy=portal'))).toHaveLength(2)
    const person = (await acme.api('GET', `/users/${bobId}`)).body
    expect(person).toMatchObject({
      managedBy: 'portal',
      locked: { edit: null, disable: null, roles: null },
    })
    expect(person.locked.hold).toMatch(/^Hold is for people whom SCIM or LDAP manages/)
    const synced = person.memberships.find(({ id }: { id: string }) => id === group)
    expect(synced).toMatchObject({ managedBy: 'portal' })
    expect((await acme.api('GET', `/groups/${group}`)).body.managedBy).toBe('portal')
    expect((await acme.api('PATCH', `/users/${bobId}`, { firstName: 'Robert' })).status).toBe(200)
    const [event] = (await acme.events()).filter(({ type }) => type === 'provisioning.changed')
    expect(event).toMatchObject({
      before: { source: 'scim' },
      after: { source: 'portal' },
      data: { handedOver: 'scim', deactivated: 0 },
    })
  })

  test('deactivates whom the manager ticked, with all that ends with it, in the same change', async () => {
    const { acme, bob: bobId } = await withScimPeople()
    const before = (await acme.events()).length

    const left = await handOver(acme, { source: 'portal', deactivate: [bobId, bobId] })

    expect(left.status).toBe(200)
    const statuses = (await acme.api('GET', '/users')).body.items as {
      email: string
      status: string
    }[]
    expect(statuses.find(({ email }) => email === 'bob@acme.test')?.status).toBe('deactivated')
    expect(statuses.find(({ email }) => email === 'ada@acme.test')?.status).not.toBe('deactivated')
    expect((await acme.events()).slice(before)).toMatchObject([
      { type: 'user.deactivated', subject_id: bobId, data: { sessionsEnded: 0 } },
      { type: 'provisioning.changed', data: { handedOver: 'scim', deactivated: 1 } },
    ])
  })

  test('JI-26: people of SSO keep their mark until the hand-over, and then their names are the portal’s', async () => {
    const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
    await jitPerson(acme, 'jo@acme.test')
    const [jo] = (await acme.people()).filter(({ email }) => email === 'jo@acme.test')

    await acme.api('PUT', url, { source: 'portal' })
    expect(await managers(acme)).toEqual({ 'jo@acme.test': 'sso_jit' })
    const owned = await acme.api('PATCH', `/users/${jo?.id}`, { firstName: 'Joan' })
    await acme.api('PUT', url, { source: 'sso_jit' })
    await handOver(acme, { source: 'portal' })

    expect(owned).toMatchObject({ status: 409, body: { code: 'user.attribute_managed' } })
    expect(await managers(acme)).toEqual({ 'jo@acme.test': 'portal' })
    expect((await acme.api('PATCH', `/users/${jo?.id}`, { firstName: 'Joan' })).status).toBe(200)
    await jitPerson(acme, 'jo@acme.test')
    expect((await acme.api('GET', `/users/${jo?.id}`)).body.firstName).toBe('Joan')
  })

  test('is for a choice that was looked at: no deactivation without a preview', async () => {
    const { acme, bob: bobId } = await withScimPeople()

    expect(await acme.api('PUT', url, { source: 'portal', deactivate: [bobId] })).toMatchObject(
      previewRequired,
    )
    expect(await openSource(acme)).toBe('scim')
  })

  test.each([
    [
      'somebody whom the source does not manage',
      async (acme: TestOrganisation) => acme.manager.id,
      { status: 400, body: { code: 'request.invalid', errors: [{ pointer: '/deactivate' }] } },
    ],
    [
      'nobody here',
      async () => '018f0000-0000-7000-8000-000000000000',
      { status: 404, body: { code: 'resource.not_found' } },
    ],
    [
      'somebody of another organisation',
      async () => (await createOrganisation({ method: 'sso' })).manager.id,
      { status: 404, body: { code: 'resource.not_found' } },
    ],
  ])('deactivates nobody else, and then changes nothing: %s', async (_, chosen, refusal) => {
    const { acme, bob: bobId } = await withScimPeople()
    const before = await acme.events()

    const refused = await handOver(acme, {
      source: 'portal',
      deactivate: [bobId, await chosen(acme)],
    })

    expect(refused).toMatchObject(refusal)
    expect(await openSource(acme)).toBe('scim')
    expect(await acme.events()).toEqual(before)
  })

  test('US-13: never deactivates the last working manager', async () => {
    const { acme } = await withScimPeople()
    const adopted = await acme.scim('POST', '/Users', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
      userName: acme.manager.email,
    })
    expect(adopted.body.id).toBe(acme.manager.id)

    const refused = await handOver(acme, { source: 'portal', deactivate: [acme.manager.id] })

    expect(refused).toMatchObject({ status: 409, body: { code: 'manager.last_working' } })
    expect(await openSource(acme)).toBe('scim')
  })

  test('deactivates nobody when the source stays', async () => {
    const { acme, bob: bobId } = await withScimPeople()

    expect(await handOver(acme, { source: 'scim', deactivate: [bobId] })).toMatchObject({
      status: 400,
      body: { code: 'request.invalid', errors: [{ pointer: '/deactivate' }] },
    })
  })

  test('AK-5: a key deactivates nobody, and is told of nobody, without the scope for people', async () => {
    const { acme, bob: bobId } = await withScimPeople()
    const settings = await acme.apiKey(['identity:write'])
    const both = await acme.apiKey(['identity:write', 'users:write'])
    const question = { source: 'portal' }
    const wish = async (key: string) => {
      const { body } = await acme.byKey(key, 'POST', `${url}/preview`, question)
      return { ...question, previewId: body.previewId, deactivate: [bobId] }
    }

    const seen = await acme.byKey(settings, 'POST', `${url}/preview`, question)
    const refused = await acme.byKey(settings, 'PUT', url, await wish(settings))
    const kept = await openSource(acme)
    const done = await acme.byKey(both, 'PUT', url, await wish(both))

    expect(seen.body.orphaned).toEqual({ total: 2, people: [] })
    expect(refused).toMatchObject({ status: 403, body: { code: 'api_key.scope_missing' } })
    expect(kept).toBe('scim')
    expect(done.status).toBe(200)
  })

  test('and coming back: those whom it managed before are managed at once', async () => {
    const { acme, bob: bobId } = await withScimPeople()
    await handOver(acme, { source: 'portal' })
    await acme.api('POST', '/users', { email: 'zoe@acme.test', firstName: 'Zoe', lastName: 'Lee' })

    const preview = await previewOf(acme, { source: 'scim' })
    await handOver(acme, { source: 'scim' })

    expect(preview).toMatchObject({ becomeManaged: 2, stay: 2, orphaned: { total: 0 } })
    expect(await managers(acme)).toEqual({
      'bob@acme.test': 'scim',
      'ada@acme.test': 'scim',
      'zoe@acme.test': 'portal',
    })
    expect((await acme.scim('GET', `/Users/${bobId}`)).status).toBe(200)
    expect((await acme.api('PATCH', `/users/${bobId}`, { firstName: 'Robert' })).body.code).toBe(
      'user.managed_externally',
    )
  })
})

describe('PV-14: rolling back', () => {
  /** SAML JIT with one person, changed to SCIM, which took them over and brought another. */
  async function changedToScim(): Promise<{ acme: ScimOrganisation; jo: string; bob: string }> {
    const acme = await createScimOrganisation({ source: 'sso_jit' })
    await jitPerson(acme, 'jo@acme.test')
    const changed = await handOver(acme, { source: 'scim' })
    expect(changed.body.rollback).toEqual({
      source: 'sso_jit',
      label: 'SAML JIT',
      until: expect.closeTo(acme.usher.clock.now() + 30 * day, -4),
    })
    const jo = await acme.user({ userName: 'jo@acme.test' } satisfies SentUser)
    return { acme, jo, bob: await acme.user(bob) }
  }

  test('restores the source and who managed whom; who arrived since stays', async () => {
    const { acme, jo } = await changedToScim()
    const before = (await acme.events()).length

    const preview = await previewOf(acme, { rollback: true })
    const byHand = await previewOf(acme, { source: 'sso_jit' })
    const back = await rollBack(acme)

    expect(preview).toMatchObject({
      from: 'scim',
      to: 'sso_jit',
      becomeManaged: 1,
      stay: 1,
      orphaned: { total: 1 },
    })
    expect(byHand).toMatchObject({ becomeManaged: 0, stay: 1, orphaned: { total: 2 } })
    expect(back).toMatchObject({ status: 200, body: { source: 'sso_jit', rollback: null } })
    expect(await managers(acme)).toEqual({ 'jo@acme.test': 'sso_jit', 'bob@acme.test': 'portal' })
    expect(Object.keys(await managers(acme, '&managedBy=sso_jit'))).toEqual(['jo@acme.test'])
    const owned = await acme.api('PATCH', `/users/${jo}`, { firstName: 'Joan' })
    expect(owned.body.code).toBe('user.attribute_managed')
    expect((await acme.scim('GET', '/Users')).status).toBe(403)
    expect((await acme.events()).slice(before)).toMatchObject([
      {
        type: 'provisioning.rolled_back',
        before: { source: 'scim' },
        after: { source: 'sso_jit' },
        data: { givenBack: 1 },
      },
    ])
  })

  test('restores the link, too', async () => {
    const acme = await createOrganisation({ method: 'sso' })
    const link = { enabled: true, allowedDomains: ['acme.test'] }
    await acme.api('PUT', url, { source: 'portal', selfService: link })
    await handOver(acme, { source: 'sso_jit' })
    expect((await acme.api('GET', url)).body.selfService.state).not.toBe('open')

    const back = await rollBack(acme)

    expect(back.body.selfService).toMatchObject({ enabled: true, state: 'open' })
  })

  test('needs its own preview, and is done once', async () => {
    const { acme } = await changedToScim()
    const ofChange = await previewOf(acme, { source: 'sso_jit' })
    const { previewId } = await previewOf(acme, { rollback: true })
    const roll = (body: object) => acme.api('POST', `${url}/rollback`, body)

    expect(await roll({})).toMatchObject(previewRequired)
    expect(await roll({ previewId: ofChange.previewId })).toMatchObject(previewRequired)
    expect(await acme.api('PUT', url, { source: 'sso_jit', previewId })).toMatchObject(
      previewRequired,
    )
    const both = await Promise.all([roll({ previewId }), roll({ previewId })])
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412])
    expect(await acme.api('POST', `${url}/preview`, { rollback: true })).toMatchObject(unavailable)
  })

  test.each([
    ['nothing was changed', async () => undefined],
    [
      'it is 30 days ago',
      async (acme: TestOrganisation) => {
        await handOver(acme, { source: 'scim' })
        acme.usher.clock.advance(30 * day + 1)
        const { email, firstName, lastName } = acme.manager
        return (await acme.signIn({ email, firstName, lastName })).session
      },
    ],
    [
      'the login method bears that source no more',
      async (acme: TestOrganisation) => {
        await handOver(acme, { source: 'sso_jit' })
        await handOver(acme, { source: 'portal' })
        await acme.store(
          `update organisations set login_method = 'password' where id = '${acme.id}'`,
        )
        return undefined
      },
    ],
  ])('is not there when %s', async (_, prepare) => {
    const acme = await createOrganisation({ method: 'sso' })
    const session = (await prepare(acme)) ?? acme.session

    expect(await acme.api('POST', `${url}/preview`, { rollback: true }, { session })).toMatchObject(
      unavailable,
    )
  })
})

describe('BY-1: whatever managers do one after the other', () => {
  const source = fc.constantFrom('portal', 'sso_jit', 'scim')
  const act = fc.oneof(
    fc.record({ does: fc.constant('change' as const), source, looks: fc.boolean() }),
    fc.record({ does: fc.constantFrom('roll back', 'pause', 'resume') }),
  )
  type Act = typeof act extends fc.Arbitrary<infer One> ? One : never
  type State = { source: string; before: string | null; paused: boolean }

  async function carryOut(acme: ScimOrganisation, state: State, done: Act): Promise<State> {
    if (done.does === 'pause' || done.does === 'resume') {
      expect((await acme.api('POST', `${url}/${done.does}`)).status).toBe(200)
      return { ...state, paused: done.does === 'pause' }
    }
    if ('source' in done) {
      const wish = { source: done.source }
      const answer = await (done.looks ? handOver(acme, wish) : acme.api('PUT', url, wish))
      expect(answer.status).toBe(200)
      const changes = done.source !== state.source
      return { ...state, ...wish, ...(changes && { before: state.source }) }
    }
    if (state.before === null) {
      expect(await acme.api('POST', `${url}/preview`, { rollback: true })).toMatchObject(
        unavailable,
      )
      return state
    }
    expect((await rollBack(acme)).status).toBe(200)
    return { ...state, source: state.before, before: null }
  }

  /** Every way in, and whether it is open now: all of one source, or none. */
  async function waysIn(acme: ScimOrganisation, turn: number) {
    const email = `way${turn}-${acme.id.slice(-6)}@acme.test`
    const scim = await acme.scim('GET', '/Users?count=0')
    const sso = await jitPerson(acme, email)
    const created = await acme.api('POST', '/users', {
      email: `c${email}`,
      firstName: 'C',
      lastName: 'W',
    })
    return { scim: scim.status, sso: sso.session !== undefined, portal: created.status }
  }

  const open = ({ source, paused }: State) => ({
    scim: source !== 'scim' ? 403 : paused ? 503 : 200,
    sso: source === 'sso_jit' && !paused,
    portal: source === 'scim' || paused ? 409 : 201,
  })

  test('people enter by one source, and the totals of who manages whom add up', async () => {
    let turn = 0
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async (acts) => {
        const acme = await createScimOrganisation({ source: 'portal' })
        let state: State = { source: 'portal', before: null, paused: false }
        for (const one of acts) {
          state = await carryOut(acme, state, one)
          turn += 1
          expect(await openSource(acme)).toBe(state.source)
          expect(await waysIn(acme, turn)).toEqual(open(state))
        }
        const everyone = Object.keys(await managers(acme)).length
        const bySource = await Promise.all(
          ['portal', 'sso_jit', 'scim'].map((one) => managers(acme, `&managedBy=${one}`)),
        )
        expect(bySource.flatMap(Object.keys)).toHaveLength(everyone)
      }),
      { numRuns: howMany('USHER_SEQUENCES', 15) },
    )
  })
})
