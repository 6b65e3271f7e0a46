import type { Clock } from '../lib/clock.ts'
import { systemActor } from '../model/actor.ts'
import { type Organisation, platformId } from '../model/organisation.ts'
import {
  attempts,
  events,
  groups,
  installation,
  mail,
  organisations,
  provisioningLog,
  type Store,
  selfService,
  tombstones,
  users,
} from '../store/index.ts'
import type { DomainWatch } from './domain-watch.ts'
import { announceExpiry } from './expiry.ts'
import type { Postman } from './postman.ts'
import type { Presence } from './presence.ts'
import type { Sealer } from './sealer.ts'
import type { SwitchWalk } from './switch-walk.ts'

export { createDomainWatch, type DomainWatch } from './domain-watch.ts'
export { everyMail, letterOf } from './every-letter.ts'
export { endingsOf } from './expiry.ts'
export { createPostman, type Postman } from './postman.ts'
export { createPresence, type Presence } from './presence.ts'
export { createSealer, type Sealer } from './sealer.ts'
export { tryMailServer } from './smtp.ts'
export { createSwitchWalk, type SwitchWalk } from './switch-walk.ts'

/** Brings the rehearsals of SCIM on, which the directory does. */
export type ShadowWalk = { walk(which: { signal: AbortSignal }): Promise<void> }

export type OutboxLog = {
  error(fields: object, message: string): void
}
export type Outbox = { turn(): Promise<void>; stop(): Promise<void> }

const everyMs = 1_000
const sweepEvery = 60
const beatEvery = 5
const trimmingSteps = 10
const clearingSteps = 100

/**
 * What happens after commit, again and again until it is stopped: counters and the search index
 * catch up, mail is handed on, what ran out is removed.
 */
export function startOutbox(
  {
    store,
    postman,
    domainWatch,
    switchWalk,
    shadowWalk,
    sealer,
    presence,
    clock,
  }: {
    store: Store
    postman: Postman
    domainWatch: DomainWatch
    switchWalk: SwitchWalk
    shadowWalk: ShadowWalk
    sealer: Sealer
    presence: Presence
    clock: Clock
  },
  log: OutboxLog,
): Outbox {
  let turns = 0

  async function turn(): Promise<void> {
    if (turns % beatEvery === 0) await presence.beat()
    await store.catchUp()
    if (turns++ % sweepEvery === 0) await sweep(store, clock)
  }

  // A mail server or a name server that stalls holds up no counter.
  const loops = [
    repeat(turn, (error) => log.error({ error }, 'outbox turn failed')),
    repeat(
      (signal) => postman.deliver({ signal }),
      (error) => log.error({ error }, 'mail was not delivered'),
    ),
    repeat(
      (signal) => domainWatch.look({ signal }),
      (error) => log.error({ error }, 'domains were not looked up'),
    ),
    repeat(
      (signal) => switchWalk.bring({ signal }),
      (error) => log.error({ error }, 'a switch of the login method was not brought to everybody'),
    ),
    repeat(
      (signal) => shadowWalk.walk({ signal }),
      (error) => log.error({ error }, 'a shadow of SCIM was not brought on'),
    ),
    repeat(
      (signal) => sealer.seal({ signal }),
      (error) => log.error({ error }, 'the audit trail was not sealed'),
    ),
  ]
  return {
    turn,
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()))
      await presence.leave()
    },
  }
}

/** Again a second after it has ended, until it is stopped; what runs then is finished. */
function repeat(work: (signal: AbortSignal) => Promise<void>, onFault: (error: unknown) => void) {
  let busy: Promise<void> = Promise.resolve()
  const stopping = new AbortController()
  let timer = setTimeout(run, everyMs)
  timer.unref()

  function run(): void {
    busy = work(stopping.signal)
      .catch(onFault)
      .then(() => {
        if (stopping.signal.aborted) return
        timer = setTimeout(run, everyMs)
        timer.unref()
      })
  }
  return {
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await busy
    },
  }
}

const erasedAtOnce = 100

/** SC-16: whose grace period is over is erased; what the audit says of them remains. */
async function eraseTombstones(store: Store, org_id: string, now: number): Promise<void> {
  for (const { id } of await tombstones.due(store.read, org_id, now, erasedAtOnce)) {
    await store.write(async (db) => {
      if (!(await tombstones.remove(db, org_id, id))) return
      await events.append(db, systemActor(org_id), now, [
        { name: 'user.erased', subject: { kind: 'user', id } },
      ])
    })
  }
}

/** SS-14: whoever registered by the link and never proved the address vanishes. */
async function forgetRegistrations(store: Store, org_id: string, now: number): Promise<void> {
  for (const registration of await selfService.lapsed(store.read, org_id, now, erasedAtOnce)) {
    await store.write(async (db) => {
      const fresh = await selfService.lockRegistration(db, org_id, registration.id)
      if (!fresh || fresh.state === 'joined') return
      const user = fresh.user_id ? await users.lock(db, org_id, fresh.user_id) : undefined
      await selfService.removeRegistration(db, fresh)
      const unclaimed = user?.status === 'pending' && user.emailVerifiedAt === null
      if (user && unclaimed && user.managedBy === 'portal') await users.remove(db, user, now)
      await events.append(db, systemActor(org_id), now, [
        {
          name: 'registration.lapsed',
          subject: { kind: 'registration', id: fresh.id, label: fresh.email },
        },
      ])
    })
  }
}

async function sweep(store: Store, clock: Clock): Promise<void> {
  await store.write((db) => installation.removeExpired(db, platformId, clock.now()))
  for await (const organisation of organisations.each(store.read)) {
    await sweepOrganisation(store, organisation, clock.now())
  }
}

/** Removes what has run out in one organisation by now, and says what is about to. */
export async function sweepOrganisation(
  store: Store,
  organisation: Organisation,
  now: number,
): Promise<void> {
  const { id } = organisation
  await announceExpiry(store, organisation, now)
  await eraseTombstones(store, id, now)
  await forgetRegistrations(store, id, now)
  await store.write(async (db) => {
    await installation.removeExpired(db, id, now)
    await attempts.trim(db, id)
    await mail.trim(db, id, now)
  })
  for (let step = 0; step < trimmingSteps; step += 1) {
    // One bounded step a turn, so that other writers get in between.
    if (!(await store.write((db) => provisioningLog.trim(db, id, now)))) break
  }
  for (let step = 0; step < clearingSteps; step += 1) {
    if (!(await store.write((db) => groups.clearLeftovers(db, id)))) break
  }
}
