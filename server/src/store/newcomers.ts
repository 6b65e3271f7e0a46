import { type RawBuilder, sql } from 'kysely'
import { newId } from '../lib/ids.ts'
import type { Organisation } from '../model/organisation.ts'
import type { Provenance, User } from '../model/user.ts'
import { provenanceColumns } from './access.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import { type EventRow, toEventColumns } from './events.ts'
import { attributeColumns, claimedKeys, otherEmails, withInnerJson } from './scim-people.ts'
import { statement } from './statement.ts'
import type {
  GroupMembersTable,
  OtherEmailsTable,
  ScimAttributesTable,
  SearchQueueTable,
  UserRolesTable,
  UsersTable,
} from './tables.ts'
import { countKey, toRow } from './users.ts'

/** A person with everything that comes with them at their landing. */
export type Newcomer = {
  user: User
  roles: { role: string; provenance: Provenance }[]
  groups: { id: string; provenance: Provenance }[]
  /** What the identity provider sent besides; undefined when it sent nothing. */
  attributes: Record<string, unknown> | undefined
  /** Undefined when the caller tells what happened. */
  event: EventRow | undefined
}

type Rows = {
  users: UsersTable
  user_roles: UserRolesTable[]
  group_members: GroupMembersTable[]
  scim_attributes: ScimAttributesTable[]
  other_emails: OtherEmailsTable[]
}

/**
 * Lands people, each with roles, groups, attributes and event, or leaves one out whole whose address
 * or userName is somebody's already. @returns the ids of those who landed.
 */
export async function land(db: Db, newcomers: Newcomer[]): Promise<Set<string>> {
  const [first] = newcomers
  if (!first) return new Set()
  const rows = newcomers.map(rowsOf)
  if (!isSqlite(db))
    return landedBy(
      await insertAll(db, { org: first.user.organisationId, ...together(newcomers, rows) }),
    )
  const landed = await insertEach(db, newcomers, rows)
  const deltas = new Map<string, number>()
  for (const { user } of newcomers) {
    if (!landed.has(user.id)) continue
    const key = countKey(user)
    deltas.set(key, (deltas.get(key) ?? 0) + 1)
  }
  const changes = [...deltas].map(([key, delta]) => ({ key, delta }))
  if (changes.length > 0) await counts.add(db, first.user.organisationId, changes)
  return landed
}

function rowsOf({ user, roles, groups, attributes }: Newcomer): Rows {
  const { organisationId: org_id, id: user_id } = user
  return {
    users: toRow(user),
    user_roles: roles.map(({ role, provenance }) => ({
      org_id,
      user_id,
      role,
      ...provenanceColumns(provenance),
    })),
    group_members: groups.map(({ id, provenance }) => ({
      org_id,
      group_id: id,
      user_id,
      ...provenanceColumns(provenance),
    })),
    scim_attributes: attributes ? [{ org_id, user_id, ...attributeColumns(attributes) }] : [],
    other_emails: (attributes ? otherEmails(user.emailFolded, attributes) : []).map(
      (email_folded) => ({ org_id, email_folded, user_id }),
    ),
  }
}

const insertUser = statement<UsersTable, never>((db, row) =>
  db
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)
const insertRole = statement<UserRolesTable, never>((db, row) =>
  db
    .insertInto('user_roles')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)
const insertMember = statement<GroupMembersTable, never>((db, row) =>
  db
    .insertInto('group_members')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
)
const insertAttributes = statement<ScimAttributesTable, never>((db, row) =>
  db.insertInto('scim_attributes').values(row),
)
const insertAddress = statement<OtherEmailsTable, never>((db, row) =>
  db.insertInto('other_emails').values(row),
)
const queueForSearch = statement<SearchQueueTable, never>((db, row) =>
  db.insertInto('search_queue').values(row),
)
const insertEvent = statement<ReturnType<typeof toEventColumns>, never>((db, row) =>
  db.insertInto('events').values(row),
)

/** In one process a statement costs microseconds: row by row is fastest. */
async function insertEach(db: Db, newcomers: Newcomer[], all: Rows[]): Promise<Set<string>> {
  const landed = new Set<string>()
  for (const [index, rows] of all.entries()) {
    const inserted = await insertUser.change(db, rows.users)
    const newcomer = newcomers[index]
    if (inserted === 0 || !newcomer) continue
    landed.add(newcomer.user.id)
    for (const row of rows.user_roles) await insertRole(db, row)
    for (const row of rows.group_members) await insertMember(db, row)
    for (const row of rows.scim_attributes) await insertAttributes(db, row)
    for (const row of rows.other_emails) await insertAddress(db, row)
    const { organisationId: org_id, id: user_id } = newcomer.user
    await queueForSearch(db, { org_id, id: newId(), user_id })
    if (newcomer.event) await insertEvent(db, toEventColumns(newcomer.event))
  }
  return landed
}

/**
 * As `land`, for people whom the identity provider sends: in one statement, which also sees that the
 * organisation is still as the caller knows it, and leaves out who may mean somebody who is here, was here or is invited.
 */
