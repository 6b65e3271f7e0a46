import { ChevronRight, Circle, Check as Tick, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'
import { Scroller } from './Scroller.tsx'

export type CheckState = 'done' | 'failed' | 'open'

export function CheckMark({ state }: { state: CheckState }) {
  const Icon = state === 'done' ? Tick : state === 'failed' ? X : Circle
  return (
    <span
      className={classes(
        'flex size-5 shrink-0 items-center justify-center rounded-full transition-colors',
        state === 'done' && 'bg-good-soft text-good',
        state === 'failed' && 'bg-bad-soft text-bad',
        state === 'open' && 'bg-sunken text-ink-3',
      )}
    >
      <Icon
        className={state === 'open' ? 'size-2.5' : 'size-3.5'}
        strokeWidth={2.75}
        aria-hidden="true"
      />
      <span className="sr-only">
        {state === 'done' ? 'Passed: ' : state === 'failed' ? 'Failed: ' : 'Not yet: '}
      </span>
    </span>
  )
}

export type Check = {
  id: string
  state: CheckState
  title: ReactNode
  about?: ReactNode
  action?: ReactNode
}

export function CheckList({ checks, label }: { checks: Check[]; label: string }) {
  return (
    <ul aria-label={label} className="flex flex-col divide-y divide-line">
      {checks.map((check) => (
        <li key={check.id} className="flex items-start gap-3 py-3 first:pt-0 last:pb-0">
          <CheckMark state={check.state} />
          <div className="flex min-w-0 flex-1 flex-col items-start gap-x-4 gap-y-2 sm:flex-row">
            <div className="min-w-0 flex-1">
              <div className="font-medium text-ink">{check.title}</div>
              {check.about ? <div className="text-ink-2">{check.about}</div> : null}
            </div>
            {check.action}
          </div>
        </li>
      ))}
    </ul>
  )
}

type SignInCheck = {
  rule: string
  ok: boolean
  expected: string | null
  received: string | null
}

/** The checks of a sign-in in their order; a failed one shows at once what was expected. */
export function SignInChecks({ checks }: { checks: SignInCheck[] }) {
  return (
    <ul aria-label="Checks" className="flex flex-col">
      {checks.map((check) => (
        <li key={check.rule}>
          {check.expected === null && check.received === null ? (
            <div className="flex items-start gap-2.5 px-2 py-1.5">
              <CheckMark state={check.ok ? 'done' : 'failed'} />
              <span className="text-ink">{check.rule}</span>
            </div>
          ) : (
            <Compared check={check} />
          )}
        </li>
      ))}
    </ul>
  )
}

function Compared({ check }: { check: SignInCheck }) {
  return (
    <details open={!check.ok} className="group rounded-lg">
      <summary className="flex list-none items-start gap-2.5 rounded-lg px-2 py-1.5 hover:bg-hover [&::-webkit-details-marker]:hidden">
        <CheckMark state={check.ok ? 'done' : 'failed'} />
        <span className={classes('min-w-0 flex-1 text-ink', !check.ok && 'font-medium')}>
          {check.rule}
        </span>
        <ChevronRight
          className="mt-0.5 size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90"
          aria-hidden="true"
        />
      </summary>
      <dl className="grid grid-cols-[4.75rem_1fr] gap-x-2 gap-y-1 pt-1 pr-2 pb-3 pl-9.5 text-sm">
        <dt className="text-ink-3">Expected</dt>
        <dd className="font-mono text-xs/5 text-ink-2 wrap-anywhere">
          {check.expected ?? 'nothing'}
        </dd>
        <dt className="text-ink-3">Received</dt>
        <dd
          className={classes(
            'font-mono text-xs/5 wrap-anywhere',
            check.ok ? 'text-ink-2' : 'text-bad',
          )}
        >
          {check.received ?? 'nothing'}
        </dd>
      </dl>
    </details>
  )
}

export function Claims({ claims }: { claims: { name: string; values: string[] }[] }) {
  return (
    <Scroller label="Claims received" className="rounded-lg border border-line">
      <table className="w-full text-left text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3">
            <th scope="col" className="px-3 py-2 font-medium">
              Claim
            </th>
            <th scope="col" className="px-3 py-2 font-medium">
              Value
            </th>
          </tr>
        </thead>
        <tbody>
          {claims.map((claim) => (
            <tr key={claim.name} className="border-b border-line align-top last:border-0">
              <th
                scope="row"
                className="px-3 py-2 font-mono text-xs/5 font-normal text-ink-2 wrap-anywhere"
              >
                {claim.name}
              </th>
              <td className="px-3 py-2 font-mono text-xs/5 text-ink wrap-anywhere">
                {claim.values.length === 0 ? '(empty)' : claim.values.join(', ')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}
