import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { howMany } from '../../testing/long-run.ts'
import { createOrganisation } from '../../testing/organisation.ts'
import {
  createScimOrganisation,
  enterpriseSchema,
  type ScimOrganisation,
  type ScimWish,
} from '../../testing/scim.ts'
import { opening, Run, step } from '../../testing/scim-model.ts'
import { me } from '../../testing/second-factor.ts'
import {
  isAsExpected,
  sampleDirectory,
  sampleYear,
  simulatedProviders,
  simulatedScimClient,
} from '../demo/index.ts'

const url = '/identity/scim/shadow'
const patch = (value: boolean) => ({ op: 'replace', path: 'active', value })
const person = (name: string, more: object = {}) => ({
  userName: `${name}@acme.test`,
  externalId: `ext-${name}`,
  name: { givenName: name, familyName: 'Doe' },
  ...more,
})

/** An organisation of the portal with two people, that may be rehearsed. */
async function acmeWith(wish: ScimWish = {}) {
  const acme = await createScimOrganisation({ source: 'portal', ...wish })
  const add = async (name: string, more: object = {}) => {
    const body = { email: `${name}@acme.test`, firstName: name, lastName: 'Old', ...more }
    const { status, body: made } = await acme.api('POST', '/users', body)
    expect(status).toBe(201)
    return made.id as string
  }
  return { acme, add, bob: await add('bob'), ada: await add('ada') }
}

async function open(acme: ScimOrganisation) {
  const begun = await acme.api('POST', url)
  expect(begun).toMatchObject({ status: 200, body: { state: 'copying' } })
  await acme.bringShadow()
  return view(acme)
}

const view = async (acme: ScimOrganisation) => (await acme.api('GET', url)).body

async function beginLive(acme: ScimOrganisation) {
  const { previewId } = (
    await acme.api('POST', '/identity/provisioning/preview', { source: 'scim' })
  ).body
  const answer = await acme.api('POST', `${url}/go-live`, { previewId })
  expect(answer).toMatchObject({ status: 200, body: { state: 'applying' } })
}

async function goLive(acme: ScimOrganisation) {
  await beginLive(acme)
  for (let turn = 0; turn < 20 && (await view(acme)).state !== 'none'; turn += 1)
    await acme.bringShadow()
  return (await view(acme)).last
}

const differences = async (acme: ScimOrganisation, query = '') => {
  const { status, body } = await acme.api('GET', `${url}/differences?${query}`)
  expect(status).toBe(200)
  return body.items as { label: string; difference: string; fields: object[] }[]
}

/** What nobody in the organisation may notice of a rehearsal. */
async function untouched(acme: ScimOrganisation) {
  const people = await acme.api('GET', '/users?size=200')
  const groups = await acme.api('GET', '/groups?size=200')
  return { people: people.body, groups: groups.body, rows: await acme.rows() }
}

