import { newId } from '../lib/ids.ts'
import { installation, type Store } from '../store/index.ts'

/** Which nodes of this installation are at work. */
export type Presence = {
  /** Tells the others, and looks who they are. */
  beat(): Promise<void>
  /** Whether another node is at work, as of the last beat; there may be one that began since. */
  hasNeighbours(): boolean
  /** Nobody waits for a node that has left. */
  leave(): Promise<void>
}

/** A node that has not been heard of for this long is gone. */
const goneAfterMs = 30_000

/** The embedded database has one node, which tells nobody. */
export function createPresence(store: Store): Presence {
  if (store.dialect.name === 'sqlite') {
    const nothing = async () => undefined
    return { beat: nothing, leave: nothing, hasNeighbours: () => false }
  }
  const id = newId()
  let neighbours = 0
  return {
    async beat() {
      neighbours = await store.write((db) => installation.beat(db, id, goneAfterMs))
    },
    hasNeighbours: () => neighbours > 0,
    leave: () => store.write((db) => installation.leave(db, id)),
  }
}
