import type { UseQueryResult } from '@tanstack/react-query'
import { GitCompareArrows, Radio } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ShadowEnd, ShadowView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Button,
  ButtonLink,
  Card,
  EmptyState,
  Figures,
  Loaded,
  Moment,
  ProblemBanner,
  Progress,
  Section,
  SkeletonRows,
  toast,
} from '../../parts/index.ts'
import { Discard } from './shadow/Discard.tsx'
import { GoLive } from './shadow/GoLive.tsx'
import { Stop } from './shadow/Stop.tsx'
import {
  countsOfPeople,
  differences,
  groupsSentence,
  isWithoutDifference,
  outcome,
  tintOf,
} from './shadow/summary.ts'
import { useShadowAct } from './shadow/useShadow.ts'

type Open = Extract<ShadowView, { state: 'open' }>
type Copying = Extract<ShadowView, { state: 'copying' }>
type Applying = Extract<ShadowView, { state: 'applying' }>

/** So many of those who were refused are named at once. */
const namedAtOnce = 3
const number = new Intl.NumberFormat('en')

/** The identity provider at work on a copy, before SCIM is the source (BY-3). */
export function Shadow({
  shadow,
  live,
  canWrite,
}: {
  shadow: UseQueryResult<ShadowView>
  live: boolean
  canWrite: boolean
}) {
  // Where SCIM is the source, only what was brought live by a shadow is worth telling.
  if (live && !shadow.error && (!shadow.data || isOver(shadow.data))) return null
  const blocked = canWrite ? null : 'Only a manager of the organisation can do this.'
  return (
    <Section
      id="shadow"
      title="Shadow"
      about="What your identity provider would do, seen before anybody is touched."
    >
      <Card>
        <Loaded from={shadow} problemOf={asProblem} skeleton={<SkeletonRows rows={1} />}>
          {(view) => {
            switch (view.state) {
              case 'none':
                return (
                  <>
                    {live ? null : <Begin blockedBecause={view.unavailableBecause ?? blocked} />}
                    {view.last ? <Last end={view.last} alone={live} /> : null}
                  </>
                )
              case 'copying':
                return <Copied view={view} blocked={blocked} />
              case 'open':
                return <Difference view={view} blocked={blocked} />
              case 'applying':
                return <Applied view={view} blocked={blocked} />
            }
          }}
        </Loaded>
      </Card>
    </Section>
  )
}

/** The button that was pressed is gone: the keyboard continues at the heading. */
function goOnAtHeading(): void {
  requestAnimationFrame(() => {
    const heading = document.getElementById('shadow')
    if (!heading) return
    heading.tabIndex = -1
    heading.focus({ preventScroll: true })
  })
}

function isOver(view: ShadowView): boolean {
  return view.state === 'none' && !view.last?.wentLiveBy
}

function Part({ children }: { children: ReactNode }) {
  return <div className="flex flex-col gap-4 p-5 sm:p-6">{children}</div>
}

function Begin({ blockedBecause }: { blockedBecause: string | null }) {
  const { api } = useOrganisation()
  const begin = useShadowAct(api.beginShadow, () => {
    toast('Shadow started', { about: 'The directory is being copied.' })
    goOnAtHeading()
  })
  return (
    <Part>
      {begin.error ? <ProblemBanner problem={asProblem(begin.error)} /> : null}
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-4">
        <div className="min-w-0 max-w-2xl">
          <h3 className="font-semibold">Rehearse before you switch</h3>
          <p className="mt-0.5 text-ink-2">
            Usher copies the directory, and your identity provider works on the copy while everybody
            here goes on as before. You see the difference, and then you go live or discard it.
          </p>
        </div>
        <Button
          look="primary"
          busy={begin.isPending}
          blockedBecause={blockedBecause}
          onClick={() => begin.mutate()}
        >
          <GitCompareArrows aria-hidden="true" />
          Start shadow
        </Button>
      </div>
    </Part>
  )
}

