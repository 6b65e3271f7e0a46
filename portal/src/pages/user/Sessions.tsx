import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Button,
  browserWords,
  Card,
  Loaded,
  Section,
  SkeletonRows,
  signedInWords,
  toast,
  toastProblem,
} from '../../parts/index.ts'
import type { Person } from './person.ts'

export function Sessions({ person }: { person: Person }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const sessions = useQuery({
    queryKey: key('users', person.id, 'sessions'),
    queryFn: () => api.userSessions(person.id),
  })
  const end = useMutation({
    mutationFn: (id: string) => api.endSession(person.id, id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key('users', person.id, 'sessions') })
      toast('Session ended')
    },
    onError: (error) => toastProblem('The session goes on', asProblem(error).detail),
  })
  return (
    <Section id="sessions" title="Sessions">
      <Card>
        <Loaded from={sessions} problemOf={asProblem} skeleton={<SkeletonRows rows={1} />}>
          {({ items }) =>
            items.length === 0 ? (
              <p className="px-5 py-4 text-ink-2">Not signed in anywhere now.</p>
            ) : (
              <ul className="divide-y divide-line">
                {items.map((session) => (
                  <li
                    key={session.id}
                    className="flex items-center justify-between gap-4 px-5 py-3"
                  >
                    <div className="min-w-0">
                      <div className="truncate" title={session.userAgent}>
                        {browserWords(session.userAgent)}
                      </div>
                      <div className="text-sm text-ink-3">
                        {signedInWords(session.method)} · {session.ip} · signed in{' '}
                        <Ago at={session.createdAt} />, last seen <Ago at={session.lastSeenAt} />
                      </div>
                    </div>
                    {session.current ? (
                      <Badge tone="good">This session</Badge>
                    ) : manages ? (
                      <Button
                        size="small"
                        aria-label={`End the session of ${session.ip}`}
                        busy={end.isPending && end.variables === session.id}
                        onClick={() => end.mutate(session.id)}
                      >
                        End
                      </Button>
                    ) : null}
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
