import type { ReactNode } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { ProblemBanner } from './States.tsx'

/** Asks before something ends for good. */
export function Confirm({
  open = true,
  title,
  about,
  verb,
  busy,
  problem,
  onConfirm,
  onClose,
  children,
}: {
  open?: boolean
  title: string
  about: string
  /** What the button does: "Revoke". */
  verb: string
  busy: boolean
  problem: Problem | null
  onConfirm: () => void
  onClose: () => void
  children?: ReactNode
}) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      about={about}
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button look="danger" busy={busy} onClick={onConfirm}>
            {verb}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {problem ? <ProblemBanner problem={problem} /> : null}
        {children}
      </div>
    </Dialog>
  )
}
