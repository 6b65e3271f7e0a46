import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { runUsher } from '../server/testing/command.ts'
import { openStage } from './stage.ts'
import { accessible, expectText, person, setUp } from './walk.ts'

const stage = openStage(() => ({}))

test('the operator makes a link on the machine, and on a phone a manager gets back in, once', async () => {
  const { browser, usher } = stage
  const ana = await person(browser)
  await setUp(usher, ana.page)
  const made = await runUsher(['recover', '--organisation', 'acme', '--json'], {
    DATA_DIR: usher.dataDir,
    BASE_URL: usher.url,
  })
  const link = String(made.json.url)
  const locked = await person(browser)
  await locked.page.setViewportSize({ width: 360, height: 740 })

  expect((await locked.page.goto(link))?.status()).toBe(200)
  await expectText(locked.page, 'Every manager is told')
  await accessible(locked.page)
  await locked.page.getByRole('button', { name: /Open a manager/ }).click()
  await locked.page.waitForURL(`${usher.url}/o/acme`)
  await expectText(locked.page, 'You got back in by the operator’s link')
  await accessible(locked.page)

  const late = await person(browser)
  await late.page.goto(link)
  await late.page.getByRole('button', { name: /Open a manager/ }).click()
  await expectText(late.page, /used, or has expired/)
  await accessible(late.page)
  await ana.page.goto(`${usher.url}/o/acme/settings/audit`)
  await expectText(ana.page, 'Recovery link used')
  await ana.page.getByRole('button', { name: 'Verify' }).click()
  await expectText(ana.page, 'too new to be sealed')
  await accessible(ana.page)
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  const [file] = await Promise.all([
    ana.page.waitForEvent('download'),
    ana.page.getByRole('link', { name: 'Export CSV' }).click(),
  ])
  expect(file.suggestedFilename()).toMatch(/^usher-audit-\d{8}T\d{6}Z\.csv$/)
  expect(await readFile(await file.path(), 'utf8')).toContain('recovery.used')
  expect([...ana.faults, ...locked.faults, ...late.faults]).toEqual([])
})
