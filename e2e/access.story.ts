import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { accessible, expectText, person, setUp } from './walk.ts'

let browser: Browser
let usher: RunningUsher

beforeAll(async () => {
  await buildPortalWhenStale()
  browser = await openBrowser()
  usher = await startUsher()
})

afterAll(async () => {
  await browser?.close()
  await usher?.stop()
})

test('a manager lets a group reach a pool, sees why Ana reaches it, and takes it back', async () => {
  const { page, faults } = await person(browser)
  await setUp(usher, page)

  await make(page, 'group', 'Engineers')
  await expectText(page, 'Nobody is in this group yet')
  await page.getByRole('button', { name: 'Add people' }).first().click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Ana Ruiz/ })
    .click()
  await expectText(page, 'Ana Ruiz chosen')
  await accessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('button', { name: 'Remove Ana Ruiz from Engineers' }).waitFor()

  await make(page, 'pool', 'Production')
  await expectText(page, 'Nobody reaches this pool yet')
  await page.getByRole('button', { name: 'Add a group' }).click()
  await page.getByRole('menuitem', { name: 'Engineers' }).click()
  const because = 'ROLE_USER on Production: through the group Engineers (given by Ana Ruiz).'
  await expectText(page, because)
  await accessible(page)

  await page.goto(`${usher.url}/o/acme/settings/access-check`)
  await page.getByRole('button', { name: 'Choose a person' }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Ana Ruiz/ })
    .click()
  await page.getByRole('dialog').getByRole('button', { name: 'Choose', exact: true }).click()
  await page.getByRole('combobox', { name: 'Pool' }).click()
  await page.getByRole('option', { name: 'Production' }).click()
  await page.getByRole('button', { name: 'Check access' }).click()
  await expectText(page, because)
  await accessible(page)

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('link', { name: 'Ana Ruiz' }).first().click()
  await page.getByText('on pool Production').click()
  await expectText(page, because)
  await page.getByRole('link', { name: 'Member of Engineers' }).click()
  await page.getByRole('heading', { name: 'Engineers', level: 1 }).waitFor()

  await page.getByRole('button', { name: 'Take Production from Engineers' }).click()
  await expectText(page, 'This group reaches no pool yet')
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByRole('button', { name: 'Take Production from Engineers' }).waitFor()
  await page.getByRole('button', { name: 'Actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete group' }).click()
  await expectText(page, '1 person is in it and loses what it gave: 1 pool.')
  await accessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Delete group' }).click()
  await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('link', { name: 'Ana Ruiz' }).first().click()
  await page.getByText('on pool Default').waitFor()
  expect(await page.getByText('on pool Production').count()).toBe(0)
  expect(faults).toEqual([])
})

async function make(page: Page, what: 'group' | 'pool', name: string): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/${what}s`)
  await page.getByRole('button', { name: `Create a ${what}` }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await accessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}
