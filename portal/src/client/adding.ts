import { useQuery } from '@tanstack/react-query'
import { useOrganisation } from './session.ts'

/** Why nobody can be created or invited here now; `show` where the page says so above its list. */
export function useAddingBlocked(): { because: string | null; hint: string; show: boolean } {
  const { api, key, manages } = useOrganisation()
  const login = useQuery({ queryKey: key('login-method'), queryFn: api.loginMethod })
  const provisioning = useQuery({ queryKey: key('provisioning'), queryFn: api.provisioning })
  if (!manages) return { because: 'Only a manager can add people.', hint: '', show: false }
  if (login.data && login.data.value.method === null) {
    return {
      because: 'Nobody can be added before a login method is chosen.',
      hint: 'Decide first how people sign in; it takes a minute.',
      show: true,
    }
  }
  const source = provisioning.data?.value.source
  if (source === 'scim' || source === 'ldap') {
    return {
      because:
        source === 'scim'
          ? 'People come from your identity provider by SCIM. Assign them to the application there.'
          : 'People are managed by LDAP and are added there.',
      hint: 'Create and invite are closed while this way in is chosen.',
      show: true,
    }
  }
  if (provisioning.data?.value.paused) {
    return {
      because: 'Provisioning is paused: nobody can be added.',
      hint: 'A manager resumes it on Identity Configuration.',
      show: true,
    }
  }
  return { because: null, hint: '', show: false }
}
