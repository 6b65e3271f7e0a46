import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/portal-build.ts'
import { openBrowser } from './browser.ts'
import { type RunningUsher, startUsher } from './running-usher.ts'
import { type SimpleSamlPhp, startSimpleSamlPhp, usualUsers } from './simplesamlphp.ts'
import { type WalkedIdp, walkArrival } from './walk.ts'

let usher: RunningUsher
let simpleSamlPhp: SimpleSamlPhp
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  const names = { firstName: 'Ana', lastName: 'Ruiz' }
  const ana = { username: 'ana', password: 'ana', email: 'ana@acme.test', ...names }
  ;[usher, simpleSamlPhp, browser] = await Promise.all([
    startUsher(),
    startSimpleSamlPhp({ users: [...usualUsers, ana] }),
    openBrowser(),
  ])
})

afterAll(async () => {
  await Promise.all([browser?.close(), simpleSamlPhp?.stop(), usher?.stop()])
})

test('a manager connects SimpleSAMLphp, switches SAML JIT on, and a stranger is in', async () => {
  const idp: WalkedIdp = {
    connectionName: 'SimpleSAMLphp',
    entityId: simpleSamlPhp.entityId,
    metadataUrl: simpleSamlPhp.metadataUrl,
    learn: (serviceProvider) =>
      simpleSamlPhp.addServiceProvider({
        ...serviceProvider,
        signAssertion: true,
        signResponse: true,
      }),
    async fillIn(page, who) {
      await page.locator('input[name=username]').fill(who)
      await page.locator('input[name=password]').fill(who)
      await page.locator('[type=submit]').first().click()
    },
  }
  const stranger = { who: 'grace', name: 'Grace Hopper', email: 'grace@acme.test' }

  await walkArrival(usher, idp, browser, { manager: 'ana', stranger })
})
