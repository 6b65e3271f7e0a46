import { useQuery } from '@tanstack/react-query'
import { ArrowRight, ChevronRight } from 'lucide-react'
import type { AccessView } from '../../../../contract/src/index.ts'
import { asProblem, type Seen, useOrganisation } from '../../client/index.ts'
import {
  Badge,
  Card,
  Loaded,
  Origin,
  roleWords,
  Section,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'
import type { Person } from './person.ts'

type Item = Seen<typeof AccessView>['items'][number]

/** "Why does this person have this?": every path that confers each role (RB-12). */
export function Why({ person }: { person: Person }) {
  const { api, key } = useOrganisation()
  const access = useQuery({
    queryKey: key('users', person.id, 'access'),
    queryFn: () => api.access(person.id),
  })
  return (
    <Section
      id="why"
      title="Why does this person have this?"
      about="Every role and permission in effect, with each path that gives it."
    >
      <Card>
        <Loaded from={access} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="px-5 py-4 text-ink-2">This person has no role or permission now.</p>
            ) : (
              <ul className="divide-y divide-line">
                {items.map((item) => (
                  <Effective key={`${item.scope} ${item.poolId} ${item.role}`} item={item} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}

function Effective({ item }: { item: Item }) {
  const where = item.scope === 'pool' ? `on pool ${item.poolName}` : 'in the organisation'
  return (
    <li>
      <details className="group">
        <summary className="flex list-none items-start gap-3 px-5 py-3 hover:bg-hover/60 [&::-webkit-details-marker]:hidden">
          <ChevronRight
            className="mt-0.5 size-4 shrink-0 text-ink-3 transition-transform group-open:rotate-90"
            aria-hidden="true"
          />
          <span className="min-w-0 flex-1">
            <span className="font-medium">{roleWords(item.role)}</span>{' '}
            <span className="text-ink-2">{where}</span>
            <span className="mt-1 flex flex-wrap gap-1">
              {item.permissions.map((permission) => (
                <code
                  key={permission}
                  className="rounded bg-sunken px-1.5 text-xs/5 text-ink-2 ring-1 ring-line ring-inset"
                >
                  {permission}
                </code>
              ))}
            </span>
          </span>
          <Badge>{item.paths.length === 1 ? '1 path' : `${item.paths.length} paths`}</Badge>
        </summary>
        <ol className="flex flex-col gap-3 px-5 pb-5 sm:pl-12">
          {item.paths.map((path) => (
            <li key={path.sentence} className="rounded-lg border border-line p-3.5">
              <p className="text-ink">{path.sentence}</p>
              <ol className="mt-3 flex flex-wrap items-stretch gap-x-1.5 gap-y-2">
                {path.steps.map((step, index) => (
                  <li key={`${step.kind} ${step.label}`} className="flex items-center gap-1.5">
                    {index > 0 ? (
                      <ArrowRight className="size-4 shrink-0 text-ink-3" aria-hidden="true" />
                    ) : null}
                    <span className="flex h-full flex-col rounded-lg bg-sunken px-3 py-1.5 ring-1 ring-line ring-inset">
                      <StepLabel step={step} poolId={item.poolId} />
                      <Origin provenance={step.provenance} />
                    </span>
                  </li>
                ))}
              </ol>
            </li>
          ))}
        </ol>
      </details>
    </li>
  )
}

/** A step leads to the page where it can be changed. */
function StepLabel({
  step: { kind, label, groupId },
  poolId,
}: {
  step: Item['paths'][number]['steps'][number]
  poolId: string | null
}) {
  const { slug } = useOrganisation()
  if (groupId && kind !== 'group_grant') {
    return (
      <TextLink to="/o/$slug/settings/groups/$id" params={{ slug, id: groupId }}>
        {label}
      </TextLink>
    )
  }
  if (poolId) {
    return (
      <TextLink to="/o/$slug/settings/pools/$id" params={{ slug, id: poolId }}>
        {label}
      </TextLink>
    )
  }
  return <span className="font-medium">{label}</span>
}
