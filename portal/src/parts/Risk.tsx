import type { Adoption } from '../../../contract/src/index.ts'
import { Badge, type Tone } from './Badge.tsx'

const risks: Record<Adoption['risk'], { words: string; tone: Tone }> = {
  low: { words: 'Low risk', tone: 'good' },
  medium: { words: 'Medium risk', tone: 'warn' },
  high: { words: 'High risk', tone: 'bad' },
}

export function Risk({ risk }: Pick<Adoption, 'risk'>) {
  const { words, tone } = risks[risk]
  return <Badge tone={tone}>{words}</Badge>
}
