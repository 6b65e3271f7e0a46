import { type RawBuilder, sql } from 'kysely'
import type { Organisation } from '../model/organisation.ts'
import type { User } from '../model/user.ts'
import { type Db, isSqlite } from './dialect.ts'
import {
  among,
  compilable,
  each,
  gatheredById,
  gatheredChange,
  listed,
  send,
  statement,
} from './statement.ts'
import type { ScimAttributesTable, UsersTable } from './tables.ts'
import { together } from './together.ts'
import { toUser } from './users.ts'

export type Belonging = { id: string; name: string; inherited: boolean }
/** A person with all that a SCIM client may see of them. */
export type ScimPerson = {
  user: User
  /** As the identity provider sent them; undefined for somebody whom it never sent. */
  attributes: Record<string, unknown> | undefined
  roles: string[]
  /** Groups of the identity provider. */
  groups: Belonging[]
}

const selectPerson = (db: Db, where: RawBuilder<boolean>, organisationId: string, lock = false) =>
  sql<UsersTable>`select r.* from users r where r.org_id = ${organisationId} and ${where}
    ${lock && !isSqlite(db) ? sql`order by r.id for update` : sql``}`

const byId = statement<{ org: string; id: string }, UsersTable>((db, { org, id }) =>
  compilable(db, selectPerson(db, sql<boolean>`r.id = ${id}`, org)),
)
// In the order of their ids, so that two who lock several never wait for each other.
const byIdLocked = gatheredById(
  statement<{ org: string; id: string }, UsersTable>((db, { org, id }) =>
    compilable(db, selectPerson(db, sql<boolean>`r.id = ${id}`, org, true)),
  ),
  statement<{ org: string; ids: unknown }, UsersTable>((db, { org, ids }) =>
    compilable(db, selectPerson(db, among(db, 'r.id', ids), org, true)),
  ),
  ({ id }) => id,
)
const byUserName = statement<{ org: string; name: string }, UsersTable>((db, { org, name }) =>
  compilable(db, selectPerson(db, sql<boolean>`r.user_name_folded = ${name}`, org)),
)
const byKeys = statement<{ org: string; ids: unknown }, UsersTable>((db, { org, ids }) =>
  compilable(db, selectPerson(db, among(db, 'r.id', ids), org)),
)

export type BelongingRow = {
  user_id: string
  kind: 'sent' | 'role' | 'direct' | 'indirect'
  id: string
  name: string | null
}

/**
 * The group of the identity provider with this id, to be crossed with where the id comes from.
 * Neither database is to read all of its groups for the few of a person: SQLite keeps to the order
 * of a cross join, and what has an offset PostgreSQL asks for each by its key.
 */
export function managedGroup(db: Db, org: string, id: string): RawBuilder<unknown> {
  return isSqlite(db)
    ? sql`groups g where g.org_id = ${org} and g.id = ${sql.ref(id)} and g.managed_by || '' = 'scim'`
    : sql`lateral (select id, name from groups where org_id = ${org} and id = ${sql.ref(id)}
        and managed_by = 'scim' offset 0) g where true`
}

// Groups in groups are climbed only where there are any.
export function selectBelongings(
  db: Db,
  org: string,
  isTheirs: (column: string) => RawBuilder<boolean>,
  sent: 'with what was sent' | 'without',
) {
  const text = isSqlite(db) ? sql`` : sql`::text`
  const theirs = sql`m.org_id = ${org} and ${isTheirs('m.user_id')}`
  const attributes = sql`union all
      select a.user_id, 'sent'${text}, a.user_id, a.sent from scim_attributes a
        where a.org_id = ${org} and ${isTheirs('a.user_id')}`
  return compilable(
    db,
    sql<BelongingRow>`with recursive above(user_id, id) as (
        select m.user_id, n.group_id from group_members m cross join nested_groups n
          where exists (select 1 from nested_groups where org_id = ${org}) and ${theirs}
          and n.org_id = ${org} and n.child_id = m.group_id
        union
        select x.user_id, n.group_id from above x
          join nested_groups n on n.org_id = ${org} and n.child_id = x.id)
      select m.user_id, 'direct'${text} as kind, g.id, g.name
        from group_members m cross join ${managedGroup(db, org, 'm.group_id')} and ${theirs}
      union all
      select above.user_id, 'indirect'${text}, g.id, g.name
        from above cross join ${managedGroup(db, org, 'above.id')}
      union all
      select u.user_id, 'role'${text}, u.role, null from user_roles u
        where u.org_id = ${org} and ${isTheirs('u.user_id')}
      ${sent === 'without' ? sql`` : attributes}`,
  )
}

