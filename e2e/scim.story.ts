import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { startPostgres } from '../server/testing/postgres.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { pick, simulatedEntra } from './simulated-entra.ts'
import {
  accessible,
  connect,
  expectText,
  person,
  proveEmergencyAccount,
  save,
  setUp,
  signIn,
  testSignIn,
} from './walk.ts'

let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
})

const stores = [
  { store: 'the embedded store', open: async () => ({ url: undefined, stop: async () => {} }) },
  { store: 'PostgreSQL', open: startPostgres },
]

test.each(stores)(
  'on $store a manager switches SCIM on, and people arrive, leave, return and are held',
  async ({ open }) => {
    const database = await open()
    const usher = await startUsher(database.url ? { DATABASE_URL: database.url } : {})
    try {
      const idp = simulatedEntra(usher)
      const manager = await person(browser)
      const { page } = manager
      await setUp(usher, page)
      await proveEmergencyAccount(usher, browser, page)
      await connect(usher, idp, page)
      await testSignIn(idp, page, 'Ana Ruiz')
      await save(page, 'It takes effect for everyone at once')

      await switchOn(usher, page)
      const { baseUrl, token } = await makeToken(page)
      expect(await statusFor(baseUrl, token)).toBe(200)
      await pauseAndResume(usher, page, () => statusFor(baseUrl, token))
      await letSyncGroups(page)
      await runInitialCycle(page)

      await reviewWhoIsNotInIdp(usher, page)
      await openReadOnlyPerson(usher, page, 'Ada Lovelace')
      await letHappen(usher, page, 'Noor Rahimi is suspended')
      await expectStatus(usher, page, 'noor', 'Deactivated')
      await letHappen(usher, page, 'Noor Rahimi is back')
      await expectStatus(usher, page, 'noor', 'Active')

      await findRefusal(usher, page, 'Priya Raman')
      await searchLog(usher, page, 'noor.rahimi')

      const ada = await person(browser)
      await signIn(usher, idp, ada.page, 'Ada Lovelace')
      await ada.page.waitForURL(`${usher.url}/o/acme`)
      await hold(usher, page, 'Ada Lovelace')
      await ada.page.reload()
      await ada.page.waitForURL(/\/login\/acme/)
      await signIn(usher, idp, ada.page, 'Ada Lovelace')
      await expectText(ada.page, 'You could not be signed in')

      expect(manager.faults).toEqual([])
      expect(ada.faults).toEqual([])
    } finally {
      await usher.stop()
      await database.stop()
    }
  },
)

test('in the demo a newcomer changes from SAML JIT to SCIM, and whom SCIM has brought signs in; deleted by it, she is restored by hand', async () => {
  const usher = await startUsher()
  try {
    const newcomer = await person(browser)
    const { page } = newcomer
    await page.goto(usher.setupUrl)
    await page.getByRole('button', { name: 'Explore with a demo organisation' }).click()
    await page.waitForURL(`${usher.url}/o/contoso-demo`)

    await page.goto(`${usher.url}/o/contoso-demo/settings/identity`)
    await page.getByRole('switch', { name: 'SCIM' }).click()
    await expectText(page, /strangers no longer get an account by signing in/)
    await save(page, 'Change the source to SCIM?')
    await page.getByRole('link', { name: 'Open the SCIM connection' }).click()
    await page.getByRole('link', { name: 'Simulate' }).click()
    await page.getByRole('combobox', { name: 'Identity provider' }).click()
    await page.getByRole('option', { name: 'Google Workspace' }).click()
    await page.getByRole('button', { name: 'Run the initial cycle' }).click()
    await expectText(page, 'All as it expected')

    const grace = await person(browser)
    await grace.page.goto(`${usher.url}/login/contoso-demo`)
    await grace.page.getByText('Continue with Entra ID (simulated)').click()
    await pick(grace.page, 'Grace Hopper', { plainClaims: true })
    await grace.page.waitForURL(`${usher.url}/o/contoso-demo`)
    await expectText(grace.page, 'Grace Hopper')

    await page.goto(`${usher.url}/o/contoso-demo/settings/identity/scim`)
    const email = await deleteByScim(await makeToken(page), 'Grace')
    await page.goto(`${usher.url}/o/contoso-demo/settings/identity`)
    await leaveScim(page)
    await page.setViewportSize({ width: 360, height: 740 })
    await restore(usher, page, { firstName: 'Grace', lastName: 'Hopper', email })
    await page.goto(`${usher.url}/o/contoso-demo/settings/identity`)
    await rollBackToScim(page)

    expect(newcomer.faults).toEqual([])
    expect(grace.faults).toEqual([])
  } finally {
    await usher.stop()
  }
})

