import { Page } from '../../parts/index.ts'

export function IdentityPage() {
  return (
    <Page title="Identity">
      <p>Coming up.</p>
    </Page>
  )
}
