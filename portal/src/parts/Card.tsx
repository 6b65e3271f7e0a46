import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <div className={classes('rounded-xl border border-line bg-surface shadow-lift', className)}>
      {children}
    </div>
  )
}

/** A titled part of a page: words to the left where there is room, content in a card. */
export function Section({
  id,
  title,
  about,
  action,
  children,
}: {
  id: string
  title: string
  about?: ReactNode
  action?: ReactNode
  children: ReactNode
}) {
  return (
    <section aria-labelledby={id} className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
        <div className="min-w-0">
          <h2 id={id} className="text-lg font-semibold text-ink">
            {title}
          </h2>
          {about ? <div className="mt-0.5 max-w-2xl text-ink-2">{about}</div> : null}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}

export function KeyValue({ rows }: { rows: { label: string; value: ReactNode }[] }) {
  return (
    <dl className="divide-y divide-line">
      {rows.map((row) => (
        <div
          key={row.label}
          className="grid gap-x-6 gap-y-0.5 py-2.5 first:pt-0 last:pb-0 sm:grid-cols-[10rem_1fr]"
        >
          <dt className="text-ink-3">{row.label}</dt>
          <dd className="min-w-0 text-ink wrap-anywhere">{row.value}</dd>
        </div>
      ))}
    </dl>
  )
}
