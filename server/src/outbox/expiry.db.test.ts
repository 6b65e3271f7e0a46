import { expect, test } from 'vitest'
import { createOrganisation } from '../../testing/organisation.ts'
import { me } from '../../testing/second-factor.ts'
import { organisations } from '../store/index.ts'
import { announceExpiry } from './expiry.ts'

const day = 86_400_000

test('LM-22: managers are mailed 30, 14, 7 and 1 days before a certificate expires, once each', async () => {
  const acme = await createOrganisation({ method: 'sso' })
  const { store, clock } = acme.usher
  const [certificate] = (await acme.api('GET', '/identity/login-method')).body.saml.certificates
  const organisation = await organisations.find(store.read, acme.id)
  if (!organisation) throw new Error('No organisation.')
  const mailedAt = async (daysLeft: number) => {
    await announceExpiry(store, organisation, certificate.notAfter - daysLeft * day)
    const mails = await store.read
      .selectFrom('outbox')
      .selectAll()
      .where('org_id', '=', acme.id)
      .where('template', '=', 'certificate_expires')
      .orderBy('id')
      .execute()
    return mails.map((mail) => [mail.recipient, JSON.parse(mail.body).days])
  }

  const to = acme.manager.email
  expect(await mailedAt(31)).toEqual([])
  expect(await mailedAt(30)).toEqual([[to, 30]])
  expect(await mailedAt(29)).toEqual([[to, 30]])
  expect(await mailedAt(13.5)).toEqual([
    [to, 30],
    [to, 14],
  ])
  expect(await mailedAt(7)).toEqual([
    [to, 30],
    [to, 14],
    [to, 7],
  ])
  await Promise.all([mailedAt(0.9), mailedAt(0.9)])
  expect(await mailedAt(0.8)).toEqual([
    [to, 30],
    [to, 14],
    [to, 7],
    [to, 1],
  ])
  expect(clock.now()).toBeLessThan(certificate.notAfter)
})

test('SC-7: managers are mailed 30, 14, 7 and 1 days before a token or a client expires, once each', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { store } = acme.usher
  const scim = '/identity/scim'
  const token = (await acme.api('POST', `${scim}/tokens`, { label: 'Entra ID' })).body
  const client = { label: 'Okta', method: 'client_secret_basic', expiresInDays: 365 }
  await acme.api('POST', `${scim}/clients`, client)
  const organisation = await organisations.find(store.read, acme.id)
  if (!organisation) throw new Error('No organisation.')
  const mailedAt = async (daysLeft: number) => {
    const now = token.expiresAt - daysLeft * day
    await Promise.all([
      announceExpiry(store, organisation, now),
      announceExpiry(store, organisation, now),
    ])
    const mails = await store.read
      .selectFrom('outbox')
      .selectAll()
      .where('org_id', '=', acme.id)
      .where('template', '=', 'scim_credential_expires')
      .orderBy('id')
      .execute()
    return mails.map((mail) => {
      const { label, days } = JSON.parse(mail.body)
      return `${label} ${days}`
    })
  }

  expect(await mailedAt(31)).toEqual([])
  expect(await mailedAt(29.9)).toEqual(['Entra ID 30'])
  expect(await mailedAt(13)).toEqual(['Entra ID 30', 'Entra ID 14'])
  expect(await mailedAt(7)).toEqual(['Entra ID 30', 'Entra ID 14', 'Entra ID 7'])
  const all = ['Entra ID 30', 'Entra ID 14', 'Entra ID 7', 'Entra ID 1']
  expect(await mailedAt(0.5)).toEqual(all)
  expect(await mailedAt(-1)).toEqual(all)
  expect(await mailedAt(-180)).toEqual([...all, 'Okta 7'])
  await acme.api('DELETE', `${scim}/tokens/${token.id}`)
  expect(await mailedAt(0.5)).toEqual([...all, 'Okta 7'])
})

test('AK-2: of a personal key its owner hears, of a key of the organisation its managers', async () => {
  const acme = await createOrganisation({ method: 'password' })
  const { store, clock } = acme.usher
  const { session } = await acme.join({
    email: 'ada@acme.test',
    firstName: 'Ada',
    lastName: 'Hill',
  })
  const wish = { label: 'my script', scopes: ['users:read'], expiresInDays: 30 }
  expect((await me(acme, 'POST', '/keys', wish, session)).status).toBe(201)
  await acme.apiKey(['users:read'])
  const organisation = await organisations.find(store.read, acme.id)
  if (!organisation) throw new Error('No organisation.')

  await announceExpiry(store, organisation, clock.now() + 85 * day)

  const told = (await acme.mails()).filter(({ template }) => template.endsWith('_expires'))
  expect(told).toEqual([{ template: 'api_key_expires', recipient: acme.manager.email }])
  await announceExpiry(store, organisation, clock.now() + 25 * day)
  expect((await acme.mails()).at(-1)).toEqual({
    template: 'personal_key_expires',
    recipient: 'ada@acme.test',
  })
})
