import { Check, Search } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { Problem } from '../../../contract/src/index.ts'
import { Button } from './Button.tsx'
import { classes } from './classes.ts'
import { Dialog } from './Dialog.tsx'
import { FilterBar } from './FilterBar.tsx'
import { EmptyState, ErrorState, ProblemBanner, SkeletonRows } from './States.tsx'

type Person = { id: string; firstName: string; lastName: string; email: string }

/** Finds people by name or e-mail and chooses some of them, or one. */
export function PickPeople({
  title,
  about,
  verb,
  many,
  found,
  failed,
  search,
  onSearch,
  busy,
  problem,
  onPick,
  onClose,
}: {
  title: string
  about?: ReactNode
  verb: string
  many: boolean
  /** The first of those whom the search finds; undefined while it loads. */
  found: Person[] | undefined
  failed: Problem | null
  search: string | undefined
  onSearch: (text: string | undefined) => void
  busy: boolean
  problem: Problem | null
  onPick: (people: Person[]) => void
  onClose: () => void
}) {
  const [chosen, setChosen] = useState<Person[]>([])
  const isChosen = (person: Person) => chosen.some(({ id }) => id === person.id)
  const toggle = (person: Person) => {
    if (isChosen(person)) setChosen(chosen.filter(({ id }) => id !== person.id))
    else setChosen(many ? [...chosen, person] : [person])
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      about={about}
      footer={
        <>
          <p role="status" className="mr-auto self-center text-sm text-ink-3">
            {chosen.length === 0
              ? 'Nobody chosen'
              : chosen.length === 1
                ? `${nameOf(chosen[0])} chosen`
                : `${chosen.length} people chosen`}
          </p>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={busy}
            blockedBecause={chosen.length === 0 ? 'Choose somebody first.' : null}
            onClick={() => onPick(chosen)}
          >
            {verb}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        {problem ? <ProblemBanner problem={problem} /> : null}
        <FilterBar search={{ label: 'Search by name or e-mail', value: search, onSearch }} />
        {failed ? (
          <ErrorState problem={failed} />
        ) : !found ? (
          <SkeletonRows rows={3} />
        ) : found.length === 0 ? (
          <EmptyState
            icon={<Search aria-hidden="true" />}
            title="No one matches"
            about="Check the spelling, or search for a part of the name."
          />
        ) : (
          <ul aria-label="People found" className="-mx-2 flex flex-col">
            {found.map((person) => (
              <li key={person.id}>
                <button
                  type="button"
                  aria-pressed={isChosen(person)}
                  onClick={() => toggle(person)}
                  className={classes(
                    'flex w-full items-center gap-3 rounded-lg px-2 py-2 text-left hover:bg-hover',
                    isChosen(person) && 'bg-accent-soft',
                  )}
                >
                  <span className="flex size-5 shrink-0 items-center justify-center text-accent-text">
                    {isChosen(person) ? <Check className="size-4" aria-hidden="true" /> : null}
                  </span>
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{nameOf(person)}</span>
                    <span className="block truncate text-sm text-ink-2">{person.email}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  )
}

function nameOf(person: Person | undefined): string {
  return person ? `${person.firstName} ${person.lastName}`.trim() || person.email : ''
}