describe('BY-3: shadow SCIM', () => {
  test('answers the identity provider as ever, and nobody here notices', async () => {
    const { acme, bob, ada } = await acmeWith()
    expect(await acme.scim('GET', '/Users')).toMatchObject({ status: 403 })
    await open(acme)
    const before = await untouched(acme)

    expect(await acme.find('userName eq "bob@acme.test"')).toEqual([bob])
    const adopted = await acme.scim('POST', '/Users', person('bob', { title: 'Lead' }))
    const eve = await acme.user(person('eve'))
    await acme.patch(`/Users/${ada}`, patch(false))
    const engineers = await acme.group('Engineers', bob, eve)

    expect(adopted).toMatchObject({ status: 201, body: { id: bob, title: 'Lead' } })
    expect((await acme.scim('GET', `/Users/${ada}`)).body.active).toBe(false)
    expect(await acme.membersOf(engineers)).toEqual([bob, eve].toSorted())
    expect(await untouched(acme)).toEqual(before)
    expect(await mailsOfCopies(acme)).toEqual([])
    expect(await happened(acme)).toEqual(['scim.shadow_started'])
  })

  test('says how the copy differs, person by person and in figures', async () => {
    const { acme, bob, ada } = await acmeWith()
    const cat = (
      await acme.api('POST', '/users', {
        email: 'cat@acme.test',
        firstName: 'cat',
        lastName: 'Old',
      })
    ).body.id
    await acme.api('POST', url)
    await acme.bringShadow()
    expect((await view(acme)).summary).toMatchObject({
      people: { created: 0, deleted: 0 },
      notSent: 4,
    })

    await acme.scim('POST', '/Users', person('bob', { [enterpriseSchema]: { department: 'R' } }))
    const eve = await acme.user(person('eve'))
    await acme.patch(`/Users/${ada}`, patch(false))
    await acme.scim('DELETE', `/Users/${cat}`)
    await acme.group('Engineers', bob, eve)

    const { summary } = await view(acme)
    expect(summary).toEqual({
      people: {
        created: 1,
        matched: 0,
        adopted: 1,
        changed: 0,
        enabled: 0,
        deactivated: 1,
        deleted: 1,
      },
      groups: { created: 1, adopted: 0, changed: 0, deleted: 0 },
      memberships: { added: 2, removed: 0 },
      // The manager alone.
      notSent: 1,
    })
    const found = Object.fromEntries((await differences(acme)).map((one) => [one.label, one]))
    expect(found).toEqual({
      'bob@acme.test': expect.objectContaining({
        id: bob,
        difference: 'adopted',
        name: 'bob Doe',
        fields: [
          { field: 'lastName', here: 'Old', shadow: 'Doe' },
          { field: 'userName', here: null, shadow: 'bob@acme.test' },
          { field: 'externalId', here: null, shadow: 'ext-bob' },
          { field: 'department', here: null, shadow: 'R' },
        ],
        members: { added: ['Engineers'], removed: [], addedTotal: 1, removedTotal: 0 },
      }),
      'eve@acme.test': expect.objectContaining({
        difference: 'created',
        roles: { gained: ['ROLE_USER'], lost: [] },
      }),
      'ada@acme.test': expect.objectContaining({
        difference: 'deactivated',
        fields: expect.arrayContaining([
          { field: 'status', here: 'pending', shadow: 'deactivated' },
        ]),
      }),
      'cat@acme.test': expect.objectContaining({ difference: 'deleted', fields: [] }),
    })
    expect(await differences(acme, 'kind=group')).toMatchObject([
      {
        label: 'Engineers',
        difference: 'created',
        members: { added: ['bob@acme.test', 'eve@acme.test'], addedTotal: 2 },
      },
    ])
    expect((await differences(acme, 'difference=deleted')).map(({ label }) => label)).toEqual([
      'cat@acme.test',
    ])
  })

  test('is read a page at a time', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    for (const name of ['dan', 'eve', 'fay', 'gus', 'hal']) await acme.user(person(name))

    const seen: string[] = []
    for (let after: string | null = ''; after !== null; ) {
      const { body } = await acme.api(
        'GET',
        `${url}/differences?size=2${after && `&after=${after}`}`,
      )
      seen.push(...body.items.map(({ label }: { label: string }) => label))
      after = body.next
    }

    expect(seen.map((label) => label.slice(0, 3))).toEqual(['dan', 'eve', 'fay', 'gus', 'hal'])
  })

  test('goes live: SCIM is the source, and people and groups are as rehearsed, under the same ids', async () => {
    const { acme, bob, ada } = await acmeWith()
    await open(acme)
    await acme.scim('POST', '/Users', person('bob', { title: 'Lead' }))
    const eve = await acme.user(person('eve', { active: false }))
    await acme.patch(`/Users/${ada}`, patch(false))
    const engineers = await acme.group('Engineers', bob, eve)
    const rehearsed = await Promise.all([
      acme.scim('GET', '/Users?sortBy=userName'),
      acme.scim('GET', '/Groups'),
    ])

    const last = await goLive(acme)

    expect(last).toMatchObject({ wentLiveBy: 'Ana Ruiz', applied: 4, refusedTotal: 0, refused: [] })
    const live = await Promise.all([
      acme.scim('GET', '/Users?sortBy=userName'),
      acme.scim('GET', '/Groups'),
    ])
    const plain = (answers: typeof live) =>
      answers.map(({ body }) =>
        body.Resources.map(({ meta: _, ...rest }: { meta: object }) => rest),
      )
    expect(plain(live)).toEqual(plain(rehearsed))
    expect((await acme.api('GET', '/identity/provisioning')).body.source).toBe('scim')
    expect((await happened(acme)).toSorted()).toEqual(
      [
        'scim.shadow_started',
        'provisioning.changed',
        'scim.shadow_gone_live',
        'user.joined',
        ...['user.adopted', 'user.changed'],
        ...['user.adopted', 'user.changed', 'user.deactivated'],
        'group.created',
        ...['group.member_added', 'group.member_added'],
        'scim.shadow_applied',
      ].toSorted(),
    )
    const joined = (await acme.events()).find(({ subject_id }) => subject_id === eve)
    expect(joined).toMatchObject({
      subject_id: eve,
      actor: 'SCIM (shadow, taken live by Ana Ruiz)',
    })
    await acme.patch(`/Groups/${engineers}`, { op: 'remove', path: `members[value eq "${bob}"]` })
    expect(await acme.membersOf(engineers)).toEqual([eve])
  })

  test('is discarded: nothing is different, the identity provider is refused, and no row of the copy is left', async () => {
    const { acme } = await acmeWith()
    const before = await untouched(acme)
    await open(acme)
    await acme.user(person('eve'))
    await acme.group('Engineers')
    const [copy] = await copiesOf(acme)

    const discarded = await acme.api('DELETE', url)

    expect(discarded).toMatchObject({ status: 200, body: { state: 'none' } })
    expect(await acme.scim('GET', '/Users')).toMatchObject({ status: 403 })
    await acme.bringShadow()
    expect(await view(acme)).toMatchObject({
      state: 'none',
      last: { wentLiveBy: null, applied: 0 },
    })
    expect(await untouched(acme)).toEqual(before)
    expect(await happened(acme)).toEqual(['scim.shadow_started', 'scim.shadow_discarded'])
    expect(await rowsOf(acme, copy ?? '')).toEqual([])
  })
})

