import { type SelectQueryBuilder, sql } from 'kysely'
import { newId } from '../lib/ids.ts'
import type { Actor } from '../model/actor.ts'
import type { Happening } from '../model/event.ts'
import { type Db, isSqlite } from './dialect.ts'
import { flag } from './organisations.ts'
import { gatheredChange, send, statement } from './statement.ts'
import type { EventsTable, Tables } from './tables.ts'

export type RecordedEvent = Omit<EventsTable, 'before' | 'after' | 'data'> & {
  before: unknown
  after: unknown
  data: unknown
}

/** One event as it goes into the trail: who did it, when, and what happened. */
export type EventRow = { actor: Actor; now: number; happening: Happening }

export function toEventColumns({ actor, now, happening }: EventRow): EventsTable {
  return {
    org_id: actor.organisationId,
    id: newId(),
    type: happening.name,
    at: now,
    result: happening.result ?? 'success',
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor: actor.label,
    ip: actor.ip,
    source: happening.source ?? null,
    subject_kind: happening.subject?.kind ?? null,
    subject_id: happening.subject?.id ?? null,
    subject: happening.subject?.label ?? null,
    before: json(happening.before),
    after: json(happening.after),
    data: json(happening.data),
    emergency: flag(actor.kind === 'break_glass'),
    request_id: actor.requestId,
  }
}

/** Appends to the audit trail in the transaction of the change itself (AU-1). */
export async function append(
  db: Db,
  actor: Actor,
  now: number,
  happenings: Happening[],
): Promise<void> {
  const rows = happenings.map((happening) => toEventColumns({ actor, now, happening }))
  const [first, second] = rows
  if (!first) return
  if (second && !isSqlite(db)) await send(db, insertAll, { rows: JSON.stringify(rows) })
  else for (const row of rows) await send(db, insertOne, row)
}

const insertAll = statement<{ rows: string }, never>((db, { rows }) => ({
  compile: () =>
    sql<never>`insert into events
      select * from json_populate_recordset(null::events, ${rows}::json)`.compile(db),
}))
const insertOne = gatheredChange(
  statement<EventsTable, never>((db, row) => db.insertInto('events').values(row)),
  {
    ask: insertAll,
    common: ({ org_id }) => org_id,
    pack: (rows) => ({ values: { rows: JSON.stringify(rows) } }),
  },
)

export type EventConditions = {
  type?: string | undefined
  /** Part of a name, in any letter case. */
  actor?: string | undefined
  subjectId?: string | undefined
  result?: 'success' | 'failure' | undefined
  source?: string | undefined
  from?: number | undefined
  to?: number | undefined
  before?: string | undefined
}

/** Newest first, by keyset: `before` is the id of the last event seen. */
export async function list(
  db: Db,
  organisationId: string,
  conditions: EventConditions,
  page: { skip: number; limit: number },
): Promise<RecordedEvent[]> {
  const rows = await matching(db.selectFrom('events').selectAll(), organisationId, conditions)
    .orderBy('id', 'desc')
    .offset(page.skip)
    .limit(page.limit)
    .execute()
  return rows.map((row) => ({
    ...row,
    before: parse(row.before),
    after: parse(row.after),
    data: parse(row.data),
  }))
}

/** How many there are, counted to a limit: nobody pages through a trail of millions. */
export async function count(
  db: Db,
  organisationId: string,
  conditions: EventConditions,
  atMost: number,
): Promise<number> {
  const some = matching(db.selectFrom('events').select('id'), organisationId, conditions)
  const { found } = await db
    .selectFrom(some.limit(atMost).as('some'))
    .select((counted) => counted.fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow()
  return Number(found)
}

function matching<Row>(
  query: SelectQueryBuilder<Tables, 'events', Row>,
  organisationId: string,
  conditions: EventConditions,
): SelectQueryBuilder<Tables, 'events', Row> {
  let found = query.where('org_id', '=', organisationId)
  if (conditions.type) found = found.where('type', '=', conditions.type)
  if (conditions.actor) {
    const spellings = spellingsOf(conditions.actor)
    found = found.where((where) =>
      where.or(
        spellings.map(
          (part) =>
            sql<boolean>`lower(actor) like ${`%${part.replace(/[!%_]/g, '!$&')}%`} escape '!'`,
        ),
      ),
    )
  }
  if (conditions.subjectId) found = found.where('subject_id', '=', conditions.subjectId)
  if (conditions.result) found = found.where('result', '=', conditions.result)
  if (conditions.source) found = found.where('source', '=', conditions.source)
  if (conditions.from !== undefined) found = found.where('at', '>=', conditions.from)
  if (conditions.to !== undefined) found = found.where('at', '<=', conditions.to)
  if (conditions.before) found = found.where('id', '<', conditions.before)
  return found
}

/**
 * A name as `lower` of a database may leave it, which knows ASCII alone: élodie žižek was written in
 * small letters, with capitals in front, or all in capitals.
 */
function spellingsOf(name: string): string[] {
  const small = name.toLowerCase()
  const raise = (letters: RegExp) =>
    small
      .replace(letters, (letter) => letter.toUpperCase())
      .replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  return [...new Set([small, raise(/(?<!\p{L})[^\0-\x7f]/gu), raise(/[^\0-\x7f]/gu)])]
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}
