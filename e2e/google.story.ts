import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { platformId, putSetupCode } from '../server/src/directory/index.ts'
import { systemActor } from '../server/src/model/actor.ts'
import { createCertifiedProvider } from '../server/testing/certified-provider.ts'
import { freePort } from '../server/testing/free-port.ts'
import { startUsher, stopUsher } from '../server/testing/organisation.ts'
import { openBrowser } from './browser.ts'
import { walkExample } from './example-provider.ts'
import {
  accessible,
  expectText,
  person,
  proveEmergencyAccount,
  readInLog,
  save,
  setUp,
  signIn,
  testSignIn,
} from './walk.ts'

const client = { clientId: 'usher', clientSecret: 'what Google gave to this installation' }
const people = {
  ana: { email: 'ana@acme.test', firstName: 'Ana', lastName: 'Ruiz' },
  grace: { email: 'grace@acme.test', firstName: 'Grace', lastName: 'Hopper' },
  eve: { email: 'eve@acme.test', firstName: 'Eve', lastName: 'Moran' },
}

let google: Awaited<ReturnType<typeof createCertifiedProvider>>
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  ;[google, browser] = await Promise.all([createCertifiedProvider(), openBrowser()])
})

afterAll(async () => {
  await Promise.all([browser?.close(), google?.close(), stopUsher()])
})

/** Google is one address for every installation: only a server of our own can have another one. */
async function openInstallation() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { app, directory } = await startUsher({
    port,
    baseUrl: url,
    google: { ...client, issuer: google.issuer },
  })
  google.register({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    redirect_uris: [`${url}/oidc/google/callback`],
  })
  const code = 'K7F2-9QXM'
  await directory.change(systemActor(platformId), (write) => putSetupCode(write, code))
  await app.listen({ port, host: '127.0.0.1' })
  return { url, setupUrl: `${url}/setup?code=${code}` }
}

test('a manager chooses Google, whom they created comes in by it on a phone, and nobody else does', async () => {
  const usher = await openInstallation()
  const idp = walkExample('Google', people)
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await proveEmergencyAccount(usher, browser, page)

  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /Google/ }).click()
  await accessible(page)
  await testSignIn(idp, page, 'ana')
  await save(page, 'It takes effect for everyone at once')

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('button', { name: '+ Create a user' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('First name').fill(people.grace.firstName)
  await dialog.getByLabel('Last name').fill(people.grace.lastName)
  await dialog.getByLabel('E-mail').fill(people.grace.email)
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await expectText(page, 'Grace Hopper is created')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  await signIn(usher, idp, newcomer.page, 'grace')
  await newcomer.page.waitForURL(`${usher.url}/o/acme`)
  await expectText(newcomer.page, 'Grace Hopper')
  await accessible(newcomer.page)
  const row = page.getByRole('row').filter({ hasText: people.grace.email })
  await page.reload()
  await row.getByText('Active').waitFor()

  const stranger = await person(browser)
  await signIn(usher, idp, stranger.page, 'eve')
  await readInLog(usher, page, stranger.page, 'google.user_unknown')
  expect([manager, newcomer, stranger].flatMap(({ faults }) => faults)).toEqual([])
})
