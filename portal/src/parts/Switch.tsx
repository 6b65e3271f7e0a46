import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox'
import { Switch as BaseSwitch } from '@base-ui/react/switch'
import { Check, Minus } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { classes } from './classes.ts'

type Toggle = {
  label: string
  help?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean | undefined
}

export function Switch({ label, help, checked, onChange, disabled }: Toggle) {
  const id = useId()
  return (
    <div className="flex items-start justify-between gap-6">
      <div className="min-w-0">
        <div id={`${id}-label`} className="font-medium text-ink">
          {label}
        </div>
        {help ? (
          <div id={`${id}-help`} className="mt-0.5 text-sm text-ink-3">
            {help}
          </div>
        ) : null}
      </div>
      <BareSwitch
        checked={checked}
        onChange={onChange}
        disabled={disabled}
        labelledBy={`${id}-label`}
        describedBy={help ? `${id}-help` : undefined}
      />
    </div>
  )
}

/** The switch alone, where the words already stand elsewhere. */
export function BareSwitch({
  checked,
  onChange,
  disabled,
  labelledBy,
  describedBy,
}: Pick<Toggle, 'checked' | 'onChange' | 'disabled'> & {
  labelledBy: string
  describedBy?: string | undefined
}) {
  return (
    <BaseSwitch.Root
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled ?? false}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
      className="relative inline-flex h-6 w-10 shrink-0 items-center rounded-full bg-edge p-0.5 transition-colors data-checked:bg-accent data-disabled:cursor-not-allowed data-disabled:opacity-50"
    >
      <BaseSwitch.Thumb className="size-5 rounded-full bg-white shadow-lift transition-transform data-checked:translate-x-4" />
    </BaseSwitch.Root>
  )
}

const box =
  'flex size-5 shrink-0 items-center justify-center rounded-md border border-edge bg-surface ' +
  'data-checked:border-accent data-checked:bg-accent data-indeterminate:border-accent ' +
  'data-indeterminate:bg-accent data-disabled:cursor-not-allowed data-disabled:opacity-60'

/** The box alone, for a row of a list that names itself. */
export function BareCheckbox({
  label,
  checked,
  some,
  onChange,
  disabled,
}: Pick<Toggle, 'label' | 'checked' | 'onChange' | 'disabled'> & {
  /** A part of what it stands for is chosen. */
  some?: boolean
}) {
  return (
    <BaseCheckbox.Root
      checked={checked}
      indeterminate={some ?? false}
      onCheckedChange={onChange}
      disabled={disabled ?? false}
      aria-label={label}
      className={box}
    >
      <BaseCheckbox.Indicator>
        {some ? (
          <Minus className="size-3.5 text-on-accent" strokeWidth={3} aria-hidden="true" />
        ) : (
          <Check className="size-3.5 text-on-accent" strokeWidth={3} aria-hidden="true" />
        )}
      </BaseCheckbox.Indicator>
    </BaseCheckbox.Root>
  )
}

export function Checkbox({ label, help, checked, onChange, disabled }: Toggle) {
  const id = useId()
  return (
    <div className="flex items-start gap-2.5">
      <BaseCheckbox.Root
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
        aria-labelledby={`${id}-label`}
        aria-describedby={help ? `${id}-help` : undefined}
        className={classes('mt-px', box)}
      >
        <BaseCheckbox.Indicator>
          <Check className="size-3.5 text-on-accent" strokeWidth={3} aria-hidden="true" />
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <div className="min-w-0">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: a wider target; the box itself takes the keyboard */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same */}
        <span
          id={`${id}-label`}
          className="text-ink"
          onClick={() => {
            if (!disabled) onChange(!checked)
          }}
        >
          {label}
        </span>
        {help ? (
          <div id={`${id}-help`} className="text-sm text-ink-3">
            {help}
          </div>
        ) : null}
      </div>
    </div>
  )
}
