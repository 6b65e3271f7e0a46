import type { Clock } from '../lib/clock.ts'
import type { Dns, TextRecords } from '../lib/dns.ts'
import { domains, type Store } from '../store/index.ts'

export type DomainWatch = {
  /** Looks up what is due, of one organisation or of all, until nothing is. */
  look(which?: { organisationId?: string; signal?: AbortSignal }): Promise<void>
}

type WatchParts = {
  store: Store
  clock: Clock
  dns: Dns
  recordOf(domain: { name: string; token: string }): { name: string }
  settle(organisationId: string, name: string, records: TextRecords): Promise<unknown>
}

/** A name server that is silent holds up few others. */
const atOnce = 5
/** Longer than name servers may take; then another node may look. */
const leaseMs = 5 * 60_000

/** SE-15: every domain is looked up once a day, by one node. */
export function createDomainWatch(parts: WatchParts): DomainWatch {
  const { store, clock, dns } = parts

  async function work(only?: string, signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      const now = clock.now()
      const due = await store.write((db) => domains.claimDue(db, now, now + leaseMs, only))
      if (!due) return
      const records = await dns.texts(parts.recordOf(due).name)
      await parts.settle(due.organisationId, due.name, records)
    }
  }

  return {
    async look({ organisationId, signal } = {}) {
      if (!(await domains.isAnyDue(store.read, clock.now()))) return
      await Promise.all(Array.from({ length: atOnce }, () => work(organisationId, signal)))
    },
  }
}
