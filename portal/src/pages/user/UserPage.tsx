import { Page } from '../../parts/index.ts'

export function UserPage() {
  return (
    <Page title="User">
      <p>Coming up.</p>
    </Page>
  )
}
