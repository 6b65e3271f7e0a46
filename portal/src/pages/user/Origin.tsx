import type { Provenance } from '../../../../contract/src/index.ts'
import { Ago } from '../../parts/index.ts'
import { provenanceInWords } from './person.ts'

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
