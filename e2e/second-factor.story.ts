import { Secret, TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { freePort } from '../server/testing/free-port.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { accessible, expectText, person, save, setUp, signOut } from './walk.ts'

let browser: Browser
let usher: RunningUsher

beforeAll(async () => {
  await buildPortalWhenStale()
  browser = await openBrowser()
  // A passkey belongs to a name, never to a number (WebAuthn §5.1.2).
  const port = String(await freePort())
  const url = `http://localhost:${port}`
  usher = { ...(await startUsher({ PORT: port, BASE_URL: url })), url }
})

afterAll(async () => {
  await browser?.close()
  await usher?.stop()
})

test('a manager adds a passkey and requires a second factor; a newcomer on a phone sets up an app between password and session, and comes back with a recovery code; an emergency account opens by a passkey', async () => {
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await withAuthenticator(page)

  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await page.getByRole('switch', { name: 'Require a second factor' }).click()
  await save(page, 'the one way to sign in')

  await page.goto(`${usher.url}/o/acme/account`)
  await expectText(page, 'Acme requires a second factor')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await keepCodes(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await expectText(page, '10 left')
  await accessible(page)
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.waitForURL(`${usher.url}/login/acme?signedOut=1`)

  await typePassword(page, 'ana@acme.test', 'Correct-horse-7')
  await page.getByRole('button', { name: 'Continue with a passkey' }).click()
  await page.waitForURL(`${usher.url}/o/acme`)

  const activationLink = await createNoa(page)
  const newcomer = await person(browser)
  const phone = newcomer.page
  await phone.setViewportSize({ width: 360, height: 740 })
  await phone.goto(activationLink)
  await phone.getByLabel('Password', { exact: true }).fill('Correct-horse-8')
  await phone.getByRole('button', { name: 'Activate' }).click()
  await expectText(phone, 'Set up a second factor')
  await accessible(phone)
  await phone.goto(`${usher.url}/o/acme`)
  await phone.waitForURL(/\/login\/acme/)
  await typePassword(phone, 'noa@acme.test', 'Correct-horse-8')
  await phone.getByRole('button', { name: 'Set up an authenticator app' }).click()
  const secret = await phone
    .getByRole('textbox', { name: 'Or type this secret there' })
    .inputValue()
  await phone.getByLabel('Code from the app').fill(codeOf(secret))
  await accessible(phone)
  await phone.getByRole('button', { name: 'Continue', exact: true }).click()
  const codes = await keepCodes(phone)
  await accessible(phone)
  await phone.getByRole('button', { name: 'Continue', exact: true }).click()
  await phone.waitForURL(/\/o\/acme/)

  await signOut(usher, phone)
  await typePassword(phone, 'noa@acme.test', 'Correct-horse-8')
  await phone.getByRole('button', { name: 'Use a recovery code' }).click()
  await phone.getByLabel('Recovery code').fill(codes[0] ?? '')
  await accessible(phone)
  await phone.getByRole('button', { name: 'Continue', exact: true }).click()
  await phone.waitForURL(/\/o\/acme/)
  await phone.goto(`${usher.url}/o/acme/account`)
  await expectText(phone, '9 left')
  await phone.getByRole('button', { name: 'Make new ones' }).click()
  await expectText(phone, 'The codes from before open nothing any more.')
  await phone.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await expectText(phone, '9 left')

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('link', { name: 'Noa Levi' }).click()
  await expectText(page, '9 recovery codes left')
  await page.getByRole('button', { name: 'Reset', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Reset' }).click()
  await expectText(page, 'None yet: it is set up at the next sign-in.')
  await accessible(page)
  await phone.getByRole('button', { name: 'Sign out everywhere' }).click()
  await phone.getByRole('button', { name: 'Everywhere, here too' }).click()
  await phone.waitForURL(`${usher.url}/login/acme?signedOut=1`)

  await addEmergencyPasskey(page)
  await signOut(usher, page)
  await page.goto(`${usher.url}/login/acme/emergency`)
  await page.getByLabel('E-mail').fill('safe@acme.test')
  await page.getByLabel('Password', { exact: true }).fill('Break-glass-now-1')
  await accessible(page)
  await page.getByRole('button', { name: 'Use a passkey instead of the code' }).click()
  await page.waitForURL(`${usher.url}/o/acme`)
  expect([manager, newcomer].flatMap(({ faults }) => faults)).toEqual([])
})

async function addEmergencyPasskey(page: Page): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/emergency`)
  await page
    .getByRole('button', { name: /Create an emergency account/ })
    .first()
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('E-mail').fill('safe@acme.test')
  await dialog.getByLabel('Password', { exact: true }).fill('Break-glass-now-1')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('checkbox', { name: /I have kept/ }).check()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Add a passkey to safe@acme.test' }).click()
  await dialog.getByLabel('Name').fill('Key in the safe')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Add' }).click()
  await expectText(page, 'Passkey “Key in the safe”')
  await accessible(page)
}

/** Chromium's own authenticator: it has a finger on it at all times. */
async function withAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
    },
  })
}

async function createNoa(page: Page): Promise<string> {
  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page
    .getByRole('button', { name: /Create a user|Add people|Add/ })
    .first()
    .click()
  const create = page.getByRole('menuitem', { name: /Create/ })
  if (await create.isVisible()) await create.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('First name').fill('Noa')
  await dialog.getByLabel('Last name').fill('Levi')
  await dialog.getByLabel('E-mail').fill('noa@acme.test')
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  const link = await page.getByRole('textbox', { name: 'Activation link' }).inputValue()
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  return link
}

async function typePassword(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function keepCodes(page: Page): Promise<string[]> {
  await page.getByText('I have kept the codes').waitFor()
  const codes = await page
    .getByRole('listitem')
    .filter({ hasText: /^\w{4}(-\w{4}){3}$/ })
    .allInnerTexts()
  expect(codes).toHaveLength(10)
  await page.getByRole('checkbox').check()
  return codes
}

function codeOf(secret: string): string {
  return new TOTP({ secret: Secret.fromBase32(secret), digits: 6, period: 30 }).generate()
}
