import type { PersonDifference } from '../../../../../contract/src/index.ts'
import { differences, isOfGroups } from './summary.ts'

export type Chosen = { kind: 'user' | 'group'; difference?: PersonDifference }

/** What the address asks for; what it cannot mean is left out. */
export function chosenIn(search: {
  kind?: string | undefined
  difference?: string | undefined
}): Chosen {
  const kind = search.kind === 'group' ? 'group' : 'user'
  const { difference } = search
  if (!difference || !isDifference(difference)) return { kind }
  return kind === 'group' && !isOfGroups(difference) ? { kind } : { kind, difference }
}

/** As it stands in the address, where people are not named. */
export function searchOf({ kind, difference }: Chosen): { kind?: string; difference?: string } {
  return { ...(kind === 'group' ? { kind } : {}), ...(difference ? { difference } : {}) }
}

function isDifference(text: string): text is PersonDifference {
  return Object.hasOwn(differences, text)
}
