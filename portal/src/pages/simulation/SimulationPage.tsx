import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronLeft, FlaskConical, Play, SkipForward } from 'lucide-react'
import { useState } from 'react'
import type { ProvisioningView, ScimView, SimulationView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Banner,
  Button,
  ButtonLink,
  Card,
  EmptyState,
  ErrorState,
  Page,
  ProblemBanner,
  Section,
  Select,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'
import { Transcript } from './Transcript.tsx'

/** While a run is at work. */
const watchMs = 500

type Run = NonNullable<SimulationView['run']>

export function SimulationPage() {
  const { api, key, slug, name } = useOrganisation()
  const simulation = useQuery({
    queryKey: key('simulation'),
    queryFn: api.simulation,
    refetchInterval: (query) => (query.state.data?.run?.running ? watchMs : false),
  })
  const scim = useQuery({ queryKey: key('scim'), queryFn: api.scim })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  const shadow = useQuery({ queryKey: key('shadow'), queryFn: api.shadow })
  const error = simulation.error ?? scim.error ?? provisioning.error ?? shadow.error
  return (
    <div className="flex flex-col gap-4">
      <TextLink
        to="/o/$slug/settings/identity/scim"
        params={{ slug }}
        className="-ml-1 inline-flex min-h-6 items-center gap-0.5 self-start"
      >
        <ChevronLeft className="size-4" aria-hidden="true" />
        SCIM connection
      </TextLink>
      <Page
        title="Simulated identity provider"
        about={`It calls the SCIM endpoint of ${name} as the real one does, with all its peculiarities. The people are invented; what happens to them here is real.`}
      >
        {simulation.data && scim.data && provisioning.data && shadow.data ? (
          <Stage
            view={simulation.data}
            scim={scim.data.value}
            provisioning={provisioning.data.value}
            rehearsing={shadow.data.state === 'open'}
          />
        ) : error ? (
          <Card>
            {asProblem(error).status === 404 ? (
              <EmptyState
                icon={<FlaskConical aria-hidden="true" />}
                title="There is no simulation here"
                about="The operator of this installation has not switched demos on."
              />
            ) : (
              <ErrorState
                problem={asProblem(error)}
                onRetry={() => {
                  void simulation.refetch()
                  void scim.refetch()
                  void provisioning.refetch()
                  void shadow.refetch()
                }}
              />
            )}
          </Card>
        ) : (
          <Card>
            <SkeletonRows rows={3} />
          </Card>
        )}
      </Page>
    </div>
  )
}

function Stage({
  view,
  scim,
  provisioning,
  rehearsing,
}: {
  view: SimulationView
  scim: ScimView
  provisioning: ProvisioningView
  rehearsing: boolean
}) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const [chosen, setChosen] = useState<string>()
  const { run, providers } = view
  const provider = chosen ?? run?.provider ?? providers[0]?.name ?? ''
  const act = useMutation({
    mutationFn: api.simulate,
    onSuccess: (now) => {
      client.setQueryData(key('simulation'), now)
      // People and groups arrive meanwhile: whatever else is open is read again.
      for (const part of ['users', 'groups', 'scim', 'shadow', 'provisioning-log']) {
        void client.invalidateQueries({ queryKey: key(part) })
      }
    },
  })
  const live = provisioning.source === 'scim' || rehearsing
  const busy = act.isPending || Boolean(run?.running)
  const blocked = !scim.canWrite
    ? 'Only a manager can run it.'
    : live
      ? null
      : 'SCIM is not the source of this organisation yet.'
  const mayProceed = run !== null && run.next !== null && provider === run.provider
  return (
    <div className="flex flex-col gap-8">
      <div className="flex flex-col gap-3 empty:hidden">
        {rehearsing ? (
          <Banner
            title="It works on the shadow"
            action={
              <TextLink to="/o/$slug/settings/identity/scim/shadow" params={{ slug }}>
                See the difference
              </TextLink>
            }
          >
            Nobody here is touched before you go live with it.
          </Banner>
        ) : null}
        <Readiness live={live} scim={scim} />
        {act.error ? <ProblemBanner problem={asProblem(act.error)} /> : null}
      </div>
      <Card className="flex flex-col gap-5 p-5 sm:p-6">
        <div className="grid gap-4 sm:grid-cols-[minmax(0,18rem)_1fr] sm:items-end">
          <Select
            label="Identity provider"
            value={provider}
            disabled={busy}
            choices={providers.map(({ name, label }) => ({ value: name, label }))}
            onChange={setChosen}
          />
          <div className="flex flex-wrap gap-2">
            <Button
              look={mayProceed ? 'secondary' : 'primary'}
              blockedBecause={blocked}
              busy={busy && run?.phases.length === 1}
              disabled={busy}
              onClick={() => act.mutate({ act: 'start', provider })}
            >
              <Play aria-hidden="true" />
              {run ? 'Run the initial cycle again' : 'Run the initial cycle'}
            </Button>
          </div>
        </div>
        {run ? (
          <Ahead
            run={run}
            blocked={
              blocked ??
              (mayProceed || run.next === null
                ? null
                : 'Another identity provider is chosen: run its initial cycle first.')
            }
            busy={busy}
            onAct={(howFar) => act.mutate({ act: howFar })}
          />
        ) : (
          <p className="text-ink-2">
            The initial cycle tests the connection, then brings twelve people and four groups. After
            it, you let a year pass, one change after the other.
          </p>
        )}
      </Card>
      {run ? <Progress run={run} /> : null}
    </div>
  )
}

