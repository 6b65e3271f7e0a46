import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { ProvisioningView } from '../../../../contract/src/index.ts'
import { useOrganisation } from '../../client/index.ts'
import { Button, type ConfirmedHandOver, Moment, type Protocol, toast } from '../../parts/index.ts'
import { ConfirmSource } from './ConfirmSource.tsx'

/** "Roll back" to the source before the last change, for 30 days (PV-14). */
export function RollBack({
  rollback,
  protocol,
  edited,
}: {
  rollback: NonNullable<ProvisioningView['rollback']>
  protocol: Protocol
  /** Whether anything of the form waits for its Save, which this would make out of date. */
  edited: boolean
}) {
  const { api, key } = useOrganisation()
  const [asking, setAsking] = useState(false)
  const client = useQueryClient()
  const back = useMutation({
    mutationFn: ({ previewId }: ConfirmedHandOver) => api.rollBackProvisioning(previewId),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: key('provisioning') })
      setAsking(false)
      toast(`Rolled back to ${rollback.label}`)
    },
    // Out of date: what is shown, and the preview in the dialog, are looked at anew.
    onError: () => void client.invalidateQueries({ queryKey: key('provisioning') }),
  })
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-b border-line px-5 py-3 text-sm sm:px-6">
      <p className="text-ink-2">
        Before that, people entered by {rollback.label}. Until <Moment at={rollback.until} /> you
        can go back.
      </p>
      <Button
        look="ghost"
        size="small"
        blockedBecause={edited ? 'Save or discard your changes first.' : null}
        onClick={() => setAsking(true)}
      >
        <Undo2 aria-hidden="true" />
        Roll back
      </Button>
      {asking ? (
        <ConfirmSource
          question={{ rollback: true }}
          protocol={protocol}
          title={`Roll back to ${rollback.label}?`}
          verb="Roll back"
          busy={back.isPending}
          error={back.error}
          onConfirm={back.mutate}
          onClose={() => {
            back.reset()
            setAsking(false)
          }}
        />
      ) : null}
    </div>
  )
}
