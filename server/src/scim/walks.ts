import {
  type Directory,
  findWalkMark,
  forgetWalkMark,
  rememberWalkMark,
  type WalkMark,
} from '../directory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { hashSecret } from '../lib/secrets.ts'
import { systemActor } from '../model/actor.ts'

const rememberedForMs = 600_000
const rememberedAtMost = 10_000

/** Whose list it is: organisation, and in words credential, filter and order. */
type Walk = { organisationId: string; key: string }

/**
 * Where pages by index ended, for a while. Who asks for the page after one that they were given goes
 * on behind its last resource, so that a deletion meanwhile neither hides anybody nor shows anybody
 * twice (SC-28); the total stays what it was, or they would stop too early.
 */
export type Walks = {
  find(walk: Walk, startIndex: number): Promise<WalkMark | undefined>
  remember(walk: Walk, startIndex: number, mark: WalkMark): Promise<void>
  /** A walk that ended here leaves nothing of an older one behind it. */
  forget(walk: Walk, startIndex: number): Promise<void>
}

/** In the memory of this node, and in the database when the next page may be asked of another one. */
export function rememberWalks({
  directory,
  clock,
  hasNeighbours,
}: {
  directory: Directory
  clock: Clock
  hasNeighbours: () => boolean
}): Walks {
  const marks = new Map<string, WalkMark & { until: number; isShared: boolean }>()
  const keyOf = ({ key }: Walk, startIndex: number) => `${startIndex} ${key}`
  const by = ({ organisationId }: Walk) => systemActor(organisationId)

  function known(key: string) {
    const mark = marks.get(key)
    return mark && mark.until > clock.now() ? mark : undefined
  }

  return {
    async find(walk, startIndex) {
      const key = keyOf(walk, startIndex)
      const own = known(key)
      if (!hasNeighbours()) return own
      const shared = await directory.view(by(walk), (read) => findWalkMark(read, hashSecret(key)))
      // What this node noted while it was alone stands nowhere else.
      return shared ?? (own?.isShared ? undefined : own)
    },
    async forget(walk, startIndex) {
      const key = keyOf(walk, startIndex)
      marks.delete(key)
      if (!hasNeighbours()) return
      await directory.changeAtOnce(by(walk), (write) => forgetWalkMark(write, hashSecret(key)))
    },
    async remember(walk, startIndex, mark) {
      const key = keyOf(walk, startIndex)
      const until = clock.now() + rememberedForMs
      marks.delete(key)
      const isShared = hasNeighbours()
      marks.set(key, { ...mark, until, isShared })
      const [oldest] = marks.keys()
      if (marks.size > rememberedAtMost && oldest !== undefined) marks.delete(oldest)
      if (!isShared) return
      await directory.changeAtOnce(by(walk), (write) =>
        rememberWalkMark(write, hashSecret(key), mark, until),
      )
    },
  }
}
