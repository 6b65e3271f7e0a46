import { Search } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { inputClasses } from './Field.tsx'
import { FilterMenu } from './Menu.tsx'

export type Filter = {
  label: string
  value: string | undefined
  choices: { value: string; label: string }[]
  onChange: (value: string | undefined) => void
}

/** What narrows a list: a search and a chip for each filter. */
export function FilterBar({
  search,
  filters = [],
  children,
}: {
  search: SearchProps
  filters?: Filter[]
  children?: ReactNode
}) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchField {...search} />
      {filters.map((filter) => (
        <FilterMenu key={filter.label} {...filter} />
      ))}
      {children}
    </div>
  )
}

type SearchProps = {
  label: string
  value: string | undefined
  onSearch: (text: string | undefined) => void
}

/** Asks when the typing pauses, and follows when the address changes by itself. */
function SearchField({ label, value = '', onSearch }: SearchProps) {
  const [typed, setTyped] = useState(value)
  const [asked, setAsked] = useState(value)
  if (value !== asked) {
    setAsked(value)
    setTyped(value)
  }
  useEffect(() => {
    const wanted = typed.trim()
    if (wanted === asked) return
    const timer = setTimeout(() => {
      setAsked(wanted)
      onSearch(wanted || undefined)
    }, 250)
    return () => clearTimeout(timer)
  })
  return (
    <div className="relative w-full sm:w-80">
      <Search
        className="pointer-events-none absolute top-2.5 left-3 size-4 text-ink-3"
        aria-hidden="true"
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        maxLength={100}
        onChange={(event) => setTyped(event.target.value)}
        className={`${inputClasses} pl-9`}
      />
    </div>
  )
}

const day = 86_400_000
const spans: Record<string, number> = { '1h': day / 24, '1d': day, '7d': 7 * day, '30d': 30 * day }

/** Periods to choose from in a log. */
export const periods = [
  { value: '1h', label: 'Last hour' },
  { value: '1d', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
]

/** When a period began; undefined when none is chosen. */
export function periodStart(period: string | undefined): number | undefined {
  return period ? Date.now() - (spans[period] ?? day) : undefined
}
