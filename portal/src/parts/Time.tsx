const absolute = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })
const date = new Intl.DateTimeFormat('en', { dateStyle: 'medium' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const steps: { unit: Intl.RelativeTimeFormatUnit; seconds: number }[] = [
  { unit: 'year', seconds: 31_536_000 },
  { unit: 'month', seconds: 2_592_000 },
  { unit: 'week', seconds: 604_800 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
]

/** How long ago, with the exact moment on hover. */
export function Ago({ at }: { at: number }) {
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={absolute.format(at)}
      className="whitespace-nowrap"
    >
      {fromNow(at)}
    </time>
  )
}

export function Moment({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={fromNow(at)} className="whitespace-nowrap">
      {absolute.format(at)}
    </time>
  )
}

export function onDate(at: number): string {
  return date.format(at)
}

export function isPast(at: number): boolean {
  return at < Date.now()
}

/** Whole days until then; negative when it is past. */
export function daysUntil(at: number): number {
  return Math.floor((at - Date.now()) / 86_400_000)
}

function fromNow(at: number): string {
  const seconds = (at - Date.now()) / 1000
  const step = steps.find((candidate) => Math.abs(seconds) >= candidate.seconds)
  return step ? relative.format(Math.round(seconds / step.seconds), step.unit) : 'just now'
}
