import { expect, test } from 'vitest'
import { createOrganisation, startUsher } from '../../testing/organisation.ts'
import { newId } from '../lib/ids.ts'

test('SE-3: guessing a client’s secret is slowed down for who guesses, and the client itself comes in', async () => {
  await startUsher({ rateLimits: true, proxies: 1 })
  const acme = await createOrganisation({ method: 'password' })
  const wish = { label: 'Okta', method: 'client_secret_basic' }
  const { clientId, clientSecret } = (await acme.api('POST', '/identity/scim/clients', wish)).body
  const ask = async (secret: string, address: string) => {
    const response = await acme.usher.app.inject({
      method: 'POST',
      url: `/scim/${acme.id}/oauth/token`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-forwarded-for': address,
        authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
      },
      payload: 'grant_type=client_credentials',
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }

  const statuses: number[] = []
  for (let guess = 1; guess <= 9; guess += 1) {
    statuses.push((await ask(`usc_${newId()}`, '203.0.113.7')).status)
  }
  const limited = await ask(clientSecret, '203.0.113.7')
  const itself = await ask(clientSecret, '198.51.100.4')
  await acme.usher.provisioningLog.flush()
  const { items } = (await acme.api('GET', '/provisioning-log?result=refused')).body

  expect(statuses).toEqual([...Array(8).fill(401), 429])
  expect(limited).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } })
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
  expect(itself.status).toBe(200)
  expect(items[0]).toMatchObject({
    status: 429,
    remedy: expect.stringMatching(/quarter of an hour/),
  })
})
