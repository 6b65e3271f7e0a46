import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { ArrowRight, DoorOpen } from 'lucide-react'
import type { LoginMethodView, ProvisioningView } from '../../../../contract/src/index.ts'
import { asProblem, useMe, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  ButtonLink,
  Card,
  type Check,
  CheckList,
  ErrorState,
  eventWords,
  methodWords,
  Page,
  Section,
  Skeleton,
  TextLink,
} from '../../parts/index.ts'

export function OverviewPage() {
  const { reads, slug } = useOrganisation()
  if (!reads) return <Navigate to="/o/$slug/account" params={{ slug }} replace />
  return <Overview />
}

function Overview() {
  const { user } = useMe()
  const { name, api, key } = useOrganisation()
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const people = useQuery({
    queryKey: key('users', 'count'),
    queryFn: () => api.users({ size: 1 }),
  })
  const error = login.error ?? provisioning.error
  const ready = login.data && provisioning.data
  return (
    <main className="mx-auto w-full max-w-4xl px-4 py-8 sm:px-6 sm:py-12">
      <Page
        title={user.firstName && !user.breakGlass ? `Hello, ${user.firstName}` : name}
        about={`How people get into ${name}, and what is left to do.`}
      >
        {error ? (
          <Card>
            <ErrorState
              problem={asProblem(error)}
              onRetry={() => {
                void login.refetch()
                void provisioning.refetch()
              }}
            />
          </Card>
        ) : ready ? (
          <>
            <Entry login={login.data.value} provisioning={provisioning.data.value} />
            <NextSteps
              login={login.data.value}
              provisioning={provisioning.data.value}
              people={people.data?.total ?? 0}
            />
          </>
        ) : (
          <Card className="flex flex-col gap-3 p-6">
            <Skeleton className="h-5 w-80 max-w-full" />
            <Skeleton className="h-4 w-52" />
          </Card>
        )}
        <div className="grid grid-cols-1 gap-5 md:grid-cols-2">
          <RecentSignIns />
          <RecentChanges />
        </div>
      </Page>
    </main>
  )
}

function Entry({
  login,
  provisioning,
}: {
  login: LoginMethodView
  provisioning: ProvisioningView
}) {
  const { slug } = useOrganisation()
  return (
    <Card className="p-5 sm:p-6">
      <div className="flex items-start gap-4">
        <span className="hidden size-10 shrink-0 items-center justify-center rounded-xl bg-accent-soft text-accent-text sm:flex">
          <DoorOpen className="size-5" aria-hidden="true" />
        </span>
        <div className="min-w-0">
          <p className="text-lg font-medium text-ink">{provisioning.entrySentence}</p>
          <p className="mt-1 text-ink-2">
            {login.method
              ? `Login method: ${methodWords[login.method]}.`
              : 'No login method is chosen yet.'}{' '}
            <TextLink to="/o/$slug/settings/identity" params={{ slug }}>
              Identity Configuration
            </TextLink>
            {provisioning.source === 'scim' ? (
              <>
                {' · '}
                <TextLink to="/o/$slug/settings/identity/scim" params={{ slug }}>
                  SCIM connection
                </TextLink>
              </>
            ) : null}
          </p>
          {provisioning.source === 'scim' ? <ScimPulse /> : null}
        </div>
      </div>
    </Card>
  )
}

/** Whether the identity provider is heard, in its own sentence. */
function ScimPulse() {
  const { api, key } = useOrganisation()
  const scim = useQuery({ queryKey: key('scim'), queryFn: api.scim })
  if (!scim.data) return null
  const { health } = scim.data.value
  return (
    <p className="mt-2 flex flex-wrap items-center gap-2 text-ink-2">
      <Badge
        dot
        tone={health.state === 'healthy' ? 'good' : health.state === 'failing' ? 'bad' : 'warn'}
      >
        {pulses[health.state]}
      </Badge>
      {health.sentence}
    </p>
  )
}

const pulses = {
  never_called: 'Not called yet',
  healthy: 'Working',
  failing: 'Failing',
  silent: 'Silent',
}

