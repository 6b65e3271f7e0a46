import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { DoorOpen } from 'lucide-react'
import type { SignInAttempt } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Card,
  type Column,
  Feed,
  FilterBar,
  Page,
  Table,
  textLink,
} from '../../parts/index.ts'
import { AttemptSheet } from './AttemptSheet.tsx'

const route = getRouteApi('/o/$slug/settings/sign-in-log')

export function SignInLogPage() {
  const { api, key } = useOrganisation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const set = (name: 'search' | 'result', value: string | undefined) =>
    void navigate({
      search: ({ [name]: _, ...rest }) => (value ? { ...rest, [name]: value } : rest),
      replace: true,
    })

  const query = { search: search.search, result: search.result }
  const attempts = useInfiniteQuery({
    queryKey: key('sign-in-log', query),
    queryFn: ({ pageParam }) => api.signInLog({ ...query, size: 25, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
  const filtered = Boolean(search.search ?? search.result)
  const open = (attempt: string | undefined) =>
    navigate({
      search: ({ attempt: _, ...rest }) => (attempt ? { ...rest, attempt } : rest),
      resetScroll: false,
    })

  return (
    <Page
      title="Sign-in log"
      about="Every attempt to sign in, with the rule that decided. People who are refused get a reference number: search for it here."
    >
      <FilterBar
        search={{
          label: 'E-mail or reference number',
          value: search.search,
          onSearch: (value) => set('search', value),
        }}
        filters={[
          {
            label: 'Result',
            value: search.result,
            choices: [
              { value: 'success', label: 'Signed in' },
              { value: 'failure', label: 'Refused' },
            ],
            onChange: (value) => set('result', value),
          },
        ]}
      />
      <Card>
        <Feed
          from={attempts}
          problemOf={asProblem}
          empty={{
            icon: <DoorOpen aria-hidden="true" />,
            title: 'Nobody has signed in yet',
            about: 'Attempts appear here as soon as someone tries, let in or not.',
          }}
          noMatch={
            filtered
              ? {
                  title: 'No attempt matches',
                  about: 'Check the reference number, or take the filters away.',
                  onClear: () => void navigate({ search: {} }),
                }
              : undefined
          }
        >
          {(rows) => (
            <>
              <div className="hidden md:block">
                <Table
                  label="Sign-in attempts"
                  columns={columns(open)}
                  rows={rows}
                  rowKey={(row) => row.id}
                />
              </div>
              <ul className="divide-y divide-line md:hidden">
                {rows.map((row) => (
                  <li key={row.id} className="flex flex-col gap-1 px-4 py-3">
                    <div className="flex items-center justify-between gap-3">
                      <Who attempt={row} onOpen={open} />
                      <Result attempt={row} />
                    </div>
                    <div className="text-sm text-ink-3">
                      <Ago at={row.at} /> · <span className="font-mono">{row.reference}</span>
                    </div>
                    {row.code ? <code className="text-sm text-ink-2">{row.code}</code> : null}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Feed>
      </Card>
      <AttemptSheet id={search.attempt} onClose={() => void open(undefined)} />
    </Page>
  )
}

const columns = (open: (id: string) => unknown): Column<SignInAttempt>[] => [
  { id: 'at', label: 'When', cell: (row) => <Ago at={row.at} /> },
  { id: 'who', label: 'Who', cell: (row) => <Who attempt={row} onOpen={open} /> },
  { id: 'result', label: 'Result', cell: (row) => <Result attempt={row} /> },
  {
    id: 'code',
    label: 'Code',
    cell: (row) =>
      row.code ? (
        <code className="text-sm">{row.code}</code>
      ) : (
        <span className="text-ink-3">–</span>
      ),
  },
  { id: 'method', label: 'Method', cell: (row) => methods[row.method] ?? row.method },
  {
    id: 'reference',
    label: 'Reference',
    cell: (row) => <span className="font-mono text-sm text-ink-2">{row.reference}</span>,
  },
  {
    id: 'ip',
    label: 'Address',
    cell: (row) => <span className="font-mono text-sm text-ink-2">{row.ip ?? '–'}</span>,
  },
]

const methods: Record<string, string> = {
  saml: 'SSO',
  sso: 'SSO',
  password: 'Password',
  google: 'Google',
  emergency: 'Emergency',
}

function Who({ attempt, onOpen }: { attempt: SignInAttempt; onOpen: (id: string) => unknown }) {
  return (
    <button
      type="button"
      onClick={() => onOpen(attempt.id)}
      className={`${textLink} min-h-6 max-w-64 truncate text-left`}
    >
      {attempt.email ?? 'Unknown person'}
    </button>
  )
}

function Result({ attempt }: { attempt: SignInAttempt }) {
  return (
    <span className="flex items-center gap-1.5">
      {attempt.result === 'success' ? (
        <Badge tone="good" dot>
          {attempt.test ? 'Passed' : 'Signed in'}
        </Badge>
      ) : (
        <Badge tone="bad" dot>
          Refused
        </Badge>
      )}
      {attempt.test ? <Badge tone="accent">Test</Badge> : null}
    </span>
  )
}
