import { type SelectQueryBuilder, sql } from 'kysely'
import type { Db } from './dialect.ts'
import type { Tables } from './tables.ts'

const countedAtMost = 1_000

/** How many there are, up to 1,000: to count more exactly costs what is counted. */
export async function countSome<Table extends keyof Tables>(
  db: Db,
  ids: SelectQueryBuilder<Tables, Table, { id: string }>,
): Promise<{ total: number; totalExact: boolean }> {
  const { count } = await db
    .selectFrom(ids.limit(countedAtMost + 1).as('some'))
    .select(sql<number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  const found = Number(count)
  return { total: Math.min(found, countedAtMost), totalExact: found <= countedAtMost }
}
