import { QueryClient, queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import type { Me } from '../../../contract/src/index.ts'
import { doors, organisationApi } from './api.ts'
import { asProblem, rememberCsrfToken } from './http.ts'

/** Refusals are answers: asking again changes nothing. Only an unreachable server is worth a retry. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (count, error) => {
        const { status } = asProblem(error)
        return count < 2 && (status === 0 || status >= 502)
      },
    },
  },
})

export const meQuery = queryOptions({
  queryKey: ['me'],
  staleTime: 5 * 60_000,
  queryFn: async () => {
    const me = await doors.me()
    rememberCsrfToken(me.csrfToken)
    return me
  },
})

/** Signs out here, and says where to go on: the identity provider's own sign-out, or the sign-in page. */
export async function signOut(slug: string): Promise<string> {
  const { redirect } = await doors.signOut()
  return redirect ?? `/login/${slug}?signedOut=1`
}

/** Who is signed in; only inside an organisation's pages, where the router has already asked. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data
}

/** The signed-in person's organisation: its id, slug and name, its calls, and a key for its queries. */
export function useOrganisation() {
  const me = useMe()
  const { organisation } = me
  return {
    ...organisation,
    api: organisationApi(organisation.id),
    key: (...parts: unknown[]) => ['organisation', organisation.id, ...parts],
    manages: isManager(me),
    reads: isManager(me) || me.user.roles.includes('ROLE_VIEWER'),
  }
}

export function isManager(me: Me): boolean {
  return me.user.breakGlass || me.user.roles.includes('ROLE_MANAGER')
}
