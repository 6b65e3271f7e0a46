/** RFC 7644 §3.3, §3.5.1, §3.6, §3.9, §3.14; RFC 7643 §2 to §4. */
import { describe, expect, test } from 'vitest'
import {
  createScimOrganisation,
  enterpriseSchema,
  groupSchema,
  type ScimOrganisation,
  scimError,
  sorted,
  userSchema,
} from '../../../testing/scim.ts'

const ada = {
  schemas: [userSchema, enterpriseSchema],
  userName: 'ada@acme.test',
  externalId: 'ext-1',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  displayName: 'Ada Lovelace',
  title: 'Engineer',
  active: true,
  emails: [
    { value: 'ada@acme.test', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  [enterpriseSchema]: { department: 'Engines', employeeNumber: '7' },
}

/** How a person stands in User Management. */
async function inPortal(acme: ScimOrganisation, id: string) {
  return (await acme.api('GET', `/users/${id}`)).body
}

describe('POST', () => {
  test('makes a person: 201, with the location and the version', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', ada)

    expect(made).toMatchObject({ status: 201, body: ada })
    const { id, meta } = made.body
    expect(meta).toMatchObject({
      resourceType: 'User',
      location: `${acme.baseUrl}/Users/${id}`,
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      lastModified: meta.created,
    })
    expect(made.headers).toMatchObject({ location: meta.location, etag: meta.version })
    expect((await acme.scim('GET', `/Users/${id}`)).body).toEqual(made.body)
    expect(await inPortal(acme, id)).toMatchObject({
      email: 'ada@acme.test',
      firstName: 'Ada',
      lastName: 'Lovelace',
      status: 'active',
      managedBy: 'scim',
      roles: ['ROLE_USER'],
      groups: [{ name: 'Default' }],
      pools: [{ poolName: 'Default', roles: ['ROLE_USER'] }],
    })
  })

  test('gives id, meta and groups itself, whatever is sent', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', {
      ...ada,
      id: 'mine',
      meta: { created: '2001-01-01T00:00:00Z', location: 'https://evil.example' },
      groups: [{ value: 'all' }],
    })

    expect(made.status).toBe(201)
    expect(made.body.id).not.toBe('mine')
    expect(made.text).not.toContain('2001')
    expect(made.text).not.toContain('evil')
    expect(made.text).not.toContain('"all"')
  })

  test.each([['ada@acme.test'], ['ADA@ACME.TEST']])(
    'of a userName that is taken (%s) is 409',
    async (userName) => {
      const acme = await createScimOrganisation()
      await acme.user(ada)

      const second = await acme.scim('POST', '/Users', {
        ...ada,
        userName,
        emails: [{ value: 'other@acme.test', primary: true }],
      })

      expect(second).toMatchObject(scimError(409, 'uniqueness'))
      expect(await acme.eventNames()).toEqual(['user.joined'])
    },
  )

  test('of an address that is taken is 409', async () => {
    const acme = await createScimOrganisation()
    await acme.user(ada)

    const second = await acme.scim('POST', '/Users', {
      ...ada,
      userName: 'another',
      externalId: 'ext-2',
    })

    expect(second).toMatchObject(scimError(409, 'uniqueness'))
  })

  test('by twenty at the same moment makes one person', async () => {
    const acme = await createScimOrganisation()

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => acme.scim('POST', '/Users', ada)),
    )

    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([201, ...Array(19).fill(409)])
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('reads names of attributes in any case', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', {
      SCHEMAS: [userSchema],
      USERNAME: 'ada@acme.test',
      Name: { GIVENNAME: 'Ada' },
      [enterpriseSchema.toUpperCase()]: { DEPARTMENT: 'Engines' },
    })

    expect(made).toMatchObject({
      status: 201,
      body: {
        userName: 'ada@acme.test',
        name: { givenName: 'Ada' },
        [enterpriseSchema]: { department: 'Engines' },
      },
    })
  })

  test('reads core attributes under the core URN', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', {
      schemas: [userSchema],
      [userSchema]: { userName: 'ada@acme.test', title: 'Engineer' },
    })

    expect(made).toMatchObject({
      status: 201,
      body: { userName: 'ada@acme.test', title: 'Engineer' },
    })
  })

  test('takes null and [] for nothing', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', {
      ...ada,
      title: null,
      phoneNumbers: [],
      emails: [],
    })

    expect(made.status).toBe(201)
    for (const name of ['title', 'phoneNumbers', 'emails'])
      expect(made.body).not.toHaveProperty(name)
  })

  test('ignores what no schema has', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', {
      ...ada,
      shoeSize: 38,
      'urn:example:params:scim:schemas:extension:cats:2.0:User': { cats: 2 },
    })

    expect(made.status).toBe(201)
    expect(made.text).not.toMatch(/shoeSize|cats/)
  })

  test.each([
    ['no userName', { schemas: [userSchema], displayName: 'Ada' }],
    ['an empty userName', { ...ada, userName: '' }],
    ['a userName of blanks', { ...ada, userName: '   ' }],
    [
      'two primary addresses',
      {
        ...ada,
        emails: [
          { value: 'a@acme.test', primary: true },
          { value: 'b@acme.test', primary: true },
        ],
      },
    ],
    ['a number as a name', { ...ada, displayName: 7 }],
    ['a word as a boolean', { ...ada, active: 'perhaps' }],
    ['no address at all', { ...ada, userName: 'ada', emails: [] }],
    ['an address that is none', { ...ada, emails: [{ value: 'ada at acme', primary: true }] }],
  ])('with %s is invalidValue, and nothing happens', async (_, body) => {
    const acme = await createScimOrganisation()

    expect(await acme.scim('POST', '/Users', body)).toMatchObject(scimError(400, 'invalidValue'))
    expect(await acme.events()).toEqual([])
  })

  test.each([
    [
      'the primary address',
      [
        { value: 'w@acme.test', type: 'work' },
        { value: 'p@acme.test', primary: true },
      ],
      'p@acme.test',
    ],
    [
      'else the work address',
      [
        { value: 'h@acme.test', type: 'home' },
        { value: 'w@acme.test', type: 'work' },
      ],
      'w@acme.test',
    ],
    ['else the userName', [{ value: 'h@acme.test', type: 'home' }], 'ada@acme.test'],
  ])('takes as e-mail %s', async (_, emails, email) => {
    const acme = await createScimOrganisation()

    const id = await acme.user({ ...ada, emails })

    expect((await inPortal(acme, id)).email).toBe(email)
  })

  test('of somebody disabled makes somebody who cannot sign in', async () => {
    const acme = await createScimOrganisation()

    const id = await acme.user({ ...ada, active: false })

    expect((await acme.scim('GET', `/Users/${id}`)).body.active).toBe(false)
    expect((await acme.signIn({ email: 'ada@acme.test' })).status).toBe(403)
  })

  test('makes somebody who signs in by single sign-on at once', async () => {
    const acme = await createScimOrganisation()
    await acme.user(ada)

    expect((await acme.signIn({ email: 'ada@acme.test' })).status).toBe(303)
  })

  test('keeps and shows no password', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', '/Users', { ...ada, password: 'Correct-horse-9' })

    expect(made.status).toBe(201)
    expect(made.text).not.toMatch(/password|Correct-horse/)
  })

  test('ignores roles while they are not synced', async () => {
    const acme = await createScimOrganisation()

    const id = await acme.user({ ...ada, roles: [{ value: 'ROLE_MANAGER' }] })

    expect((await inPortal(acme, id)).roles).toEqual(['ROLE_USER'])
  })

  test('gives the roles sent while they are synced', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })

    const made = await acme.scim('POST', '/Users', { ...ada, roles: [{ value: 'ROLE_MANAGER' }] })

    expect(made).toMatchObject({ status: 201, body: { roles: [{ value: 'ROLE_MANAGER' }] } })
    expect((await inPortal(acme, made.body.id)).roles).toEqual(['ROLE_MANAGER'])
  })

  test('gives the role that everybody has to whoever is sent a role without a value', async () => {
    const acme = await createScimOrganisation({ syncRoles: true })

    const id = await acme.user({ ...ada, roles: [{ display: 'Boss' }] })

    expect((await inPortal(acme, id)).roles).toEqual(['ROLE_USER'])
  })

  test.each(['ROLE_ROOT', 'ROLE_UNHEARD_OF'])('with the role %s is invalidValue', async (value) => {
    const acme = await createScimOrganisation({ syncRoles: true })

    const refused = await acme.scim('POST', '/Users', { ...ada, roles: [{ value }] })

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
    expect(await acme.events()).toEqual([])
  })
})

