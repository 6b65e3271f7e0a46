import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import type { ReactNode } from 'react'
import { classes } from './classes.ts'

export type ChoiceCard<Value extends string> = {
  value: Value
  label: string
  about: string
  icon: ReactNode
  /** Why it cannot be chosen; null when it can. */
  unavailableBecause?: string | null
}

/** One choice out of a few, each with room to explain itself. */
export function ChoiceCards<Value extends string>({
  labelledBy,
  value,
  choices,
  onChange,
  disabled,
}: {
  labelledBy: string
  value: Value | null
  choices: ChoiceCard<Value>[]
  onChange: (value: Value) => void
  disabled?: boolean | undefined
}) {
  return (
    <RadioGroup
      aria-labelledby={labelledBy}
      value={value}
      onValueChange={(chosen) => onChange(chosen as Value)}
      disabled={disabled ?? false}
      className="grid gap-3 sm:grid-cols-3"
    >
      {choices.map((choice) => (
        <Radio.Root
          key={choice.value}
          value={choice.value}
          disabled={Boolean(choice.unavailableBecause)}
          nativeButton
          render={<button type="button" />}
          className={classes(
            'group relative flex flex-col items-start gap-1 rounded-xl border border-line-strong bg-surface p-4 text-left transition-colors',
            'hover:border-edge data-checked:border-accent data-checked:bg-accent-soft',
            'data-checked:ring-1 data-checked:ring-accent',
            'data-disabled:cursor-not-allowed data-disabled:border-line data-disabled:bg-sunken',
          )}
        >
          <span className="mb-2 flex w-full items-center justify-between text-ink-2 group-data-checked:text-accent-text [&_svg]:size-5">
            {choice.icon}
            <span className="flex size-4.5 items-center justify-center rounded-full border border-edge bg-surface group-data-checked:border-accent group-data-checked:bg-accent group-data-disabled:opacity-50">
              <Radio.Indicator className="size-2 rounded-full bg-on-accent" />
            </span>
          </span>
          <span className="font-semibold text-ink group-data-disabled:text-ink-2">
            {choice.label}
          </span>
          <span className="text-sm text-ink-2">{choice.about}</span>
          {choice.unavailableBecause ? (
            <span className="mt-1 text-sm text-ink-3">{choice.unavailableBecause}</span>
          ) : null}
        </Radio.Root>
      ))}
    </RadioGroup>
  )
}
