const number = new Intl.NumberFormat('en')

/** How far something has come that takes a while. */
export function Progress({
  label,
  done,
  total,
  noun,
}: {
  label: string
  done: number
  total: number
  /** What is counted: "people". */
  noun: string
}) {
  const words = `${number.format(done)} of ${number.format(total)} ${noun}`
  return (
    <div className="flex flex-col gap-2">
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={words}
        className="h-2 overflow-hidden rounded-full bg-sunken ring-1 ring-line ring-inset"
      >
        <svg className="h-full w-full" aria-hidden="true">
          <rect
            height="100%"
            rx="4"
            width={`${total === 0 ? 0 : Math.min(100, (done / total) * 100)}%`}
            fill="var(--accent)"
          />
        </svg>
      </div>
      <p className="text-sm text-ink-2 tabular-nums">{words}</p>
    </div>
  )
}
