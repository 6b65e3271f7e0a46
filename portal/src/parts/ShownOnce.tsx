import { type ReactNode, useState } from 'react'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { Checkbox } from './Switch.tsx'

/** A secret that is never shown again: leaving needs a word that it was kept. */
export function ShownOnce({
  title,
  about,
  keptWords,
  blockedBecause,
  wide = false,
  onClose,
  children,
}: {
  title: string
  about: string
  /** What the reader says by ticking the box. */
  keptWords: string
  /** Why Done does nothing until then. */
  blockedBecause: string
  wide?: boolean
  onClose: () => void
  children: ReactNode
}) {
  const [kept, setKept] = useState(false)
  return (
    <Dialog
      open
      wide={wide}
      onClose={() => {
        if (kept) onClose()
      }}
      title={title}
      about={about}
      footer={
        <Button look="primary" blockedBecause={kept ? null : blockedBecause} onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className={wide ? 'flex flex-col gap-5' : 'flex flex-col gap-4'}>
        {children}
        <Checkbox label={keptWords} checked={kept} onChange={setKept} />
      </div>
    </Dialog>
  )
}
