import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { pick, simulatedEntra } from './simulated-entra.ts'
import { accessible, expectText, person, readInLog, signIn, walkArrival } from './walk.ts'

let usher: RunningUsher
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  browser = await openBrowser()
})

beforeEach(async () => {
  usher = await startUsher()
})

afterEach(() => usher.stop())

afterAll(async () => {
  await browser?.close()
})

test('a manager connects the simulated Entra ID, and whoever its claims name is in', async () => {
  const idp = simulatedEntra(usher)
  const stranger = { who: 'Ada Lovelace', name: 'Ada Lovelace', email: 'ada.lovelace@acme.test' }

  await walkArrival(usher, idp, browser, { manager: 'Ana Ruiz', stranger })

  const manager = browser.contexts()[0]?.pages()[0] ?? raise()
  const nameless = await person(browser)
  await signIn(usher, idp, nameless.page, 'Sukarno')
  await readInLog(usher, manager, nameless.page, 'jit.claim_missing')
  const disabled = await person(browser)
  await signIn(usher, idp, disabled.page, 'Lena Novak')
  await expectText(disabled.page, 'AADSTS50057')
})

test('a newcomer explores the demo and watches a person arrive within a minute', async () => {
  const newcomer = await person(browser)
  const started = performance.now()

  await newcomer.page.goto(usher.setupUrl)
  await newcomer.page.getByRole('button', { name: 'Explore with a demo organisation' }).click()
  await newcomer.page.waitForURL(`${usher.url}/o/contoso-demo`)
  await accessible(newcomer.page)
  const arriving = await person(browser)
  await arriving.page.goto(`${usher.url}/login/contoso-demo`)
  await arriving.page.getByText('Continue with Entra ID (simulated)').click()
  await pick(arriving.page, 'Zoë', { plainClaims: true })
  await arriving.page.waitForURL(`${usher.url}/o/contoso-demo`)
  await newcomer.page.goto(`${usher.url}/o/contoso-demo/settings/users`)
  await newcomer.page.getByRole('row').filter({ hasText: "O'Brien-Müller" }).waitFor()

  expect(performance.now() - started).toBeLessThan(60_000)

  // Who explored first still sets the installation up, with the same link.
  await newcomer.page.goto(usher.setupUrl)
  await newcomer.page.getByLabel('Organisation name').waitFor()
  expect(newcomer.faults).toEqual([])
})

function raise(): never {
  throw new Error('The manager closed the window.')
}
