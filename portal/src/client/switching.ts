import { useQuery } from '@tanstack/react-query'
import { useOrganisation } from './session.ts'

const lookAgainMs = 2_000

/** A switch of the login method on its way to everybody: how far it is, null when it has arrived. */
export function useSwitching(): { done: number; total: number } | null {
  const { api, key } = useOrganisation()
  const login = useQuery({
    queryKey: key('login-method'),
    queryFn: api.loginMethod,
    refetchInterval: ({ state }) => (state.data?.value.switching ? lookAgainMs : false),
  })
  return login.data?.value.switching ?? null
}
