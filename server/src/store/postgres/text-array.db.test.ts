import * as fc from 'fast-check'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { startUsher } from '../../../testing/organisation.ts'
import { onPostgres } from '../../../testing/usher-process.ts'
import { textArray } from './text-array.ts'

const value = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc
    .string({ unit: 'binary', maxLength: 50 })
    .map((text) => text.toWellFormed().replaceAll('\0', '')),
)

if (onPostgres)
  test('PostgreSQL reads every value of a column as it was given', async () => {
    const { store } = await startUsher()
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 30 }), async (values) => {
        const { rows } = await sql<{ value: string | null }>`
          select value from unnest(${textArray(values)}::text[]) with ordinality t(value, at)
          order by at`.execute(store.read)

        const texts = values.map((one) => (one === null ? null : String(one)))
        expect(rows.map((row) => row.value)).toEqual(texts)
      }),
    )
  })
else
  test('a column is as long as its texts, in bytes, and what stands around them', () => {
    expect(textArray(['é', null, 12])).toHaveLength(20 + (4 + 2) + 4 + (4 + 2))
  })
