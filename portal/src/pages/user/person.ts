import type { Provenance, UserDetails } from '../../../../contract/src/index.ts'
import type { Seen } from '../../client/index.ts'

export type Person = Seen<typeof UserDetails>

/** Whether SCIM or LDAP has the say over this person (PV-8). */
export function isManaged({ managedBy }: Pick<Person, 'managedBy'>): boolean {
  return managedBy === 'scim' || managedBy === 'ldap'
}

type Membership = Person['memberships'][number]

/**
 * Names of the groups by which somebody is in a group that contains them (SC-39). What is inherited
 * has the provenance of the membership it comes from; several of one moment cannot be told apart.
 */
export function throughWhich(inherited: Membership, all: Membership[]): string[] {
  return all
    .filter((one) => !one.inherited && !one.isDefault && sameOrigin(one, inherited))
    .map(({ name }) => name)
}

function sameOrigin(one: Membership, other: Membership): boolean {
  const [a, b] = [one.provenance, other.provenance]
  return a.kind === b.kind && a.at === b.at && a.actor === b.actor && a.requestId === b.requestId
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
