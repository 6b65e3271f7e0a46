import { classes } from './classes.ts'
import { Skeleton } from './States.tsx'

const number = new Intl.NumberFormat('en')
const row = 'grid grid-cols-2 gap-3 sm:grid-cols-4'
const tile = 'flex h-full w-full flex-col items-start rounded-xl border p-3 text-left'
const tints = { bad: 'text-bad', warn: 'text-warn' }

export type Figure = {
  label: string
  value: number
  /** Where there is anybody at all. */
  tint?: keyof typeof tints | undefined
  /** Makes it a button that is pressed while it is chosen. */
  choice?: { chosen: boolean; onChoose: () => void } | undefined
}

/** How many people a change means, at a glance. */
export function Figures({ figures, label }: { figures: Figure[]; label?: string }) {
  return (
    <ul aria-label={label} className={row}>
      {figures.map((figure) => (
        <li key={figure.label}>
          <Tile figure={figure} />
        </li>
      ))}
    </ul>
  )
}

function Tile({ figure }: { figure: Figure }) {
  const { label, value, tint, choice } = figure
  const content = (
    <>
      <span
        className={classes(
          'text-xl font-semibold tabular-nums',
          tint && value > 0 ? tints[tint] : choice && value === 0 && 'text-ink-3',
        )}
      >
        {number.format(value)}
      </span>
      <span className="text-sm text-ink-2">{label}</span>
    </>
  )
  if (!choice || (value === 0 && !choice.chosen)) {
    return <div className={classes(tile, 'border-line')}>{content}</div>
  }
  return (
    <button
      type="button"
      aria-pressed={choice.chosen}
      onClick={choice.onChoose}
      className={classes(
        tile,
        'transition-colors',
        choice.chosen
          ? 'border-accent bg-accent-soft ring-1 ring-accent ring-inset'
          : 'border-line-strong bg-surface hover:border-edge hover:bg-hover',
      )}
    >
      {content}
    </button>
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
