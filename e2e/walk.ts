import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect, onTestFailed } from 'vitest'
import type { RunningUsher } from './running-usher.ts'

type Address = Pick<RunningUsher, 'url' | 'setupUrl'>

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** An identity provider as the stories walk through it, whoever runs it. */
export type WalkedIdp = {
  connectionName: string
  entityId: string
  metadataUrl: string
  /** Tells the identity provider who asks; some need no telling. */
  learn(serviceProvider: { entityId: string; acsUrl: string }): void | Promise<void>
  /** Signs in on the identity provider's own pages. */
  fillIn(page: Page, who: string): Promise<void>
}

/** The whole of the first milestone, as a customer walks it, with whatever identity provider. */
export async function walkArrival(
  usher: Address,
  idp: WalkedIdp,
  browser: Browser,
  cast: Cast,
): Promise<void> {
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await proveEmergencyAccount(usher, browser, page)

  await connect(usher, idp, page)
  await testSignIn(idp, page, cast.manager)
  await save(page, 'It takes effect for everyone at once')

  await page.getByRole('switch', { name: 'SAML JIT' }).click()
  await save(page, 'Change the source to SAML JIT?')
  await expectText(
    page,
    `People enter Acme by signing in through ${idp.connectionName} (SAML JIT); chosen by Ana Ruiz on`,
  )
  await accessible(page)

  const stranger = await person(browser)
  await signIn(usher, idp, stranger.page, cast.stranger.who)
  await stranger.page.waitForURL(`${usher.url}/o/acme`)
  await expectText(stranger.page, cast.stranger.name)
  await accessible(stranger.page)

  await page.goto(`${usher.url}/o/acme/settings/users`)
  const row = page.getByRole('row').filter({ hasText: cast.stranger.email })
  await row.waitFor()
  expect(await row.innerText()).toMatch(/JIT-provisioned/)
  await accessible(page)
  await row.getByRole('link', { name: cast.stranger.name }).click()
  await expectText(page, 'Why does this person have this?')
  await page.getByText('on pool Default').click()
  await expectText(page, /ROLE_USER on Default: through the group Default/)
  await accessible(page)

  await page.getByRole('button', { name: 'Deactivate' }).first().click()
  await expectText(page, 'Deactivated')

  const turnedAway = await person(browser)
  await signIn(usher, idp, turnedAway.page, cast.stranger.who)
  await readInLog(usher, page, turnedAway.page, 'user.deactivated')
  expect(manager.faults).toEqual([])
  expect(stranger.faults).toEqual([])
}

export type Cast = { manager: string; stranger: { who: string; name: string; email: string } }

/** Signs out of the portal and, by single logout, of the identity provider: the next sign-in asks again. */
export async function signOut(usher: Address, page: Page): Promise<void> {
  await page.getByRole('button', { name: /Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expectText(page, 'You are signed out.')
  expect(page.url()).toBe(`${usher.url}/login/acme?signedOut=1`)
  const me = await page.request.get(`${usher.url}/api/v1/me`)
  expect(me.status()).toBe(401)
}

/** The person sees a neutral page with a reference; the manager finds the reason under it (LM-28). */
export async function readInLog(
  usher: Address,
  manager: Page,
  turnedAway: Page,
  code: string,
): Promise<void> {
  await expectText(turnedAway, 'You could not be signed in')
  await accessible(turnedAway)
  const reference = await turnedAway.locator('dd').innerText()
  expect(reference).toMatch(/^[A-Z2-9]{5}-[A-Z2-9]{5}$/)
  expect(await turnedAway.content()).not.toContain(code)
  await manager.goto(`${usher.url}/o/acme/settings/sign-in-log?search=${reference}`)
  await manager.getByText(code).first().waitFor()
  await accessible(manager)
}

export type Someone = { context: BrowserContext; page: Page; faults: string[] }

/** A browser of their own; whatever it complains about fails the story. */
export async function person(browser: Browser): Promise<Someone> {
  // Without motion nothing is half faded when axe looks at it.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // A refused request is told to the person; the browser's own note of it is no fault of the page.
    const refused = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !refused) faults.push(message.text())
  })
  onTestFailed(() => tellWhereItStood(page))
  return { context, page, faults }
}

