import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  groupSchema,
  type ScimOrganisation,
  scimError,
} from '../../testing/scim.ts'

const address = 'bob@acme.test'
const bob = {
  userName: 'bob.miller',
  externalId: 'entra-object-7',
  name: { givenName: 'Bob', familyName: 'Miller' },
  emails: [{ value: address, type: 'work', primary: true }],
}
const deactivate = { op: 'replace', path: 'active', value: false }
const activate = { op: 'replace', path: 'active', value: true }

describe('a person whom SCIM sent', () => {
  test.each([
    ['externalId', bob.externalId],
    ['userName', 'BOB.MILLER'],
  ])('SC-23: signs in by SSO at once, known by %s', async (_by, nameId) => {
    const acme = await createScimOrganisation({ saml: { emailFrom: { claim: 'email' } } })
    const id = await acme.user(bob)
    const started = await acme.startSso()
    const response = acme.respondTo(
      started,
      { email: address },
      {
        nameId,
        attributes: [['email', 'robert@elsewhere.test']],
      },
    )
    const answer = await acme.postResponse(response, started)
    // By the address alone they are somebody else here: only the keys of SCIM say who they are.
    expect(answer.status).toBe(303)
    const linked = (await acme.events()).filter(({ type }) => type === 'user.linked')
    expect(linked.map((event) => event.subject_id)).toEqual([id])
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe(address)
  })

  test('SC-23: keeps name and address from SCIM, whatever the sign-in says', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ ...bob, userName: address })
    await acme.signIn({ email: address, firstName: 'Robert', lastName: 'M' })
    const { body } = await acme.api('GET', `/users/${id}`)
    expect(body).toMatchObject({ firstName: 'Bob', lastName: 'Miller', email: address })
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.linked', 'auth.succeeded'])
  })

  test('SC-22: is in the Default group, reaches the Default pool, and has ROLE_USER', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const { body } = await acme.api('GET', `/users/${id}`)
    expect(body).toMatchObject({
      managedBy: 'scim',
      joinedBy: 'scim',
      roles: ['ROLE_USER'],
      memberships: [{ name: 'Default', managedBy: 'portal' }],
      pools: [{ poolName: 'Default' }],
      userName: bob.userName,
      externalId: bob.externalId,
    })
  })

  test('SC-22: keeps the pools and groups that a manager gave, whatever SCIM sends later', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const groupId = await acme.makeGroup('Engineers')
    const poolId = await acme.makePool('Production')
    await acme.api('POST', `/groups/${groupId}/members`, { userId: id })
    await acme.api('POST', `/users/${id}/pool-grants`, { poolId })
    await acme.scim('PUT', `/Users/${id}`, { ...bob, title: 'Lead' })
    await acme.scim('DELETE', `/Users/${id}`)
    await acme.scim('POST', '/Users', bob)
    const { body } = await acme.api('GET', `/users/${id}`)
    expect(body.groups.map(({ name }: { name: string }) => name)).toEqual(['Default', 'Engineers'])
    expect(body.pools.map(({ poolName }: { poolName: string }) => poolName).toSorted()).toEqual([
      'Default',
      'Production',
    ])
  })

  test('SC-15: loses every session at once, by PATCH and by DELETE', async () => {
    for (const leave of ['PATCH', 'DELETE']) {
      const acme = await createScimOrganisation()
      const id = await acme.user({ ...bob, userName: address })
      const { session } = await acme.signIn({ email: address })
      const me = () =>
        acme.send('GET', '/api/v1/me', undefined, { cookie: `usher_session=${session}` })
      expect((await me()).status).toBe(200)
      if (leave === 'PATCH') await acme.patch(`/Users/${id}`, deactivate)
      else await acme.scim('DELETE', `/Users/${id}`)
      expect((await me()).status).toBe(401)
      const ended = { sessionsEnded: 1, temporaryAccessEnded: 0 }
      expect((await acme.events()).at(-1)).toMatchObject({ data: ended, source: 'scim' })
    }
  })

  test('SC-21: cannot be changed or deleted in the portal, with the reason', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const refused = { status: 409, body: { code: 'user.managed_externally' } }
    expect(await acme.api('PATCH', `/users/${id}`, { firstName: 'X' })).toMatchObject(refused)
    expect(await acme.api('PUT', `/users/${id}/disable`)).toMatchObject(refused)
    expect(await acme.api('DELETE', `/users/${id}`)).toMatchObject(refused)
    const { body } = await acme.api('GET', `/users/${id}`)
    expect(body.locked).toMatchObject({
      edit: expect.stringContaining('SCIM'),
      delete: expect.stringContaining('SCIM'),
      hold: null,
    })
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('SC-40: is given a role in whatever case it is written', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await acme.user({ ...bob, roles: [{ value: 'role_viewer' }] })
    const { body } = await acme.scim('GET', `/Users/${id}`)
    expect(body.roles).toEqual([{ value: 'ROLE_VIEWER' }])
    expect(await acme.find('roles.value eq "role_Viewer"')).toEqual([id])
  })

  test('SC-40: has the role as it was sent, so that Entra ID finds the primary one and changes it', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const role = (value: string) => [{ value, primary: true, display: 'In the app' }]
    const id = await acme.user({ ...bob, roles: role('ROLE_VIEWER') })
    expect((await acme.scim('GET', `/Users/${id}`)).body.roles).toEqual(role('ROLE_VIEWER'))

    const path = 'roles[primary eq "True"].value'
    const { body } = await acme.patch(`/Users/${id}`, {
      op: 'Replace',
      path,
      value: 'ROLE_MANAGER',
    })

    expect(body.roles).toEqual(role('ROLE_MANAGER'))
    expect((await acme.api('GET', `/users/${id}`)).body.roles).toEqual(['ROLE_MANAGER'])
  })

  test('PV-8: has roles from the portal, until Sync roles is on', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const viewer = { roles: ['ROLE_VIEWER'] }
    expect((await acme.api('PATCH', `/users/${id}`, viewer)).status).toBe(200)
    const synced = await createScimOrganisation({ syncRoles: true })
    const other = await synced.user(bob)
    expect(await synced.api('PATCH', `/users/${other}`, viewer)).toMatchObject({
      status: 409,
      body: { code: 'user.managed_externally' },
    })
  })
})

