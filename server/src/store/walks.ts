import { sql } from 'kysely'
import type { Db } from './dialect.ts'
import { compilable, statement } from './statement.ts'
import type { ScimWalksTable } from './tables.ts'

const renewedAfterMs = 60_000

/** Where a page by index ended, for every node; see `rememberWalks` of SCIM. */
export async function remember(db: Db, row: ScimWalksTable): Promise<void> {
  await put(db, { ...row, stale_at: row.expires_at - renewedAfterMs })
}

// Who asks for the same page again and again waits for nobody's row.
const put = statement<ScimWalksTable & { stale_at: number }, never>((db, row) =>
  compilable(
    db,
    sql<never>`insert into scim_walks (org_id, mark, position, total, expires_at)
      select ${row.org_id}, ${row.mark}, ${row.position}, ${row.total}::integer, ${row.expires_at}::bigint
      where not exists (select 1 from scim_walks where org_id = ${row.org_id}
        and mark = ${row.mark} and position = ${row.position} and total = ${row.total}
        and expires_at > ${row.stale_at})
      on conflict (org_id, mark) do update set position = excluded.position,
        total = excluded.total, expires_at = excluded.expires_at`,
  ),
)

export async function find(
  db: Db,
  org: string,
  mark: string,
  now: number,
): Promise<Pick<ScimWalksTable, 'position' | 'total'> | undefined> {
  const [row] = await get(db, { org, mark, now })
  return row
}

const get = statement<
  { org: string; mark: string; now: number },
  Pick<ScimWalksTable, 'position' | 'total'>
>((db, { org, mark, now }) =>
  db
    .selectFrom('scim_walks')
    .select(['position', 'total'])
    .where('org_id', '=', org)
    .where('mark', '=', mark)
    .where('expires_at', '>', now),
)

export async function forget(db: Db, org: string, mark: string): Promise<void> {
  await db.deleteFrom('scim_walks').where('org_id', '=', org).where('mark', '=', mark).execute()
}