function Last({ end, alone }: { end: ShadowEnd; alone: boolean }) {
  const { wentLiveBy, endedAt, refused, refusedTotal } = end
  const unlisted = refusedTotal - refused.length
  return (
    <div className={alone ? 'px-5 py-4 sm:px-6' : 'border-t border-line px-5 py-4 sm:px-6'}>
      <p className="text-ink-2">
        {wentLiveBy ? (
          <>
            {alone ? 'It' : 'The last one'} went live by {wentLiveBy} on <Moment at={endedAt} />:{' '}
            {outcome(end)}.
          </>
        ) : (
          <>
            The last one was discarded on <Moment at={endedAt} />. {end.startedBy} had started it on{' '}
            <Moment at={end.startedAt} />.
          </>
        )}
      </p>
      {refusedTotal > 0 ? (
        <div className="mt-3">
          <h3 id="refused" className="text-sm font-medium text-ink-2">
            What could not be brought live
          </h3>
          <Refused items={refused.slice(0, namedAtOnce)} />
          {refused.length > namedAtOnce ? (
            <details className="mt-2">
              <summary className="min-h-6 text-sm font-medium text-accent-text">
                {number.format(refused.length - namedAtOnce)} more
              </summary>
              <Refused items={refused.slice(namedAtOnce)} />
            </details>
          ) : null}
          {unlisted > 0 ? (
            <p className="mt-2 text-sm text-ink-3">
              Another {number.format(unlisted)} are not listed.
            </p>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

function Refused({ items }: { items: ShadowEnd['refused'] }) {
  return (
    <ul aria-labelledby="refused" className="mt-2 flex flex-col gap-2">
      {items.map(({ kind, label, code, detail }) => (
        <li key={`${kind} ${label} ${code}`} className="text-sm wrap-anywhere">
          <span className="font-medium">
            {kind === 'group' ? <span className="font-normal text-ink-3">Group </span> : null}
            {label}
          </span>
          <span className="block text-ink-2">{detail}</span>
        </li>
      ))}
    </ul>
  )
}

function Copied({ view, blocked }: { view: Copying; blocked: string | null }) {
  return (
    <Part>
      <div>
        <h3 className="font-semibold">The directory is being copied</h3>
        <p className="mt-0.5 text-ink-2">
          <Started view={view} /> Until the copy is made, your identity provider is told to call
          again later.
        </p>
      </div>
      <Progress label="Copying" done={view.done} total={view.total} noun="people" />
      <div className="flex">
        <Discard blockedBecause={blocked} onDone={goOnAtHeading} />
      </div>
    </Part>
  )
}

function Started({ view: { startedBy, startedAt } }: { view: Copying | Open | Applying }) {
  return (
    <>
      {startedBy} started it on <Moment at={startedAt} />.
    </>
  )
}

function Difference({ view, blocked }: { view: Open; blocked: string | null }) {
  const { slug } = useOrganisation()
  const { summary } = view
  const none = isWithoutDifference(summary)
  return (
    <>
      <Part>
        <div>
          <h3 className="font-semibold">Your identity provider works on the copy</h3>
          <p className="mt-0.5 text-ink-2">
            <Started view={view} /> Its calls are answered as ever; live people are untouched until
            you go live.
          </p>
        </div>
        {none ? null : (
          <>
            <Figures
              label="What going live does to people"
              figures={[
                ...countsOfPeople(summary).map(({ difference, count }) => ({
                  label: differences[difference].label.toLowerCase(),
                  value: count,
                  tint: tintOf(difference),
                })),
                { label: 'not sent: keep working', value: summary.notSent },
              ]}
            />
            <p className="text-ink-2">{groupsSentence(summary)}</p>
          </>
        )}
      </Part>
      {none ? (
        <div className="border-t border-line">
          <EmptyState
            icon={<Radio aria-hidden="true" />}
            title="No difference yet"
            about="Point your identity provider at the base URL above, with a token that you make below, and let it run its first cycle. What it does appears here."
          />
        </div>
      ) : null}
      <div className="flex flex-wrap gap-2 border-t border-line px-5 py-4 sm:px-6">
        {none ? null : (
          <ButtonLink to="/o/$slug/settings/identity/scim/shadow" params={{ slug }}>
            <GitCompareArrows aria-hidden="true" />
            See the difference
          </ButtonLink>
        )}
        <GoLive
          summary={summary}
          look={none ? 'secondary' : 'primary'}
          blockedBecause={blocked}
          onDone={goOnAtHeading}
        />
        <Discard blockedBecause={blocked} onDone={goOnAtHeading} />
      </div>
    </>
  )
}

function Applied({ view, blocked }: { view: Applying; blocked: string | null }) {
  return (
    <Part>
      <div>
        <h3 className="font-semibold">It is going live</h3>
        <p className="mt-0.5 text-ink-2">
          {view.wentLiveBy} went live on <Moment at={view.wentLiveAt} />. Until everybody is
          reached, your identity provider is told to call again later.
        </p>
      </div>
      <Progress label="Going live" done={view.done} total={view.total} noun="differences" />
      {view.refused > 0 ? (
        <p className="text-sm text-warn">
          {number.format(view.refused)} refused so far. They are listed here when it is done.
        </p>
      ) : null}
      <Stop blockedBecause={blocked} onDone={goOnAtHeading} />
    </Part>
  )
}
