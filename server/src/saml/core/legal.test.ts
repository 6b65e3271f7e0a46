import { expect, test } from 'vitest'
import { createWorld, legalResponses } from '../../../testing/saml-corpus/index.ts'
import { loadParser, readResponse } from './index.ts'

await loadParser()

const world = createWorld()
const serviceProvider = { ...world.sp, signing: world.decryption, decryption: [world.decryption] }

test.each(legalResponses)('accepted: $name', ({ name, build, settings, identity = {} }) => {
  const reading = readResponse(build(world), {
    serviceProvider,
    settings: world.idp.settings(settings?.(world)),
    now: world.now,
  })

  if (!reading.ok) throw new Error(`${reading.refusal.rule}: ${reading.refusal.received}`)
  const { attributes, nameId, ...facts } = reading.identity
  expect(Object.fromEntries([...attributes])).toEqual(
    identity.attributes ?? { firstName: ['Ada'], lastName: ['Lovelace'] },
  )
  if (name === 'no NameID') expect(nameId).toBeUndefined()
  else
    expect(nameId).toEqual(identity.nameId ?? { value: 'ada@acme.example', format: emailAddress })
  expect(facts).toMatchObject({ issuer: world.idp.entityId, sessionIndex: '_session-1' })
  expect(facts.inResponseTo).toBe(identity.inResponseTo === false ? undefined : world.inResponseTo)
  expect(facts.sessionNotOnOrAfter).toBe(identity.sessionNotOnOrAfter?.(world))
  expect(facts.expiresAt).toBeGreaterThan(world.now)
  expect(reading.checks.every((check) => check.ok)).toBe(true)
  expect(reading.redacted).toContain('Response')
})

const emailAddress = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
