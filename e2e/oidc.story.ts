import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { createCertifiedProvider } from '../server/testing/certified-provider.ts'
import { openBrowser } from './browser.ts'
import { walkExample } from './example-provider.ts'
import { startUsher } from './running-usher.ts'
import {
  accessible,
  expectText,
  person,
  proveEmergencyAccount,
  save,
  setUp,
  signIn,
  testSignIn,
} from './walk.ts'

const people = {
  ana: { email: 'ana@acme.test', firstName: 'Ana', lastName: 'Ruiz' },
  grace: { email: 'grace@acme.test', firstName: 'Grace', lastName: 'Hopper' },
}
const clientSecret = 'a secret that the provider gave to this client alone'

let provider: Awaited<ReturnType<typeof createCertifiedProvider>>
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  ;[provider, browser] = await Promise.all([createCertifiedProvider(), openBrowser()])
})

afterAll(async () => {
  await Promise.all([browser?.close(), provider?.close()])
})

const idp = walkExample('Example identity provider', people)

test('a manager connects an OpenID provider, switches OIDC JIT on, and a stranger is in, also on a phone', async () => {
  const usher = await startUsher()
  try {
    const manager = await person(browser)
    const { page } = manager
    await setUp(usher, page)
    await proveEmergencyAccount(usher, browser, page)

    await connect(page, usher.url)
    await testSignIn(idp, page, 'ana')
    await save(page, 'It takes effect for everyone at once')

    await page.getByRole('switch', { name: 'OIDC JIT' }).click()
    await save(page, 'Change the source to OIDC JIT?')
    await expectText(page, `by signing in through ${idp.connectionName} (OIDC JIT); chosen by Ana`)
    expect(await page.content()).not.toContain(clientSecret)
    await expectText(page, 'A secret is stored and never shown.')
    await accessible(page)

    const stranger = await person(browser)
    await stranger.page.setViewportSize({ width: 360, height: 740 })
    await signIn(usher, idp, stranger.page, 'grace')
    await stranger.page.waitForURL(`${usher.url}/o/acme`)
    await expectText(stranger.page, 'Grace Hopper')
    await accessible(stranger.page)

    await page.goto(`${usher.url}/o/acme/settings/users`)
    const row = page.getByRole('row').filter({ hasText: 'grace@acme.test' })
    await row.waitFor()
    expect(await row.innerText()).toMatch(/JIT-provisioned/)
    expect(manager.faults).toEqual([])
    expect(stranger.faults).toEqual([])
  } finally {
    await usher.stop()
  }
})

/** Values are exchanged both ways: the redirect URI there, discovery URL and client here. */
async function connect(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /Single sign-on/ }).click()
  await page.getByRole('radio', { name: 'OpenID Connect', exact: true }).click()
  const redirectUri = await page.getByRole('textbox', { name: 'Redirect URI' }).inputValue()
  provider.register({
    client_id: 'usher',
    client_secret: clientSecret,
    redirect_uris: [redirectUri],
  })
  await page.getByLabel('Connection name').fill(idp.connectionName)
  await page.getByLabel('Discovery URL').fill(provider.discoveryUrl)
  await page.getByLabel('Client ID').fill('usher')
  await page.getByLabel('Client secret', { exact: true }).fill(clientSecret)
  await accessible(page)
}
