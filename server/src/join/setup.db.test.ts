import { expect, test } from 'vitest'
import { createOrganisation, startUsher } from '../../testing/organisation.ts'
import { signInRoot } from '../../testing/root.ts'
import { putSetupCode } from '../directory/index.ts'
import { newId } from '../lib/ids.ts'

const body = (changes: object = {}) => ({
  organisation: { name: 'Beta', slug: `beta-${newId().slice(-12)}` },
  manager: {
    firstName: 'Ben',
    lastName: 'Okri',
    email: 'ben@beta.test',
    password: 'Correct-horse-7',
  },
  ...changes,
})

/** The code that a first start prints on the console. */
async function printCode() {
  const acme = await createOrganisation()
  const code = newId()
  await acme.usher.directory.change(acme.operator, (write) => putSetupCode(write, code))
  return { acme, code }
}

test('OP-1: the console code makes the first organisation and its manager, once', async () => {
  const { acme, code } = await printCode()
  const state = { code, ...body({ manager: { ...body().manager, email: `${newId()}@beta.test` } }) }

  const made = await acme.send('POST', '/api/v1/setup', state)
  const again = await acme.send('POST', '/api/v1/setup', { ...state, ...body() })

  const cookie = String(made.headers['set-cookie']).split(';')[0] ?? ''
  const me = await acme.send('GET', '/api/v1/me', undefined, { cookie })
  expect(made).toMatchObject({
    status: 201,
    body: { portalUrl: `/o/${state.organisation.slug}` },
  })
  expect(me.body).toMatchObject({
    user: { roles: ['ROLE_MANAGER', 'ROLE_USER'] },
    organisation: { name: 'Beta' },
  })
  expect(again).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
})

test.each([
  ['a wrong code', { code: 'wrong' }, 401, 'auth.invalid_credentials'],
  ['a reserved slug', { organisation: { name: 'Beta', slug: 'admin' } }, 400, 'request.invalid'],
  [
    'a weak password',
    { manager: { ...body().manager, password: 'password' } },
    400,
    'password.too_weak',
  ],
  [
    'an address that is none',
    { manager: { ...body().manager, email: 'ben@beta' } },
    400,
    'request.invalid',
  ],
])('OP-1: with %s nothing is made, and the code still works', async (_, changes, status, code) => {
  const printed = await printCode()
  const state = { code: printed.code, ...body() }

  const refused = await printed.acme.send('POST', '/api/v1/setup', { ...state, ...changes })
  const page = await printed.acme.send('GET', `/api/v1/sign-in/${state.organisation.slug}`)
  const fresh = { ...state.manager, email: `${newId()}@beta.test` }
  const made = await printed.acme.send('POST', '/api/v1/setup', { ...state, manager: fresh })

  expect(refused).toMatchObject({ status, body: { code } })
  expect(page.status).toBe(404)
  expect(made.status).toBe(201)
})

const unreadable = [
  ['blank', ' \u00a0 '],
  ['of two lines', 'Be\nta'],
  ['with a control character', 'Be\u0007ta'],
] as const

test.each(unreadable)(
  'OP-1, OP-2: no organisation and nobody gets a name that is %s',
  async (_, name) => {
    const { acme, root } = await signInRoot()
    const { organisation, manager } = body()
    const wishes = [
      { organisation: { ...organisation, name }, manager },
      { organisation, manager: { ...manager, firstName: name } },
      { organisation, manager: { ...manager, lastName: name } },
    ]

    for (const wish of wishes) {
      const wanted = { ...wish.organisation, manager: { ...wish.manager, password: undefined } }
      const answers = [
        await acme.send('POST', '/api/v1/setup', { code: 'wrong', ...wish }),
        await acme.send('POST', '/api/v1/platform/orgs', wanted, root),
      ]
      for (const refused of answers) {
        expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
      }
    }
  },
)

test('OP-2: blanks around the name of an organisation or its manager are left out', async () => {
  const { acme, root } = await signInRoot()
  const { password: _, ...manager } = body().manager
  const { slug } = body().organisation

  const made = await acme.send(
    'POST',
    '/api/v1/platform/orgs',
    { name: '  Beta ', slug, manager: { ...manager, firstName: ' Ben ' } },
    root,
  )
  const token = made.body.setupUrl.split('/').at(-1)
  const page = await acme.send('GET', `/api/v1/activations/${token}`)

  expect(page.body).toMatchObject({ organisation: { name: 'Beta' }, firstName: 'Ben' })
})

