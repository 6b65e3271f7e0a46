import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChevronLeft, UserRoundX } from 'lucide-react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Avatar,
  Badge,
  Banner,
  ButtonLink,
  Card,
  EmptyState,
  ErrorState,
  KeyValue,
  MailBadge,
  Skeleton,
  SkeletonRows,
  SourceBadge,
  StatusBadge,
  sourceWords,
  TextLink,
  useTitle,
} from '../../parts/index.ts'
import { Acts } from './Acts.tsx'
import { History } from './History.tsx'
import { MailFailed } from './MailFailed.tsx'
import { Memberships } from './Memberships.tsx'
import { Password } from './Password.tsx'
import { Profile } from './Profile.tsx'
import { isManaged, type Person } from './person.ts'
import { ResendActivation } from './ResendActivation.tsx'
import { Roles } from './Roles.tsx'
import { SecondFactor } from './SecondFactor.tsx'
import { Sessions } from './Sessions.tsx'
import { Why } from './Why.tsx'

const route = getRouteApi('/o/$slug/settings/users/$id')

export function UserPage() {
  const { id } = route.useParams()
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const user = useQuery({ queryKey: key('users', id), queryFn: () => api.user(id) })
  const problem = user.error ? asProblem(user.error) : null
  const refresh = () => client.invalidateQueries({ queryKey: key('users') })

  return (
    <div className="flex max-w-4xl flex-col gap-6">
      <Back />
      {user.data ? (
        <Details person={user.data.value} etag={user.data.etag} onChanged={refresh} />
      ) : problem?.status === 404 ? (
        <Gone />
      ) : problem ? (
        <Card>
          <h1 className="sr-only">User details</h1>
          <ErrorState problem={problem} onRetry={() => void user.refetch()} />
        </Card>
      ) : (
        <>
          <h1 className="sr-only">User details</h1>
          <Skeleton className="h-12 w-72 max-w-full" />
          <Card>
            <SkeletonRows rows={4} />
          </Card>
        </>
      )}
    </div>
  )
}

function Back() {
  const { slug } = useOrganisation()
  return (
    <TextLink
      to="/o/$slug/settings/users"
      params={{ slug }}
      className="-ml-1 inline-flex min-h-6 items-center gap-0.5 self-start"
    >
      <ChevronLeft className="size-4" aria-hidden="true" />
      User Management
    </TextLink>
  )
}

function Gone() {
  const { slug } = useOrganisation()
  useTitle('User details')
  return (
    <Card>
      <h1 className="sr-only">User details</h1>
      <EmptyState
        icon={<UserRoundX aria-hidden="true" />}
        title="This person is not here"
        about="They may have been deleted. What they did is still in the audit events."
        action={
          <ButtonLink to="/o/$slug/settings/users" params={{ slug }}>
            Back to User Management
          </ButtonLink>
        }
      />
    </Card>
  )
}

function Details({
  person,
  etag,
  onChanged,
}: {
  person: Person
  etag: string | null
  onChanged: () => Promise<void>
}) {
  const name = `${person.firstName} ${person.lastName}`
  useTitle(`${name} · User details`)
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-4">
        <div className="flex min-w-0 items-center gap-4">
          <Avatar name={name} large />
          <div className="min-w-0">
            <h1 className="text-xl font-semibold wrap-anywhere">{name}</h1>
            <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-ink-2">
              <span className="wrap-anywhere">{person.email}</span>
              <StatusBadge person={person} />
              <MailBadge mail={person.mail} />
              {isManaged(person) ? (
                <Badge tone="accent">Managed by {sourceWords[person.managedBy]}</Badge>
              ) : person.managedBy === 'portal' ? null : (
                <SourceBadge source={person.managedBy} />
              )}
            </div>
          </div>
        </div>
        <Acts person={person} onChanged={onChanged} />
      </div>
      {person.held ? (
        <Banner tone="warn" title="Held by a manager">
          This person cannot sign in, whatever the identity provider says. “Lift hold” lets them in
          again.
        </Banner>
      ) : null}
      {person.pendingReason === 'not_activated' && isManaged(person) ? (
        <Banner title="Has not signed in yet">
          The identity provider created the account. It turns active with the first SSO sign-in;
          nothing is to be done.
        </Banner>
      ) : person.status === 'pending' ? (
        <Banner tone="warn" title="Pending" action={<ResendActivation person={person} />}>
          {person.pendingReason === 'method_changed'
            ? 'The login method has changed. This person is active again with their first sign-in by the new method; roles, groups and pools are kept.'
            : 'This person has not activated the account yet.'}
        </Banner>
      ) : null}
      <MailFailed person={person} onChanged={onChanged} />
      <Profile person={person} etag={etag} onChanged={onChanged} />
      <Roles person={person} etag={etag} onChanged={onChanged} />
      <Memberships person={person} onChanged={onChanged} />
      <Why person={person} />
      <Identity person={person} />
      <Password person={person} />
      <SecondFactor person={person} />
      <Sessions person={person} />
      <History person={person} />
    </>
  )
}

function Identity({ person }: { person: Person }) {
  return (
    <section aria-labelledby="identity" className="flex flex-col gap-3">
      <h2 id="identity" className="text-lg font-semibold">
        Sign-in identity
      </h2>
      <Card className="p-5">
        {person.identities.length === 0 ? (
          <p className="text-ink-2">
            {isManaged(person)
              ? 'Not signed in yet. The first SSO sign-in is matched by key, user name or e-mail, and links it.'
              : 'Not linked to an identity provider. The first SSO sign-in with this e-mail can link it.'}
          </p>
        ) : (
          person.identities.map((identity) => (
            <KeyValue
              key={`${identity.issuer} ${identity.subject}`}
              rows={[
                { label: 'Connection', value: identity.connection },
                {
                  label: 'Identity provider',
                  value: <span className="font-mono text-sm">{identity.issuer}</span>,
                },
                {
                  label: 'Subject',
                  value: <span className="font-mono text-sm">{identity.subject}</span>,
                },
                { label: 'Linked', value: <Ago at={identity.linkedAt} /> },
              ]}
            />
          ))
        )}
      </Card>
    </section>
  )
}
