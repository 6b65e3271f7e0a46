import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
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

test('a manager lets a group reach a pool, sees why Ana reaches it, adds several people at once, and takes it back', async () => {
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

  await addTogether(page)
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
  await expectText(page, '2 people are in it and lose what it gave: 1 pool.')
  await accessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Delete group' }).click()
  await page.getByRole('heading', { name: 'Groups', level: 1 }).waitFor()

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('link', { name: 'Ana Ruiz' }).first().click()
  await page.getByText('on pool Default').waitFor()
  expect(await page.getByText('on pool Production').count()).toBe(0)
  expect(faults).toEqual([])
})

/** One of two is deleted by somebody else meanwhile; then the list is taken away as a file. */
async function addTogether(page: Page): Promise<void> {
  const { user, organisation, csrfToken } = await (
    await page.request.get(`${usher.url}/api/v1/me`)
  ).json()
  const ask = (method: string, path: string, data?: object) =>
    page.request.fetch(`${usher.url}/api/v1/orgs/${organisation.id}${path}`, {
      method,
      data,
      headers: { 'x-csrf-token': csrfToken },
    })
  expect(user.email).toBe('ana@acme.test')
  const method = await ask('PUT', '/identity/login-method', { method: 'password' })
  expect(method.status()).toBe(200)
  const ids: string[] = []
  for (const firstName of ['Lea', 'Noa']) {
    const email = `${firstName.toLowerCase()}@acme.test`
    const made = await ask('POST', '/users', { firstName, lastName: 'Levi', email })
    ids.push((await made.json()).id)
  }

  await page.goto(`${usher.url}/o/acme/settings/users`)
  await page.getByRole('checkbox', { name: 'Choose Lea Levi' }).check()
  await page.getByRole('checkbox', { name: 'Choose Noa Levi' }).check()
  await ask('PUT', `/users/${ids[0]}/disable`)
  expect((await ask('DELETE', `/users/${ids[0]}`)).status()).toBe(204)
  await page.getByRole('button', { name: 'Add to group' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'Group' }).click()
  await page.getByRole('option', { name: 'Engineers' }).click()
  await dialog.getByRole('button', { name: 'Add to group' }).click()
  await dialog.getByText('1 added, 1 not.').waitFor()
  const results = dialog.getByRole('list', { name: 'Result per person' }).getByRole('listitem')
  expect(await results.allInnerTexts()).toEqual([
    expect.stringMatching(/Lea Levi\s+There is no such user\./),
    expect.stringMatching(/Noa Levi\s+Added/),
  ])
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()

  await page.getByRole('searchbox', { name: 'Search by name or e-mail' }).fill('levi')
  await page.waitForURL(/search=levi/)
  await page.getByRole('button', { name: 'Export CSV' }).click()
  await expectText(page, 'Only those who match: 1 person')
  await accessible(page)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('link', { name: 'Download' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^usher-users-\d{8}T\d{6}Z\.csv$/)
  const rows = parse(await readFile(await download.path(), 'utf8'), { bom: true, columns: true })
  expect(rows).toMatchObject([
    { 'E-mail': 'noa@acme.test', Status: 'pending', Groups: 'Default;Engineers' },
  ])
  await page.getByRole('searchbox').fill('')
}

async function make(page: Page, what: 'group' | 'pool', name: string): Promise<void> {
  await page.goto(`${usher.url}/o/acme/settings/${what}s`)
  await page.getByRole('button', { name: `Create a ${what}` }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await accessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()
}
