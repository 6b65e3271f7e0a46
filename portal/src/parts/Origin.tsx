import type { Provenance } from '../../../contract/src/index.ts'
import { Ago } from './Time.tsx'

/** The provenance line under a role, a membership or a grant (RB-11). */
export function Origin({ provenance }: { provenance: Provenance }) {
  return (
    <span
      className="text-sm text-ink-3"
      title={provenance.requestId ? `Request ${provenance.requestId}` : undefined}
    >
      {provenanceInWords(provenance)} · <Ago at={provenance.at} />
    </span>
  )
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
function provenanceInWords({ kind, actor, rule }: Provenance): string {
  return `${kinds[kind]} ${actor}${rule ? ` (${rule})` : ''}`
}
