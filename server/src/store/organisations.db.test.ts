import { expect, test } from 'vitest'
import { createOrganisation, startUsherAlone } from '../../testing/organisation.ts'
import { newId } from '../lib/ids.ts'
import { organisations } from './index.ts'

test('a schedule reaches every organisation once, however many there are', async () => {
  const { store } = await startUsherAlone()
  const acme = await createOrganisation({ method: 'password' })
  const pattern = await organisations.find(store.read, acme.id)
  if (!pattern) throw new Error('It was made a moment ago.')
  const ids = Array.from({ length: 1_050 }, () => newId())
  await store.write(async (db) => {
    for (const id of ids) await organisations.insert(db, { ...pattern, id, slug: id })
  })

  const reached: string[] = []
  for await (const { id } of organisations.each(store.read)) reached.push(id)

  expect(reached).toEqual([acme.id, ...ids])
})
