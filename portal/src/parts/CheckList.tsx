import { Circle, Check as Tick, X } from 'lucide-react'
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

const words: Record<string, string> = {
  signature: 'Signed by a certificate you trust',
  issuer: 'Sent by your identity provider',
  audience: 'Meant for this service',
  recipient: 'Addressed to this ACS URL',
  destination: 'Delivered to this ACS URL',
  in_response_to: 'Answers the request that was sent',
  inresponseto: 'Answers the request that was sent',
  time_window: 'Inside its time window',
  expired: 'Not expired',
  replay: 'Seen for the first time',
  algorithm: 'Strong signature algorithm',
  status: 'The identity provider says success',
}

function inWords(rule: string): string {
  const known =
    words[
      rule
        .toLowerCase()
        .replace(/^saml\./, '')
        .replaceAll(/[- ]/g, '_')
    ]
  if (known) return known
  const plain = rule.replaceAll(/[._]/g, ' ')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** The checks of a sign-in in their order, with expected and received value. */
export function SignInChecks({
  checks,
}: {
  checks: { rule: string; ok: boolean; expected: string | null; received: string | null }[]
}) {
  return (
    <ul aria-label="Checks" className="flex flex-col divide-y divide-line">
      {checks.map((check) => (
        <li key={check.rule} className="flex items-start gap-3 py-2.5 first:pt-0 last:pb-0">
          <CheckMark state={check.ok ? 'done' : 'failed'} />
          <div className="min-w-0 flex-1">
            <div className="text-ink">{inWords(check.rule)}</div>
            {check.expected !== null || check.received !== null ? (
              <dl className="mt-1 grid grid-cols-[5rem_1fr] gap-x-2 gap-y-0.5 text-sm">
                {check.expected === null ||
                (check.ok && check.expected === check.received) ? null : (
                  <>
                    <dt className="text-ink-3">Expected</dt>
                    <dd className="font-mono text-xs/5 text-ink-2 wrap-anywhere">
                      {check.expected}
                    </dd>
                  </>
                )}
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
            ) : null}
          </div>
        </li>
      ))}
    </ul>
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
