import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useId, useState } from 'react'
import { classes } from './classes.ts'

/** Copies a value and says so, to eyes and ears. */
export function CopyButton({
  value,
  label = 'Copy',
  of,
  bare,
}: {
  value: string
  label?: string
  /** What is copied, for the accessible name: "Copy ACS URL". */
  of: string
  bare?: boolean
}) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1800)
    return () => clearTimeout(timer)
  }, [copied])
  const Icon = copied ? Check : CopyIcon
  return (
    <button
      type="button"
      aria-label={`${label} ${of}`}
      onClick={() => void copy(value).then(setCopied)}
      className={classes(
        'inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-md px-2 text-sm font-medium transition-colors hover:bg-hover',
        copied ? 'text-good' : 'text-ink-2 hover:text-ink',
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {bare ? null : <span aria-hidden="true">{copied ? 'Copied' : label}</span>}
      <span role="status" className="sr-only">
        {copied ? `${of} copied` : ''}
      </span>
    </button>
  )
}

/** A read-only value with Copy. Looking at it or copying it changes nothing. */
export function CopyField({
  label,
  value,
  help,
}: {
  label: string
  value: string
  help?: string | undefined
}) {
  const id = useId()
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium text-ink-2">
        {label}
      </label>
      <div className="flex items-center rounded-lg border border-line bg-sunken pr-1 focus-within:border-accent">
        <input
          id={id}
          readOnly
          value={value}
          onFocus={(event) => event.currentTarget.select()}
          aria-describedby={help ? `${id}-help` : undefined}
          className="h-9 min-w-0 flex-1 rounded-lg bg-transparent px-3 font-mono text-sm text-ink text-ellipsis"
        />
        <CopyButton value={value} of={label} />
      </div>
      {help ? (
        <p id={`${id}-help`} className="text-sm text-ink-3">
          {help}
        </p>
      ) : null}
    </div>
  )
}

async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // Without a secure context there is no clipboard API; a selection still copies.
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