describe('US-12: somebody on hold', () => {
  test('is out at once, stays out whatever SCIM says, and comes back by a manager alone', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ ...bob, userName: address })
    const { session } = await acme.signIn({ email: address })
    expect((await acme.api('PUT', `/users/${id}/hold`)).status).toBe(204)
    const me = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_session=${session}`,
    })
    expect(me.status).toBe(401)
    await acme.patch(`/Users/${id}`, deactivate)
    await acme.patch(`/Users/${id}`, activate)
    expect((await acme.signIn({ email: address })).status).toBe(403)
    expect((await acme.api('GET', `/users/${id}`)).body).toMatchObject({ held: true })
    expect((await acme.api('DELETE', `/users/${id}/hold`)).status).toBe(204)
    expect((await acme.signIn({ email: address })).status).toBe(303)
    expect((await acme.eventNames()).filter((name) => name.startsWith('user.'))).toEqual([
      'user.joined',
      'user.linked',
      'user.held',
      'user.deactivated',
      'user.enabled',
      'user.released',
    ])
  })

  test('stays on hold when the identity provider deletes them and sends them again', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ ...bob, userName: address })
    await acme.api('PUT', `/users/${id}/hold`)
    expect((await acme.scim('DELETE', `/Users/${id}`)).status).toBe(204)
    const back = await acme.scim('POST', '/Users', { ...bob, userName: address, active: true })
    expect(back.body).toMatchObject({ id, active: true })
    expect((await acme.api('GET', `/users/${id}`)).body).toMatchObject({ held: true })
    expect((await acme.signIn({ email: address })).status).toBe(403)
  })

  test('is never the last working manager, nor somebody of the portal', async () => {
    const acme = await createScimOrganisation()
    const hold = () => acme.api('PUT', `/users/${acme.manager.id}/hold`)
    expect(await hold()).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
    await acme.user({ ...bob, userName: acme.manager.email, emails: [] })
    expect(await hold()).toMatchObject({ status: 409, body: { code: 'manager.last_working' } })
  })
})

describe('SC-24: the last working manager', () => {
  test('stays, and managers and emergency accounts are mailed, once', async () => {
    const acme = await createScimOrganisation()
    const emergency = await acme.createEmergency()
    const id = await acme.user({ ...bob, userName: acme.manager.email, emails: [] })
    expect(id).toBe(acme.manager.id)
    const refused = scimError(409, undefined, /^manager\.last_working: /)
    expect(await acme.patch(`/Users/${id}`, deactivate)).toMatchObject(refused)
    expect(await acme.scim('DELETE', `/Users/${id}`)).toMatchObject(refused)
    const mails = (await acme.mails()).filter(({ template }) => template === 'last_manager_kept')
    expect(mails.map(({ recipient }) => recipient)).toEqual([acme.manager.email, emergency.email])
    expect((await acme.scim('GET', `/Users/${id}`)).body.active).toBe(true)
  })
})

/** Somebody of the portal, in an organisation that has turned to SCIM since. */
async function withLocal(email: string) {
  const acme = await createScimOrganisation({ source: 'portal' })
  const made = await acme.api('POST', '/users', { email, firstName: 'Gus', lastName: 'Local' })
  expect(made.status).toBe(201)
  await acme.store(`update organisations set source = 'scim' where id = '${acme.id}'`)
  return { acme, id: made.body.id as string }
}

describe('SC-18: somebody who was here before', () => {
  test('keeps their own address, and can be deactivated, whoever has the one that was sent', async () => {
    const { acme, id } = await withLocal('gus@acme.test')
    await acme.user({ userName: 'x@acme.test' })

    const adopted = await acme.scim('POST', '/Users', {
      userName: 'gus@acme.test',
      emails: [{ value: 'x@acme.test', type: 'work', primary: true }],
    })
    expect(adopted).toMatchObject({ status: 201, body: { id } })

    const titled = await acme.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'CTO' })
    expect(titled.status).toBe(200)
    const { status, body } = await acme.patch(`/Users/${id}`, deactivate)
    expect({ status, active: body.active }).toEqual({ status: 200, active: false })
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe('gus@acme.test')

    const again = await acme.scim('PUT', `/Users/${id}`, {
      userName: 'gus@acme.test',
      title: 'CTO',
      active: true,
      emails: [{ value: 'x@acme.test', type: 'work', primary: true }],
    })
    expect(again, again.text).toMatchObject({ status: 200, body: { active: true } })
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe('gus@acme.test')

    // Another address than was sent before is a change, and this one is free.
    const moved = [{ value: 'gustav@acme.test', type: 'work', primary: true }]
    await acme.patch(`/Users/${id}`, { op: 'replace', path: 'emails', value: moved })
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe('gustav@acme.test')
  })

  test('is found by their id, as by any other key', async () => {
    const { acme, id } = await withLocal('gus@acme.test')

    expect(await acme.find(`id eq "${id}"`)).toEqual([id])
    expect(await acme.find('userName eq "gus@acme.test"')).toEqual([id])
    expect(await acme.find('userName pr')).toEqual([])

    const path = `/Users?filter=${encodeURIComponent('userName eq "gus@acme.test"')}`
    const second = await acme.scim('GET', `${path}&startIndex=2`)
    expect(second.body).toMatchObject({ totalResults: 1, startIndex: 2, Resources: [] })
    expect((await acme.scim('GET', `${path}&count=0`)).body).toMatchObject({
      totalResults: 1,
      Resources: [],
    })
  })

  test('is adopted by a PATCH that says what is so already, as Entra ID and Okta send it', async () => {
    const { acme, id } = await withLocal('gus@acme.test')
    const begun = (await acme.events()).length

    const active = { op: 'Replace', path: 'active', value: true }
    const first = await acme.patch(`/Users/${id}`, active)
    const second = await acme.patch(`/Users/${id}`, active)

    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.headers.etag).toBe(first.headers.etag)
    expect((await acme.api('GET', `/users/${id}`)).body.managedBy).toBe('scim')
    expect((await acme.events()).slice(begun)).toMatchObject([
      { type: 'user.adopted', subject_id: id },
      { type: 'user.changed', subject_id: id, before: { name: null } },
    ])
  })

  test('is adopted by a PUT that says what is known of them already', async () => {
    const { acme, id } = await withLocal('gus@acme.test')
    const { body } = await acme.scim('GET', `/Users/${id}`)
    const begun = (await acme.events()).length

    expect((await acme.scim('PUT', `/Users/${id}`, body)).status).toBe(200)

    expect((await acme.api('GET', `/users/${id}`)).body.managedBy).toBe('scim')
    expect((await acme.events())[begun]).toMatchObject({ type: 'user.adopted', subject_id: id })
  })

  test('and was deleted before SCIM ever named them comes back as who they were', async () => {
    const { acme, id } = await withLocal('gus@acme.test')

    expect((await acme.scim('DELETE', `/Users/${id}`)).status).toBe(204)

    const back = await acme.scim('POST', '/Users', { userName: 'Gus@acme.test' })
    expect(back).toMatchObject({ status: 201, body: { id } })
  })
})

describe('SC-17: a name of 32 hexadecimal characters', () => {
  const hex = '6c5a2a4c0d3b4f0e9a1b2c3d4e5f6a7b'

  test.each([`${hex}@acme.test`, `${hex}john@acme.test`])(
    'that somebody always had is no mark of a deletion: %s',
    async (userName) => {
      const acme = await createScimOrganisation()
      const id = await acme.user({ userName })
      expect((await acme.api('GET', `/users/${id}`)).body.email).toBe(userName)

      await acme.scim('DELETE', `/Users/${id}`)

      const back = await acme.scim('POST', '/Users', { userName })
      expect(back).toMatchObject({ status: 201, body: { id } })
    },
  )
})

describe('SC-32: the version of a group', () => {
  test('follows who leaves and who returns, without the group being named', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const group = await acme.group('Engineers', id)
    const inner = await acme.group('Inner')
    await acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: inner }] })
    const path = `/Groups/${group}`
    let known = String((await acme.scim('GET', path)).headers.etag)
    const changed = async () => {
      const { status, headers } = await acme.scim('GET', path, undefined, {
        'if-none-match': known,
      })
      known = String(headers.etag)
      return status
    }
    expect(await changed()).toBe(304)

    await acme.scim('DELETE', `/Users/${id}`)
    expect(await changed()).toBe(200)
    await acme.user(bob)
    expect(await changed()).toBe(200)
    expect(await acme.membersOf(group)).toEqual([id, inner].toSorted())
    await acme.scim('DELETE', `/Groups/${inner}`)
    expect(await changed()).toBe(200)
    expect(await changed()).toBe(304)
  })
})

describe('SC-19: with "Provision existing users" off', () => {
  test('somebody who is here is invisible, and waits in the adoption queue', async () => {
    const acme = await createScimOrganisation({ provisionExistingUsers: false })
    const sent = { ...bob, userName: acme.manager.email, emails: [] }
    expect(await acme.find(`userName eq "${acme.manager.email}"`)).toEqual([])
    expect((await acme.scim('GET', `/Users/${acme.manager.id}`)).status).toBe(404)
    expect(await acme.scim('POST', '/Users', sent)).toMatchObject(scimError(409, 'uniqueness'))
    const [entry] = (await acme.api('GET', '/adoptions')).body.items
    expect(entry).toMatchObject({ userId: acme.manager.id, issuer: 'scim', risk: 'high' })
    expect(await acme.eventNames()).toEqual(['adoption.queued'])

    await acme.api('POST', `/adoptions/${entry.id}/approve`)
    expect(await acme.scim('POST', '/Users', sent)).toMatchObject({
      status: 201,
      body: { id: acme.manager.id },
    })
  })
})

describe('SC-20: whom the identity provider does not know', () => {
  test('keep working, are listed, and are deactivated together with an answer each', async () => {
    const acme = await createScimOrganisation()
    await acme.user(bob)
    const others = await acme.api('GET', '/users?notManagedBy=scim')
    expect(others.body.items.map(({ id }: { id: string }) => id)).toEqual([acme.manager.id])
    const answer = await acme.api('POST', '/users/disable', { ids: [acme.manager.id] })
    expect(answer).toMatchObject({
      status: 207,
      body: { items: [{ id: acme.manager.id, status: 409, code: 'manager.last_working' }] },
    })
  })
})

describe('groups of the identity provider', () => {
  test('SC-35: take over a group of the portal only when a manager ticked it', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.makeGroup('Engineers')
    const poolId = await acme.makePool('Production')
    await acme.usher.store.write((db) =>
      db
        .insertInto('grants')
        .values({
          org_id: acme.id,
          id: poolId,
          subject_kind: 'group',
          subject_id: id,
          pool_id: poolId,
          role: 'ROLE_USER',
          expires_at: null,
          provenance: 'manual',
          actor: 'Ana',
          actor_id: null,
          rule: null,
          request_id: null,
          at: 1,
        })
        .execute(),
    )
    const person = await acme.user(bob)
    const push = { displayName: 'engineers', members: [{ value: person }] }
    expect(await acme.scim('POST', '/Groups', push)).toMatchObject(scimError(409, 'uniqueness'))
    expect(await acme.find('displayName eq "Engineers"', '/Groups')).toEqual([])

    await acme.api('PUT', `/groups/${id}/adoptable`, { adoptable: true })
    expect(await acme.find('displayName eq "ENGINEERS"', '/Groups')).toEqual([id])
    expect(await acme.scim('POST', '/Groups', push)).toMatchObject({ status: 201, body: { id } })
    // SC-36: what the group reaches stays with the manager, who is in it with the identity provider.
    const { body } = await acme.api('GET', `/users/${person}`)
    expect(body.pools.map(({ poolName }: { poolName: string }) => poolName)).toContain('Production')
    for (const method of ['POST', 'DELETE']) {
      const path = method === 'POST' ? '' : `/${person}`
      const answer = await acme.api(
        method,
        `/groups/${id}/members${path}`,
        method === 'POST' ? { userId: person } : undefined,
      )
      expect(answer).toMatchObject({ status: 409, body: { code: 'group.managed_externally' } })
    }
  })

  test.each(['PUT', 'PATCH'])(
    'SC-35: take over a ticked group by the first %s after it was looked up',
    async (method) => {
      const acme = await createScimOrganisation()
      const id = await acme.makeGroup('Engineers')
      const person = await acme.user(bob)
      await acme.api('PUT', `/groups/${id}/adoptable`, { adoptable: true })
      const begun = (await acme.events()).length
      const read = await acme.scim('GET', `/Groups/${id}`)

      const members = [{ value: person }]
      const body =
        method === 'PUT'
          ? { ...read.body, members }
          : { Operations: [{ op: 'add', path: 'members', value: members }] }
      const written = await acme.scim(method, `/Groups/${id}`, body)

      expect(read).toMatchObject({ status: 200, body: { displayName: 'Engineers', members: [] } })
      expect(written.status).toBeLessThan(300)
      expect(await acme.membersOf(id)).toEqual([person])
      expect((await acme.events()).slice(begun)).toMatchObject([
        {
          type: 'group.adopted',
          subject_id: id,
          before: { managedBy: 'portal' },
          after: { managedBy: 'scim' },
        },
        { type: 'group.member_added', subject_id: person },
      ])
    },
  )

  test('SC-39: give what they reach to the people of the groups in them, and say by which way', async () => {
    const acme = await createScimOrganisation()
    const person = await acme.user(bob)
    const inner = await acme.group('Inner', person)
    const outer = await acme.group('Outer', inner)
    const { body } = await acme.scim('GET', `/Users/${person}`)
    expect(body.groups).toMatchObject([
      { value: inner, type: 'direct' },
      { value: outer, type: 'indirect' },
    ])
    const details = await acme.api('GET', `/users/${person}`)
    expect(details.body.memberships).toMatchObject([
      { name: 'Default', inherited: false },
      { name: 'Inner', inherited: false },
      { name: 'Outer', inherited: true, via: ['Inner'] },
    ])
    expect(await acme.find(`groups.value eq "${outer}"`)).toEqual([person])
  })

  test('SC-39: say once that a group came into another, and once that it went', async () => {
    const acme = await createScimOrganisation()
    const [inner, outer] = [await acme.group('Inner'), await acme.group('Outer')]
    const add = { op: 'add', path: 'members', value: [{ value: inner, type: 'Group' }] }
    const remove = { op: 'remove', path: `members[value eq "${inner}"]` }

    const versions: unknown[] = []
    for (const operation of [add, add, remove, remove])
      versions.push((await acme.patch(`/Groups/${outer}`, operation)).headers.etag)

    expect(versions).toEqual(['W/"2"', 'W/"2"', 'W/"3"', 'W/"3"'])
    const told = { group: 'Outer', groupId: outer }
    expect(await acme.events()).toMatchObject([
      { type: 'group.created', subject_id: inner, after: { name: 'Inner' }, source: 'scim' },
      { type: 'group.created', subject_id: outer, after: { name: 'Outer' }, source: 'scim' },
      { type: 'group.nested', subject_id: inner, after: told, source: 'scim' },
      { type: 'group.unnested', subject_id: inner, before: told, source: 'scim' },
    ])
  })
})

test('PV-13: when SCIM is left, its people and groups are the manager’s, and nobody is locked', async () => {
  const acme = await createScimOrganisation()
  const person = await acme.user(bob)
  const group = await acme.group('Engineers', person)
  const left = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
  expect(left.status).toBe(200)
  expect((await acme.api('PATCH', `/users/${person}`, { firstName: 'Robert' })).status).toBe(200)
  expect((await acme.api('DELETE', `/groups/${group}/members/${person}`)).status).toBe(204)
  expect((await acme.api('PUT', `/users/${person}/disable`)).status).toBe(204)
  expect((await acme.scim('GET', '/Users')).status).toBe(403)
})

describe('SC-6: while SCIM is not the source', () => {
  test.each(['portal', 'sso_jit'] as const)('under %s every call is 403', async (source) => {
    const acme = await createScimOrganisation({ source })
    for (const path of ['/Users', '/ServiceProviderConfig', '/nothing'])
      expect(await acme.scim('GET', path)).toMatchObject(
        scimError(403, undefined, /^provisioning\.method_conflict: /),
      )
  })
})

describe('SC-6: a call that was let in before SCIM was left', () => {
  const path = ({ id, group }: Record<'id' | 'group', string>, what: string) =>
    ({ people: '/Users', person: `/Users/${id}`, groups: '/Groups', group: `/Groups/${group}` })[
      what
    ]
  const title = { Operations: [{ op: 'replace', path: 'title', value: 'CTO' }] }
  const named = { Operations: [{ op: 'replace', path: 'displayName', value: 'Motors' }] }

  test.each([
    ['POST', 'people', { userName: 'ada@acme.test' }],
    ['PUT', 'person', { ...bob, title: 'CTO' }],
    ['PATCH', 'person', title],
    ['DELETE', 'person', {}],
    ['POST', 'groups', { displayName: 'Motors' }],
    ['PUT', 'group', { displayName: 'Motors' }],
    ['PATCH', 'group', named],
    ['DELETE', 'group', {}],
  ] as const)('is 403 when its body comes after: %s of %s', async (method, what, body) => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const group = await acme.group('Engineers', id)
    let left: unknown
    async function* late() {
      await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
      left = await acme.events()
      yield Buffer.from(JSON.stringify(body))
    }

    const answer = await acme.usher.app.inject({
      method,
      url: `/scim/${acme.id}/v2${path({ id, group }, what)}`,
      headers: { authorization: `Bearer ${acme.token}`, 'content-type': 'application/scim+json' },
      payload: Readable.from(late()),
    })

    expect({ status: answer.statusCode, body: answer.json() }).toMatchObject(
      scimError(403, undefined, /^provisioning\.method_conflict: /),
    )
    expect(await acme.events()).toEqual(left)
  })
})

describe('SC-16: a grace period', () => {
  test('that is over erases the person, and the audit says so', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    await acme.scim('DELETE', `/Users/${id}`)
    await acme.store(`update tombstones set erase_at = 1 where org_id = '${acme.id}'`)
    const made = await acme.scim('POST', '/Users', bob)
    expect(made.status).toBe(201)
    expect(made.body.id).not.toBe(id)
  })

  const whole = (ids: string[]) => ids.map((value) => ({ value }))
  type Said = [
    string,
    (
      acme: ScimOrganisation,
      group: string,
      away: string,
      here: string,
    ) => Promise<{ status: number }>,
    boolean,
  ]
  test.each<Said>([
    ['nothing', async () => ({ status: 204 }), true],
    [
      'that somebody else goes',
      (acme, group, _, here) =>
        acme.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${here}"]` }),
      true,
    ],
    [
      'that they go, beside somebody who is here',
      (acme, group, away, here) =>
        acme.patch(`/Groups/${group}`, {
          op: 'remove',
          path: 'members',
          value: whole([here, away]),
        }),
      false,
    ],
    [
      'that they go',
      (acme, group, away) =>
        acme.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${away}"]` }),
      false,
    ],
    [
      'by PUT who is in it, as it is',
      (acme, group, _, here) =>
        acme.scim('PUT', `/Groups/${group}`, {
          schemas: [groupSchema],
          displayName: 'Team',
          members: whole([here]),
        }),
      false,
    ],
    [
      'by PATCH who is in it, as it is',
      (acme, group, _, here) =>
        acme.patch(`/Groups/${group}`, { op: 'replace', path: 'members', value: whole([here]) }),
      false,
    ],
  ])(
    'SC-37: a group of whose deleted member the identity provider says %s',
    async (_, say, stays) => {
      const acme = await createScimOrganisation()
      const here = await acme.user({ userName: 'ada@acme.test' })
      const away = await acme.user(bob)
      const group = await acme.group('Team', here, away)
      const other = await acme.group('Other', away)
      await acme.scim('DELETE', `/Users/${away}`)

      const said = await say(acme, group, away, here)
      const back = await acme.scim('POST', '/Users', bob)

      expect(said.status).toBeLessThan(300)
      expect(back).toMatchObject({ status: 201, body: { id: away } })
      expect((await acme.membersOf(group)).includes(away)).toBe(stays)
      expect(await acme.membersOf(other)).toEqual([away])
    },
  )

  test('SC-37: of many groups that a deleted person is taken out of at once, none gets them back', async () => {
    const acme = await createScimOrganisation()
    const away = await acme.user(bob)
    const groups: string[] = []
    for (let number = 0; number < 12; number += 1)
      groups.push(await acme.group(`Team ${number}`, away))
    await acme.scim('DELETE', `/Users/${away}`)

    const said = await Promise.all(
      groups.map((group) =>
        acme.patch(`/Groups/${group}`, { op: 'remove', path: `members[value eq "${away}"]` }),
      ),
    )
    const back = await acme.scim('POST', '/Users', bob)

    expect(said.map(({ status }) => status)).toEqual(groups.map(() => 204))
    expect(back).toMatchObject({ status: 201, body: { id: away } })
    for (const group of groups) expect(await acme.membersOf(group)).toEqual([])
    const told = (await acme.events()).filter(({ type }) => type === 'group.member_removed')
    expect(told.map(({ subject_id }) => subject_id)).toEqual(groups.map(() => away))
  })

  test('SC-16: gives the groups back to whoever was deleted before groups counted how often they were set', async () => {
    const acme = await createScimOrganisation()
    const away = await acme.user(bob)
    const group = await acme.group('Team', away)
    await acme.scim('DELETE', `/Users/${away}`)
    await acme.store(
      `update tombstones set person = replace(person, ',"timesSet":0', '') where org_id = '${acme.id}'`,
    )

    await acme.scim('POST', '/Users', bob)

    expect(await acme.membersOf(group)).toEqual([away])
  })

  test('brings back who has the same userName, by whatever address and key they are sent now', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    await acme.scim('DELETE', `/Users/${id}`)

    const back = await acme.scim('POST', '/Users', {
      ...bob,
      userName: 'BOB.Miller',
      externalId: 'entra-object-8',
      emails: [{ value: 'bob@elsewhere.test', type: 'work', primary: true }],
    })

    expect(back).toMatchObject({ status: 201, body: { id, externalId: 'entra-object-8' } })
    expect((await acme.api('GET', `/users/${id}`)).body.email).toBe('bob@elsewhere.test')
  })

  test('of no days keeps nothing', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    await acme.store(`update scim_settings set grace_days = 0 where org_id = '${acme.id}'`)
    await acme.scim('DELETE', `/Users/${id}`)
    expect((await acme.events()).at(-1)).toMatchObject({
      type: 'user.deleted',
      subject_id: id,
      data: { restorableUntil: null },
    })
    expect((await acme.scim('POST', '/Users', bob)).body.id).not.toBe(id)
  })
})

