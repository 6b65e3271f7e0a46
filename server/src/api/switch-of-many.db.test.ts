import { expect, test } from 'vitest'
import { createOrganisation, managerPassword } from '../../testing/organisation.ts'

const url = '/identity/login-method'
const zoe = { email: 'zoe@acme.test', firstName: 'Zoe', lastName: 'Quinn' }
const yan = { email: 'yan@acme.test', firstName: 'Yan', lastName: 'Quinn' }
const many = 600

/** By password, with more people than a switch reaches at once; Zoe and Yan stand behind them. */
async function manyPeople(roles?: string[]) {
  const acme = await createOrganisation({ method: 'password' })
  await acme.usher.store.write(async (db) => {
    const manager = await db
      .selectFrom('users')
      .selectAll()
      .where('org_id', '=', acme.id)
      .executeTakeFirstOrThrow()
    const rows = Array.from({ length: many }, (_, n) => {
      const email = `p${n}@acme.test`
      const id = `01000000-0000-7000-8000-${String(n).padStart(12, '0')}`
      return { ...manager, id, email, email_folded: email, sort_name: email }
    })
    for (let from = 0; from < many; from += 200) {
      await db
        .insertInto('users')
        .values(rows.slice(from, from + 200))
        .execute()
    }
    const counted = { org_id: acme.id, id: acme.id, key: 'users active portal', delta: many }
    await db.insertInto('count_deltas').values(counted).execute()
  })
  const people = { zoe: await acme.join(zoe, roles), yan: await acme.join(yan) }
  await acme.proveEmergency()
  const { id: testId } = await acme.testSignIn()
  const wish = { method: 'sso', saml: acme.samlInput, testId }
  return {
    acme,
    people,
    save: () => acme.api('PUT', url, wish),
    totals: async () => {
      const counts = []
      for (const status of ['active', 'pending']) {
        counts.push((await acme.api('GET', `/users?status=${status}&size=1`)).body.total as number)
      }
      return counts
    },
  }
}

test('LM-12, LM-13: of many people each is Pending from the moment of Save, and what they had opens nothing, before the switch is brought to them', async () => {
  const { acme, people, save, totals } = await manyPeople()

  const saved = await save()

  expect(saved.body.switching).toEqual({ done: 250, total: many + 3 })
  const asZoe = await acme.api('GET', `/users/${people.zoe.id}`, undefined, {
    session: people.zoe.session,
  })
  expect(asZoe).toMatchObject({ status: 401, body: { code: 'auth.required' } })
  expect((await acme.signInByPassword(zoe.email, managerPassword)).status).toBe(403)
  const waits = { status: 'pending', pendingReason: 'method_changed' }
  expect((await acme.api('GET', `/users/${people.zoe.id}`)).body).toMatchObject(waits)
  const [listed] = (await acme.api('GET', `/users?search=${zoe.email}`)).body.items
  expect(listed).toMatchObject(waits)
  expect(await totals()).toEqual([many + 3 - 250, 250])

  // As two nodes would.
  await Promise.all([acme.bringSwitch(), acme.bringSwitch()])

  expect(await totals()).toEqual([1, many + 2])
  expect((await acme.api('GET', url)).body.switching).toBeNull()
  expect((await acme.rows()).sessions).toBe(2)
  const mails = (await acme.mails()).filter(({ template }) => template === 'method_changed')
  expect(mails).toHaveLength(many + 2)
  expect((await acme.eventNames()).slice(-4)).toEqual([
    'connection.changed',
    'user.linked',
    'login_method.changed',
    'auth.failed',
  ])
})

test('LM-12: who signs in by the new method before the switch is brought to them is Active and stays so', async () => {
  const { acme, people, save, totals } = await manyPeople()
  await save()

  const arrived = await acme.signIn(zoe)
  const before = (await acme.eventNames()).slice(-3)
  await acme.bringSwitch()

  expect(arrived.status).toBe(303)
  expect(before).toEqual(['user.linked', 'user.activated', 'auth.succeeded'])
  expect((await acme.api('GET', `/users/${people.zoe.id}`)).body.status).toBe('active')
  expect((await acme.api('GET', `/users/${people.yan.id}`)).body.status).toBe('pending')
  expect(await totals()).toEqual([2, many + 1])
  expect(
    (await acme.api('GET', '/me/nothing', undefined, { session: arrived.session ?? '' })).status,
  ).toBe(404)
})

test('LM-12: a manager further down waits at once, and does not count as one who works', async () => {
  const { acme, people, save } = await manyPeople(['ROLE_MANAGER'])
  await save()

  const { status } = await acme.usher.store.read
    .selectFrom('users')
    .select('status')
    .where('id', '=', people.zoe.id)
    .executeTakeFirstOrThrow()

  expect(status).toBe('pending')
})

test('LM-10: the file of links goes through everybody though the switch is still on its way', async () => {
  const { acme, save, totals } = await manyPeople(['ROLE_MANAGER'])
  await save()

  const file = await acme.api('POST', `${url}/links`)

  const links = file.text.match(/\/activate\//g)
  expect(links).toHaveLength(many + 2)
  expect(file.text.split(zoe.email)).toHaveLength(2)
  expect(await totals()).toEqual([1, many + 2])
})

test('LM-12: a second switch while the first is on its way begins anew, and no old session comes to life again', async () => {
  const { acme, people, save, totals } = await manyPeople()
  await save()
  const cookie = `usher_session=${acme.session}`
  const headers = { cookie, 'x-csrf-token': await acme.csrfOf(acme.session) }
  await acme.send('PUT', '/api/v1/me/password', { password: managerPassword }, headers)

  const back = await acme.api('PUT', url, { method: 'password' })
  const asZoe = await acme.api('GET', `/users/${people.zoe.id}`, undefined, {
    session: people.zoe.session,
  })
  const byPassword = await acme.signInByPassword(zoe.email, managerPassword)
  await acme.bringSwitch()

  expect(back.body.switching).toEqual({ done: 250, total: many + 3 })
  expect(asZoe.status).toBe(401)
  expect(byPassword.status).toBe(401)
  expect(await totals()).toEqual([1, many + 2])
})
