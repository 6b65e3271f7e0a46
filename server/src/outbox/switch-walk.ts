import { setImmediate as breathe } from 'node:timers/promises'
import { type Store, switches } from '../store/index.ts'

export type SwitchWalk = {
  /** Brings the switches that are under way to everybody, of one organisation or of all; after `signal`, the step that has begun. */
  bring(which?: { organisationId?: string; signal?: AbortSignal }): Promise<void>
}

/** LM-12 for the many: each step is a change of its own, so that others come in between and any node goes on. */
export function createSwitchWalk(store: Store): SwitchWalk {
  return {
    async bring({ organisationId, signal } = {}) {
      for (const id of await switches.underWay(store.read)) {
        if (organisationId && id !== organisationId) continue
        while (!signal?.aborted && (await store.write((db) => switches.nextStep(db, id)))) {
          await breathe()
        }
      }
    },
  }
}
