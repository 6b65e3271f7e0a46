import type { Clock } from '../lib/clock.ts'
import type { Actor } from '../model/actor.ts'
import type { Organisation } from '../model/organisation.ts'
import { Refused } from '../model/refusals.ts'
import type { Provenance, ProvenanceKind } from '../model/user.ts'
import { type Act, mayAct, mayActOn } from '../policy/index.ts'
import { type Db, organisations, type Place, type Store } from '../store/index.ts'

export type { Place }

/** What a verb runs with: the transaction's handle is the only database handle in scope. */
export type Write = { db: Db; actor: Actor; now: number }
/** The same for questions, which run on what is committed. */
export type Read = Write

export type Directory = {
  /** One act: all of it and its events are durable when this resolves; after a refusal, none of it is there. */
  change<T>(actor: Actor, work: (write: Write) => Promise<T>): Promise<T>
  /** An act that is one statement of its store, and nothing else. */
  changeAtOnce<T>(actor: Actor, work: (write: Write) => Promise<T>): Promise<T>
  /** An act that may share its transaction with others beside it, each with its own answer. */
  changeBeside<T>(actor: Actor, place: Place, work: (write: Write) => Promise<T>): Promise<T>
  view<T>(actor: Actor, work: (read: Read) => Promise<T>): Promise<T>
}

export function openDirectory(store: Store, clock: Clock): Directory {
  return {
    change: (actor, work) => store.write((db) => work({ db, actor, now: clock.now() })),
    changeAtOnce: (actor, work) => store.writeAtOnce((db) => work({ db, actor, now: clock.now() })),
    changeBeside: (actor, place, work) =>
      store.writeBeside(place, (db) => work({ db, actor, now: clock.now() })),
    view: (actor, work) => work({ db: store.read, actor, now: clock.now() }),
  }
}

/** Throws when this caller may not do this at all. */
export function allow(actor: Actor, act: Act): void {
  const refusal = mayAct(actor, act)
  if (refusal) throw new Refused(refusal)
}

/** The same about one person, who may look after themselves. */
export function allowOn(actor: Actor, userId: string, act: Act): void {
  const refusal = mayActOn(actor, userId, act)
  if (refusal) throw new Refused(refusal)
}

export async function lockOrganisation(
  { db, actor }: Write,
  how: 'share' | 'alone' = 'share',
): Promise<Organisation> {
  const organisation = await organisations.lock(db, actor.organisationId, how)
  if (!organisation) throw notFound('organisation')
  return organisation
}

export function notFound(what: string): Refused {
  return new Refused({ code: 'resource.not_found', detail: `There is no such ${what}.` })
}

export function provenance(
  { actor, now }: Write,
  kind: ProvenanceKind,
  rule: string | null = null,
): Provenance {
  return { kind, actor: actor.label, actorId: actor.id, rule, requestId: actor.requestId, at: now }
}

export function expectVersion(version: number, ifVersion: number | undefined): void {
  if (ifVersion === undefined || ifVersion === version) return
  throw new Refused({
    code: 'request.stale',
    detail: 'Somebody changed these settings meanwhile. Load them again and repeat your change.',
  })
}
