import type { ReactNode } from 'react'
import type { Problem, ScimToken } from '../../../../contract/src/index.ts'
import {
  Ago,
  Badge,
  Banner,
  Button,
  Confirm,
  daysUntil,
  Moment,
  onDate,
} from '../../parts/index.ts'

/** What a token and a client have in common. */
export type Credential = Omit<ScimToken, 'last3'>

/** From here on the end is near enough to make the next one (SC-7). */
const nearDays = 30
export const liveAtMost = 2
/** As the server asks for it, so that a slip is seen at once. */
const labelPattern = /^[\p{L}\p{N}][\p{L}\p{N} _-]{2,49}$/u

export const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '180', label: '180 days' },
  { value: '365', label: 'One year' },
]

/** What is wrong with a label, or undefined. */
export function labelFault(label: string): string | undefined {
  if (label.trim() === '') return 'Please enter a label.'
  if (labelPattern.test(label.trim())) return undefined
  return '3 to 50 letters, digits, spaces, _ or -, and a letter or digit first.'
}

export function isLive({ state }: Credential): boolean {
  return state === 'live'
}

export function CredentialList<Item extends Credential>({
  items,
  label,
  marks,
  canWrite,
  onRevoke,
}: {
  items: Item[]
  label: string
  marks: (item: Item) => ReactNode
  canWrite: boolean
  onRevoke: (item: Item) => void
}) {
  return (
    <ul aria-label={label} className="divide-y divide-line">
      {items.map((item) => (
        <li
          key={item.id}
          className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3 px-5 py-4 sm:px-6"
        >
          <div className="min-w-0 flex-1">
            <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
              <span className="font-medium wrap-anywhere">{item.label}</span>
              {marks(item)}
              <Expiry item={item} />
            </div>
            <p className="mt-0.5 text-sm text-ink-2">
              {item.lastUsedAt ? (
                <>
                  Last used <Ago at={item.lastUsedAt} />
                  {item.lastUsedIp ? (
                    <>
                      {' '}
                      from <span className="font-mono">{item.lastUsedIp}</span>
                    </>
                  ) : null}
                </>
              ) : (
                'Never used'
              )}
            </p>
            <p className="text-sm text-ink-3">
              Made <Ago at={item.createdAt} /> by {item.createdBy} ·{' '}
              {isLive(item) ? 'expires' : 'expired'} on {onDate(item.expiresAt)}
            </p>
          </div>
          {canWrite ? (
            <Button size="small" look="danger" onClick={() => onRevoke(item)}>
              Revoke<span className="sr-only"> {item.label}</span>
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

function Expiry({ item }: { item: Credential }) {
  if (!isLive(item)) return <Badge tone="bad">Expired</Badge>
  const left = daysUntil(item.expiresAt)
  if (left > nearDays) return null
  return (
    <Badge tone="warn">
      {left < 1 ? 'Expires today' : left === 1 ? 'Expires tomorrow' : `Expires in ${left} days`}
    </Badge>
  )
}

/** The credential that ends next and is close to it, with the way out (SC-3: two may live at a time). */
export function EndingSoon({ items, noun }: { items: Credential[]; noun: string }) {
  const live = items.filter(isLive)
  const ending = live.filter(({ expiresAt }) => daysUntil(expiresAt) <= nearDays)
  const [next] = ending
  if (!next || live.length > ending.length) return null
  return (
    <Banner tone="warn" title={`${next.label} expires on ${onDate(next.expiresAt)}`}>
      Provisioning stops on that day. Make a new {noun}, enter it in the identity provider, and
      revoke this one when the new one is used.
    </Banner>
  )
}

export function Revoke({
  item,
  noun,
  onlyOne,
  busy,
  problem,
  onRevoke,
  onClose,
}: {
  item: Credential
  noun: string
  /** No other one is live, so that provisioning stops. */
  onlyOne: boolean
  busy: boolean
  problem: Problem | null
  onRevoke: () => void
  onClose: () => void
}) {
  return (
    <Confirm
      title={`Revoke ${item.label}?`}
      about={`The next call with this ${noun} is refused with 401. This cannot be undone.`}
      verb="Revoke"
      busy={busy}
      problem={problem}
      onConfirm={onRevoke}
      onClose={onClose}
    >
      <p className="text-ink-2">
        {item.lastUsedAt ? (
          <>
            It was last used on <Moment at={item.lastUsedAt} />
            {item.lastUsedIp ? (
              <>
                {' '}
                from <span className="font-mono">{item.lastUsedIp}</span>
              </>
            ) : null}
            .
          </>
        ) : (
          'It was never used.'
        )}
      </p>
      {onlyOne ? (
        <Banner tone="warn" title={`No other ${noun} is live`}>
          Provisioning stops until the identity provider has a new one. Nobody loses access by that,
          and nobody who leaves is deactivated either.
        </Banner>
      ) : null}
    </Confirm>
  )
}
