import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createOpenIdOrganisation,
  type OpenIdOrganisation,
} from '../../testing/openid-organisation.ts'
import {
  createOpenIdProvider,
  type OpenIdProvider,
  type Token,
} from '../../testing/openid-provider.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const jit = { source: 'sso_jit' } as const

let provider: OpenIdProvider
beforeAll(async () => {
  provider = await createOpenIdProvider()
})
afterAll(() => provider.close())

const claim = (claims: Record<string, unknown>): Token => ({ claims })

async function meOf(acme: OpenIdOrganisation, session: string | undefined) {
  const cookie = `usher_session=${session}`
  return (await acme.send('GET', '/api/v1/me', undefined, { cookie })).body.user
}

async function find(acme: OpenIdOrganisation, email: string) {
  return (await acme.people()).find((user) => user.email === email)
}

describe('OIDC JIT', () => {
  test('JI-3, JI-10, JI-23: a first sign-in of an unknown person creates the account and signs them in', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const arrived = await acme.signInOidc(ada)

    expect(arrived).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
    expect(await meOf(acme, arrived.session)).toMatchObject({
      ...ada,
      managedBy: 'sso_jit',
      roles: ['ROLE_USER'],
    })
    expect(await acme.events()).toMatchObject([
      {
        type: 'user.joined',
        actor: 'System',
        source: 'sso_jit',
        data: {
          method: 'sso',
          idp: provider.issuer,
          subject: 'sub-of-ada@acme.test',
          email: ada.email,
          claims: { email: 'email', firstName: 'given_name', lastName: 'family_name' },
        },
      },
      { type: 'auth.succeeded', data: { method: 'sso', idp: provider.issuer } },
    ])
    expect(await acme.lastAttempt()).toMatchObject({ method: 'oidc', result: 'success' })
  })

  test('JI-4, JI-17: the next sign-in is the same person, also after their e-mail changed', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    const first = await acme.signInOidc(ada)

    const again = await acme.signInOidc(
      { ...ada, email: 'ada.king@acme.test' },
      claim({ sub: `sub-of-${ada.email}` }),
    )

    const [before, after] = [await meOf(acme, first.session), await meOf(acme, again.session)]
    expect(after.id).toBe(before.id)
    expect(after.email).toBe('ada.king@acme.test')
    expect(await acme.events('user.joined')).toHaveLength(1)
  })

  test('JI-17, JI-19: another subject with the e-mail of somebody who is linked is never that person', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    await acme.signInOidc(ada)

    const other = await acme.signInOidc(ada, claim({ sub: 'somebody-else' }))

    expect(other.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.adoption_pending' })
  })

  test.each([
    ['a manager', (acme: OpenIdOrganisation) => acme.manager.email],
    ['somebody', () => 'carl@unproved.test'],
  ])(
    'JI-19: an address of a domain that nobody proved is no key to the account of %s',
    async (who, emailOf) => {
      const acme = await createOpenIdOrganisation(provider, { verifiedDomains: [] })
      const email = emailOf(acme)
      if (who === 'somebody') {
        await acme.api('POST', '/users', { ...ada, email })
        await acme.signInOidc({ ...ada, email })
        await acme.store(`delete from identities where subject = 'sub-of-${email}'`)
      } else {
        await acme.store(`delete from identities where org_id = '${acme.id}'`)
      }

      const refused = await acme.signInOidc({ ...ada, email }, claim({ email_verified: undefined }))

      expect(refused.status).toBe(403)
      expect(await acme.lastAttempt()).toMatchObject({ code: 'jit.adoption_pending' })
      expect((await acme.api('GET', '/adoptions')).body.items).toMatchObject([
        { email, issuer: provider.issuer, subject: `sub-of-${email}` },
      ])
    },
  )

  test('LM-35: a provider that says nothing of e-mail verification, as Entra ID does, vouches for its people', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const arrived = await acme.signInOidc(ada, claim({ email_verified: undefined }))

    expect(arrived.status).toBe(303)
  })

  test.each([
    ['JI-5: the plain claims first', { firstName: 'Ada', lastName: 'King' }, 'King'],
    ['JI-6: more claims', { department: 'Engines', groups: ['a', 'b'], address: { a: 1 } }, ''],
    ['JI-6: repeated values, of which the first counts', { given_name: ['Ada', 'Eve'] }, ''],
    ['JI-6: surrounding blanks', { given_name: '  Ada\n', email: ' ada@acme.test ' }, ''],
    ['JI-7: the standard claims', {}, ''],
    ['names that are no object’s own', { toString: 'a', __proto__: { firstName: 'Eve' } }, ''],
  ])('%s', async (_, claims, lastName) => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const arrived = await acme.signInOidc(ada, claim(claims))

    expect(await meOf(acme, arrived.session)).toMatchObject({
      ...ada,
      lastName: lastName || ada.lastName,
    })
  })

  test('JI-5: the claims may have any names, and another claim may be the key', async () => {
    const names = {
      emailClaim: 'mail',
      subjectClaim: 'oid',
      attributes: { firstName: 'vorname', lastName: 'nachname' },
    }
    const acme = await createOpenIdOrganisation(provider, { ...jit, oidc: names })
    const said = { oid: 'o-1', mail: ada.email, vorname: 'Ada', nachname: 'Lovelace' }
    const person = { email: 'other@acme.test', firstName: 'X', lastName: 'Y' }

    const first = await acme.signInOidc(person, claim(said))
    const again = await acme.signInOidc(person, claim({ ...said, sub: 'another' }))
    const without = await acme.signInOidc(person, claim({ ...said, oid: undefined }))

    expect(await meOf(acme, first.session)).toMatchObject(ada)
    expect((await meOf(acme, again.session)).id).toBe((await meOf(acme, first.session)).id)
    expect(without.status).toBe(403)
  })

  test('what the ID token leaves out the UserInfo endpoint says', async () => {
    const more = await createOpenIdProvider()
    more.describe({ userinfo_endpoint: `${more.issuer}/userinfo` })
    const acme = await createOpenIdOrganisation(more, jit)
    const bare = {
      claims: { email: undefined, given_name: undefined, family_name: undefined },
      userInfo: {
        sub: 'sub-of-ada@acme.test',
        email: ada.email,
        given_name: 'Ada',
        family_name: 'Lovelace',
      },
    }

    const arrived = await acme.signInOidc(ada, bare)
    const asked = more.asked.userInfo
    const complete = await acme.signInOidc({ ...ada, email: 'bob@acme.test' })
    const forged = await acme.signInOidc(ada, {
      ...bare,
      userInfo: { ...bare.userInfo, sub: 'another' },
    })

    expect(await meOf(acme, arrived.session)).toMatchObject(ada)
    expect(asked).toBe(1)
    expect(complete.status).toBe(303)
    expect(forged.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'oidc.provider_refused' })
    expect(more.asked.userInfo).toBe(2)
    await more.close()
  })

  test('JI-13: role and group claims give nothing', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const arrived = await acme.signInOidc(
      ada,
      claim({ roles: ['ROLE_MANAGER'], groups: ['Admins'], role: 'ROLE_ROOT' }),
    )

    expect((await meOf(acme, arrived.session)).roles).toEqual(['ROLE_USER'])
  })

  test('JI-16: names are refreshed at every sign-in, and a claim that is missing keeps the last value', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    await acme.signInOidc(ada)

    await acme.signInOidc(
      { ...ada, lastName: 'King' },
      claim({ given_name: undefined, family_name: 'King' }),
    )
    const user = await find(acme, ada.email)
    const edit = await acme.api('PATCH', `/users/${user?.id}`, { firstName: 'Eve' })

    expect(user).toMatchObject({ firstName: 'Ada', lastName: 'King' })
    expect(edit).toMatchObject({ status: 409, body: { code: 'user.attribute_managed' } })
  })

  test('JI-22: twenty at the same moment make one user, and all succeed', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)

    const arrivals = await Promise.all(Array.from({ length: 20 }, () => acme.signInOidc(ada)))

    expect(arrivals.map(({ status }) => status)).toEqual(Array(20).fill(303))
    expect((await acme.people()).filter(({ email }) => email === ada.email)).toHaveLength(1)
    expect(await acme.events('user.joined')).toHaveLength(1)
    expect(await acme.events('auth.succeeded')).toHaveLength(20)
  })

  test('JI-24, LM-34: a deactivated person is refused before anything is written', async () => {
    const acme = await createOpenIdOrganisation(provider, jit)
    await acme.signInOidc(ada)
    const user = await find(acme, ada.email)
    await acme.api('PUT', `/users/${user?.id}/disable`)
    const before = await acme.rows()

    const refused = await acme.signInOidc(ada)

    expect(refused.status).toBe(403)
    expect(await acme.lastAttempt()).toMatchObject({ code: 'user.deactivated' })
    expect(await acme.rows()).toEqual(before)
  })

  test.each(['portal', 'scim'] as const)(
    'LM-33: under the source %s an unknown person has no account and gets none',
    async (source) => {
      const acme = await createOpenIdOrganisation(provider, { source })
      const before = await acme.rows()

      const refused = await acme.signInOidc(ada)

      expect(refused).toMatchObject({ status: 403, session: undefined })
      expect(await acme.lastAttempt()).toMatchObject({ code: 'sso.user_unknown' })
      expect(await acme.rows()).toEqual(before)
    },
  )

  test('JI-1, PV-10: with an OIDC connection it is called OIDC JIT', async () => {
    const acme = await createOpenIdOrganisation(provider)

    const { body } = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
    const left = await acme.api('PUT', '/identity/login-method', { method: 'password' })

    expect(body.entrySentence).toContain('by signing in through Keycloak (OIDC JIT)')
    expect(body.options.map(({ label }: { label: string }) => label)).toContain('OIDC JIT')
    expect(left).toMatchObject({
      status: 409,
      body: { code: 'login_method.provisioning_active' },
    })
    expect(left.body.detail).toContain('OIDC JIT')
  })
})

