import { useMutation } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { toast, toastProblem } from '../../parts/index.ts'
import type { Person } from './person.ts'

/** The person's newest mail goes out once more (EM-8). */
export function useSendAgain(person: Person, onChanged: () => Promise<void>) {
  const { api } = useOrganisation()
  return useMutation({
    mutationFn: (mailId: string) => api.sendMailAgain(mailId),
    onSuccess: () => {
      toast('On its way again', { about: person.email })
      return onChanged()
    },
    onError: (error) => toastProblem('Not sent again', asProblem(error).detail),
  })
}
