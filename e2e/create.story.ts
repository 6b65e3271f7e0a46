import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { simulatedEntra } from './simulated-entra.ts'
import { openStage } from './stage.ts'
import {
  accessible,
  connect,
  expectText,
  person,
  proveEmergencyAccount,
  readInLog,
  save,
  setUp,
  signIn,
  testSignIn,
} from './walk.ts'

const stage = openStage(() => ({}))

test('without a mail service a manager creates people: one comes by a first password on a phone and chooses another, one by a link that is handed over, as is a new one when the password is forgotten; then SSO is the method, and who was ticked waits in no queue', async () => {
  const { browser, usher } = stage
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await save(page, 'Nothing changes for those who have a password')
  await page.goto(`${usher.url}/o/acme/settings/pools`)
  await page.getByRole('button', { name: 'Create a pool' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Production')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name: 'Production', level: 1 }).waitFor()

  await page.getByRole('link', { name: 'User Management' }).click()
  const dialog = page.getByRole('dialog')
  const fillIn = async (firstName: string, lastName: string, email: string) => {
    await dialog.getByLabel('First name').fill(firstName)
    await dialog.getByLabel('Last name').fill(lastName)
    await dialog.getByLabel('E-mail').fill(email)
  }
  const begin = () => page.getByRole('button', { name: '+ Create a user' }).first().click()
  const create = () => dialog.getByRole('button', { name: 'Create', exact: true }).click()
  await begin()
  await fillIn('Ada', 'Lovelace', 'ada.lovelace@acme')
  await create()
  await expectText(page, 'This does not look like an e-mail address.')
  await dialog.getByLabel('E-mail').fill('ada.lovelace@acme.test')
  await dialog.getByLabel('First password', { exact: true }).fill('password')
  await dialog.getByText('Groups and pools').click()
  await dialog.getByRole('checkbox', { name: 'Production' }).check()
  await dialog.getByRole('checkbox', { name: 'Create another' }).check()
  await create()
  await dialog
    .getByText(/leaked|classes|three of/i)
    .first()
    .waitFor()
  await accessible(page)
  await dialog.getByLabel('First password', { exact: true }).fill('Only-for-the-first-7')
  await create()
  await expectText(page, 'Hand the first password over')

  await fillIn('Priya', 'Raman', 'priya.raman@subsidiary.example')
  await create()
  await expectText(page, 'Priya Raman is created')
  const link = await dialog.getByRole('textbox', { name: 'Activation link' }).inputValue()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await fillIn('Priya', 'Raman', 'PRIYA.Raman@subsidiary.example')
  await create()
  await expectText(page, 'is already here')
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  await newcomer.page.goto(`${usher.url}/login/acme`)
  await newcomer.page.getByLabel('E-mail').fill('ada.lovelace@acme.test')
  await newcomer.page.getByLabel('Password', { exact: true }).fill('Only-for-the-first-7')
  await newcomer.page.getByRole('button', { name: 'Sign in' }).click()
  await newcomer.page.getByLabel('New password', { exact: true }).fill('Correct-horse-8')
  await accessible(newcomer.page)
  await newcomer.page.getByRole('button', { name: 'Save and continue' }).click()
  await newcomer.page.waitForURL(/\/o\/acme/)
  await expectText(newcomer.page, 'Production')

  const second = await person(browser)
  await second.page.goto(link)
  await second.page.getByLabel('Password', { exact: true }).fill('Correct-horse-9')
  await second.page.getByRole('button', { name: 'Activate' }).click()
  await second.page.waitForURL(/\/o\/acme/)
  await expectText(second.page, 'Production')

  await page.reload()
  const row = page.getByRole('row').filter({ hasText: 'priya.raman@subsidiary.example' })
  await row.getByText('Active').waitFor()
  await row.getByRole('link', { name: 'Priya Raman' }).click()
  await page.getByRole('button', { name: 'Generate a reset link' }).click()
  const reset = await dialog.getByRole('textbox', { name: 'Reset link' }).inputValue()
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await second.page.goto(reset)
  await second.page.getByLabel('Password', { exact: true }).fill('Correct-horse-10')
  await second.page.getByRole('button', { name: 'Save the new password' }).click()
  await second.page.waitForURL(/\/o\/acme/)

  const idOf = async (name: string) => {
    await page.goto(`${usher.url}/o/acme/settings/users`)
    return page.getByRole('link', { name, exact: true }).getAttribute('href')
  }
  const before = [await idOf('Ada Lovelace'), await idOf('Priya Raman')]
  const idp = simulatedEntra(usher)
  await proveEmergencyAccount(usher, browser, page)
  await connect(usher, idp, page)
  await testSignIn(idp, page, 'Ana Ruiz')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, '2 people would wait at their first sign-in')
  await dialog.getByRole('checkbox', { name: 'Ada Lovelace' }).focus()
  await page.keyboard.press('Space')
  await expectText(page, '1 of 2 ticked.')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  const handedOver = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download links' }).click()
  const file = await readFile(await (await handedOver).path(), 'utf8')
  expect(file.match(/\/activate\//g)).toHaveLength(2)
  await expectText(page, 'The file is with you')
  await accessible(page)
  await page.getByRole('button', { name: 'Done' }).click()

  await signIn(usher, idp, newcomer.page, 'Ada Lovelace')
  await newcomer.page.waitForURL(`${usher.url}/o/acme`)
  await expectText(newcomer.page, 'Production')
  await signIn(usher, idp, second.page, 'Priya Raman')
  await readInLog(usher, page, second.page, 'jit.adoption_pending')
  await page.getByRole('link', { name: 'Adoption queue' }).click()
  await page.getByRole('button', { name: 'Approve' }).click()
  await dialog.getByRole('button', { name: 'Approve' }).click()
  await expectText(page, 'Nobody is waiting')
  await signIn(usher, idp, second.page, 'Priya Raman')
  await second.page.waitForURL(`${usher.url}/o/acme`)
  expect([await idOf('Ada Lovelace'), await idOf('Priya Raman')]).toEqual(before)
  expect([manager, newcomer, second].flatMap(({ faults }) => faults)).toEqual([])
})
