import { useMutation, useQueryClient } from '@tanstack/react-query'
import { PauseCircle, PlayCircle } from 'lucide-react'
import { useState } from 'react'
import type { ProvisioningView } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Banner, Button, Confirm, Moment, toast, toastProblem } from '../../parts/index.ts'

/** Both take effect at once, beside what is edited and not saved. */
function usePause(pauses: boolean, onDone?: () => void) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api.pauseProvisioning(pauses),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key('provisioning') })
      toast(pauses ? 'Provisioning is paused' : 'Provisioning goes on')
      onDone?.()
    },
    ...(!pauses && {
      onError: (error: Error) => toastProblem('Still paused', asProblem(error).detail),
    }),
  })
}

/** "Pause provisioning" (PV-15); not while something is edited, which a pause would make out of date. */
export function PauseButton({ edited }: { edited: boolean }) {
  const [asking, setAsking] = useState(false)
  const { name } = useOrganisation()
  const pause = usePause(true, () => setAsking(false))
  return (
    <>
      <Button
        look="ghost"
        size="small"
        blockedBecause={edited ? 'Save or discard your changes first.' : null}
        onClick={() => setAsking(true)}
      >
        <PauseCircle aria-hidden="true" />
        Pause provisioning
      </Button>
      <Confirm
        open={asking}
        title="Pause provisioning?"
        about={`Nobody new gets into ${name} until a manager resumes, whatever the way in.`}
        verb="Pause provisioning"
        busy={pause.isPending}
        problem={pause.error ? asProblem(pause.error) : null}
        onConfirm={() => pause.mutate()}
        onClose={() => {
          pause.reset()
          setAsking(false)
        }}
      >
        <ul className="flex list-disc flex-col gap-1 pl-5 text-ink-2">
          <li>Create, invite, joining by link and first sign-ins are refused.</li>
          <li>
            The identity provider is told to try again later. People who leave there stay here until
            you resume: deactivate or hold them in User Management.
          </li>
          <li>Everyone who is here already goes on signing in.</li>
        </ul>
      </Confirm>
    </>
  )
}

export function PausedBanner({
  paused,
  readOnly,
}: {
  paused: NonNullable<ProvisioningView['paused']>
  readOnly: boolean
}) {
  const resume = usePause(false)
  return (
    <Banner
      tone="warn"
      title="Provisioning is paused"
      action={
        readOnly ? null : (
          <Button size="small" busy={resume.isPending} onClick={() => resume.mutate()}>
            <PlayCircle aria-hidden="true" />
            Resume
          </Button>
        )
      }
    >
      {paused.by} paused it on <Moment at={paused.at} />. What the identity provider could not bring
      meanwhile, it brings when you resume.
    </Banner>
  )
}
