import type { Page } from 'playwright-core'
import type { RunningUsher } from './running-usher.ts'
import { accessible, type WalkedIdp } from './walk.ts'

/** The Entra ID that runs beside Usher; its metadata is per application, as with the real one. */
export function simulatedEntra(usher: RunningUsher): WalkedIdp {
  return {
    connectionName: 'Entra ID',
    entityId: 'https://sts.windows.net/',
    metadataUrl: '',
    learn({ acsUrl }) {
      const organisationId = /\/saml\/([^/]+)\//.exec(acsUrl)?.[1] ?? ''
      this.metadataUrl = `${usher.url}/demo/entra/${organisationId}/metadata`
    },
    fillIn: (page, who) => pick(page, who, { plainClaims: false }),
  }
}

/** Signs in on its "Pick an account" page. */
export async function pick(
  page: Page,
  who: string,
  { plainClaims }: { plainClaims: boolean },
): Promise<void> {
  await page.getByRole('heading', { name: 'Pick an account' }).waitFor()
  await accessible(page)
  if (!plainClaims) {
    await page.getByText('Attributes, claims and signing').click()
    await page.getByRole('checkbox').uncheck()
  }
  await page.getByRole('button', { name: who }).first().click()
}
