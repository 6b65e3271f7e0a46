import { type RawBuilder, sql } from 'kysely'
import type { Organisation, ProvisioningSource } from '../model/organisation.ts'
import type { Difference, GroupDifference } from '../model/shadow.ts'
import type { UserStatus } from '../model/user.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import { among, listed } from './statement.ts'
import type { ShadowsTable, Tables } from './tables.ts'
import { countKey } from './users.ts'

export type ShadowRow = ShadowsTable
/** The organisation and its copy. */
export type Pair = { live: string; copy: string }

const copiedAtOnce = 250
/** Who joins is copied when whoever began before them is here, too. */
const settledMs = 10_000

const provenance = ['provenance', 'actor', 'actor_id', 'rule', 'request_id', 'at'] as const

/** What of a directory SCIM asks or changes; nothing that opens a door. */
const copied = {
  users: [
    ...['id', 'email', 'email_folded', 'first_name', 'last_name', 'sort_name', 'status'],
    ...['pending_reason', 'held', 'managed_by', 'joined_by', 'email_verified_at', 'created_by'],
    ...['created_at', 'updated_by', 'updated_at', 'last_sign_in_at', 'user_name'],
    ...['user_name_folded', 'external_id', 'active_assigned', 'version'],
  ],
  scim_attributes: ['user_id', 'sent', 'folded'],
  other_emails: ['email_folded', 'user_id'],
  user_roles: ['user_id', 'role', ...provenance],
  group_members: ['group_id', 'user_id', ...provenance],
  identities: ['issuer', 'subject', 'user_id', 'connection', 'linked_at'],
  groups: [
    ...['id', 'name', 'name_folded', 'is_default', 'created_at', 'external_id', 'managed_by'],
    ...['adoptable', 'updated_at', 'version', 'members_set'],
  ],
  nested_groups: ['group_id', 'child_id', ...provenance],
  tombstones: [
    ...['id', 'email_folded', 'user_name_folded', 'external_id', 'label', 'person'],
    ...['deleted_at', 'erase_at'],
  ],
  invitations: [
    ...['id', 'email', 'email_folded', 'first_name', 'last_name', 'promised', 'lives_days'],
    ...['inviter', 'inviter_id', 'created_at', 'expires_at'],
  ],
  approvals: ['user_id', 'issuer', 'risk', 'given_at'],
} satisfies Partial<Record<keyof Tables, string[]>>
type Copied = keyof typeof copied

/** All of a person but themselves. */
const ofPeople = [
  'scim_attributes',
  'other_emails',
  'user_roles',
  'group_members',
  'identities',
] as const

async function copyRows(
  db: Db,
  table: Copied,
  { live, copy }: Pair,
  which: RawBuilder<unknown> = sql`true`,
): Promise<void> {
  const columns = sql.join(copied[table].map((column) => sql.ref(column)))
  await sql`insert into ${sql.table(table)} (org_id, ${columns})
    select ${copy}, ${columns} from ${sql.table(table)} where org_id = ${live} and ${which}
    on conflict do nothing`.execute(db)
}

/** Makes the copy, without people, and says so in the organisation. The caller holds that alone. */
export async function begin(
  db: Db,
  { id: live }: Pick<Organisation, 'id'>,
  { copyId: copy, by, at, people }: { copyId: string; by: string; at: number; people: number },
): Promise<void> {
  await sql`insert into organisations (id, name, slug, login_method, source, require_second_factor,
      self_service_enabled, default_group_id, default_pool_id, demo, version, created_at, shadow_of)
    select ${copy}, name, ${`shadow ${copy}`}, login_method, 'scim', 0, 0, default_group_id,
      default_pool_id, demo, 1, ${at}, id from organisations where id = ${live}`.execute(db)
  const pair = { live, copy }
  for (const table of ['groups', 'nested_groups', 'tombstones', 'invitations'] as const)
    await copyRows(db, table, pair)
  await copyRows(db, 'approvals', pair, sql`issuer = 'scim'`)
  await db
    .insertInto('shadows')
    .values({
      org_id: live,
      copy_id: copy,
      state: 'copying',
      started_by: by,
      started_at: at,
      people,
      copied_to: '',
      copied: 0,
      live_by: null,
      live_at: null,
      applied: 0,
      total: 0,
      refused: '[]',
      refused_total: 0,
      claimed_until: 0,
      ended_at: null,
    })
    .execute()
}

