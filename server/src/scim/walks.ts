import type { Clock } from '../lib/clock.ts'
import type { ResourcePosition } from '../model/scim.ts'

const rememberedForMs = 600_000
const rememberedAtMost = 10_000

type Mark = { position: ResourcePosition; total: number; until: number }

/**
 * Where pages by index ended, for a while. Who asks for the page after one that they were given goes
 * on behind its last resource, so that a deletion meanwhile neither hides anybody nor shows anybody
 * twice (SC-28); the total stays what it was, or they would stop too early.
 */
export function createWalks(clock: Clock) {
  const marks = new Map<string, Mark>()
  const keyOf = (walk: string, startIndex: number) => `${startIndex} ${walk}`

  return {
    /** @param walk whose list it is: organisation, credential, filter and order. */
    find(walk: string, startIndex: number): Mark | undefined {
      const mark = marks.get(keyOf(walk, startIndex))
      return mark && mark.until > clock.now() ? mark : undefined
    },
    /** A walk that ended here leaves nothing of an older one behind it. */
    forget(walk: string, startIndex: number): void {
      marks.delete(keyOf(walk, startIndex))
    },
    remember(walk: string, startIndex: number, mark: Omit<Mark, 'until'>): void {
      const key = keyOf(walk, startIndex)
      marks.delete(key)
      marks.set(key, { ...mark, until: clock.now() + rememberedForMs })
      const [oldest] = marks.keys()
      if (marks.size > rememberedAtMost && oldest !== undefined) marks.delete(oldest)
    },
  }
}

export type Walks = ReturnType<typeof createWalks>
