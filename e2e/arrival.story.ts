import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/portal-build.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { type SimpleSamlPhp, startSimpleSamlPhp, usualUsers } from './simplesamlphp.ts'

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)
const slow = 120_000

let usher: RunningUsher
let idp: SimpleSamlPhp
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  const ana = {
    username: 'ana',
    password: 'ana',
    email: 'ana@acme.test',
    firstName: 'Ana',
    lastName: 'Ruiz',
  }
  ;[usher, idp, browser] = await Promise.all([
    startUsher(),
    startSimpleSamlPhp({ users: [...usualUsers, ana] }),
    openBrowser(),
  ])
}, slow)

afterAll(async () => {
  await Promise.all([browser?.close(), idp?.stop(), usher?.stop()])
})

test(
  'a manager connects a real identity provider, switches SAML JIT on, and a stranger is in',
  async () => {
    const manager = await person()
    const page = manager.page
    await setUp(page)
    await proveEmergencyAccount(page)

    await connect(page)
    await testSignIn(page)
    await save(page, 'Switch to')
    await expectText(page, 'Everything is saved.')

    await page.getByRole('switch', { name: 'SAML JIT' }).click()
    await save(page)
    await expectText(
      page,
      /People enter Acme by signing in through SimpleSAMLphp \(SAML JIT\); chosen by Ana Ruiz on/,
    )
    await accessible(page)

    const stranger = await person()
    await signIn(stranger.page, 'grace')
    await stranger.page.waitForURL(`${usher.url}/o/acme`)
    await expectText(stranger.page, 'Grace')
    await accessible(stranger.page)

    await page.goto(`${usher.url}/o/acme/settings/users`)
    const row = page.getByRole('row').filter({ hasText: 'grace@acme.test' })
    await row.waitFor()
    expect(await row.innerText()).toMatch(/JIT-provisioned/)
    await accessible(page)
    await row.getByRole('link', { name: 'Grace Hopper' }).click()
    await expectText(page, 'Why does this person have this?')
    await page.getByText('on pool Default').click()
    await expectText(page, /ROLE_USER on Default: through the group Default/)
    await accessible(page)

    await page.getByRole('button', { name: 'Deactivate' }).first().click()
    await confirmIfAsked(page, /Deactivate/)
    await expectText(page, 'Deactivated')

    const turnedAway = await person()
    await signIn(turnedAway.page, 'grace')
    await expectText(turnedAway.page, 'You could not be signed in')
    const reference = await turnedAway.page.locator('dd').innerText()
    expect(reference).toMatch(/^[A-Z2-9]{5}-[A-Z2-9]{5}$/)
    await accessible(turnedAway.page)

    await page.goto(`${usher.url}/o/acme/settings/sign-in-log?search=${reference}`)
    await page.getByText('user.deactivated').first().waitFor()
    await accessible(page)
    expect(manager.faults).toEqual([])
    expect(stranger.faults).toEqual([])
  },
  slow,
)

type Someone = { context: BrowserContext; page: Page; faults: string[] }

/** A browser of their own; whatever it complains about fails the story. */
async function person(): Promise<Someone> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    // A refused request is told to the person; the browser's own note of it is no fault of the page.
    const refused = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !refused) faults.push(message.text())
  })
  return { context, page, faults }
}

async function setUp(page: Page): Promise<void> {
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
async function proveEmergencyAccount(page: Page): Promise<void> {
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

  const emergency = await person()
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
async function connect(page: Page): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /Single sign-on/ }).click()
  const acsUrl = await page.getByRole('textbox', { name: 'ACS URL', exact: true }).inputValue()
  const entityId = await page.getByRole('textbox', { name: 'Entity ID', exact: true }).inputValue()
  idp.addServiceProvider({ entityId, acsUrl, signAssertion: true, signResponse: true })
  await page.getByLabel('Connection name').fill('SimpleSAMLphp')
  await page.getByLabel('Metadata URL of the identity provider').fill(idp.metadataUrl)
  await page.getByRole('button', { name: 'Read metadata' }).click()
  await expectText(page, idp.entityId)
  await accessible(page)
}

/** Runs the test in its own window and watches the check-list in the portal turn green. */
async function testSignIn(page: Page): Promise<void> {
  const [popup] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('button', { name: 'Test sign-in' }).click(),
  ])
  await fillIn(popup, 'ana')
  await expectText(popup, 'The test sign-in worked')
  await expectText(page, 'It works, and it is you')
  await popup.close()
  await accessible(page)
}

async function save(page: Page, confirm?: string): Promise<void> {
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  if (confirm) {
    const dialog = page.getByRole('dialog').or(page.getByRole('alertdialog'))
    await dialog.getByText(confirm).first().waitFor()
    await dialog
      .getByRole('button', { name: /Switch|Save/ })
      .last()
      .click()
  }
  await expectText(page, 'Everything is saved.')
}

async function confirmIfAsked(page: Page, name: RegExp): Promise<void> {
  const dialog = page.getByRole('alertdialog').or(page.getByRole('dialog'))
  if (await dialog.isVisible()) await dialog.getByRole('button', { name }).click()
}

/** From the organisation's own sign-in page to the identity provider and back. */
async function signIn(page: Page, username: string): Promise<void> {
  await page.goto(`${usher.url}/login/acme`)
  const go = page
    .getByRole('link', { name: 'Continue with SimpleSAMLphp' })
    .or(page.getByRole('button', { name: 'Continue with SimpleSAMLphp' }))
  await go.waitFor()
  await accessible(page)
  await go.click()
  await fillIn(page, username)
}

async function fillIn(page: Page, username: string): Promise<void> {
  await page.locator('input[name=username]').fill(username)
  await page.locator('input[name=password]').fill(username)
  await page.locator('[type=submit]').first().click()
}

async function expectText(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor()
}

/** WCAG 2.2 AA as axe sees it (OP-8). */
async function accessible(page: Page): Promise<void> {
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