/** What has to be so before the simulation makes sense, and what it will then be refused. */
function Readiness({ live, scim }: { live: boolean; scim: ScimView }) {
  const { slug } = useOrganisation()
  if (!live) {
    return (
      <Banner
        tone="warn"
        title="Switch SCIM on first"
        action={
          <ButtonLink size="small" to="/o/$slug/settings/identity" params={{ slug }}>
            Identity Configuration
          </ButtonLink>
        }
      >
        People enter this organisation another way now. Choose SCIM under Provisioning and save;
        everyone who is here stays. Afterwards the simulated people sign in by the simulated Entra
        ID, as before.
      </Banner>
    )
  }
  const off = [
    ...(scim.syncGroups ? [] : ['“Sync groups” is off: its groups will be refused.']),
    ...(scim.syncRoles ? [] : ['“Sync roles” is off: a change of a role may be refused.']),
    ...(scim.provisionExistingUsers
      ? []
      : ['“Provision existing users” is off: whoever is here already will be refused.']),
  ]
  if (off.length === 0) return null
  return (
    <Banner
      title="Some of it will be refused"
      action={
        <TextLink to="/o/$slug/settings/identity/scim" params={{ slug }}>
          Settings of the connection
        </TextLink>
      }
    >
      {off.join(' ')}
    </Banner>
  )
}

function Ahead({
  run,
  blocked,
  busy,
  onAct,
}: {
  run: Run
  blocked: string | null
  busy: boolean
  onAct: (howFar: 'next' | 'rest') => void
}) {
  if (run.next === null) {
    return (
      <p className="border-t border-line pt-5 text-ink-2">
        The year is over: nothing is left to happen. Run the initial cycle again to begin anew; who
        is here already is found, not made twice.
      </p>
    )
  }
  return (
    <div className="flex flex-wrap items-end justify-between gap-4 border-t border-line pt-5">
      <dl className="min-w-0">
        <dt className="text-sm text-ink-3">Next at {run.label}</dt>
        <dd className="font-medium">{run.next}</dd>
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button blockedBecause={blocked} disabled={busy} onClick={() => onAct('rest')}>
          <SkipForward aria-hidden="true" />
          All {run.remaining}
        </Button>
        <Button
          look="primary"
          blockedBecause={blocked}
          busy={run.running && run.phases.length > 1}
          disabled={busy}
          onClick={() => onAct('next')}
        >
          Next change
        </Button>
      </div>
    </div>
  )
}

function Progress({ run }: { run: Run }) {
  const { slug } = useOrganisation()
  const refused = run.calls.filter(({ status }) => status >= 400).length
  const unexpected = run.calls.filter(({ asExpected }) => !asExpected).length
  const calls = run.calls.length === 1 ? '1 call' : `${run.calls.length} calls`
  return (
    <Section
      id="transcript"
      title="What it asked, and what Usher answered"
      about={
        <span role="status">
          {run.running ? `${run.label} is at work: ${calls} so far.` : `${run.label}: ${calls}.`}
          {refused > 0 ? ` ${refused} refused.` : ''}
        </span>
      }
      action={
        <span className="flex flex-wrap items-center gap-3">
          <Badge tone={run.running ? 'accent' : unexpected > 0 ? 'warn' : 'good'} dot>
            {run.running
              ? 'At work'
              : unexpected > 0
                ? `${unexpected} not as it expected`
                : 'All as it expected'}
          </Badge>
          <TextLink to="/o/$slug/settings/users" params={{ slug }} search={{ managedBy: 'scim' }}>
            See the people
          </TextLink>
        </span>
      }
    >
      {run.fault ? (
        <Banner tone="bad" title="The run ended before its time">
          {run.fault}
        </Banner>
      ) : null}
      <Transcript run={run} />
    </Section>
  )
}
