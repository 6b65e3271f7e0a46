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
    .orderBy('id')
    .limit(batch)
    .execute()
  for (const { org_id, id, user_id } of queued) {
    const known = await sql<{ row: number }>`delete from user_search_rows
      where org_id = ${org_id} and user_id = ${user_id} returning row`.execute(db)
    for (const { row } of known.rows)
      await sql`delete from user_search where rowid = ${row}`.execute(db)
    const user = await db
      .selectFrom('users')
      .select('search_text')
      .where('org_id', '=', org_id)
      .where('id', '=', user_id)
      .executeTakeFirst()
    if (user) {
      const { rows } = await sql<{ row: number }>`insert into user_search_rows (org_id, user_id)
        values (${org_id}, ${user_id}) returning row`.execute(db)
      await sql`insert into user_search (rowid, text)
        values (${rows[0]?.row}, ${user.search_text})`.execute(db)
    }
    await db.deleteFrom('search_queue').where('org_id', '=', org_id).where('id', '=', id).execute()
  }
  return queued.length === batch
}
