import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { mailsByDefault, openStage } from './stage.ts'
import { accessible, expectText, person, save, setUp } from './walk.ts'

const stage = openStage(mailsByDefault)

test('a newcomer registers by the link on a phone, proves the address and is in; a stranger is not; the manager rotates the link', async () => {
  const { browser, mailbox, usher } = stage
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await save(page, 'the one way to sign in')
  await expectText(page, 'or by the self-service link')
  const link = await page.getByRole('textbox', { name: 'Link to share' }).inputValue()
  await page.getByRole('link', { name: 'Domains, places, approval and who came' }).click()
  await page.getByLabel('Allowed domains').fill('@Company.com\nco.uk')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, 'co.uk: enter a domain of your own')
  await page.getByLabel('Allowed domains').fill('@Company.com')
  await page.getByLabel('Maximum uses').fill('1')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, 'Everything is saved.')
  await expectText(page, '0 of 1')
  await accessible(page)

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  await newcomer.page.goto(`${usher.url}/login/acme`)
  await newcomer.page.getByRole('link', { name: 'Join Acme' }).click()
  await newcomer.page.waitForURL(link)
  await newcomer.page.getByRole('button', { name: 'Register' }).click()
  await expectText(newcomer.page, 'Please enter an e-mail address.')
  await accessible(newcomer.page)
  await fillIn(newcomer.page, 'Noa', 'noa@evil-company.com')
  await expectText(newcomer.page, 'Addresses of evil-company.com cannot register here')
  await fillIn(newcomer.page, 'Noa', 'noa@company.com')
  await expectText(newcomer.page, 'Check your mail')
  await accessible(newcomer.page)

  const mail = await mailbox.next('noa@company.com')
  expect(mail.subject).toBe('Confirm your e-mail address for Acme')
  await newcomer.page.goto(mail.links.find((one) => one.includes('/activate/')) ?? '')
  await newcomer.page.getByLabel('Password', { exact: true }).fill('Correct-horse-8')
  await newcomer.page.getByRole('button', { name: 'Activate' }).click()
  await newcomer.page.waitForURL(`${usher.url}/o/acme`)

  await page.reload()
  await expectText(page, '1 of 1')
  await expectText(page, 'All places are taken')
  await page.getByRole('link', { name: 'Noa Levi' }).waitFor()
  const late = await person(browser)
  await late.page.goto(link)
  await expectText(late.page, 'Registration is closed')
  await accessible(late.page)

  await page.getByLabel('Maximum uses').fill('')
  await page.getByRole('switch', { name: 'Require approval' }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expectText(page, 'Nobody is waiting')
  await page.getByRole('button', { name: 'Rotate link' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate link' }).click()
  await expectText(page, 'The link is new')
  await late.page.reload()
  await expectText(late.page, 'Registration is closed')
  await late.page.goto(await page.getByRole('textbox', { name: 'Link to share' }).inputValue())
  await fillIn(late.page, 'Lea', 'lea@company.com')
  await expectText(late.page, 'A manager of Acme looks at every registration')

  await page.reload()
  await page.getByRole('button', { name: 'Approve' }).click()
  await expectText(page, 'Nobody is waiting')
  const welcome = await mailbox.next('lea@company.com')
  expect(welcome.links.some((one) => one.includes('/activate/'))).toBe(true)
  expect([manager, newcomer, late].flatMap(({ faults }) => faults)).toEqual([])
})

async function fillIn(page: Page, firstName: string, email: string): Promise<void> {
  await page.getByLabel('First name').fill(firstName)
  await page.getByLabel('Last name').fill('Levi')
  await page.getByLabel('Work e-mail').fill(email)
  await page.getByRole('button', { name: 'Register' }).click()
}
