import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { classes } from './classes.ts'
import { Tooltip } from './Tooltip.tsx'

type Look = {
  look?: 'primary' | 'secondary' | 'ghost' | 'danger' | undefined
  size?: 'small' | 'medium' | 'large' | undefined
}

const base =
  'inline-flex select-none items-center justify-center gap-2 whitespace-nowrap rounded-lg ' +
  'font-medium transition-colors [&_svg]:size-4 [&_svg]:shrink-0 ' +
  'disabled:cursor-not-allowed aria-disabled:cursor-not-allowed'
const looks = {
  primary:
    'bg-accent text-on-accent shadow-lift hover:bg-accent-hover ' +
    'disabled:bg-sunken disabled:text-ink-3 disabled:shadow-none ' +
    'aria-disabled:bg-sunken aria-disabled:text-ink-3 aria-disabled:shadow-none',
  secondary:
    'border border-line-strong bg-surface text-ink shadow-lift hover:bg-hover ' +
    'disabled:bg-sunken disabled:text-ink-3 disabled:shadow-none disabled:border-line ' +
    'aria-disabled:bg-sunken aria-disabled:text-ink-3 aria-disabled:border-line',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink disabled:text-ink-3 aria-disabled:text-ink-3',
  danger:
    'border border-bad-line bg-surface text-bad hover:bg-bad-soft ' +
    'disabled:border-line disabled:bg-sunken disabled:text-ink-3 ' +
    'aria-disabled:border-line aria-disabled:bg-sunken aria-disabled:text-ink-3',
}
const sizes = {
  small: 'h-7 px-2.5 text-sm',
  medium: 'h-9 px-3.5 text-base',
  large: 'h-11 px-5 text-lg',
}

export function buttonClasses({ look = 'secondary', size = 'medium' }: Look, extra?: string) {
  return classes(base, looks[look], sizes[size], extra)
}

type ButtonProps = ComponentProps<'button'> &
  Look & {
    busy?: boolean | undefined
    /** Keeps the button in reach of the keyboard, inert, and says why. */
    blockedBecause?: string | null | undefined
  }

export function Button({ look, size, busy, blockedBecause, className, ...props }: ButtonProps) {
  const { onClick, children, type = 'button', ...rest } = props
  const inert = Boolean(blockedBecause) || busy
  const button = (
    <button
      {...rest}
      type={inert && type === 'submit' ? 'button' : type}
      aria-disabled={inert ? true : undefined}
      aria-busy={busy ? true : undefined}
      onClick={inert ? undefined : onClick}
      className={buttonClasses({ look, size }, className)}
    >
      {busy ? <Spinner /> : null}
      {children}
    </button>
  )
  return blockedBecause ? <Tooltip label={blockedBecause}>{button}</Tooltip> : button
}

export function IconButton({
  label,
  className,
  children,
  ...props
}: Omit<ComponentProps<'button'>, 'aria-label'> & { label: string }) {
  return (
    <Tooltip label={label}>
      <button
        type="button"
        aria-label={label}
        className={classes(
          'inline-flex size-8 shrink-0 items-center justify-center rounded-lg text-ink-3',
          'transition-colors hover:bg-hover hover:text-ink [&_svg]:size-4',
          className,
        )}
        {...props}
      >
        {children}
      </button>
    </Tooltip>
  )
}

function PlainLink({ look, size, className, ...props }: ComponentProps<'a'> & Look) {
  return <a {...props} className={buttonClasses({ look, size }, className)} />
}
/** A link that looks like a button, to a page of the portal. */
export const ButtonLink = createLink(PlainLink)

function PlainTextLink({ className, ...props }: ComponentProps<'a'>) {
  return <a {...props} className={classes(textLink, className)} />
}
export const textLink =
  'font-medium text-accent-text underline decoration-accent-text/35 underline-offset-3 ' +
  'hover:decoration-accent-text rounded-sm'
export const TextLink = createLink(PlainTextLink)

export function Spinner(): ReactNode {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" className="size-4 motion-safe:animate-spin">
      <circle
        cx="8"
        cy="8"
        r="6"
        fill="none"
        stroke="currentColor"
        strokeOpacity=".25"
        strokeWidth="2"
      />
      <path
        d="M8 2a6 6 0 0 1 6 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
    </svg>
  )
}
