import { useState } from 'react'
import type { Problem, ProvisioningSource } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { TextField } from './Field.tsx'
import { Banner, ProblemBanner } from './States.tsx'

/** Asks before a person is erased: only typing the e-mail makes it possible (US-10). */
export function DeletePerson({
  person,
  busy,
  problem,
  onDelete,
  onClose,
}: {
  person: { email: string; firstName: string; lastName: string; managedBy: ProvisioningSource }
  busy: boolean
  problem: Problem | null
  onDelete: () => void
  onClose: () => void
}) {
  const [typed, setTyped] = useState('')
  const confirmed = typed.trim().toLowerCase() === person.email.toLowerCase()
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Delete ${person.firstName} ${person.lastName}?`}
      about="Their profile and credentials are erased; audit entries stay. This cannot be undone."
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="danger"
            type="submit"
            form="delete-person"
            busy={busy}
            blockedBecause={confirmed ? null : 'Type the e-mail to confirm.'}
          >
            Delete user
          </Button>
        </>
      }
    >
      <form
        id="delete-person"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (confirmed) onDelete()
        }}
      >
        {problem ? <ProblemBanner problem={problem} /> : null}
        {person.managedBy === 'sso_jit' ? (
          <Banner tone="warn" title="They can come back">
            If this person is still assigned to the application in your identity provider, their
            next sign-in makes a new account with the defaults. Remove the assignment there first.
          </Banner>
        ) : null}
        <TextField
          label="Type the e-mail to confirm"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          help={<span className="font-mono">{person.email}</span>}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
    </Dialog>
  )
}