test('OP-1: of two who use the code at once, one sets the installation up', async () => {
  const { acme, code } = await printCode()
  const setUp = () => {
    const manager = { ...body().manager, email: `${newId()}@beta.test` }
    return acme.send('POST', '/api/v1/setup', { code, ...body({ manager }) })
  }

  const answers = await Promise.all([setUp(), setUp()])

  expect(answers.map((one) => one.status).sort((a, b) => a - b)).toEqual([201, 401])
})

test('OP-2: ROLE_ROOT makes an organisation whose manager gets a set-up link', async () => {
  const { acme, root } = await signInRoot()
  const { password: _, ...manager } = body().manager
  const { organisation } = body()

  const made = await acme.send('POST', '/api/v1/platform/orgs', { ...organisation, manager }, root)
  const token = made.body.setupUrl.split('/').at(-1)
  const activated = await acme.send('POST', `/api/v1/activations/${token}`, {
    password: 'Correct-horse-7',
  })

  expect(made).toMatchObject({ status: 201, body: { slug: organisation.slug, loginMethod: null } })
  expect(activated).toMatchObject({ status: 200, body: { returnTo: `/o/${organisation.slug}` } })
})

test('GE-4: ROLE_ROOT sees the organisations in pages, and in the order asked for', async () => {
  const { acme, cookie } = await signInRoot()
  await createOrganisation()
  const see = async (query: string) =>
    acme.send('GET', `/api/v1/platform/orgs?${query}`, undefined, { cookie })

  const { body } = await see('sort=createdAt,desc&size=2')
  const refused = await see('sort=shoeSize')

  const [newest, older] = body.items
  expect(body).toMatchObject({ page: 0, size: 2, totalExact: true })
  expect(body.items).toHaveLength(2)
  expect(newest.createdAt).toBeGreaterThanOrEqual(older.createdAt)
  expect(older.createdAt).toBeGreaterThanOrEqual(acme.usher.clock.now() - 60_000)
  expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/sort' }] } })
})

test('GE-7: a taken slug is refused, in any organisation', async () => {
  const { acme, root } = await signInRoot()
  const { password: _, ...manager } = body().manager

  const refused = await acme.send(
    'POST',
    '/api/v1/platform/orgs',
    { name: 'Other', slug: acme.slug, manager },
    root,
  )

  expect(refused).toMatchObject({ status: 409, body: { code: 'org.slug_taken' } })
})

test('RB-1, RB-2: ROLE_ROOT sees no organisation from the inside, and no manager sees the platform', async () => {
  const { acme, cookie } = await signInRoot()
  const [, session] = cookie.split('=')

  const inside = [
    await acme.send('GET', `/api/v1/orgs/${acme.id}/users`, undefined, { cookie }),
    await acme.api('GET', '/users', undefined, { session: session ?? '' }),
  ]
  const outside = [
    await acme.send('GET', '/api/v1/platform/orgs', undefined, {
      cookie: `usher_session=${acme.session}`,
    }),
    await acme.send('GET', '/api/v1/platform/orgs', undefined, {
      cookie: `usher_platform=${acme.session}`,
    }),
    await acme.send('POST', '/api/v1/platform/orgs', {}, {}),
  ]

  expect(inside.map((one) => one.status)).toEqual([401, 404])
  expect(outside.map((one) => one.status)).toEqual([401, 401, 401])
})