describe('who lives on here meanwhile', () => {
  test('is found there, too, once they joined', async () => {
    const { acme, add } = await acmeWith()
    await open(acme)
    const late = await add('late')
    await acme.bringShadow()

    expect(await acme.find('userName eq "late@acme.test"')).toEqual([late])
    expect((await acme.scim('POST', '/Users', person('late'))).body.id).toBe(late)
    expect(await acme.find('userName eq "nobody@acme.test"')).toEqual([])
  })

  test('stays out when a manager deactivated them, whatever else the identity provider said', async () => {
    const { acme, bob, ada } = await acmeWith()
    await open(acme)
    await acme.scim('POST', '/Users', person('bob', { active: true }))
    await acme.patch(`/Users/${ada}`, patch(false))
    await acme.patch(`/Users/${ada}`, patch(true))
    await acme.api('PUT', `/users/${bob}/disable`)
    await acme.api('PUT', `/users/${ada}/disable`)

    await goLive(acme)

    const states = Object.fromEntries((await acme.people()).map(({ id, status }) => [id, status]))
    // Of Bob it was said that he works here before he was deactivated, and nothing changed by it.
    expect(states[bob]).toBe('deactivated')
    expect(states[ada]).toBe('pending')
  })

  test('is taken over under the id that they have here, with their groups, when both brought them', async () => {
    const { acme, add } = await acmeWith()
    await open(acme)
    const eve = await acme.user(person('eve'))
    const engineers = await acme.group('Engineers', eve)
    const here = await add('eve')
    expect((await differences(acme)).map(({ difference }) => difference)).toEqual(['matched'])

    expect(await goLive(acme)).toMatchObject({ applied: 2, refused: [] })

    expect(await acme.find('externalId eq "ext-eve"')).toEqual([here])
    expect(await acme.membersOf(engineers)).toEqual([here])
    expect(await acme.scim('GET', `/Users/${eve}`)).toMatchObject({ status: 404 })
  })

  test('is never left without a manager: what cannot be done is said, and the rest is done', async () => {
    const { acme, bob } = await acmeWith()
    const ana = acme.manager.id
    await acme.api('PATCH', `/users/${bob}`, { roles: ['ROLE_USER', 'ROLE_MANAGER'] })
    await acme.signIn({ email: 'bob@acme.test', firstName: 'bob', lastName: 'Old' })
    await open(acme)
    await acme.user(person('eve'))
    expect(await acme.patch(`/Users/${ana}`, patch(false))).toMatchObject({ status: 200 })
    await acme.api('PUT', `/users/${bob}/disable`)

    expect(await goLive(acme)).toMatchObject({
      applied: 1,
      refusedTotal: 1,
      refused: [{ kind: 'user', label: acme.manager.email, code: 'manager.last_working' }],
    })
    expect((await acme.api('GET', `/users/${ana}`)).body.status).toBe('active')
  })

  test('is not told of a manager whom the rehearsal kept', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    const kept = await acme.patch(`/Users/${acme.manager.id}`, patch(false))
    expect(kept).toMatchObject({ status: 409, body: { detail: /manager\.last_working/ } })
    expect(await mailsOfCopies(acme)).toEqual([])
  })
})

