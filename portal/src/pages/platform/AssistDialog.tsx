import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, platform } from '../../client/index.ts'
import { CreateDialog, Select, TextField } from '../../parts/index.ts'

/** ROLE_ROOT becomes a manager of one organisation for a while, and its managers are told (RB-2). */
export function AssistDialog({
  organisation,
  onSignInAgain,
  onClose,
}: {
  organisation: { id: string; name: string }
  /** The last sign-in is too long ago for this. */
  onSignInAgain: () => void
  onClose: () => void
}) {
  const [reason, setReason] = useState('')
  const [hours, setHours] = useState('1')
  const [fault, setFault] = useState<string>()
  const assist = useMutation({
    mutationFn: () => platform.assist(organisation.id, { reason, hours: Number(hours) }),
    onSuccess: ({ portalUrl }) => location.assign(portalUrl),
    onError: (error) => {
      if (asProblem(error).code === 'auth.reauth_required') onSignInAgain()
    },
  })
  return (
    <CreateDialog
      title={`Assist ${organisation.name}`}
      about="You get its portal as a manager would. All its managers are told at once who, why and until when, and everything you do there is recorded under your name."
      verb="Assist"
      busy={assist.isPending}
      problem={assist.error ? asProblem(assist.error) : null}
      onSubmit={() => {
        if (reason.trim().length < 3) return setFault('Say why; its managers read it.')
        assist.mutate()
      }}
      onClose={onClose}
    >
      <TextField
        label="Why"
        value={reason}
        maxLength={300}
        error={fault}
        help="For example: “Ana asked on the phone, SSO metadata”."
        onChange={(event) => {
          setReason(event.target.value)
          setFault(undefined)
        }}
      />
      <Select
        label="For how long"
        value={hours}
        choices={['1', '2', '3', '4'].map((value) => ({
          value,
          label: value === '1' ? '1 hour' : `${value} hours`,
        }))}
        onChange={setHours}
      />
    </CreateDialog>
  )
}
