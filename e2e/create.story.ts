import { expect, test } from 'vitest'
import { openStage } from './stage.ts'
import { accessible, expectText, person, save, setUp } from './walk.ts'

const stage = openStage(() => ({}))

test('without a mail service a manager creates people: one comes by a first password on a phone and chooses another, one by a link that is handed over', async () => {
  const { browser, usher } = stage
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await save(page, 'It takes effect')
  await page.goto(`${usher.url}/o/acme/settings/pools`)
  await page.getByRole('button', { name: 'Create a pool' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Production')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'Production', level: 1 }).waitFor()

  await page.getByRole('link', { name: 'User Management' }).click()
  const dialog = page.getByRole('dialog')
  const fillIn = async (firstName: string, email: string) => {
    await page.getByRole('button', { name: '+ Create a user' }).first().click()
    await dialog.getByLabel('First name').fill(firstName)
    await dialog.getByLabel('Last name').fill('Levi')
    await dialog.getByLabel('E-mail').fill(email)
  }
  const create = () => dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await fillIn('Noa', 'noa@acme')
  await create()
  await expectText(page, 'This does not look like an e-mail address.')
  await dialog.getByLabel('E-mail').fill('noa@acme.test')
  await dialog.getByLabel('First password', { exact: true }).fill('password')
  await dialog.getByText('Groups and pools').click()
  await dialog.getByRole('checkbox', { name: 'Production' }).check()
  await create()
  await dialog
    .getByText(/leaked|classes|three of/i)
    .first()
    .waitFor()
  await accessible(page)
  await dialog.getByLabel('First password', { exact: true }).fill('Only-for-the-first-7')
  await create()
  await expectText(page, 'Hand the first password over')

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  await newcomer.page.goto(`${usher.url}/login/acme`)
  await newcomer.page.getByLabel('E-mail').fill('noa@acme.test')
  await newcomer.page.getByLabel('Password', { exact: true }).fill('Only-for-the-first-7')
  await newcomer.page.getByRole('button', { name: 'Sign in' }).click()
  await newcomer.page.getByLabel('New password', { exact: true }).fill('Correct-horse-8')
  await accessible(newcomer.page)
  await newcomer.page.getByRole('button', { name: 'Save and continue' }).click()
  await newcomer.page.waitForURL(/\/o\/acme/)
  await expectText(newcomer.page, 'Production')

  await fillIn('Lea', 'lea@acme.test')
  await create()
  await expectText(page, 'Lea Levi is created')
  const link = await dialog.getByRole('textbox', { name: 'Activation link' }).inputValue()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
  const second = await person(browser)
  await second.page.goto(link)
  await second.page.getByLabel('Password', { exact: true }).fill('Correct-horse-9')
  await second.page.getByRole('button', { name: 'Activate' }).click()
  await second.page.waitForURL(/\/o\/acme/)

  await page.reload()
  const row = page.getByRole('row').filter({ hasText: 'lea@acme.test' })
  await row.getByText('Active').waitFor()
  await fillIn('Lea', 'LEA@acme.test')
  await create()
  await expectText(page, 'is already here')
  expect([manager, newcomer, second].flatMap(({ faults }) => faults)).toEqual([])
})