describe('PUT', () => {
  test('replaces everything: what is not sent is gone', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const put = await acme.scim('PUT', `/Users/${id}`, {
      schemas: [userSchema],
      userName: 'ada@acme.test',
      displayName: 'Countess',
      active: true,
    })

    expect(put).toMatchObject({ status: 200, body: { id, displayName: 'Countess' } })
    for (const name of ['title', 'name', 'emails', 'externalId', enterpriseSchema])
      expect(put.body).not.toHaveProperty(name)
    expect(put.body.schemas).toEqual([userSchema])
    expect((await acme.scim('GET', `/Users/${id}`)).body).toEqual(put.body)
  })

  test('ignores what is read-only', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const put = await acme.scim('PUT', `/Users/${id}`, {
      ...ada,
      id: 'another',
      groups: [{ value: 'x' }],
      roles: [{ value: 'ROLE_MANAGER' }],
      meta: { version: 'W/"99"' },
    })

    expect(put).toMatchObject({ status: 200, body: { id } })
    expect((await inPortal(acme, id)).roles).toEqual(['ROLE_USER'])
  })

  test('without what is required is invalidValue, and changes nothing', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const refused = await acme.scim('PUT', `/Users/${id}`, { schemas: [userSchema], title: 'X' })

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
    expect((await acme.scim('GET', `/Users/${id}`)).body).toMatchObject(ada)
  })

  test.each([
    ['none', { roles: [] }],
    ['no mention of them', {}],
  ])('with %s takes synced roles away, but for the one that everybody has', async (_, roles) => {
    const acme = await createScimOrganisation({ syncRoles: true })
    const id = await acme.user({ ...ada, roles: [{ value: 'ROLE_MANAGER' }] })

    const put = await acme.scim('PUT', `/Users/${id}`, { ...ada, ...roles })

    expect(put.status).toBe(200)
    expect((await inPortal(acme, id)).roles).toEqual(['ROLE_USER'])
  })

  test('never makes anybody', async () => {
    const acme = await createScimOrganisation()

    const missing = await acme.scim('PUT', '/Users/00000000-0000-7000-8000-000000000000', ada)

    expect(missing).toMatchObject(scimError(404))
    expect(await acme.events()).toEqual([])
  })

  test('of what is there already changes neither version nor record', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const before = await acme.scim('GET', `/Users/${id}`)

    const put = await acme.scim('PUT', `/Users/${id}`, ada)

    expect(put).toMatchObject({ status: 200, body: { meta: before.body.meta } })
    expect(await acme.eventNames()).toEqual(['user.joined'])
  })

  test('without active leaves the person as they were', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const { active: _, ...rest } = ada

    expect((await acme.scim('PUT', `/Users/${id}`, rest)).status).toBe(200)
    expect((await inPortal(acme, id)).status).toBe('active')
  })

  test('to a userName that is taken is 409, changes nothing and mails nobody', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.user({ userName: 'bob@acme.test' })

    const refused = await acme.scim('PUT', `/Users/${id}`, {
      ...ada,
      userName: 'BOB@acme.test',
      title: 'X',
    })

    expect(refused).toMatchObject(scimError(409, 'uniqueness'))
    expect((await acme.scim('GET', `/Users/${id}`)).body).toMatchObject(ada)
    expect(await acme.mails()).toEqual([])
  })
})

