import type { Switching } from '../model/organisation.ts'
import { endedBy, switched } from '../model/switching.ts'
import type { User } from '../model/user.ts'
import type { Db } from './dialect.ts'
import * as mail from './mail.ts'
import * as organisations from './organisations.ts'
import * as sessions from './sessions.ts'
import * as users from './users.ts'

/** Others wait for one step, so it is short. */
const atOnce = 250

/** Where the switch of this organisation stands; null when it has been brought to everybody. */
export async function find(db: Db, organisationId: string): Promise<Switching | null> {
  const row = await db
    .selectFrom('organisations')
    .select('switching')
    .where('id', '=', organisationId)
    .executeTakeFirst()
  return row ? organisations.readSwitching(row) : null
}

/** Organisations whose switch is under way. */
export async function underWay(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('organisations')
    .select('id')
    .where('switching', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * Brings a switch to the next people; where it stands and what it did to them are one change.
 * @returns where it stands then.
 */
export async function step(
  db: Db,
  organisationId: string,
  switching: Switching,
): Promise<Switching | null> {
  const page = await users.lockNextEnabled(db, organisationId, switching.afterId, atOnce)
  const behind = page.filter((user) => switched(switching, user) !== user)
  await users.awaitNewMethod(db, organisationId, behind, switching.at)
  if (switching.tells) await tell(db, organisationId, switching, behind)
  const { keptSessionId } = switching
  const methods = endedBy(switching.method)
  const userIds = page.map(({ id }) => id)
  if (page.length > 0) {
    await sessions.endAllBut(db, organisationId, keptSessionId, { methods, userIds })
  }
  const last = page.at(-1)
  const goesOn = last && page.length === atOnce && last.id < switching.untilId
  const left = goesOn
    ? { ...switching, afterId: last.id, done: switching.done + page.length }
    : null
  // Of people who are not in any page there are hardly any.
  if (!left) await sessions.endAllBut(db, organisationId, keptSessionId, { methods })
  await db
    .updateTable('organisations')
    .set({ switching: left && JSON.stringify(left) })
    .where('id', '=', organisationId)
    .execute()
  return left
}

/** The next step of whoever asks first: nodes take turns. */
export async function nextStep(db: Db, organisationId: string): Promise<Switching | null> {
  const organisation = await organisations.lock(db, organisationId, 'alone')
  const switching = organisation?.switching
  return switching ? step(db, organisationId, switching) : null
}

/** Brings it to one person out of turn, so that what happens to them next finds them Pending. */
export async function bringTo(db: Db, switching: Switching | null, user: User): Promise<User> {
  const waiting = switched(switching, user)
  if (!switching || waiting === user) return user
  await users.update(db, user, waiting)
  if (switching.tells) await tell(db, user.organisationId, switching, [user])
  return { ...waiting, version: user.version + 1 }
}

function tell(db: Db, organisationId: string, { at }: Switching, people: User[]): Promise<void> {
  return mail.queue(db, organisationId, { template: 'method_changed' }, people, at)
}
