import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ShadowView } from '../../../../../contract/src/index.ts'
import { useOrganisation } from '../../../client/index.ts'

/** How soon it is looked at again; where there is none, nothing moves by itself. */
const lookAgainMs: Record<ShadowView['state'], number | false> = {
  none: false,
  copying: 2_000,
  open: 10_000,
  applying: 2_000,
}

export function useShadow() {
  const { api, key } = useOrganisation()
  return useQuery({
    queryKey: key('shadow'),
    queryFn: api.shadow,
    refetchInterval: ({ state }) => (state.data ? lookAgainMs[state.data.state] : false),
  })
}

/** What an act answers is shown at once, and what it touches is read again. */
export function useShadowAct<Input = void>(
  act: (input: Input) => Promise<ShadowView>,
  onDone: (shadow: ShadowView) => void,
) {
  const { key } = useOrganisation()
  const client = useQueryClient()
  const readAgain = (...parts: string[]) => {
    for (const part of parts) void client.invalidateQueries({ queryKey: key(part) })
  }
  return useMutation({
    mutationFn: act,
    onSuccess: (shadow) => {
      client.setQueryData(key('shadow'), shadow)
      // No act leaves it open: whoever looks at its difference is led away, and asks for no more of it.
      client.removeQueries({ queryKey: key('shadow-differences') })
      readAgain('provisioning', 'scim', 'users', 'groups')
      onDone(shadow)
    },
    // Out of date: what is shown, and the preview in the dialog, are looked at anew.
    onError: () => readAgain('shadow', 'provisioning'),
  })
}
