import type { WalkedIdp } from './walk.ts'

type People = Record<string, { email: string; firstName: string; lastName: string }>

/** How a story walks through the certified OpenID provider, which asks who somebody is and believes it. */
export function walkExample(connectionName: string, people: People): WalkedIdp {
  return {
    connectionName,
    entityId: '',
    metadataUrl: '',
    learn: () => undefined,
    async fillIn(page, who) {
      await page.getByRole('heading', { name: 'Example identity provider' }).waitFor()
      const { email = '', firstName = '', lastName = '' } = people[who] ?? {}
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('First name').fill(firstName)
      await page.getByLabel('Last name').fill(lastName)
      await page.getByRole('button', { name: 'Sign in' }).click()
    },
  }
}
