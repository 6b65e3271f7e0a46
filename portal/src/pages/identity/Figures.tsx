import { Skeleton } from '../../parts/index.ts'

const number = new Intl.NumberFormat('en')
const row = 'grid grid-cols-2 gap-3 sm:grid-cols-4'

/** How many people a change means, at a glance. */
export function Figures({ figures }: { figures: { label: string; value: number }[] }) {
  return (
    <ul className={row}>
      {figures.map(({ label, value }) => (
        <li key={label} className="rounded-xl border border-line p-3">
          <div className="text-xl font-semibold tabular-nums">{number.format(value)}</div>
          <div className="text-sm text-ink-2">{label}</div>
        </li>
      ))}
    </ul>
  )
}

export function FiguresWaiting() {
  return (
    <div role="status" aria-label="Loading" className={row}>
      {['a', 'b', 'c', 'd'].map((each) => (
        <Skeleton key={each} className="h-18 rounded-xl" />
      ))}
    </div>
  )
}
