import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChevronRight, ClipboardList, Download } from 'lucide-react'
import { useId, useState } from 'react'
import type { AuditEvent } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  buttonClasses,
  Card,
  classes,
  Diff,
  eventTypes,
  eventWords,
  Feed,
  FilterBar,
  KeyValue,
  Moment,
  Page,
  periodStart,
  periods,
} from '../../parts/index.ts'
import { Verify } from './Verify.tsx'

const route = getRouteApi('/o/$slug/settings/audit')
export function AuditPage() {
  const { api, key } = useOrganisation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (name: 'actor' | 'type' | 'result' | 'source' | 'since', value: string | undefined) =>
    void navigate({
      search: (before) => {
        const { [name]: _, ...rest } = before
        return value ? { ...rest, [name]: value } : rest
      },
      replace: true,
    })
  const conditions = {
    actor: search.actor,
    type: search.type,
    result: search.result,
    source: search.source,
    from: periodStart(search.since),
  }
  const events = useInfiniteQuery({
    queryKey: key('audit', search),
    queryFn: ({ pageParam }) => api.auditEvents({ ...conditions, size: 25, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
  const filtered = Object.keys(search).length > 0
  return (
    <Page
      title="Audit events"
      about="Who changed what, from where, with the state before and after. Every change is here, or it did not happen."
      action={
        <>
          <a href={api.auditExport(conditions)} download className={buttonClasses({})}>
            <Download aria-hidden="true" />
            Export CSV
          </a>
          <Verify />
        </>
      }
    >
      <FilterBar
        search={{
          label: 'Who did it, by full name',
          value: search.actor,
          onSearch: (value) => set('actor', value),
        }}
        filters={[
          {
            label: 'What',
            value: search.type,
            choices: eventTypes,
            onChange: (value) => set('type', value),
          },
          {
            label: 'Result',
            value: search.result,
            choices: [
              { value: 'success', label: 'Success' },
              { value: 'failure', label: 'Failure' },
            ],
            onChange: (value) => set('result', value),
          },
          {
            label: 'Source',
            value: search.source,
            choices: [
              { value: 'portal', label: 'Portal' },
              { value: 'sso_jit', label: 'First SSO sign-in' },
              { value: 'sso', label: 'Later SSO sign-in' },
              { value: 'scim', label: 'SCIM' },
            ],
            onChange: (value) => set('source', value),
          },
          {
            label: 'When',
            value: search.since,
            choices: periods,
            onChange: (value) => set('since', value),
          },
        ]}
      />
      <Card>
        <Feed
          from={events}
          problemOf={asProblem}
          empty={{
            icon: <ClipboardList aria-hidden="true" />,
            title: 'Nothing has happened yet',
            about: 'Changes are recorded here from the first one on.',
          }}
          noMatch={
            filtered
              ? {
                  title: 'No event matches',
                  about: 'Take a filter away to see more.',
                  onClear: () => void navigate({ search: {} }),
                }
              : undefined
          }
        >
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((event) => (
                <Entry key={event.id} event={event} />
              ))}
            </ul>
          )}
        </Feed>
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