describe('DELETE', () => {
  test('is 204, then everything about the person is 404, and the name is free', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const path = `/Users/${id}`

    const deleted = await acme.scim('DELETE', path)

    expect(deleted).toMatchObject({ status: 204, text: '' })
    const later = [
      await acme.scim('GET', path),
      await acme.scim('PUT', path, ada),
      await acme.patch(path, { op: 'replace', path: 'active', value: true }),
      await acme.scim('DELETE', path),
    ]
    for (const answer of later) expect(answer).toMatchObject(scimError(404))
    expect((await acme.scim('GET', '/Users')).body.totalResults).toBe(0)
    expect(await acme.find('userName eq "ada@acme.test"')).toEqual([])
    expect(await acme.find(`id eq "${id}"`)).toEqual([])
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.deleted'])
  })

  test('takes the person out of every group', async () => {
    const acme = await createScimOrganisation()
    const [gone, other] = [await acme.user(ada), await acme.user({ userName: 'bob@acme.test' })]
    const group = await acme.group('Engines', gone, other)

    await acme.scim('DELETE', `/Users/${gone}`)

    expect(await acme.membersOf(group)).toEqual([other])
  })

  test('ends sessions and single sign-on', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const { session } = await acme.signIn({ email: 'ada@acme.test' })

    await acme.scim('DELETE', `/Users/${id}`)

    const me = await acme.send('GET', '/api/v1/me', undefined, {
      cookie: `usher_session=${session}`,
    })
    expect(me.status).toBe(401)
    expect((await acme.signIn({ email: 'ada@acme.test' })).status).toBe(403)
  })

  test('of the last working manager is 409, and they stay', async () => {
    const acme = await createScimOrganisation()

    const refused = await acme.scim('DELETE', `/Users/${acme.manager.id}`)

    expect(refused).toMatchObject(scimError(409, undefined, /^manager\.last_working/))
    expect((await inPortal(acme, acme.manager.id)).status).toBe('active')
  })
})

