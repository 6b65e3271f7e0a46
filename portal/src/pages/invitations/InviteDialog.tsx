import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Invited } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, Dialog, ProblemBanner, TextArea } from '../../parts/index.ts'
import { addressesAtMost, readAddresses } from './addresses.ts'
import { PromiseFields, usePromise } from './PromiseFields.tsx'
import { Results } from './Results.tsx'

/** "+ Invite users" (IN-1, IN-2). */
export function InviteDialog({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { api, name } = useOrganisation()
  const [typed, setTyped] = useState('')
  const [fault, setFault] = useState<string>()
  const promise = usePromise()
  const emails = readAddresses(typed)
  const invite = useMutation({
    mutationFn: () => api.invite({ emails, ...promise.given, expiresInDays: promise.days }),
    onSuccess: onDone,
  })
  if (invite.data) return <Outcome invited={invite.data} onClose={onClose} />
  const submit = () => {
    const wrong =
      emails.length === 0
        ? 'Enter at least one e-mail address.'
        : emails.length > addressesAtMost
          ? `These are ${emails.length} addresses; at most ${addressesAtMost} go at once.`
          : undefined
    setFault(wrong)
    if (!wrong) invite.mutate()
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="Invite users"
      about={`Each gets a mail with a link of their own to join ${name}. They become users when they accept.`}
      footer={
        <>
          <p role="status" className="mr-auto self-center text-sm text-ink-3 tabular-nums">
            {emails.length === 1 ? '1 address' : `${emails.length} addresses`}
          </p>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button look="primary" type="submit" form="invite-users" busy={invite.isPending}>
            Invite
          </Button>
        </>
      }
    >
      <form
        id="invite-users"
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        {invite.error ? <ProblemBanner problem={asProblem(invite.error)} /> : null}
        <TextArea
          label="E-mail addresses"
          value={typed}
          error={fault}
          help="Separated by comma, semicolon or new line; up to 200."
          onChange={(event) => {
            setTyped(event.target.value)
            setFault(undefined)
          }}
        />
        <PromiseFields promise={promise} />
      </form>
    </Dialog>
  )
}

/** The links are there once only, where no mail is sent. */
export function Outcome({ invited, onClose }: { invited: Invited; onClose: () => void }) {
  const handOver = invited.items.some(({ link }) => link !== undefined)
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Invitations"
      about={
        handOver
          ? 'No mail is sent here: copy the links and hand them over yourself. They are not shown again; sending an invitation again makes a new one.'
          : undefined
      }
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Results invited={invited} />
    </Dialog>
  )
}