/** The preview names whom SCIM leaves: all are kept, but for the one who is ticked. */
test('in the demo a newcomer rehearses SCIM, sees what it would do, and goes live with it', async () => {
  const usher = await startUsher()
  try {
    const newcomer = await person(browser)
    const { page } = newcomer
    const settings = `${usher.url}/o/contoso-demo/settings`
    await page.goto(usher.setupUrl)
    await page.getByRole('button', { name: 'Explore with a demo organisation' }).click()
    await page.waitForURL(`${usher.url}/o/contoso-demo`)

    await page.goto(`${settings}/identity/scim`)
    await page.getByRole('button', { name: 'Start shadow' }).click()
    await expectText(page, 'No difference yet')
    await accessible(page)
    await letSyncGroups(page)
    await page.getByRole('link', { name: 'Simulate' }).click()
    await expectText(page, 'It works on the shadow')
    await page.getByRole('button', { name: 'Run the initial cycle' }).click()
    await expectText(page, 'All as it expected')
    await accessible(page)

    await page.goto(`${settings}/users?search=Lovelace`)
    await expectText(page, 'No one matches')
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${settings}/identity/scim/shadow`)
    await expectText(page, 'Ada Lovelace')
    await accessible(page)
    await page.getByRole('button', { name: 'Go live' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/^People enter .+ \(SCIM\)/).waitFor()
    await accessible(page)
    await dialog.getByRole('button', { name: 'Go live' }).click()
    await expectText(page, /It went live by .+ differences? applied/)
    await accessible(page)
    await page.goto(`${settings}/users?search=Lovelace`)
    await page.getByRole('link', { name: 'Ada Lovelace' }).first().waitFor()

    expect(newcomer.faults).toEqual([])
  } finally {
    await usher.stop()
  }
})

async function leaveScim(page: Page): Promise<void> {
  await page.getByRole('switch', { name: 'SCIM' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await expectText(page, 'Change the source to Portal?')
  await dialog
    .getByRole('checkbox', { name: /^Deactivate/ })
    .last()
    .check()
  await expectText(page, '1 person deactivated')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, 'Before that, people entered by SCIM')
}

async function rollBackToScim(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Roll back' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('managed by SCIM at once').waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Roll back' }).click()
  await expectText(page, /^People enter .+ when the identity provider sends them \(SCIM\)/)
  await expectText(page, 'Open the SCIM connection')
}

/** Choosing says what will change; saving leads on to the connection. */
async function switchOn(usher: RunningUsher, page: Page): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('switch', { name: 'SCIM' }).click()
  await expectText(page, 'What changes when you save')
  await accessible(page)
  await save(page, 'Change the source to SCIM?')
  await expectText(page, 'People enter Acme when the identity provider sends them (SCIM)')
  await page.getByRole('link', { name: 'Open the SCIM connection' }).click()
  await expectText(page, 'Not called yet')
  await accessible(page)
}

/** The token is shown once, and the dialog stays until it was copied. */
async function makeToken(page: Page): Promise<{ baseUrl: string; token: string }> {
  await page.getByRole('button', { name: 'Create a token' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Label').fill('Entra ID production')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Create' }).click()
  const token = await page.getByLabel('Token', { exact: true }).inputValue()
  await page.keyboard.press('Escape')
  await accessible(page)
  await page.getByRole('checkbox', { name: 'I have copied it' }).check()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expectText(page, 'Never used')
  const baseUrl = await page.getByRole('textbox', { name: 'Base URL', exact: true }).inputValue()
  return { baseUrl, token }
}

async function statusFor(baseUrl: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${baseUrl}/Users?count=1`, { headers })).status
}

/** PV-15: every page says so, and the identity provider is asked to come again. */
async function pauseAndResume(
  usher: RunningUsher,
  page: Page,
  call: () => Promise<number>,
): Promise<void> {
  const connection = page.url()
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('button', { name: 'Pause provisioning' }).click()
  const dialog = page.getByRole('dialog')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Pause provisioning' }).click()
  await expectText(page, /Nobody new enters Acme now: Ana Ruiz paused provisioning/)
  expect(await call()).toBe(503)
  await page.goto(`${usher.url}/o/acme`)
  await expectText(page, /people who leave in the identity provider stay here/)
  await accessible(page)
  await page.getByRole('link', { name: 'Identity Configuration' }).first().click()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause provisioning' }).waitFor()
  expect(await call()).toBe(200)
  await page.goto(connection)
}

/** @returns the e-mail of whom this first name belongs to. */
async function deleteByScim(
  { baseUrl, token }: { baseUrl: string; token: string },
  firstName: string,
): Promise<string> {
  const headers = { authorization: `Bearer ${token}` }
  const query = encodeURIComponent(`name.givenName eq "${firstName}"`)
  const found = await fetch(`${baseUrl}/Users?filter=${query}`, { headers })
  const { Resources } = (await found.json()) as {
    Resources: { id: string; emails: { value: string }[] }[]
  }
  const [one] = Resources
  const gone = await fetch(`${baseUrl}/Users/${one?.id}`, { method: 'DELETE', headers })
  expect(gone.status).toBe(204)
  return one?.emails[0]?.value ?? ''
}

