import { expect, test } from 'vitest'
import { startUsher } from '../../testing/organisation.ts'
import { newId } from '../lib/ids.ts'
import { send, statement } from './statement.ts'

const put = statement<{ key: string; value: string }, never>((db, row) =>
  db.insertInto('installation').values(row),
)

test('a change whose last step fails is taken back whole, and says what failed', async () => {
  const { store } = await startUsher()
  const [taken, other] = [newId(), newId()]
  await store.write((db) => send(db, put, { key: taken, value: 'one' }))

  const failing = store.write(async (db) => {
    await send(db, put, { key: other, value: 'two' })
    await send(db, put, { key: taken, value: 'three' })
    return 'done'
  })

  await expect(failing).rejects.toThrow(/unique/i)
  const known = await store.read
    .selectFrom('installation')
    .selectAll()
    .where('key', 'in', [taken, other])
    .execute()
  expect(known).toEqual([{ key: taken, value: 'one' }])
})

test('what is read behind a last step sees it', async () => {
  const { store } = await startUsher()
  const key = newId()

  const seen = await store.write(async (db) => {
    await send(db, put, { key, value: 'one' })
    return db.selectFrom('installation').select('value').where('key', '=', key).execute()
  })

  expect(seen).toEqual([{ value: 'one' }])
})
