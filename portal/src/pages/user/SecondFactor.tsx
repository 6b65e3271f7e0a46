import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Badge, Button, Card, Confirm, Section, toast } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** Whether somebody has a second factor; a manager takes a lost one away. */
export function SecondFactor({ person }: { person: Person }) {
  const { api, key, manages } = useOrganisation()
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const queryKey = key('users', person.id, 'second-factor')
  const view = useQuery({ queryKey, queryFn: () => api.secondFactor(person.id) })
  const reset = useMutation({
    mutationFn: () => api.resetSecondFactor(person.id),
    onSuccess: async () => {
      setAsked(false)
      toast('The second factor is reset')
      await client.invalidateQueries({ queryKey })
    },
  })
  if (!view.data?.isPossible) return null
  const { totpSince, passkeys, recoveryCodesLeft, isRequired } = view.data
  const isOn = totpSince !== null || passkeys.length > 0
  return (
    <Section id="second-factor" title="Second factor">
      <Card className="flex flex-wrap items-center justify-between gap-4 px-5 py-4">
        <div className="flex flex-wrap items-center gap-2">
          {totpSince === null ? null : <Badge tone="good">Authenticator app</Badge>}
          {passkeys.length > 0 ? (
            <Badge tone="good">
              {passkeys.length === 1 ? '1 passkey' : `${passkeys.length} passkeys`}
            </Badge>
          ) : null}
          {isOn ? (
            <span className="text-sm text-ink-3">{recoveryCodesLeft} recovery codes left</span>
          ) : (
            <span className="text-ink-2">
              {isRequired ? 'None yet: it is set up at the next sign-in.' : 'None.'}
            </span>
          )}
        </div>
        {isOn && manages ? (
          <Button size="small" onClick={() => setAsked(true)}>
            Reset
          </Button>
        ) : null}
      </Card>
      <Confirm
        open={asked}
        title="Reset the second factor?"
        about={`For somebody who lost their device: app, passkeys and recovery codes of ${person.firstName} ${person.lastName} open nothing any more. They get a mail about it. First be sure that it is they who ask.`}
        verb="Reset"
        busy={reset.isPending}
        problem={reset.error ? asProblem(reset.error) : null}
        onConfirm={() => reset.mutate()}
        onClose={() => setAsked(false)}
      />
    </Section>
  )
}
