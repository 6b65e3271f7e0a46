import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Happening } from '../model/event.ts'
import type { Db } from './dialect.ts'
import { flag } from './organisations.ts'
import type { EventsTable } from './tables.ts'

export type RecordedEvent = Omit<EventsTable, 'before' | 'after' | 'data'> & {
  before: unknown
  after: unknown
  data: unknown
}

/** Appends to the audit trail in the transaction of the change itself (AU-1). */
export async function append(
  db: Db,
  actor: Actor,
  now: number,
  happenings: Happening[],
): Promise<void> {
  if (happenings.length === 0) return
  await db
    .insertInto('events')
    .values(
      happenings.map((one) => ({
        org_id: actor.organisationId,
        id: newId(),
        type: one.name,
        at: now,
        result: one.result ?? 'success',
        actor_kind: actor.kind,
        actor_id: actor.id,
        actor: actor.label,
        ip: actor.ip,
        source: one.source ?? null,
        subject_kind: one.subject?.kind ?? null,
        subject_id: one.subject?.id ?? null,
        subject: one.subject?.label ?? null,
        before: json(one.before),
        after: json(one.after),
        data: json(one.data),
        emergency: flag(actor.kind === 'break_glass'),
        request_id: actor.requestId,
      })),
    )
    .execute()
}

export type EventConditions = {
  type?: string | undefined
  actor?: string | undefined
  subjectId?: string | undefined
  result?: 'success' | 'failure' | undefined
  from?: number | undefined
  to?: number | undefined
  before?: string | undefined
}

/** Newest first, by keyset: `before` is the id of the last event seen. */
export async function list(
  db: Db,
  organisationId: string,
  conditions: EventConditions,
  limit: number,
): Promise<RecordedEvent[]> {
  let query = db.selectFrom('events').selectAll().where('org_id', '=', organisationId)
  if (conditions.type) query = query.where('type', '=', conditions.type)
  if (conditions.actor) query = query.where('actor', '=', conditions.actor)
  if (conditions.subjectId) query = query.where('subject_id', '=', conditions.subjectId)
  if (conditions.result) query = query.where('result', '=', conditions.result)
  if (conditions.from !== undefined) query = query.where('at', '>=', conditions.from)
  if (conditions.to !== undefined) query = query.where('at', '<=', conditions.to)
  if (conditions.before) query = query.where('id', '<', conditions.before)
  const rows = await query.orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({
    ...row,
    before: parse(row.before),
    after: parse(row.after),
    data: parse(row.data),
  }))
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}