/** Whoever is created with the address of somebody who was deleted is offered to come back. */
async function restore(
  usher: RunningUsher,
  page: Page,
  who: { firstName: string; lastName: string; email: string },
): Promise<void> {
  const name = `${who.firstName} ${who.lastName}`
  await page.goto(`${usher.url}/o/contoso-demo/settings/users?search=${who.firstName}`)
  await expectText(page, 'No one matches')
  await page.getByRole('button', { name: '+ Create a user' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('First name').fill(who.firstName)
  await dialog.getByLabel('Last name').fill(who.lastName)
  await dialog.getByLabel('E-mail').fill(who.email.toUpperCase())
  await dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await dialog.getByText('This person was here before').waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await dialog.getByText(`${name} is restored`).waitFor()
  await dialog.getByRole('textbox', { name: 'Activation link' }).waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('link', { name }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
  await expectText(page, 'Pending')
}

async function letSyncGroups(page: Page): Promise<void> {
  await page.getByRole('switch', { name: 'Sync groups' }).click()
  await expectText(page, 'Unsaved changes')
  await accessible(page)
  await save(page)
}

async function runInitialCycle(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Simulate' }).click()
  await page.getByRole('button', { name: 'Run the initial cycle' }).click()
  await page.getByRole('button', { name: /Create Ada Lovelace/ }).click()
  await expectText(page, 'What was answered')
  await expectText(page, 'All as it expected')
  await accessible(page)
}

/** Whom the identity provider does not manage is chosen and deactivated together, with a result for each. */
async function reviewWhoIsNotInIdp(usher: RunningUsher, page: Page): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity/scim`)
  await page.getByRole('link', { name: 'Review them' }).click()
  await page.getByRole('checkbox', { name: 'Choose Ana Ruiz' }).check()
  await expectText(page, '1 person chosen')
  await accessible(page)
  await page.getByRole('button', { name: 'Deactivate' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Deactivate' }).click()
  await dialog.getByText('0 deactivated, 1 not').waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
}

async function openReadOnlyPerson(usher: RunningUsher, page: Page, name: string): Promise<void> {
  await openPerson(usher, page, name)
  await expectText(page, 'Managed by SCIM')
  await expectText(page, 'SCIM governs the people of this organisation')
  expect(await page.getByLabel('First name').getAttribute('readonly')).not.toBeNull()
  const remove = page.getByRole('button', { name: 'Delete user' })
  expect(await remove.getAttribute('aria-disabled')).toBe('true')
  const groups = page.getByRole('list', { name: 'Groups' })
  await groups.getByText('Belongs to the identity provider').waitFor()
  expect(await groups.getByRole('button', { name: /Remove from Engineering/ }).count()).toBe(0)
  await expectText(page, 'through Engineering')
  await accessible(page)
}

async function openPerson(usher: RunningUsher, page: Page, name: string): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/users?managedBy=scim`)
  await page.getByRole('link', { name }).first().click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}

/** Presses "Next change" until this has happened at the identity provider. */
async function letHappen(usher: RunningUsher, page: Page, until: string): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/identity/scim/simulation`)
  const ahead = page.getByRole('definition')
  for (let says = ''; says !== until; ) {
    says = await ahead.innerText()
    await page.getByRole('button', { name: 'Next change' }).click()
    await page.getByRole('list', { name: says }).waitFor()
    await page.getByRole('button', { name: 'Next change', disabled: false }).waitFor()
  }
  await accessible(page)
}

async function expectStatus(
  usher: RunningUsher,
  page: Page,
  search: string,
  status: string,
): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/users?search=${search}`)
  const row = page.getByRole('row').filter({ hasText: new RegExp(search, 'i') })
  await row.getByText(status).waitFor()
}

/** A refused call is found by its person, and says what to do. */
async function findRefusal(usher: RunningUsher, page: Page, name: string): Promise<void> {
  await openPerson(usher, page, name)
  await page.getByRole('link', { name: 'Calls of the identity provider' }).click()
  await page.getByRole('button', { name: 'Result' }).click()
  await page.getByRole('menuitemradio', { name: 'Refused' }).click()
  await page.waitForURL(/result=refused/)
  await page.getByRole('table').getByText('mutability').waitFor()
  await accessible(page)
  await page
    .getByRole('button', { name: /^PATCH/ })
    .first()
    .click()
  const sheet = page.getByRole('dialog')
  await sheet.getByText('What to do').waitFor()
  await sheet.getByText('Remove it from the mapping').first().waitFor()
  await accessible(page)
}

/** The token that was made by hand has left its mark, and a user name finds its calls. */
async function searchLog(usher: RunningUsher, page: Page, userName: string): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/provisioning-log`)
  await page.getByRole('searchbox', { name: 'User name or group, from its start' }).fill(userName)
  await page.waitForURL(/person=/)
  await page
    .getByRole('link', { name: new RegExp(userName) })
    .first()
    .waitFor()
  await accessible(page)
  await page.getByRole('link', { name: 'SCIM connection' }).click()
  await expectText(page, 'Entra ID production')
  await expectText(page, /Last used/)
  await accessible(page)
}

async function hold(usher: RunningUsher, page: Page, name: string): Promise<void> {
  await openPerson(usher, page, name)
  await page.getByRole('button', { name: 'Hold' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('The identity provider cannot lift it').waitFor()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Hold' }).click()
  await expectText(page, 'Held by a manager')
  await accessible(page)
}