describe('going live', () => {
  test('gives a name to whom it is free for by then', async () => {
    const acme = await createScimOrganisation()
    const ids = {
      a: await acme.user({ userName: 'a@acme.test' }),
      b: await acme.user({ userName: 'b@acme.test' }),
    }
    await leaveScim(acme)
    await open(acme)
    const rename = (id: string, value: string) =>
      acme.patch(`/Users/${id}`, { op: 'replace', path: 'userName', value })
    await rename(ids.b, 'c@acme.test')
    await rename(ids.a, 'b@acme.test')

    expect(await goLive(acme)).toMatchObject({ applied: 2, refused: [] })

    expect(await acme.find('userName eq "b@acme.test"')).toEqual([ids.a])
    expect(await acme.find('userName eq "c@acme.test"')).toEqual([ids.b])
  })

  test('renames, empties and deletes groups, and takes over one that was ticked', async () => {
    const acme = await createScimOrganisation()
    const [bob, ada] = [await acme.user(person('bob')), await acme.user(person('ada'))]
    const sales = await acme.group('Sales', bob, ada)
    const temps = await acme.group('Temps', bob)
    await leaveScim(acme)
    const ops = await acme.makeGroup('Ops')
    await open(acme)
    await acme.api('PUT', `/groups/${ops}/adoptable`, { adoptable: true })
    await acme.patch(`/Groups/${sales}`, { op: 'replace', value: { displayName: 'Selling' } })
    await acme.patch(`/Groups/${sales}`, { op: 'remove', path: `members[value eq "${bob}"]` })
    await acme.scim('DELETE', `/Groups/${temps}`)
    expect(await acme.group('Ops', ada)).toBe(ops)
    const found = await differences(acme, 'kind=group')
    expect(found.map(({ label, difference }) => `${label} ${difference}`).toSorted()).toEqual([
      'Ops adopted',
      'Selling changed',
      'Temps deleted',
    ])
    expect((await view(acme)).summary.memberships).toEqual({ added: 1, removed: 2 })

    expect(await goLive(acme)).toMatchObject({ applied: 3, refused: [] })

    expect(await acme.membersOf(sales)).toEqual([ada])
    expect(await acme.membersOf(ops)).toEqual([ada])
    expect((await acme.scim('GET', '/Groups')).body.Resources).toMatchObject([
      { displayName: 'Selling' },
      { displayName: 'Ops' },
    ])
  })

  test('is done once when two nodes are at it, and by another when one of them fell', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    for (const name of ['dan', 'eve', 'fay']) await acme.user(person(name))
    await beginLive(acme)
    await acme.store(`update shadows set claimed_until = ${acme.usher.clock.now() + 60_000}
      where org_id = '${acme.id}'`)
    await acme.bringShadow()
    expect(await view(acme)).toMatchObject({ state: 'applying', done: 0, total: 3 })

    acme.usher.clock.advance(60_001)
    await Promise.all([acme.bringShadow(), acme.bringShadow()])

    expect((await view(acme)).last).toMatchObject({ applied: 3, refused: [] })
    expect(
      (await acme.events()).filter(
        ({ type, actor }) => type === 'user.joined' && actor.startsWith('SCIM'),
      ),
    ).toHaveLength(3)
  })

  test('keeps the identity provider waiting and the source as it is until it is done, and waits for a pause', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    await acme.user(person('eve'))
    await beginLive(acme)

    const waiting = await acme.scim('GET', '/Users')
    expect(waiting).toMatchObject({ status: 503, body: { detail: /provisioning\.paused/ } })
    expect(waiting.headers['retry-after']).toBe('30')
    const conflict = { status: 409, body: { code: 'provisioning.method_conflict' } }
    expect(await acme.api('POST', url)).toMatchObject(conflict)
    expect(await acme.api('PUT', '/identity/provisioning', { source: 'portal' })).toMatchObject(
      conflict,
    )
    await acme.api('POST', '/identity/provisioning/pause')
    await acme.bringShadow()
    expect(await view(acme)).toMatchObject({ state: 'applying', done: 0 })

    await acme.api('POST', '/identity/provisioning/resume')
    await acme.bringShadow()
    expect((await view(acme)).last).toMatchObject({ applied: 1 })
    expect(await acme.scim('GET', '/Users')).toMatchObject({
      status: 200,
      body: { totalResults: 1 },
    })
  })

  test('is stopped by a manager: what was brought stays, and the identity provider is heard again', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    await acme.user(person('eve'))
    await beginLive(acme)

    expect(await acme.api('DELETE', url)).toMatchObject({
      status: 200,
      body: { state: 'none', last: { wentLiveBy: 'Ana Ruiz', applied: 0 } },
    })
    await acme.bringShadow()

    expect(await acme.scim('GET', '/Users')).toMatchObject({
      status: 200,
      body: { totalResults: 0 },
    })
    expect((await acme.events()).at(-1)).toMatchObject({
      type: 'scim.shadow_applied',
      data: { applied: 0, of: 1, stopped: true },
    })
  })

  test('is rolled back as any change of the source is: whom it took over is managed as before', async () => {
    const { acme, bob } = await acmeWith()
    await open(acme)
    await acme.scim('POST', '/Users', person('bob'))
    await goLive(acme)
    expect((await acme.people()).find(({ id }) => id === bob)).toMatchObject({ managedBy: 'scim' })

    const { previewId } = (
      await acme.api('POST', '/identity/provisioning/preview', { rollback: true })
    ).body
    await acme.api('POST', '/identity/provisioning/rollback', { previewId })

    expect((await acme.people()).find(({ id }) => id === bob)).toMatchObject({
      managedBy: 'portal',
    })
  })

  test('needs a preview that was looked at a moment ago', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    const { previewId } = (
      await acme.api('POST', '/identity/provisioning/preview', { source: 'scim' })
    ).body
    const live = (body: object) => acme.api('POST', `${url}/go-live`, body)
    const required = { status: 409, body: { code: 'provisioning.preview_required' } }
    expect(await live({})).toMatchObject(required)
    expect(await live({ previewId: 'made up' })).toMatchObject(required)
    await acme.api('POST', '/identity/provisioning/pause')
    expect(await live({ previewId })).toMatchObject({
      status: 412,
      body: { code: 'request.stale' },
    })
    expect((await view(acme)).state).toBe('open')
  })
})

