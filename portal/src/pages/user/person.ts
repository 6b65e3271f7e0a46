import type { UserDetails } from '../../../../contract/src/index.ts'
import type { Seen } from '../../client/index.ts'

export type Person = Seen<typeof UserDetails>

/** Whether SCIM or LDAP has the say over this person (PV-8). */
export function isManaged({ managedBy }: Pick<Person, 'managedBy'>): boolean {
  return managedBy === 'scim' || managedBy === 'ldap'
}
