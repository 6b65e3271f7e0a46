import { Plus } from 'lucide-react'
import { Button } from './Button.tsx'
import { Menu, MenuItem } from './Menu.tsx'

/** Adds one of what is there already. */
export function AddMenu({
  label,
  choices,
  onAdd,
}: {
  label: string
  choices: { id: string; name: string }[]
  onAdd: (id: string) => void
}) {
  return (
    <Menu
      trigger={
        <Button size="small">
          <Plus aria-hidden="true" />
          {label}
        </Button>
      }
    >
      {choices.length === 0 ? (
        <MenuItem disabled>Nothing left to add</MenuItem>
      ) : (
        choices.map((choice) => (
          <MenuItem key={choice.id} onSelect={() => onAdd(choice.id)}>
            {choice.name}
          </MenuItem>
        ))
      )}
    </Menu>
  )
}