const belongingsOf = statement<{ org: string; ids: unknown }, BelongingRow>((db, { org, ids }) =>
  selectBelongings(db, org, (column) => among(db, column, ids), 'with what was sent'),
)
const climbedOfOne = gatheredById(
  statement<{ org: string; id: string }, BelongingRow>((db, { org, id }) =>
    selectBelongings(
      db,
      org,
      (column) => sql<boolean>`${sql.ref(column)} = ${id}`,
      'with what was sent',
    ),
  ),
  belongingsOf,
  ({ user_id }) => user_id,
)

type FlatRow = BelongingRow | { kind: 'nests' }

/** Where no group is in another, as in most organisations, without what SQLite prepares to climb. */
const ofOneFlat = statement<{ org: string; id: string }, FlatRow>((db, { org, id }) =>
  compilable(
    db,
    sql<FlatRow>`select m.user_id, 'direct' as kind, g.id, g.name
        from group_members m cross join ${managedGroup(db, org, 'm.group_id')}
        and m.org_id = ${org} and m.user_id = ${id}
      union all
      select user_id, 'role', role, null from user_roles where org_id = ${org} and user_id = ${id}
      union all
      select user_id, 'sent', user_id, sent from scim_attributes
        where org_id = ${org} and user_id = ${id}
      union all
      select '', 'nests', '', null where exists (select 1 from nested_groups where org_id = ${org})`,
  ),
)

async function belongingsOfOne(
  db: Db,
  person: { org: string; id: string },
): Promise<BelongingRow[]> {
  if (!isSqlite(db)) return climbedOfOne(db, person)
  const rows = await ofOneFlat(db, person)
  const flat = rows.filter((row) => row.kind !== 'nests')
  return flat.length < rows.length ? climbedOfOne(db, person) : flat
}

/**
 * People with attributes, roles and groups, in the order of the rows. What belongs to them is asked
 * for behind the rows and travels with them: whoever waited for a lock sees what the one before
 * them wrote.
 */
async function complete(
  asked: Promise<UsersTable[]>,
  belonging: Promise<BelongingRow[]>,
): Promise<ScimPerson[]> {
  const [rows, belongings] = await together(asked, belonging)
  const people = new Map(rows.map((row) => [row.id, toPerson(row)]))
  for (const { user_id, kind, id, name } of belongings) {
    const person = people.get(user_id)
    if (!person) continue
    if (kind === 'sent') person.attributes = JSON.parse(name ?? '{}')
    else belong(person, kind, { id, name: name ?? '' })
  }
  return [...people.values()]
}

/** Direct memberships come before inherited ones. */
export function belong(
  person: Pick<ScimPerson, 'roles' | 'groups'>,
  kind: 'role' | 'direct' | 'indirect',
  { id, name }: { id: string; name: string },
): void {
  if (kind === 'role') person.roles.push(id)
  else if (kind === 'direct' || !person.groups.some((group) => group.id === id))
    person.groups.push({ id, name, inherited: kind === 'indirect' })
}

function toPerson(row: UsersTable): ScimPerson {
  return { user: toUser(row), attributes: undefined, roles: [], groups: [] }
}

export async function find(db: Db, org: string, id: string): Promise<ScimPerson | undefined> {
  const [person] = await complete(byId(db, { org, id }), belongingsOfOne(db, { org, id }))
  return person
}

