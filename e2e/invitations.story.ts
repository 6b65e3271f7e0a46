import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { mailsByDefault, openStage } from './stage.ts'
import { accessible, expectText, person, save, setUp } from './walk.ts'

const stage = openStage(mailsByDefault)

test('a manager invites several people at once; one accepts on a phone and has what was promised, one is revoked, and a file sends nothing twice', async () => {
  const { browser, mailbox, usher } = stage
  const manager = await person(browser)
  const { page } = manager
  await setUp(usher, page)
  await page.goto(`${usher.url}/o/acme/settings/identity`)
  await page.getByRole('radio', { name: /E-mail and password/ }).click()
  await save(page, 'the one way to sign in')
  await page.goto(`${usher.url}/o/acme/settings/groups`)
  await page.getByRole('button', { name: '+ Create a group' }).first().click()
  await page.getByRole('dialog').getByLabel('Name').fill('Engineers')
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click()
  await expectText(page, 'Engineers created')

  await page.getByRole('link', { name: 'Invitations' }).click()
  await expectText(page, 'No pending invites')
  await page.getByRole('textbox', { name: 'Self-service link' }).waitFor()
  await accessible(page)
  await page.getByRole('button', { name: '+ Invite users' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expectText(page, 'Enter at least one e-mail address.')
  await dialog
    .getByLabel('E-mail addresses')
    .fill('Noa Levi <noa@acme.test>; lea@acme.test\nana@acme.test, nobody')
  await expectText(page, '4 addresses')
  await dialog.getByText('Groups and pools').click()
  await dialog.getByRole('checkbox', { name: 'Engineers' }).check()
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expectText(page, '2 of 4 are invited.')
  await expectText(page, 'Is a user of yours already.')
  await accessible(page)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row').filter({ hasText: 'lea@acme.test' }).waitFor()

  const newcomer = await person(browser)
  await newcomer.page.setViewportSize({ width: 360, height: 740 })
  await newcomer.page.goto(await inviteLink('noa@acme.test'))
  await expectText(newcomer.page, 'Ana Ruiz invites you.')
  expect(await newcomer.page.getByLabel('E-mail').inputValue()).toBe('noa@acme.test')
  expect(await newcomer.page.getByLabel('E-mail').getAttribute('readonly')).not.toBeNull()
  await accessible(newcomer.page)
  await newcomer.page.getByLabel('First name').fill('Noa')
  await newcomer.page.getByLabel('Last name').fill('Levi')
  await newcomer.page.getByLabel('Password', { exact: true }).fill('Correct-horse-8')
  await newcomer.page.getByRole('button', { name: 'Join Acme' }).click()
  await newcomer.page.waitForURL(`${usher.url}/o/acme`)

  const revoked = await inviteLink('lea@acme.test')
  await page.getByRole('button', { name: 'Actions for lea@acme.test' }).click()
  await page.getByRole('menuitem', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await expectText(page, 'The link of lea@acme.test is dead.')
  const late = await person(browser)
  await late.page.goto(revoked)
  await expectText(late.page, 'This invitation no longer works')
  await accessible(late.page)

  await upload(page, 'zoe@acme.test,Zoe,Marsh,viewer,engineers\nkim@acme.test,,,,Nobody')
  await expectText(page, '1 of 2 would be invited.')
  await expectText(page, 'There is no group Nobody.')
  await accessible(page)
  expect(mailbox.all('zoe@acme.test')).toEqual([])
  await page.getByRole('dialog').getByRole('button', { name: 'Invite 1' }).click()
  await expectText(page, '1 of 2 are invited.')
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await mailbox.next('zoe@acme.test')
  await upload(page, 'zoe@acme.test,Zoe,Marsh,viewer,engineers')
  await expectText(page, '0 of 1 would be invited.')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()

  await page.getByRole('link', { name: 'User Management' }).click()
  await page.getByRole('link', { name: 'Noa Levi' }).click()
  await expectText(page, 'Active')
  await expectText(page, 'Engineers')
  expect([manager, newcomer, late].flatMap(({ faults }) => faults)).toEqual([])
})

async function inviteLink(email: string): Promise<string> {
  const mail = await stage.mailbox.next(email)
  return mail.links.find((one) => one.includes('/invite/')) ?? ''
}

async function upload(page: Page, rows: string): Promise<void> {
  await page.getByRole('button', { name: 'Invite from a file' }).click()
  await page.getByLabel('File of people').setInputFiles({
    name: 'people.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`email,first,last,roles,groups\n${rows}`),
  })
}
