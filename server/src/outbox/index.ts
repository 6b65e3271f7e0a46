import type { Clock } from '../lib/clock.ts'
import { systemActor } from '../model/actor.ts'
import {
  attempts,
  events,
  installation,
  organisations,
  provisioningLog,
  type Store,
  tombstones,
} from '../store/index.ts'
import { announceExpiry } from './expiry.ts'

export type OutboxLog = {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}
export type Outbox = { turn(): Promise<void>; stop(): Promise<void> }

const everyMs = 1_000
const mailsAtOnce = 100
const retryMs = 60_000
const sweepEvery = 60
const trimmingSteps = 10

/**
 * What happens after commit, again and again until it is stopped: counters and the search index
 * catch up, mail is handed on, what ran out is removed.
 */
export function startOutbox(store: Store, clock: Clock, log: OutboxLog): Outbox {
  let turns = 0
  let busy: Promise<void> = Promise.resolve()
  let stopped = false

  async function turn(): Promise<void> {
    await store.catchUp()
    await announceMail(store, clock, log)
    if (turns++ % sweepEvery === 0) await sweep(store, clock)
  }

  const timer = setInterval(() => {
    busy = busy
      .then(() => (stopped ? undefined : turn()))
      .catch((error: unknown) => log.error({ error }, 'outbox turn failed'))
  }, everyMs)
  timer.unref()

  return {
    turn,
    async stop() {
      stopped = true
      clearInterval(timer)
      await busy
    },
  }
}

/** Until a mail service is configured, mail waits and the log says so, without a word of its content. */
async function announceMail(store: Store, clock: Clock, log: OutboxLog): Promise<void> {
  const now = clock.now()
  const due = await installation.dueMail(store.read, now, mailsAtOnce)
  const fresh = due.filter((mail) => mail.tries === 0)
  if (fresh.length > 0) {
    const templates = [...new Set(fresh.map((mail) => mail.template))]
    log.info({ mails: fresh.length, templates }, 'mail waits: no mail service is configured')
  }
  for (const mail of due) {
    await store.write((db) =>
      installation.markMail(db, mail.org_id, mail.id, {
        tries: mail.tries + 1,
        next_at: now + retryMs * 2 ** Math.min(mail.tries, 10),
      }),
    )
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

async function sweep(store: Store, clock: Clock): Promise<void> {
  for (const organisation of await organisations.list(store.read)) {
    const { id } = organisation
    await announceExpiry(store, organisation, clock.now())
    await eraseTombstones(store, id, clock.now())
    await store.write(async (db) => {
      await installation.removeExpired(db, id, clock.now())
      await attempts.trim(db, id)
    })
    for (let step = 0; step < trimmingSteps; step += 1) {
      // One bounded step a turn, so that other writers get in between.
      if (!(await store.write((db) => provisioningLog.trim(db, id, clock.now())))) break
    }
  }
}
