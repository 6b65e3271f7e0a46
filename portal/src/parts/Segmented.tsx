import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

/** A few exclusive choices side by side. */
export function Segmented<Value extends string>({
  label,
  value,
  choices,
  onChange,
  disabled,
}: {
  label: string
  value: Value
  choices: { value: Value; label: ReactNode }[]
  onChange: (value: Value) => void
  disabled?: boolean | undefined
}) {
  return (
    <RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(chosen) => onChange(chosen as Value)}
      disabled={disabled ?? false}
      className="flex w-full flex-wrap gap-0.5 rounded-lg border border-line bg-sunken p-0.5 sm:inline-flex sm:w-auto"
    >
      {choices.map((choice) => (
        <Radio.Root
          key={choice.value}
          value={choice.value}
          nativeButton
          render={<button type="button" />}
          className={classes(
            'inline-flex h-7.5 flex-1 items-center justify-center gap-1.5 whitespace-nowrap rounded-md px-3',
            'text-sm font-medium text-ink-2 hover:text-ink sm:flex-none',
            'data-checked:bg-raised data-checked:text-ink data-checked:shadow-lift',
            'data-checked:ring-1 data-checked:ring-line-strong data-disabled:cursor-not-allowed',
          )}
        >
          {choice.label}
        </Radio.Root>
      ))}
    </RadioGroup>
  )
}
