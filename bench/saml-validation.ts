/**
 * SAML responses validated per second: Usher, `@node-saml/node-saml`, and the RSA verification that
 * nobody can do without. The same document, key and process, in turns, so that a busy machine slows
 * all of them alike. Read the ratios; the rates belong to the machine.
 */
import { createPublicKey, sign, verify } from 'node:crypto'
import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import { loadParser, readResponse } from '../server/src/saml/core/index.ts'
import { createIdentityProvider, createTestKey } from '../server/testing/identity-provider.ts'
import { type Bench, median } from './measure.ts'

await loadParser()

const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

/** About 5.5 kB, as Entra ID sends it: the assertion signed, ten claims. */
function contenders() {
  const now = Date.now()
  const idp = createIdentityProvider()
  const own = createTestKey()
  const base = 'https://usher.example/saml/0198c5a1'
  const sp = { entityId: `${base}/metadata`, acsUrl: `${base}/acs`, sloUrl: `${base}/slo` }
  const field = idp.respond({
    sp,
    now,
    inResponseTo: '_4fee3b046395c4e751011e97f8900b5273d56685',
    attributes: {
      'http://schemas.microsoft.com/identity/claims/tenantid':
        'e0f0a1d2-0000-4a4a-9c9c-0123456789ab',
      'http://schemas.microsoft.com/identity/claims/objectidentifier':
        '6f5a5c7e-1111-4b4b-8d8d-ba9876543210',
      'http://schemas.microsoft.com/identity/claims/displayname': 'Ada Lovelace',
      [`${claims}/givenname`]: 'Ada',
      [`${claims}/surname`]: 'Lovelace',
      [`${claims}/emailaddress`]: 'ada@acme.example',
      [`${claims}/name`]: 'ada@acme.example',
      firstName: 'Ada',
      lastName: 'Lovelace',
      'http://schemas.microsoft.com/ws/2008/06/identity/claims/groups': [
        '11111111-2222-4333-8444-555555555555',
        '66666666-7777-4888-9999-000000000000',
      ],
    },
  })
  const context = {
    serviceProvider: { ...sp, signing: own, decryption: [own] },
    settings: idp.settings(),
    now,
  }
  const peer = new SAML({
    callbackUrl: sp.acsUrl,
    entryPoint: idp.ssoUrl,
    issuer: sp.entityId,
    audience: sp.entityId,
    idpIssuer: idp.entityId,
    idpCert: idp.certificatePem,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: 60_000,
  })
  const signedBytes = Buffer.alloc(800, 'x')
  const signature = sign('sha256', signedBytes, idp.key.privateKeyPem)
  const publicKey = createPublicKey(idp.certificatePem)
  return {
    bytes: Buffer.from(field, 'base64').length,
    work: {
      usher: () => {
        const reading = readResponse(field, context)
        if (!reading.ok || reading.identity.nameId?.value !== 'ada@acme.example') {
          throw new Error('Usher did not read the response')
        }
      },
      '@node-saml/node-saml': async () => {
        const { profile } = await peer.validatePostResponseAsync({ SAMLResponse: field })
        if (profile?.nameID !== 'ada@acme.example') throw new Error('node-saml did not read it')
      },
      'RSA-SHA256 verification alone (the limit)': () => {
        if (!verify('sha256', signedBytes, publicKey, signature)) throw new Error('not verified')
      },
    } satisfies Record<string, () => void | Promise<void>>,
  }
}

type Measured = { perSecond: number; cpuMilliseconds: number }

async function measure(work: () => void | Promise<void>, milliseconds: number): Promise<Measured> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  let done = 0
  while (performance.now() - started < milliseconds) {
    for (let at = 0; at < 10; at += 1) await work()
    done += 10
  }
  const took = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  return { perSecond: (done / took) * 1000, cpuMilliseconds: (user + system) / 1000 / done }
}

export async function run({ rounds = 25, milliseconds = 120 } = {}): Promise<Bench> {
  const { bytes, work } = contenders()
  const names = Object.keys(work) as (keyof typeof work)[]
  const results = new Map(names.map((name) => [name, [] as Measured[]]))
  for (const name of names) await measure(work[name], milliseconds)
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) {
      results.get(name)?.push(await measure(work[name], milliseconds))
    }
  }
  const of = (name: keyof typeof work, what: keyof Measured) =>
    median((results.get(name) ?? []).map((one) => one[what]))
  const usher = of('usher', 'cpuMilliseconds')
  return {
    title: `One signed SAML response of ${(bytes / 1000).toFixed(1)} kB, ${rounds} interleaved rounds`,
    rows: names.map((name) => ({
      what: name,
      'per second': Math.round(of(name, 'perSecond')),
      'CPU ms': Number(of(name, 'cpuMilliseconds').toFixed(3)),
      'Usher is as fast': `${(of('usher', 'perSecond') / of(name, 'perSecond')).toFixed(2)}×`,
      'and takes of its CPU': `${(usher / of(name, 'cpuMilliseconds')).toFixed(2)}×`,
    })),
  }
}

if (import.meta.main) {
  const { title, rows } = await run()
  console.log(title)
  console.table(rows)
}
