import { type FormEvent, type ReactNode, useId } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { ProblemBanner } from './States.tsx'

/** The fields of something new. A problem that no field can show stands above them. */
export function CreateDialog({
  open = true,
  title,
  about,
  verb = 'Create',
  busy,
  problem,
  onSubmit,
  onClose,
  children,
}: {
  open?: boolean
  title: string
  about?: string
  verb?: string
  busy: boolean
  problem: Problem | null | undefined
  onSubmit: (event: FormEvent) => void
  onClose: () => void
  children: ReactNode
}) {
  const id = useId()
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
          <Button look="primary" type="submit" form={id} busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={id}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit(event)
        }}
      >
        {problem ? <ProblemBanner problem={problem} /> : null}
        {children}
      </form>
    </Dialog>
  )
}