test('SC-42: a refused change is found in the log by the name of the person, with what to do', async () => {
  const acme = await createScimOrganisation()
  const id = await acme.user(bob)
  await acme.patch(`/Users/${id}`, { op: 'replace', path: 'nothing', value: 'x' })
  await acme.usher.provisioningLog.flush()
  const { body } = await acme.api('GET', '/provisioning-log?person=bob.miller&result=refused')
  expect(body.items).toMatchObject([
    { method: 'PATCH', status: 400, code: 'invalidPath', subject: { id, label: 'bob.miller' } },
  ])
  expect(body.items[0].remedy).toEqual(expect.stringMatching(/\w/))
})

describe('SC-42: the log', () => {
  test('tells what was sent and what was answered', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    await acme.scim('GET', '/Users')

    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log')).body
    const [listed, made] = await Promise.all(
      items.map(
        async (one: { id: string }) => (await acme.api('GET', `/provisioning-log/${one.id}`)).body,
      ),
    )

    expect(JSON.parse(made.request)).toMatchObject(bob)
    expect(JSON.parse(made.response)).toMatchObject({ ...bob, id })
    expect(listed.request).toBeNull()
    expect(JSON.parse(listed.response)).toMatchObject({ totalResults: 1, Resources: [{ id }] })
  })

  test('says what was ignored of a person and of a group, however it was sent', async () => {
    const acme = await createScimOrganisation()
    const odd = { ...bob, shoeSize: 7 }
    const id = await acme.user(odd)
    const group = { schemas: [groupSchema], displayName: 'Engineers', colour: 'red' }
    const { body } = await acme.scim('POST', '/Groups', group)
    await acme.scim('PUT', `/Users/${id}`, odd)
    await acme.scim('PUT', `/Groups/${body.id}`, group)
    const name = { givenName: 'Rob', nick: 'B' }
    await acme.patch(`/Users/${id}`, { op: 'replace', path: 'name', value: name })
    const member = { value: id, since: '2026' }
    await acme.patch(`/Groups/${body.id}`, { op: 'add', path: 'members', value: [member] })

    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log')).body
    const details = await Promise.all(
      items.map((one: { id: string }) => acme.api('GET', `/provisioning-log/${one.id}`)),
    )

    expect(details.map(({ body: { notes } }) => notes).reverse()).toEqual([
      ['User has no attribute "shoeSize"; it was ignored.'],
      ['Group has no attribute "colour"; it was ignored.'],
      ['User has no attribute "shoeSize"; it was ignored.'],
      ['Group has no attribute "colour"; it was ignored.'],
      ['name has no sub-attribute "nick"; it was ignored.'],
      ['members has no sub-attribute "since"; it was ignored.'],
    ])
  })

  test('names whom a PUT was about, though nobody has the id', async () => {
    const acme = await createScimOrganisation()
    const id = '00000000-0000-7000-8000-000000000000'
    expect((await acme.scim('PUT', `/Users/${id}`, bob)).status).toBe(404)

    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log?person=bob.miller')).body

    expect(items).toMatchObject([{ status: 404, subject: { id, label: bob.userName } }])
  })

  test('names whoever was deleted, who is asked for by name', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const group = await acme.group('Engineers')
    await acme.scim('DELETE', `/Users/${id}`)
    await acme.scim('DELETE', `/Groups/${group}`)

    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log?method=DELETE')).body

    expect(items).toMatchObject([
      { status: 204, subject: { kind: 'group', id: group, label: 'Engineers' } },
      { status: 204, subject: { kind: 'user', id, label: bob.userName } },
    ])
  })

  test('names whoever was looked up, by whichever key', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(bob)
    const group = await acme.group('Engineers')
    const { headers } = await acme.scim('GET', `/Groups/${group}`)
    await acme.find(`externalId eq "${bob.externalId}"`)
    await acme.scim('GET', `/Groups/${group}`, undefined, { 'if-none-match': String(headers.etag) })

    await acme.usher.provisioningLog.flush()
    const { items } = (await acme.api('GET', '/provisioning-log')).body

    expect(items.slice(0, 2)).toMatchObject([
      { status: 304, subject: { kind: 'group', id: group, label: 'Engineers' } },
      { status: 200, subject: { kind: 'user', id, label: bob.userName } },
    ])
  })
})
