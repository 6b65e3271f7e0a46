import type { ReactNode } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { EmptyState, ErrorState, SkeletonRows } from './States.tsx'

type Loading<Row> = {
  data: { pages: { items: Row[] }[] } | undefined
  error: unknown
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
  refetch: () => unknown
}

type Words = { icon: ReactNode; title: string; about: ReactNode; action?: ReactNode }

/** An endless list with its faces: loading, failed, empty, nothing that matches, and full. */
export function Feed<Row>({
  from,
  problemOf,
  empty,
  noMatch,
  more = 'Show older',
  children,
}: {
  from: Loading<Row>
  problemOf: (error: unknown) => Problem
  /** Before anything has happened. */
  empty: Words
  /** When filters leave nothing; undefined when none is set. */
  noMatch: { title: string; about: string; onClear: () => void } | undefined
  /** What the button says that loads the next page. */
  more?: string
  children: (rows: Row[]) => ReactNode
}) {
  const rows = from.data?.pages.flatMap((page) => page.items)
  if (!rows) {
    if (!from.error) return <SkeletonRows />
    return <ErrorState problem={problemOf(from.error)} onRetry={() => void from.refetch()} />
  }
  if (rows.length === 0 && noMatch) {
    return (
      <EmptyState
        icon={empty.icon}
        title={noMatch.title}
        about={noMatch.about}
        action={<Button onClick={noMatch.onClear}>Clear filters</Button>}
      />
    )
  }
  if (rows.length === 0) return <EmptyState {...empty} />
  return (
    <>
      {children(rows)}
      {from.hasNextPage ? (
        <div className="flex justify-center border-t border-line p-3">
          <Button
            size="small"
            busy={from.isFetchingNextPage}
            onClick={() => void from.fetchNextPage()}
          >
            {more}
          </Button>
        </div>
      ) : null}
    </>
  )
}
