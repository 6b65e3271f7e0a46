import { sql } from 'kysely'
import type { Db } from '../dialect.ts'

const batch = 200

/**
 * Brings queued people into the trigram index. In the write path it would cost more than the write.
 * @returns whether more may be waiting.
 */
export async function indexQueued(db: Db): Promise<boolean> {
  const queued = await db
    .selectFrom('search_queue')
    .select(['org_id', 'id', 'user_id'])
    .orderBy('org_id')
    .orderBy('id')
    .limit(batch)
    .execute()
  if (queued.length === 0) return false
  // All of them in each statement: a statement for each person would cost more than the index does.
  const given = JSON.stringify(queued)
  const queuedPeople = sql`(select distinct value ->> 'org_id' as org_id, value ->> 'user_id' as user_id
    from json_each(${given})) q`
  const rowsOf = sql`${queuedPeople} cross join user_search_rows r
    where r.org_id = q.org_id and r.user_id = q.user_id`
  await sql`delete from user_search where rowid in (select r.row from ${rowsOf})`.execute(db)
  await sql`delete from user_search_rows where row in (select r.row from ${rowsOf})`.execute(db)
  await sql`insert into user_search_rows (org_id, user_id) select q.org_id, q.user_id
    from ${queuedPeople} cross join users u where u.org_id = q.org_id and u.id = q.user_id`.execute(
    db,
  )
  await sql`insert into user_search (rowid, text) select r.row, u.search_text
    from ${queuedPeople} cross join user_search_rows r cross join users u
    where r.org_id = q.org_id and r.user_id = q.user_id
    and u.org_id = q.org_id and u.id = q.user_id`.execute(db)
  await sql`delete from search_queue where (org_id, id) in
    (select value ->> 'org_id', value ->> 'id' from json_each(${given}))`.execute(db)
  return queued.length === batch
}

/** Makes the index of people who were put into a database that had none. */
export async function indexEverybody(db: Db): Promise<void> {
  await sql`insert into user_search_rows (org_id, user_id) select org_id, id from users`.execute(db)
  await sql`insert into user_search (rowid, text) select r.row, u.search_text
    from user_search_rows r cross join users u
    where u.org_id = r.org_id and u.id = r.user_id`.execute(db)
}
