import { Select as Base } from '@base-ui/react/select'
import { Check, ChevronDown } from 'lucide-react'
import { useId } from 'react'
import { classes } from './classes.ts'
import { describedBy, Field, inputClasses } from './Field.tsx'

export type Choice<Value extends string> = { value: Value; label: string; hint?: string }

export function Select<Value extends string>({
  label,
  value,
  choices,
  onChange,
  help,
  error,
  disabled,
}: {
  label: string
  value: Value
  choices: Choice<Value>[]
  onChange: (value: Value) => void
  help?: string
  error?: string | undefined
  disabled?: boolean | undefined
}) {
  const id = useId()
  return (
    <Field id={id} label={label} help={help} error={error}>
      <Base.Root
        items={choices}
        value={value}
        disabled={disabled ?? false}
        onValueChange={(chosen) => {
          if (chosen !== null) onChange(chosen)
        }}
      >
        <Base.Trigger
          id={id}
          aria-describedby={describedBy(id, { help, error })}
          className={classes(
            inputClasses,
            'flex items-center justify-between gap-2 text-left data-disabled:cursor-not-allowed',
            'data-disabled:border-line data-disabled:bg-sunken data-disabled:text-ink-2',
          )}
        >
          <Base.Value className="truncate" />
          <Base.Icon>
            <ChevronDown className="size-4 text-ink-3" aria-hidden="true" />
          </Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner sideOffset={4} className="z-50" alignItemWithTrigger={false}>
            <Base.Popup className="rise max-h-(--available-height) min-w-(--anchor-width) overflow-y-auto rounded-xl bg-raised p-1 shadow-float">
              {choices.map((choice) => (
                <Base.Item
                  key={choice.value}
                  value={choice.value}
                  className="flex min-h-8 items-center gap-2 rounded-lg py-1.5 pr-3 pl-2 text-base outline-none data-highlighted:bg-hover"
                >
                  <span className="size-4 shrink-0">
                    <Base.ItemIndicator>
                      <Check className="size-4 text-accent-text" aria-hidden="true" />
                    </Base.ItemIndicator>
                  </span>
                  <span className="flex flex-col">
                    <Base.ItemText>{choice.label}</Base.ItemText>
                    {choice.hint ? <span className="text-sm text-ink-3">{choice.hint}</span> : null}
                  </span>
                </Base.Item>
              ))}
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </Field>
  )
}
