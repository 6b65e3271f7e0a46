import type { Provenance, UserDetails } from '../../../../contract/src/index.ts'
import type { Seen } from '../../client/index.ts'

export type Person = Seen<typeof UserDetails>

const kinds: Record<Provenance['kind'], string> = {
  manual: 'Given by',
  invite: 'Promised in an invitation by',
  link: 'By self-service link of',
  jit: 'At first sign-in, by',
  scim: 'By SCIM,',
  ldap: 'By LDAP,',
  default: 'By default, from',
  temporary: 'For a limited time, by',
}

/** Where something comes from, in words: "Given by Ana Ruiz". */
export function provenanceInWords({ kind, actor, rule }: Provenance): string {
  return `${kinds[kind]} ${actor}${rule ? ` (${rule})` : ''}`
}
