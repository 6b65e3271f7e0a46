import { createOutbound } from '../src/lib/outbound.ts'
import type { ConnectionSettings, OidcConnection, OidcSettings } from '../src/model/connection.ts'
import { createIssuers, type OidcWish, readOidcSettings } from '../src/oidc/index.ts'
import { sso } from '../src/store/index.ts'
import { type OpenIdProvider, openIdHost, type Token } from './openid-provider.ts'
import {
  createOrganisation,
  type Person,
  startUsher,
  type TestOrganisation,
  type Wish,
} from './organisation.ts'

type Answered = { status: number; text: string; session: string | undefined; location: string }
export type Left = { status: number; location: string; browser: string; text: string }

/** What an honest provider says of a person whose subject is made from their address. */
export function claimsOf({ email, firstName, lastName }: Person): Record<string, unknown> {
  return {
    sub: `sub-of-${email}`,
    email,
    email_verified: true,
    given_name: firstName,
    family_name: lastName,
  }
}

/** What a manager types on Identity Configuration about this provider. */
export function oidcInputOf(
  provider: Pick<OpenIdProvider, 'discoveryUrl' | 'clientId' | 'clientSecret'>,
) {
  return {
    connectionName: 'Keycloak',
    provider: 'keycloak' as const,
    discoveryUrl: provider.discoveryUrl,
    clientId: provider.clientId,
    clientSecret: provider.clientSecret,
  }
}

/** A browser's way out and back for one organisation, whatever provider stands at the other end. */
export function oidcBrowser(acme: TestOrganisation, callbackPath = `/oidc/${acme.id}/callback`) {
  const { app } = acme.usher

  async function leave(query = '', session = '', browser = ''): Promise<Left> {
    const cookies = [
      ...(session ? [`usher_session=${session}`] : []),
      ...(browser ? [`usher_browser=${browser}`] : []),
    ]
    const response = await app.inject({
      method: 'GET',
      url: `/oidc/${acme.id}/start${query}`,
      headers: { accept: 'text/html', ...(cookies.length > 0 && { cookie: cookies.join('; ') }) },
    })
    return {
      status: response.statusCode,
      location: String(response.headers.location ?? ''),
      browser: response.cookies.find(({ name }) => name === 'usher_browser')?.value ?? '',
      text: response.body,
    }
  }

  async function comeBack(
    query: URLSearchParams | string,
    from: { browser: string },
    path = callbackPath,
  ): Promise<Answered> {
    const response = await app.inject({
      method: 'GET',
      url: `${path}?${query}`,
      headers: {
        accept: 'text/html',
        ...(from.browser && { cookie: `usher_browser=${from.browser}` }),
      },
    })
    return {
      status: response.statusCode,
      text: response.body,
      session: response.cookies.find(({ name }) => name === 'usher_session')?.value,
      location: String(response.headers.location ?? ''),
    }
  }

  return { leave, comeBack }
}

export type OpenIdWish = Omit<Wish, 'openId' | 'saml'> & { oidc?: Partial<OidcWish> }

/** A fresh organisation that signs in by this OpenID provider, and a browser for it. */
export async function createOpenIdOrganisation(provider: OpenIdProvider, wish: OpenIdWish = {}) {
  const { vault, clock } = await startUsher()
  const outbound = createOutbound([`${openIdHost}/32`])
  const settings: ConnectionSettings = await readOidcSettings(
    { issuers: createIssuers({ outbound, clock }), vault },
    {
      ...oidcInputOf(provider),
      clientAuth: 'client_secret_basic',
      emailClaim: 'email',
      subjectClaim: 'sub',
      attributes: { firstName: 'firstName', lastName: 'lastName' },
      refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
      ...wish.oidc,
    },
    undefined,
  )
  const acme = await createOrganisation({
    method: 'sso',
    ...wish,
    openId: { settings, issuer: provider.issuer, subject: 'sub-of-ana' },
  })
  return withOpenId(acme, provider)
}

/** One whole sign-in of a person, as the provider vouches for them. */
export function withOpenId(
  acme: TestOrganisation,
  provider: OpenIdProvider,
  browser = oidcBrowser(acme),
) {
  async function signInOidc(person: Person, token: Token = {}) {
    const left = await browser.leave()
    return browser.comeBack(consent(left, person, token), left)
  }

  function consent(left: Left, person: Person, token: Token = {}): URLSearchParams {
    const claims = { ...claimsOf(person), ...token.claims }
    return provider.consent(left.location, acme.usher.clock.now(), { ...token, claims })
  }

  /** A whole test sign-in of unsaved settings by the manager, as themselves unless told otherwise. */
  async function testOidc(settings: object, token: Token = {}, person: Person = acme.manager) {
    const started = await acme.api('POST', '/identity/login-method/tests', settings)
    if (started.status !== 201) throw new Error(`Not started: ${started.text}`)
    const testId = started.body.id as string
    const left = await browser.leave(`?test=${testId}`, acme.session)
    const page = left.location ? await browser.comeBack(consent(left, person, token), left) : left
    const { body } = await acme.api('GET', `/identity/login-method/tests/${testId}`)
    return { id: testId, page, test: body }
  }

  /** The first refused attempt, as a manager reads it. */
  async function firstFailure() {
    const { body } = await acme.api('GET', '/sign-in-log?result=failure&size=200')
    return (await acme.api('GET', `/sign-in-log/${body.items.at(-1).id}`)).body
  }

  const storedConnection = async () => ({
    rows: await acme.usher.store.read
      .selectFrom('connections')
      .selectAll()
      .where('org_id', '=', acme.id)
      .execute(),
  })

  /** What a Save in the meantime would have put in place. */
  async function changeStoredSettings(changes: Partial<OidcSettings>) {
    await acme.usher.store.write(async (db) => {
      const row = await sso.connection(db, acme.id)
      if (!row) throw new Error('No connection.')
      const settings = JSON.parse(row.settings) as OidcConnection
      Object.assign(settings.oidc, changes)
      await sso.putConnection(db, { ...row, settings: JSON.stringify(settings) })
    })
  }

  return {
    ...acme,
    ...browser,
    provider,
    signInOidc,
    consent,
    testOidc,
    firstFailure,
    changeStoredSettings,
    storedConnection,
  }
}

export type OpenIdOrganisation = Awaited<ReturnType<typeof createOpenIdOrganisation>>