function NextSteps({
  login,
  provisioning,
  people,
}: {
  login: LoginMethodView
  provisioning: ProvisioningView
  people: number
}) {
  const { slug } = useOrganisation()
  const toIdentity = (label: string) => (
    <ButtonLink size="small" to="/o/$slug/settings/identity" params={{ slug }}>
      {label}
      <ArrowRight aria-hidden="true" />
    </ButtonLink>
  )
  const mark = (done: boolean) => (done ? ('done' as const) : ('open' as const))
  const withSso = login.method === null || login.method === 'sso'
  const proved = login.breakGlass.exists && login.breakGlass.proved
  const checks: Check[] = [
    {
      id: 'method',
      state: mark(login.method !== null),
      title: 'Choose how people sign in',
      about: 'One login method for everyone. Nobody can be added before it is chosen.',
      action: login.method === null ? toIdentity('Choose') : null,
    },
    {
      id: 'emergency',
      state: mark(proved),
      title: 'Create an emergency account and prove that it works',
      about: 'The way in when your identity provider is down. Single sign-on needs it.',
      action: proved ? null : (
        <ButtonLink size="small" to="/o/$slug/settings/emergency" params={{ slug }}>
          {login.breakGlass.exists ? 'Prove it' : 'Create'}
          <ArrowRight aria-hidden="true" />
        </ButtonLink>
      ),
    },
    ...(withSso
      ? [
          {
            id: 'connect',
            state: mark(login.method === 'sso'),
            title: 'Connect your identity provider',
            about: 'Copy a few values each way, test, and save.',
            action: login.method === 'sso' ? null : toIdentity('Connect'),
          },
          {
            id: 'jit',
            state: mark(provisioning.source !== 'portal'),
            title: 'Switch JIT or SCIM on',
            about:
              'By JIT people get their account at first sign-in. By SCIM your identity provider also changes and removes them.',
            action:
              provisioning.source === 'portal' && login.method === 'sso'
                ? toIdentity('Switch on')
                : null,
          },
        ]
      : [
          {
            id: 'people',
            state: mark(people > 1),
            title: 'Add your people',
            about:
              'Invite them by e-mail or from a file, create their accounts, or share the self-service link.',
            action:
              people > 1 ? null : (
                <ButtonLink size="small" to="/o/$slug/settings/invitations" params={{ slug }}>
                  Invite
                  <ArrowRight aria-hidden="true" />
                </ButtonLink>
              ),
          },
        ]),
  ]
  const done = checks.filter((check) => check.state === 'done').length
  if (done === checks.length) return null
  return (
    <Section id="next" title="Next steps" about={`${done} of ${checks.length} done`}>
      <Card className="p-5 sm:p-6">
        <CheckList label="Next steps" checks={checks} />
      </Card>
    </Section>
  )
}

function RecentSignIns() {
  const { api, key, slug } = useOrganisation()
  const recent = useQuery({
    queryKey: key('sign-in-log', 'recent'),
    queryFn: () => api.signInLog({ size: 5 }),
  })
  return (
    <Section
      id="recent-sign-ins"
      title="Latest sign-ins"
      action={
        <TextLink to="/o/$slug/settings/sign-in-log" params={{ slug }}>
          Sign-in log
        </TextLink>
      }
    >
      <Card className="p-4">
        {recent.data && recent.data.items.length > 0 ? (
          <ul className="flex flex-col divide-y divide-line">
            {recent.data.items.slice(0, 5).map((attempt) => (
              <li
                key={attempt.id}
                className="flex items-center justify-between gap-3 py-2 first:pt-0 last:pb-0"
              >
                <span className="min-w-0 truncate">{attempt.email ?? 'Unknown person'}</span>
                <span className="flex shrink-0 items-center gap-2 text-sm text-ink-3">
                  {attempt.result === 'failure' ? <Badge tone="bad">Refused</Badge> : null}
                  <Ago at={attempt.at} />
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <Quiet state={recent} empty="Nobody has signed in yet." />
        )}
      </Card>
    </Section>
  )
}

function RecentChanges() {
  const { api, key, slug } = useOrganisation()
  const recent = useQuery({
    queryKey: key('audit', 'recent'),
    queryFn: () => api.auditEvents({ size: 5 }),
  })
  return (
    <Section
      id="recent-changes"
      title="Latest changes"
      action={
        <TextLink to="/o/$slug/settings/audit" params={{ slug }}>
          Audit events
        </TextLink>
      }
    >
      <Card className="p-4">
        {recent.data && recent.data.items.length > 0 ? (
          <ul className="flex flex-col divide-y divide-line">
            {recent.data.items.slice(0, 5).map((event) => (
              <li
                key={event.id}
                className="flex items-center justify-between gap-3 py-2 first:pt-0 last:pb-0"
              >
                <span className="min-w-0 truncate">
                  {eventWords(event.type)}{' '}
                  <span className="text-ink-3">by {event.actor.label}</span>
                </span>
                <span className="shrink-0 text-sm text-ink-3">
                  <Ago at={event.at} />
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <Quiet state={recent} empty="Nothing has changed yet." />
        )}
      </Card>
    </Section>
  )
}

function Quiet({ state, empty }: { state: { error: unknown; isPending: boolean }; empty: string }) {
  if (state.isPending) return <Skeleton className="h-4 w-44" />
  return <p className="text-ink-3">{state.error ? asProblem(state.error).detail : empty}</p>
}
