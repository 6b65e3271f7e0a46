import fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoRoutes } from '../server/src/demo/index.ts'
import {
  authnRequest,
  createKeyPair,
  type KeyPair,
  loadParser,
  newRequestId,
  readIdpMetadata,
  readResponse,
  type ServiceProvider,
} from '../server/src/saml/core/index.ts'
import { type SimpleSamlPhp, startSimpleSamlPhp } from './simplesamlphp.ts'

await loadParser()

const baseUrl = 'http://127.0.0.1:9'
let idp: SimpleSamlPhp
let keys: { signing: KeyPair; decryption: KeyPair; entra: KeyPair }
beforeAll(async () => {
  const newKey = () => createKeyPair('usher.test', Date.now())
  keys = { signing: await newKey(), decryption: await newKey(), entra: await newKey() }
  idp = await startSimpleSamlPhp()
})
afterAll(() => idp.stop())

function usherFor(slug: string, metadataXml: string) {
  const at = `${baseUrl}/saml/${slug}`
  const serviceProvider: ServiceProvider = {
    entityId: `${at}/metadata`,
    acsUrl: `${at}/acs`,
    sloUrl: `${at}/slo`,
    signing: keys.signing,
    decryption: [keys.decryption],
  }
  const settings = {
    ...readIdpMetadata(metadataXml, { now: Date.now() }).settings,
    signAuthnRequests: true,
    allowIdpInitiated: false,
    emailFrom: 'nameId' as const,
    attributes: { firstName: 'firstName', lastName: 'lastName' },
  }
  const request = () => {
    const id = newRequestId()
    const sender = { serviceProvider, settings, id, now: Date.now(), relayState: 'handle-1' }
    const message = authnRequest(sender)
    return { id, url: message.kind === 'redirect' ? message.url : '' }
  }
  const read = (samlResponse: string) =>
    readResponse(samlResponse, { serviceProvider, settings, now: Date.now() })
  return { serviceProvider, request, read }
}

describe('Usher and SimpleSAMLphp understand each other when it signs', () => {
  test.each([
    ['the assertion', { signAssertion: true, signResponse: false }, 'open'],
    ['the response', { signAssertion: false, signResponse: true }, 'open'],
    ['both', { signAssertion: true, signResponse: true }, 'open'],
    ['both, and encrypts', { signAssertion: true, signResponse: true }, 'sealed'],
  ])('%s', async (_what, options, letter) => {
    const usher = usherFor(newRequestId(), await idp.metadataXml())
    const encryptionCertificate = keys.decryption.certificatePem
    idp.addServiceProvider({
      ...usher.serviceProvider,
      ...options,
      ...(letter === 'sealed' && { encryptionCertificate }),
      signingCertificates: [keys.signing.certificatePem],
      requireSignedRequests: true,
    })

    const { id, url } = usher.request()
    const answer = await idp.signIn(url, 'zoe', 'zoe')
    const reading = usher.read(answer.samlResponse)

    expect(answer.relayState).toBe('handle-1')
    expect(reading.checks.filter((check) => !check.ok)).toEqual([])
    expect(reading).toMatchObject({
      ok: true,
      identity: { issuer: idp.entityId, inResponseTo: id, nameId: { value: 'zoe@acme.test' } },
    })
    const attributes = reading.ok ? reading.identity.attributes : new Map()
    expect(attributes.get('firstName')).toEqual(['Zoë'])
    expect(attributes.get('lastName')).toEqual(["O'Brien-Müller"])
  })
})

describe('Usher and the simulated Entra ID understand each other when it signs', () => {
  test.each(['assertion', 'response', 'both'])('%s', async (signing) => {
    const organisationId = '01890a5d-ac96-774b-bcce-b302099a8057'
    const entra = fastify()
    await entra.register(demoRoutes, {
      enabled: true,
      baseUrl,
      now: () => Date.now(),
      keys: async () => keys.entra,
    })
    const metadata = await entra.inject(`/demo/entra/${organisationId}/metadata`)
    const usher = usherFor('acme', metadata.body)

    const { id, url } = usher.request()
    const { pathname, search, searchParams } = new URL(url)
    const page = await entra.inject(pathname + search)
    const person = /name="person" value="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const fields = { ...Object.fromEntries(searchParams), person, signing, plainClaims: 'on' }
    const posted = await entra.inject({
      method: 'POST',
      url: `${pathname}/sign-in`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    })
    const samlResponse = /name="SAMLResponse" value="([^"]+)"/.exec(posted.body)?.[1] ?? ''
    const reading = usher.read(samlResponse)

    expect(reading.checks.filter((check) => !check.ok)).toEqual([])
    expect(reading).toMatchObject({
      ok: true,
      identity: { inResponseTo: id, nameId: { value: 'ada.lovelace@contoso.example' } },
    })
  })
})
