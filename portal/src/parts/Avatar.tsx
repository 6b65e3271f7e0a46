import { classes } from './classes.ts'

/** A person's initials; decoration beside their name. */
export function Avatar({ name, large }: { name: string; large?: boolean }) {
  const words = name.trim().split(/\s+/)
  const initials = [words[0], words.length > 1 ? words.at(-1) : undefined]
    .map((word) => word?.charAt(0) ?? '')
    .join('')
    .toUpperCase()
  return (
    <span
      aria-hidden="true"
      data-initials={initials}
      className={classes(
        'inline-flex shrink-0 items-center justify-center rounded-full border border-line bg-sunken font-medium text-ink-2',
        'before:content-[attr(data-initials)]',
        large ? 'size-12 text-lg' : 'size-8 text-xs',
      )}
    />
  )
}
