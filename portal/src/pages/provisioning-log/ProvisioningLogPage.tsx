import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowLeftRight } from 'lucide-react'
import { useId } from 'react'
import type { ProvisioningLogEntry } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  AnswerBadge,
  addressOf,
  ButtonLink,
  Card,
  type Column,
  Feed,
  FilterBar,
  MethodBadge,
  Page,
  periodStart,
  periods,
  shortened,
  Table,
  TextLink,
  textLink,
} from '../../parts/index.ts'
import { CallSheet } from './CallSheet.tsx'

const route = getRouteApi('/o/$slug/settings/provisioning-log')
/** While the first page alone is shown; older ones are history and stay as they are. */
const refreshMs = 5_000
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export function ProvisioningLogPage() {
  const { api, key, slug } = useOrganisation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (name: 'person' | 'result' | 'method' | 'since', value: string | undefined) =>
    void navigate({
      search: ({ [name]: _, ...rest }) => (value ? { ...rest, [name]: value } : rest),
      replace: true,
    })
  const open = (call: string | undefined) =>
    void navigate({
      search: ({ call: _, ...rest }) => (call ? { ...rest, call } : rest),
      resetScroll: false,
    })

  const { call, ...conditions } = search
  const { person, result, method, since } = conditions
  const calls = useInfiniteQuery({
    queryKey: key('provisioning-log', conditions),
    queryFn: ({ pageParam }) =>
      api.provisioningLog({
        person,
        result,
        method,
        from: periodStart(since),
        size: 25,
        before: pageParam,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : refreshMs),
  })
  const filtered = Object.keys(conditions).length > 0

  return (
    <Page
      title="Provisioning log"
      about="Every call of your identity provider for 90 days: what it asked, what Usher answered, and what to do about a refusal. New calls appear by themselves."
      action={
        <ButtonLink to="/o/$slug/settings/identity/scim" params={{ slug }}>
          SCIM connection
        </ButtonLink>
      }
    >
      <FilterBar
        search={{
          label: 'User name or group, from its start',
          value: person,
          onSearch: (value) => set('person', value),
        }}
        filters={[
          {
            label: 'Result',
            value: result,
            choices: [
              { value: 'success', label: 'Succeeded' },
              { value: 'refused', label: 'Refused' },
            ],
            onChange: (value) => set('result', value),
          },
          {
            label: 'Method',
            value: method,
            choices: methods.map((name) => ({ value: name, label: name })),
            onChange: (value) => set('method', value),
          },
          {
            label: 'When',
            value: since,
            choices: periods,
            onChange: (value) => set('since', value),
          },
        ]}
      />
      <Card>
        <Feed
          from={calls}
          problemOf={asProblem}
          empty={{
            icon: <ArrowLeftRight aria-hidden="true" />,
            title: 'Your identity provider has not called yet',
            about:
              'Give it the base URL and a token. Its connection test is the first thing to appear here.',
            action: (
              <ButtonLink look="primary" to="/o/$slug/settings/identity/scim" params={{ slug }}>
                Set up the SCIM connection
              </ButtonLink>
            ),
          }}
          noMatch={
            filtered
              ? {
                  title: 'No call matches',
                  about:
                    'User names are searched from their beginning. Check the spelling, or take a filter away.',
                  onClear: () => void navigate({ search: {} }),
                }
              : undefined
          }
        >
          {(rows) => (
            <>
              <div className="hidden md:block">
                <Table
                  label="Calls of the identity provider"
                  columns={columns(open)}
                  rows={rows}
                  rowKey={(row) => row.id}
                />
              </div>
              <ul className="divide-y divide-line md:hidden">
                {rows.map((row) => (
                  <Line key={row.id} row={row} onOpen={open} />
                ))}
              </ul>
            </>
          )}
        </Feed>
      </Card>
      <CallSheet id={call} onClose={() => open(undefined)} />
    </Page>
  )
}

function Line({ row, onOpen }: { row: ProvisioningLogEntry; onOpen: (id: string) => void }) {
  return (
    <li className="flex flex-col gap-1.5 px-4 py-3">
      <div className="flex items-center justify-between gap-3">
        <Address row={row} onOpen={onOpen} />
        <AnswerBadge status={row.status} />
      </div>
      <div className="flex flex-wrap items-center gap-x-2 text-sm text-ink-3">
        <Ago at={row.at} />
        {row.subject ? (
          <span className="min-w-0 wrap-anywhere">
            · <Subject row={row} />
          </span>
        ) : null}
      </div>
      {row.code ? <code className="text-sm text-ink-2">{row.code}</code> : null}
    </li>
  )
}

const columns = (open: (id: string) => void): Column<ProvisioningLogEntry>[] => [
  {
    id: 'at',
    label: 'When',
    className: 'text-ink-2 whitespace-nowrap',
    cell: (row) => <Ago at={row.at} />,
  },
  {
    id: 'call',
    label: 'Call',
    // The address takes what the others leave and is cut, so that the last column never is.
    className: 'w-full max-w-0 min-w-48',
    cell: (row) => <Address row={row} onOpen={open} />,
  },
  { id: 'status', label: 'Answer', cell: (row) => <AnswerBadge status={row.status} /> },
  {
    id: 'code',
    label: 'Code',
    cell: (row) =>
      row.code ? (
        <code className="text-sm whitespace-nowrap">{row.code}</code>
      ) : (
        <span className="text-ink-3">–</span>
      ),
  },
  {
    id: 'subject',
    label: 'Person or group',
    cell: (row) => (
      <span className="block max-w-40 truncate">
        <Subject row={row} />
      </span>
    ),
  },
  {
    id: 'credential',
    label: 'Credential',
    className: 'text-ink-2',
    cell: (row) => (
      <span className="block max-w-36 truncate" title={row.credential ?? undefined}>
        {row.credential ?? 'None of ours'}
      </span>
    ),
  },
]

/** Opens the call. */
function Address({ row, onOpen }: { row: ProvisioningLogEntry; onOpen: (id: string) => void }) {
  const id = useId()
  return (
    <span className="flex min-w-0 items-center gap-2">
      <MethodBadge method={row.method} />
      <button
        type="button"
        aria-labelledby={id}
        onClick={() => onOpen(row.id)}
        className={`${textLink} min-h-6 min-w-0 truncate text-left font-mono text-sm`}
      >
        <span id={id}>
          <span className="sr-only">{row.method} </span>
          {shortened(addressOf(row.path))}
        </span>
      </button>
    </span>
  )
}

function Subject({ row: { subject } }: { row: ProvisioningLogEntry }) {
  const { slug } = useOrganisation()
  if (!subject) return <span className="text-ink-3">–</span>
  const name = subject.label ?? shortened(subject.id ?? 'Unknown')
  if (subject.kind === 'group') return <span title="Group">{name}</span>
  if (!subject.id) return <span>{name}</span>
  return (
    <TextLink to="/o/$slug/settings/users/$id" params={{ slug, id: subject.id }}>
      {name}
    </TextLink>
  )
}
