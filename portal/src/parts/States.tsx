import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { classes } from './classes.ts'

export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden="true" className={classes('shimmer block rounded-md bg-line', className)} />
  )
}

/** What a list shows while it loads: its shape, quietly. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="divide-y divide-line">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex items-center gap-4 px-4 py-4 sm:px-5">
          <Skeleton className="size-8 rounded-full" />
          <div className="flex flex-1 flex-col gap-2">
            <Skeleton className={row % 2 ? 'h-3 w-40 max-w-full' : 'h-3 w-56 max-w-full'} />
            <Skeleton className="h-3 w-28 max-w-full" />
          </div>
          <Skeleton className="hidden h-3 w-24 sm:block" />
        </div>
      ))}
    </div>
  )
}

export function EmptyState({
  icon,
  title,
  about,
  action,
}: {
  icon: ReactNode
  title: string
  about: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      <span className="mb-3 flex size-11 items-center justify-center rounded-xl border border-line bg-sunken text-ink-3 [&_svg]:size-5">
        {icon}
      </span>
      <p className="text-base font-semibold text-ink">{title}</p>
      <div className="max-w-md text-ink-2">{about}</div>
      {action ? <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  )
}

export function ErrorState({
  problem,
  title = 'This could not be loaded',
  onRetry,
}: {
  problem: Problem
  title?: string
  onRetry?: () => void
}) {
  return (
    <div role="alert" className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      <span className="mb-3 flex size-11 items-center justify-center rounded-xl border border-bad-line bg-bad-soft text-bad">
        <CircleAlert className="size-5" aria-hidden="true" />
      </span>
      <p className="text-base font-semibold text-ink">{title}</p>
      <p className="max-w-md text-ink-2">{problem.detail}</p>
      <ProblemMark problem={problem} />
      {onRetry ? (
        <Button className="mt-4" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  )
}

/** Code and request id, to quote when asking for help. */
export function ProblemMark({ problem }: { problem: Problem }) {
  return (
    <p className="mt-1 font-mono text-xs text-ink-3 wrap-anywhere">
      {problem.code}
      {problem.requestId ? ` · request ${problem.requestId}` : ''}
    </p>
  )
}

const banners = {
  info: { look: 'border-line bg-sunken', tint: 'text-ink-3', Icon: Info },
  good: { look: 'border-good-line bg-good-soft', tint: 'text-good', Icon: CircleCheck },
  warn: { look: 'border-warn-line bg-warn-soft', tint: 'text-warn', Icon: TriangleAlert },
  bad: { look: 'border-bad-line bg-bad-soft', tint: 'text-bad', Icon: CircleAlert },
}

export function Banner({
  tone = 'info',
  title,
  action,
  live,
  children,
}: {
  tone?: keyof typeof banners
  title?: ReactNode
  action?: ReactNode
  /** Read out at once when it appears. */
  live?: boolean
  children?: ReactNode
}) {
  const { look, tint, Icon } = banners[tone]
  return (
    <div
      role={live ? 'alert' : undefined}
      className={classes('flex items-start gap-3 rounded-xl border px-4 py-3', look)}
    >
      <Icon className={classes('mt-px size-5 shrink-0', tint)} aria-hidden="true" />
      <div className="flex min-w-0 flex-1 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 max-w-3xl">
          {title ? <div className="font-medium text-ink">{title}</div> : null}
          {children ? <div className="text-ink-2">{children}</div> : null}
        </div>
        {action}
      </div>
    </div>
  )
}

export function ProblemBanner({ problem, title }: { problem: Problem; title?: string }) {
  return (
    <Banner tone="bad" live title={title ?? problem.detail}>
      {title ? <p>{problem.detail}</p> : null}
      <ProblemMark problem={problem} />
    </Banner>
  )
}

type Loading<Data> = {
  data: Data | undefined
  error: unknown
  isPending: boolean
  refetch: () => unknown
}

/** Something loaded, with its faces: loading, failed, and there. */
export function Loaded<Data>({
  from,
  problemOf,
  skeleton,
  children,
}: {
  from: Loading<Data>
  problemOf: (error: unknown) => Problem
  skeleton?: ReactNode
  children: (data: Data) => ReactNode
}) {
  if (from.data !== undefined) return children(from.data)
  if (from.error && !from.isPending) {
    return <ErrorState problem={problemOf(from.error)} onRetry={() => void from.refetch()} />
  }
  return skeleton ?? <SkeletonRows />
}
