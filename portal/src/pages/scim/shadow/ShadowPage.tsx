import { getRouteApi } from '@tanstack/react-router'
import { ChevronLeft, GitCompareArrows } from 'lucide-react'
import type { ShadowView } from '../../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../../client/index.ts'
import {
  ButtonLink,
  Card,
  EmptyState,
  ErrorState,
  Figures,
  FiguresWaiting,
  Moment,
  Page,
  Section,
  Segmented,
  SkeletonRows,
  TextLink,
} from '../../../parts/index.ts'
import { type Chosen, chosenIn, searchOf } from './chosen.ts'
import { Discard } from './Discard.tsx'
import { GoLive } from './GoLive.tsx'
import { DifferenceList } from './List.tsx'
import { countsOfGroups, countsOfPeople, differences, tintOf } from './summary.ts'
import { useShadow } from './useShadow.ts'

const route = getRouteApi('/o/$slug/settings/identity/scim/shadow')

type Open = Extract<ShadowView, { state: 'open' }>

/** What going live would do, person by person and group by group (BY-3). */
export function ShadowPage() {
  const { slug, manages } = useOrganisation()
  const navigate = route.useNavigate()
  const shadow = useShadow()
  const open = shadow.data?.state === 'open' ? shadow.data : undefined
  const blocked = manages ? null : 'Only a manager of the organisation can do this.'
  // What follows is shown there.
  const goBack = () => void navigate({ to: '/o/$slug/settings/identity/scim', params: { slug } })
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
        title="Shadow SCIM"
        about={
          open ? (
            <>
              {open.startedBy} started it on <Moment at={open.startedAt} />. Live people are
              untouched: this is what going live does to them.
            </>
          ) : (
            'What going live with SCIM does to people, before it happens.'
          )
        }
        action={
          open ? (
            <>
              <Discard blockedBecause={blocked} onDone={goBack} />
              <GoLive summary={open.summary} blockedBecause={blocked} onDone={goBack} />
            </>
          ) : null
        }
      >
        {open ? (
          <Difference view={open} />
        ) : shadow.data ? (
          <NotOpen state={shadow.data.state} />
        ) : shadow.error ? (
          <Card>
            <ErrorState problem={asProblem(shadow.error)} onRetry={() => void shadow.refetch()} />
          </Card>
        ) : (
          <div className="flex flex-col gap-6">
            <FiguresWaiting />
            <Card>
              <SkeletonRows rows={4} />
            </Card>
          </div>
        )}
      </Page>
    </div>
  )
}

function Difference({ view: { summary } }: { view: Open }) {
  const chosen = chosenIn(route.useSearch())
  const navigate = route.useNavigate()
  const choose = (next: Chosen) =>
    void navigate({ search: searchOf(next), replace: true, resetScroll: false })
  const { kind, difference } = chosen
  const ofPeople = kind === 'user'
  const word = difference && differences[difference]
  const others = ofPeople
    ? [{ label: 'not sent: keep working', value: summary.notSent }]
    : [
        { label: 'memberships added', value: summary.memberships.added },
        { label: 'memberships removed', value: summary.memberships.removed },
      ]
  return (
    <Section
      id="differences"
      title={word ? `${ofPeople ? 'People' : 'Groups'}: ${word.label.toLowerCase()}` : 'Difference'}
      about={
        <span role="status">
          {(ofPeople ? word?.does : word?.doesToGroups) ?? 'Choose a figure to see only these.'}
        </span>
      }
      action={
        <Segmented
          label="Differences of"
          value={kind}
          choices={[
            { value: 'user', label: 'People' },
            { value: 'group', label: 'Groups' },
          ]}
          onChange={(value) => choose({ kind: value })}
        />
      }
    >
      <Figures
        label={ofPeople ? 'What going live does to people' : 'What going live does to groups'}
        figures={[
          ...(ofPeople ? countsOfPeople(summary) : countsOfGroups(summary)).map((each) => ({
            label: differences[each.difference].label.toLowerCase(),
            value: each.count,
            tint: tintOf(each.difference),
            choice: {
              chosen: each.difference === difference,
              onChoose: () =>
                choose(
                  each.difference === difference ? { kind } : { kind, difference: each.difference },
                ),
            },
          })),
          ...others,
        ]}
      />
      <DifferenceList chosen={chosen} onClear={() => choose({ kind })} />
    </Section>
  )
}

const notOpen = {
  none: {
    title: 'There is no shadow now',
    about:
      'Start one on the SCIM connection, and come back when your identity provider has called.',
  },
  copying: {
    title: 'The directory is being copied',
    about:
      'The difference is shown here when the copy is made and your identity provider has called.',
  },
  applying: {
    title: 'It is going live',
    about: 'The difference is being brought to everybody; the SCIM connection says how far it is.',
  },
}

function NotOpen({ state }: { state: keyof typeof notOpen | 'open' }) {
  const { slug } = useOrganisation()
  if (state === 'open') return null
  return (
    <Card>
      <EmptyState
        icon={<GitCompareArrows aria-hidden="true" />}
        {...notOpen[state]}
        action={
          <ButtonLink look="primary" to="/o/$slug/settings/identity/scim" params={{ slug }}>
            SCIM connection
          </ButtonLink>
        }
      />
    </Card>
  )
}
