import { CircleStop } from 'lucide-react'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../../client/index.ts'
import { Button, Confirm, toast } from '../../../parts/index.ts'
import { useShadowAct } from './useShadow.ts'

/** A way out, should going live not come to an end. */
export function Stop({
  blockedBecause,
  onDone,
}: {
  blockedBecause: string | null
  onDone: () => void
}) {
  const { api } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const stop = useShadowAct(api.discardShadow, () => {
    setAsking(false)
    toast('Stopped', { about: 'SCIM is live. The identity provider is heard again.' })
    onDone()
  })
  return (
    <>
      <Button
        className="self-start"
        blockedBecause={blockedBecause}
        onClick={() => setAsking(true)}
      >
        <CircleStop aria-hidden="true" />
        Stop
      </Button>
      <Confirm
        open={asking}
        title="Stop bringing the rest?"
        about="What was brought to people stays, and SCIM stays the source."
        verb="Stop"
        busy={stop.isPending}
        problem={stop.error ? asProblem(stop.error) : null}
        onConfirm={() => stop.mutate()}
        onClose={() => {
          stop.reset()
          setAsking(false)
        }}
      >
        <p className="text-ink-2">
          The rest is thrown away with the copy. Your identity provider is heard again at once, and
          finds in its next cycle whom it has to send anew.
        </p>
      </Confirm>
    </>
  )
}
