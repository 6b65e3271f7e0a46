import type { ProvisioningSource, UserRow } from '../../../contract/src/index.ts'
import { Badge, type Tone } from './Badge.tsx'
import { sourceWords, statusWords } from './words.ts'

const tones: Record<UserRow['status'], Tone> = {
  active: 'good',
  pending: 'warn',
  deactivated: 'neutral',
}

export function StatusBadge({ person }: { person: Pick<UserRow, 'status' | 'held'> }) {
  return (
    <span className="inline-flex gap-1.5">
      <Badge tone={tones[person.status]} dot>
        {statusWords[person.status]}
      </Badge>
      {person.held ? <Badge tone="bad">Held</Badge> : null}
    </span>
  )
}

export function SourceBadge({ source }: { source: ProvisioningSource }) {
  if (source === 'portal') return <span className="text-ink-2">{sourceWords.portal}</span>
  return <Badge tone="accent">{sourceWords[source]}</Badge>
}