describe('somebody who left', () => {
  test.each([
    ['the same userName', { ...ada, externalId: 'ext-new' }],
    ['the same externalId', { ...ada, userName: 'ada.king@acme.test' }],
  ])('and comes back within thirty days with %s has their id again', async (_, back) => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const group = await acme.group('Engines', id)
    await acme.scim('DELETE', `/Users/${id}`)
    acme.usher.clock.advance(29 * 86_400_000)

    const again = await acme.scim('POST', '/Users', back)

    expect(again).toMatchObject({
      status: 201,
      body: { id, userName: back.userName, active: true },
    })
    expect(again.headers.location).toBe(`${acme.baseUrl}/Users/${id}`)
    expect(await acme.membersOf(group)).toEqual([id])
    expect((await acme.eventNames()).at(-1)).toBe('user.restored')
  })

  test('and whose address went to somebody else comes back with another', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.scim('DELETE', `/Users/${id}`)
    const successor = await acme.user({
      userName: 'successor',
      emails: [{ value: 'ada@acme.test', primary: true }],
    })

    const again = await acme.scim('POST', '/Users', {
      ...ada,
      userName: 'ada.king@acme.test',
      emails: [{ value: 'ada.king@acme.test', type: 'work', primary: true }],
    })

    expect(again, again.text).toMatchObject({ status: 201, body: { id } })
    expect((await inPortal(acme, id)).email).toBe('ada.king@acme.test')
    expect((await inPortal(acme, successor)).email).toBe('ada@acme.test')
  })

  test('and comes back while the address is somebody else’s is told so', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.scim('DELETE', `/Users/${id}`)
    await acme.user({ userName: 'successor', emails: [{ value: 'ada@acme.test', primary: true }] })

    const again = await acme.scim('POST', '/Users', { ...ada, userName: 'ada.king@acme.test' })

    expect(again).toMatchObject(scimError(409, 'uniqueness', /^user\.email_exists/))
  })

  test('and comes back disabled stays so', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.scim('DELETE', `/Users/${id}`)

    const again = await acme.scim('POST', '/Users', { ...ada, active: false })

    expect(again).toMatchObject({ status: 201, body: { id, active: false } })
  })

  test('and comes back four times at once comes back once', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.scim('DELETE', `/Users/${id}`)

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => acme.scim('POST', '/Users', ada)),
    )

    const back = answers.filter(({ status }) => status === 201)
    expect(back.map(({ body }) => body.id)).toEqual([id])
    expect(await acme.eventNames()).toEqual(['user.joined', 'user.deleted', 'user.restored'])
  })

  test('and comes back later is somebody new', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    await acme.scim('DELETE', `/Users/${id}`)
    acme.usher.clock.advance(31 * 86_400_000)

    const again = await acme.scim('POST', '/Users', ada)

    expect(again.status).toBe(201)
    expect(again.body.id).not.toBe(id)
  })
})