/** @returns how many were copied, of those behind `copied_to`, and who was the last. */
async function copyPeople(
  db: Db,
  { org_id: live, copy_id: copy, copied_to }: ShadowRow,
): Promise<{ seen: number; copied: number; last: string }> {
  const page = await db
    .selectFrom('users')
    .select('id')
    .where('org_id', '=', live)
    .where('id', '>', copied_to)
    .orderBy('id')
    .limit(copiedAtOnce)
    .execute()
  const last = page.at(-1)?.id
  if (last === undefined) return { seen: 0, copied: 0, last: copied_to }
  const columns = sql.join(copied.users.map((column) => sql.ref(column)))
  // Nobody looks for people of a copy by what is in their names.
  const { rows } = await sql<{ id: string; status: UserStatus; managed_by: ProvisioningSource }>`
    insert into users (org_id, search_text, ${columns})
    select ${copy}, '', ${columns} from users
      where org_id = ${live} and id > ${copied_to} and id <= ${last}
    on conflict do nothing returning id, status, managed_by`.execute(db)
  const arrived = among(
    db,
    'user_id',
    listed(
      db,
      rows.map(({ id }) => id),
    ),
  )
  for (const table of ofPeople) await copyRows(db, table, { live, copy }, arrived)
  const deltas = Map.groupBy(rows, ({ status, managed_by }) =>
    countKey({ status, managedBy: managed_by }),
  )
  const changes = [...deltas].map(([key, some]) => ({ key, delta: some.length }))
  if (changes.length > 0) await counts.add(db, copy, changes)
  return { seen: page.length, copied: rows.length, last }
}

/**
 * Copies the next people; those who join later as well, so that the identity provider finds them. The
 * caller holds the organisation. @returns whether more wait.
 */
export async function copyNext(db: Db, shadow: ShadowRow, now: number): Promise<boolean> {
  const { seen, copied, last } = await copyPeople(db, shadow)
  const more = seen === copiedAtOnce
  const settled = firstIdAt(now - settledMs)
  // Ids are in the order of time: of the latest, some may not be here yet.
  const known = more || last <= settled
  const unsettled = shadow.copied_to > settled ? shadow.copied_to : settled
  await change(db, shadow, {
    copied: shadow.copied + copied,
    copied_to: known ? last : unsettled,
  })
  return more
}

