import { expect, test } from 'vitest'
import { mailboxHost } from '../server/testing/mailbox.ts'
import { openStage } from './stage.ts'
import { accessible, expectText, person, save, setUp } from './walk.ts'

const stage = openStage(() => ({}))

test('a manager sets a mail server up that refuses first, mends it, and the mail of a new person opens their account on a phone', async () => {
  const { browser, mailbox, usher } = stage
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await save(page, 'the one way to sign in')

  await page.getByRole('link', { name: 'Mail', exact: true }).click()
  await expectText(page, 'This installation has no mail server, so nothing is sent')
  await accessible(page)
  await page.getByRole('radio', { name: /Custom/ }).click()
  await page.getByLabel('Host').fill(mailboxHost)
  await page.getByLabel('Port').fill(String(mailbox.port))
  await page.getByLabel('From address').fill('usher@acme.test')
  await page.getByRole('combobox', { name: 'Authentication' }).click()
  await page.getByRole('option', { name: 'None', exact: true }).click()
  await page.getByRole('button', { name: 'Send test mail' }).click()
  await expectText(page, 'did not take it')
  await accessible(page)
  await page.getByRole('combobox', { name: 'Encryption' }).click()
  await page.getByRole('option', { name: /None required/ }).click()
  await page.getByRole('button', { name: 'Send test mail' }).click()
  expect((await mailbox.next('ana@acme.test')).subject).toBe('Test mail from Acme')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, 'Everything is saved.')

  await page.getByRole('link', { name: 'User Management' }).click()
  await page.getByRole('button', { name: '+ Create a user' }).first().click()
  await page.getByLabel('First name').fill('Noa')
  await page.getByLabel('Last name').fill('Levi')
  await page.getByRole('dialog').getByLabel('E-mail').fill('noa@acme.test')
  await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click()
  await expectText(page, 'Noa Levi is created')

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  const mail = await mailbox.next('noa@acme.test')
  await newcomer.page.goto(mail.links.find((one) => one.includes('/activate/')) ?? '')
  await expectText(newcomer.page, 'Welcome, Noa')
  await accessible(newcomer.page)
  await newcomer.page.getByLabel('Password', { exact: true }).fill('Correct-horse-8')
  await newcomer.page.getByRole('button', { name: 'Activate' }).click()
  await newcomer.page.waitForURL(`${usher.url}/o/acme/account`)

  await page.getByRole('link', { name: 'Mail', exact: true }).click()
  await page.getByRole('row').filter({ hasText: 'noa@acme.test' }).getByText('Sent').waitFor()
  await accessible(page)
  expect([manager, newcomer].flatMap(({ faults }) => faults)).toEqual([])
})