export async function landPlain(
  db: Db,
  organisation: Pick<Organisation, 'id' | 'version'>,
  newcomers: Newcomer[],
): Promise<Set<string>> {
  if (newcomers.length === 0) return new Set()
  const { id: org, version } = organisation
  if (!isSqlite(db)) {
    const rows = together(newcomers, newcomers.map(rowsOf))
    return landedBy(await insertPlain(db, { org, version, ...rows }))
  }
  const [known] = await versionOf(db, { id: org })
  if (known?.version !== version) return new Set()
  const claimed = await claimedKeys(db, org, {
    userNames: newcomers.flatMap(({ user }) => user.userName ?? []),
    externalIds: newcomers.flatMap(({ user }) => user.externalId ?? []),
    emails: newcomers.map(({ user }) => user.emailFolded),
  })
  const plain = newcomers.filter(
    ({ user }) =>
      !claimed.has(`name ${user.userName?.toLowerCase()}`) &&
      !claimed.has(`external ${user.externalId}`) &&
      !claimed.has(`invited ${user.emailFolded}`),
  )
  return land(db, plain)
}

const versionOf = statement<{ id: string }, { version: number }>((db, { id }) =>
  db.selectFrom('organisations').select('version').where('id', '=', id),
)

type Together = {
  users: string
  roles: string
  members: string
  attributes: string
  emails: string
  events: string
  counted: string
}

/** Over a network a round trip is what costs: all people and all that is theirs in one statement. */
function together(newcomers: Newcomer[], all: Rows[]): Together {
  return {
    users: JSON.stringify(all.map((rows) => rows.users)),
    roles: JSON.stringify(all.flatMap((rows) => rows.user_roles)),
    members: JSON.stringify(all.flatMap((rows) => rows.group_members)),
    attributes: `[${all.flatMap((rows) => rows.scim_attributes.map(withInnerJson)).join()}]`,
    emails: JSON.stringify(all.flatMap((rows) => rows.other_emails)),
    events: JSON.stringify(
      newcomers.flatMap(({ event }) => (event ? [toEventColumns(event)] : [])),
    ),
    counted: newId(),
  }
}

function landedBy(rows: { id: string }[]): Set<string> {
  return new Set(rows.map(({ id }) => id))
}

const insertAll = statement<Together & { org: string }, { id: string }>((db, given) => ({
  compile: () =>
    sql<{
      id: string
    }>`with ${landing(given, sql`json_populate_recordset(null::users, ${given.users}::json)`)}
      select id from landed`.compile(db),
}))

// Each claim is asked for by its key, whatever the planner knows about who left: hence the scalars.
const insertPlain = statement<Together & { org: string; version: number }, { id: string }>(
  (db, { version, ...given }) => ({
    compile: () => {
      const { org } = given
      const claimed = (query: RawBuilder<unknown>) => sql`(select 1 ${query} limit 1) is null`
      return sql<{ id: string }>`with organisation as (
        select id from organisations where id = ${org} and source = 'scim'
          and version = ${version} for share),
      plain as (
        select t.* from json_populate_recordset(null::users, ${given.users}::json) t
        where exists (select 1 from organisation)
        and ${claimed(sql`from tombstones g where g.org_id = ${org} and g.user_name_folded = t.user_name_folded`)}
        and ${claimed(sql`from tombstones g where g.org_id = ${org} and g.external_id = t.external_id`)}
        and ${claimed(sql`from invitations i where i.org_id = ${org} and i.email_folded = t.email_folded`)}
        and ${claimed(sql`from users u where u.org_id = ${org} and u.email_folded = t.user_name_folded`)}),
      ${landing(given, sql`plain`)}
      select id from landed`.compile(db)
    },
  }),
)

function landing(
  {
    org,
    roles,
    members,
    attributes,
    emails,
    events,
    counted,
  }: Omit<Together, 'users'> & {
    org: string
  },
  people: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`landed as (
      insert into users select * from ${people}
      on conflict do nothing returning id, status, managed_by),
    given as (
      insert into user_roles select t.* from json_populate_recordset(null::user_roles, ${roles}::json) t
      where t.user_id in (select id from landed) on conflict do nothing),
    joined as (
      insert into group_members select t.* from json_populate_recordset(null::group_members, ${members}::json) t
      where t.user_id in (select id from landed) on conflict do nothing),
    described as (
      insert into scim_attributes select t.* from jsonb_populate_recordset(null::scim_attributes, ${attributes}::jsonb) t
      where t.user_id in (select id from landed)),
    addressed as (
      insert into other_emails select t.* from json_populate_recordset(null::other_emails, ${emails}::json) t
      where t.user_id in (select id from landed)),
    recorded as (
      insert into events select t.* from json_populate_recordset(null::events, ${events}::json) t
      where t.subject_id in (select id from landed)),
    counted as (
      insert into count_deltas select ${org}::text, ${counted}::text,
        'users ' || status || ' ' || managed_by, count(*) from landed group by status, managed_by)`
}
