import type { z } from 'zod'
import { ProvisioningSource, type UserExport, userSorts } from '../../../contract/src/index.ts'
import type { WantedPeople } from '../directory/index.ts'
import { days } from '../lib/clock.ts'
import { readSort } from './lists.ts'

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

/** By whom a list of people begins; without any field, by name. */
export function readPeopleSort(sort: string[]): SortKey & { thenBy?: SortKey[] } {
  const [first = { by: 'name', descending: false }, ...thenBy] = readSort(sort, userSorts)
  return thenBy.length > 0 ? { ...first, thenBy } : first
}
