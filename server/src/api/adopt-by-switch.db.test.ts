import { describe, expect, test } from 'vitest'
import { createIdentityProvider, createTestKey } from '../../testing/identity-provider.ts'
import {
  createOrganisation,
  managerPassword,
  type TestOrganisation,
} from '../../testing/organisation.ts'

const url = '/identity/login-method'
const person = (name: string) => ({
  email: `${name}@elsewhere.test`,
  firstName: name,
  lastName: 'Hill',
})
const [ada, bob, eve] = [person('Ada'), person('Bob'), person('Eve')]
const away = { verifiedDomains: [] }

/** By password, with people of a domain that nobody proved, and one Save away from SSO. */
async function readyForSso() {
  const acme = await createOrganisation({ method: 'password', ...away })
  const ids = {
    ada: (await acme.join(ada)).id,
    bob: (await acme.join(bob)).id,
    eve: (await acme.join(eve, ['ROLE_MANAGER'])).id,
  }
  await acme.proveEmergency()
  const { id: testId } = await acme.testSignIn()
  const wish = { method: 'sso', saml: acme.samlInput, testId }
  const before = (await acme.events()).length
  return {
    acme,
    ids,
    wish,
    save: (adopt?: object) => acme.api('PUT', url, { ...wish, ...(adopt && { adopt }) }),
    since: async () => (await acme.events()).slice(before),
  }
}

/** What somebody’s first sign-in by the new connection comes to. */
async function arrival(acme: TestOrganisation, who: { email: string }, changes = {}) {
  const arrived = await acme.signIn(who, changes)
  return arrived.session ? 'in' : (await acme.lastAttempt()).code
}

describe('JI-20: ticking people in the preview of a switch', () => {
  test('the preview lists who would wait, managers first, and not whoever saves', async () => {
    const { acme, ids } = await readyForSso()
    // Never here, so that creating them was the approval; and somebody who could not come in anyway.
    await acme.api('POST', '/users', person('Carl'))
    const { id } = await acme.join(person('Dora'))
    await acme.api('PUT', `/users/${id}/disable`)

    const wish = { method: 'sso', saml: acme.samlInput }
    const preview = await acme.api('POST', `${url}/preview`, wish)

    expect(preview.body.waiting).toEqual({
      managers: 1,
      others: 2,
      people: [
        {
          id: ids.eve,
          email: eve.email,
          name: 'Eve Hill',
          risk: 'high',
          reason: 'A manager’s e-mail from a domain that is not verified.',
        },
        ...[ada, bob].map(({ email, firstName }) => ({
          id: firstName === 'Ada' ? ids.ada : ids.bob,
          email,
          name: `${firstName} Hill`,
          risk: 'medium',
          reason: 'The e-mail domain is not verified.',
        })),
      ],
    })
    const byPassword = await acme.api('POST', `${url}/preview`, { method: 'google' })
    expect(byPassword.body.waiting).toEqual({ managers: 0, others: 0, people: [] })
  })

  test('who is ticked is linked at once under the same id, and who is not waits in the queue', async () => {
    const { acme, ids, save, since } = await readyForSso()

    const saved = await save({ users: [ids.ada] })
    const arrivals = [await arrival(acme, ada), await arrival(acme, bob)]

    expect(saved.status).toBe(200)
    expect(arrivals).toEqual(['in', 'jit.adoption_pending'])
    expect((await acme.api('GET', `/users/${ids.ada}`)).body).toMatchObject({
      status: 'active',
      identities: [{ issuer: acme.idp.entityId, subject: ada.email }],
    })
    const happened = await since()
    expect(happened.map(({ type }) => type)).toEqual([
      'connection.changed',
      'user.linked',
      'login_method.changed',
      'adoption.approved',
      'user.linked',
      'user.activated',
      'auth.succeeded',
      'adoption.queued',
      'auth.failed',
    ])
    expect(happened[3]).toMatchObject({
      subject: ada.email,
      data: { issuer: acme.idp.entityId, risk: 'medium', by: 'preview of the switch' },
    })
    expect(happened[4]).toMatchObject({
      subject: ada.email,
      data: { subject: ada.email, approval: 'preview of the switch' },
    })
  })

  test('a tick is for one linking: another subject with that address waits', async () => {
    const { acme, ids, save } = await readyForSso()
    await save({ users: [ids.ada] })
    await acme.signIn(ada)

    expect(await arrival(acme, ada, { nameId: 'ADA@elsewhere.test' })).toBe('jit.adoption_pending')
    await acme.store(`delete from identities where user_id = '${ids.ada}'`)
    expect(await arrival(acme, ada)).toBe('jit.adoption_pending')
  })

  test('everyone are all who wait but for managers, who are ticked by name alone', async () => {
    const { acme, ids, save, since } = await readyForSso()

    await save({ everyone: true })
    await acme.api('PATCH', `/users/${ids.bob}`, { roles: ['ROLE_MANAGER'] })

    // Bob became a manager after the tick: that is a risk that nobody took.
    expect(await arrival(acme, ada)).toBe('in')
    expect(await arrival(acme, bob)).toBe('jit.adoption_pending')
    expect(await arrival(acme, eve)).toBe('jit.adoption_pending')
    expect((await since()).filter(({ type }) => type === 'adoption.approved')).toMatchObject([
      {
        subject: 'Acme',
        data: { issuer: acme.idp.entityId, risk: 'medium', people: 2 },
      },
    ])
  })

  test('a manager who is ticked by name beside everyone is linked, with the risk in the audit', async () => {
    const { acme, ids, save, since } = await readyForSso()

    await save({ everyone: true, users: [ids.eve] })

    expect(await arrival(acme, eve)).toBe('in')
    expect(await arrival(acme, bob)).toBe('in')
    expect((await since()).filter(({ type }) => type === 'adoption.approved')).toMatchObject([
      { subject: 'Acme', data: { risk: 'medium' } },
      { subject: eve.email, data: { risk: 'high' } },
    ])
  })

  test('everyone is nobody who joined after the switch', async () => {
    const { acme, save } = await readyForSso()
    await save({ everyone: true })
    const { id } = (await acme.api('POST', '/users', person('Nina'))).body
    await acme.store(`update users set last_sign_in_at = 1 where id = '${id}'`)

    expect(await arrival(acme, person('Nina'))).toBe('jit.adoption_pending')
  })

  test('a later switch makes every tick void', async () => {
    const { acme, ids, wish, save } = await readyForSso()
    await save({ everyone: true, users: [ids.ada] })

    const cookie = `usher_session=${acme.session}`
    const headers = { cookie, 'x-csrf-token': await acme.csrfOf(acme.session) }
    await acme.send('PUT', '/api/v1/me/password', { password: managerPassword }, headers)
    const there = await acme.api('PUT', url, { method: 'password' })
    const back = await acme.api('PUT', url, wish)

    expect([there.status, back.status]).toEqual([200, 200])

    expect(await arrival(acme, ada)).toBe('jit.adoption_pending')
    expect(await arrival(acme, bob)).toBe('jit.adoption_pending')
  })

  test('another identity provider under the same method makes them void too', async () => {
    const { acme, ids, save, since } = await readyForSso()
    await save({ everyone: true, users: [ids.ada] })
    const other = createIdentityProvider({ key: createTestKey(), entityId: 'https://other.test/' })
    const replaced = { ...acme.samlInput, metadataXml: other.metadataXml }

    const preview = await acme.api('POST', `${url}/preview`, { method: 'sso', saml: replaced })
    Object.assign(acme.idp, other)
    const { id: testId } = await acme.testSignIn({ saml: replaced })
    const saved = await acme.api('PUT', url, { method: 'sso', saml: replaced, testId })

    expect(preview.body.waiting).toMatchObject({ managers: 1, others: 2 })
    expect(saved.status).toBe(200)
    expect(await arrival(acme, ada)).toBe('jit.adoption_pending')
    expect(await arrival(acme, bob)).toBe('jit.adoption_pending')
    expect((await since()).map(({ type }) => type)).not.toContain('user.activated')
  })

  test('whom nothing keeps waiting is given no approval', async () => {
    const { acme, ids, save, since } = await readyForSso()
    await acme.store(
      `insert into domains (org_id, name, token, proof, verified_at, created_at) values
        ('${acme.id}', 'elsewhere.test', 't', 'dns', 1, 1)`,
    )

    const saved = await save({ everyone: true, users: [ids.ada, ids.eve] })

    expect(saved.status).toBe(200)
    expect((await since()).map(({ type }) => type)).not.toContain('adoption.approved')
  })
})

