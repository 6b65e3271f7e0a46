import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, ChevronsUpDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { classes } from './classes.ts'
import { Scroller } from './Scroller.tsx'

export type Column<Row> = {
  id: string
  label: string
  /** Instead of the label, such as a box that chooses every row. */
  head?: ReactNode
  cell: (row: Row) => ReactNode
  /** The name the server sorts by; a column without one cannot be sorted. */
  sort?: string | undefined
  className?: string
  /** Keeps the heading for screen readers only. */
  quiet?: boolean
}

export type Sorting = { by: string; descending: boolean }

export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  sorting,
  onSort,
  busy,
  footer,
}: {
  label: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  sorting?: Sorting | undefined
  onSort?: (sorting: Sorting) => void
  busy?: boolean
  footer?: ReactNode
}) {
  return (
    <div>
      <Scroller label={label} className="rounded-xl">
        <table
          aria-busy={busy ? true : undefined}
          className={classes('w-full border-collapse text-left', busy && 'opacity-60')}
        >
          <thead>
            <tr className="border-b border-line">
              {columns.map((column) => (
                <HeadCell key={column.id} column={column} sorting={sorting} onSort={onSort} />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr
                key={rowKey(row)}
                className="border-b border-line transition-colors last:border-0 hover:bg-hover/60"
              >
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={classes(
                      'px-3 py-2.5 align-middle first:pl-5 last:pr-4',
                      column.className,
                    )}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      {footer}
    </div>
  )
}

function HeadCell<Row>({
  column,
  sorting,
  onSort,
}: {
  column: Column<Row>
  sorting: Sorting | undefined
  onSort: ((sorting: Sorting) => void) | undefined
}) {
  const { sort } = column
  const active = sort !== undefined && sorting?.by === sort
  const Icon = !active ? ChevronsUpDown : sorting.descending ? ArrowDown : ArrowUp
  return (
    <th
      scope="col"
      aria-sort={active ? (sorting.descending ? 'descending' : 'ascending') : undefined}
      className={classes(
        'h-10 whitespace-nowrap px-3 text-xs font-medium text-ink-3 first:pl-5 last:pr-4',
        column.className,
      )}
    >
      {column.head ? (
        column.head
      ) : sort && onSort ? (
        <button
          type="button"
          onClick={() => onSort({ by: sort, descending: active ? !sorting.descending : false })}
          className={classes(
            '-mx-1.5 inline-flex h-7 items-center gap-1 rounded-md px-1.5 hover:bg-hover hover:text-ink',
            active && 'text-ink',
          )}
        >
          {column.label}
          <Icon className={classes('size-3.5', !active && 'opacity-70')} aria-hidden="true" />
        </button>
      ) : (
        <span className={column.quiet ? 'sr-only' : undefined}>{column.label}</span>
      )}
    </th>
  )
}

const number = new Intl.NumberFormat('en')

export function Pager({
  page,
  size,
  total,
  totalExact = true,
  noun,
  onPage,
}: {
  page: number
  size: number
  total: number
  totalExact?: boolean
  noun: string
  onPage: (page: number) => void
}) {
  const first = total === 0 ? 0 : page * size + 1
  const last = Math.min((page + 1) * size, total)
  const more = last < total
  return (
    <nav
      aria-label="Pages"
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line px-5 py-3"
    >
      <p className="text-sm text-ink-3 tabular-nums" role="status">
        {number.format(first)}–{number.format(last)} of {totalExact ? '' : 'more than '}
        {number.format(total)} {noun}
      </p>
      <div className="flex gap-2">
        <Button size="small" disabled={page === 0} onClick={() => onPage(page - 1)}>
          <ChevronLeft aria-hidden="true" />
          Previous
        </Button>
        <Button size="small" disabled={!more} onClick={() => onPage(page + 1)}>
          Next
          <ChevronRight aria-hidden="true" />
        </Button>
      </div>
    </nav>
  )
}
