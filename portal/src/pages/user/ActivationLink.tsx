import { useMutation } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, CopyField, Dialog, toastProblem } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** Without a mail service the manager hands the link over (EM-5). */
export function ActivationLink({ person }: { person: Person }) {
  const { api } = useOrganisation()
  const link = useMutation({
    mutationFn: () => api.activationLink(person.id),
    onError: (error) => toastProblem('There is no link to show', asProblem(error).detail),
  })
  return (
    <>
      <Button size="small" busy={link.isPending} onClick={() => link.mutate()}>
        Activation link
      </Button>
      {link.data ? (
        <Dialog
          open
          onClose={link.reset}
          title="Activation link"
          about={`For ${person.firstName} ${person.lastName} only. It works once, lives 7 days, and replaces every earlier one.`}
          footer={
            <Button look="primary" onClick={link.reset}>
              Done
            </Button>
          }
        >
          <CopyField label="Link" value={link.data.activationLink} />
        </Dialog>
      ) : null}
    </>
  )
}