describe('JI-20: ticks that are refused change nothing', () => {
  test.each<[string, (ready: Awaited<ReturnType<typeof readyForSso>>) => Promise<object>, object]>([
    [
      'with a method that is not SSO',
      async () => ({ method: 'google' }),
      { code: 'request.invalid', errors: [{ pointer: '/adopt' }] },
    ],
    [
      'of somebody who is deactivated',
      async ({ acme, ids, wish }) => {
        await acme.api('PUT', `/users/${ids.bob}/disable`)
        return { ...wish, adopt: { users: [ids.ada, ids.bob] } }
      },
      { code: 'request.invalid', errors: [{ pointer: '/adopt/users/1', code: 'not_here' }] },
    ],
    [
      'of somebody of another organisation',
      async ({ wish }) => {
        const other = await createOrganisation({ method: 'password' })
        return { ...wish, adopt: { users: [other.manager.id] } }
      },
      { code: 'request.invalid', errors: [{ pointer: '/adopt/users/0', code: 'not_here' }] },
    ],
    [
      'of more than 200 by name',
      async ({ ids, wish }) => ({ ...wish, adopt: { users: Array(201).fill(ids.ada) } }),
      { code: 'request.invalid' },
    ],
  ])('%s', async (_, wishOf, body) => {
    const ready = await readyForSso()
    const wish = { adopt: { everyone: true }, ...(await wishOf(ready)) }
    const before = (await ready.acme.events()).length

    const refused = await ready.acme.api('PUT', url, wish)

    expect(refused).toMatchObject({ status: 400, body })
    expect((await ready.acme.api('GET', url)).body.method).toBe('password')
    expect((await ready.acme.events()).length).toBe(before)
  })

  test('while SSO is in force already', async () => {
    const acme = await createOrganisation({ method: 'sso', ...away })

    const refused = await acme.api('PUT', url, { method: 'sso', adopt: { everyone: true } })

    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/adopt' }] } })
    expect(await acme.eventNames()).toEqual([])
  })

  test('by a key that may change settings but no people', async () => {
    const { acme, wish } = await readyForSso()
    const key = await acme.apiKey(['identity:write'])

    const refused = await acme.byKey(key, 'PUT', url, { ...wish, adopt: { everyone: true } })

    expect(refused).toMatchObject({ status: 403, body: { code: 'api_key.scope_missing' } })
    expect((await acme.api('GET', url)).body.method).toBe('password')
  })
})