/** Whether somebody came since the last who was copied. */
export async function waits(db: Db, { org_id, copied_to }: ShadowRow): Promise<boolean> {
  const row = await db
    .selectFrom('users')
    .select('id')
    .where('org_id', '=', org_id)
    .where('id', '>', copied_to)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** No id of this time or later comes before it (RFC 9562 §5.7). */
function firstIdAt(at: number): string {
  const hex = Math.max(0, at).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}

export async function change(
  db: Db,
  { org_id, copy_id }: Pick<ShadowRow, 'org_id' | 'copy_id'>,
  columns: Partial<Omit<ShadowRow, 'org_id' | 'copy_id'>>,
): Promise<void> {
  await db
    .updateTable('shadows')
    .set(columns)
    .where('org_id', '=', org_id)
    .where('copy_id', '=', copy_id)
    .execute()
}

export async function find(db: Db, { live, copy }: Pair): Promise<ShadowRow | undefined> {
  return db
    .selectFrom('shadows')
    .selectAll()
    .where('org_id', '=', live)
    .where('copy_id', '=', copy)
    .executeTakeFirst()
}

/** The one that began last; ids of copies are in the order of time. */
export async function latest(db: Db, organisationId: string): Promise<ShadowRow | undefined> {
  return db
    .selectFrom('shadows')
    .selectAll()
    .where('org_id', '=', organisationId)
    .orderBy('copy_id', 'desc')
    .limit(1)
    .executeTakeFirst()
}

export async function atWork(db: Db): Promise<ShadowRow[]> {
  return db.selectFrom('shadows').selectAll().where('state', '<>', 'ended').execute()
}

/** So that one node is at work on it. @returns it as it is now, when nobody else is. */
export async function claim(
  db: Db,
  { org_id, copy_id }: ShadowRow,
  now: number,
  until: number,
): Promise<ShadowRow | undefined> {
  return db
    .updateTable('shadows')
    .set({ claimed_until: until })
    .where('org_id', '=', org_id)
    .where('copy_id', '=', copy_id)
    .where('state', '<>', 'ended')
    .where('claimed_until', '<=', now)
    .returningAll()
    .executeTakeFirst()
}

const told = [
  ...['user.joined', 'user.adopted', 'user.changed', 'user.deactivated', 'user.enabled'],
  ...['user.deleted', 'user.restored', 'user.role_granted', 'user.role_revoked'],
]

/** Whom the identity provider has changed in the copy, in the order of their ids. */
export async function touchedPeople(
  db: Db,
  copy: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('events')
    .select('subject_id as id')
    .distinct()
    .where('org_id', '=', copy)
    .where('subject_id', '>', after)
    .where('subject_kind', '=', 'user')
    .where('type', 'in', told)
    .orderBy('subject_id')
    .limit(limit)
    .execute()
  return rows.flatMap(({ id }) => id ?? [])
}

/** The newest of what happened in the copy: nothing differs in another way before there is a newer. */
export async function lastHappened(db: Db, copy: string): Promise<string> {
  const row = await db
    .selectFrom('events')
    .select('id')
    .where('org_id', '=', copy)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? ''
}

const differing = (columns: readonly string[]) =>
  sql.join(
    columns.map((column) => {
      const [ours, theirs] = [sql.ref(`l.${column}`), sql.ref(`c.${column}`)]
      return sql`coalesce(${ours}, '') <> coalesce(${theirs}, '')`
    }),
    sql` or `,
  )

export type PersonDifference = {
  id: string
  difference: Difference
  /** Whether the identity provider said of them in the copy that they work here, or no longer do. */
  statusSaid: boolean
}

/** How these people of the copy differ from who is here; who does not is left out. */
export async function differencesOf(
  db: Db,
  { live, copy }: Pair,
  ids: string[],
  { syncRoles }: { syncRoles: boolean },
): Promise<PersonDifference[]> {
  if (ids.length === 0) return []
  const people = isSqlite(db)
    ? sql`(select value as id from json_each(${JSON.stringify(ids)}))`
    : sql`(select unnest(${ids}::text[]) as id)`
  const rolesOf = (org: string) =>
    sql`select role from user_roles where org_id = ${org} and user_id = t.id`
  const rolesDiffer = syncRoles
    ? sql`or exists (${rolesOf(copy)} except ${rolesOf(live)})
        or exists (${rolesOf(live)} except ${rolesOf(copy)})`
    : sql``
  // Whom a manager deactivated here since then is not brought back by a copy that knows nothing of it.
  const said = sql`exists (select 1 from events e where e.org_id = ${copy} and e.subject_id = t.id
    and e.type in ('user.enabled', 'user.deactivated', 'user.restored'))`
  // Somebody of this address who was never in the copy.
  const came = sql`select 1 from users m
    where m.org_id = ${live} and m.email_folded = c.email_folded
    and not exists (select 1 from users k where k.org_id = ${copy} and k.id = m.id)
    and not exists (select 1 from events e where e.org_id = ${copy} and e.subject_id = m.id)`
  const { rows } = await sql<{ id: string; difference: Difference | null; said: boolean | 0 | 1 }>`
    select t.id, ${said} as said, case
      when c.id is null and l.id is null then null
      when c.id is null then 'deleted'
      when l.id is null and exists (${came} and m.managed_by = 'scim'
        and m.user_name_folded = c.user_name_folded) then null
      when l.id is null and exists (${came}) then 'matched'
      when l.id is null then 'created'
      when c.status = 'deactivated' and l.status <> 'deactivated' and ${said} then 'deactivated'
      when c.status <> 'deactivated' and l.status = 'deactivated' and ${said} then 'enabled'
      when c.managed_by <> l.managed_by then 'adopted'
      when ${differing(['email', 'first_name', 'last_name', 'user_name', 'external_id'])}
        or coalesce(la.sent, '') <> coalesce(ca.sent, '') ${rolesDiffer} then 'changed'
      end as difference
    from ${people} t
    left join users c on c.org_id = ${copy} and c.id = t.id
    left join users l on l.org_id = ${live} and l.id = t.id
    left join scim_attributes ca on ca.org_id = ${copy} and ca.user_id = t.id
    left join scim_attributes la on la.org_id = ${live} and la.user_id = t.id
    order by t.id`.execute(db)
  return rows.flatMap(({ id, difference, said }) =>
    difference ? [{ id, difference, statusSaid: Boolean(said) }] : [],
  )
}

export type GroupRow = {
  id: string
  name: string
  name_here: string | null
  external_id: string | null
  external_id_here: string | null
  managed_by_here: string | null
  added: number
  removed: number
  deleted: number
}

/** A query from its `from` on: whom a group has in one of the two and not in the other. */
function edges(
  table: 'group_members' | 'nested_groups',
  [there, elsewhere]: [string, string],
  group: RawBuilder<unknown>,
  joined = sql``,
): RawBuilder<unknown> {
  const who = table === 'group_members' ? 'user_id' : 'child_id'
  return sql`from ${sql.table(table)} e ${joined}
    where e.org_id = ${there} and e.group_id = ${group}
    and not exists (select 1 from ${sql.table(table)} o where o.org_id = ${elsewhere}
      and o.group_id = e.group_id and ${sql.ref(`o.${who}`)} = ${sql.ref(`e.${who}`)})`
}

/** Groups that the identity provider made, changed or deleted in the copy and that differ from here. */
export async function groupDifferences(
  db: Db,
  { live, copy }: Pair,
  since: number,
): Promise<(GroupRow & { difference: GroupDifference })[]> {
  const kinds = ['group_members', 'nested_groups'] as const
  // Whoever joined a group here since then was never in the copy to be taken out.
  const sum = (pair: [string, string], group: string, known: RawBuilder<unknown>) =>
    sql.join(
      kinds.map((table) => sql`(select count(*) ${edges(table, pair, sql.ref(group))} ${known})`),
      sql` + `,
    )
  const added = (group: string) => sum([copy, live], group, sql``)
  const removed = (group: string) => sum([live, copy], group, sql`and e.at < ${since}`)
  const { rows } = await sql<GroupRow>`
    select c.id, c.name, l.name as name_here, c.external_id, l.external_id as external_id_here,
      l.managed_by as managed_by_here, ${added('c.id')} as added, ${removed('c.id')} as removed,
      0 as deleted
    from groups c left join groups l on l.org_id = ${live} and l.id = c.id
    where c.org_id = ${copy} and c.managed_by = 'scim' and c.updated_at >= ${since}
    union all
    select l.id, l.name, l.name, l.external_id, l.external_id, l.managed_by, 0, ${removed('l.id')}, 1
    from groups l where l.org_id = ${live}
      and l.id in (select subject_id from events where org_id = ${copy} and type = 'group.deleted')
      and not exists (select 1 from groups c where c.org_id = ${copy} and c.id = l.id)
    order by 1`.execute(db)
  return rows.flatMap((found) => {
    const row = { ...found, added: Number(found.added), removed: Number(found.removed) }
    const difference = differenceOf(row)
    return difference ? [{ ...row, difference }] : []
  })
}

function differenceOf(row: GroupRow): GroupDifference | undefined {
  if (row.deleted) return 'deleted'
  if (row.name_here === null) return 'created'
  if (row.managed_by_here !== 'scim') return 'adopted'
  const differs =
    row.name !== row.name_here ||
    row.external_id !== row.external_id_here ||
    row.added + row.removed > 0
  return differs ? 'changed' : undefined
}

/** `id` is under which they are here; null for whom nobody here is. */
export type Edge = { id: string | null; label: string }

/** By whom a group of the copy differs from the same group here: at most `limit` of each. */
export async function edgesOf(
  db: Db,
  { live, copy }: Pair,
  groupId: string,
  { since, limit }: { since: number; limit: number },
): Promise<{ added: Edge[]; removed: Edge[] }> {
  const asked = (query: RawBuilder<unknown>) =>
    sql<Edge>`select id, label from (${query}) x order by id is null, label limit ${limit}`
  const groupsIn = sql`join groups g on g.org_id = e.org_id and g.id = e.child_id`
  const peopleIn = sql`join users u on u.org_id = e.org_id and u.id = e.user_id`
  const group = sql`${groupId}`
  const [added, removed] = await Promise.all([
    asked(sql`select coalesce(l.id, m.id) as id, c.email as label
        from group_members e
        join users c on c.org_id = ${copy} and c.id = e.user_id
        left join users l on l.org_id = ${live} and l.id = e.user_id
        left join users m on m.org_id = ${live} and m.email_folded = c.email_folded
        where e.org_id = ${copy} and e.group_id = ${groupId}
        and not exists (select 1 from group_members o where o.org_id = ${live}
          and o.group_id = e.group_id and o.user_id = coalesce(l.id, m.id))
      union all
      select g.id, g.name ${edges('nested_groups', [copy, live], group, groupsIn)}`).execute(db),
    asked(sql`select u.id, u.email as label
          ${edges('group_members', [live, copy], group, peopleIn)} and e.at < ${since}
      union all
      select g.id, g.name ${edges('nested_groups', [live, copy], group, groupsIn)}
        and e.at < ${since}`).execute(db),
  ])
  return { added: added.rows, removed: removed.rows }
}

export type PersonRow = {
  id: string
  email: string
  first_name: string
  last_name: string
  user_name: string | null
  external_id: string | null
  status: UserStatus
  managed_by: ProvisioningSource
  active_assigned: 0 | 1
  sent: string | null
  roles: string[]
  /** Those that are not the Default group. */
  groups: { id: string; name: string }[]
}

/** These people as they are in one of the two, by id. */
export async function peopleIn(
  db: Db,
  organisationId: string,
  ids: string[],
): Promise<Map<string, PersonRow>> {
  const [people, roles, groups] = await Promise.all([
    db
      .selectFrom('users as u')
      .leftJoin('scim_attributes as a', (join) =>
        join.onRef('a.org_id', '=', 'u.org_id').onRef('a.user_id', '=', 'u.id'),
      )
      .select(['u.id', 'u.email', 'u.first_name', 'u.last_name', 'u.user_name', 'u.external_id'])
      .select(['u.status', 'u.managed_by', 'u.active_assigned', 'a.sent'])
      .where('u.org_id', '=', organisationId)
      .where(among(db, 'u.id', listed(db, ids)))
      .execute(),
    db
      .selectFrom('user_roles')
      .select(['user_id', 'role'])
      .where('org_id', '=', organisationId)
      .where(among(db, 'user_id', listed(db, ids)))
      .execute(),
    db
      .selectFrom('group_members as m')
      .innerJoin('groups as g', (join) =>
        join.onRef('g.org_id', '=', 'm.org_id').onRef('g.id', '=', 'm.group_id'),
      )
      .select(['m.user_id', 'g.id', 'g.name'])
      .where('m.org_id', '=', organisationId)
      .where('g.is_default', '=', 0)
      .where(among(db, 'm.user_id', listed(db, ids)))
      .orderBy('g.name')
      .execute(),
  ])
  const [held, joined] = [
    Map.groupBy(roles, ({ user_id }) => user_id),
    Map.groupBy(groups, ({ user_id }) => user_id),
  ]
  return new Map(
    people.map((person) => [
      person.id,
      {
        ...person,
        roles: (held.get(person.id) ?? []).map(({ role }) => role),
        groups: joined.get(person.id) ?? [],
      },
    ]),
  )
}

/** The copy hears nobody any more: whoever is on their way finds that it is no source. */
export async function close(db: Db, copy: string): Promise<void> {
  await db
    .updateTable('organisations')
    .set({ source: 'portal', version: sql`version + 1` })
    .where('id', '=', copy)
    .execute()
}

const erasedAtOnce = 250

const rest = [
  ...['groups', 'nested_groups', 'group_members', 'tombstones', 'invitations', 'approvals'],
  ...['adoptions', 'adopted', 'leftovers', 'notices', 'counts', 'count_deltas', 'scim_walks'],
  ...['scim_settings', 'grants', 'user_roles', 'scim_attributes', 'other_emails', 'identities'],
] as (keyof Tables)[]

/** Erases the next of a copy. @returns whether anything is left of it. */
export async function eraseNext(db: Db, { copy_id: copy }: ShadowRow): Promise<boolean> {
  const events = await eraseSome(db, 'events', copy)
  const ids = await eraseSome(db, 'users', copy)
  for (const table of ofPeople)
    await sql`delete from ${sql.table(table)} where org_id = ${copy}
      and ${among(db, 'user_id', listed(db, ids))}`.execute(db)
  if (events.length + ids.length > 0) return true
  for (const table of rest)
    await sql`delete from ${sql.table(table)} where org_id = ${copy}`.execute(db)
  // Whom the index of names knows is taken out of it when it finds them gone.
  if (isSqlite(db))
    await sql`insert or ignore into search_queue (org_id, id, user_id)
      select org_id, user_id, user_id from user_search_rows where org_id = ${copy}`.execute(db)
  await db.deleteFrom('organisations').where('id', '=', copy).execute()
  return false
}

async function eraseSome(db: Db, table: 'events' | 'users', copy: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`delete from ${sql.table(table)}
    where org_id = ${copy} and id in (
      select id from ${sql.table(table)} where org_id = ${copy} limit ${erasedAtOnce})
    returning id`.execute(db)
  return rows.map(({ id }) => id)
}