describe('a shadow', () => {
  const conflict = { status: 409, body: { code: 'provisioning.method_conflict' } }

  test('is one at a time, before SCIM is the source, and where people sign in by SSO', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    expect(await acme.api('POST', url)).toMatchObject(conflict)
    expect(await acme.api('PUT', '/identity/provisioning', { source: 'scim' })).toMatchObject(
      conflict,
    )

    const live = await createScimOrganisation()
    expect(await live.api('POST', url)).toMatchObject(conflict)
    expect(await view(live as ScimOrganisation)).toMatchObject({ state: 'none', last: null })

    const byPassword = await createOrganisation({ method: 'password' })
    expect(await byPassword.api('POST', url)).toMatchObject({
      status: 409,
      body: { code: 'provisioning.sso_required' },
    })
    expect((await byPassword.api('GET', url)).body.unavailableBecause).toBe(
      'Requires SSO as the login method',
    )
    expect(await byPassword.api('GET', `${url}/differences`)).toMatchObject({ status: 404 })
    expect(await byPassword.api('DELETE', url)).toMatchObject({ status: 404 })
  })

  test('that is being copied asks the identity provider to call again, and strangers for a credential', async () => {
    const { acme } = await acmeWith()
    await acme.api('POST', url)
    const waiting = await acme.scim('GET', '/Users')
    expect(waiting).toMatchObject({
      status: 503,
      body: { detail: /provisioning\.paused: Call again/ },
    })
    expect(waiting.headers['retry-after']).toBe('30')
    expect(
      await acme.scim('GET', '/Users', undefined, { authorization: 'Bearer no' }),
    ).toMatchObject({
      status: 401,
    })
    expect(await acme.api('GET', `${url}/differences`)).toMatchObject(conflict)
    await acme.api('DELETE', url)
    await acme.bringShadow()
    expect(await acme.scim('GET', '/Users')).toMatchObject({ status: 403 })
  })

  test('follows the settings of the connection', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    expect(await acme.scim('POST', '/Groups', { displayName: 'A' })).toMatchObject({ status: 201 })
    const { body } = await acme.api('GET', '/identity/scim')
    const { graceDays, dialect, syncRoles, provisionExistingUsers } = body
    const settings = { graceDays, dialect, syncRoles, provisionExistingUsers, syncGroups: false }
    expect(await acme.api('PUT', '/identity/scim', settings)).toMatchObject({ status: 200 })
    expect(await acme.scim('POST', '/Groups', { displayName: 'B' })).toMatchObject({ status: 403 })
  })

  test('is said in the provisioning log of whom it answered', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    await acme.user(person('eve'))
    await acme.usher.provisioningLog.flush()
    const { body } = await acme.api('GET', '/provisioning-log?person=eve')
    const details = await acme.api('GET', `/provisioning-log/${body.items[0].id}`)
    expect(details.body).toMatchObject({
      method: 'POST',
      status: 201,
      notes: ['Answered from the shadow: nobody in the directory was changed.'],
    })
  })

  test('is nobody’s organisation: no door leads into its copy but that of the identity provider', async () => {
    const { acme, bob } = await acmeWith()
    await open(acme)
    const [copy = ''] = await copiesOf(acme)
    const token = { authorization: `Bearer ${acme.token}` }
    expect(await acme.send('GET', `/scim/${copy}/v2/Users`, undefined, token)).toMatchObject({
      status: 401,
    })
    expect(await acme.api('GET', `/users/${bob}`, undefined, { of: copy })).toMatchObject({
      status: 404,
    })
    expect(
      await acme.send('GET', `/api/v1/login/${encodeURIComponent(`shadow ${copy}`)}`),
    ).toMatchObject({
      status: 404,
    })
    expect(await acme.send('POST', `/saml/${copy}/acs`)).not.toMatchObject({ status: 200 })
  })

  test('does not open to who has a key of their own', async () => {
    const { acme } = await acmeWith()
    await open(acme)
    const { body } = await me(acme, 'POST', '/keys', { label: 'my script', scopes: ['users:read'] })
    const key = { authorization: `Bearer ${body.key}` }
    expect(await acme.scim('GET', '/Me', undefined, key)).toMatchObject({ status: 403 })
    expect(await acme.scim('GET', '/Users', undefined, key)).toMatchObject({ status: 403 })
  })
})

