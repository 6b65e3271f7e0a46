import { useMutation } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, HandOver, toast, toastProblem } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** Sends the mail again; without a mail service the manager hands the link over (MU-9, EM-5). */
export function ResendActivation({ person }: { person: Person }) {
  const { api, manages } = useOrganisation()
  const resend = useMutation({
    mutationFn: () => api.actOnUsers('resend-activation', [person.id]),
    onSuccess: ({ items: [result] }) => {
      if (result && result.status >= 300) toastProblem('Nothing was sent', result.detail ?? '')
      else if (!result?.activationLink) {
        toast(`Activation is on its way to ${person.email}`, {
          about: 'Earlier links do not work any more.',
        })
      }
    },
    onError: (error) => toastProblem('Nothing was sent', asProblem(error).detail),
  })
  const link = resend.data?.items[0]?.activationLink
  if (!manages) return null
  return (
    <>
      <Button size="small" busy={resend.isPending} onClick={() => resend.mutate()}>
        Resend activation
      </Button>
      {link ? (
        <HandOver
          title={`An activation link for ${person.firstName} ${person.lastName}`}
          about="No mail is sent here: hand it over yourself. It is for this person only, works once, lives 7 days, and replaces every earlier one."
          label="Activation link"
          link={link}
          onClose={resend.reset}
        />
      ) : null}
    </>
  )
}