/** As `find`, and nobody else changes the person until the transaction ends. */
export async function lock(db: Db, org: string, id: string): Promise<ScimPerson | undefined> {
  const [person] = await complete(byIdLocked(db, { org, id }), belongingsOfOne(db, { org, id }))
  return person
}

export async function findByUserName(
  db: Db,
  org: string,
  userName: string,
): Promise<ScimPerson | undefined> {
  const [row] = await byUserName(db, { org, name: userName.toLowerCase() })
  return row && find(db, org, row.id)
}

const managedAmong = statement<{ org: string; names: unknown; version: number }, { name: string }>(
  (db, { org, names, version }) =>
    compilable(
      db,
      sql<{ name: string }>`select r.user_name_folded as name from users r
        where r.org_id = ${org} and ${among(db, 'r.user_name_folded', names)}
        and r.managed_by || '' = 'scim' and exists (select 1 from organisations
          where id = ${org} and version = ${version})`,
    ),
)

/** Of these userNames, folded, those of people whom it manages; none when the organisation has changed. */
export async function managedUserNames(
  db: Db,
  { id, version }: Pick<Organisation, 'id' | 'version'>,
  userNames: string[],
): Promise<Set<string>> {
  const names = listed(db, userNames)
  const rows = await managedAmong(db, { org: id, names, version })
  return new Set(rows.map(({ name }) => name))
}

/** People whom the identity provider does not manage yet and who have one of these keys. */
export async function findUnmanaged(
  db: Db,
  organisationId: string,
  keys: { ids: string[]; userNames: string[]; emails: string[]; externalIds: string[] },
): Promise<ScimPerson[]> {
  const ids = listed(db, keys.ids)
  const names = listed(db, keys.userNames)
  const addresses = listed(db, keys.emails)
  const externalIds = listed(db, keys.externalIds)
  const { rows } = await sql<{ id: string }>`
    select id from users where org_id = ${organisationId}
      and ${among(db, 'user_name_folded', names)} and managed_by <> 'scim'
    union select id from users where org_id = ${organisationId}
      and ${among(db, 'email_folded', addresses)} and managed_by <> 'scim'
    union select id from users where org_id = ${organisationId}
      and ${among(db, 'external_id', externalIds)} and managed_by <> 'scim'
    union select id from users where org_id = ${organisationId}
      and ${among(db, 'id', ids)} and managed_by <> 'scim' limit 10`.execute(db)
  return byIds(
    db,
    organisationId,
    rows.map((row) => row.id),
  )
}

const claims = statement<
  { org: string; names: unknown; externalIds: unknown; emails: unknown },
  { claim: string }
>((db, { org, names, externalIds, emails }) =>
  compilable(
    db,
    sql<{ claim: string }>`
      select 'name ' || t.id as claim from ${each(db, names)} cross join tombstones b
        where b.org_id = ${org} and b.user_name_folded = t.id
      union all select 'external ' || t.id from ${each(db, externalIds)} cross join tombstones b
        where b.org_id = ${org} and b.external_id = t.id
      union all select 'name ' || t.id from ${each(db, names)} cross join users u
        where u.org_id = ${org} and u.email_folded = t.id
      union all select 'invited ' || t.id from ${each(db, emails)} cross join invitations i
        where i.org_id = ${org} and i.email_folded = t.id`,
  ),
)

/** Of these keys, those that may mean somebody who is here, was or is invited: `name …`, `external …`, `invited …`. */
export async function claimedKeys(
  db: Db,
  organisationId: string,
  keys: { userNames: string[]; externalIds: string[]; emails: string[] },
): Promise<Set<string>> {
  const names = listed(
    db,
    keys.userNames.map((name) => name.toLowerCase()),
  )
  const externalIds = listed(db, keys.externalIds)
  const emails = listed(db, keys.emails)
  const rows = await claims(db, { org: organisationId, names, externalIds, emails })
  return new Set(rows.map((row) => row.claim))
}

