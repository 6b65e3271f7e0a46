import type { z } from 'zod'
import { ProvisioningSource, type UserExport, userSorts } from '../../../contract/src/index.ts'
import type { WantedPeople } from '../directory/index.ts'
import { days } from '../lib/clock.ts'
import { refuse } from '../model/refusals.ts'

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

type SortKey = { by: (typeof userSorts)[number]; descending: boolean }

/** The first field counts before the next (GE-4); nobody said otherwise, by name. */
export function readSort(sort: string[]): SortKey & { thenBy?: SortKey[] } {
  const [first = { by: 'name', descending: false }, ...thenBy] = sort.map(readKey)
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