const sequences = howMany('USHER_SHADOWS', 15)

describe('what was rehearsed comes to what would have been', () => {
  test(`in ${sequences} random sequences of calls, begun before the rehearsal`, {
    timeout: 3_600_000,
  }, async () => {
    const acme = await createScimOrganisation({ overTwoNodes: true })
    let number = 0
    const some = (maxLength: number) => fc.array(step, { minLength: 2, maxLength })
    await fc.assert(
      fc.asyncProperty(some(8), some(20), async (before, rehearsed) => {
        number += 1
        const run = new Run(acme, `h${number}`)
        for (const one of [...opening, ...before]) await run.take(one)
        await leaveScim(acme)
        await acme.api('POST', url)
        await acme.bringShadow()
        const here = await directoryOf(acme)
        for (const one of rehearsed) await run.take(one)
        await run.compare()
        expect(await directoryOf(acme)).toEqual(here)

        const last = await goLive(acme)

        expect(last).toMatchObject({ refused: [] })
        await run.compare()
      }),
      { numRuns: sequences, endOnFailure: false },
    )
  })

  test.each(simulatedProviders)(
    'with the directory of the simulated %s, which goes on for a year',
    async (name) => {
      const acme = await createScimOrganisation({ source: 'portal', syncRoles: true })
      await acme.api('POST', url)
      await acme.bringShadow()
      const { exchange } = acme
      const idp = simulatedScimClient(name, { directory: sampleDirectory(), exchange })
      await idp.testConnection()
      await idp.initialCycle()
      const [first, ...later] = sampleYear().flatMap(({ changes }) => changes)
      if (first) await idp.incrementalCycle([first])

      expect(await goLive(acme)).toMatchObject({ refused: [] })

      await acme.expectOutcome(idp.outcome())
      await idp.incrementalCycle(later)
      await acme.expectOutcome(idp.outcome())
      expect(idp.transcript.filter((one) => !isAsExpected(one))).toEqual([])
    },
  )
})

