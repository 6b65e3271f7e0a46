import { useQuery } from '@tanstack/react-query'
import type { HandOverQuestion } from '../../../contract/src/index.ts'
import { useOrganisation } from './session.ts'

/** A preview is good for ten minutes. */
const lookAgainMs = 9 * 60_000

/** What changing the source would do, looked at anew while the dialog is open. */
export function useHandOverPreview(question: HandOverQuestion) {
  const { api, key } = useOrganisation()
  return useQuery({
    queryKey: key('provisioning', 'preview', question),
    queryFn: () => api.previewProvisioning(question),
    refetchInterval: lookAgainMs,
    gcTime: 0,
    staleTime: 0,
  })
}
