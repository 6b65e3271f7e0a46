import { type RawBuilder, sql } from 'kysely'
import { fold } from '../lib/fold.ts'
import { newId } from '../lib/ids.ts'
import type { User } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import * as groups from './groups.ts'
import { flag } from './organisations.ts'
import { compilable, gatheredChange, send, statement } from './statement.ts'
import type { UsersTable } from './tables.ts'
import { together } from './together.ts'

type Changing = Record<string, unknown> & { org_id: string; id: string; rows: string }
/** By the columns that change together: people are changed in a few ways only. */
const updates = new Map<string, ReturnType<typeof prepareUpdate>>()

function prepareUpdate(columns: string[]) {
  // With what changes in the counts, without a round trip of its own.
  const counting = (change: RawBuilder<unknown>, counted: { org: string; rows: string }) =>
    sql<never>`with changed as (${change}) ${counts.noting(counted)}`
  const together = {
    common: ({ org_id }: Changing) => org_id,
    pack: (calls: Changing[]) => ({ values: packed(calls) }),
  }
  const plain = gatheredChange(statement<Changing, never>(updating), {
    ask: statement<Many, never>((db, many) => compilable(db, updatingMany(columns, many))),
    ...together,
  })
  const counted = gatheredChange(
    statement<Changing, never>((db, values) => {
      const { org_id: org, rows } = values
      return compilable(db, counting(sql`${updating(db, values)}`, { org, rows }))
    }),
    {
      ask: statement<Many, never>((db, many) => {
        const { org, counted: rows } = many
        return compilable(db, counting(updatingMany(columns, many), { org, rows }))
      }),
      ...together,
    },
  )
  return { plain, counted }
}

type Many = { org: string; people: string; counted: string }

function packed(calls: Changing[]): Many {
  return {
    org: calls[0]?.org_id ?? '',
    people: JSON.stringify(calls.map(({ rows: _, ...columns }) => columns)),
    counted: counts.sumOf(calls.map(({ rows }) => rows)),
  }
}

function updatingMany(columns: string[], { org, people }: Many): RawBuilder<never> {
  const set = columns.map((column) => sql`${sql.ref(column)} = t.${sql.ref(column)}`)
  return sql<never>`update users u set ${sql.join(set)}
    from json_populate_recordset(null::users, ${people}::json) t
    where u.org_id = ${org} and u.id = t.id`
}

function updating(db: Db, { org_id, id, rows: _, ...columns }: Changing) {
  return db.updateTable('users').set(columns).where('org_id', '=', org_id).where('id', '=', id)
}

/**
 * Writes the columns that change, since SQLite makes anew every index over a column that is named;
 * `before` is the state that was read under the lock.
 */
export async function update(db: Db, before: User, user: User): Promise<void> {
  const { organisationId, id } = user
  const was: Record<string, unknown> = toRow(before)
  const is = Object.entries(toRow({ ...user, version: before.version + 1 }))
  const changed = is.filter(([name, value]) => was[name] !== value)
  const key = changed.map(([name]) => name).join(' ')
  const { plain, counted } = updates.get(key) ?? prepareUpdate(changed.map(([name]) => name))
  updates.set(key, { plain, counted })
  const deltas =
    countKey(before) === countKey(user)
      ? []
      : [
          { key: countKey(before), delta: -1 },
          { key: countKey(user), delta: 1 },
        ]
  const values = { ...Object.fromEntries(changed), org_id: organisationId, id, rows: '' }
  if (deltas.length > 0 && !isSqlite(db)) {
    await send(db, counted, { ...values, rows: counts.rowsOf(deltas) })
  } else {
    await send(db, plain, values)
    if (deltas.length > 0) await counts.add(db, organisationId, deltas)
  }
  if (searchText(before) !== searchText(user)) await queueForSearch(db, user)
}

export async function remove(db: Db, user: User, at: number): Promise<void> {
  const { organisationId, id } = user
  await groups.touchOf(db, organisationId, id, at)
  const theirs = belongings.map((table) =>
    db.deleteFrom(table).where('org_id', '=', organisationId).where('user_id', '=', id).execute(),
  )
  const granted = db
    .deleteFrom('grants')
    .where('org_id', '=', organisationId)
    .where('subject_kind', '=', 'user')
    .where('subject_id', '=', id)
  const person = db.deleteFrom('users').where('org_id', '=', organisationId).where('id', '=', id)
  await together(
    ...theirs,
    granted.execute(),
    person.execute(),
    counts.add(db, organisationId, [{ key: countKey(user), delta: -1 }]),
    queueForSearch(db, user),
  )
}

const belongings = [
  'scim_attributes',
  'adopted',
  'other_emails',
  'passwords',
  'totp_factors',
  'passkeys',
  'passkey_challenges',
  'recovery_codes',
  'sign_in_tickets',
  'identities',
  'user_roles',
  'group_members',
  'sessions',
  'api_keys',
  'links',
  'preferences',
  'adoptions',
  'approvals',
  'registrations',
] as const

export async function find(db: Db, organisationId: string, id: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toUser(row)
}

/** Reads a person and keeps others from changing them until the transaction ends. */
export async function lock(db: Db, organisationId: string, id: string): Promise<User | undefined> {
  const query = db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '=', id)
  const row = await (isSqlite(db) ? query : query.forUpdate()).executeTakeFirst()
  return row && toUser(row)
}

/** The addresses of these people, for labels. */
export async function emails(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('users')
    .select(['id', 'email'])
    .where('org_id', '=', organisationId)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map(({ id, email }) => [id, email]))
}

