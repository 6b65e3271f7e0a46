import { z } from 'zod'
import { ProvisioningSource, type UserExport, userSorts } from '../../../contract/src/index.ts'
import type { WantedPeople } from '../directory/index.ts'
import { days } from '../lib/clock.ts'
import { refuse } from '../model/refusals.ts'
import type { Api } from './door.ts'

type Filter = z.output<typeof UserExport>

/** Whom a query string asks for. */
export function readWanted(query: Filter, now: number): WantedPeople {
  const { search, status, role, group, pool, lastSignIn } = query
  return {
    search: search || undefined,
    status,
    managedBy: readSources(query),
    role,
    groupId: group,
    poolId: pool,
    notSince: notSince(lastSignIn, now),
  }
}

function readSources({ managedBy, notManagedBy }: Filter) {
  if (!managedBy && !notManagedBy) return undefined
  const sources = managedBy ? [managedBy] : ProvisioningSource.options
  return sources.filter((source) => source !== notManagedBy)
}

const lastSignInDays = { '7d': 7, '30d': 30, '90d': 90 }

function notSince(
  filter: 'never' | keyof typeof lastSignInDays | undefined,
  now: number,
): number | undefined {
  if (filter === undefined) return undefined
  return filter === 'never' ? 0 : now - days(lastSignInDays[filter])
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

type SortKey = { by: (typeof userSorts)[number]; descending: boolean }

/** Each field decides where those before it say nothing (GE-4), a field named again never does; without any, by name. */
export function readSort(sort: string[]): SortKey & { thenBy?: SortKey[] } {
  const keys = sort.map(readKey)
  const [first = { by: 'name', descending: false }, ...thenBy] = keys.filter(
    ({ by }, at) => keys.findIndex((key) => key.by === by) === at,
  )
  return thenBy.length > 0 ? { ...first, thenBy } : first
}

function readKey(sort: string): SortKey {
  const [field, direction = 'asc', ...more] = sort.split(',')
  const by = userSorts.find((known) => known === field)
  if (!by || (direction !== 'asc' && direction !== 'desc') || more.length > 0) {
    return refuse(
      'request.invalid',
      `Sort by one of ${userSorts.join(', ')}, as field,asc or field,desc.`,
      [{ pointer: '/sort', code: 'unknown' }],
    )
  }
  return { by, descending: direction === 'desc' }
}
