import { newId } from '../lib/ids.ts'
import type { Db } from './dialect.ts'

/** Notes that a count changed, as a row of its own: a live counter would make writers wait in line. */
export async function add(
  db: Db,
  organisationId: string,
  deltas: { key: string; delta: number }[],
): Promise<void> {
  await db
    .insertInto('count_deltas')
    .values(deltas.map((one) => ({ org_id: organisationId, id: newId(), ...one })))
    .execute()
}

/** The exact value now: what was rolled up and what has come since. */
export async function read(db: Db, organisationId: string, keys: string[]): Promise<number> {
  const { total } = await db
    .selectFrom(
      db
        .selectFrom('counts')
        .select('value')
        .where('org_id', '=', organisationId)
        .where('key', 'in', keys)
        .unionAll(
          db
            .selectFrom('count_deltas')
            .select('delta as value')
            .where('org_id', '=', organisationId)
            .where('key', 'in', keys),
        )
        .as('parts'),
    )
    .select((parts) => parts.fn.sum<number | null>('value').as('total'))
    .executeTakeFirstOrThrow()
  return Number(total ?? 0)
}

const batch = 5_000

/** Folds deltas into counts, oldest first, in bounded steps. */
export async function rollUpCounts(db: Db): Promise<void> {
  const deltas = await db
    .deleteFrom('count_deltas')
    .where((where) =>
      where(
        where.refTuple('org_id', 'id', 'key'),
        'in',
        db
          .selectFrom('count_deltas')
          .select(['org_id', 'id', 'key'])
          .limit(batch)
          .$asTuple('org_id', 'id', 'key'),
      ),
    )
    .returning(['org_id', 'key', 'delta'])
    .execute()
  const sums = new Map<string, { org_id: string; key: string; value: number }>()
  for (const { org_id, key, delta } of deltas) {
    const sum = sums.get(`${org_id} ${key}`) ?? { org_id, key, value: 0 }
    sum.value += delta
    sums.set(`${org_id} ${key}`, sum)
  }
  for (const sum of [...sums.values()].sort((a, b) =>
    a.org_id + a.key < b.org_id + b.key ? -1 : 1,
  )) {
    await db
      .insertInto('counts')
      .values(sum)
      .onConflict((conflict) =>
        conflict
          .columns(['org_id', 'key'])
          .doUpdateSet((set) => ({ value: set('counts.value', '+', set.ref('excluded.value')) })),
      )
      .execute()
  }
}