export async function findByEmail(
  db: Db,
  organisationId: string,
  emailFolded: string,
): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('email_folded', '=', emailFolded)
    .executeTakeFirst()
  return row && toUser(row)
}

/** Those of these people who are here and not deactivated. */
export async function enabledAmong(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('org_id', '=', organisationId)
    .where('id', 'in', ids)
    .where('status', '<>', 'deactivated')
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** The next who are not deactivated, in the order of their ids; nobody changes them meanwhile. */
export async function lockNextEnabled(
  db: Db,
  organisationId: string,
  afterId: string,
  limit: number,
): Promise<User[]> {
  const query = db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '>', afterId)
    .where('status', '<>', 'deactivated')
    .orderBy('id')
    .limit(limit)
  const rows = await (isSqlite(db) ? query : query.forUpdate()).execute()
  return rows.map(toUser)
}

/** Of everybody who is here the one with the highest id; empty when nobody is. */
export async function lastId(db: Db, organisationId: string): Promise<string> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('org_id', '=', organisationId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? ''
}

/** The next who wait for their first sign-in by the new method, in the order of their ids. */
export async function eachAwaiting(
  db: Db,
  organisationId: string,
  afterId: string,
  limit: number,
): Promise<User[]> {
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .where('org_id', '=', organisationId)
    .where('id', '>', afterId)
    .where('status', '=', 'pending')
    .where('pending_reason', '=', 'method_changed')
    .where('held', '=', 0)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(toUser)
}

export async function recordSignIn(db: Db, user: User, now: number): Promise<void> {
  await db
    .updateTable('users')
    .set({ last_sign_in_at: now })
    .where('org_id', '=', user.organisationId)
    .where('id', '=', user.id)
    .execute()
}

async function queueForSearch(db: Db, user: User): Promise<void> {
  if (!isSqlite(db)) return
  await db
    .insertInto('search_queue')
    .values({ org_id: user.organisationId, id: newId(), user_id: user.id })
    .execute()
}

/** Counts are kept per status and source, so that the usual filters have exact totals at any size. */
export function countKey(user: Pick<User, 'status' | 'managedBy'>): string {
  return `users ${user.status} ${user.managedBy}`
}

function searchText(user: Pick<User, 'firstName' | 'lastName' | 'emailFolded'>): string {
  return `${fold(user.firstName)} ${fold(user.lastName)} ${user.emailFolded}`
}

export function toRow(user: User): UsersTable {
  return {
    org_id: user.organisationId,
    id: user.id,
    email: user.email,
    email_folded: user.emailFolded,
    first_name: user.firstName,
    last_name: user.lastName,
    sort_name: `${fold(user.firstName)} ${fold(user.lastName)}`,
    search_text: searchText(user),
    status: user.status,
    pending_reason: user.pendingReason,
    held: flag(user.held),
    managed_by: user.managedBy,
    joined_by: user.joinedBy,
    email_verified_at: user.emailVerifiedAt,
    created_by: user.createdBy,
    created_at: user.createdAt,
    updated_by: user.updatedBy,
    updated_at: user.updatedAt,
    last_sign_in_at: user.lastSignInAt,
    user_name: user.userName,
    user_name_folded: user.userName?.toLowerCase() ?? null,
    external_id: user.externalId,
    active_assigned: flag(user.activeAssigned),
    version: user.version,
  }
}

export function toUser(row: UsersTable): User {
  return {
    id: row.id,
    organisationId: row.org_id,
    email: row.email,
    emailFolded: row.email_folded,
    firstName: row.first_name,
    lastName: row.last_name,
    status: row.status,
    pendingReason: row.pending_reason,
    held: row.held === 1,
    managedBy: row.managed_by,
    joinedBy: row.joined_by,
    emailVerifiedAt: row.email_verified_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedBy: row.updated_by,
    updatedAt: row.updated_at,
    lastSignInAt: row.last_sign_in_at,
    userName: row.user_name,
    externalId: row.external_id,
    activeAssigned: row.active_assigned === 1,
    version: row.version,
  }
}

/** Everyone with a role, for the rules about working managers. */
export async function withRole(db: Db, organisationId: string, role: string): Promise<User[]> {
  const rows = await db
    .selectFrom('users')
    .innerJoin('user_roles', (join) =>
      join
        .onRef('user_roles.org_id', '=', 'users.org_id')
        .onRef('user_roles.user_id', '=', 'users.id'),
    )
    .selectAll('users')
    .where('user_roles.org_id', '=', organisationId)
    .where('user_roles.role', '=', role)
    .where('users.org_id', '=', organisationId)
    .limit(1_000)
    .execute()
  return rows.map(toUser)
}

/** Sets these people, who were read under a lock, to Pending (LM-12). */
export async function awaitNewMethod(
  db: Db,
  organisationId: string,
  people: User[],
  at: number,
): Promise<void> {
  if (people.length === 0) return
  const ids = people.map(({ id }) => id)
  await db
    .updateTable('users')
    .set({
      status: 'pending',
      pending_reason: 'method_changed',
      updated_at: at,
      version: sql`version + 1`,
    })
    .where('org_id', '=', organisationId)
    .where('id', 'in', ids)
    .execute()
  const active = people.filter(({ status }) => status === 'active')
  const moved = [...Map.groupBy(active, ({ managedBy }) => managedBy)]
  const deltas = moved.flatMap(([managedBy, some]) => [
    { key: countKey({ status: 'active', managedBy }), delta: -some.length },
    { key: countKey({ status: 'pending', managedBy }), delta: some.length },
  ])
  if (deltas.length > 0) await counts.add(db, organisationId, deltas)
}
