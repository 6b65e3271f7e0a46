import { afterEach, expect, test, vi } from 'vitest'
import { organisationApi } from './api.ts'

afterEach(() => vi.unstubAllGlobals())

test('a list that is longer than a page of the server is shown whole', async () => {
  const all = Array.from({ length: 1_450 }, (_, at) => ({ id: at }))
  vi.stubGlobal('fetch', async (path: string) => {
    const query = new URL(path, 'https://usher.example').searchParams
    const [page, size] = [Number(query.get('page')), Number(query.get('size'))]
    const items = all.slice(page * size, (page + 1) * size)
    return Response.json({ items, total: all.length, totalExact: true, page, size })
  })

  const { items } = await organisationApi('acme').adoptions()

  expect(items).toEqual(all)
})
