import { useMutation, useQuery } from '@tanstack/react-query'
import { Layers, LogOut } from 'lucide-react'
import { asProblem, signOut, useMe, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Avatar,
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  KeyValue,
  Page,
  roleWords,
  Section,
  SkeletonRows,
  signedInWords,
  sourceWords,
  toastProblem,
} from '../../parts/index.ts'
import { OwnPassword } from './OwnPassword.tsx'
import { PersonalKeys } from './PersonalKeys.tsx'
import { SecondFactor } from './SecondFactor.tsx'
import { Sessions } from './Sessions.tsx'

/** Sessions that belong to no person of the organisation. */
const notTheirs = ['assist', 'recovery']

export function AccountPage() {
  const { user, session, organisation } = useMe()
  const leave = useMutation({
    mutationFn: () => signOut(organisation.slug),
    onSuccess: (next) => location.assign(next),
    onError: (error) => toastProblem('You are still signed in', asProblem(error).detail),
  })
  const name = user.breakGlass ? 'Emergency access' : `${user.firstName} ${user.lastName}`
  return (
    <main className="mx-auto w-full max-w-3xl px-4 py-8 sm:px-6 sm:py-12">
      <Page
        title="My account"
        about={`Who you are at ${organisation.name}, and what you reach.`}
        action={
          <Button busy={leave.isPending} onClick={() => leave.mutate()}>
            <LogOut aria-hidden="true" />
            Sign out
          </Button>
        }
      >
        <Card className="p-5 sm:p-6">
          <div className="mb-5 flex items-center gap-4">
            <Avatar name={name} large />
            <div className="min-w-0">
              <div className="text-lg font-semibold">{name}</div>
              <div className="truncate text-ink-2">{user.email}</div>
            </div>
          </div>
          <KeyValue
            rows={[
              {
                label: 'Roles',
                value: (
                  <span className="flex flex-wrap gap-1.5">
                    {user.roles.map((role) => (
                      <Badge key={role}>{roleWords(role)}</Badge>
                    ))}
                  </span>
                ),
              },
              ...(user.managedBy
                ? [{ label: 'Managed by', value: sourceWords[user.managedBy] }]
                : []),
              { label: 'Signed in with', value: signedInWords(session.method) },
              { label: 'Signed in', value: <Ago at={session.signedInAt} /> },
            ]}
          />
        </Card>
        {user.breakGlass || notTheirs.includes(session.method) ? null : (
          <>
            <Pools userId={user.id} />
            <OwnPassword />
            <SecondFactor />
            <Sessions userId={user.id} />
            <PersonalKeys />
          </>
        )}
      </Page>
    </main>
  )
}

function Pools({ userId }: { userId: string }) {
  const { api, key } = useOrganisation()
  const access = useQuery({
    queryKey: key('users', userId, 'access'),
    queryFn: () => api.access(userId),
  })
  const pools = new Map<string, Set<string>>()
  for (const item of access.data?.items ?? []) {
    if (item.poolName === null) continue
    pools.set(item.poolName, (pools.get(item.poolName) ?? new Set()).add(item.role))
  }
  return (
    <Section id="pools" title="Pools you reach">
      <Card>
        {access.isPending ? (
          <SkeletonRows rows={2} />
        ) : access.error ? (
          <ErrorState problem={asProblem(access.error)} onRetry={() => void access.refetch()} />
        ) : pools.size === 0 ? (
          <EmptyState
            icon={<Layers aria-hidden="true" />}
            title="No pool yet"
            about="A manager of your organisation can assign you to one."
          />
        ) : (
          <ul className="divide-y divide-line">
            {[...pools].map(([pool, roles]) => (
              <li key={pool} className="flex items-center justify-between gap-4 px-5 py-3">
                <span className="font-medium">{pool}</span>
                <span className="flex flex-wrap gap-1.5">
                  {[...roles].map((role) => (
                    <Badge key={role}>{roleWords(role)}</Badge>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </Section>
  )
}
