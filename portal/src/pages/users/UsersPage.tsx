import { Page } from '../../parts/index.ts'

export function UsersPage() {
  return (
    <Page title="Users">
      <p>Coming up.</p>
    </Page>
  )
}
