import { Menu as Base } from '@base-ui/react/menu'
import { Check, ChevronDown } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'
import { classes } from './classes.ts'

const popup =
  'rise max-h-(--available-height) min-w-48 max-w-80 overflow-y-auto rounded-xl bg-raised p-1 shadow-float outline-none'
const item =
  'flex min-h-8 items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-base text-ink outline-none ' +
  'data-highlighted:bg-hover data-disabled:cursor-not-allowed data-disabled:text-ink-3 ' +
  '[&_svg]:size-4 [&_svg]:shrink-0'

export function Menu({
  trigger,
  align = 'end',
  children,
}: {
  trigger: ReactElement
  align?: 'start' | 'end'
  children: ReactNode
}) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align={align} className="z-50">
          <Base.Popup className={popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

export function MenuItem({
  icon,
  danger,
  because,
  disabled,
  onSelect,
  render,
  children,
}: {
  icon?: ReactNode
  danger?: boolean
  /** Why it is disabled, in words. */
  because?: string | null | undefined
  disabled?: boolean | undefined
  onSelect?: () => void
  render?: ReactElement
  children: ReactNode
}) {
  const off = Boolean(disabled) || Boolean(because)
  return (
    <Base.Item
      disabled={off}
      {...(onSelect ? { onClick: onSelect } : {})}
      {...(render ? { render } : {})}
      className={classes(item, danger && !off && 'text-bad')}
    >
      {icon}
      <span className="flex min-w-0 flex-col">
        {children}
        {because ? <span className="text-sm text-ink-3">{because}</span> : null}
      </span>
    </Base.Item>
  )
}

export function MenuSeparator() {
  return <Base.Separator className="mx-2 my-1 h-px bg-line" />
}

export function MenuChoices<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: Value
  choices: { value: Value; label: string; icon?: ReactNode }[]
  onChange: (value: Value) => void
}) {
  return (
    <Base.RadioGroup value={value} onValueChange={(chosen) => onChange(chosen as Value)}>
      <Base.Group>
        <Base.GroupLabel className="px-2.5 pt-2 pb-1 text-xs font-medium text-ink-3">
          {label}
        </Base.GroupLabel>
        {choices.map((choice) => (
          <Base.RadioItem
            key={choice.value}
            value={choice.value}
            closeOnClick
            className={classes(item, 'justify-between')}
          >
            <span className="flex min-w-0 items-center gap-2.5">
              {choice.icon}
              <span className="truncate">{choice.label}</span>
            </span>
            <Base.RadioItemIndicator>
              <Check className="text-accent-text" aria-hidden="true" />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  )
}

/** A filter as a chip: its name until something is chosen, then name and value. */
export function FilterMenu({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: string | undefined
  choices: { value: string; label: string }[]
  onChange: (value: string | undefined) => void
}) {
  const chosen = choices.find((choice) => choice.value === value)
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className={classes(
            'inline-flex h-8 max-w-full items-center gap-1.5 rounded-full border px-3 text-sm font-medium transition-colors',
            chosen
              ? 'border-accent bg-accent-soft text-accent-text'
              : 'border-line-strong bg-surface text-ink-2 hover:bg-hover hover:text-ink',
          )}
        >
          <span className="truncate">{chosen ? `${label}: ${chosen.label}` : label}</span>
          <ChevronDown className="size-3.5 shrink-0" aria-hidden="true" />
        </button>
      }
    >
      <MenuChoices
        label={label}
        value={value ?? ''}
        choices={[{ value: '', label: 'Any' }, ...choices]}
        onChange={(next) => onChange(next === '' ? undefined : next)}
      />
    </Menu>
  )
}