describe('somebody who was here before', () => {
  test('is adopted by the first POST: same id, same e-mail, same roles', async () => {
    const acme = await createScimOrganisation()
    const { manager } = acme

    const adopted = await acme.scim('POST', '/Users', {
      ...ada,
      userName: manager.email,
      emails: [{ value: 'someone.else@acme.test', primary: true }],
    })

    expect(adopted).toMatchObject({
      status: 201,
      body: { id: manager.id, userName: manager.email },
    })
    expect(await inPortal(acme, manager.id)).toMatchObject({
      email: manager.email,
      managedBy: 'scim',
      roles: expect.arrayContaining(['ROLE_MANAGER']),
    })
  })

  test('is adopted by the first PATCH after an exact look-up', async () => {
    const acme = await createScimOrganisation()
    const { manager } = acme
    const [id] = await acme.find(`userName eq "${manager.email}"`)

    const patched = await acme.patch(`/Users/${id}`, {
      op: 'replace',
      path: 'title',
      value: 'Boss',
    })

    expect(patched).toMatchObject({ status: 200, body: { id: manager.id, title: 'Boss' } })
    expect((await inPortal(acme, manager.id)).managedBy).toBe('scim')
  })

  test('is not in a list that nobody filtered', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const { body } = await acme.scim('GET', '/Users')

    expect(body).toMatchObject({ totalResults: 1, Resources: [{ id }] })
  })

  test('cannot be seen at all while existing users are not provisioned', async () => {
    const acme = await createScimOrganisation({ provisionExistingUsers: false })
    const { manager } = acme

    expect(await acme.find(`userName eq "${manager.email}"`)).toEqual([])
    expect(await acme.find(`emails eq "${manager.email}"`)).toEqual([])
    expect(await acme.scim('GET', `/Users/${manager.id}`)).toMatchObject(scimError(404))
  })

  test('is never an emergency account', async () => {
    const acme = await createScimOrganisation()
    const account = await acme.createEmergency()

    const found = await acme.find(`userName eq "${account.email}"`)
    const taken = await acme.scim('POST', '/Users', { ...ada, userName: account.email, emails: [] })

    expect(found).toEqual([])
    expect(await acme.scim('GET', `/Users/${account.id}`)).toMatchObject(scimError(404))
    if (taken.status === 201) expect(taken.body.id).not.toBe(account.id)
    else expect(taken).toMatchObject(scimError(409, 'uniqueness'))
  })
})

describe('a partial answer', () => {
  const only = '?attributes=userName,name.givenName'
  const shown = { userName: 'ada@acme.test', name: { givenName: 'Ada' } }
  const bare = (id: unknown) => ({ schemas: ada.schemas, id, ...shown })

  test('is given by every operation that answers with a resource', async () => {
    const acme = await createScimOrganisation()

    const made = await acme.scim('POST', `/Users${only}`, ada)
    const { id } = made.body
    const path = `/Users/${id}${only}`
    const answers = [
      made,
      await acme.scim('GET', path),
      await acme.scim('PUT', path, ada),
      await acme.patch(path, { op: 'replace', path: 'title', value: 'CTO' }),
    ]
    const list = await acme.scim('GET', `/Users${only}`)
    const search = await acme.scim('POST', '/Users/.search', {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      attributes: ['userName', 'name.givenName'],
    })

    for (const { body } of answers) expect(body).toEqual(bare(id))
    for (const { body } of [list, search]) expect(body.Resources).toEqual([bare(id)])
  })

  test('leaves out what is excluded, but never id and schemas', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const { body } = await acme.scim(
      'GET',
      `/Users/${id}?excludedAttributes=id,schemas,emails,name.familyName,meta`,
    )

    expect(body).toMatchObject({ id, schemas: ada.schemas, name: { givenName: 'Ada' } })
    expect(body.name).not.toHaveProperty('familyName')
    for (const name of ['emails', 'meta']) expect(body).not.toHaveProperty(name)
  })

  test('knows attributes by URN, and an extension by its own', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const one = await acme.scim(
      'GET',
      `/Users/${id}?attributes=${userSchema}:userName,${enterpriseSchema}:department`,
    )
    const all = await acme.scim('GET', `/Users/${id}?attributes=${enterpriseSchema}`)

    expect(one.body).toMatchObject({
      userName: 'ada@acme.test',
      [enterpriseSchema]: { department: 'Engines' },
    })
    expect(one.body[enterpriseSchema]).not.toHaveProperty('employeeNumber')
    expect(all.body[enterpriseSchema]).toEqual(ada[enterpriseSchema])
    expect(all.body).not.toHaveProperty('userName')
  })

  test('never holds a password, however it is asked for', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user({ ...ada, password: 'Correct-horse-9' })

    const { body } = await acme.scim('GET', `/Users/${id}?attributes=password`)

    expect(body).toEqual({ schemas: ada.schemas, id })
  })

  test('of a group may be its members alone', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const group = await acme.group('Engines', id)

    const { body } = await acme.scim('GET', `/Groups/${group}?attributes=members.value`)

    expect(body).toEqual({ schemas: [groupSchema], id: group, members: [{ value: id }] })
  })
})

