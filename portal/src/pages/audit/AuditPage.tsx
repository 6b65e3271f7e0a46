import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChevronRight, ClipboardList, Search } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import type { AuditEvent } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Button,
  Card,
  classes,
  Diff,
  EmptyState,
  ErrorState,
  eventTypes,
  eventWords,
  FilterMenu,
  inputClasses,
  KeyValue,
  Moment,
  Page,
  SkeletonRows,
} from '../../parts/index.ts'

const route = getRouteApi('/o/$slug/settings/audit')
const day = 86_400_000
const spans: Record<string, number> = { '1d': day, '7d': 7 * day, '30d': 30 * day }

export function AuditPage() {
  const { api, key } = useOrganisation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [typed, setTyped] = useState(search.actor ?? '')
  const set = (name: 'actor' | 'type' | 'result' | 'since', value: string | undefined) =>
    void navigate({
      search: (before) => {
        const { [name]: _, ...rest } = before
        return value ? { ...rest, [name]: value } : rest
      },
      replace: true,
    })
  useEffect(() => {
    if (typed.trim() === (search.actor ?? '')) return
    const timer = setTimeout(() => set('actor', typed.trim()), 300)
    return () => clearTimeout(timer)
  })

  const events = useInfiniteQuery({
    queryKey: key('audit', search),
    queryFn: ({ pageParam }) =>
      api.auditEvents({
        actor: search.actor,
        type: search.type,
        result: search.result,
        from: search.since ? Date.now() - (spans[search.since] ?? day) : undefined,
        size: 25,
        before: pageParam,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
  const rows = events.data?.pages.flatMap((page) => page.items)
  const filtered = Object.keys(search).length > 0
  return (
    <Page
      title="Audit events"
      about="Who changed what, from where, with the state before and after. Every change is here, or it did not happen."
    >
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative w-full sm:w-72">
          <Search
            className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3"
            aria-hidden="true"
          />
          <input
            type="search"
            aria-label="Search by who did it"
            placeholder="Who did it, by full name"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            className={`${inputClasses} pl-9`}
          />
        </div>
        <FilterMenu
          label="What"
          value={search.type}
          choices={eventTypes}
          onChange={(value) => set('type', value)}
        />
        <FilterMenu
          label="Result"
          value={search.result}
          choices={[
            { value: 'success', label: 'Success' },
            { value: 'failure', label: 'Failure' },
          ]}
          onChange={(value) => set('result', value)}
        />
        <FilterMenu
          label="When"
          value={search.since}
          choices={[
            { value: '1d', label: 'Last 24 hours' },
            { value: '7d', label: 'Last 7 days' },
            { value: '30d', label: 'Last 30 days' },
          ]}
          onChange={(value) => set('since', value)}
        />
      </div>
      <Card>
        {rows ? (
          rows.length === 0 ? (
            <EmptyState
              icon={<ClipboardList aria-hidden="true" />}
              title={filtered ? 'No event matches' : 'Nothing has happened yet'}
              about={
                filtered
                  ? 'Take a filter away to see more.'
                  : 'Changes are recorded here from the first one on.'
              }
              action={
                filtered ? (
                  <Button
                    onClick={() => {
                      setTyped('')
                      void navigate({ search: {} })
                    }}
                  >
                    Clear filters
                  </Button>
                ) : null
              }
            />
          ) : (
            <>
              <ul className="divide-y divide-line">
                {rows.map((event) => (
                  <Entry key={event.id} event={event} />
                ))}
              </ul>
              {events.hasNextPage ? (
                <div className="flex justify-center border-t border-line p-3">
                  <Button
                    size="small"
                    busy={events.isFetchingNextPage}
                    onClick={() => void events.fetchNextPage()}
                  >
                    Show older
                  </Button>
                </div>
              ) : null}
            </>
          )
        ) : events.error ? (
          <ErrorState problem={asProblem(events.error)} onRetry={() => void events.refetch()} />
        ) : (
          <SkeletonRows />
        )}
      </Card>
    </Page>
  )
}

function Entry({ event }: { event: AuditEvent }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-3 px-4 py-3 text-left transition-colors first:rounded-t-xl hover:bg-hover/60 sm:px-5"
      >
        <ChevronRight
          className={classes(
            'size-4 shrink-0 text-ink-3 transition-transform',
            open && 'rotate-90',
          )}
          aria-hidden="true"
        />
        <span className="grid min-w-0 flex-1 gap-x-4 gap-y-0.5 sm:grid-cols-[minmax(0,15rem)_minmax(0,1fr)_auto] sm:items-center">
          <span className="truncate font-medium text-ink">{eventWords(event.type)}</span>
          <span className="min-w-0 truncate text-ink-2">
            {event.actor.label}
            {event.subject.label ? (
              <span className="text-ink-3"> → {event.subject.label}</span>
            ) : null}
          </span>
          <span className="flex items-center gap-2 text-sm text-ink-3">
            {event.emergency ? <Badge tone="warn">Emergency</Badge> : null}
            {event.result === 'failure' ? <Badge tone="bad">Failure</Badge> : null}
            <Ago at={event.at} />
          </span>
        </span>
      </button>
      {open ? (
        <div id={id} className="flex flex-col gap-4 bg-sunken/60 px-4 pt-2 pb-5 sm:px-5 sm:pl-12">
          <KeyValue
            rows={[
              { label: 'Type', value: <code className="text-sm">{event.type}</code> },
              { label: 'When', value: <Moment at={event.at} /> },
              { label: 'Who', value: `${event.actor.label} (${event.actor.kind})` },
              ...(event.source ? [{ label: 'Through', value: event.source }] : []),
              ...(event.ip ? [{ label: 'From', value: event.ip }] : []),
              ...(event.requestId
                ? [
                    {
                      label: 'Request',
                      value: <span className="font-mono text-sm">{event.requestId}</span>,
                    },
                  ]
                : []),
            ]}
          />
          <Diff before={event.before} after={event.after} />
          {event.data !== null && event.data !== undefined ? (
            <pre className="overflow-x-auto rounded-lg border border-line bg-surface p-3 font-mono text-xs/5 text-ink-2">
              {JSON.stringify(event.data, null, 2)}
            </pre>
          ) : null}
        </div>
      ) : null}
    </li>
  )
}
