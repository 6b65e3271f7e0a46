import { Activity } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ScimView } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import { Ago, Badge, Card, TextLink, type Tone } from '../../parts/index.ts'

const states: Record<ScimView['health']['state'], { tone: Tone; label: string }> = {
  never_called: { tone: 'neutral', label: 'Not called yet' },
  healthy: { tone: 'good', label: 'Working' },
  failing: { tone: 'bad', label: 'Failing' },
  silent: { tone: 'warn', label: 'Silent' },
}

/** Beyond this the server stops counting. */
const countedTo = 10_000
const number = new Intl.NumberFormat('en')
const counted = (value: number) =>
  value >= countedTo ? `${number.format(countedTo)} or more` : number.format(value)

/** Whether the identity provider is heard, and whom it manages. */
export function Health({ view, live }: { view: ScimView; live: boolean }) {
  const { slug } = useOrganisation()
  const { health, people } = view
  const state = states[health.state]
  const log = { to: '/o/$slug/settings/provisioning-log', params: { slug } } as const
  const users = { to: '/o/$slug/settings/users', params: { slug } } as const
  return (
    <Card>
      <section aria-labelledby="health">
        <div className="flex flex-wrap items-start gap-x-4 gap-y-2 px-5 py-5 sm:px-6">
          <span className="hidden size-10 shrink-0 items-center justify-center rounded-xl bg-accent-soft text-accent-text sm:flex">
            <Activity className="size-5" aria-hidden="true" />
          </span>
          <div className="min-w-0 flex-1">
            <h2 id="health" className="flex flex-wrap items-center gap-2.5 font-semibold">
              Health
              <Badge tone={state.tone} dot>
                {state.label}
              </Badge>
            </h2>
            <p className="mt-0.5 text-ink-2">{health.sentence}</p>
          </div>
        </div>
        <dl className="grid grid-cols-2 border-t border-line lg:grid-cols-5">
          <Figure label="Last call">
            {health.lastCallAt ? (
              <>
                <Ago at={health.lastCallAt} />
                {health.lastStatus ? (
                  <span className="text-base font-normal text-ink-3"> · {health.lastStatus}</span>
                ) : null}
              </>
            ) : (
              'Never'
            )}
          </Figure>
          <Figure
            label="Calls in a day"
            link={
              <TextLink {...log} search={{ since: '1d' }}>
                See calls
              </TextLink>
            }
          >
            {counted(health.callsLastDay)}
          </Figure>
          <Figure
            label="Refused in a day"
            link={
              <TextLink {...log} search={{ since: '1d', result: 'refused' }}>
                See refusals
              </TextLink>
            }
          >
            <span className={health.refusedLastDay > 0 ? 'text-bad' : undefined}>
              {counted(health.refusedLastDay)}
            </span>
          </Figure>
          <Figure
            label="People managed"
            link={
              <TextLink {...users} search={{ managedBy: 'scim' }}>
                See people
              </TextLink>
            }
          >
            {number.format(people.managed)}
          </Figure>
          <Figure
            label="Not in the IdP"
            link={
              <TextLink {...users} search={{ notManagedBy: 'scim' }}>
                Review them
              </TextLink>
            }
          >
            {number.format(people.notInIdp)}
          </Figure>
        </dl>
        {live && people.notInIdp > 0 ? (
          <p className="border-t border-line px-5 py-3 text-sm text-ink-2 sm:px-6">
            People who are not in the identity provider keep working as before: nothing happens to
            them by itself. Review them, and deactivate those who should no longer be here.
          </p>
        ) : null}
      </section>
    </Card>
  )
}

function Figure({
  label,
  link,
  children,
}: {
  label: string
  link?: ReactNode
  children: ReactNode
}) {
  return (
    <div className="flex flex-col gap-0.5 border-line px-5 py-4 not-first:border-l-0 sm:px-6 lg:not-first:border-l">
      <dt className="text-sm text-ink-3">{label}</dt>
      <dd className="text-lg font-semibold tabular-nums">{children}</dd>
      {link ? <dd className="text-sm">{link}</dd> : null}
    </div>
  )
}
