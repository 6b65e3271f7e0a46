import type { ReactNode } from 'react'
import { classes } from './classes.ts'

/** A named region that scrolls sideways on its own, in reach of the keyboard. */
export function Scroller({
  label,
  className,
  children,
}: {
  label: string
  className?: string
  children: ReactNode
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      className={classes('relative overflow-x-auto', className)}
    >
      {children}
    </section>
  )
}
