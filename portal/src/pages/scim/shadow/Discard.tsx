import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../../client/index.ts'
import { Button, Confirm, toast } from '../../../parts/index.ts'
import { useShadowAct } from './useShadow.ts'

export function Discard({
  blockedBecause,
  onDone,
}: {
  blockedBecause: string | null
  onDone?: () => void
}) {
  const { api } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const discard = useShadowAct(api.discardShadow, () => {
    setAsking(false)
    toast('Shadow discarded', { about: 'Nothing has changed here.' })
    onDone?.()
  })
  return (
    <>
      <Button blockedBecause={blockedBecause} onClick={() => setAsking(true)}>
        <Trash2 aria-hidden="true" />
        Discard
      </Button>
      <Confirm
        open={asking}
        title="Discard the shadow?"
        about="The copy is thrown away, with everything that the identity provider did to it. Nothing changes here."
        verb="Discard"
        busy={discard.isPending}
        problem={discard.error ? asProblem(discard.error) : null}
        onConfirm={() => discard.mutate()}
        onClose={() => {
          discard.reset()
          setAsking(false)
        }}
      >
        <p className="text-ink-2">
          From then on the identity provider’s calls are refused again. Stop its cycles meanwhile,
          or it reports them as failed. You can start another shadow at any time.
        </p>
      </Confirm>
    </>
  )
}
