import { expect, test } from 'vitest'
import { createWorld, hostileResponses } from '../../../testing/saml-corpus/index.ts'
import { loadParser, readResponse } from './index.ts'

await loadParser()

const world = createWorld()
const serviceProvider = { ...world.sp, signing: world.decryption, decryption: [world.decryption] }

test.each(hostileResponses)('$class: $name', ({ code, build, settings }) => {
  const field = build(world)

  const started = performance.now()
  const reading = readResponse(field, {
    serviceProvider,
    settings: world.idp.settings(settings?.(world)),
    now: world.now,
  })
  const took = performance.now() - started

  expect(reading.ok ? `let in as ${reading.identity.nameId?.value}` : reading.refusal.code).toBe(
    code,
  )
  expect(reading.checks.filter((check) => !check.ok).length).toBeGreaterThan(0)
  expect(took).toBeLessThan(1000)
})