describe('a version', () => {
  test('is in the header and in the resource, the same', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)

    const read = await acme.scim('GET', `/Users/${id}`)

    expect(read.headers.etag).toMatch(/^(W\/)?"/)
    expect(read.body.meta.version).toBe(read.headers.etag)
  })

  test('changes with the resource alone', async () => {
    const acme = await createScimOrganisation()
    const path = `/Users/${await acme.user(ada)}`
    const first = await acme.scim('GET', path)

    const same = await acme.patch(path, { op: 'replace', path: 'title', value: 'Engineer' })
    const other = await acme.patch(path, { op: 'replace', path: 'title', value: 'CTO' })

    expect(same.headers.etag).toBe(first.headers.etag)
    expect(same.body.meta.lastModified).toBe(first.body.meta.lastModified)
    expect(other.headers.etag).not.toBe(first.headers.etag)
  })

  test('that is known already is 304, without a body', async () => {
    const acme = await createScimOrganisation()
    const path = `/Users/${await acme.user(ada)}`
    const { headers } = await acme.scim('GET', path)

    const known = await acme.scim('GET', path, undefined, { 'if-none-match': String(headers.etag) })
    const stale = await acme.scim('GET', path, undefined, { 'if-none-match': 'W/"other"' })

    expect(known).toMatchObject({ status: 304, text: '' })
    expect(stale.status).toBe(200)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('that is stale stops a %s with 412', async (method) => {
    const acme = await createScimOrganisation()
    const path = `/Users/${await acme.user(ada)}`
    const { headers } = await acme.scim('GET', path)
    await acme.patch(path, { op: 'replace', path: 'title', value: 'CTO' })

    const operations = { Operations: [{ op: 'replace', path: 'title', value: 'CEO' }] }
    const body = { PUT: ada, PATCH: operations, DELETE: undefined }[method]
    const refused = await acme.scim(method, path, body, { 'if-match': String(headers.etag) })

    expect(refused).toMatchObject(scimError(412, undefined, /^request\.stale: /))
    expect((await acme.scim('GET', path)).body.title).toBe('CTO')
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('that is current lets a %s through', async (method) => {
    const acme = await createScimOrganisation()
    const path = `/Users/${await acme.user(ada)}`
    const { headers } = await acme.scim('GET', path)

    const operations = { Operations: [{ op: 'replace', path: 'title', value: 'CEO' }] }
    const body = { PUT: ada, PATCH: operations, DELETE: undefined }[method]
    const done = await acme.scim(method, path, body, { 'if-match': String(headers.etag) })

    expect(done.status).toBeLessThan(300)
  })

  test.each(['PUT', 'PATCH', 'DELETE'])(
    'of a group that is stale stops a %s with 412, and the current one lets it through',
    async (method) => {
      const acme = await createScimOrganisation()
      const path = `/Groups/${await acme.group('Engines')}`
      const { headers } = await acme.scim('GET', path)
      await acme.patch(path, { op: 'replace', path: 'displayName', value: 'Motors' })
      const current = await acme.scim('GET', path)

      const operations = { Operations: [{ op: 'replace', path: 'displayName', value: 'Looms' }] }
      const group = { schemas: [groupSchema], displayName: 'Looms' }
      const body = { PUT: group, PATCH: operations, DELETE: undefined }[method]
      const change = (version: unknown) =>
        acme.scim(method, path, body, { 'if-match': String(version) })

      expect(await change(headers.etag)).toMatchObject(
        scimError(412, undefined, /^request\.stale: /),
      )
      expect((await acme.scim('GET', path)).body).toEqual(current.body)
      expect((await change(current.headers.etag)).status).toBeLessThan(300)
    },
  )

  test('of a group moves with its members', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const path = `/Groups/${await acme.group('Engines')}`
    const { headers } = await acme.scim('GET', path)

    await acme.patch(path, { op: 'add', path: 'members', value: [{ value: id }] })
    const stale = await acme.scim('DELETE', path, undefined, { 'if-match': String(headers.etag) })

    expect(stale).toMatchObject(scimError(412))
  })
})

describe('a group', () => {
  test('is made with exactly the members given', async () => {
    const acme = await createScimOrganisation()
    const [one, two] = [await acme.user(ada), await acme.user({ userName: 'bob@acme.test' })]

    const made = await acme.scim('POST', '/Groups', {
      schemas: [groupSchema],
      displayName: 'Engines',
      externalId: 'g-1',
      members: [{ value: one }, { value: two, type: 'User' }, { value: one }],
    })

    expect(made).toMatchObject({
      status: 201,
      body: {
        schemas: [groupSchema],
        displayName: 'Engines',
        externalId: 'g-1',
        meta: { resourceType: 'Group' },
      },
    })
    expect(made.headers.location).toBe(`${acme.baseUrl}/Groups/${made.body.id}`)
    expect(await acme.membersOf(made.body.id)).toEqual(sorted(one, two))
  })

  test('shows its members with what they are, and its people show the group', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const group = await acme.group('Engines', id)

    const { body } = await acme.scim('GET', `/Groups/${group}`)
    const person = await acme.scim('GET', `/Users/${id}`)

    expect(body.members).toEqual([
      expect.objectContaining({ value: id, type: 'User', $ref: `${acme.baseUrl}/Users/${id}` }),
    ])
    expect(person.body.groups).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ value: group, display: 'Engines', type: 'direct' }),
      ]),
    )
  })

  test('is replaced by PUT, with exactly the members given', async () => {
    const acme = await createScimOrganisation()
    const [one, two] = [await acme.user(ada), await acme.user({ userName: 'bob@acme.test' })]
    const group = await acme.group('Engines', one)

    const put = await acme.scim('PUT', `/Groups/${group}`, {
      schemas: [groupSchema],
      displayName: 'Motors',
      members: [{ value: two }],
    })

    expect(put).toMatchObject({ status: 200, body: { id: group, displayName: 'Motors' } })
    expect(await acme.membersOf(group)).toEqual([two])
  })

  test.each([{ id: 'whoever' }, { display: 'Ada' }, {}, { value: '' }, { value: null }, null, ''])(
    'RFC 7643 §4.2: is refused with a member that %j does not name, and everybody stays',
    async (unnamed) => {
      const acme = await createScimOrganisation()
      const id = await acme.user(ada)
      const group = await acme.group('Engines', id)
      const body = { schemas: [groupSchema], displayName: 'Motors', members: [unnamed] }

      const answers = [
        await acme.scim('PUT', `/Groups/${group}`, body),
        await acme.scim('POST', '/Groups', body),
      ]

      for (const answer of answers) expect(answer).toMatchObject(scimError(400, 'invalidValue'))
      expect(await acme.membersOf(group)).toEqual([id])
    },
  )

  test.each([['Engines'], ['ENGINES']])(
    'of a name that is taken (%s) is 409, by POST, PUT and PATCH',
    async (displayName) => {
      const acme = await createScimOrganisation()
      await acme.group('Engines')
      const other = await acme.group('Motors')

      const answers = [
        await acme.scim('POST', '/Groups', { schemas: [groupSchema], displayName }),
        await acme.scim('PUT', `/Groups/${other}`, { schemas: [groupSchema], displayName }),
        await acme.patch(`/Groups/${other}`, {
          op: 'replace',
          path: 'displayName',
          value: displayName,
        }),
      ]

      for (const answer of answers) expect(answer).toMatchObject(scimError(409, 'uniqueness'))
      expect(await acme.eventNames()).toEqual(['group.created', 'group.created'])
    },
  )

  test('of the name of a group from the portal is 409', async () => {
    const acme = await createScimOrganisation()
    await acme.makeGroup('Made by hand')

    const refused = await acme.scim('POST', '/Groups', {
      schemas: [groupSchema],
      displayName: 'Made by hand',
    })

    expect(refused).toMatchObject(scimError(409, 'uniqueness'))
  })

  test.each([{}, { displayName: '   ' }, { displayName: 'x'.repeat(257) }])(
    'without a name that can be shown is invalidValue: %j',
    async (named) => {
      const acme = await createScimOrganisation()
      const group = await acme.group('Engines')
      const body = { schemas: [groupSchema], members: [], ...named }

      const answers = [
        await acme.scim('POST', '/Groups', body),
        await acme.scim('PUT', `/Groups/${group}`, body),
      ]

      for (const answer of answers) expect(answer).toMatchObject(scimError(400, 'invalidValue'))
      expect(await acme.eventNames()).toEqual(['group.created'])
    },
  )

  test('takes nobody who is not there, by POST, PUT and PATCH', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const group = await acme.group('Engines', id)
    const members = [{ value: '00000000-0000-7000-8000-000000000000' }]

    const answers = [
      await acme.scim('POST', '/Groups', { schemas: [groupSchema], displayName: 'X', members }),
      await acme.scim('PUT', `/Groups/${group}`, {
        schemas: [groupSchema],
        displayName: 'X',
        members,
      }),
      await acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: members }),
      await acme.patch(`/Groups/${group}`, {
        op: 'add',
        path: 'members',
        value: [{ value: 'ada' }],
      }),
    ]

    for (const answer of answers) expect(answer).toMatchObject(scimError(400, 'invalidValue'))
    expect(await acme.membersOf(group)).toEqual([id])
  })

  test('takes nobody of another organisation', async () => {
    const acme = await createScimOrganisation()
    const globex = await createScimOrganisation()
    const stranger = await globex.user({ userName: 'hank@globex.test' })
    const group = await acme.group('Engines')

    const refused = await acme.patch(`/Groups/${group}`, {
      op: 'add',
      path: 'members',
      value: [{ value: stranger }],
    })

    expect(refused).toMatchObject(scimError(400, 'invalidValue'))
  })

  test('cannot be in itself, not by way of another either', async () => {
    const acme = await createScimOrganisation()
    const inner = await acme.group('Inner')
    const outer = await acme.group('Outer', inner)
    const add = (group: string, member: string) =>
      acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: member }] })

    expect(await add(inner, inner)).toMatchObject(scimError(400, 'invalidValue'))
    expect(await add(inner, outer)).toMatchObject(scimError(400, 'invalidValue'))
    expect(await acme.membersOf(inner)).toEqual([])
  })

  test('cannot come into each other from both sides at once', async () => {
    const acme = await createScimOrganisation()
    const [one, two] = [await acme.group('One'), await acme.group('Two')]
    const add = (group: string, member: string) =>
      acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: member }] })

    const answers = await Promise.all([add(one, two), add(two, one)])

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 400])
  })

  test('of which somebody is deleted while they are added does not keep them', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const group = await acme.group('Engines')

    const [deleted, added] = await Promise.all([
      acme.scim('DELETE', `/Users/${id}`),
      acme.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: id }] }),
    ])

    expect(deleted.status).toBe(204)
    expect([204, 400]).toContain(added.status)
    expect(await acme.membersOf(group)).toEqual([])
  })

  test('that everybody is in is not one of these', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const [{ id: defaultGroup }] = (await inPortal(acme, id)).groups

    expect((await acme.scim('GET', '/Groups')).body.totalResults).toBe(0)
    expect(await acme.scim('GET', `/Groups/${defaultGroup}`)).toMatchObject(scimError(404))
    expect(await acme.scim('DELETE', `/Groups/${defaultGroup}`)).toMatchObject(scimError(404))
    expect((await acme.scim('GET', `/Users/${id}`)).text).not.toContain(defaultGroup)
  })

  test('that is deleted is 404 from then on, and its people stay', async () => {
    const acme = await createScimOrganisation()
    const id = await acme.user(ada)
    const path = `/Groups/${await acme.group('Engines', id)}`

    const deleted = await acme.scim('DELETE', path)

    expect(deleted).toMatchObject({ status: 204, text: '' })
    for (const later of [await acme.scim('GET', path), await acme.scim('DELETE', path)])
      expect(later).toMatchObject(scimError(404))
    expect((await acme.scim('GET', `/Users/${id}`)).body).not.toHaveProperty('groups')
    expect((await acme.scim('POST', '/Groups', { displayName: 'Engines' })).status).toBe(201)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'takes no %s while groups are not synced',
    async (method) => {
      const acme = await createScimOrganisation({ syncGroups: false })
      const path = method === 'POST' ? '/Groups' : '/Groups/00000000-0000-7000-8000-000000000000'
      const body =
        method === 'PATCH'
          ? { Operations: [{ op: 'replace', path: 'displayName', value: 'X' }] }
          : { schemas: [groupSchema], displayName: 'X' }

      const refused = await acme.scim(method, path, method === 'DELETE' ? undefined : body)

      expect(refused).toMatchObject(scimError(403, undefined, /^scim\.group_sync_off/))
      expect((await acme.scim('GET', '/Groups')).status).toBe(200)
      expect(await acme.events()).toEqual([])
    },
  )
})
