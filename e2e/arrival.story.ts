import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'
import { startPostgres } from '../server/testing/postgres.ts'
import { openBrowser } from './browser.ts'
import { startUsher } from './running-usher.ts'
import { type SimpleSamlPhp, startSimpleSamlPhp, usualUsers } from './simplesamlphp.ts'
import { person, signIn, signOut, type WalkedIdp, walkArrival } from './walk.ts'

let simpleSamlPhp: SimpleSamlPhp
let browser: Browser

beforeAll(async () => {
  await buildPortalWhenStale()
  const names = { firstName: 'Ana', lastName: 'Ruiz' }
  const ana = { username: 'ana', password: 'ana', email: 'ana@acme.test', ...names }
  ;[simpleSamlPhp, browser] = await Promise.all([
    startSimpleSamlPhp({ users: [...usualUsers, ana] }),
    openBrowser(),
  ])
})

afterAll(async () => {
  await Promise.all([browser?.close(), simpleSamlPhp?.stop()])
})

const stores = [
  { store: 'the embedded store', open: async () => ({ url: undefined, stop: async () => {} }) },
  { store: 'PostgreSQL', open: startPostgres },
]

test.each(stores)(
  'on $store a manager connects SimpleSAMLphp, switches SAML JIT on, and a stranger is in',
  async ({ open }) => {
    const database = await open()
    const usher = await startUsher(database.url ? { DATABASE_URL: database.url } : {})
    const stranger = { who: 'grace', name: 'Grace Hopper', email: 'grace@acme.test' }
    try {
      await walkArrival(usher, walked(), browser, { manager: 'ana', stranger })

      const leaving = await person(browser)
      await signIn(usher, walked(), leaving.page, 'zoe')
      await leaving.page.waitForURL(`${usher.url}/o/acme`)
      await signOut(usher, leaving.page)
      await signIn(usher, walked(), leaving.page, 'zoe')
      await leaving.page.waitForURL(`${usher.url}/o/acme`)
      expect(leaving.faults).toEqual([])
    } finally {
      await usher.stop()
      await database.stop()
    }
  },
)

function walked(): WalkedIdp {
  return {
    connectionName: 'SimpleSAMLphp',
    entityId: simpleSamlPhp.entityId,
    metadataUrl: simpleSamlPhp.metadataUrl,
    async learn({ entityId, acsUrl }) {
      const metadata = await (await fetch(entityId)).text()
      const certificate = /<ds:X509Certificate>([^<]+)</.exec(metadata)?.[1] ?? ''
      simpleSamlPhp.addServiceProvider({
        entityId,
        acsUrl,
        sloUrl: acsUrl.replace(/acs$/, 'slo'),
        signingCertificates: [certificate],
        requireSignedRequests: true,
        signAssertion: true,
        signResponse: true,
      })
    },
    async fillIn(page, who) {
      await page.locator('input[name=username]').fill(who)
      await page.locator('input[name=password]').fill(who)
      await page.locator('[type=submit]').first().click()
    },
  }
}
