import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'
import { ensureScimToken, putScimSettings } from '../directory/index.ts'
import { callerByScim } from './scim-callers.ts'

const from = { ip: '203.0.113.7', requestId: 'r' }
const day = 86_400_000

async function withToken() {
  const acme = await createOrganisation({ method: 'sso', source: 'scim' })
  const { directory, store, clock } = acme.usher
  const token = await directory.change(acme.operator, (write) =>
    ensureScimToken(write, { label: 'Entra ID' }),
  )
  const ask = (authorization: string | undefined, ahead = 0, organisationId = acme.id) =>
    callerByScim(store, organisationId, authorization, from, clock.now() + ahead)
  return { acme, token, ask }
}

test('SC-3: a token opens the SCIM endpoint of its organisation, under its label', async () => {
  const { acme, token, ask } = await withToken()
  await acme.usher.directory.change(acme.operator, (write) =>
    putScimSettings(write, { syncGroups: true, graceDays: 7 }),
  )

  const caller = await ask(`Bearer ${token}`)

  expect(caller).toMatchObject({
    actor: { kind: 'scim', label: 'SCIM (Entra ID)', organisationId: acme.id, ip: from.ip },
    organisation: { id: acme.id, name: 'Acme', source: 'scim' },
    settings: { syncGroups: true, graceDays: 7, provisionExistingUsers: true, version: 1 },
    credential: { kind: 'token', label: 'Entra ID', lastUsedAt: null },
  })
})

test('SC-5: no credential, a wrong one, an expired one and another organisation’s open nothing', async () => {
  const { acme, token, ask } = await withToken()
  const other = await withToken()

  expect(await ask(undefined)).toEqual({ refused: 'missing' })
  expect(await ask('Basic dXNlcjpwYXNz')).toEqual({ refused: 'missing' })
  expect(await ask('Bearer')).toEqual({ refused: 'missing' })
  expect(await ask(`Bearer ${token}x`)).toEqual({ refused: 'unknown' })
  expect(await ask(`Bearer ${acme.session}`)).toEqual({ refused: 'unknown' })
  expect(await ask(`Bearer ${other.token}`)).toEqual({ refused: 'unknown' })
  expect(await ask(`Bearer ${token}`, 0, 'acme')).toEqual({ refused: 'unknown' })
  expect(await ask(`bearer ${token}`, 180 * day + 1_000)).toMatchObject({
    refused: 'expired',
    credential: { label: 'Entra ID' },
  })
})
