import { useQuery } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Card, ErrorState, Page, Skeleton } from '../../parts/index.ts'
import { Configuration } from './Configuration.tsx'

export function IdentityPage() {
  const { api, key, name } = useOrganisation()
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const error = login.error ?? provisioning.error
  const reload = async () => {
    const [freshLogin, freshProvisioning] = await Promise.all([
      login.refetch({ throwOnError: true }),
      provisioning.refetch({ throwOnError: true }),
    ])
    if (!freshLogin.data || !freshProvisioning.data) throw new Error('Nothing was loaded.')
    return { login: freshLogin.data, provisioning: freshProvisioning.data }
  }
  return (
    <Page
      title="Identity Configuration"
      about={`How people sign in to ${name}, and how they come to be here. Nothing takes effect before you save.`}
    >
      {login.data && provisioning.data ? (
        <Configuration
          fresh={{ login: login.data, provisioning: provisioning.data }}
          reload={reload}
        />
      ) : error ? (
        <Card>
          <ErrorState problem={asProblem(error)} onRetry={() => void reload().catch(() => null)} />
        </Card>
      ) : (
        <Waiting />
      )}
    </Page>
  )
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-6">
      <Skeleton className="h-5 w-36" />
      <div className="grid gap-3 sm:grid-cols-3">
        <Skeleton className="h-32 rounded-xl" />
        <Skeleton className="h-32 rounded-xl" />
        <Skeleton className="h-32 rounded-xl" />
      </div>
      <Skeleton className="h-5 w-36" />
      <Skeleton className="h-64 rounded-xl" />
    </div>
  )
}