test('RB-2: ROLE_ROOT assists as a manager for a while: its managers are told, all is recorded, and it ends by itself', async () => {
  const { acme, email, root } = await signInRoot()
  const path = `/api/v1/platform/orgs/${acme.id}/assist`

  const begun = await acme.send('POST', path, { reason: 'Ana asked', hours: 4 }, root)

  const session = String(begun.headers['set-cookie']).match(/usher_session=([^;]+)/)?.[1] ?? ''
  const { clock } = acme.usher
  expect(begun).toMatchObject({ status: 200, body: { portalUrl: `/o/${acme.slug}` } })
  expect(begun.body.expiresAt - clock.now()).toBeLessThanOrEqual(4 * 3_600_000)
  expect(await acme.mails()).toEqual([{ template: 'assist_begun', recipient: acme.manager.email }])
  expect((await acme.api('POST', '/groups', { name: 'Helped' }, { session })).status).toBe(201)
  expect(await acme.events()).toMatchObject([
    { type: 'assist.begun', actor_kind: 'root', actor: email, data: { reason: 'Ana asked' } },
    { type: 'group.created', actor_kind: 'root', actor: `${email} (ROLE_ROOT)` },
  ])
  const other = await createOrganisation()
  expect((await acme.api('GET', '/users', undefined, { session, of: other.id })).status).toBe(404)

  clock.advance(50 * 60_000)
  expect((await acme.api('GET', '/users', undefined, { session })).status).toBe(200)
  for (const _hour of [1, 2, 3, 4]) {
    clock.advance(50 * 60_000)
    await acme.api('GET', '/users', undefined, { session })
  }
  expect((await acme.api('GET', '/users', undefined, { session })).status).toBe(401)
})

test.each([
  [{ reason: 'Ana asked', hours: 5 }, 400],
  [{ reason: '  ', hours: 1 }, 400],
  [{}, 400],
])('RB-2: assisting as %j is refused and nobody is told', async (request, status) => {
  const { acme, root } = await signInRoot()
  const path = `/api/v1/platform/orgs/${acme.id}/assist`

  expect((await acme.send('POST', path, request, root)).status).toBe(status)

  expect(await acme.eventNames()).toEqual([])
  expect(await acme.mails()).toEqual([])
})

test('RB-2: assisting needs ROLE_ROOT, signed in a moment ago, and an organisation that is there', async () => {
  const { acme, root } = await signInRoot()
  const path = (id: string) => `/api/v1/platform/orgs/${id}/assist`
  const request = { reason: 'Ana asked' }

  const asManager = { cookie: `usher_session=${acme.session}` }
  expect((await acme.send('POST', path(acme.id), request, asManager)).status).toBe(401)
  expect((await acme.send('POST', path(newId()), request, root)).status).toBe(404)
  acme.usher.clock.advance(11 * 60_000)
  expect(await acme.send('POST', path(acme.id), request, root)).toMatchObject({
    status: 403,
    body: { code: 'auth.reauth_required' },
  })
  expect(await acme.eventNames()).toEqual([])
})

test('SE-5: with a session of the platform nothing is changed but from its own pages', async () => {
  const { acme, cookie, root } = await signInRoot()
  const { password: _, ...manager } = body().manager
  const wish = { ...body().organisation, manager }
  const create = (headers: Record<string, string>) =>
    acme.send('POST', '/api/v1/platform/orgs', wish, headers)
  const help = (headers: Record<string, string>) =>
    acme.send('POST', `/api/v1/platform/orgs/${acme.id}/assist`, { reason: 'Ana asked' }, headers)

  const refused = [
    await create({ cookie }),
    await help({ cookie }),
    await create({ cookie, origin: 'https://evil.example' }),
    await help({ cookie, origin: 'null' }),
  ]
  const nobody = await create({})
  const made = await create(root)

  for (const answer of refused) {
    expect(answer).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
  }
  expect(await acme.eventNames()).toEqual([])
  expect(nobody).toMatchObject({ status: 401, body: { code: 'auth.required' } })
  expect(made.status).toBe(201)
})

test('SE-4: the platform answers alike for a wrong password and an unknown root', async () => {
  const { acme, email } = await signInRoot()
  const url = '/api/v1/platform/sign-in'

  const wrong = await acme.send('POST', url, { email, password: 'Wrong-horse-7' })
  const unknown = await acme.send('POST', url, { email: 'x@y.test', password: 'Wrong-horse-7' })

  expect(wrong).toMatchObject({ status: 401, body: { code: 'auth.invalid_credentials' } })
  expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' })
})

test('OP-3: health is told to anyone, and nothing else is', async () => {
  const { app } = await startUsher()

  const [health, ready] = await Promise.all(
    ['/healthz', '/readyz'].map((url) => app.inject({ url })),
  )

  expect([health?.json(), ready?.json()]).toEqual([{ status: 'ok' }, { status: 'ready' }])
})
