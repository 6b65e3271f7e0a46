import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Search, UsersRound } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import type { UserList } from '../../../../contract/src/index.ts'
import { asProblem, useAddingBlocked, useOrganisation, useSwitching } from '../../client/index.ts'
import {
  Banner,
  Button,
  ButtonLink,
  Card,
  EmptyState,
  ErrorState,
  FilterBar,
  OnItsWay,
  Page,
  Pager,
  SkeletonRows,
  type Sorting,
  TextLink,
} from '../../parts/index.ts'
import { ChosenBar } from './ChosenBar.tsx'
import { CreateUserDialog } from './CreateUserDialog.tsx'
import { ExportDialog } from './ExportDialog.tsx'
import { Filters } from './Filters.tsx'
import { kept, type ListState, useKeptFilters } from './keptFilters.ts'
import { type Selection, useSelection } from './selection.ts'
import { UserCards, UserTable } from './UserTable.tsx'

const route = getRouteApi('/o/$slug/settings/users')
const size = 10

export function UsersPage() {
  const { api, key, slug, name, manages } = useOrganisation()
  const client = useQueryClient()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [creating, setCreating] = useState(false)
  const [exporting, setExporting] = useState(false)
  const blocked = useAddingBlocked()
  const switching = useSwitching()
  const selection = useSelection()
  const names = useNames()

  const show = (change: Partial<ListState> & { page?: number }, replace = false) =>
    void navigate({
      search: (before) => present({ ...before, page: undefined, ...change }),
      replace,
      resetScroll: false,
    })
  const ready = useKeptFilters(search, (filters) => show(filters, true))

  const query = { ...search, page: search.page ?? 0, size }
  const users = useQuery({
    queryKey: key('users', 'list', query),
    queryFn: ({ signal }) => api.users(query, signal),
    placeholderData: keepPreviousData,
    enabled: ready,
  })
  const filtered = Object.keys(kept(search)).some((part) => part !== 'sort') || search.search
  const create = (
    <Button look="primary" blockedBecause={blocked.because} onClick={() => setCreating(true)}>
      + Create a user
    </Button>
  )

  return (
    <Page
      title="User Management"
      about={`All people of ${name}.`}
      action={
        <>
          <Button
            blockedBecause={users.data ? null : 'The list is not here yet.'}
            onClick={() => setExporting(true)}
          >
            Export CSV
          </Button>
          <ButtonLink to="/o/$slug/settings/invitations" params={{ slug }}>
            Invitations
          </ButtonLink>
          {create}
        </>
      }
    >
      {blocked.show ? (
        <Banner title={blocked.because}>
          {blocked.hint}{' '}
          <TextLink to="/o/$slug/settings/identity" params={{ slug }}>
            Identity Configuration
          </TextLink>
        </Banner>
      ) : null}
      <OnItsWay switching={switching} />
      <FilterBar
        search={{
          label: 'Search by name or e-mail',
          value: search.search,
          onSearch: (text) => show({ search: text }, true),
        }}
      >
        <Filters state={search} onChange={show} />
      </FilterBar>
      {search.notManagedBy === 'scim' ? (
        <Banner title="Not in the identity provider">
          Nobody here is managed by SCIM. They keep working; choose those who should no longer get
          in and deactivate them. Assign the others in the identity provider, and it takes them
          over.
        </Banner>
      ) : null}
      <ChosenBar
        ids={selection.ids}
        nameOf={names.of}
        onClear={selection.clear}
        onDone={() => client.invalidateQueries({ queryKey: key('users') })}
      />
      <Card>
        {users.data ? (
          <Rows
            users={users.data}
            selection={
              manages
                ? {
                    ids: selection.ids,
                    choose: (ids, on) => {
                      names.keep(users.data.items)
                      selection.choose(ids, on)
                    },
                  }
                : null
            }
            busy={users.isPlaceholderData}
            sorting={sortingOf(search.sort)}
            onSort={({ by, descending }) => show({ sort: `${by},${descending ? 'desc' : 'asc'}` })}
            onPage={(page) => show({ page })}
            empty={
              filtered ? (
                <EmptyState
                  icon={<Search aria-hidden="true" />}
                  title="No one matches"
                  about="Check the spelling, or take a filter away."
                  action={
                    <Button onClick={() => void navigate({ search: {} })}>Clear filters</Button>
                  }
                />
              ) : (
                <EmptyState
                  icon={<UsersRound aria-hidden="true" />}
                  title="No one has joined yet"
                  about={
                    blocked.because ??
                    'Create a user, or switch JIT on so that people get their account at first sign-in.'
                  }
                  action={create}
                />
              )
            }
          />
        ) : users.error ? (
          <ErrorState problem={asProblem(users.error)} onRetry={() => void users.refetch()} />
        ) : (
          <SkeletonRows rows={size} />
        )}
      </Card>
      {exporting && users.data ? (
        <ExportDialog
          state={{ ...kept(search), search: search.search }}
          found={users.data}
          onClose={() => setExporting(false)}
        />
      ) : null}
      <CreateUserDialog
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={() => void client.invalidateQueries({ queryKey: key('users') })}
      />
    </Page>
  )
}

function Rows({
  users,
  selection,
  busy,
  sorting,
  onSort,
  onPage,
  empty,
}: {
  users: UserList
  selection: Selection | null
  busy: boolean
  sorting: Sorting | undefined
  onSort: (sorting: Sorting) => void
  onPage: (page: number) => void
  empty: ReactNode
}) {
  if (users.items.length === 0 && users.page === 0) return empty
  return (
    <>
      <div className="hidden md:block">
        <UserTable
          rows={users.items}
          selection={selection}
          busy={busy}
          sorting={sorting}
          onSort={onSort}
        />
      </div>
      <div className="md:hidden">
        <UserCards rows={users.items} selection={selection} />
      </div>
      <Pager
        page={users.page}
        size={users.size}
        total={users.total}
        totalExact={users.totalExact}
        noun={users.total === 1 ? 'person' : 'people'}
        onPage={onPage}
      />
    </>
  )
}

/** What the chosen are called, whichever page they stand on. */
function useNames() {
  const known = useRef(new Map<string, string>())
  return {
    keep: (rows: UserList['items']) => {
      for (const { id, firstName, lastName, email } of rows) {
        known.current.set(id, `${firstName} ${lastName}`.trim() || email)
      }
    },
    of: (id: string) => known.current.get(id) ?? id,
  }
}

function sortingOf(sort: string | undefined): Sorting | undefined {
  const [by, direction] = (sort ?? '').split(',')
  return by ? { by, descending: direction === 'desc' } : undefined
}

/** Leaves out what is undefined, so that addresses stay short. */
function present(state: Partial<ListState> & { page?: number | undefined }) {
  return Object.fromEntries(
    Object.entries(state).filter(([, value]) => value !== undefined && value !== '' && value !== 0),
  )
}
