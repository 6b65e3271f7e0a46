import { expect, test } from 'vitest'
import { createWorld, logoutMessages } from '../../../testing/saml-corpus/index.ts'
import { loadParser, readLogout } from './index.ts'

await loadParser()

const world = createWorld()
const context = {
  serviceProvider: { ...world.sp, signing: world.decryption, decryption: [world.decryption] },
  settings: world.idp.settings(),
  now: world.now,
}

test.each(logoutMessages)('logout, $code: $name', ({ code, build }) => {
  const reading = readLogout(build(world), context)

  expect(reading.ok ? 'accepted' : reading.refusal.code).toBe(code)
})

test('a logout request says who is to be signed out and of which sessions', () => {
  const sent = world.idp.logoutRequest({
    sloUrl: world.sp.sloUrl,
    now: world.now,
    nameId: 'ada@acme.example',
    sessionIndex: ['_1', '_2'],
    relayState: 'a b+c/é',
  })

  const reading = readLogout({ binding: 'redirect', rawQuery: sent.rawQuery }, context)

  expect(reading).toEqual({
    ok: true,
    relayState: 'a b+c/é',
    message: {
      kind: 'request',
      id: sent.id,
      issuer: world.idp.entityId,
      nameId: 'ada@acme.example',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      sessionIndexes: ['_1', '_2'],
      expiresAt: world.now + 6 * 60_000,
    },
  })
})

test('a logout response says which request it answers and how it went', () => {
  const answer = (status?: string) =>
    world.idp.logoutResponse({
      sloUrl: world.sp.sloUrl,
      now: world.now,
      inResponseTo: '_asked',
      ...(status ? { status } : {}),
    })

  const good = answer()
  const bad = answer('urn:oasis:names:tc:SAML:2.0:status:Responder')

  expect(readLogout({ binding: 'redirect', rawQuery: good.rawQuery }, context)).toMatchObject({
    message: { kind: 'response', id: good.id, inResponseTo: '_asked', success: true },
  })
  expect(
    readLogout({ binding: 'post', samlMessage: bad.samlMessage, field: 'SAMLResponse' }, context),
  ).toMatchObject({ message: { inResponseTo: '_asked', success: false } })
})
