import { sql } from 'kysely'
import { newId } from '../lib/ids.ts'
import type { Provenance, User } from '../model/user.ts'
import { provenanceColumns } from './access.ts'
import * as counts from './counts.ts'
import { type Db, isSqlite } from './dialect.ts'
import { type EventRow, toEventColumns } from './events.ts'
import { attributeColumns, otherEmails } from './scim-people.ts'
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
  if (newcomers.length === 0) return new Set()
  const rows = newcomers.map(rowsOf)
  const landed = isSqlite(db)
    ? await insertEach(db, newcomers, rows)
    : await insertTogether(db, newcomers, rows)
  const deltas = new Map<string, number>()
  for (const { user } of newcomers) {
    if (!landed.has(user.id)) continue
    const key = countKey(user)
    deltas.set(key, (deltas.get(key) ?? 0) + 1)
  }
  const organisationId = newcomers[0]?.user.organisationId
  if (organisationId && deltas.size > 0) {
    const changes = [...deltas].map(([key, delta]) => ({ key, delta }))
    await counts.add(db, organisationId, changes)
  }
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

const insertUser = statement<UsersTable, { id: string }>((db, row) =>
  db
    .insertInto('users')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id'),
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
    const [inserted] = await insertUser(db, rows.users)
    const newcomer = newcomers[index]
    if (!inserted || !newcomer) continue
    landed.add(inserted.id)
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

const insertAll = statement<
  {
    users: string
    roles: string
    members: string
    attributes: string
    emails: string
    events: string
  },
  { id: string }
>((db, { users, roles, members, attributes, emails, events }) => ({
  compile: () =>
    sql<{ id: string }>`with landed as (
      insert into users select * from jsonb_populate_recordset(null::users, ${users}::jsonb)
      on conflict do nothing returning id),
    given as (
      insert into user_roles select t.* from jsonb_populate_recordset(null::user_roles, ${roles}::jsonb) t
      where t.user_id in (select id from landed) on conflict do nothing),
    joined as (
      insert into group_members select t.* from jsonb_populate_recordset(null::group_members, ${members}::jsonb) t
      where t.user_id in (select id from landed) on conflict do nothing),
    described as (
      insert into scim_attributes select t.* from jsonb_populate_recordset(null::scim_attributes, ${attributes}::jsonb) t
      where t.user_id in (select id from landed)),
    addressed as (
      insert into other_emails select t.* from jsonb_populate_recordset(null::other_emails, ${emails}::jsonb) t
      where t.user_id in (select id from landed)),
    recorded as (
      insert into events select t.* from jsonb_populate_recordset(null::events, ${events}::jsonb) t
      where t.subject_id in (select id from landed))
    select id from landed`.compile(db),
}))

/** Over a network a round trip is what costs: all people and all that is theirs in one statement. */
async function insertTogether(db: Db, newcomers: Newcomer[], all: Rows[]): Promise<Set<string>> {
  const found = await insertAll(db, {
    users: JSON.stringify(all.map((rows) => rows.users)),
    roles: JSON.stringify(all.flatMap((rows) => rows.user_roles)),
    members: JSON.stringify(all.flatMap((rows) => rows.group_members)),
    attributes: `[${all.flatMap((rows) => rows.scim_attributes.map(withInnerJson)).join()}]`,
    emails: JSON.stringify(all.flatMap((rows) => rows.other_emails)),
    events: JSON.stringify(
      newcomers.flatMap(({ event }) => (event ? [toEventColumns(event)] : [])),
    ),
  })
  return new Set(found.map(({ id }) => id))
}

/** `folded` is JSON already, and goes in as such and not as text. */
function withInnerJson({ folded, ...row }: ScimAttributesTable): string {
  return `${JSON.stringify(row).slice(0, -1)},"folded":${folded}}`
}
