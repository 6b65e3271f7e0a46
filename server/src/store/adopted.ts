import { sql } from 'kysely'
import type { ProvisioningSource } from '../model/organisation.ts'
import type { User } from '../model/user.ts'
import * as counts from './counts.ts'
import type { Db } from './dialect.ts'
import { countKey } from './users.ts'

/** Keeps who managed somebody before the identity provider took them over. */
export async function remember(db: Db, before: User): Promise<void> {
  await db
    .insertInto('adopted')
    .values({ org_id: before.organisationId, user_id: before.id, managed_by: before.managedBy })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function count(
  db: Db,
  organisationId: string,
  managedBy: ProvisioningSource,
): Promise<number> {
  const { found } = await db
    .selectFrom('adopted')
    .select(({ fn }) => fn.countAll<number>().as('found'))
    .where('org_id', '=', organisationId)
    .where('managed_by', '=', managedBy)
    .executeTakeFirstOrThrow()
  return Number(found)
}

/** Everybody who was taken over is managed as before. @returns how many. */
export async function giveBack(db: Db, organisationId: string): Promise<number> {
  const moved = await db
    .selectFrom('adopted as a')
    .innerJoin('users as u', (join) =>
      join.onRef('u.org_id', '=', 'a.org_id').onRef('u.id', '=', 'a.user_id'),
    )
    .select(({ fn }) => ['u.status', 'a.managed_by', fn.countAll<number>().as('people')])
    .where('a.org_id', '=', organisationId)
    .where('u.managed_by', '=', 'scim')
    .groupBy(['u.status', 'a.managed_by'])
    .execute()
  await db
    .updateTable('users')
    .set({
      managed_by: sql`(select managed_by from adopted a
        where a.org_id = users.org_id and a.user_id = users.id)`,
      version: sql`version + 1`,
    })
    .where('org_id', '=', organisationId)
    .where('managed_by', '=', 'scim')
    .where('id', 'in', (where) =>
      where.selectFrom('adopted').select('user_id').where('org_id', '=', organisationId),
    )
    .execute()
  const deltas = moved.flatMap(({ status, managed_by, people }) => [
    { key: countKey({ status, managedBy: 'scim' }), delta: -Number(people) },
    { key: countKey({ status, managedBy: managed_by }), delta: Number(people) },
  ])
  if (deltas.length > 0) await counts.add(db, organisationId, deltas)
  await forget(db, organisationId)
  return moved.reduce((sum, { people }) => sum + Number(people), 0)
}

export async function forget(db: Db, organisationId: string): Promise<void> {
  await db.deleteFrom('adopted').where('org_id', '=', organisationId).execute()
}
