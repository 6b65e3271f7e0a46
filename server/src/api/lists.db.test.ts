import { expect, test } from 'vitest'
import { createOrganisation, type TestOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const bob = { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Stone' }

type List = { sort: string; fill: (acme: TestOrganisation) => Promise<string> }

/** Two of each at least. */
const lists: Record<string, List> = {
  'the sessions of a person': {
    sort: 'createdAt',
    fill: async (acme) => {
      await acme.signInByPassword(acme.manager.email, acme.manager.password)
      return `/users/${acme.manager.id}/sessions`
    },
  },
  'the roles': { sort: 'label', fill: async () => '/roles' },
  'what a group gives': {
    sort: 'poolName',
    fill: async (acme) => {
      const path = `/groups/${await acme.makeGroup('Engineers')}/pool-grants`
      for (const name of ['Éclair', 'Zoo', 'apple']) {
        await acme.api('POST', path, { poolId: await acme.makePool(name) })
      }
      return path
    },
  },
  'the domains': {
    sort: 'name',
    fill: async (acme) => {
      await acme.api('POST', '/domains', { name: `${acme.slug}.example` })
      return '/domains'
    },
  },
  'the emergency accounts': {
    sort: 'email',
    fill: async (acme) => {
      for (const name of ['first', 'second']) {
        const account = { email: `${name}@acme.test`, password: 'Correct-horse-7' }
        await acme.api('POST', '/break-glass-accounts', account)
      }
      return '/break-glass-accounts'
    },
  },
  'the tokens of SCIM': {
    sort: 'label',
    fill: async (acme) => {
      const path = '/identity/scim/tokens'
      for (const label of ['Okta', 'Entra ID']) await acme.api('POST', path, { label })
      return path
    },
  },
  'the clients of SCIM': {
    sort: 'label',
    fill: async (acme) => {
      const path = '/identity/scim/clients'
      for (const label of ['Okta', 'Entra ID']) {
        await acme.api('POST', path, { label, method: 'client_secret_basic' })
      }
      return path
    },
  },
}

test.each(Object.entries(lists))(
  'GE-4: %s come in pages, and in the order asked for',
  async (_, { sort, fill }) => {
    const acme = await createOrganisation({ method: 'password' })
    const path = await fill(acme)
    const see = async (query: string) => (await acme.api('GET', `${path}?${query}`)).body
    const { total, items } = (await acme.api('GET', path)).body

    const upward = await see(`sort=${sort},asc&size=200`)
    const first = await see(`sort=${sort},desc&size=1`)
    const second = await see(`sort=${sort},desc&size=1&page=1`)
    const beyond = await see('page=40')

    const known: unknown[] = upward.items
    expect(total).toBeGreaterThan(1)
    expect(await see('')).toEqual({ items, total, totalExact: true, page: 0, size: 20 })
    expect(known).toHaveLength(total)
    expect(first).toEqual({ items: [known.at(-1)], total, totalExact: true, page: 0, size: 1 })
    expect(second).toEqual({ items: [known.at(-2)], total, totalExact: true, page: 1, size: 1 })
    expect(beyond).toEqual({ items: [], total, totalExact: true, page: 40, size: 20 })
  },
)

test('GE-4: the adoption queue is one of these lists, and each field decides where those before say nothing', async () => {
  const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
  for (const person of [bob, ada]) {
    const { id } = (await acme.api('POST', '/users', person)).body
    await acme.store(`update users set status = 'active', last_sign_in_at = 1 where id = '${id}'`)
    await acme.signIn(person)
  }
  const emails = async (query: string) =>
    (await acme.api('GET', `/adoptions?${query}`)).body.items.map(
      (one: { email: string }) => one.email,
    )

  expect(await emails('sort=attempts&sort=email,asc')).toEqual([ada.email, bob.email])
  expect(await emails('sort=attempts&sort=email,desc')).toEqual([bob.email, ada.email])
  expect(await emails('sort=email&size=1&page=1')).toEqual([bob.email])
})

test('GE-4: a list of text is sorted as people read it, without case and accents', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const path = await lists['what a group gives']?.fill(acme)

  const { items } = (await acme.api('GET', `${path}?sort=poolName`)).body

  expect(items.map((one: { poolName: string }) => one.poolName)).toEqual(['apple', 'Éclair', 'Zoo'])
})

test.each(['shoeSize', 'label,down', 'label,asc,more', ''])(
  'GE-4: a list cannot be sorted by %j, as who may see it is told',
  async (sort) => {
    const acme = await createOrganisation({ method: 'password' })
    const { session } = await acme.join(bob)
    const paths = [...new Set(Object.values(lists).map(({ fill }) => fill))]

    for (const fill of paths) {
      const path = `${await fill(acme)}?sort=${sort}`
      const refused = await acme.api('GET', path)
      const notTheirs = await acme.api('GET', path, undefined, { session })

      const invalid = { code: 'request.invalid', errors: [{ pointer: '/sort' }] }
      expect(refused).toMatchObject({ status: 400, body: invalid })
      expect(notTheirs).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
    }
  },
)

test.each(['size=201', 'size=0', 'page=-1', 'page=x'])(
  'GE-4: %s is no page of a list',
  async (query) => {
    const acme = await createOrganisation({ method: 'password' })

    const refused = await acme.api('GET', `/roles?${query}`)

    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  },
)

test('GE-4: the tests of a sign-in come as a list too', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const path = '/identity/login-method/tests'
  await acme.api('POST', path, { saml: acme.samlInput })

  const found = await acme.api('GET', `${path}?size=5&sort=createdAt,desc`)
  const refused = await acme.api('GET', `${path}?sort=claims`)

  expect(found.body).toMatchObject({ total: 1, page: 0, size: 5, items: [{ state: 'pending' }] })
  expect(refused.status).toBe(400)
})