describe('links', () => {
  test('MU-8: the activation link is completed by a sign-in with its address and no other', async () => {
    const acme = await createOpenIdOrganisation(provider, { verifiedDomains: [] })
    const created = await acme.api('POST', '/users', { ...ada, roles: ['ROLE_USER'] })
    const { body } = await acme.api('POST', `/users/${created.body.id}/activation-link`)
    const token = String(body.activationLink).split('/').at(-1) ?? ''
    const page = await acme.send('GET', `/api/v1/activations/${token}`)
    const { pathname, search } = new URL(page.body.startUrl)

    const wrong = await acme.leave(search)
    const mismatch = await acme.comeBack(
      acme.consent(wrong, { ...ada, email: 'eve@acme.test' }),
      wrong,
    )
    const code = (await acme.lastAttempt()).code
    const right = await acme.leave(search)
    const done = await acme.comeBack(acme.consent(right, ada), right)

    expect(pathname).toBe(`/oidc/${acme.id}/start`)
    expect(mismatch.status).toBe(403)
    expect(code).toBe('activation.email_mismatch')
    expect(done.status).toBe(303)
    expect(await find(acme, ada.email)).toMatchObject({ status: 'active' })
    expect(await find(acme, 'eve@acme.test')).toBeUndefined()
  })

  test('IN-8: an invitation is accepted by a sign-in with its address and no other', async () => {
    const acme = await createOpenIdOrganisation(provider, { verifiedDomains: [] })
    const invited = await acme.api('POST', '/invitations', { emails: [ada.email] })
    const token = String(invited.body.items[0].link).split('/').at(-1)
    const page = await acme.send('GET', `/api/v1/invitations/${token}`)
    const { search } = new URL(page.body.startUrl)

    const wrong = await acme.leave(search)
    const mismatch = await acme.comeBack(
      acme.consent(wrong, { ...ada, email: 'eve@acme.test' }),
      wrong,
    )
    const code = (await acme.lastAttempt()).code
    const right = await acme.leave(search)
    const done = await acme.comeBack(acme.consent(right, ada), right)

    expect(page.body).toMatchObject({ completes: 'sso', connectionName: 'Keycloak' })
    expect(mismatch.status).toBe(403)
    expect(code).toBe('invitation.email_mismatch')
    expect(done.status).toBe(303)
    expect(await find(acme, ada.email)).toMatchObject({ status: 'active' })
    expect((await acme.api('GET', '/invitations')).body.total).toBe(0)
  })
})

