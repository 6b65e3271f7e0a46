/** How calls of the SCIM endpoint are shown, in the log and in the simulation. */
import { Badge, type Tone } from './Badge.tsx'

/** A path with its query as a person reads it: `/Users?filter=userName eq "ada"`. */
export function addressOf(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll('+', ' '))
  } catch {
    return path
  }
}

const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})/g

/** An id in a list is known by its end; the details have it whole. */
export function shortened(address: string): string {
  return address.replaceAll(id, (_, end: string) => `…${end.slice(-6)}`)
}

export function MethodBadge({ method }: { method: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-flex h-5.5 w-15 shrink-0 items-center justify-center rounded-md bg-sunken font-mono text-xs font-medium text-ink-2 ring-1 ring-line ring-inset"
    >
      {method}
    </span>
  )
}

export function AnswerBadge({ status }: { status: number }) {
  const { tone, words } = answerOf(status)
  return (
    <Badge tone={tone} dot>
      <span className="tabular-nums">{status}</span> {words}
    </Badge>
  )
}

const names: Record<number, string> = {
  200: 'Done',
  201: 'Created',
  204: 'Done',
  304: 'Unchanged',
  401: 'Not let in',
  404: 'Not found',
  409: 'Conflict',
  412: 'Outdated',
  429: 'Too often',
}

function answerOf(status: number): { tone: Tone; words: string } {
  const words = names[status]
  if (status < 400) return { tone: 'good', words: words ?? 'Done' }
  if (status >= 500) return { tone: 'bad', words: 'Failed' }
  return { tone: status === 404 ? 'warn' : 'bad', words: words ?? 'Refused' }
}