/** Whom the identity provider sent under one of these keys, the surest first (SC-23). */
export async function findManaged(
  db: Db,
  organisationId: string,
  keys: { externalId: string; userNames: string[] },
): Promise<string | undefined> {
  const names = listed(db, keys.userNames)
  const { rows } = await sql<{ id: string }>`select id, 0 as place from users
      where org_id = ${organisationId} and external_id = ${keys.externalId}
      and managed_by || '' = 'scim'
    union all select id, 1 from users
      where org_id = ${organisationId} and ${among(db, 'user_name_folded', names)}
      and managed_by || '' = 'scim' order by place limit 1`.execute(db)
  return rows[0]?.id
}

async function byIds(db: Db, org: string, wanted: string[]): Promise<ScimPerson[]> {
  if (wanted.length === 0) return []
  const ids = listed(db, wanted)
  const people = await complete(byKeys(db, { org, ids }), belongingsOf(db, { org, ids }))
  const byPerson = new Map(people.map((person) => [person.user.id, person]))
  return wanted.flatMap((id) => byPerson.get(id) ?? [])
}

const putAttributesOf = gatheredChange(
  statement<ScimAttributesTable, never>((db, row) =>
    db
      .insertInto('scim_attributes')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['org_id', 'user_id']).doUpdateSet({ sent: row.sent, folded: row.folded }),
      ),
  ),
  {
    ask: statement<{ rows: string }, never>((db, { rows }) =>
      compilable(
        db,
        sql<never>`insert into scim_attributes
          select * from jsonb_populate_recordset(null::scim_attributes, ${rows}::jsonb)
          on conflict (org_id, user_id) do update set sent = excluded.sent, folded = excluded.folded`,
      ),
    ),
    common: ({ org_id }) => org_id,
    pack: (calls) => ({ values: { rows: `[${calls.map(withInnerJson).join()}]` } }),
  },
)

/** `folded` is JSON already, and goes in as such and not as text. */
export function withInnerJson({ folded, ...row }: ScimAttributesTable): string {
  return `${JSON.stringify(row).slice(0, -1)},"folded":${folded}}`
}

/** Stores what was sent, and every address in it that the person is not known by already. */
export async function putAttributes(
  db: Db,
  user: Pick<User, 'organisationId' | 'id' | 'emailFolded'>,
  attributes: Record<string, unknown>,
  before: Record<string, unknown> | undefined,
): Promise<void> {
  const { organisationId, id } = user
  await send(db, putAttributesOf, {
    org_id: organisationId,
    user_id: id,
    ...attributeColumns(attributes),
  })
  const addresses = otherEmails(user.emailFolded, attributes)
  if (before && otherEmails('', before).length > 0) {
    await db
      .deleteFrom('other_emails')
      .where('org_id', '=', organisationId)
      .where('user_id', '=', id)
      .execute()
  }
  if (addresses.length === 0) return
  await db
    .insertInto('other_emails')
    .values(
      addresses.map((email_folded) => ({ org_id: organisationId, user_id: id, email_folded })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export function attributeColumns(attributes: Record<string, unknown>) {
  const sent = JSON.stringify(attributes)
  return { sent, folded: foldJson(attributes) }
}

/** The same in lower case, but for the names. */
function foldJson(attributes: Record<string, unknown>): string {
  return JSON.stringify(attributes, (_, value: unknown) =>
    typeof value === 'string' ? value.toLowerCase() : value,
  )
}

/** Long enough for every address, short enough for an index. */
const longestAddress = 320

export function otherEmails(known: string, attributes: Record<string, unknown>): string[] {
  const emails = Array.isArray(attributes.emails) ? attributes.emails : []
  const values = emails.flatMap((email: { value?: unknown }) =>
    typeof email.value === 'string' && email.value.length <= longestAddress
      ? [email.value.toLowerCase()]
      : [],
  )
  return [...new Set(values)].filter((value) => value !== known)
}
