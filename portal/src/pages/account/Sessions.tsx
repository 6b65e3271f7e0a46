import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { account, asProblem, useOrganisation } from '../../client/index.ts'
import {
  Ago,
  Badge,
  Button,
  browserWords,
  Card,
  Confirm,
  Loaded,
  Section,
  SkeletonRows,
  toast,
  toastProblem,
} from '../../parts/index.ts'

/** Where a person is signed in, to end one session or all of them (US-17). */
export function Sessions({ userId }: { userId: string }) {
  const { api, key, slug } = useOrganisation()
  const client = useQueryClient()
  const queryKey = key('users', userId, 'sessions')
  const [everywhere, setEverywhere] = useState(false)
  const sessions = useQuery({ queryKey, queryFn: () => api.userSessions(userId) })
  const end = useMutation({
    mutationFn: (id: string) => api.endSession(userId, id),
    onSuccess: async () => {
      toast('Session ended')
      await client.invalidateQueries({ queryKey })
    },
    onError: (error) => toastProblem('The session goes on', asProblem(error).detail),
  })
  const endAll = useMutation({
    mutationFn: (keepThis: boolean) => account.endSessions(keepThis),
    onSuccess: async (_, keepThis) => {
      if (!keepThis) return location.assign(`/login/${slug}?signedOut=1`)
      setEverywhere(false)
      toast('Your other sessions have ended')
      await client.invalidateQueries({ queryKey })
    },
  })
  return (
    <Section
      id="sessions"
      title="Sessions"
      about="Where you are signed in now."
      action={
        <Button size="small" onClick={() => setEverywhere(true)}>
          Sign out everywhere
        </Button>
      }
    >
      <Card>
        <Loaded from={sessions} problemOf={asProblem} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) => (
            <ul className="divide-y divide-line">
              {items.map((session) => (
                <li key={session.id} className="flex items-center justify-between gap-4 px-5 py-3">
                  <div className="min-w-0">
                    <div className="truncate" title={session.userAgent}>
                      {browserWords(session.userAgent)}
                    </div>
                    <div className="text-sm text-ink-3">
                      {session.ip} · last seen <Ago at={session.lastSeenAt} />
                    </div>
                  </div>
                  {session.current ? (
                    <Badge tone="good">This session</Badge>
                  ) : (
                    <Button
                      size="small"
                      aria-label={`End the session of ${session.ip}`}
                      onClick={() => end.mutate(session.id)}
                    >
                      End
                    </Button>
                  )}
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      </Card>
      <Confirm
        open={everywhere}
        title="Sign out everywhere?"
        about="Every session of yours ends at once, on every device, and so does what is half-way through signing in."
        verb="Everywhere, here too"
        busy={endAll.isPending}
        problem={endAll.error ? asProblem(endAll.error) : null}
        onConfirm={() => endAll.mutate(false)}
        onClose={() => setEverywhere(false)}
      >
        <Button busy={endAll.isPending} onClick={() => endAll.mutate(true)}>
          Only elsewhere: stay signed in here
        </Button>
      </Confirm>
    </Section>
  )
}
