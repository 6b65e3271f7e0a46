import { useQuery } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Card,
  Diff,
  eventWords,
  Loaded,
  Section,
  SkeletonRows,
  TextLink,
} from '../../parts/index.ts'
import { isManaged, type Person } from './person.ts'

export function History({ person }: { person: Person }) {
  const { api, key, slug } = useOrganisation()
  const events = useQuery({
    queryKey: key('users', person.id, 'history'),
    queryFn: () => api.auditEvents({ userId: person.id, size: 20 }),
  })
  return (
    <Section
      id="history"
      title="History"
      about="The latest audit events about this person."
      action={
        isManaged(person) ? (
          <TextLink
            to="/o/$slug/settings/provisioning-log"
            params={{ slug }}
            search={{ person: person.id }}
          >
            Calls of the identity provider
          </TextLink>
        ) : null
      }
    >
      <Card>
        <Loaded from={events} problemOf={asProblem} skeleton={<SkeletonRows rows={3} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="px-5 py-4 text-ink-2">Nothing is recorded yet.</p>
            ) : (
              <ul className="divide-y divide-line">
                {items.map((event) => (
                  <li key={event.id}>
                    <details>
                      <summary className="flex list-none flex-wrap items-center justify-between gap-x-4 gap-y-0.5 px-5 py-3 hover:bg-hover/60 [&::-webkit-details-marker]:hidden">
                        <span className="min-w-0">
                          <span className="font-medium">{eventWords(event.type)}</span>{' '}
                          <span className="text-ink-2">by {event.actor.label}</span>
                        </span>
                        <span className="flex items-center gap-2 text-sm text-ink-3">
                          {event.result === 'failure' ? <Badge tone="bad">Failure</Badge> : null}
                          <Ago at={event.at} />
                        </span>
                      </summary>
                      <div className="px-5 pb-4">
                        <Diff before={event.before} after={event.after} />
                      </div>
                    </details>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}
