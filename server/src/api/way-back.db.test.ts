import { expect, test } from 'vitest'
import { createIdentityProvider } from '../../testing/identity-provider.ts'
import { createOrganisation } from '../../testing/organisation.ts'

const url = '/identity/login-method'
const ownPassword = '/api/v1/me/password'
const fresh = 'Another-horse-8'

test('LM-11: under SSO a manager sets a password of their own, which opens nothing until it is the method', async () => {
  const acme = await createOrganisation({ method: 'sso' })
  const headers = {
    cookie: `usher_session=${acme.session}`,
    'x-csrf-token': await acme.csrfOf(acme.session),
  }
  await acme.usher.store.write((db) =>
    db.deleteFrom('passwords').where('org_id', '=', acme.id).execute(),
  )
  const tooEarly = await acme.api('PUT', url, { method: 'password' })

  const set = await acme.send('PUT', ownPassword, { password: fresh }, headers)
  const closed = await acme.signInByPassword(acme.manager.email, fresh)
  const switched = await acme.api('PUT', url, { method: 'password' })
  const open = await acme.signInByPassword(acme.manager.email, fresh)

  expect(tooEarly).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
  expect(set.status).toBe(204)
  expect(closed).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
  expect(switched).toMatchObject({ status: 200, body: { method: 'password' } })
  expect(open.status).toBe(200)
  expect(await acme.eventNames()).toEqual([
    'user.password_set',
    'auth.failed',
    'login_method.changed',
    'auth.succeeded',
  ])
})

test('SE-5, LM-36: one’s own password needs the CSRF token and obeys the rule', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const cookie = `usher_session=${acme.session}`
  const token = await acme.csrfOf(acme.session)

  const forged = await acme.send('PUT', ownPassword, { password: fresh }, { cookie })
  const weak = await acme.send(
    'PUT',
    ownPassword,
    { password: 'short' },
    { cookie, 'x-csrf-token': token },
  )

  expect(forged).toMatchObject({ status: 403, body: { code: 'auth.csrf' } })
  expect(weak).toMatchObject({ status: 400, body: { code: 'password.too_weak' } })
  expect(await acme.eventNames()).toEqual([])
})

test('under SSO somebody who manages nothing has no password to set', async () => {
  const acme = await createOrganisation({ method: 'sso', source: 'sso_jit' })
  const ada = await acme.signIn({ email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' })
  const session = ada.session ?? ''

  const refused = await acme.send(
    'PUT',
    ownPassword,
    { password: fresh },
    {
      cookie: `usher_session=${session}`,
      'x-csrf-token': await acme.csrfOf(session),
    },
  )

  expect(refused).toMatchObject({ status: 403, body: { code: 'login_method.disabled' } })
})

test('SE-12: an emergency account repairs SSO when its test lets a manager in, and only then', async () => {
  const acme = await createOrganisation({ method: 'sso' })
  const emergency = await acme.proveEmergency()
  const session = emergency.session
  // The identity provider was replaced: same people, other keys.
  const replaced = createIdentityProvider({ entityId: acme.idp.entityId })
  const saml = { ...acme.samlInput, metadataXml: replaced.metadataXml }
  const attempt = async (email: string) => {
    const started = await acme.api('POST', `${url}/tests`, { saml }, { session })
    const left = await acme.startSso(`?test=${started.body.id}`, session)
    const response = replaced.respond({
      sp: acme.sp,
      now: acme.usher.clock.now(),
      inResponseTo: left.requestId,
      nameId: email,
    })
    await acme.postResponse(response, left)
    return acme.api('PUT', url, { method: 'sso', saml, testId: started.body.id }, { session })
  }

  const asStranger = await attempt('nobody@acme.test')
  const asManager = await attempt(acme.manager.email)

  expect(asStranger).toMatchObject({ status: 409, body: { code: 'login_method.test_required' } })
  expect(asManager.status).toBe(200)
  const [changed] = await acme.events('connection.changed')
  expect(changed).toMatchObject({ actor_kind: 'break_glass', emergency: 1 })
})
