import { z } from 'zod'
import type { SortedPage } from '../../../contract/src/index.ts'
import { fold } from '../lib/fold.ts'
import { refuse } from '../model/refusals.ts'
import type { Api } from './door.ts'

type SortKey<Field extends string> = { by: Field; descending: boolean }

/**
 * A list that is short by its nature: read whole, and put in order and cut here (GE-4). Without a sort
 * it keeps its own order.
 */
export function pageOf<Item>(
  all: Item[],
  { page, size, sort }: z.output<typeof SortedPage>,
  fields: (keyof Item & string)[],
) {
  const keys = readSort(sort, fields)
  const ordered = all.toSorted((one, other) => {
    for (const { by, descending } of keys) {
      const order = compare(one[by], other[by])
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
  const items = ordered.slice(page * size, (page + 1) * size)
  return { items, total: all.length, totalExact: true, page, size }
}

/** Each field decides where those before it say nothing (GE-4); a field named again never does. */
export function readSort<Field extends string>(
  sort: string[],
  fields: readonly Field[],
): SortKey<Field>[] {
  const keys = sort.map((one) => readKey(one, fields))
  return keys.filter(({ by }, at) => keys.findIndex((key) => key.by === by) === at)
}

function readKey<Field extends string>(sort: string, fields: readonly Field[]): SortKey<Field> {
  const [field, direction = 'asc', ...more] = sort.split(',')
  const by = fields.find((known) => known === field)
  if (!by || (direction !== 'asc' && direction !== 'desc') || more.length > 0) {
    return refuse(
      'request.invalid',
      `Sort by one of ${fields.join(', ')}, as field,asc or field,desc.`,
      [{ pointer: '/sort', code: 'unknown' }],
    )
  }
  return { by, descending: direction === 'desc' }
}

/** What is not there, as a time at which nothing happened yet, comes before everything. */
function compare(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map((value) =>
    typeof value === 'string' ? fold(value) : (value ?? Number.NEGATIVE_INFINITY),
  ) as [string, string] | [number, number]
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** A list that has one order takes no other (GE-4); ignored, it would look as if it were kept. */
export function keepOneOrder(app: Api): void {
  app.addHook('preValidation', async (request) => {
    const query = request.routeOptions.schema?.querystring
    if (!(query instanceof z.ZodObject) || 'sort' in query.shape) return
    if (!('page' in query.shape) || (request.query as { sort?: unknown }).sort === undefined) return
    refuse('request.invalid', 'This list has one order, which cannot be changed: leave sort out.', [
      { pointer: '/sort', code: 'unknown' },
    ])
  })
}