/** Every row here that SCIM could have written. */
async function directoryOf({ usher: { store }, id }: ScimOrganisation) {
  const tables = [
    ...([
      'users',
      'scim_attributes',
      'other_emails',
      'user_roles',
      'identities',
      'grants',
    ] as const),
    ...([
      'groups',
      'group_members',
      'nested_groups',
      'tombstones',
      'adopted',
      'adoptions',
    ] as const),
    ...(['events', 'outbox', 'sessions', 'leftovers', 'notices', 'scim_settings'] as const),
  ]
  const all = await Promise.all(
    tables.map((table) =>
      store.read.selectFrom(table).selectAll().where('org_id', '=', id).execute(),
    ),
  )
  return all.map((rows) => rows.map((row) => JSON.stringify(row)).sort())
}

async function leaveScim(acme: ScimOrganisation): Promise<void> {
  const { previewId } = (
    await acme.api('POST', '/identity/provisioning/preview', { source: 'portal' })
  ).body
  const left = await acme.api('PUT', '/identity/provisioning', { source: 'portal', previewId })
  expect(left.status).toBe(200)
}

/** Since the shadow began. */
async function happened(acme: ScimOrganisation): Promise<string[]> {
  const names = await acme.eventNames()
  return names.slice(names.indexOf('scim.shadow_started'))
}

async function mailsOfCopies(acme: ScimOrganisation): Promise<object[]> {
  const copies = await copiesOf(acme)
  return acme.usher.store.read
    .selectFrom('outbox')
    .select('template')
    .where('org_id', 'in', copies)
    .execute()
}

async function copiesOf(acme: ScimOrganisation): Promise<string[]> {
  const rows = await acme.usher.store.read
    .selectFrom('organisations')
    .select('id')
    .where('shadow_of', '=', acme.id)
    .execute()
  return rows.map(({ id }) => id)
}

/** Every table in which anything of this organisation is left, but for what says that it ended. */
async function rowsOf({ usher: { store } }: ScimOrganisation, id: string): Promise<string[]> {
  await store.catchUp()
  const left = new Set<string>()
  for await (const { table, columns, rows } of store.dump()) {
    const at = columns.findIndex(
      (name) => name === 'org_id' || (table === 'organisations' && name === 'id'),
    )
    if (at >= 0 && rows.some((row) => row[at] === id)) left.add(table)
  }
  return [...left]
}
