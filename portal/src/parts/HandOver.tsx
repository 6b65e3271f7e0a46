import type { ReactNode } from 'react'
import { Button } from './Button.tsx'
import { CopyField } from './Copy.tsx'
import { Dialog } from './Dialog.tsx'

/** Where no mail is sent: a link for a manager to give to the person, shown this once (EM-5). */
export function HandOver({
  title,
  about,
  label,
  link,
  onClose,
}: {
  title: string
  about: ReactNode
  /** What kind of link it is. */
  label: string
  link: string
  onClose: () => void
}) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      about={about}
      footer={
        <Button look="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <CopyField label={label} value={link} />
    </Dialog>
  )
}
