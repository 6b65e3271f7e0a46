import type { HandOverQuestion } from '../../../../contract/src/index.ts'
import { asProblem, useHandOverPreview } from '../../client/index.ts'
import { type ConfirmedHandOver, ConfirmHandOver, type Protocol } from '../../parts/index.ts'

export function ConfirmSource({
  question,
  ...dialog
}: {
  question: HandOverQuestion
  protocol: Protocol
  title: string
  verb: string
  busy: boolean
  error: unknown
  onConfirm: (handOver: ConfirmedHandOver) => void
  onClose: () => void
}) {
  return (
    <ConfirmHandOver
      {...dialog}
      from={useHandOverPreview(question)}
      problemOf={asProblem}
      keepsEveryone={'rollback' in question}
    />
  )
}
