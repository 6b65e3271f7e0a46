import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCertifiedProvider } from '../../testing/certified-provider.ts'
import { oidcBrowser } from '../../testing/openid-organisation.ts'
import { createOrganisation, type Person } from '../../testing/organisation.ts'

const ada = { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace' }
const url = '/identity/login-method'

let provider: Awaited<ReturnType<typeof createCertifiedProvider>>
beforeAll(async () => {
  provider = await createCertifiedProvider()
})
afterAll(() => provider.close())

/** A manager registers the application there and types its settings here, tests and saves. */
async function connect(clientAuth: string) {
  const acme = await createOrganisation({ method: 'password' })
  await acme.proveEmergency()
  const { relyingParty } = (await acme.api('GET', url)).body
  const byKey = clientAuth === 'private_key_jwt'
  const secret = byKey ? {} : { client_secret: 'a secret of forty characters or even more' }
  const { body: jwks } = await acme.send('GET', new URL(relyingParty.jwksUrl).pathname)
  provider.register({
    client_id: `usher-${clientAuth}`,
    redirect_uris: [relyingParty.redirectUri],
    token_endpoint_auth_method: clientAuth as 'client_secret_basic',
    ...secret,
    ...(byKey && { jwks, token_endpoint_auth_signing_alg: 'RS256' }),
  })
  const oidc = {
    connectionName: 'Example',
    discoveryUrl: provider.discoveryUrl,
    clientId: `usher-${clientAuth}`,
    clientAuth,
    ...(!byKey && { clientSecret: secret.client_secret }),
  }
  const browser = oidcBrowser(acme)
  const signIn = async (person: Person, query = '', session = '') => {
    const left = await browser.leave(query, session)
    return browser.comeBack(await provider.signIn(left.location, person), left)
  }
  const { body: begun } = await acme.api('POST', `${url}/tests`, { oidc })
  expect(begun).toMatchObject({ state: 'pending' })
  await signIn(acme.manager, `?test=${begun.id}`, acme.session)
  const saved = await acme.api('PUT', url, { method: 'sso', oidc, testId: begun.id })
  const jit = await acme.api('PUT', '/identity/provisioning', { source: 'sso_jit' })
  return { acme, signIn, saved, jit }
}

test.each(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])(
  'LM-30, JI-3: a certified provider is connected by %s and brings a stranger in',
  async (clientAuth) => {
    const { acme, signIn, saved, jit } = await connect(clientAuth)

    const arrived = await signIn(ada)
    // Another test may have rotated a moment ago, after which the provider is left alone.
    acme.usher.clock.advance(6_000)
    await provider.rotate()
    const again = await signIn(ada)

    expect([saved.status, jit.status]).toEqual([200, 200])
    expect(arrived).toMatchObject({ status: 303, location: `/o/${acme.slug}` })
    expect((await acme.people()).find(({ email }) => email === ada.email)).toMatchObject({
      ...ada,
      managedBy: 'sso_jit',
      status: 'active',
    })
    // A key that was rotated a moment ago works at once.
    expect(again.status).toBe(303)
  },
)
