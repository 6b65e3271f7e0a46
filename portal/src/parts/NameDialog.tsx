import { type ReactNode, useState } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { CreateDialog } from './CreateDialog.tsx'
import { TextField } from './Field.tsx'

/** Asks for the name of something, new or known. */
export function NameDialog({
  title,
  about,
  verb,
  value = '',
  busy,
  problem,
  onName,
  onClose,
  children,
}: {
  title: string
  about?: string
  verb: string
  value?: string
  busy: boolean
  problem: Problem | null
  onName: (name: string) => void
  onClose: () => void
  children?: ReactNode
}) {
  const [name, setName] = useState(value)
  const [asked, setAsked] = useState<string | null>(null)
  const isOfName = problem?.errors?.some(({ pointer }) => pointer === '/name')
  const empty = name.trim() === '' ? 'Please enter a name.' : undefined
  return (
    <CreateDialog
      title={title}
      {...(about ? { about } : {})}
      verb={verb}
      busy={busy}
      problem={isOfName ? null : problem}
      onSubmit={() => {
        setAsked(name)
        if (!empty) onName(name.trim())
      }}
      onClose={onClose}
    >
      <TextField
        label="Name"
        autoComplete="off"
        maxLength={100}
        value={name}
        error={asked === name ? (empty ?? (isOfName ? problem?.detail : undefined)) : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      {children}
    </CreateDialog>
  )
}
