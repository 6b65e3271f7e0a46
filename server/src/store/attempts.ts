import type { SelectQueryBuilder } from 'kysely'
import type { Db } from './dialect.ts'
import type { AttemptsTable, Tables } from './tables.ts'

/** What the flight recorder keeps of one attempt, as JSON. */
export type AttemptDetails = {
  expected: string | null
  received: string | null
  remedy: string | null
  idpScreen: string | null
  checks: { rule: string; ok: boolean; expected: string | null; received: string | null }[]
  claims: { name: string; values: string[] }[]
  redactedXml: string | null
  userAgent: string | null
}
export type Attempt = Omit<AttemptsTable, 'details'> & { details: AttemptDetails }

const keptPerOrganisation = 20_000
const trimmedAtOnce = 2_000

export async function insert(db: Db, attempt: Attempt): Promise<void> {
  await db
    .insertInto('attempts')
    .values({ ...attempt, details: JSON.stringify(attempt.details) })
    .execute()
}

export type AttemptConditions = {
  search?: string | undefined
  result?: 'success' | 'failure' | undefined
  code?: string | undefined
  before?: string | undefined
}

/** Newest first; `search` is a reference number or an e-mail address. */
export async function list(
  db: Db,
  organisationId: string,
  conditions: AttemptConditions,
  page: { skip: number; limit: number },
): Promise<Attempt[]> {
  const rows = await matching(db.selectFrom('attempts').selectAll(), organisationId, conditions)
    .orderBy('id', 'desc')
    .offset(page.skip)
    .limit(page.limit)
    .execute()
  return rows.map(toAttempt)
}

/** The log is bounded, and so is counting it. */
export async function count(
  db: Db,
  organisationId: string,
  conditions: AttemptConditions,
): Promise<number> {
  const { found } = await matching(db.selectFrom('attempts'), organisationId, conditions)
    .select((counted) => counted.fn.countAll<number>().as('found'))
    .executeTakeFirstOrThrow()
  return Number(found)
}

function matching<Row>(
  query: SelectQueryBuilder<Tables, 'attempts', Row>,
  organisationId: string,
  { search, result, code, before }: AttemptConditions,
): SelectQueryBuilder<Tables, 'attempts', Row> {
  let found = query.where('org_id', '=', organisationId)
  if (search) {
    found = found.where((where) =>
      where.or([
        where('reference', '=', search.toUpperCase()),
        where('email', '=', search.toLowerCase()),
      ]),
    )
  }
  if (result) found = found.where('result', '=', result)
  if (code) found = found.where('code', '=', code)
  if (before) found = found.where('id', '<', before)
  return found
}

export async function find(
  db: Db,
  organisationId: string,
  id: string,
): Promise<Attempt | undefined> {
  const row = await db
    .selectFrom('attempts')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toAttempt(row)
}

/** Keeps the log bounded, so that an outsider who fails all day fills nothing. */
export async function trim(db: Db, organisationId: string): Promise<void> {
  const oldestKept = await db
    .selectFrom('attempts')
    .select('id')
    .where('org_id', '=', organisationId)
    .orderBy('id', 'desc')
    .offset(keptPerOrganisation)
    .limit(1)
    .executeTakeFirst()
  if (!oldestKept) return
  await db
    .deleteFrom('attempts')
    .where('org_id', '=', organisationId)
    .where(
      'id',
      'in',
      db
        .selectFrom('attempts')
        .select('id')
        .where('org_id', '=', organisationId)
        .where('id', '<=', oldestKept.id)
        .orderBy('id')
        .limit(trimmedAtOnce),
    )
    .execute()
}

function toAttempt(row: AttemptsTable): Attempt {
  return { ...row, details: JSON.parse(row.details) as AttemptDetails }
}