/** A story that waited in vain says no more than for what. */
async function tellWhereItStood(page: Page): Promise<void> {
  if (page.isClosed()) return
  const shown = await page.locator('body').innerText()
  console.log(`A browser stood at ${page.url()} and showed:\n${shown.slice(0, 1_000)}`)
}

export async function setUp(usher: Address, page: Page): Promise<void> {
  await page.goto(usher.setupUrl)
  await page.getByLabel('Organisation name').fill('Acme')
  await page.getByLabel('First name').fill('Ana')
  await page.getByLabel('Last name').fill('Ruiz')
  await page.getByLabel('E-mail').fill('ana@acme.test')
  await page.getByLabel('Password', { exact: true }).fill('Correct-horse-7')
  await accessible(page)
  await page.getByRole('button', { name: 'Create organisation' }).click()
  await page.waitForURL(`${usher.url}/o/acme`)
  await accessible(page)
}

/** Makes the emergency account, keeps its secret, and signs in with it once in another browser. */
export async function proveEmergencyAccount(
  usher: Address,
  browser: Browser,
  page: Page,
): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('link', { name: 'Emergency access' }).first().click()
  await page
    .getByRole('button', { name: /Create an emergency account/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('E-mail').fill('emergency@acme.test')
  await dialog.getByLabel('Password', { exact: true }).fill('Break-glass-now-1')
  await dialog.getByRole('button', { name: /Create/ }).click()
  const secret = await page.getByLabel('Secret', { exact: true }).inputValue()
  await page.getByRole('checkbox').check()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()

  const emergency = await person(browser)
  await emergency.page.goto(`${usher.url}/login/acme/emergency`)
  await emergency.page.getByLabel('E-mail').fill('emergency@acme.test')
  await emergency.page.getByLabel('Password', { exact: true }).fill('Break-glass-now-1')
  const code = new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate()
  await emergency.page.getByLabel(/code/i).fill(code)
  await accessible(emergency.page)
  await emergency.page.getByRole('button', { name: /Sign in/ }).click()
  await emergency.page.waitForURL(`${usher.url}/o/acme`)
  await emergency.context.close()
}

/** Exchanges metadata both ways: the identity provider learns Usher's, Usher reads the provider's by URL. */
export async function connect(usher: Address, idp: WalkedIdp, page: Page): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /Single sign-on/ }).click()
  const acsUrl = await page.getByRole('textbox', { name: 'ACS URL', exact: true }).inputValue()
  const entityId = await page.getByRole('textbox', { name: 'Entity ID', exact: true }).inputValue()
  await idp.learn({ entityId, acsUrl })
  await page.getByLabel('Connection name').fill(idp.connectionName)
  await page.getByLabel('Metadata URL of the identity provider').fill(idp.metadataUrl)
  await page.getByRole('button', { name: 'Read metadata' }).click()
  await expectText(page, idp.entityId)
  await accessible(page)
}

/** Runs the test in its own window and watches the check-list in the portal turn green. */
export async function testSignIn(idp: WalkedIdp, page: Page, who: string): Promise<void> {
  const [popup] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('button', { name: 'Test sign-in' }).click(),
  ])
  await idp.fillIn(popup, who)
  await expectText(popup, 'The test sign-in worked')
  await expectText(page, 'It works, and it is you')
  await popup.close()
  await accessible(page)
}

export async function save(page: Page, confirm?: string): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  if (confirm) {
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
    await dialog.getByText(confirm).first().waitFor()
    await dialog.getByRole('button', { name: 'Save', exact: true }).last().click()
  }
  await expectText(page, 'Everything is saved.')
}

/** From the organisation's own sign-in page to the identity provider and back. */
export async function signIn(
  usher: Address,
  idp: WalkedIdp,
  page: Page,
  who: string,
): Promise<void> {
  await page.goto(`${usher.url}/login/acme`)
  const name = `Continue with ${idp.connectionName}`
  const go = page.getByRole('link', { name }).or(page.getByRole('button', { name }))
  await go.waitFor()
  await accessible(page)
  await go.click()
  await idp.fillIn(page, who)
}

export async function expectText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor()
}

/** WCAG 2.2 AA as axe sees it (OP-8). */
export async function accessible(page: Page): Promise<void> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(async () => {
    const axe = (
      globalThis as unknown as {
        axe: {
          run(
            context: Document,
            options: object,
          ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>
        }
      }
    ).axe
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
  })
  expect(found).toEqual([])
}
