import { expect, test } from 'vitest'
import { createOrganisation, startUsher } from '../../testing/organisation.ts'

test('BY-10: without demos there is no simulated identity provider, and the connection says so', async () => {
  await startUsher({ demo: false })
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })

  const simulation = await acme.api('GET', '/simulation')
  const started = await acme.api('POST', '/simulation', { act: 'start', provider: 'entra' })
  const connection = await acme.api('GET', '/identity/scim')

  expect([simulation.status, started.status]).toEqual([404, 404])
  expect(connection.body.simulator).toBe(false)
})
