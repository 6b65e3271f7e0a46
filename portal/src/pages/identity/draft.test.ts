import { expect, test } from 'vitest'
import type { LoginMethodView, ProvisioningView } from '../../../../contract/src/index.ts'
import { changesOf, draftOf, oidcInputOf, samlInputOf, type Views } from './draft.ts'
import { missing } from './missing.ts'
import type { TestSignIn } from './testSignIn.ts'

const untested: TestSignIn = {
  test: null,
  stale: false,
  ready: true,
  starting: false,
  start: () => undefined,
}

test('what is loaded shows nothing to save', () => {
  const views = viewsOf({})

  const changes = changesOf(draftOf(views), views)

  expect(changes.any).toBe(false)
})

test('a first choice of SSO waits for the provider, an emergency account and a test', () => {
  const views = viewsOf({ method: null, breakGlass: none })
  const draft = { ...draftOf(views), method: 'sso' as const }

  const gaps = missing(draft, changesOf(draft, views), views.login.value, untested)

  expect(gaps.map(({ id }) => id)).toEqual(['idp', 'emergency', 'test'])
})

test('a password of one’s own is all that switching to passwords needs', () => {
  const views = viewsOf({ method: null, ownPasswordSet: true, breakGlass: none })
  const draft = { ...draftOf(views), method: 'password' as const }

  expect(missing(draft, changesOf(draft, views), views.login.value, untested)).toEqual([])
})

test('a test no longer counts once the settings have changed', () => {
  const views = viewsOf({})
  const draft = { ...draftOf(views), method: 'sso' as const }
  const stale = { ...untested, test: passed, stale: true }

  const gaps = missing(draft, changesOf(draft, views), views.login.value, stale)

  expect(gaps.at(-1)?.words).toContain('changed since the test')
})

test('several certificates in one text are sent one by one', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----'
  const { saml } = draftOf(viewsOf({}))
  const fields = { from: 'fields', idpEntityId: 'idp', ssoUrl: 'https://idp.example/sso' } as const

  const input = samlInputOf({ ...saml, ...fields, certificates: `${pem}\n${pem}` })

  expect(input?.certificates).toEqual([pem, pem])
})

test('metadata counts only once it was read', () => {
  const { saml } = draftOf(viewsOf({}))

  expect(
    samlInputOf({ ...saml, from: 'url', metadataUrl: 'https://idp.example', read: null }),
  ).toBe(null)
})

test('a stored secret stays unsent, and has to be typed again for another client', () => {
  const { oidc } = draftOf(viewsOf({ method: 'sso', oidc: savedOidc }))

  const same = oidcInputOf(oidc)
  const other = oidcInputOf({ ...oidc, clientId: 'other' })
  const typed = oidcInputOf({ ...oidc, clientId: 'other', clientSecret: ' s3cret ' })

  expect(same).not.toHaveProperty('clientSecret')
  expect(same).toMatchObject({ clientId: 'usher', clientAuth: 'client_secret_basic' })
  expect(other).toBeNull()
  expect(typed).toMatchObject({ clientSecret: 's3cret' })
})

test('choosing the other protocol is a change that waits for a test of its own', () => {
  const views = viewsOf({ method: 'sso', oidc: savedOidc })
  const draft = { ...draftOf(views), protocol: 'saml' as const }

  const changes = changesOf(draft, views)

  expect(changesOf(draftOf(views), views).any).toBe(false)
  expect(missing(draft, changes, views.login.value, untested).map(({ id }) => id)).toEqual([
    'idp',
    'test',
  ])
})

test('Google waits for a test, also when only the required domain changes', () => {
  const views = viewsOf({ method: 'google' })
  const draft = { ...draftOf(views), workspaceDomain: 'acme.example' }

  const gaps = missing(draft, changesOf(draft, views), views.login.value, untested)

  expect(gaps.map(({ id }) => id)).toEqual(['test'])
})

const savedOidc: LoginMethodView['oidc'] = {
  connectionName: 'Keycloak',
  provider: 'keycloak',
  discoveryUrl: 'https://idp.example/.well-known/openid-configuration',
  issuer: 'https://idp.example',
  clientId: 'usher',
  clientSecretSet: true,
  clientAuth: 'client_secret_basic',
  emailClaim: 'email',
  subjectClaim: 'sub',
  attributes: { firstName: 'firstName', lastName: 'lastName' },
  refresh: { firstName: 'every_sign_in', lastName: 'every_sign_in' },
}
const none = { exists: false, proved: false, drillDueAt: null }
const passed: TestSignIn['test'] = {
  id: '0190a000-0000-7000-8000-000000000001',
  state: 'succeeded',
  startUrl: '/',
  createdAt: 0,
  finishedAt: 1,
  code: null,
  remedy: null,
  idpScreen: null,
  checks: [],
  claims: [],
  resolved: { email: 'a@b.example', firstName: 'A', lastName: 'B', subject: 'a', isYou: true },
}

function viewsOf(login: Partial<LoginMethodView>): Views {
  const url = 'https://usher.example'
  return {
    login: {
      etag: '"1"',
      value: {
        method: 'password',
        googleAvailable: false,
        saml: null,
        oidc: null,
        google: { workspaceDomain: null, redirectUri: url },
        relyingParty: { redirectUri: url, jwksUrl: url },
        serviceProvider: {
          acsUrl: url,
          entityId: url,
          metadataUrl: url,
          sloUrl: url,
          signOnUrl: url,
          startUrl: url,
        },
        breakGlass: { exists: true, proved: true, drillDueAt: null },
        switching: null,
        password: { requireSecondFactor: false },
        ownPasswordSet: false,
        canWrite: true,
        ...login,
      },
    },
    provisioning: { etag: '"1"', value: provisioning },
  }
}

const provisioning: ProvisioningView = {
  source: 'portal',
  configurable: true,
  entrySentence: '',
  options: [],
  selfService: {
    enabled: false,
    state: 'closed_off',
    url: null,
    linkId: '019a0000-0000-7000-8000-000000000001',
    linkCreatedAt: 0,
    uses: 0,
    allowedDomains: [],
    anyDomain: false,
    expiresAt: null,
    maxUses: null,
    requireApproval: false,
    approvalForced: false,
    termsUrl: null,
  },
  paused: null,
  rollback: null,
  canWrite: true,
}
