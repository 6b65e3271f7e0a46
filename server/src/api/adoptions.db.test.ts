import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'

/** Three people who are here already and come by single sign-on, of a domain that nobody proved. */
async function waiting() {
  const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
  const people = ['ada', 'bob', 'eve'].map((who) => ({
    email: `${who}@${acme.slug}.example`,
    firstName: who,
    lastName: 'Stone',
  }))
  for (const person of people) {
    const { id } = (await acme.api('POST', '/users', person)).body
    // They have been here before, so that nobody has just vouched for them.
    await acme.store(`update users set status = 'active', last_sign_in_at = 1 where id = '${id}'`)
    await acme.signIn(person)
  }
  const queue = async () =>
    (await acme.api('GET', '/adoptions')).body.items as { id: string; email: string }[]
  const entries = people.map(async ({ email }) => {
    return (await queue()).find((entry) => entry.email === email)?.id ?? ''
  })
  const ids = await Promise.all(entries)
  return { acme, people, ids, queue }
}

const queueEvents = async (acme: Awaited<ReturnType<typeof waiting>>['acme']) =>
  (await acme.eventNames()).filter((name) => /^adoption\.(approved|declined)$/.test(name))

test('JI-20: several entries are approved at once, and each person is linked once at their next sign-in', async () => {
  const { acme, people, ids, queue } = await waiting()

  const answer = await acme.api('POST', '/adoptions/approve', { ids })
  const arrived = []
  for (const person of people) arrived.push(await acme.signIn(person), await acme.signIn(person))

  expect(answer.status).toBe(200)
  expect(answer.body.items).toMatchObject(ids.map((id) => ({ id, status: 204, code: null })))
  expect(await queue()).toEqual([])
  expect(arrived.map(({ status }) => status)).toEqual(Array(6).fill(303))
  expect((await acme.events('user.linked')).map((event) => event.subject).sort(byText)).toEqual(
    people.map(({ email }) => email).sort(byText),
  )
  expect(await queueEvents(acme)).toEqual(Array(3).fill('adoption.approved'))
})

test('JI-20: approval is of the very subject that asked, and of nobody else with that address', async () => {
  const { acme, people, ids } = await waiting()
  await acme.api('POST', '/adoptions/approve', { ids })
  const [ada] = people

  const other = ada && (await acme.signIn(ada, { nameId: 'somebody-else' }))

  expect(other?.session).toBeUndefined()
  expect(await acme.events('user.linked')).toEqual([])
})

test('MU-11: a key that may write people lets nobody into the account of a manager', async () => {
  const acme = await createOrganisation({ method: 'sso', verifiedDomains: [] })
  await acme.store(`delete from identities where user_id = '${acme.manager.id}'`)
  const stranger = { email: acme.manager.email, firstName: 'Eve', lastName: 'Stone' }
  await acme.signIn(stranger)
  const [entry] = (await acme.api('GET', '/adoptions')).body.items
  const key = await acme.apiKey(['users:write'])

  const refused = await acme.byKey(key, 'POST', `/adoptions/${entry.id}/approve`)

  expect(refused).toMatchObject({ status: 403, body: { code: 'role.escalation' } })
  expect((await acme.signIn(stranger)).session).toBeUndefined()
  expect(await queueEvents(acme)).toEqual([])
})

test('JI-20: declining several leaves each account as it was', async () => {
  const { acme, people, ids, queue } = await waiting()
  const before = (await acme.rows()).identities

  const answer = await acme.api('POST', '/adoptions/decline', { ids: ids.slice(0, 2) })
  const [ada] = people
  const refused = ada && (await acme.signIn(ada))

  expect(answer.status).toBe(200)
  expect(refused?.session).toBeUndefined()
  expect((await acme.rows()).identities).toBe(before)
  expect((await queue()).map(({ id }) => id)).toEqual([ids[2]])
  expect(await queueEvents(acme)).toEqual(Array(2).fill('adoption.declined'))
})

test('JI-20: of an entry that is decided already the answer says so, and the others are decided', async () => {
  const { acme, ids } = await waiting()
  const [first = '', second = '', third = ''] = ids
  await acme.api('POST', `/adoptions/${first}/decline`)

  const answer = await acme.api('POST', '/adoptions/approve', {
    ids: [first, second, acme.id, third],
  })

  expect(answer.status).toBe(207)
  expect(answer.body.items.map((item: { status: number }) => item.status)).toEqual([
    404, 204, 404, 204,
  ])
  expect(answer.body.items[0].code).toBe('resource.not_found')
})

test('JI-20: of two managers who decide the same at once, one decides', async () => {
  const { acme, ids } = await waiting()

  const answers = await Promise.all([
    acme.api('POST', '/adoptions/approve', { ids }),
    acme.api('POST', '/adoptions/decline', { ids }),
  ])

  const statuses = answers.flatMap(({ body }) => body.items as { status: number }[])
  expect(statuses.filter(({ status }) => status === 204)).toHaveLength(3)
  expect(await queueEvents(acme)).toHaveLength(3)
})

test('JI-20: another organisation’s entries are not there, and more than 200 at once are refused', async () => {
  const { acme, ids, queue } = await waiting()
  const other = await createOrganisation({ method: 'password' })

  const foreign = await other.api('POST', '/adoptions/approve', { ids })
  const tooMany = await acme.api('POST', '/adoptions/approve', { ids: Array(201).fill(acme.id) })

  expect(foreign.status).toBe(207)
  expect(foreign.body.items).toMatchObject(ids.map(() => ({ status: 404 })))
  expect(tooMany).toMatchObject({ status: 400, body: { code: 'request.invalid' } })
  expect(await queue()).toHaveLength(3)
})

function byText(a: string | null, b: string | null): number {
  return (a ?? '').localeCompare(b ?? '')
}
