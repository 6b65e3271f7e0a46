import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'
import { classes } from './classes.ts'

type Words = {
  label: string
  help?: ReactNode
  error?: string | undefined
  /** Shown beside the label, e.g. "optional". */
  note?: string | undefined
}

/** Label, control, help and error, tied together for assistive technology. */
export function Field({
  label,
  help,
  error,
  note,
  id,
  children,
}: Words & { id: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="font-medium text-ink">
          {label}
        </label>
        {note ? <span className="text-sm text-ink-3">{note}</span> : null}
      </div>
      {children}
      {error ? (
        <p id={`${id}-error`} className="text-sm text-bad">
          {error}
        </p>
      ) : null}
      {help ? (
        <div id={`${id}-help`} className="text-sm text-ink-3">
          {help}
        </div>
      ) : null}
    </div>
  )
}

export function describedBy(id: string, { help, error }: { help?: unknown; error?: unknown }) {
  return classes(error ? `${id}-error` : null, help ? `${id}-help` : null) || undefined
}

export const inputClasses =
  'h-9 w-full min-w-0 rounded-lg border border-edge/70 bg-surface px-3 text-base text-ink ' +
  'transition-colors hover:border-edge ' +
  'focus-visible:border-accent focus-visible:outline-2 focus-visible:outline-offset-0 ' +
  'focus-visible:outline-focus/50 ' +
  'disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-ink-2 ' +
  'aria-invalid:border-bad'

type Input = Words & Omit<ComponentProps<'input'>, 'id'> & { after?: ReactNode }

export function TextField({ label, help, error, note, className, after, ...props }: Input) {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error} note={note}>
      <div className="relative">
        <input
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, { help, error })}
          className={classes(
            inputClasses,
            'read-only:bg-sunken',
            after ? 'pr-11' : null,
            className,
          )}
          {...props}
        />
        {after ? <div className="absolute inset-y-0 right-1 flex items-center">{after}</div> : null}
      </div>
    </Field>
  )
}

export function PasswordField(props: Input) {
  const [shown, setShown] = useState(false)
  const Icon = shown ? EyeOff : Eye
  return (
    <TextField
      {...props}
      type={shown ? 'text' : 'password'}
      spellCheck={false}
      autoCapitalize="none"
      after={
        <button
          type="button"
          aria-label={shown ? 'Hide password' : 'Show password'}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink"
        >
          <Icon className="size-4" aria-hidden="true" />
        </button>
      }
    />
  )
}

export function TextArea({
  label,
  help,
  error,
  note,
  className,
  ...props
}: Words & Omit<ComponentProps<'textarea'>, 'id'>) {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error} note={note}>
      <textarea
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={describedBy(id, { help, error })}
        spellCheck={false}
        className={classes(inputClasses, 'h-auto min-h-28 py-2 read-only:bg-sunken', className)}
        {...props}
      />
    </Field>
  )
}
