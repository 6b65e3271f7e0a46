import type { Provenance, UserDetails } from '../../../../contract/src/index.ts'
import type { Seen } from '../../client/index.ts'

export type Person = Seen<typeof UserDetails>

/** Whether SCIM or LDAP has the say over this person (PV-8). */
export function isManaged({ managedBy }: Pick<Person, 'managedBy'>): boolean {
  return managedBy === 'scim' || managedBy === 'ldap'
}

const kinds: Record<Provenance['kind'], string> = {
  manual: 'Given by',
  invite: 'Promised in an invitation by',
  link: 'By self-service link of',
  jit: 'At first sign-in, by',
  scim: 'Sent by SCIM with',
  ldap: 'By LDAP,',
  default: 'By default, from',
  temporary: 'For a limited time, by',
}

/** Where something comes from, in words: "Given by Ana Ruiz". */
export function provenanceInWords({ kind, actor, rule }: Provenance): string {
  return `${kinds[kind]} ${actor}${rule ? ` (${rule})` : ''}`
}
