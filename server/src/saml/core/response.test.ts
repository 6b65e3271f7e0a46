import { expect, test } from 'vitest'
import { createIdentityProvider, createTestKey } from '../../../testing/identity-provider.ts'
import { readResponse } from './index.ts'

test('a signed answer to a request is read', () => {
  const idp = createIdentityProvider()
  const now = Date.now()
  const signing = createTestKey()
  const sp = {
    entityId: 'https://usher.example/o/acme',
    acsUrl: 'https://usher.example/o/acme/acs',
  }
  const serviceProvider = {
    ...sp,
    sloUrl: 'https://usher.example/o/acme/slo',
    signing,
    decryption: [signing],
  }
  for (const sign of ['assertion', 'response', 'both'] as const) {
    for (const encrypt of [undefined, { certificatePem: signing.certificatePem }]) {
      const field = idp.respond({
        sp,
        now,
        inResponseTo: '_r1',
        attributes: { firstName: 'Ada' },
        sign,
        ...(encrypt ? { encrypt } : {}),
      })
      const reading = readResponse(field, { serviceProvider, settings: idp.settings(), now })
      expect(reading).toMatchObject({
        ok: true,
        identity: { inResponseTo: '_r1', nameId: { value: 'ada@acme.example' } },
      })
    }
  }
})