test('SE-1: after the sign-in the person is where they wanted to be, within this site', async () => {
  const acme = await createOpenIdOrganisation(provider, jit)

  const places = await Promise.all(
    [`/o/${acme.slug}/settings/users`, 'https://evil.example/', '//evil.example'].map(
      async (place) => {
        const left = await acme.leave(`?returnTo=${encodeURIComponent(place)}`)
        return (await acme.comeBack(acme.consent(left, ada), left)).location
      },
    ),
  )

  expect(places).toEqual([`/o/${acme.slug}/settings/users`, `/o/${acme.slug}`, `/o/${acme.slug}`])
})

test('LM-7, LM-30: the sign-in page leads to the provider with code flow, PKCE, state, nonce and hint', async () => {
  const acme = await createOpenIdOrganisation(provider)

  const page = await acme.send('GET', `/api/v1/sign-in/${acme.slug}`)
  const left = await acme.leave('?loginHint=ada@acme.test&reauth=1')

  expect(page.body).toMatchObject({
    method: 'sso',
    showPassword: false,
    connectionName: 'Keycloak',
    startUrl: `https://usher.example/oidc/${acme.id}/start`,
  })
  const url = new URL(left.location)
  expect(url.origin + url.pathname).toBe(`${provider.issuer}/authorize`)
  const asked = Object.fromEntries(url.searchParams)
  expect(asked).toMatchObject({
    client_id: 'usher',
    response_type: 'code',
    redirect_uri: `https://usher.example/oidc/${acme.id}/callback`,
    scope: 'openid profile email',
    code_challenge_method: 'S256',
    login_hint: 'ada@acme.test',
    prompt: 'login',
  })
  expect([asked.state, asked.nonce, asked.code_challenge].map((one) => one?.length ?? 0)).toEqual([
    expect.toSatisfy((length) => length >= 43),
    43,
    43,
  ])
})
