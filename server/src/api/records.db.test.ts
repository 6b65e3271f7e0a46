import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }

test('AU-3: the audit is found by part of an actor’s name, by type, by result and by person, all at once', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { body: user } = await acme.api('POST', '/users', ada)
  await acme.api('PUT', `/users/${user.id}/disable`)
  const find = async (query: string) =>
    (await acme.api('GET', `/audit-events?${query}`)).body.items.map(
      (event: { type: string }) => event.type,
    )

  expect(await find('actor=ANA%20r&type=user.deactivated')).toEqual(['user.deactivated'])
  expect(await find(`userId=${user.id}`)).toEqual([
    'user.deactivated',
    'activation.issued',
    'user.joined',
  ])
  expect(await find(`userId=${user.id}&result=failure`)).toEqual([])
  expect(await find('actor=%25')).toEqual([])
  expect(await find('actor=nobody')).toEqual([])
})

test('AU-3: the audit is found by the source that an event came from, with the other conditions', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
  await acme.api('POST', '/groups', { name: 'Auditors' })
  await acme.signIn(ada)
  const find = async (query: string) =>
    (await acme.api('GET', `/audit-events?${query}`)).body.items.map(
      (event: { type: string; source: string }) => `${event.type} ${event.source}`,
    )

  expect(await find('source=sso_jit&type=user.joined')).toEqual(['user.joined sso_jit'])
  expect(await find('source=scim')).toEqual([])
  expect(await find('source=sso_jit&actor=nobody')).toEqual([])
  expect(await find('source=sso_jit')).not.toContain('group.created null')
})

test.each([
  ['Élodie', 'Žižek'],
  ['ÉLODIE', 'ŽIŽEK'],
  ['élodie', 'žižek'],
])(
  'AU-3: %s %s is found by small letters and by capitals, as an actor',
  async (firstName, lastName) => {
    const acme = await createOrganisation({ method: 'password' })
    const { session } = await acme.join({ email: 'elodie@acme.test', firstName, lastName }, [
      'ROLE_USER',
      'ROLE_MANAGER',
    ])
    await acme.api('POST', '/groups', { name: 'Auditors' }, { session })
    const find = async (actor: string) =>
      (await acme.api('GET', `/audit-events?type=group.created&actor=${encodeURIComponent(actor)}`))
        .body.items.length

    expect(await find('élodie')).toBe(1)
    expect(await find('ÉLODIE')).toBe(1)
    expect(await find('žižek')).toBe(1)
    expect(await find('ŽIŽEK')).toBe(1)
    expect(await find('élodia')).toBe(0)
  },
)

test.each([
  'audit-events',
  'sign-in-log',
  'provisioning-log',
  'groups',
  'pools',
  'invitations',
  'mails',
  'identity/self-service/requests',
])('GE-4: %s have one order, and another is refused', async (list) => {
  const acme = await createOrganisation({ method: 'password' })

  const plain = await acme.api('GET', `/${list}`)
  const sorted = await acme.api('GET', `/${list}?sort=shoeSize,asc`)

  expect(plain.status).toBe(200)
  expect(sorted).toMatchObject({
    status: 400,
    body: { code: 'request.invalid', errors: [{ pointer: '/sort' }] },
  })
})

test('GE-4: the audit comes in pages, by number and by the last event seen, newest first', async () => {
  const acme = await createOrganisation({ method: 'password' })
  for (const name of ['a', 'b', 'c']) {
    await acme.api('POST', '/users', { ...ada, email: `${name}@acme.test` })
  }
  const list = async (query: string) =>
    (await acme.api('GET', `/audit-events?type=user.joined&${query}`)).body
  const labels = (page: { items: { subject: { label: string } }[] }) =>
    page.items.map((event) => event.subject.label)

  const first = await list('size=2')
  const second = await list('size=2&page=1')
  const after = await list(`size=2&before=${first.next}`)

  expect(first).toMatchObject({ total: 4, totalExact: true, page: 0, size: 2 })
  expect(labels(first)).toEqual(['c@acme.test', 'b@acme.test'])
  expect(labels(second)).toEqual(['a@acme.test', acme.manager.email])
  expect(labels(after)).toEqual(labels(second))
  expect(second.next).toBeNull()
})

test('LM-28: the sign-in log is found by reference number and by e-mail, in any letter case', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'portal' })
  await acme.signIn(ada)
  await acme.signIn({ ...ada, email: 'grace@acme.test' })
  const [latest] = (await acme.api('GET', '/sign-in-log')).body.items
  const find = async (search: string) =>
    (await acme.api('GET', `/sign-in-log?search=${encodeURIComponent(search)}`)).body

  expect(await find(latest.reference.toLowerCase())).toMatchObject({
    total: 1,
    items: [{ email: 'grace@acme.test', code: 'sso.user_unknown' }],
  })
  expect((await find('ADA@acme.test')).items).toMatchObject([{ email: 'ada@acme.test' }])
  expect((await acme.api('GET', '/sign-in-log?result=success')).body.items).toEqual([])
})
