import { Link } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import type { UserRow } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Avatar,
  BareCheckbox,
  type Column,
  MailBadge,
  type Sorting,
  SourceBadge,
  StatusBadge,
  Table,
} from '../../parts/index.ts'
import type { Selection } from './selection.ts'
import { UserMenu } from './UserMenu.tsx'

export function UserTable({
  rows,
  busy,
  sorting,
  selection,
  onSort,
}: {
  rows: UserRow[]
  busy: boolean
  selection: Selection | null
  sorting: Sorting | undefined
  onSort: (sorting: Sorting) => void
}) {
  const shown = useMemo(
    () => (selection ? [chooser(rows, selection), ...columns] : columns),
    [rows, selection],
  )
  return (
    <Table
      label="People"
      columns={shown}
      rows={rows}
      rowKey={(row) => row.id}
      sorting={sorting}
      onSort={onSort}
      busy={busy}
    />
  )
}

const nameOf = (row: UserRow) => `${row.firstName} ${row.lastName}`.trim()

function chooser(rows: UserRow[], { ids, choose }: Selection): Column<UserRow> {
  const here = rows.map(({ id }) => id)
  const chosen = here.filter((id) => ids.has(id))
  const all = here.length > 0 && chosen.length === here.length
  return {
    id: 'choose',
    label: 'Choose',
    className: 'w-10 pr-0',
    head: (
      <BareCheckbox
        label="Choose everyone on this page"
        checked={all}
        some={chosen.length > 0 && !all}
        onChange={(on) => choose(here, on)}
      />
    ),
    cell: (row) => <Choose row={row} selection={{ ids, choose }} />,
  }
}

function Choose({ row, selection }: { row: UserRow; selection: Selection }) {
  return (
    <BareCheckbox
      label={`Choose ${nameOf(row)}`}
      checked={selection.ids.has(row.id)}
      onChange={(on) => selection.choose([row.id], on)}
    />
  )
}

/** The same people where a table has no room. */
export function UserCards({ rows, selection }: { rows: UserRow[]; selection: Selection | null }) {
  return (
    <ul className="divide-y divide-line">
      {rows.map((row) => (
        <li key={row.id} className="flex items-start gap-3 px-4 py-3.5">
          {selection ? (
            <span className="py-1.5">
              <Choose row={row} selection={selection} />
            </span>
          ) : null}
          <Avatar name={`${row.firstName} ${row.lastName}`} />
          <div className="flex min-w-0 flex-1 flex-col gap-1">
            <PersonLink row={row} />
            <span className="truncate text-sm text-ink-2">{row.email}</span>
            <span className="mt-1 flex flex-wrap items-center gap-1.5">
              <StatusBadge person={row} />
              <MailBadge mail={row.mail} />
              {row.managedBy === 'portal' ? null : <SourceBadge source={row.managedBy} />}
            </span>
            <span className="text-sm text-ink-3">
              {row.roleLabel} · Last sign-in{' '}
              {row.lastSignInAt ? <Ago at={row.lastSignInAt} /> : 'Never'}
            </span>
          </div>
          <UserMenu row={row} />
        </li>
      ))}
    </ul>
  )
}

const columns: Column<UserRow>[] = [
  {
    id: 'name',
    label: 'Name',
    sort: 'name',
    className: 'sticky left-0 z-10 bg-surface',
    cell: (row) => <PersonLink row={row} />,
  },
  { id: 'email', label: 'E-mail', sort: 'email', cell: (row) => <Cut wide>{row.email}</Cut> },
  {
    id: 'status',
    label: 'Status',
    cell: (row) => (
      <span className="inline-flex gap-1.5">
        <StatusBadge person={row} />
        <MailBadge mail={row.mail} />
      </span>
    ),
  },
  { id: 'roles', label: 'Roles', cell: (row) => <Cut>{row.roleLabel}</Cut> },
  {
    id: 'managedBy',
    label: 'Managed by',
    sort: 'managedBy',
    cell: (row) => <SourceBadge source={row.managedBy} />,
  },
  { id: 'groups', label: 'Groups', cell: (row) => <Groups groups={row.groups} /> },
  {
    id: 'createdBy',
    label: 'Created by',
    sort: 'createdBy',
    cell: (row) => <Cut>{row.createdBy}</Cut>,
  },
  {
    id: 'updatedBy',
    label: 'Last modified by',
    sort: 'updatedBy',
    cell: (row) => <Cut>{row.updatedBy}</Cut>,
  },
  {
    id: 'updatedAt',
    label: 'Last modified',
    sort: 'updatedAt',
    className: 'text-ink-2',
    cell: (row) => <Ago at={row.updatedAt} />,
  },
  {
    id: 'lastSignIn',
    label: 'Last sign-in',
    sort: 'lastSignIn',
    className: 'text-ink-2',
    cell: (row) =>
      row.lastSignInAt ? <Ago at={row.lastSignInAt} /> : <span className="text-ink-3">Never</span>,
  },
  { id: 'acts', label: 'Actions', quiet: true, cell: (row) => <UserMenu row={row} /> },
]

function PersonLink({ row }: { row: UserRow }) {
  const { slug } = useOrganisation()
  return (
    <Link
      to="/o/$slug/settings/users/$id"
      params={{ slug, id: row.id }}
      className="block max-w-44 truncate rounded-sm leading-6 font-medium text-ink underline-offset-3 hover:underline"
    >
      {row.firstName} {row.lastName}
    </Link>
  )
}

function Groups({ groups }: { groups: UserRow['groups'] }) {
  const [first, ...rest] = groups
  if (!first) return <span className="text-ink-3">None</span>
  return (
    <span
      className="flex items-center gap-1.5 whitespace-nowrap"
      title={groups.map((group) => group.name).join(', ')}
    >
      <span className="max-w-24 truncate">{first.name}</span>
      {rest.length > 0 ? <span className="text-sm text-ink-3">+{rest.length}</span> : null}
    </span>
  )
}

function Cut({ children, wide }: { children: ReactNode; wide?: boolean }) {
  return (
    <span className={`block truncate text-ink-2 ${wide ? 'max-w-52' : 'max-w-28'}`}>
      {children}
    </span>
  )
}
