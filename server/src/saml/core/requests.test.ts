import { expect, test } from 'vitest'
import {
  algorithms,
  canonical,
  parseAuthnRequest,
  parseAuthnRequestForm,
  verifyQuery,
} from '../../../testing/identity-provider.ts'
import { createWorld } from '../../../testing/saml-corpus/index.ts'
import {
  authnRequest,
  loadParser,
  logoutRequest,
  logoutResponse,
  newRequestId,
  readLogout,
} from './index.ts'

await loadParser()

const world = createWorld()
const serviceProvider = { ...world.sp, signing: world.decryption, decryption: [world.decryption] }
const { certificatePem } = world.decryption
const relayState = 'a b+c/é&x=1'

function ask(
  settings = world.idp.settings(),
  more: { loginHint?: string; forceAuthn?: boolean } = {},
) {
  const id = newRequestId()
  const { now } = world
  return authnRequest({ serviceProvider, settings, id, now, relayState, ...more })
}

test('request ids have 160 bits, are names of XML and never come twice', () => {
  const ids = Array.from({ length: 1000 }, newRequestId)

  expect(new Set(ids).size).toBe(1000)
  expect(ids.every((id) => /^_[0-9a-f]{40}$/.test(id))).toBe(true)
})

test('a request by redirect is signed over its query and says who asks and where to answer', () => {
  const sent = ask()

  if (sent.kind !== 'redirect') throw new Error('expected a redirect')
  expect(sent.url.startsWith(`${world.idp.ssoUrl}?SAMLRequest=`)).toBe(true)
  expect(parseAuthnRequest(sent.url, certificatePem)).toMatchObject({
    acsUrl: world.sp.acsUrl,
    issuer: world.sp.entityId,
    destination: world.idp.ssoUrl,
    relayState,
    nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    forceAuthn: false,
    signed: true,
  })
})

test('a request by POST carries an enveloped signature in canonical form', () => {
  const sent = ask(world.idp.settings({ ssoBinding: 'post' }), { loginHint: 'a&b@acme.example' })

  if (sent.kind !== 'post') throw new Error('expected a form')
  const request = parseAuthnRequestForm(sent.fields, certificatePem)
  expect(request).toMatchObject({ subject: 'a&b@acme.example', relayState, signed: true })
  expect(canonical(request.xml, '/*', algorithms.exclusive)).toBe(request.xml)
})

test('signing can be turned off', () => {
  const redirect = ask(world.idp.settings({ signAuthnRequests: false }))
  const post = ask(world.idp.settings({ signAuthnRequests: false, ssoBinding: 'post' }))

  expect(redirect.kind === 'redirect' && redirect.url).not.toContain('Signature')
  expect(
    post.kind === 'post' && Buffer.from(post.fields.SAMLRequest ?? '', 'base64').toString(),
  ).not.toContain('Signature')
})

test('a login hint travels as subject and in the query, for Entra ID in the query alone', () => {
  const usual = ask(world.idp.settings(), { loginHint: 'ada+x@acme.example' })
  const entra = ask(
    world.idp.settings({
      idpEntityId: 'https://sts.windows.net/e0f0/',
      ssoUrl: 'https://login.microsoftonline.com/e0f0/saml2',
    }),
    { loginHint: 'ada+x@acme.example' },
  )

  const read = (sent: ReturnType<typeof ask>) => {
    if (sent.kind !== 'redirect') throw new Error('expected a redirect')
    return parseAuthnRequest(sent.url, certificatePem)
  }
  expect(read(usual)).toMatchObject({
    loginHint: 'ada+x@acme.example',
    subject: 'ada+x@acme.example',
    signed: true,
  })
  expect(read(entra)).toMatchObject({ loginHint: 'ada+x@acme.example', signed: true })
  expect(read(entra).subject).toBeUndefined()
})

test('a sign-on URL with a query keeps it, and ForceAuthn is asked for when wanted', () => {
  const sent = ask(world.idp.settings({ ssoUrl: 'https://idp.example/sso?idpid=C0x' }), {
    forceAuthn: true,
  })

  if (sent.kind !== 'redirect') throw new Error('expected a redirect')
  expect(sent.url.startsWith('https://idp.example/sso?idpid=C0x&SAMLRequest=')).toBe(true)
  expect(parseAuthnRequest(sent.url)).toMatchObject({
    destination: 'https://idp.example/sso?idpid=C0x',
    forceAuthn: true,
  })
})

test('our logout messages are ones that we would accept ourselves', () => {
  const settings = world.idp.settings({ sloUrl: world.sp.sloUrl, idpEntityId: world.sp.entityId })
  const own = { ...settings, certificates: [{ ...settings.certificates[0]!, pem: certificatePem }] }
  const id = newRequestId()
  const { now } = world

  const request = logoutRequest({
    serviceProvider,
    settings,
    id,
    now,
    nameId: 'ada & co',
    nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    sessionIndex: '_<1>',
    relayState,
  })
  const response = logoutResponse({
    serviceProvider,
    settings,
    id,
    now,
    inResponseTo: '_asked',
    success: false,
  })

  const read = (url: string) =>
    readLogout(
      { binding: 'redirect', rawQuery: new URL(url).search },
      { serviceProvider, settings: own, now },
    )
  expect(read(request.url)).toEqual({
    ok: true,
    relayState,
    message: {
      kind: 'request',
      id,
      issuer: world.sp.entityId,
      nameId: 'ada & co',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
      sessionIndexes: ['_<1>'],
      expiresAt: now + 6 * 60_000,
    },
  })
  expect(read(response.url)).toMatchObject({
    ok: true,
    message: { kind: 'response', inResponseTo: '_asked', success: false },
  })
  expect(verifyQuery(new URL(request.url).search, certificatePem)).toBe(true)
})
