import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, days, minutes } from '../lib/clock.ts'
import { digest, type Signer } from '../lib/signer.ts'
import { systemActor } from '../model/actor.ts'
import { platformId } from '../model/organisation.ts'
import { chainText, madeAt, purgedText, textOf, writeList } from '../model/trail.ts'
import { type Db, events, organisations, type Store, seals } from '../store/index.ts'

/** An event has its id before it is committed: it is sealed when no older one can come any more. */
const waitsMs = minutes(2)
const everyMs = minutes(1)
/** Others wait for one step, so it is short, and a long trail is sealed in the time that they leave. */
const atOnce = 500
const pauseMs = 15

export type Sealer = {
  /** Seals what is old enough, of one organisation or, once a minute, of all; after `signal`, the step that has begun. */
  seal(which?: { organisationId?: string; signal?: AbortSignal }): Promise<void>
}

/** How long events are kept (AU-4), and how many stretches of them are purged in one change. */
type Keeping = { days: number }
const purgedAtOnce = 4

/** AU-5: stretches of the trail, each tied to the one before and signed. */
export function createSealer({
  store,
  signer,
  clock,
  keeping,
}: {
  store: Store
  signer: Signer
  clock: Clock
  keeping: Keeping
}): Sealer {
  let due = 0

  async function sealOne(id: string, until: string, signal: AbortSignal | undefined) {
    const goOn = async (act: (db: Db) => Promise<boolean>) => {
      while (!signal?.aborted && (await store.write(act))) await sleep(pauseMs)
    }
    if (await isUnsealed(id, until)) await goOn((db) => step(db, id, until))
    if ((await dueFor(store.read, id)).length > 0) await goOn((db) => purge(db, id))
  }

  /** Most organisations have nothing new most of the time: that costs no change. */
  async function isUnsealed(org_id: string, until: string): Promise<boolean> {
    const after = (await seals.end(store.read, org_id))?.last_id ?? ''
    const some = await seals.eventsBetween(store.read, org_id, { after, until, atMost: 1 })
    return some.length > 0
  }

  /** The oldest seals whose events are past their time (AU-4). */
  async function dueFor(db: Db, org_id: string) {
    const kept = await seals.oldestKept(db, org_id, purgedAtOnce)
    return kept.filter(({ last_id }) => madeAt(last_id) < clock.now() - days(keeping.days))
  }

  /** AU-4, AU-5: what is past its time goes, a whole stretch at a time, and its seal stays. */
  async function purge(db: Db, org_id: string): Promise<boolean> {
    const due = await dueFor(db, org_id)
    for (const seal of due) await seals.purge(db, seal, signer.sign(purgedText(seal)))
    const [first, last] = [due[0], due.at(-1)]
    if (!first || !last) return false
    const purged = due.reduce((sum, seal) => sum + seal.events, 0)
    await events.append(db, systemActor(org_id), clock.now(), [
      { name: 'audit.purged', data: { events: purged, seals: [first.number, last.number] } },
    ])
    return due.length === purgedAtOnce
  }

  /** @returns whether there may be more. */
  async function step(db: Db, org_id: string, until: string): Promise<boolean> {
    const before = await seals.end(db, org_id)
    const after = before?.last_id ?? ''
    const found = await seals.eventsBetween(db, org_id, { after, until, atMost: atOnce })
    const [first, last] = [found[0], found.at(-1)]
    if (!first || !last) return false
    const list = writeList(found.map((event) => ({ id: event.id, digest: digest(textOf(event)) })))
    const facts = {
      org_id,
      number: (before?.number ?? 0) + 1,
      first_id: first.id,
      last_id: last.id,
      events: found.length,
      list_digest: digest(list),
    }
    const chain = digest(chainText(before?.chain ?? null, facts))
    const signature = signer.sign(chain)
    await seals.add(db, { ...facts, list, chain, signature, sealed_at: clock.now(), purged: null })
    return found.length === atOnce
  }

  return {
    async seal({ organisationId, signal } = {}) {
      const now = clock.now()
      if (organisationId === undefined && now < due) return
      due = now + everyMs
      const until = idsBefore(now - waitsMs - (await seals.oldestChangeMs(store.read)))
      if (organisationId) return sealOne(organisationId, until, signal)
      await sealOne(platformId, until, signal)
      for await (const { id } of organisations.each(store.read)) await sealOne(id, until, signal)
    },
  }
}

/** Every id of version 7 that was made before this moment is smaller. */
function idsBefore(ms: number): string {
  const hex = Math.max(ms, 0).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}
