import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { DoorOpen, Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { SignInAttempt } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Button,
  Card,
  type Column,
  EmptyState,
  ErrorState,
  FilterMenu,
  inputClasses,
  Page,
  SkeletonRows,
  Table,
  textLink,
} from '../../parts/index.ts'
import { AttemptSheet } from './AttemptSheet.tsx'

const route = getRouteApi('/o/$slug/settings/sign-in-log')

export function SignInLogPage() {
  const { api, key } = useOrganisation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [typed, setTyped] = useState(search.search ?? '')
  useEffect(() => {
    if (typed.trim() === (search.search ?? '')) return
    const timer = setTimeout(() => {
      void navigate({
        search: ({ search: _, ...rest }) =>
          typed.trim() === '' ? rest : { ...rest, search: typed.trim() },
        replace: true,
      })
    }, 300)
    return () => clearTimeout(timer)
  }, [typed, search.search, navigate])

  const query = { search: search.search, result: search.result }
  const attempts = useInfiniteQuery({
    queryKey: key('sign-in-log', query),
    queryFn: ({ pageParam }) => api.signInLog({ ...query, size: 25, before: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  })
  const rows = attempts.data?.pages.flatMap((page) => page.items)
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
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative w-full sm:w-80">
          <Search
            className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3"
            aria-hidden="true"
          />
          <input
            type="search"
            aria-label="Search by e-mail or reference number"
            placeholder="E-mail or reference number"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            className={`${inputClasses} pl-9`}
          />
        </div>
        <FilterMenu
          label="Result"
          value={search.result}
          choices={[
            { value: 'success', label: 'Signed in' },
            { value: 'failure', label: 'Refused' },
          ]}
          onChange={(result) =>
            void navigate({
              search: ({ result: _, ...rest }) => (result ? { ...rest, result } : rest),
            })
          }
        />
      </div>
      <Card>
        {rows ? (
          rows.length === 0 ? (
            <EmptyState
              icon={<DoorOpen aria-hidden="true" />}
              title={filtered ? 'No attempt matches' : 'Nobody has signed in yet'}
              about={
                filtered
                  ? 'Check the reference number, or take the filters away.'
                  : 'Attempts appear here as soon as someone tries, let in or not.'
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
              {attempts.hasNextPage ? (
                <div className="flex justify-center border-t border-line p-3">
                  <Button
                    size="small"
                    busy={attempts.isFetchingNextPage}
                    onClick={() => void attempts.fetchNextPage()}
                  >
                    Show older
                  </Button>
                </div>
              ) : null}
            </>
          )
        ) : attempts.error ? (
          <ErrorState problem={asProblem(attempts.error)} onRetry={() => void attempts.refetch()} />
        ) : (
          <SkeletonRows />
        )}
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
